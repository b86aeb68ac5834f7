"""What a terminal sends, sound or not, becomes keys and pastes, and never an exception."""

import random

import pyte
import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from support.screens import screen_text
from textual.events import CursorPosition, Key, MouseDown, Paste

from lakeppo.tui.app import LakeApp
from lakeppo.tui.driver import HOW_WIDE, SafeParser
from lakeppo.tui.settings import Preferences

SOUND = (
    "\x1b[<0;5;5M", "\x1b[<64;5;5M", "\x1b[27u", "\x1b[57413u", "\x1b[97;5u", "\x1b[1;2A", "\x1b[48;24;80;0;0t",
    "\x1b[200~abc\x1b[201~", "\x1b[?2026;1$y", "\x1b[?2048;1$y", "\x1b[5;7R", "\x1bOP", "\x1b[I", "\x1b[97:65;2:1;97u",
    "\x1b]0;x\x07", "\x1bP+q\x1b\\", "\x1b[M abc", "界",
)  # fmt: skip
CHARACTERS = "0123456789;:<?[]MmuRtAI~$y \x1bO\x9b\x00\x7fé界\U0001f427\ud800"


def parsed(*parts: str) -> list[object]:
    parser = SafeParser()
    return [message for part in parts for message in parser.feed(part)]


def mutated(chance: random.Random) -> str:
    text = "".join(chance.choices(SOUND, k=chance.randint(1, 3)))
    for _ in range(chance.randint(0, 4)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(CHARACTERS) * chance.choice((0, 1, 1, 12)) + text[at + chance.randint(0, 1) :]
    return text


@pytest.mark.parametrize("seed", range(3))
def test_no_sequence_of_characters_ends_the_input(seed):
    chance = random.Random(seed)
    for _ in range(500):
        # what is cut short is complete after 32 characters
        keys = [message for message in parsed(mutated(chance), "\x1b[201~", 40 * "x", "y") if isinstance(message, Key)]
        assert keys[-1].key == "y"


@pytest.mark.parametrize("sequence", ["\x1b[97:65;2u", "\x1b[99999999u", "\x1b[99999999999999999999u", "\x1b[97;:5u"])
def test_an_impossible_key_is_ignored(sequence):
    assert [message.key for message in parsed(sequence, "y") if isinstance(message, Key)] == ["y"]


def test_a_terminal_of_no_pixels_has_a_mouse_in_cells():
    *_, click = parsed("\x1b[?2048;1$y", "\x1b[48;24;80;0;0t", "\x1b[<0;6;4M")
    assert isinstance(click, MouseDown)
    assert (click.x, click.y) == (5, 3)


@pytest.mark.parametrize("text", ["q\x1b[2Jq", "\x1b[qqqq", "q" * 50 + "\x1b" + "q" * 50, "\x1b\x1b"])
@pytest.mark.parametrize("size", [1, 5, 500])
def test_no_part_of_a_paste_is_a_key(text, size):
    data = f"\x1b[200~{text}\x1b[201~y"
    messages = parsed(*(data[at : at + size] for at in range(0, len(data), size)))
    assert [message.key for message in messages if isinstance(message, Key)] == ["y"]
    assert len([message for message in messages if isinstance(message, Paste)]) == 1


@pytest.mark.parametrize(
    ("column", "setting", "narrowed"), [(3, "auto", True), (2, "auto", False), (3, "narrow", False)]
)
async def test_a_terminal_that_draws_wide_is_sent_no_ambiguous_character(column, setting, narrowed):
    preferences = Preferences()
    preferences._values["ambiguous_width"] = setting
    app = LakeApp(FakeSession(make_snapshot(status="paused")), preferences=preferences)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        (answer,) = parsed(f"\x1b[2;{column}R")
        assert isinstance(answer, CursorPosition)
        app.post_message(answer)
        await settle(pilot)
        assert narrowed == (not set("".join(screen_text(app))) & set("─│γ"))


def test_the_question_leaves_nothing_on_the_screen():
    screen = pyte.Screen(20, 4)
    pyte.Stream(screen).feed(HOW_WIDE)
    assert not "".join(screen.display).strip()
    assert (screen.cursor.x, screen.cursor.y) == (0, 0)
