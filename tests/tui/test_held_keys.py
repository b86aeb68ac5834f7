"""A key held down: steps go on, screens open once, and a field takes every letter."""

from dataclasses import replace

import pytest
from support.fake_session import FakeSession, changed, make_fan, make_snapshot, settle, until
from support.screens import alone, compared, opened
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from lakeppo.session.commands import CompareNext
from lakeppo.session.snapshot import Snapshot
from lakeppo.tui.app import LakeApp
from lakeppo.tui.keymap import On, keys_of
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.screens.knobs import KnobScreen

REPEATED = 0.033
PRESSED = 0.15


async def hold(pilot: Pilot[None], key: str, times: int = 7, apart: float = REPEATED) -> None:
    """The events of a key held down, all of them waiting at once."""
    for count in range(times):
        event = Key(key, key if len(key) == 1 else None)
        event.time += count * apart
        pilot.app.post_message(event)
    await settle(pilot)


@pytest.mark.parametrize("key", ["c", "i", "p", "t", "B", "question_mark"])
async def test_a_key_held_down_opens_its_screen_and_leaves_it_open(key: str):
    app = LakeApp(FakeSession(alone(compared())))
    async with app.run_test() as pilot:
        await settle(pilot)
        await hold(pilot, key)
        assert len(app.screen_stack) == 2


@pytest.mark.parametrize(("times", "screens"), [(4, 1), (5, 2)])
async def test_the_same_key_pressed_slowly_opens_and_closes(times: int, screens: int):
    app = LakeApp(FakeSession(alone(compared())))
    async with app.run_test() as pilot:
        await settle(pilot)
        await hold(pilot, "i", times, PRESSED)
        assert len(app.screen_stack) == screens


@pytest.mark.parametrize(
    ("key", "sent"), [("space", 1), ("r", 1), ("b", 1), ("s", 1), ("full_stop", 7), ("e", 7), ("minus", 7)]
)
async def test_held_down_steps_repeat_and_other_keys_act_once(key: str, sent: int):
    session = FakeSession(make_snapshot(status="playing"))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await hold(pilot, key)
    command = next(k.command for k in keys_of(On.MAIN) if key in k.keys.split(","))
    assert session.sent == [command] * sent


async def test_a_field_takes_every_letter():
    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("p", "enter")
        assert isinstance(app.screen, KnobScreen)
        box = app.screen.query_one(Input)
        box.value = ""
        await hold(pilot, "f", times=3)
        await hold(pilot, "s", times=3)
        assert box.value == "fffsss"


def among(choices: int, choice: int) -> Snapshot:
    """A comparison with one of several."""
    snapshot = compared()
    assert snapshot.comparison is not None
    return changed(snapshot, comparison=replace(snapshot.comparison, choices=choices, choice=choice))


@pytest.mark.parametrize("choices", [1, 3])
async def test_the_next_comparison_is_asked_for_once_at_a_time(choices: int):
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await opened(pilot, session, among(choices, 0))
        assert isinstance(app.screen, CompareScreen)
        await pilot.press(*"ooo")
        assert session.sent.count(CompareNext()) == (choices > 1)
        session.queue.append(among(choices, choices - 1))
        await settle(pilot)
        await pilot.press("o")
        assert session.sent.count(CompareNext()) == 2 * (choices > 1)


@pytest.mark.parametrize("opener", ["t", "B", "p", "i", "question_mark", "ctrl+p", "c", "F"])
async def test_a_screen_dismissed_repeatedly_closes_once(opener: str):
    app = LakeApp(FakeSession(changed(alone(compared()), siblings=make_fan())))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("v", opener)
        await until(pilot, lambda: app.screen is not app.main_screen)
        screen = app.screen
        for _ in range(3):
            screen.dismiss()
        await settle(pilot)
        assert app.screen_stack == [app.main_screen]


@pytest.mark.parametrize("opener", ["c", "i", "p", "t", "B", "F", "question_mark", "S", "l"])
async def test_keys_may_come_before_their_screen_is_composed(opener: str):
    """As after a click that opens the screen: keys sent to the one below are then taken by the new one."""
    app = LakeApp(FakeSession(changed(alone(compared()), siblings=make_fan())))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        opens = next(b.action for b in app.main_screen.BINDINGS if opener in b.key.split(","))
        await app.run_action("app.help" if opener == "question_mark" else opens, app.main_screen)
        assert not app.screen.is_mounted
        for binding in app.screen.BINDINGS:
            if not binding.action.startswith("app."):
                await app.run_action(binding.action, app.screen)
        await settle(pilot)
        assert app.is_running


@pytest.mark.parametrize(
    ("opener", "keys"),
    [("t", "i g escape"), ("B", "c escape"), ("B", "down enter escape"), ("p", "escape escape"), ("i", "i escape")],
)
async def test_keys_in_a_burst_close_a_screen_once(opener: str, keys: str):
    app = LakeApp(FakeSession(alone(compared())))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(opener)
        await until(pilot, lambda: app.screen is not app.main_screen)
        screen = app.screen
        for key in keys.split():
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: screen not in app.screen_stack)
        await settle(pilot)
        assert app.screen_stack[0] is app.main_screen
