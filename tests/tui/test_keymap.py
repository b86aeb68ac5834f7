"""Keys, commands, and how the app is left."""

import os
import signal

import pytest
from support.fake_session import FakeSession, demonstrating, make_snapshot, settle, until
from support.screens import screen_text

from lakeppo.moment import Moment, Phase
from lakeppo.tui.app import LakeApp
from lakeppo.tui.keymap import KEYS, label
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.screens.help import HelpScreen

COMMANDS = {
    "space": "toggle", ".": "unit", "e": "pass", "n": "phase", "u": "update", "g": "goal", "s": "slip_switch",
    "-": "slip_down", "+": "slip_up", "=": "slip_up", "<": "slower", ">": "faster", "d": "demo", "r": "fresh",
    "w": "save",
}  # fmt: skip
NAMES = {
    ".": "full_stop",
    "-": "minus",
    "+": "plus",
    "=": "equals_sign",
    "<": "less_than_sign",
    ">": "greater_than_sign",
}


async def test_every_command_key_sends_its_command_in_the_order_pressed():
    session = FakeSession(make_snapshot(status="paused", moment=Moment(22, Phase.COLLECT, 5)))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        for key in COMMANDS:
            await pilot.press(NAMES.get(key, key))
    assert session.sent == list(COMMANDS.values())


async def test_what_is_typed_while_torch_is_loading_waits_for_the_worker():
    session = FakeSession()
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press("space", "u", "d")
    assert session.sent == ["toggle", "update", "demo"]


async def test_any_other_key_stops_the_way_to_a_goal_and_a_command_goes_alone():
    session = FakeSession(make_snapshot(status="stepping"))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press("z")
        assert session.sent == ["hush"]
        await pilot.press("space")
        assert session.sent == ["hush", "toggle"]


async def test_other_keys_send_nothing_while_nothing_seeks_a_goal():
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press("z", "v", "up", "escape", "enter")
    assert session.sent == []


@pytest.mark.parametrize("close", ["escape", "question_mark", "q"])
async def test_help_opens_and_closes_without_leaving(close: str):
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


async def test_ctrl_c_drops_what_is_queued_and_leaves_with_130():
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+c")
        await settle(pilot)
    assert (session.stops, app.return_code) == ([True], 130)


async def test_ctrl_c_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lakeppo.tui.app.GRACE", 0.3)
    session = FakeSession(make_snapshot())
    session.ends = False
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 130


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
async def test_signals_leave_as_other_programs_do(name: str, status: int):
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        os.kill(os.getpid(), getattr(signal, name))
        await until(pilot, lambda: session.stops)
        await settle(pilot)
    assert (session.stops, app.return_code) == ([True], status)


async def test_after_a_failure_the_app_stays_says_why_and_q_leaves_with_1():
    session = FakeSession(make_snapshot())
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        session.failure, session.status = "ValueError: no good", 1
        await settle(pilot)
        assert app.main_screen.state.status == "failed"
        assert app.return_code is None
        await pilot.press("space")
        assert session.sent == []
        assert "q leaves" in app.screen.query_one(MessageBar).message
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
    assert session.sent == ["update"]


def test_every_key_has_an_id_of_its_own_and_no_two_share_a_key():
    ids = [key.id for key in KEYS]
    keys = [name for key in KEYS for name in key.keys.split(",")]
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)


def test_labels_follow_the_state():
    session = FakeSession(make_snapshot())
    state = LakeApp(session).main_screen.state
    keys = {key.id: key for key in KEYS}

    def said(key: str, snapshot: object) -> str:
        from dataclasses import replace

        return label(keys[key], replace(state, snapshot=snapshot))

    playing = make_snapshot()
    assert said("toggle", playing) == "pause"
    assert said("toggle", make_snapshot(status="paused")) == "play"
    assert said("slip_switch", playing) == "firm"
    assert said("demo", demonstrating(playing)) == "greedy"
    assert said("demo", demonstrating(playing, greedy=True)) == "back"


async def test_the_mouse_alone_presses_any_key_in_the_help_and_closes_what_is_open():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, said in ((" ? ", None), ("  e ", ["pass"]), (" ? ", None), ("  v ", None)):
            at = next((row, line.find(key)) for row, line in enumerate(screen_text(app)) if line.find(key) >= 0)
            await pilot.click(offset=(at[1] + len(key) - 2, at[0]))
            await settle(pilot)
            assert session.sent == (said or session.sent)
        assert app.main_screen.state.view == "values"
        for key, title in (("question_mark", "HELP"), ("p", "KNOBS")):
            await pilot.press(key)
            await settle(pilot)
            line = screen_text(app)[0]
            assert title in line
            await pilot.click(offset=(line.find("esc closes") + 2, 0))
            await settle(pilot)
            assert app.screen is app.main_screen
