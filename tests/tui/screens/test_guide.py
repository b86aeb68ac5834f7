"""A guide over the live desk: text, key, motion, next text; and never in the way."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle, until
from support.screens import screen_text
from textual.events import Key

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.presets import Limit
from lakeppo.session.commands import ChangeSlip, CycleSiblings, NextBranch, PlayTo, SetKnob, Step, TogglePlay, Unit
from lakeppo.session.snapshot import PACES, MotionView
from lakeppo.session.worker import Worker
from lakeppo.storage.settings_file import read_settings
from lakeppo.tui.app import LakeApp
from lakeppo.tui.guides.tour import TOUR
from lakeppo.tui.panels.guide import GuideStrip
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.question import Question
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.settings import read_preferences
from lakeppo.tui.state import AppState

CLASSIC = make_config("classic")
STARTED = make_snapshot(CLASSIC, Moment(0, Phase.COLLECT, 0), "paused", episodes=0)


def touring(*snapshots) -> tuple[LakeApp, FakeSession]:
    session = FakeSession(*(snapshots or (STARTED,)))
    app = LakeApp(session, preferences=read_preferences({}, os.environ))
    app.opening = MainScreen.action_tour
    return app, session


def text_of(app: LakeApp) -> str:
    return "\n".join(screen_text(app))


def place_of(app: LakeApp) -> str:
    state = app.base.state
    return state.guide.place if isinstance(state, AppState) and state.guide is not None else ""


async def arrive(pilot, state: str = "arrived", snapshot=STARTED) -> None:
    """Let the motion on its way end."""
    session = pilot.app.session
    number = next(command.number for command in reversed(session.sent) if isinstance(command, PlayTo))
    session.queue.append(replace(snapshot, motion=MotionView(number, state)))
    await settle(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)], ids=str)
async def test_the_text_comes_first_and_a_key_begins_the_motion(size):
    app, session = touring()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert place_of(app) == "1/6"
        assert "watch one episode" in text_of(app)
        assert session.sent == []
        strip, lake = app.screen.query_one(GuideStrip).region, app.screen.query_one(Lake)
        assert strip.bottom <= size[1]
        assert lake.has_class("-marked")
        assert size[1] < 24 or strip.y >= lake.region.bottom - 1
        await pilot.press("space")
        [sent] = session.sent
        assert (sent.end, PACES[sent.pace]) == (Unit.EPISODE, 4)
        assert place_of(app) == "1/6"
        assert "at once" in text_of(app)
        await arrive(pilot)
        assert place_of(app) == "2/6"
        assert app.screen.query_one(Question).has_class("-marked")


async def test_the_same_key_hurries_a_motion():
    app, session = touring()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("space")
        await pilot.pause(0.2)
        await pilot.press("space")
        slow, fast = session.sent
        assert fast == replace(slow, pace=PACES.index(float("inf")))
        await arrive(pilot)
        assert place_of(app) == "2/6"


async def test_another_key_ends_the_motion_and_the_text_stays():
    app, session = touring()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("space", "u")
        await arrive(pilot, "stopped")
        assert place_of(app) == "1/6"
        assert "watch one episode" in text_of(app)
        await pilot.press("space")
        assert isinstance(session.sent[-1], PlayTo)


async def test_a_motion_that_cannot_arrive_goes_on_to_an_honest_text():
    app, _ = touring()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.main_screen.guide.at = 4
        await pilot.press("space")
        await arrive(pilot, "missed", changed(STARTED, episodes=2000))
        assert "Not solved after 2,000 episodes" in text_of(app)


async def test_every_other_key_works_as_without_it():
    snapshot = changed(STARTED, choices=1)
    app, session = touring(snapshot)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("e", "s", "tab", "f")
        assert session.sent == [Step(Unit.PASS), ChangeSlip(0), NextBranch(), CycleSiblings()]
        await pilot.press("v", "2", "escape", "p")
        await pilot.press("escape", "c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.press("space", "escape")
        assert TogglePlay() in session.sent
        assert place_of(app) == "1/6"


async def test_a_message_is_seen_above_it():
    app, _ = touring()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("v")
        await pilot.pause()
        lines = screen_text(app)
        assert lines[-4].startswith(" The lake shows values")
        assert "watch one episode" in lines[-1]


async def test_a_letter_or_a_click_tries_something():
    app, session = touring()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.main_screen.guide.at = 5
        app.main_screen.show(app.main_screen.state)
        await pilot.pause()
        await pilot.press("A", "B", "C")
        line = next(y for y, text in enumerate(screen_text(app)) if "clip off" in text)
        await pilot.click(offset=(screen_text(app)[line].index("slippery"), line))
        clip, ice, play = SetKnob("clip_coef", None), ChangeSlip(0), TogglePlay()
        assert session.sent == [clip, play, ice, play, CycleSiblings(), ice, play]
        assert place_of(app) == "6/6"


async def test_a_small_letter_tries_it_too():
    app, session = touring()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        app.main_screen.guide.at = len(TOUR) - 1
        app.main_screen.show(app.main_screen.state)
        await pilot.press("b", "c")
        assert session.sent == [ChangeSlip(0), TogglePlay(), CycleSiblings()]


async def test_the_last_text_lets_the_run_play_and_pause():
    app, session = touring()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.main_screen.guide.at = len(TOUR) - 1
        app.main_screen.show(app.main_screen.state)
        for seconds in (0, 0.2):  # sooner, it would be the same press
            event = Key("space", " ")
            event.time += seconds
            app.post_message(event)
        await settle(pilot)
        assert session.sent == [TogglePlay(), TogglePlay()]
        assert place_of(app) == "6/6"


async def test_leaving_it_is_remembered_and_it_can_come_back():
    app, session = touring()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert app.main_screen.guide is None
        assert "space plays and pauses; T is the tour" in text_of(app)
        await pilot.press("space")
        assert session.sent == [TogglePlay()]
        assert not app.screen.query_one(Lake).has_class("-marked")
        await pilot.press("T")
        assert place_of(app) == "1/6"
    app.preferences.close()
    assert read_settings(Path(os.environ["LAKEPPO_CONFIG"]))["tour_seen"] is True


async def test_it_pauses_a_run_that_plays():
    session = FakeSession(make_snapshot(CLASSIC))
    async with LakeApp(session).run_test() as pilot:
        await settle(pilot)
        await pilot.press("T")
        assert session.sent == [TogglePlay()]


async def test_a_failure_ends_it():
    app, session = touring()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        session.failure = "RuntimeError: no memory"
        await settle(pilot)
        assert app.main_screen.guide is None
        assert "RuntimeError: no memory" in text_of(app)


async def test_the_whole_tour_on_a_real_run(tmp_path):
    from lakeppo.runs.run import Run
    from lakeppo.runs.timeline import Timeline

    worker = Worker(lambda: Timeline(Run(CLASSIC, 0)), CLASSIC, 0, Limit("episodes", 2000), tmp_path, True)
    app = LakeApp(worker, saves=tmp_path)
    app.opening = MainScreen.action_tour
    texts = []
    async with app.run_test(size=(120, 40)) as pilot:
        for place in range(1, 7):
            await until(pilot, lambda place=place: place_of(app) == f"{place}/6")
            texts.append(app.main_screen.state.guide.text)
            run = app.main_screen.state.snapshot.run
            if place == 2:
                assert (run.episodes, run.walk.last.terminated) == (1, True)
            if place == 3:
                assert run.moment == Moment(0, Phase.IMPROVE, 0)
            if place == 4:
                assert (run.last_pass.ratios == 1).all()
            if place == 5:
                assert run.last_pass.stopped > 0
            await pilot.press("space")
            if (guide := app.main_screen.guide) is not None and guide.moving:
                await app.main_screen.action_go_on()
        assert run.exact.sampling >= 0.95
        await pilot.press("escape")
        await settle_guide(pilot)
    worker.join()
    assert "1 time in 58" in texts[0]
    assert "Solved after" in texts[5]


async def settle_guide(pilot) -> None:
    await until(pilot, lambda: pilot.app.main_screen.guide is None)


def test_the_tour_shows_a_new_run_only(lakeppo, tmp_path):
    for option in ("--resume", "--run", "--show", "--spot"):
        status, out, err = lakeppo("tui", "--tour", option, str(tmp_path / "any"))
        assert (status, out) == (2, "")
        assert err == "lakeppo: --tour shows a new run: it cannot be given with --resume, --run, --show or --spot\n"
