"""The figures of a part of a lesson: those of its run, at its moment, and those of its seeds."""

from collections.abc import Mapping
from dataclasses import dataclass

from lakeppo.conditions.expression import Expression, Leaf, Name, Value, Watch
from lakeppo.fleets.interruption import Check, never
from lakeppo.lessons.checks import leaves_of
from lakeppo.lessons.evaluation import Evaluation
from lakeppo.lessons.model import Lesson, Part
from lakeppo.lessons.recording import SingleRun, record
from lakeppo.moment import Moment, Phase
from lakeppo.runs.vocabulary import parse_condition


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What the run of a part shows: where it stops, and its figures there.

    A moment within an update has the figures of the whole update. `met`: whether its condition was met, if it has one.
    """

    moment: Moment
    met: bool
    figures: Mapping[str, Value]
    cells: Mapping[tuple[int, str], Value]  # by the number of the row and the arm
    success: Mapping[str, tuple[float, ...]]  # of each arm after every update


@dataclass(frozen=True, slots=True)
class SeedFigures:
    """What the seeds of a part show: the success of each, by arm, and the figures that look at them."""

    success: Mapping[str, tuple[float, ...]]
    figures: Mapping[str, Value]


def measure_run(lesson: Lesson, place: int, check: Check = never) -> RunFigures:
    """Run the arms of part number `place` with its seed to its moment and return their figures."""
    part = lesson.parts[place]
    run = part.run
    wanted = _wanted(part)
    runs = {arm: SingleRun(lesson.arms[arm], run.seed, [Name("exact"), *wanted[arm]]) for arm in run.arms}
    whole = run.moment.update + any(run.moment[1:])
    moment, met = run.moment, True
    if run.until is not None:
        condition = parse_condition(run.until, lesson.arms[run.watched].config.tiles)
        watch = SingleRun(lesson.arms[run.watched], run.seed, [Name("exact"), *leaves_of([condition], [""])[""]])
        found = _first_held(watch, condition, run.most, check)
        met = found is not None
        if found is not None:
            whole, moment = found, Moment(found, Phase.COLLECT, 0)
    for each in runs.values():
        for _ in range(whole):
            check()
            each.update()
    series = {arm: each.series() for arm, each in runs.items()}
    evaluation = Evaluation(series, check=check)
    figures = {name: evaluation.value(one.expression) for name, one in part.figures.items() if not one.seeds}
    cells = {
        (number, arm): Evaluation({"": series[arm]}, check=check).value(row.expressions[arm])
        for number, row in enumerate(part.reveal.rows)
        for arm in run.arms
    }
    success = {arm: tuple(series[arm][Name("exact")][:, 0].tolist()) for arm in run.arms}
    return RunFigures(moment, met, figures, cells, success)


def measure_seeds(lesson: Lesson, place: int, check: Check = never) -> SeedFigures:
    """Train the seeds of part number `place` and return their success and figures; nothing where it has none."""
    part = lesson.parts[place]
    reveal = part.reveal
    if not reveal.seeds:
        return SeedFigures({}, {})
    figures = {name: one.expression for name, one in part.figures.items() if one.seeds}
    leaves = leaves_of(figures.values(), reveal.arms)
    seeds = range(reveal.seeds)
    series = {arm: record(lesson.arms[arm], seeds, reveal.updates, leaves[arm], check) for arm in reveal.arms}
    evaluation = Evaluation(series, check=check)
    values = {name: evaluation.value(expression) for name, expression in figures.items()}
    return SeedFigures({arm: tuple(series[arm][Name("exact")][-1].tolist()) for arm in reveal.arms}, values)


def _wanted(part: Part) -> dict[str, set[Leaf]]:
    """Return the names and functions that the run's figures and rows need, by arm."""
    figures = [one.expression for one in part.figures.values() if not one.seeds]
    wanted: dict[str, set[Leaf]] = {}
    for arm in part.run.arms:
        of_figures = leaves_of(figures, [arm])[arm]
        of_rows = leaves_of([row.expressions[arm] for row in part.reveal.rows], [""])[""]
        wanted[arm] = {*of_figures, *of_rows}
    return wanted


def _first_held(run: SingleRun, condition: Expression, most: int, check: Check) -> int | None:
    """Do updates until a condition holds, at most `most`; return the number of updates."""
    watch: Watch[int] = Watch(condition)
    for update in range(1, most + 1):
        check()
        run.update()
        if watch.holds(update, run.last):
            return update
        watch.note(update, run.last)
    return None
