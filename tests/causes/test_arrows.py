"""Why an arrow points where it does: its turn is that of a straight run, its figures those of a trainer."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from support.runs import small, timeline_after
from support.updates import advanced, copy, judged, relearned, run_to, without

from lakeppo.causes.arrows import _raised, explain_arrow, last_turn
from lakeppo.causes.branch_tables import BranchTables, branch_tables
from lakeppo.causes.cause import Without, describe_cause
from lakeppo.causes.counterfactuals import effects, finished
from lakeppo.causes.results import MOST_TOGETHER, ArrowExplanation, Lens, Origin, Part
from lakeppo.config import Config, make_config
from lakeppo.figures import small_figure
from lakeppo.moment import Moment, Phase
from lakeppo.runs.pass_tables import PassTables
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline


def timeline_to(config: Config, seed: int, updates: int, tables: bool = True) -> Timeline:
    timeline = Timeline(Run(config, seed))
    timeline.run.tables = PassTables() if tables else None
    while timeline.run.trainer.updates < updates:
        timeline.unit()
    return timeline


def tables_of(timeline: Timeline, updates: int | None = None) -> BranchTables:
    return finished(branch_tables(timeline, updates))


def same(one: BranchTables, other: BranchTables) -> bool:
    assert (one.since, one.until) == (other.since, other.until)
    pairs = zip([one.first, one.start, *one.tables], [other.first, other.start, *other.tables], strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


def checked(timeline: Timeline, tile: int, updates: int | None = None) -> ArrowExplanation:
    """A explanation, its figures compared with those of a trainer of its own."""
    explanation = explain_arrow(timeline, tile, updates)
    said = " ".join(map(str, explanation.sentences))
    assert len(explanation.sentences) <= 5
    assert not re.search(r"%|share|because|{", said)
    if explanation.turn is None:
        return explanation
    origin, turn, config = explanation.origin, explanation.turn, timeline.run.origin
    assert origin is not None
    second = timeline.second(timeline.branch)
    second.go_to(Moment(turn.update, Phase.JUDGE, 0))
    run, judging = second.run, copy(second.run.trainer)
    arrows = [int(run.policy()[tile].argmax())]
    for made in range(1, config.epochs + 1):
        while len(run.trainer.passes) < made:
            run.unit()
        arrows.append(int(run.policy()[tile].argmax()))
    assert arrows[turn.made - 1] == turn.before != turn.after
    assert set(arrows[turn.made :]) == {turn.after}
    update, arrow = judged(run), explanation.action
    policies = [run.old_policy(), run.policy()]
    assert [origin.before, origin.after] == pytest.approx([policy[tile, arrow] for policy in policies], abs=1e-6)
    empty = relearned(judging, torch.zeros(update.rows, dtype=torch.float64)).policy()[tile]
    assert origin.empty == pytest.approx(empty.exp()[arrow].item(), abs=1e-6)
    assert origin.empty_arrow == int(empty.argmax())
    kept = []
    for row in {origin.cause.key, 0, update.rows // 2}:
        policy = without(judging, update, Lens.SURPRISE, torch.arange(update.rows) == row).policy()[tile]
        kept.append(policy.exp()[arrow].item())
        if row == origin.cause.key:
            assert origin.cause.probability_without == pytest.approx(kept[-1], abs=2e-6)
            assert origin.arrow_without == int(policy.argmax())
    assert origin.cause.probability_without <= min(kept) + 2e-6
    assert all(small_figure(value) in said for value in (origin.before, origin.after, origin.empty, min(kept)))
    return explanation


def test_an_arrow_of_the_classic_lake_goes_back_to_luck():
    timeline = timeline_to(make_config("classic"), 12, 33)
    explanations = [checked(timeline, 2)]
    while explanations[-1].next is not None:
        explanations.append(checked(timeline, *explanations[-1].next))
    first, second = explanations
    assert (first.turn, first.next) == ((32, 3, 2, 1), (10, 29))
    assert first.origin is not None
    assert (first.origin.cause.key, first.origin.cause.end, first.origin.needed) == (28, "goal", 7)
    assert first.origin.path == ((0, 2), (1, 2), (2, 1), (6, 1), (10, 1), (14, 2))
    assert [(one.action, one.rows) for one in first.origin.influences] == [(1, 1)]
    assert first.origin.times > 5
    assert first.origin.raised is not None
    assert first.origin.raised[2:4] == (10, 1)
    assert second.turn is not None
    assert second.turn[:2] == (28, 2)
    assert second.origin is not None
    assert (second.origin.cause.key, second.origin.needed, second.origin.arrow_without) == (5, 1, 0)
    assert [(one.action, one.rows) for one in second.origin.influences] == [(0, 1), (1, 1)]
    assert "That was luck." in str(second.sentences[-1])


def test_an_arrow_into_the_wall_came_from_a_fall_on_ice():
    timeline = timeline_to(make_config("slippery"), 0, 24)
    explanation = checked(timeline, 0)
    assert explanation.turn == (23, 1, 1, 0)
    assert explanation.origin is not None
    assert (explanation.origin.cause.end, explanation.origin.cause.tile, explanation.origin.needed) == ("hole", 9, 1)
    assert explanation.origin.empty_arrow == 1
    ((action, rows, amount),) = explanation.origin.influences
    assert (action, rows) == (1, 4)
    assert amount < 0


def test_the_strongest_steps_together_turn_the_arrow_away():
    timeline = timeline_to(make_config("classic"), 12, 33)
    origin = explain_arrow(timeline, 2).origin
    assert origin is not None
    run = run_to(make_config("classic"), 12, Moment(32, Phase.JUDGE, 0))
    judging, update = copy(run.trainer), judged(advanced(run))
    alone = effects(update, Lens.SURPRISE, Part.STEP, 5).redone.log_policies[:, 2, 1]
    order = alone.argsort().tolist()
    arrows = []
    for count in (6, 7):
        rows = torch.tensor([row in order[:count] for row in range(64)])
        arrows.append(int(without(judging, update, Lens.SURPRISE, rows).policy()[2].argmax()))
    assert arrows[0] == 1 != arrows[1]
    assert origin.needed == 7 <= MOST_TOGETHER


def test_a_large_batch_has_the_same_answer_by_first_order(monkeypatch):
    timeline = timeline_to(make_config("classic"), 12, 33)
    explanation = checked(timeline, 2)
    monkeypatch.setattr("lakeppo.causes.strongest.MOST_ROWS", 32)
    monkeypatch.setattr("lakeppo.causes.strongest.MOST_TOGETHER", 10)
    by_first_order = checked(timeline, 2)
    assert by_first_order.origin is not None
    assert by_first_order.origin.tried == 10
    assert explanation.origin is not None
    assert by_first_order.origin.cause.key == explanation.origin.cause.key
    assert "10 of 64 steps that were tried" in str(by_first_order.sentences[2])


def test_many_small_steps_are_said_to_be_many():
    timeline = timeline_to(make_config("classic"), 12, 71)
    explanation = checked(timeline, 2)
    assert explanation.origin is not None
    assert not explanation.origin.single
    assert "Many small steps" in str(explanation.sentences[2])
    assert explanation.origin.tile_cause.probability_without < explanation.origin.after - 0.5
    assert explanation.turn is not None
    assert explanation.next == (2, explanation.turn.update)
    earlier = explain_arrow(timeline, *explanation.next)
    assert earlier.turn is not None
    assert earlier.turn.after == explanation.turn.before


def test_an_arrow_that_never_turned_says_so():
    explanation = checked(timeline_to(make_config("classic", learning_rate=1e-9), 0, 3), 0)
    assert (explanation.turn, explanation.next) == (None, None)
    assert "since the first weights" in str(explanation.sentences[0])


def test_the_last_turn_is_found_in_the_middle_of_an_update():
    run = run_to(make_config("classic"), 12, Moment(32, Phase.IMPROVE, 4))
    for moment in (Moment(32, Phase.IMPROVE, 4), Moment(32, Phase.IMPROVE, 2)):
        timeline = Timeline(run)
        timeline.go_to(moment)
        explanation = explain_arrow(timeline, 2)
        assert explanation.turn is not None
        assert (explanation.turn[:2] == (32, 3)) is (moment.index == 4)
        assert timeline.run.moment == moment


def test_the_last_of_several_turns_in_an_update_is_found():
    left, down = np.eye(4, dtype=np.float32)[[0, 1], None]
    tables = BranchTables(left, 3, left, [np.stack([left, down, left, down, down]), np.stack([down] * 3)])
    assert last_turn(tables, 0) == (3, 4, 0, 1)
    tables.tables.append(np.stack([left, left]))
    assert last_turn(tables, 0) == (5, 1, 1, 0)


@pytest.mark.parametrize("batch_size", [10, 256])  # with a keyframe every 25 updates, and every update
def test_tables_that_were_not_kept_are_computed_again(batch_size):
    config = small(batch_size=batch_size)
    kept, forgotten = (timeline_to(config, 3, 12, tables) for tables in (True, False))
    moment = forgotten.run.moment
    assert same(tables_of(kept), tables_of(forgotten))
    assert forgotten.run.moment == moment
    forgotten.go_to(Moment(7, Phase.IMPROVE, 2))
    kept.go_to(Moment(7, Phase.IMPROVE, 2))
    forgotten.run.tables = None
    assert same(tables_of(kept), tables_of(forgotten))
    assert same(tables_of(kept, 5), tables_of(forgotten, 5))


def test_every_branch_has_its_own_tables():
    timeline = timeline_after(0)
    timeline.run.tables = PassTables()
    while timeline.run.trainer.updates < 8:
        timeline.unit()
    main = tables_of(timeline)
    timeline.go_to(Moment(4, Phase.IMPROVE, 1))
    timeline.change("learning_rate", 0.3)
    while timeline.run.trainer.updates < 8:
        timeline.unit()
    branch = tables_of(timeline)
    timeline.run.tables = None
    assert same(tables_of(timeline), branch)
    assert [np.array_equal(*pair) for pair in zip(main.tables, branch.tables, strict=True)] == [True] * 4 + [False] * 4
    timeline.switch(timeline.branches[0])
    assert same(tables_of(timeline), main)


def test_without_room_the_earliest_updates_are_left_out():
    config = small()
    timeline = timeline_to(config, 3, 12)
    whole = tables_of(timeline)
    assert timeline.run.tables is not None
    size = whole.tables[0].nbytes
    timeline.run.tables = PassTables(memory=5 * size + 1)
    rest = tables_of(timeline)
    assert (rest.since, rest.until) == (7, 12)
    assert np.array_equal(rest.start, whole.tables[6][-1])
    assert all(np.array_equal(*pair) for pair in zip(rest.tables, whole.tables[7:], strict=True))
    assert timeline.run.tables.nbytes <= 5 * size + 1
    for tile in range(16):
        turn, full = last_turn(rest, tile), last_turn(whole, tile)
        assert turn == (full if full is not None and full.update >= 7 else None)


def test_200_updates_of_the_classic_preset_take_256_kilobytes():
    timeline = timeline_to(make_config("classic"), 0, 5)
    assert timeline.run.tables is not None
    assert timeline.run.tables.nbytes * 40 == 256_000


@pytest.mark.parametrize(("first", "named"), [(0.1, True), (0.3, False), (0.5, False)])
def test_an_update_that_only_makes_up_for_others_is_no_cause(first, named):
    """The path is five times as likely after update 1 as before it; what counts is how likely it was at first."""
    policies = [np.full((2, 4), p, np.float32) for p in (first, 0.1, 0.5)]
    tables = BranchTables(policies[0], 0, policies[0], [policies[1][None], policies[2][None]])
    raised = _raised(tables, 2, [(0, 1)])
    assert (raised is not None) == named
    assert raised is None or (raised.update, raised.tile, raised.action) == (1, 0, 1)


def test_a_cause_names_its_episode_and_hears_nothing_after_a_hole():
    run = advanced(run_to(small(batch_size=60), 3, Moment(2, Phase.JUDGE, 0)))
    update, trainer = judged(run), run.trainer
    ended = trainer.episodes - sum(step.terminated or step.truncated for step in trainer.transitions)
    holes = 0
    for row, step in enumerate(trainer.transitions):
        cause = describe_cause(update, Lens.SURPRISE, Part.STEP, row, Without(0.0, 0.0, 0.0))
        assert cause.episode == ended + 1
        expected = 0.0 if step.terminated else trainer.judgement.next_values[row].item()
        assert cause.next_value == pytest.approx(expected, abs=1e-12)
        ended, holes = ended + (step.terminated or step.truncated), holes + step.terminated
    assert holes > 0
    assert ended == trainer.episodes


@pytest.mark.parametrize(("without", "single"), [(0.48, True), (0.489, True), (0.4905, False), (0.6, False)])
def test_a_step_that_did_a_hundredth_is_named(without, single):
    origin = SimpleNamespace(after=0.5, cause=SimpleNamespace(probability_without=without))
    assert Origin.single.fget(origin) == single
