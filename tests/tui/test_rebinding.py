"""Keys bound by the settings: in force and named everywhere, checked, and found on other keyboard layouts."""

import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle, until
from support.screens import BRANCHES, screen_text
from textual.events import Key
from textual.keys import _character_to_key

from lakeppo.errors import InvalidValue
from lakeppo.moment import Moment, Phase
from lakeppo.session import notices
from lakeppo.session.commands import AddBranch, RenameBranch, Step, TogglePlay, Unit
from lakeppo.session.snapshot import PositionView
from lakeppo.tui.app import LakeApp
from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.key_names import key_name
from lakeppo.tui.keymap import BY_ID, KEYS
from lakeppo.tui.layouts import US, on_us_layout
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.rebinding import parse_key, read_keymap, written
from lakeppo.tui.screens.help import HelpScreen
from lakeppo.tui.screens.safe_widgets import Field
from lakeppo.tui.settings import Preferences

SWAPPED = {"toggle": "b", "branch": "space", "pass": "n", "phase": "e", "help": "v", "view": "?"}
COLLECTING = make_snapshot(status="paused", moment=Moment(22, Phase.COLLECT, 5))


def app_with(table: dict, *snapshots) -> tuple[FakeSession, LakeApp]:
    session = FakeSession(*(snapshots or [COLLECTING]))
    keymap, problems = read_keymap(table)
    assert problems == []
    return session, LakeApp(session, preferences=Preferences(keymap=keymap))


def type_into(app: LakeApp, text: str) -> None:
    """Press keys as a terminal reports them; Textual's pilot does not know the characters of all."""
    for character in text:
        app.post_message(Key(_character_to_key(character), character))


async def test_six_swapped_keys_are_found_wherever_keys_are_named():
    session, app = app_with(SWAPPED)
    async with app.run_test(size=(160, 40)) as pilot:
        await settle(pilot)
        footer = screen_text(app)[-1]
        assert all(words in footer for words in (" b play", " n pass 1", " e judge", " v help", " ? view"))
        titles = {command.title for command in app.get_system_commands(app.screen)}
        expected = {"play (b)", "branch (space)", "pass (n)", "phase (e)", "help (v)", "view (?)"}
        assert expected <= titles
        assert not {"play (space)", "branch (b)", "pass (e)", "phase (n)", "help (?)", "view (v)"} & titles
        await pilot.press("c")
        assert "space makes a branch here" in app.screen.query_one(MessageBar).message
        session.queue.append(changed(COLLECTING, notices=(notices.ONLY_ONE_BRANCH,), notice_count=1))
        await settle(pilot)
        assert "space adds one" in app.screen.query_one(MessageBar).message
        assert app.screen.query_one(Timeline).model(app.main_screen.state).keys == ("m", "space")
        await pilot.press("b", "space", "n", "e")
        assert session.sent == [TogglePlay(), AddBranch(), Step(Unit.PASS), Step(Unit.PHASE)]
        await pilot.press("question_mark")
        assert app.main_screen.state.view == "values"
        await pilot.press("v")
        assert isinstance(app.screen, HelpScreen)
        lines = [line.split() for line in screen_text(app)]
        for key, first in (("b", "play"), ("n", "through"), ("e", "to"), ("?", "show"), ("v", "this")):
            assert any(line[:2] == [key, first] for line in lines), key


async def test_keys_are_named_by_settings_while_loading():
    session, app = app_with(SWAPPED)
    session.queue.clear()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert " b play" in screen_text(app)[-1]
        assert " v help" in screen_text(app)[-1]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (".", "full_stop"), (",", "comma"), ("+", "plus"), ("Q", "Q"), ("shift+q", "Q"), ("ctrl+T", "ctrl+t"),
        ("ctrl++", "ctrl+plus"), ("Esc", "escape"), ("F5", "f5"), ("pgup", "pageup"),
        ("question_mark", "question_mark"), (" ", "space"), ("ё", "ё"), ("，", "fullwidth_comma"),
        ("Ctrl+Shift+Left", "ctrl+shift+left"), ("tab", "tab"),
    ],
)  # fmt: skip
def test_keys_are_written_as_people_write_them(text, key):
    assert parse_key(text) == key
    assert parse_key(key_name(key)) == key


def test_every_key_of_the_table_can_be_written_as_it_is_shown():
    for key in KEYS:
        assert [parse_key(name) for name in written(key.keys)] == key.keys.split(",")
        assert BoundKeys().all_names(key.id)


@pytest.mark.parametrize("text", ["", "\n", "\x1b", "ctrl+", "ctl+x", "ctrl+i", "ctrl+[", "abc", "x" * 5000, "\u202e"])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(InvalidValue) as error:
        parse_key(text)
    assert len(str(error.value)) < 400


KEYMAPS = {
    "two actions": ({"toggle": "e"}, "toggle and pass cannot share e"),
    "two that are bound": ({"toggle": "k", "pass": "k"}, "toggle and pass cannot share k"),
    "on another screen": ({"batch": "f5", "batch_order": "w"}, "save and batch_order cannot share w"),
    "everywhere": ({"batch_order": "ctrl+l"}, "redraw and batch_order cannot share ctrl+l"),
    "Textual's": ({"save": "ctrl+q"}, "quit and save cannot share ctrl+q"),
    "text everywhere": ({"palette": "x"}, "palette: it works everywhere, and x would be pressed by typing it"),
    "no action": ({"quti": "k"}, "has no quti; is it quit?"),
    "no key": ({"quit": "spce"}, "quit: there is no key spce; is it space?"),
    "no keys": ({"quit": []}, "quit: its keys must be a text, or a list"),
    "no text": ({"quit": [1]}, "quit: its keys must be a text, or a list"),
    "a table": ({"quit": {"a": 1}}, "not a table"),
    "no table": ("k", "keymap must be a table"),
}


@pytest.mark.parametrize(("table", "problem"), KEYMAPS.values(), ids=KEYMAPS)
def test_a_wrong_entry_is_named_and_the_others_stay(table, problem):
    whole = {**table, "help": "f1", "new_seed": ["R", "f9"]} if isinstance(table, dict) else table
    keymap, problems = read_keymap(whole)
    assert [problem in str(each) for each in problems] == [True]
    wrong = set(table) - {"batch"} if isinstance(table, dict) else set()
    assert not wrong & set(keymap)
    assert isinstance(table, str) or (keymap["help"], keymap["new_seed"]) == ("f1", "R,f9")


def test_what_is_refused_leaves_each_action_its_key():
    keymap, problems = read_keymap({"toggle": "spce", "pass": "space", "phase": "e"})
    assert keymap == {}
    assert len(problems) == 3
    bound = BoundKeys(keymap)
    assert all(bound.keys.values())


def test_other_layouts_have_each_key_of_the_table():
    latin = {chr(code) for code in range(97, 123)}
    assert latin | {letter.upper() for letter in latin} | set("[]{}<>,.?") <= set(US.values())
    assert all(len(meant) == 1 and meant.isascii() for meant in US.values())


@pytest.mark.parametrize(
    ("key", "typed", "meant"),
    [
        ("й", "й", "q"), ("Ж", "Ж", "colon"), ("fullwidth_question_mark", "？", "question_mark"), ("і", "і", "s"),
        ("fullwidth_comma", "，", "comma"), ("ideographic_full_stop", "。", "full_stop"), ("ｑ", "ｑ", "q"),
        ("left_black_lenticular_bracket", "【", "left_square_bracket"), ("ideographic_space", "　", "space"),
        ("ctrl+с", None, "ctrl+c"), ("alt+я", None, "alt+z"), ("q", "q", "q"), ("ctrl+q", None, "ctrl+q"),
        ("é", "é", "é"),
    ],
)  # fmt: skip
def test_a_key_of_another_layout_is_the_one_in_its_place(key, typed, meant):
    press = on_us_layout(Key(key, typed), ())
    assert press.key == meant
    assert on_us_layout(Key(key, typed), (key,)).key == key


async def test_other_layouts_work_everywhere_but_in_a_text():
    branched = changed(COLLECTING, position=PositionView("main", len(BRANCHES), BRANCHES))
    session, app = app_with({"save": "я"}, branched)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        type_into(app, "。гуя】")
        await settle(pilot)
        assert [type(command).__name__ for command in session.sent] == ["Step", "Step", "Step", "Save", "GoBy"]
        await pilot.press("И")  # B
        await settle(pilot)
        await pilot.press("т")  # n
        box = app.screen.query_one(Field)
        await until(pilot, lambda: box.has_focus)
        box.value = ""
        type_into(app, "я？，йq")
        await settle(pilot)
        assert box.value == "я？，йq"
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(session.sent[-1], RenameBranch)
        assert session.sent[-1].name == "я？，йq"
        await pilot.press("й")  # q: close
        await until(pilot, lambda: app.screen is app.main_screen)
        type_into(app, "？")
        await settle(pilot)
        assert isinstance(app.screen, HelpScreen)


def test_every_action_can_be_bound():
    free = [f"f{number}" for number in range(1, 13)] + [f"ctrl+f{number}" for number in range(1, 13)]
    for id in BY_ID:
        assert read_keymap({id: free[0]})[1] == []
