"""Keys, commands, and how the app is left."""

import asyncio
import os
import re
import signal
from pathlib import Path
from unittest.mock import Mock

import pytest
from support.fake_session import FakeSession, changed, demonstrating, make_fan, make_snapshot, settle, state_of, until
from support.screens import alone, compared, screen_text
from textual.events import Key

import lakeppo.tui
from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import (
    AddBranch,
    Back,
    ChangePace,
    ChangeSlip,
    CycleDemo,
    CycleSiblings,
    GoBy,
    GoTo,
    GoToEnd,
    NextBranch,
    Save,
    StartSeed,
    Step,
    Stop,
    TogglePlay,
    Unit,
)
from lakeppo.session.snapshot import Snapshot
from lakeppo.signals import SIGNALS, heeded
from lakeppo.tui.app import LakeApp
from lakeppo.tui.bound_keys import BoundKeys
from lakeppo.tui.keymap import BY_ID, KEYS, On, keys_of
from lakeppo.tui.leaving import catch_signals
from lakeppo.tui.panels.footer import SHOWN
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.screens.base import LiveScreen
from lakeppo.tui.screens.help import REST, HelpScreen, key_groups
from lakeppo.tui.screens.main import MainScreen

COMMANDS = {
    "space": TogglePlay(), "full_stop": Step(Unit.NEXT), "e": Step(Unit.PASS), "n": Step(Unit.PHASE),
    "u": Step(Unit.COPY), "g": Step(Unit.GOAL), "s": ChangeSlip(0), "minus": ChangeSlip(-1), "plus": ChangeSlip(1),
    "equals_sign": ChangeSlip(1), "less_than_sign": ChangePace(-1), "greater_than_sign": ChangePace(1),
    "d": CycleDemo(), "r": StartSeed(), "w": Save(), "E": Back(Unit.PASS), "left_curly_bracket": GoBy(-10),
    "home": GoTo(Moment(0, Phase.COLLECT, 0)), "end": GoToEnd(), "tab": NextBranch(), "b": AddBranch(),
}  # fmt: skip


async def test_every_command_key_sends_its_command_in_order():
    session = FakeSession(make_snapshot(status="paused", moment=Moment(22, Phase.COLLECT, 5)))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press(*COMMANDS)
    assert session.sent == list(COMMANDS.values())


async def test_commands_typed_while_loading_are_queued():
    session = FakeSession()
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press("space", "u", "d", "full_stop")
    assert session.sent == [TogglePlay(), Step(Unit.COPY), CycleDemo(), Step(Unit.NEXT)]


async def test_no_key_is_lost_when_the_main_screen_comes():
    session = FakeSession()
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        for count in range(60):
            app.post_message(Key("u", "u"))
            if count == 20:
                session.queue.append(make_snapshot(status="paused"))
            if count % 7 == 0:
                await asyncio.sleep(0.01)
        await settle(pilot)
        assert isinstance(app.screen, MainScreen)
    assert session.sent == [Step(Unit.COPY)] * 60


async def test_the_main_screen_waits_until_the_help_is_closed():
    session = FakeSession()
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        session.queue.append(make_snapshot())
        await pilot.pause(0.3)
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is app.main_screen


async def test_a_failure_while_loading_is_shown_and_q_leaves():
    session = FakeSession()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        session.failure, session.exit_status = "ImportError: no torch", 1
        await settle(pilot)
        text = "\n".join(screen_text(app))
        assert "FAILED" in text
        assert text.count("ImportError: no torch") == 2
        await pilot.press("space", "q")
        await settle(pilot)
    assert (session.sent, app.return_code) == ([], 1)


async def test_any_key_but_a_command_stops_the_way_to_a_goal():
    session = FakeSession(make_snapshot(status="stepping"))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press("z")
        assert session.sent == [Stop()]
        await pilot.press("space")
        assert session.sent == [Stop(), TogglePlay()]


async def test_other_keys_send_nothing_while_nothing_seeks_a_goal():
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press("z", "v", "up", "escape", "enter")
    assert session.sent == []


@pytest.mark.parametrize("close", ["escape", "question_mark", "q"])
async def test_help_opens_and_closes_without_leaving(close: str, monkeypatch):
    monkeypatch.setattr("lakeppo.tui.key_presses.REPEAT", 0.0)  # the same key may come at once here
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press(close)
        assert app.screen is app.main_screen
    assert session.stops == []


async def test_q_waits_for_the_worker_and_leaves_with_its_status():
    session = FakeSession(make_snapshot())
    session.ends = False
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("q")
        await settle(pilot, 0.4)
        assert session.stops == [False]
        assert app.return_code is None
        session.ends = True
        await settle(pilot)
    assert app.return_code == 0


async def test_q_twice_leaves_at_once_though_the_session_does_not_end():
    session = FakeSession(make_snapshot())
    session.ends = False
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert app.return_code is None
        assert "q again leaves at once" in app.base.message_bar.message
        await pilot.press("q")
        await pilot.pause()
        assert app.return_code == 0
    assert session.stops == [False]


async def test_ctrl_c_drops_what_is_queued_and_leaves_with_130():
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+c")
        await settle(pilot)
    assert (session.stops, app.return_code) == ([True], 130)


async def test_ctrl_c_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lakeppo.tui.leaving.GRACE", 0.3)
    session = FakeSession(make_snapshot())
    session.ends = False
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 130


@pytest.mark.parametrize("number", SIGNALS)
async def test_signals_leave_as_other_programs_do(number: int):
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        os.kill(os.getpid(), number)
        await until(pilot, lambda: session.stops)
        await settle(pilot)
    assert (session.stops, app.return_code) == ([True], 128 + number)


def test_a_signal_after_the_end_is_let_pass_where_asyncio_has_none(monkeypatch: pytest.MonkeyPatch):
    """As on Windows, where the handlers stay after the app's loop has closed."""
    before = {number: signal.getsignal(number) for number in heeded()}
    loop = asyncio.new_event_loop()
    monkeypatch.setattr(loop, "add_signal_handler", Mock(side_effect=NotImplementedError))

    async def catch() -> None:
        catch_signals(pytest.fail)

    loop.run_until_complete(catch())
    loop.close()
    try:
        assert signal.getsignal(signal.SIGTERM) is not before[signal.SIGTERM]
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def test_after_a_failure_the_app_stays_and_q_leaves_with_1():
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        session.failure, session.exit_status = "ValueError: no good", 1
        await settle(pilot)
        assert app.main_screen.state.status == "failed"
        assert app.return_code is None
        await pilot.press("space")
        assert session.sent == []
        assert "q quits" in app.screen.query_one(MessageBar).message
        await pilot.press("q")
        await settle(pilot)
    assert app.return_code == 1


async def test_the_palette_offers_the_keys_that_work_and_runs_them():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert "update (u)" in names
        await pilot.press("ctrl+p")
        await settle(pilot, 0.5)
        await pilot.press(*"update")
        for _ in range(40):  # the list is searched in the background, and enter takes what has been found by then
            if not session.sent:
                await pilot.press("enter")
                await settle(pilot, 0.5)
    assert session.sent == [Step(Unit.COPY)]


def test_ids_are_unique_and_no_screen_binds_a_key_twice():
    assert len(BY_ID) == len(KEYS)
    for screen in On:
        names = [name for key in keys_of(screen) for name in key.keys.split(",")]
        assert len(set(names)) == len(names)


def test_every_key_sends_a_command_or_runs_an_action():
    assert [key.id for key in KEYS if key.command is None and not key.action] == []
    for screens, kind in ((On.BATCH | On.COMPARE | On.SIBLINGS, LiveScreen), (On.MAIN, MainScreen)):
        keys = [key for key in KEYS if key.on & screens and key.command is not None]
        assert all(hasattr(kind, f"action_{key.run.partition('(')[0]}") for key in keys if key.on & On.MAIN)


def test_every_key_that_a_text_names_is_in_the_table():
    texts = "".join(path.read_text() for path in Path(lakeppo.tui.__file__).parent.rglob("*.py"))
    named = set(re.findall(r"""key\(["'](\w+)["']\)""", texts))
    assert len(named) > 5
    assert named <= set(BY_ID)


def test_labels_follow_the_state():
    def label(id: str, snapshot: Snapshot) -> str:
        return BY_ID[id].label_in(state_of(snapshot))

    playing = make_snapshot()
    assert label("toggle", playing) == "pause"
    assert label("toggle", make_snapshot(status="paused")) == "play"
    assert label("slip_switch", playing) == "firm"
    assert label("demo", demonstrating(playing)) == "greedy"
    assert label("demo", demonstrating(playing, greedy=True)) == "back"


SWAPPED = {
    "toggle": "k",
    "pass": "n",
    "phase": "e",
    "quit": "Q",
    "help": "h",
    "siblings": "ctrl+t",
    "branch": "full_stop",
}


async def test_other_keys_can_be_bound_and_are_named_everywhere():
    session = FakeSession(make_snapshot(status="paused", moment=Moment(22, Phase.COLLECT, 5)))
    app = LakeApp(session)
    app.set_keymap({})
    async with app.run_test(size=(160, 40)) as pilot:
        await settle(pilot)
        assert "space play" in screen_text(app)[-1]
        app.set_keymap(SWAPPED)
        await settle(pilot)
        footer = screen_text(app)[-1]
        for words in (" k play", " n pass 1", " e judge", " h help", " Q quit"):
            assert words in footer
        assert "space" not in footer
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert {"play (k)", "pass (n)", "phase (e)", "quit (Q)", "siblings (ctrl+t)", "branch (.)"} <= set(names)
        assert not {"play (space)", "step (.)"} & set(names)
        await pilot.press("c")
        assert ". makes a branch here" in "\n".join(screen_text(app))
        await pilot.press("F")
        assert "ctrl+t trains some" in "\n".join(screen_text(app))
        await pilot.press("k", "n", "e", "ctrl+t", "full_stop", "space", "f", "q")
        assert session.sent == [
            TogglePlay(), Step(Unit.PASS), Step(Unit.PHASE), CycleSiblings(), AddBranch(),
        ]  # fmt: skip
        await pilot.press("h")
        assert isinstance(app.screen, HelpScreen)
        lines = [line.split() for line in screen_text(app)]
        assert ["k", "play", "or", "pause"] in lines
        assert any(line[:3] == ["n", "through", "the"] for line in lines)
        await pilot.press("escape", "Q")
        await settle(pilot)
    assert session.stops == [False]


async def test_held_and_stopping_keys_follow_the_keymap():
    session = FakeSession(make_snapshot(status="stepping"))
    app = LakeApp(session)
    app.update_keymap({"toggle": "k", "help": "e", "pass": "question_mark"})
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("k", "space", "question_mark")
        assert session.sent == [TogglePlay(), Stop(), Step(Unit.PASS)]
        app.post_message(Key("question_mark", "?"))
        app.post_message(Key("k", "k"))
        app.post_message(Key("k", "k"))
        await settle(pilot)
    assert session.sent[3:] == [Step(Unit.PASS), TogglePlay()]


def test_names_are_those_that_people_write():
    bound = BoundKeys()
    expected = {
        "unit": ".", "back": "esc", "toggle": "space", "palette": "ctrl+p", "cursor_up": "arrows",
        "large_lake": "1 to 8, 0", "next_branch": "tab",
    }  # fmt: skip
    assert {id: bound.names[id] for id in expected} == expected
    assert (bound.names["slip_up"], bound.all_names("slip_up")) == ("+", "+, =")
    assert (bound.names["compare_close"], bound.all_names("compare_close")) == ("esc", "esc, c, q")
    assert BoundKeys({"toggle": "e"}).names["pass"] == "(no key)"


async def test_the_mouse_presses_keys_in_the_help_and_closes_screens():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, sent in ((" ? ", None), ("  e ", [Step(Unit.PASS)]), (" ? ", None), ("  v ", None)):
            at = next((row, line.find(key)) for row, line in enumerate(screen_text(app)) if line.find(key) >= 0)
            await pilot.click(offset=(at[1] + len(key) - 2, at[0]))
            await settle(pilot)
            assert session.sent == (sent or session.sent)
        assert app.main_screen.state.view == "values"
        for key, title in (("question_mark", "HELP"), ("p", "KNOBS")):
            await pilot.press(key)
            await settle(pilot)
            row, line = next((row, line) for row, line in enumerate(screen_text(app)) if "esc closes" in line)
            assert title in line
            await pilot.click(offset=(line.find("esc closes") + 2, row))
            await settle(pilot)
            assert app.screen is app.main_screen


def test_the_help_has_every_key_once_and_the_ten_that_matter_first():
    groups = key_groups()
    first, *others = groups.values()
    assert len(first) == 10
    listed = [key.id for group in others for key in group]
    helped = [key.id for key in (*keys_of(On.MAIN), *keys_of(On.APP)) if key.help]
    assert sorted(listed) == sorted(helped)
    assert list(groups) == ["THE TEN THAT MATTER", *"PLAY STEP TIME COMPARE LOOK CHANGE".split(), REST]
    assert all(groups.values())


async def test_one_key_shows_the_words():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("W")
        await settle(pilot)
        assert isinstance(app.screen, HelpScreen)
        assert "WORDS" in screen_text(app)[2]


@pytest.mark.parametrize("opener", ["i", "F", "h", "B", "9", "S", "p", "t"])
async def test_the_run_plays_from_every_screen_beside_it(opener: str):
    session = FakeSession(changed(alone(compared()), siblings=make_fan()))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press(opener)
        await until(pilot, lambda: app.screen is not app.main_screen)
        await settle(pilot)
        screen, before = app.screen, len(session.sent)
        await pilot.press("space")
        assert session.sent[before:] == [TogglePlay()]
        assert app.screen is screen


@pytest.mark.parametrize("screen", list(SHOWN), ids=str)
def test_a_footer_names_only_keys_that_work_there(screen: On):
    assert [id for id in SHOWN[screen].split() if not BY_ID[id].on & screen] == []
