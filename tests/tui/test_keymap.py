"""Keys, commands, and how the app is left."""

import os
import signal

import pytest
from support.fake_session import FakeFeed, demonstrating, make_snapshot, settle, until
from support.screens import screen_text

from lakeppo.moment import Moment, Phase
from lakeppo.tui.app import LakeApp
from lakeppo.tui.keymap import KEYS, label
from lakeppo.tui.panels.message import Voice
from lakeppo.tui.screens.help import Help

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
    feed = FakeFeed(make_snapshot(state="paused", moment=Moment(22, Phase.COLLECT, 5)))
    async with LakeApp(feed).run_test() as pilot:
        await settle(pilot)
        for key in COMMANDS:
            await pilot.press(NAMES.get(key, key))
    assert feed.sent == list(COMMANDS.values())


async def test_what_is_typed_while_torch_is_loading_waits_for_the_worker():
    feed = FakeFeed()
    async with LakeApp(feed).run_test() as pilot:
        await settle(pilot)
        await pilot.press("space", "u", "d")
    assert feed.sent == ["toggle", "update", "demo"]


async def test_any_other_key_stops_the_way_to_a_goal_and_a_command_goes_alone():
    feed = FakeFeed(make_snapshot(state="stepping"))
    async with LakeApp(feed).run_test() as pilot:
        await settle(pilot)
        await pilot.press("z")
        assert feed.sent == ["hush"]
        await pilot.press("space")
        assert feed.sent == ["hush", "toggle"]


async def test_other_keys_send_nothing_while_nothing_seeks_a_goal():
    feed = FakeFeed(make_snapshot(state="paused"))
    async with LakeApp(feed).run_test() as pilot:
        await settle(pilot)
        await pilot.press("z", "v", "up", "escape", "enter")
    assert feed.sent == []


@pytest.mark.parametrize("close", ["escape", "question_mark", "q"])
async def test_help_opens_and_closes_without_leaving(close: str):
    feed = FakeFeed(make_snapshot())
    app = LakeApp(feed)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        await pilot.press(close)
        assert app.screen is app.desk
    assert feed.stops == []


async def test_q_waits_for_the_worker_and_leaves_with_its_status():
    feed = FakeFeed(make_snapshot())
    feed.ends = False
    app = LakeApp(feed)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("q")
        await settle(pilot, 0.4)
        assert feed.stops == [False]
        assert app.return_code is None
        feed.ends = True
        await settle(pilot)
    assert app.return_code == 0


async def test_ctrl_c_drops_what_is_queued_and_leaves_with_130():
    feed = FakeFeed(make_snapshot())
    app = LakeApp(feed)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+c")
        await settle(pilot)
    assert (feed.stops, app.return_code) == ([True], 130)


async def test_ctrl_c_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lakeppo.tui.app.GRACE", 0.3)
    feed = FakeFeed(make_snapshot())
    feed.ends = False
    app = LakeApp(feed)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 130


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
async def test_signals_leave_as_other_programs_do(name: str, status: int):
    feed = FakeFeed(make_snapshot())
    app = LakeApp(feed)
    async with app.run_test() as pilot:
        await settle(pilot)
        os.kill(os.getpid(), getattr(signal, name))
        await until(pilot, lambda: feed.stops)
        await settle(pilot)
    assert (feed.stops, app.return_code) == ([True], status)


async def test_after_a_failure_the_app_stays_says_why_and_q_leaves_with_1():
    feed = FakeFeed(make_snapshot())
    app = LakeApp(feed)
    async with app.run_test() as pilot:
        await settle(pilot)
        feed.failure, feed.status = "ValueError: no good", 1
        await settle(pilot)
        assert app.desk.scene.state == "failed"
        assert app.return_code is None
        await pilot.press("space")
        assert feed.sent == []
        assert "q leaves" in app.screen.query_one(Voice)._said
        await pilot.press("q")
        await settle(pilot)
    assert app.return_code == 1


async def test_the_palette_offers_the_keys_that_work_and_runs_them():
    feed = FakeFeed(make_snapshot(state="paused"))
    app = LakeApp(feed)
    async with app.run_test() as pilot:
        await settle(pilot)
        names = [command.title for command in app.get_system_commands(app.screen)]
        assert "update (u)" in names
        await pilot.press("ctrl+p")
        await settle(pilot, 0.5)
        await pilot.press(*"update")
        for _ in range(40):  # the list is searched in the background, and enter takes what has been found by then
            if not feed.sent:
                await pilot.press("enter")
                await settle(pilot, 0.5)
    assert feed.sent == ["update"]


def test_every_key_has_an_id_of_its_own_and_no_two_share_a_key():
    ids = [key.id for key in KEYS]
    keys = [name for key in KEYS for name in key.keys.split(",")]
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)


def test_labels_follow_the_state():
    feed = FakeFeed(make_snapshot())
    scene = LakeApp(feed).desk.scene
    keys = {key.id: key for key in KEYS}

    def said(key: str, snapshot: object) -> str:
        from dataclasses import replace

        return label(keys[key], replace(scene, snapshot=snapshot))

    playing = make_snapshot()
    assert said("toggle", playing) == "pause"
    assert said("toggle", make_snapshot(state="paused")) == "play"
    assert said("slip_switch", playing) == "firm"
    assert said("demo", demonstrating(playing)) == "greedy"
    assert said("demo", demonstrating(playing, greedy=True)) == "back"


async def test_the_mouse_alone_presses_any_key_in_the_help_and_closes_what_is_open():
    feed = FakeFeed(make_snapshot(state="paused"))
    app = LakeApp(feed)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, said in ((" ? ", None), ("  e ", ["pass"]), (" ? ", None), ("  v ", None)):
            at = next((row, line.find(key)) for row, line in enumerate(screen_text(app)) if line.find(key) >= 0)
            await pilot.click(offset=(at[1] + len(key) - 2, at[0]))
            await settle(pilot)
            assert feed.sent == (said or feed.sent)
        assert app.desk.scene.view == "values"
        for key, title in (("question_mark", "HELP"), ("p", "KNOBS")):
            await pilot.press(key)
            await settle(pilot)
            line = screen_text(app)[0]
            assert title in line
            await pilot.click(offset=(line.find("esc closes") + 2, 0))
            await settle(pilot)
            assert app.screen is app.desk
