"""What lessons record of single runs and of fleets, against the runs themselves and against brute force."""

from dataclasses import replace

import numpy as np
import pytest
from support.lessons import short_lesson

from lakeppo.conditions.expression import Name
from lakeppo.config import make_config
from lakeppo.fleets.fleet import Fleet
from lakeppo.lessons import measuring
from lakeppo.lessons.checks import check_promises
from lakeppo.lessons.language import OWN, parse_promise
from lakeppo.lessons.measuring import measure_run
from lakeppo.lessons.model import Arm, Promise, Text
from lakeppo.lessons.recording import SingleRun, record
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import DERIVED, Row

CONFIG = make_config(
    "classic", batch_size=64, epochs=6, slip=0.3, max_episode_steps=12, clip_coef=0.05, norm_adv=True
)  # fmt: skip
ARM = Arm("A", Text("a", "a"), CONFIG)


def recorded(names: tuple[str, ...], updates: int) -> dict[str, list[float]]:
    run = SingleRun(ARM, 1, [Name(name) for name in names])
    for _ in range(updates):
        run.update()
    return {leaf.name: column[:, 0].tolist() for leaf, column in run.series().items()}


def test_the_figures_of_a_run_are_those_of_its_history():
    run = Run(CONFIG, 1)
    while run.trainer.updates < 5:
        run.unit()
    found = recorded((*Row._fields, *DERIVED), 5)
    for name, column in found.items():
        expected = [np.nan if getattr(row, name) is None else getattr(row, name) for row in run.history]
        assert column == pytest.approx(expected, nan_ok=True), name
    assert 0 < found["clipfrac"][-1] < 1 - found["clipfrac"][-1]


def test_own_figures_are_those_that_counting_gives():
    run, found = Run(CONFIG, 1), recorded(tuple(OWN), 12)
    goals = cut = 0
    for update in range(12):
        while run.trainer.phase is not Phase.COPY:
            run.unit()
        trainer = run.trainer
        steps, judged = trainer.transitions, trainer.judgement
        reached = [place for place, step in enumerate(steps) if step.reward > 0]
        if goals == 0 and reached:
            start = max((k + 1 for k in range(reached[0]) if steps[k].terminated or steps[k].truncated), default=0)
            heard = (judged.advantages[start : reached[0] + 1] > 0.2).sum().item(), reached[0] + 1 - start
        goals, cut = goals + len(reached), cut + sum(step.truncated for step in steps)
        assert (found["goals"][update], found["batch_goals"][update], found["cut"][update]) == (
            goals,
            len(reached),
            cut,
        )
        assert (found["heard"][update], found["heard_of"][update]) == (heard if goals else (0, 0))
        assert (found["halted"][update], found["farther"][update]) == halted(run)
        run.unit()
    assert goals > 0
    assert cut > 12
    assert max(found["halted"]) > max(found["farther"]) > 0


def halted(run: Run) -> tuple[int, int]:
    """The samples that a pass has stopped, and those of them that are farther out one pass later."""
    trainer, count, farther = run.trainer, 0, 0
    for before, after in zip(trainer.passes, trainer.passes[1:], strict=False):
        for step, advantage in zip(trainer.transitions, trainer.judgement.used_advantages.tolist(), strict=True):
            cell = step.state, step.action
            ratio, later = ((one.log_policy - trainer.old_log_policy)[cell].exp().item() for one in (before, after))
            if (ratio > 1 + CONFIG.clip_coef and advantage > 0) or (ratio < 1 - CONFIG.clip_coef and advantage < 0):
                count, farther = count + 1, farther + (abs(later - 1) > abs(ratio - 1))
    return count, farther


def test_a_seed_of_a_fleet_that_has_diverged_has_no_success(monkeypatch):
    finite = Fleet.finite

    def diverged(self):
        found = finite(self)
        found[1] = False
        return found

    monkeypatch.setattr(Fleet, "finite", diverged)
    exact = record(ARM, range(3), 2, [])[Name("exact")]
    assert exact[:, 1].tolist() == [0.0, 0.0]
    assert (exact[:, [0, 2]] > 0).all()


def test_promises_of_other_lengths_share_their_runs():
    texts = ("max(A.update)", 5), ("max(A.update)", 2), ("max(A.update)", 4)
    promises = [
        Promise(text, parse_promise(f"median({text}) == {updates}", {"A": CONFIG}), 2, 1, updates, ("A",))
        for text, updates in texts
    ]
    lesson = replace(short_lesson(), arms={"A": ARM}, promises=tuple(promises))
    assert [one.holds for one in check_promises(lesson)] == [True, True, True]


@pytest.mark.parametrize(
    ("until", "update", "met"),
    [("update >= 3", 3, True), ("update >= 4", 2, False), ("update >= 1 after update >= 1", 2, True)],
)
def test_a_run_stops_at_the_last_update_that_it_may_take(until, update, met):
    found = measure_run(short_lesson(until), 0)
    assert (found.moment, found.met) == (Moment(update, Phase.COLLECT, 0), met)


def test_a_moment_within_an_update_has_the_whole_update():
    lesson = short_lesson()
    part = lesson.parts[0]
    within = replace(part, run=replace(part.run, moment=Moment(1, Phase.IMPROVE, 2)))
    assert len(measuring.measure_run(replace(lesson, parts=(within,)), 0).success["A"]) == 2
