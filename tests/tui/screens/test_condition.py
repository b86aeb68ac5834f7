"""The prompt for a condition, the status line that shows it, and `--stop-when`."""

from pathlib import Path

import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from support.screens import screen_text
from textual.widgets import Input

from lakeppo.config import Config
from lakeppo.session.commands import BackToCondition, StopWhen
from lakeppo.session.source import new_run
from lakeppo.tui import start
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.condition import ConditionPrompt
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.settings import Preferences, read_preferences

FALL = "exact < .5 after solved"


async def opened(pilot) -> ConditionPrompt:
    await settle(pilot)
    await pilot.press("colon")
    await settle(pilot)
    prompt = pilot.app.screen
    assert isinstance(prompt, ConditionPrompt)
    return prompt


@pytest.mark.parametrize(
    ("text", "keys", "sent"),
    [
        (FALL, ["enter"], [StopWhen(FALL)]),
        (f"  {FALL} ", ["enter"], [StopWhen(FALL)]),
        ("", ["enter"], [StopWhen("")]),
        (FALL, ["escape"], []),
        ("?", [], [BackToCondition()]),
    ],
)
async def test_what_is_typed_becomes_one_command(text, keys, sent):
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        prompt = await opened(pilot)
        prompt.query_one(Input).value = text
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        assert isinstance(pilot.app.screen, MainScreen)
    assert session.sent == sent


async def test_two_keys_go_back_to_where_the_condition_was_true():
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("colon", "question_mark")
        await settle(pilot)
        assert isinstance(pilot.app.screen, MainScreen)
    assert session.sent == [BackToCondition()]


WRONG = {
    "exat < .5": "character 1: there is no exat here; the nearest is exact",
    "p(16, left) > 0": "character 3: tile must be a whole number from 0 to 15",
    "exact <": "character 8: a name or a number is missing at the end",
    "[bold]kl": "character 1: [ cannot be read",
    "kl\x1b[2J < 1\u202e": "character 3: [ cannot be read",
    "(" * 5000: "character 34: more than 32 parentheses or not inside one another",
}


async def test_a_wrong_condition_is_explained_and_stays_to_be_mended():
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        prompt = await opened(pilot)
        for typed, line in WRONG.items():
            prompt.query_one(Input).value = ""
            prompt.query_one(Input).insert_text_at_cursor(typed)
            await pilot.press("enter")
            await settle(pilot)
            assert pilot.app.screen is prompt
            assert any(line in shown for shown in screen_text(pilot.app)), typed
            await pilot.press("backspace")
            await settle(pilot)
            assert not any(line in shown for shown in screen_text(pilot.app)), typed
    assert session.sent == []


async def test_earlier_conditions_can_be_recalled():
    session = FakeSession(make_snapshot(status="paused", stop_when="solved"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        for text in ("kl > 1", "kl > 2", "kl > 1"):
            prompt = await opened(pilot)
            prompt.query_one(Input).value = text
            await pilot.press("enter")
            await settle(pilot)
        prompt = await opened(pilot)
        recalled = []
        for key in ["up"] * 4 + ["down"] * 4:
            await pilot.press(key)
            recalled.append(prompt.query_one(Input).value)
        assert recalled == ["kl > 1", "kl > 2", "solved", "solved", "kl > 2", "kl > 1", "", ""]
        await pilot.press("up", "enter")
        await settle(pilot)
    assert session.sent[-1] == StopWhen("kl > 1")


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40)])
async def test_the_status_line_shows_the_condition_that_is_set(size):
    session = FakeSession(make_snapshot(status="paused", stop_when=FALL))
    async with LakeApp(session).run_test(size=size) as pilot:
        await settle(pilot)
        shown = screen_text(pilot.app)[1]
        assert "stops when e" in shown
        assert (FALL in shown) == (size[0] >= 120)


async def test_the_key_is_text_in_a_field_and_no_prompt_opens_twice():
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("colon", "colon", "colon")
        await settle(pilot)
        assert len([s for s in pilot.app.screen_stack if isinstance(s, ConditionPrompt)]) == 1
        assert pilot.app.screen.query_one(Input).value == "::"


def preferences(folder: Path) -> Preferences:
    return read_preferences({"saves": folder / "saves"}, {"LAKEPPO_CONFIG": str(folder / "settings.toml")})


def test_the_option_is_the_first_command_of_the_session(monkeypatch, tmp_path):
    sent = []

    class Nothing:
        return_code = 0

        def __init__(self, worker, **options):
            sent.append(worker._channel.commands.get_nowait())
            self.run = worker.start

    monkeypatch.setattr(start, "LakeApp", Nothing)
    start.show(new_run(Config(), 0), True, preferences(tmp_path), FALL)
    assert sent == [StopWhen(FALL)]


def test_a_wrong_option_is_one_line_before_any_app(tmp_path):
    with pytest.raises(ValueError, match="--stop-when: character 1: there is no exat here; the nearest is exact"):
        start.show(new_run(Config(), 0), True, preferences(tmp_path), "exat < 1")
    assert not (tmp_path / "saves").exists()
