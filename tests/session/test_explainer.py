"""The worker explains the moment at which it rests, and tells why an arrow turned; no key waits for it."""

import threading

import numpy as np
import pytest
from support.session import CLASSIC, see, wait_for

from lakeppo.causes.explanation import explain
from lakeppo.causes.results import Lens, Part
from lakeppo.causes.update import present_update
from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline, TravelInterrupted
from lakeppo.session.commands import Explain, GoTo, Step, ToggleBookmark, Unit, WatchBatch, WhyThere
from lakeppo.session.controller import Controller

PARTS = {
    Part.EPISODE: lambda batch: 1 + int((batch["terminated"] | batch["truncated"])[:-1].sum()),
    Part.TILE: lambda batch: len(set(batch["state"].tolist())),
    Part.CELL: lambda batch: len(set(zip(batch["state"].tolist(), batch["action"].tolist(), strict=True))),
}
"""How many parts of each kind a batch has."""


def timeline_at(updates, seed=0):
    timeline = Timeline(Run(CLASSIC, seed))
    while timeline.run.trainer.updates < updates:
        timeline.unit()
    return timeline


@pytest.mark.parametrize("moment", [Moment(5, Phase.IMPROVE, 2), Moment(5, Phase.COPY, 0), Moment(12, Phase.COPY, 0)])
def test_a_resting_run_is_explained(start_worker, moment):
    worker = start_worker(lambda: timeline_at(14))
    worker.send(GoTo(moment))
    seen = see(worker, lambda s: s.run.moment == moment and s.explanation is not None)
    straight = timeline_at(0)
    straight.branch.end = moment
    straight.go_to(moment)
    expected = explain(present_update(straight))
    assert seen.explanation.movement == pytest.approx(expected.movement)
    assert seen.explanation.success == pytest.approx(expected.success)
    assert list(map(str, seen.explanation.sentences)) == list(map(str, expected.sentences))
    changes = np.abs(seen.run.policy - seen.run.old_policy)
    moved = seen.explanation.movement
    assert changes[moved.tile, moved.action] == pytest.approx(abs(moved.after - moved.before), abs=1e-6)


def test_an_explanation_that_the_end_interrupts_is_no_failure(start_worker, monkeypatch):
    asked = threading.Event()

    def explain_too_late(controller):
        asked.set()
        wait_for(controller.channel.ending_now)
        raise TravelInterrupted

    monkeypatch.setattr(Controller, "explain", explain_too_late)
    worker = start_worker(lambda: timeline_at(5))
    worker.send(GoTo(Moment(3, Phase.COPY, 0)))
    assert asked.wait(60)
    worker.stop(drop=True)
    wait_for(worker.stopped)
    assert worker.failure is None


@pytest.mark.parametrize("phase", [Phase.COLLECT, Phase.JUDGE, Phase.IMPROVE])
def test_nothing_is_explained_before_the_first_pass(start_worker, phase):
    moment = Moment(3, phase, 0)
    worker = start_worker(lambda: timeline_at(6))
    worker.send(GoTo(moment))
    worker.send(ToggleBookmark())
    seen = see(worker, lambda s: s.run.moment == moment and s.position.bookmarks)
    assert seen.explanation is None


def test_an_explanation_is_of_the_present_moment_only(start_worker):
    worker = start_worker(lambda: timeline_at(6))
    worker.send(GoTo(Moment(4, Phase.COPY, 0)))
    first = see(worker, lambda s: s.explanation is not None)
    worker.send(Step(Unit.NEXT))
    after = see(worker, lambda s: s.run.moment.update == 5)
    assert after.explanation is None
    worker.send(Step(Unit.PASS))
    second = see(worker, lambda s: s.explanation is not None and s.run.moment.update == 5)
    assert second.explanation.update == first.explanation.update + 1
    assert second.explanation.passes == 1


def test_an_arrow_leads_to_its_turn_and_further_back(start_worker):
    worker = start_worker(lambda: timeline_at(60, seed=12))
    seen, explanations = see(worker, lambda s: s.run.moment.update == 60), []
    for _ in range(3):
        worker.send(WhyThere(2))
        count = seen.notice_count
        seen = see(worker, lambda s: s.arrow_explanation not in (None, *explanations) or s.notice_count > count)  # noqa: B023
        if seen.arrow_explanation is None or seen.arrow_explanation in explanations:
            break
        turn = seen.arrow_explanation.turn
        assert seen.run.moment in (Moment(turn.update, Phase.IMPROVE, turn.made), Moment(turn.update, Phase.COPY, 0))
        assert int(seen.run.policy[seen.arrow_explanation.tile].argmax()) == turn.after
        explanations.append(seen.arrow_explanation)
    assert len(explanations) >= 2
    assert all(len(arrow_explanation.sentences) <= 5 for arrow_explanation in explanations)
    moments = [arrow_explanation.turn.update for arrow_explanation in explanations]
    assert moments == sorted(moments, reverse=True)


def test_a_key_stops_the_explanation_of_an_arrow(start_worker):
    worker = start_worker(lambda: timeline_at(40))
    see(worker, lambda s: s.run.moment.update == 40)
    worker.send(WhyThere(0))
    worker.send(GoTo(Moment(3, Phase.COLLECT, 0)))
    worker.send(Explain())  # what is still under way
    worker.send(ToggleBookmark())
    seen = see(worker, lambda s: bool(s.position.bookmarks))
    assert (seen.run.moment, seen.arrow_explanation) == (Moment(3, Phase.COLLECT, 0), None)


def test_the_batch_has_the_effect_of_each_step(start_worker):
    worker = start_worker(lambda: timeline_at(14))
    worker.send(GoTo(Moment(12, Phase.COPY, 0)))
    seen = see(worker, lambda s: s.explanation is not None and s.batch is not None and "without_push" in s.batch)
    for lens in ("surprise", "push"):
        column = seen.batch[f"without_{lens}"]
        [effects] = [one for one in seen.explanation.effects if (one.lens, one.part) == (lens, "step")]
        assert column[effects.keys].tolist() == effects.success.tolist()
        assert len(column) == len(seen.batch["t"]) == 64
        assert np.isfinite(column).all()


def test_a_large_batch_is_split_into_steps_while_its_table_is_open(start_worker):
    config = make_config("classic", batch_size=300, epochs=2)
    worker = start_worker(lambda: Run(config, 0))
    worker.send(Step(Unit.PASS))
    seen = see(worker, lambda s: s.explanation is not None)
    assert "without_push" not in seen.batch
    worker.send(WatchBatch(True))
    seen = see(worker, lambda s: s.batch is not None and "without_push" in s.batch)
    assert len(seen.batch["without_surprise"]) == 300


def test_what_costs_time_is_computed_only_while_a_person_asks(start_worker):
    rows = ("S" + 8 * "F", *[9 * "F"] * 7, 8 * "F" + "G")
    config = make_config("classic", ("open", rows), batch_size=40, epochs=2)
    worker = start_worker(lambda: Run(config, 0))
    worker.send(Step(Unit.PASS))
    seen = see(worker, lambda s: s.explanation is not None)
    assert {one.part for one in seen.explanation.effects} == {Part.STEP, Part.TILE}
    for part in (Part.EPISODE, Part.TILE, Part.CELL):
        worker.send(WatchBatch(True, part))
        seen = see(worker, lambda s: all(s.explanation.effects_of(lens, part) for lens in Lens))  # noqa: B023
        for lens in Lens:
            column = seen.explanation.effects_of(lens, part)
            assert len(column.keys) == PARTS[part](seen.batch)
            assert np.isfinite(column.success).all()
        count = len(seen.explanation.effects)
    worker.send(WatchBatch(False))
    worker.send(ToggleBookmark())
    seen = see(worker, lambda s: s.position.bookmarks)
    assert len(seen.explanation.effects) == count == 8
