"""What a snapshot shows of a run: the values in force, the agent, the batch and the branches."""

import math

import numpy as np
import pytest
import torch
from support.runs import ran, small
from support.session import CLIP_OFF, PASS, PHASE, UNIT, UPDATE, go, moment, run_to, see, send

from lakeppo.config import make_config
from lakeppo.faults.engine import trainer_class
from lakeppo.faults.table import OLD_NOT_COPIED
from lakeppo.moment import Phase
from lakeppo.runs.run import Run
from lakeppo.session.commands import Export, GoToBranch, SetKnob, TogglePlay, WatchBatch
from lakeppo.session.views import Ceilings, RunViewer, policy_kl
from lakeppo.tui.text.formatting import optimum_words


def test_the_view_shows_the_schedules_values_in_force(start_worker):
    steady = make_config("steady")
    worker = start_worker(lambda: Run(steady, 0))
    send(worker, PHASE, PHASE, PASS)
    seen = see(worker, lambda s: s.run.moment == moment(0, Phase.IMPROVE, 1)).run
    assert seen.env_steps == 64
    assert (seen.learning_rate, seen.ent_coef) == (0.01, 0.02)
    worker.send(UPDATE)
    seen = see(worker, lambda s: s.run.moment == moment(1)).run
    assert seen.learning_rate == steady.annealed("learning_rate", 64) == pytest.approx(0.0099424)
    assert seen.ent_coef == steady.annealed("ent_coef", 64) == pytest.approx(0.0198912)


def test_a_changed_schedule_is_in_force_at_once(start_worker):
    worker = start_worker(lambda: Run(make_config("steady"), 0))
    send(worker, PHASE, SetKnob("learning_rate", 0.02))
    assert see(worker, lambda s: s.run.changes).run.learning_rate == make_config("steady", learning_rate=0.02).annealed(
        "learning_rate", 64
    )


def test_the_view_shows_the_batch_size_and_epochs_in_force(start_worker):
    worker = start_worker()
    send(worker, PHASE, PHASE, SetKnob("batch_size", 32), SetKnob("epochs", 2), PASS)
    seen = see(worker, lambda s: s.run.last_pass is not None and s.status == "stepped")
    assert (seen.run.config.batch_size, seen.run.config.epochs) == (64, 2)
    worker.send(UPDATE)
    seen = see(worker, lambda s: s.run.moment.update == 1)
    assert (seen.run.config.batch_size, seen.run.config.epochs) == (32, 2)


def test_the_agent_stays_where_an_episode_ended(start_worker):
    worker = start_worker()
    worker.send(UNIT)
    while not (seen := see(worker, lambda s: s.run.walk.last is not None)).run.walk.last.terminated:
        worker.send(UNIT)
    walk = seen.run.walk
    assert walk.agent == walk.trail[-1] == walk.last.next_state
    worker.send(UNIT)
    after = see(worker, lambda s: s.run.env_steps > seen.run.env_steps).run.walk
    assert (after.trail[0], len(after.trail), after.elapsed) == (0, 2, 1)


def test_a_view_has_the_exact_values_of_its_run():
    run = run_to(moment(3, Phase.IMPROVE, 2))
    view = RunViewer(run, Ceilings(), 0).view()
    assert (view.exact.sampling, view.exact.greedy) == run.success()
    assert view.policy.tobytes() == run.policy().tobytes()
    assert view.history_length == len(run.history) == 3
    np.testing.assert_allclose((view.policy * view.true_advantages).sum(axis=1), 0, atol=1e-12)
    assert view.last_pass.inside + view.last_pass.returning + view.last_pass.stopped == 64


def test_the_batch_is_shown_while_it_is_watched(start_worker):
    worker = start_worker()
    worker.send(UNIT)
    assert see(worker, lambda s: s.run.moment.index == 1 and s.status == "stepped").batch is None
    worker.send(WatchBatch(True))
    assert len(see(worker, lambda s: s.batch is not None).batch["t"]) == 1
    worker.send(WatchBatch(False))
    assert see(worker, lambda s: s.batch is None).run.moment == moment(0, Phase.COLLECT, 1)


def test_a_complete_batch_is_shown_while_the_run_rests(start_worker):
    worker = start_worker()
    worker.send(PASS)
    first = see(worker, lambda s: s.run.moment.phase is Phase.IMPROVE and s.status == "stepped")
    assert (first.batch["ratio"] == 1).all()
    worker.send(PASS)
    assert (see(worker, lambda s: s.run.moment.index == 2).batch["ratio"] != 1).any()
    worker.send(TogglePlay())
    assert see(worker, lambda s: s.status == "playing").batch is None


def test_an_export_writes_the_batch_and_the_run(start_worker, tmp_path):
    worker = start_worker()
    send(worker, PASS, Export())
    see(worker, lambda s: any("wrote" in str(notice) for notice in s.notices))
    files = {path.name.partition(".")[2]: path for path in (tmp_path / "saves" / "exports").iterdir()}
    assert set(files) == {"csv", "history.csv", "toml"}
    assert len(files["csv"].read_text().splitlines()) == 1 + 64


def test_branches_are_listed_with_their_own_changes(start_worker):
    worker = start_worker()
    assert see(worker, lambda s: True).position.branches == ()
    send(worker, *[UPDATE] * 6, go(3), CLIP_OFF, *[UPDATE] * 3)
    send(worker, go(4), SetKnob("slip", 1.0), UPDATE, GoToBranch("B"))
    position = see(worker, lambda s: s.position.branch_count == 3 and s.position.branch == "B").position
    main, b, c = position.branches
    assert (main.name, main.parent, main.left_at, main.end, main.changed) == ("main", None, None, moment(6), ())
    assert (b.name, b.parent, b.left_at, b.end) == ("B", "main", moment(3), moment(6))
    assert (c.name, c.parent, c.left_at, c.end) == ("C", "B", moment(4), moment(5))
    assert [[change.name for change in branch.changed] for branch in (b, c)] == [["clip_coef"], ["slip"]]
    assert [branch.last.update for branch in (main, b, c)] == [6, 6, 5]
    assert (main.left, b.left.update, c.left.update) == (None, 3, 4)


@pytest.mark.parametrize("fault", [None, OLD_NOT_COPIED], ids=["right", "old not copied"])
def test_old_and_new_are_equal_after_a_copy_that_has_copied(fault):
    run = Run(small(), 1, trainer_class(fault))
    while run.trainer.updates < 2:
        run.unit()
    assert (run.policy() == run.old_policy()).all() == (fault is None)
    assert (policy_kl(run.trainer) == 0) == (fault is None)


def test_the_kl_of_certain_policies_is_not_cut():
    run = ran(small(), 3, 1)
    while not run.trainer.passes:
        run.unit()
    sure = torch.tensor([0.0, -60.0, -70.0, -80.0], dtype=torch.float64).log_softmax(0)
    run.trainer.old_log_policy = sure.repeat(run.config.tiles, 1)
    run.trainer.policy = lambda: sure.flip(0).repeat(run.config.tiles, 1)
    assert policy_kl(run.trainer) == pytest.approx(80.0)
    run.trainer.policy = lambda: torch.full((run.config.tiles, 4), torch.nan, dtype=torch.float64)
    assert math.isnan(policy_kl(run.trainer))


def test_an_optimum_not_settled_in_time_is_a_bound(monkeypatch):
    rows = ("SFFFF", "FFFFF", "FFFFF", "FFFFG")
    monkeypatch.setattr("lakeppo.lake.exact.MAX_SWEEPS", 30)
    for limit, bound in ((30, False), (901, True)):
        exact = RunViewer(Run(small(rows, max_episode_steps=limit), 0), Ceilings(), 0).view().exact
        assert exact.optimum_is_bound == bound
        assert ("≥" in optimum_words(exact)) == bound
