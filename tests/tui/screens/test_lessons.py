"""Lessons in the app: the list, the prediction before any motion, the figures, the knob, and the way back."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle, until
from support.lessons import short_lesson
from support.screens import screen_text

from lakeppo import i18n
from lakeppo.config import make_config
from lakeppo.lessons.shipped import shipped_lessons
from lakeppo.moment import Moment, Phase
from lakeppo.presets import Limit
from lakeppo.session.commands import ChangeSlip, PlayTo, TogglePlay
from lakeppo.session.lesson_commands import LeaveLesson, OpenPart, ShowArm, Try
from lakeppo.session.lesson_results import LessonView, MeasuredRun, MeasuredSeeds
from lakeppo.session.snapshot import MotionView
from lakeppo.session.worker import Worker
from lakeppo.storage.settings_file import read_settings
from lakeppo.tui.app import LakeApp
from lakeppo.tui.keymap import BY_ID
from lakeppo.tui.screens.knobs import KnobScreen
from lakeppo.tui.screens.lessons import LessonList
from lakeppo.tui.settings import read_preferences
from lakeppo.tui.state import AppState

CLASSIC = make_config("classic")
START = make_snapshot(CLASSIC, Moment(0, Phase.COLLECT, 0), "paused")
LESSON = short_lesson()
RUN = MeasuredRun(
    Moment(2, Phase.COLLECT, 0), True, {"five": 0.98, "fifty": 0.4}, {(0, "A"): 0.98, (0, "B"): 0.4, (1, "A"): 2.5}
)
SEEDS = MeasuredSeeds({"A": (1.0, 1.0, 0.9), "B": (0.0, 0.5, 1.0)}, {"solved_five": 2, "solved_fifty": 1, "n": 3})


def learning(lesson=LESSON) -> tuple[LakeApp, FakeSession]:
    session = FakeSession(START)
    app = LakeApp(session, preferences=read_preferences({}, os.environ))
    app.opening = lambda screen: screen.open_lesson(lesson)
    return app, session


def text_of(app: LakeApp) -> str:
    return "\n".join(screen_text(app))


def place_of(app: LakeApp) -> str:
    state = app.base.state
    return state.guide.place if isinstance(state, AppState) and state.guide is not None else ""


async def go_on(pilot, times: int = 1) -> None:
    """Click on the key that goes on: pressed that fast, it would count as held down."""
    for _ in range(times):
        await pilot.app.run_action("screen.go_on")
        await pilot.pause()


async def arrive(pilot, state: str = "arrived", **more) -> None:
    """Let the motion on its way end."""
    session = pilot.app.session
    number = session.sent[-1].number
    session.queue.append(changed(replace(START, motion=MotionView(number, state)), **more))
    await settle(pilot)


async def test_the_list_says_what_has_been_done_and_opens_a_lesson():
    first, second, *_ = shipped_lessons()
    Path(os.environ["LAKEPPO_CONFIG"]).write_text(f'lessons_done = ["{first.name}", "{second.name}"]\n'
                                                 f'lessons_right = ["{second.name}"]\n')  # fmt: skip
    session = FakeSession(START)
    app = LakeApp(session, preferences=read_preferences({}, os.environ))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("l")
        assert isinstance(app.screen, LessonList)
        marks = [re.search(rf"(\S)  {lesson.title} ", text_of(app)) for lesson in shipped_lessons()[:3]]
        assert [mark and mark[1] for mark in marks] == ["▪", "✓", "▫"]
        assert app.screen.options.highlighted == 2
        await pilot.press("home", "enter")
        await settle(pilot)
        assert session.sent == [OpenPart(first, 0)]
        assert str(first.title) in text_of(app)


async def test_nothing_moves_before_the_prediction_and_it_is_kept():
    app, session = learning()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("space")
        assert "Five passes over a batch" in text_of(app)
        assert "B  The same: the clip stops them" in text_of(app)
        assert BY_ID["toggle"].label_in(app.main_screen.state) == "answer"
        await go_on(pilot)
        assert "first answer the question: A, B, C" in text_of(app)
        assert session.sent == [OpenPart(LESSON, 0)]
        await pilot.press("b")
        assert session.sent == [OpenPart(LESSON, 0), ShowArm("A")]
        assert app.main_screen.guide.answers == {0: "B"}
        await go_on(pilot)
        assert (session.sent[-1].end, type(session.sent[-1])) == (RUN.moment, PlayTo)


async def to_the_comparison(pilot, answer: str = "c") -> None:
    await settle(pilot)
    await pilot.press("space", answer)
    await go_on(pilot)
    await arrive(pilot)
    await go_on(pilot)
    await arrive(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_the_figures_come_when_they_are_known(size):
    app, session = learning()
    async with app.run_test(size=size) as pilot:
        await to_the_comparison(pilot)
        assert "being computed" in text_of(app)
        lesson = LessonView(LESSON.name, 0, "B", RUN)
        session.queue.append(replace(START, lesson=lesson))
        await settle(pilot)
        assert any(line.split()[-2:] == [".980", ".400"] for line in screen_text(app))
        assert "3 seeds are being trained" in text_of(app)
        session.queue.append(replace(START, lesson=lesson._replace(seeds=SEEDS)))
        await settle(pilot)
        assert "A: 5 passes" in text_of(app)
        assert app.main_screen.state.large == "success"
        await pilot.press("A")
        assert session.sent[-1] == ShowArm("A")
        await go_on(pilot)
        assert app.main_screen.state.guide.text.startswith("C is right.")
        assert app.main_screen.state.large == ""
        await go_on(pilot)
        assert "After the same steps: .980 with five passes, .400 with fifty." in " ".join(text_of(app).split())


async def test_a_condition_that_is_not_met_is_named_on_screen():
    lesson = short_lesson(until="exact > 2")
    app, session = learning(lesson)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("space", "a")
        await go_on(pilot)
        assert (session.sent[-1].end, session.sent[-1].updates) == ("exact > 2", 3)
        await arrive(pilot, "missed")
        *_, back, arm = session.sent
        assert (back.moment, arm) == (RUN.moment, ShowArm("A"))
        await go_on(pilot)
        assert session.sent[-1].end == RUN.moment
        await arrive(pilot)
        assert "exact > 2 was not met by update 3" in text_of(app)


async def test_the_knob_is_tried_and_the_goal_checked():
    app, session = learning()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_the_comparison(pilot)
        await go_on(pilot, 3)
        assert session.sent[-1] == Try(LESSON, None)
        await go_on(pilot)
        await pilot.pause()
        assert isinstance(app.screen, KnobScreen)
        assert app.screen.chosen == "epochs"
        assert "try it in a new run" in text_of(app)
        assert "branch here and compare" not in text_of(app)
        await pilot.press("3", "enter")
        await settle(pilot)
        assert session.sent[-2] == Try(LESSON, (3,))
        assert (session.sent[-1].end, session.sent[-1].updates) == ("exact > .5", 3)
        await arrive(pilot, "missed", moment=Moment(3, Phase.COLLECT, 0))
        assert "Not reached by update 3" in text_of(app)
        await go_on(pilot)
        await pilot.press("9", "enter")
        await arrive(pilot, moment=Moment(2, Phase.COLLECT, 0))
        assert "Reached at update 2" in text_of(app)
    app.preferences.close()
    kept = read_settings(Path(os.environ["LAKEPPO_CONFIG"]))
    assert (kept["lessons_done"], kept["lessons_right"]) == (["short"], ["short"])


async def test_a_wrong_prediction_is_done_and_not_right():
    app, _ = learning()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_the_comparison(pilot, "a")
        await go_on(pilot)
        assert "A is not right." in text_of(app)
        assert "The answer is C" in text_of(app)
        await go_on(pilot, 2)
    app.preferences.close()
    kept = read_settings(Path(os.environ["LAKEPPO_CONFIG"]))
    assert (kept["lessons_done"], kept.get("lessons_right", [])) == (["short"], [])


async def test_escape_leaves_at_once_and_keeps_nothing():
    app, session = learning()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("space", "c")
        await go_on(pilot)
        await pilot.press("s", "escape")
        assert [type(command) for command in session.sent[-3:]] == [PlayTo, ChangeSlip, LeaveLesson]
        await pilot.press("space")
        assert session.sent[-1] == TogglePlay()
        assert app.main_screen.guide is None
    app.preferences.close()
    assert not Path(os.environ["LAKEPPO_CONFIG"]).exists()


async def test_a_lesson_about_the_batch_names_the_key_of_its_table():
    [part] = LESSON.parts
    app, _ = learning(replace(LESSON, parts=(replace(part, run=replace(part.run, panel="batch")),)))
    async with app.run_test(size=(80, 24)) as pilot:
        await to_the_comparison(pilot)
        assert "i opens the table of the batch." in text_of(app)
        assert app.main_screen.state.large == ""


async def test_a_lesson_that_was_left_is_come_back_to():
    app, session = learning()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("space", "escape")
        app.main_screen.open_lesson(LESSON)
        assert place_of(app) == "1/8"
        await pilot.press("space", "a", "escape")
        app.main_screen.open_lesson(LESSON)
        assert place_of(app) == "3/8"
        assert session.sent[-2:] == [OpenPart(LESSON, 0), ShowArm("A")]
        assert app.main_screen.guide.answers == {0: "A"}
        app.main_screen.guide.at = 7
        await pilot.press("escape")
        app.main_screen.open_lesson(LESSON)
        assert place_of(app) == "1/8"
        assert app.main_screen.guide.answers == {}


async def test_a_language_can_change_in_a_lesson():
    app, _ = learning()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        try:
            i18n.use_language("zh")
            app.main_screen.show(app.main_screen.state)
            await pilot.pause()
            assert str(LESSON.title) in text_of(app)
            assert str(LESSON.title) == LESSON.title.zh
        finally:
            i18n.use_language("en")


async def test_a_whole_lesson_on_real_runs(tmp_path):
    from lakeppo.runs.run import Run
    from lakeppo.runs.timeline import Timeline
    from lakeppo.storage.checkpoint import read_save

    worker = Worker(lambda: Timeline(Run(CLASSIC, 7)), CLASSIC, 7, Limit("episodes", 2000), tmp_path, True)
    app = LakeApp(worker, saves=tmp_path)
    app.opening = lambda screen: screen.open_lesson(short_lesson(until="exact > .0001"))
    async with app.run_test(size=(120, 40)) as pilot:
        for place in range(1, 9):
            await until(pilot, lambda place=place: place_of(app) == f"{place}/8")
            if place == 5:
                await until(pilot, lambda: len(app.main_screen.state.guide.dots) == 2)
                shown, lesson = app.main_screen.state.guide, app.main_screen.state.snapshot.lesson
                assert [len(success) for _, success in shown.dots] == [3, 3]
                assert "?" not in "".join(map("".join, shown.rows))
                assert lesson.run.moment == app.main_screen.state.moment
            if place == 2:
                await pilot.press("c")
            else:
                await go_on(pilot)
            if app.main_screen.guide.moving:
                await go_on(pilot)
        await until(pilot, lambda: isinstance(app.screen, KnobScreen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.main_screen.state.seed == 7)
        assert app.main_screen.state.moment == Moment(0, Phase.COLLECT, 0)
    worker.join()
    assert [read_save(path).seed for path in tmp_path.rglob("last.pt")] in ([], [7])
