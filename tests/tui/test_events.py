"""Random keys, clicks, pastes and sizes, in bursts: none of them may end in an exception.

CI plays a few hundred of them; `LAKEPPO_EVENTS=10000 pytest tests/tui/test_events.py` plays that many of every seed.
"""

import os
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from support.events import CHARACTERS, SIZES, Event, cells, random_events
from support.fake_session import FakeSession, changed, demonstrating, make_fan, make_snapshot, settle, until
from support.runs import ran, small
from support.screens import alone, compared
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.keys import _character_to_key
from textual.pilot import Pilot

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_table
from lakeppo.session.snapshot import Snapshot
from lakeppo.tui.app import LakeApp
from lakeppo.tui.keymap import KEYS
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.knobs import KnobScreen

EVENTS = int(os.environ.get("LAKEPPO_EVENTS", 80))
SEEDS = 3


@cache
def snapshots() -> tuple[Snapshot, ...]:
    """States of every kind: of other lakes, batches, comparisons, siblings, and of none of these."""
    branched, wide = compared(), make_config("8x8-slippery")
    moments = Moment(0, Phase.COLLECT, 0), Moment(22, Phase.IMPROVE, 2), Moment(30, Phase.COPY, 0)
    runs = [ran(small(batch_size=size), 3, units) for size, units in ((16, 0), (16, 16), (32, 5), (32, 35))]
    return (
        *(changed(make_snapshot(run.config, run.moment, "paused"), batch=batch_table(run.trainer)) for run in runs),
        *(changed(alone(branched), moment=moment, siblings=make_fan()) for moment in moments),
        compared(differs_at=None),
        branched,
        *(make_snapshot(wide, agent=63, moment=moment, status="paused") for moment in moments),
        demonstrating(make_snapshot(status="finished"), greedy=True),
    )


class RestlessSession(FakeSession):
    """Hands out another of its snapshots at some of the takes, for ever, and fails at few of them."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(snapshots()[0])
        self._chance = chance

    @property
    def news(self) -> bool:
        return self.started

    def take(self) -> Snapshot | None:
        if self._chance.random() < 0.001:
            self.failure = "the disk is full " * 20
        return super().take() or (self._chance.choice(snapshots()) if self._chance.random() < 0.2 else None)


def post(app: LakeApp, event: Event) -> None:
    """Hand one event to the app, as a terminal would."""
    kind, *words = event
    match kind:
        case "key":
            app.post_message(events.Key(words[0], CHARACTERS.get(words[0])))
        case "type":
            for letter in words[0]:
                app.post_message(events.Key(_character_to_key(letter), letter))
        case "paste":
            app.post_message(events.Paste(words[0]))
        case "size":
            size = Size(*map(int, words))
            cast(HeadlessDriver, app._driver)._size = size
            app.post_message(events.Resize(size, size))
        case _:
            (x, y), (to_x, to_y) = (cells(event, app.size) * 2)[:2]
            kinds: tuple[type[events.MouseEvent], ...] = (events.MouseMove, events.MouseDown, events.MouseUp)
            if kind == "wheel":
                kinds = (events.MouseScrollDown, events.MouseScrollUp)
            for each in kinds * (2 if kind == "double" else 1):
                app.post_message(each(None, x, y, 0, 0, 1, False, False, False, x, y))
                if kind == "drag" and each is events.MouseDown:
                    app.post_message(events.MouseMove(None, to_x, to_y, 0, 0, 1, False, False, False, to_x, to_y))
                    x, y = to_x, to_y


async def play(pilot: Pilot[None], happening: Iterator[Event], most: int) -> list[Event]:
    """Play up to `most` events, as long as the app runs, and return them."""
    app, played = cast(LakeApp, pilot.app), list[Event]()
    while len(played) < most and app._exception is None and app.return_code is None:
        played.append(event := next(happening))
        if event[0] == "rest":
            await pilot.pause()
        else:
            post(app, event)
    await pilot.pause()
    return played


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_burst_of_events_ends_in_an_exception(seed: int, tmp_path: Path):
    chance = random.Random(seed)
    happening, left = random_events(chance), EVENTS
    while left > 0:
        app = LakeApp(RestlessSession(chance), ascii=chance.random() < 0.3, saves=tmp_path)
        played = list[Event]()
        try:
            async with app.run_test(size=chance.choice(SIZES)) as pilot:
                played = await play(pilot, happening, left)
        except Exception as error:
            pytest.fail(f"{error!r} after {[' '.join(event) for event in played[-60:]]}")
        left -= len(played)


async def test_what_comes_when_the_last_screen_has_gone_is_dropped():
    """Between an event's coming and its turn the app may have closed its screens."""
    app = LakeApp(FakeSession(make_snapshot()), saves=Path())
    mouse = events.MouseMove(None, 1, 1, 0, 0, 0, False, False, False, 1, 1)
    late = [events.Key("v", "v"), events.Paste("a"), events.AppFocus(), events.AppBlur(), mouse]
    async with app.run_test():
        (stack,) = (stack for stack in app._screen_stacks.values() if stack)
        screens = stack[:]
        stack.clear()
        for event in late:
            await app.on_event(event)
        stack.extend(screens)
    assert app._exception is None


def app_for(opener: str) -> LakeApp:
    """Return an app with all that the screen behind a key needs."""
    if opener != "i":
        return LakeApp(FakeSession(changed(alone(compared()), siblings=make_fan())))
    run = ran(small(batch_size=16), 3, 16)
    judged = make_snapshot(run.config, run.moment, "paused")
    return LakeApp(FakeSession(changed(judged, batch=batch_table(run.trainer))))


@pytest.mark.parametrize("opener", ["", "i", "B", "p", "t", "question_mark", "F", "ctrl+p", "c"])
async def test_every_screen_can_be_drawn_in_a_few_cells(opener: str):
    app = app_for(opener)
    async with app.run_test(size=SIZES[0]) as pilot:
        await settle(pilot)
        await pilot.press(*opener.split())
        await until(pilot, lambda: (app.screen is app.main_screen) == (not opener))
        for size in ((1, 1), (2, 30), (4, 4), (300, 1), (10, 2), (3, 100)):
            await pilot.resize_terminal(*size)
            app.action_redraw()
        await pilot.pause()
        assert app.screen.size == (3, 100)


async def test_a_click_acts_on_its_own_screen_or_not_at_all():
    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test(size=SIZES[0]) as pilot:
        await settle(pilot)
        clicked = app.main_screen.query_one(Footer)
        assert await app.run_action("screen.knobs", clicked)
        opened = app.screen
        assert isinstance(opened, KnobScreen)
        for action in ("screen.knobs", "screen.leave", "screen.dismiss('goal')"):
            assert not await app.run_action(action, clicked)
        await settle(pilot)
        assert app.screen_stack == [app.main_screen, opened]


async def test_the_cursor_of_a_larger_lake_is_not_kept():
    large = make_snapshot(make_config("8x8-slippery"), agent=63)
    session = FakeSession(large)
    app = LakeApp(session)
    async with app.run_test(size=SIZES[1]) as pilot:
        await settle(pilot)
        await pilot.press("left")
        assert app.main_screen.state.cursor == 62
        session.queue.append(make_snapshot())
        await settle(pilot)
        assert app.main_screen.state.cursor is None


async def test_a_click_outside_the_palette_after_a_resize_does_nothing():
    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test(size=SIZES[1]) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        palette = app.screen
        await pilot.resize_terminal(30, 10)
        palette.post_message(events.Click(palette, 100, 30, 0, 0, 1, False, False, False, 100, 30))
        await settle(pilot)
        assert app.screen is palette


@pytest.mark.parametrize("opener", ["i", "B", "p", "t", "question_mark", "F", "ctrl+p", "c"])
async def test_a_screen_can_be_opened_again_while_it_closes(opener: str):
    app = app_for(opener)
    async with app.run_test(size=SIZES[1]) as pilot:
        await settle(pilot)
        await pilot.press(opener)
        await until(pilot, lambda: app.screen is not app.main_screen)
        screen = app.screen
        assert isinstance(screen, ClosableScreen)
        run_again = next(key.run for key in KEYS if opener in key.keys.split(","))
        screen.dismiss()
        assert await app.run_action(run_again, app.main_screen)
        again = app.screen
        assert isinstance(again, type(screen))
        assert again is not screen
        await until(pilot, lambda: again.whole)
