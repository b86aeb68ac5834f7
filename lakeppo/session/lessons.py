"""The runs of a lesson, shown in place of the person's own, which is put aside. Only the worker thread imports this."""

import threading
from typing import TYPE_CHECKING, NamedTuple

from lakeppo.config import KNOBS, Config, make_config
from lakeppo.errors import described, printable
from lakeppo.faults.table import find_fault
from lakeppo.fleets.interruption import Interrupted
from lakeppo.knob import Value
from lakeppo.lessons.measuring import measure_run, measure_seeds
from lakeppo.lessons.model import Arm, Lesson
from lakeppo.lessons.recording import trainer_class
from lakeppo.moment import BEGINNING
from lakeppo.presets import PRESETS, Limit
from lakeppo.runs.branch import Branch
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session import lesson_commands
from lakeppo.session.comparison import SessionRuns
from lakeppo.session.lesson_results import LessonView, MeasuredRun, MeasuredSeeds
from lakeppo.session.spots import faulty_timeline

if TYPE_CHECKING:
    from lakeppo.session.controller import Controller


class Measuring:
    """Measures a part of a lesson on a thread of its own, while its text is being read."""

    def __init__(self, lesson: Lesson, part: int) -> None:
        self.lesson, self.part = lesson, part
        self.run: MeasuredRun | None = None
        self.seeds: MeasuredSeeds | None = None
        self.failure = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="lesson", daemon=True)
        self._thread.start()

    @property
    def going_on(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self._ended.set()

    def _check(self) -> None:
        if self._ended.is_set():
            raise Interrupted

    def _measure(self) -> None:
        try:
            run = measure_run(self.lesson, self.part, self._check)
            self.run = MeasuredRun(run.moment, run.met, run.figures, run.cells)
            seeds = measure_seeds(self.lesson, self.part, self._check)
            self.seeds = MeasuredSeeds(seeds.success, seeds.figures)
        except Interrupted:
            pass
        except Exception as error:  # the lesson goes on without its figures
            self.failure = printable(described(error))


class OwnRun(NamedTuple):
    """The person's own run while a lesson is open."""

    timeline: Timeline
    limit: Limit
    runs: SessionRuns


class LessonRuns:
    """The open part of a lesson with its arms, and the person's own run, to which it returns."""

    def __init__(self, controller: "Controller") -> None:
        self._controller = controller
        self._own: OwnRun | None = None
        self._measured: dict[tuple[str, int], Measuring] = {}
        self._arms: dict[str, Timeline] = {}
        self._part: Measuring | None = None
        self._arm = ""
        self._seen: object = None

    @property
    def open(self) -> bool:
        return self._own is not None

    @property
    def measuring(self) -> bool:
        """Whether news may come by itself."""
        return self._part is not None and (self._part.going_on or self._seen != self._known)

    @property
    def _known(self) -> object:
        part = self._part
        return None if part is None else (part.run is None, part.seeds is None, part.failure)

    def news(self) -> bool:
        """Return whether something has been measured since the last time."""
        before, self._seen = self._seen, self._known
        return before != self._seen

    def view(self) -> LessonView | None:
        part = self._part
        if part is None:
            return None
        return LessonView(part.lesson.name, part.part, self._arm, part.run, part.seeds, part.failure)

    def obey(self, command: lesson_commands.InLesson) -> None:
        match command:
            case lesson_commands.OpenPart(lesson, part):
                self._open(lesson, part)
            case lesson_commands.ShowArm(arm):
                self._show(arm)
            case lesson_commands.Try():
                self._try(command)
            case lesson_commands.OpenSpot(number):
                self._spot(number)
            case lesson_commands.LeaveLesson():
                self._leave()

    def end(self) -> None:
        """Measure nothing more."""
        for each in self._measured.values():
            each.end()

    def _put_aside(self) -> None:
        """Save the person's own run, and keep it."""
        if self._own is None:
            controller = self._controller
            controller.saver.at_end()
            self._own = OwnRun(controller.timeline, controller.limit, controller.runs)

    def _spot(self, number: int) -> None:
        self._put_aside()
        self.end()
        self._part, self._arm, self._arms = None, "", {}
        timeline = faulty_timeline(find_fault(str(number)), 0)
        self._controller.runs, self._controller.limit = SessionRuns(), PRESETS[timeline.run.config.preset].limit
        self._controller.take_up(timeline)

    def _open(self, lesson: Lesson, place: int) -> None:
        self._put_aside()
        for each in self._measured.values():
            if (each.lesson, each.part) != (lesson, place):
                each.end()
        key, run = (lesson.name, place), lesson.parts[place].run
        if key not in self._measured or self._measured[key].lesson != lesson or not self._measured[key].seeds:
            self._measured[key] = Measuring(lesson, place)
        self._part = self._measured[key]
        self._arm, self._arms = "", {arm: arm_timeline(lesson.arms[arm], run.seed) for arm in run.arms}
        self._controller.runs = SessionRuns()
        self._controller.limit = Limit("updates", max(run.most, 2 * run.moment.update, 1))
        self._show(run.watched if run.until is not None else run.arms[0])

    def _show(self, arm: str) -> None:
        """Show an arm where it stands; the one before can be compared with it."""
        controller = self._controller
        if arm in self._arms and arm != self._arm:
            if controller.timeline in self._arms.values():
                controller.runs.earlier.clear()
                controller.runs.leave(controller.timeline)
            self._arm = arm
            controller.take_up(self._arms[arm])

    def _try(self, command: lesson_commands.Try) -> None:
        lesson, now_you = command.lesson, command.lesson.now_you
        if now_you is None or self._own is None:
            return
        self._arm = ""
        self._controller.runs = SessionRuns()
        self._controller.limit = Limit("updates", now_you.updates)
        arm = lesson.arms[now_you.arm]
        config = arm.config if command.setting is None else _with_knob(arm.config, now_you.knob, *command.setting)
        self._controller.take_up(Timeline(Run(config, now_you.seed, trainer_class(arm.fault))))

    def _leave(self) -> None:
        """Show the person's own run again, where it stood."""
        if self._own is not None:
            self.end()
            own, self._own = self._own, None
            self._part, self._arm, self._arms = None, "", {}
            self._controller.limit, self._controller.runs = own.limit, own.runs
            self._controller.take_up(own.timeline)


def arm_timeline(arm: Arm, seed: int) -> Timeline:
    """Return the run of an arm at its beginning; its changes are made on the way."""
    run = Run(arm.config, seed, trainer_class(arm.fault))
    end = arm.changes[-1].moment if arm.changes else BEGINNING
    return Timeline(run, [Branch(arm.name, list(arm.changes), end)])


def _with_knob(config: Config, name: str, value: Value) -> Config:
    knobs: dict[str, Value] = {knob: getattr(config, knob) for knob in KNOBS} | {name: value}
    return make_config(config.preset, (config.map, config.map_rows), **knobs)
