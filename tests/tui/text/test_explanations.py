"""Every sentence of WHY, at every moment of real runs, checked against the trainer by other means.

`CHECKS` has each sentence; one that is not in it fails, and so does one that no run leads to.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import exp, log

import pytest
from support.runs import small
from support.states import state_of

from lakeppo.config import make_config
from lakeppo.figures import figure
from lakeppo.lake.environment import transition_table
from lakeppo.lake.exact import greedy, policy_value, success_probability
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import STATS
from lakeppo.session.snapshot import EndCounts
from lakeppo.tui.text.explanations import explain
from lakeppo.tui.text.formatting import rule_words

WAYS = ("left", "down", "right", "up")
P = r"([-+]?[\d.,e]*(?:e-)?\d+)"


def moments(run: Run, updates: int) -> Iterator[list[str]]:
    """Yield the checked sentences of every moment."""
    while run.trainer.updates < updates:
        yield checked(run, explain(state_of(run)))
        run.unit()


def checked(run: Run, sentences: list[str]) -> list[str]:
    assert len(sentences) <= 7
    for sentence in sentences:
        found = [(check, match) for form, check in CHECKS.items() if (match := re.fullmatch(form, sentence))]
        assert len(found) == 1, (run.moment, sentence)
        check, match = found[0]
        assert check(run, *match.groups()), (run.moment, sentence)
        SEEN[check] += 1
    return sentences


SEEN: Counter[object] = Counter()


# -- the trainer's own figures -------------------------------------------------------------------------------


def ratios(run: Run) -> list[float]:
    new, old = run.trainer.passes[-1].log_policy.tolist(), run.trainer.old_log_policy.tolist()
    return [exp(new[t.state][t.action] - old[t.state][t.action]) for t in run.trainer.transitions]


def weights(run: Run) -> list[float]:
    return run.trainer.judgement.used_advantages.tolist()


def pairs(run: Run) -> list[tuple[float, float]]:
    return list(zip(ratios(run), weights(run), strict=True))


def sides(run: Run) -> tuple[int, int, int]:
    """Return the samples stopped above, stopped below, and outside yet pushing."""
    low, high = 1 - run.config.clip_coef, 1 + run.config.clip_coef
    above = sum(r > high and a > 0 for r, a in pairs(run))
    below = sum(r < low and a < 0 for r, a in pairs(run))
    returning = sum((r > high and a < 0) or (r < low and a > 0) for r, a in pairs(run))
    return above, below, returning


def kl(run: Run) -> float:
    old, new = run.old_policy().tolist(), run.policy().tolist()
    rows = [t.state for t in run.trainer.transitions]
    return sum(p * log(p / q) for s in rows for p, q in zip(old[s], new[s], strict=True)) / len(rows)


def approx_kl(run: Run) -> float:
    return sum(r - 1 - log(r) for r in ratios(run)) / len(run.trainer.transitions)


def exact(run: Run, greedily: bool = False) -> str:
    table = transition_table(run.config.map_rows, run.config.slip)
    policy = greedy(run.policy()) if greedily else run.policy()
    return figure(float(success_probability(table, policy, run.config.max_episode_steps)))


def shows(text: str, value: float) -> bool:
    return float(text) == pytest.approx(value, rel=0.06, abs=5e-5) and (float(text) == 0) == (value == 0)


def ends(run: Run, episodes: str, goals: str, holes: str, late: str) -> bool:
    last = [t for t in run.trainer.transitions if t.terminated or t.truncated]
    kinds = Counter("late" if t.truncated else run.config.tile(t.next_state) for t in last)
    return (len(last), kinds["G"], kinds["H"], kinds["late"]) == tuple(map(int, (episodes, goals, holes, late)))


def collecting(run: Run, done: str, size: str) -> bool:
    return (len(run.trainer.transitions), run.config.batch_size) == (int(done), int(size))


def last_step(run: Run, way: str, share: str, slipped: str | None) -> bool:
    t = run.trainer.transitions[-1]
    same = (t.action == t.went) if slipped is None else (slipped == WAYS[t.went] and t.action != t.went)
    return WAYS[t.action] == way and same and abs(float(share) / 100 - run.old_policy()[t.state, t.action]) < 0.01


def progress(run: Run, before: str, number: str, after: str, newer: str) -> bool:
    rows = run.history
    same = (figure(rows[-2].success_probability), figure(rows[-1].success_probability)) == (before, after)
    return same and before != after and run.trainer.updates == int(newer) == int(number) + 1 and after == exact(run)


def start_value(run: Run, value: str) -> bool:
    return value == figure(run.trainer.values()[run.config.start].item())


def true_value(run: Run, value: str, gamma: str) -> bool:
    table = transition_table(run.config.map_rows, run.config.slip)
    truth = policy_value(table, run.policy(), run.config.gamma)[run.config.start]
    return value == figure(float(truth)) and float(gamma) == run.config.gamma


def rewarded(run: Run, goals: str) -> bool:
    return int(goals) == sum(t.reward > 0 for t in run.trainer.transitions) > 0


def signs(run: Run, up: str, size: str, down: str) -> bool:
    found = sum(a > 0 for a in weights(run)), len(weights(run)), sum(a < 0 for a in weights(run))
    return found == (int(up), int(size), int(down)) and not run.config.norm_adv


def normalised(run: Run, up: str, size: str) -> bool:
    raw = run.trainer.judgement.advantages.tolist()
    return sum(a > sum(raw) / len(raw) for a in raw) == int(up) and len(raw) == int(size) and run.config.norm_adv


def largest(run: Run, value: str, number: str, way: str, row: str, column: str) -> bool:
    step = run.trainer.transitions[int(number) - 1]
    top = weights(run)[int(number) - 1]
    tile = int(row) * run.config.shape[1] + int(column)
    return (
        max(weights(run)) == top
        and abs(top - float(value)) < 0.006
        and (step.state, step.action) == (tile, WAYS.index(way))
    )


def equal(run: Run) -> bool:
    return bool((run.policy() == run.old_policy()).all())


def all_one(run: Run, size: str) -> bool:
    return ratios(run) == [1.0] * int(size) and len(run.trainer.passes) == 1


def stopped(run: Run, when: str, count: str, size: str, were: str) -> bool:
    above, below, _ = sides(run)
    same = (above + below, len(ratios(run))) == (int(count), int(size)) and (were == "was") == (int(count) == 1)
    return same and pass_is(run, when)


def pass_is(run: Run, when: str) -> bool:
    if when == "the last pass":
        return run.moment.phase is Phase.COPY
    return when == f"pass {len(run.trainer.passes)}" and run.moment.phase is Phase.IMPROVE


def directions(run: Run, above: str, high: str, below: str, low: str) -> bool:
    band = float(high) == 1 + run.config.clip_coef and float(low) == 1 - run.config.clip_coef
    return band and sides(run)[:2] == (int(above), int(below))


def all_inside(run: Run, when: str, size: str, low: str, high: str) -> bool:
    return (
        pass_is(run, when)
        and len(ratios(run)) == int(size)
        and all(float(low) <= r <= float(high) for r in ratios(run))
    )


def span(run: Run, low: str, high: str, wall: str | None) -> bool:
    clip = run.config.clip_coef
    outside = clip is not None and any(not 1 - clip <= r <= 1 + clip for r in ratios(run))
    return (low, high) == (figure(min(ratios(run))), figure(max(ratios(run)))) and (wall is not None) == outside


def health(run: Run, value: str, bound: str) -> bool:
    return shows(value, approx_kl(run)) and float(bound) == STATS["approx_kl"].high


def last(run: Run) -> str:
    return figure(run.history[-1].success_probability)


def improved(run: Run, before: str, now: str) -> bool:
    return before == last(run) and now == exact(run) and before != now


CHECKS = {
    rf"The old actor has taken {P} of {P} steps; nothing is learned now\.": collecting,
    r"No episode of this batch has ended yet\.": lambda run: ends(run, "0", "0", "0", "0"),
    rf"{P} episodes? of this batch ended: {P} at the goal, {P} in a hole, {P} by time-out\.": ends,
    r"The goal has not been reached yet, so there has been no reward to learn from\.": (
        lambda run: run.trainer.first_goal_episode is None and not any(t.reward for t in run.trainer.transitions)
    ),
    rf"It last chose (\w+), its choice on that tile {P}% of the time(?:, but the ice took it (\w+))?\.": last_step,
    rf"Nothing is learned yet: this actor reaches the goal with probability {P}\.": (
        lambda run, p: run.moment == Moment(0, Phase.COLLECT, 0) and p == exact(run)
    ),
    r"The copy has made old and new equal: their KL is 0, and the batch is gone\.": (
        lambda run: equal(run) and run.trainer.updates > 0 and not run.trainer.transitions
    ),
    rf"Exact success went from {P} \(#{P}\) to {P} \(#{P}\)\.": progress,
    rf"This policy, held fixed, takes the next {P} steps\.": (
        lambda run, size: int(size) == run.config.batch_size and not run.trainer.transitions
    ),
    rf"{P} steps wait to be judged: was each better than the critic expected\?": (
        lambda run, size: len(run.trainer.transitions) == int(size) and run.trainer.judgement is None
    ),
    rf"Reward came from {P} of them, the steps into the goal; all others brought 0\.": rewarded,
    r"None brought a reward, so the advantages will come from the critic's estimates alone\.": (
        lambda run: not any(t.reward for t in run.trainer.transitions)
    ),
    rf"At the start tile the critic expects {P}\.": start_value,
    rf"The exact value of this policy there is {P}, with γ {P}\.": true_value,
    rf"{P} of {P} steps went better than the critic expected \(A > 0\), {P} worse\.": signs,
    rf"Normalised, {P} of {P} advantages are positive: better than the batch's mean\.": normalised,
    rf"The largest A, {P}, is that of step {P}: (\w+) on tile \({P},{P}\)\.": largest,
    r"Old and new are still equal: in pass 1 every ratio will be exactly 1\.": equal,
    rf"In pass 1 all {P} ratios were exactly 1: old and new were still equal\.": all_one,
    r"The clip did nothing: it was plain policy gradient\.": lambda run: run.config.clip_coef is not None,
    r"The clip is off: it was plain policy gradient\.": lambda run: run.config.clip_coef is None,
    rf"Its step has moved the new actor: KL\(old \|\| new\) is {P} now\.": lambda run, value: shows(value, kl(run)),
    rf"Pass 2 uses the same {P} steps again\.": (
        lambda run, size: len(ratios(run)) == int(size) and run.trainer.epochs > 1
    ),
    r"The clip is off: in (.+) no sample was stopped, however far it had moved\.": (
        lambda run, when: run.config.clip_coef is None and pass_is(run, when)
    ),
    rf"In (.+) all {P} ratios were between {P} and {P}: the clip did nothing\.": all_inside,
    rf"In (.+), {P} of {P} samples (was|were) stopped\.": stopped,
    rf"Each had moved past the clip in its advantage's direction: {P} above {P}, {P} below {P}\.": directions,
    rf"{P} more (was|were) outside the band and still pushed, back towards it\.": (
        lambda run, n, were: sides(run)[2] == int(n) and (were == "was") == (int(n) == 1)
    ),
    rf"{P} (was|were) outside the band and still pushed, back towards it\.": (
        lambda run, n, were: sides(run) == (0, 0, int(n)) and (were == "was") == (int(n) == 1)
    ),
    rf"The ratios ranged from {P} to {P}(: the clip does not bound them)?\.": span,
    r"Greedy takes the likeliest action on every tile: .+, and it never leaves; sampling does\.": (
        lambda run: run.config.slip == 0 and run.success()[1] == 0 and run.success()[0] >= 0.5
    ),
    rf"approx_kl was {P}; {P} or less is healthy\.": health,
    rf"All passes are done: they changed the exact success from {P} to {P}\.": improved,
    rf"All passes are done: the exact success of the new actor is {P}\.": (
        lambda run, now: now == exact(run) and (not run.history or bool(run.changes) or now == last(run))
    ),
    r"With epochs 1 every ratio was exactly 1 and approx_kl 0: both are taken before the only step\.": (
        lambda run: set(ratios(run)) == {1.0} and approx_kl(run) == 0 and run.config.epochs == 1
    ),
    rf"KL\(old \|\| new\) is {P} now; the copy makes it 0\.": lambda run, value: shows(value, kl(run)),
    rf"The {P} steps are discarded: the new policy must take its own\.": (
        lambda run, size: len(run.trainer.transitions) == int(size)
    ),
}  # fmt: skip


def test_every_sentence_is_true_at_every_moment_and_occurs():
    SEEN.clear()
    runs = (
        Run(small(learning_rate=0.03, batch_size=16, epochs=4), 1),
        Run(small(learning_rate=0.2, batch_size=24, slip=0.0, epochs=5), 2),
        Run(small(clip_coef=None, learning_rate=0.05), 3),
        Run(small(epochs=1, norm_adv=True), 4),
        Run(small(("SG", "HF"), learning_rate=0.02, slip=0.0), 5),
        Run(small(learning_rate=1e-5), 6),
        Run(small(("SFFF", "FFFF", "FFFF", "FFFG"), max_episode_steps=30), 7),
    )
    for run in runs:
        assert all(moments(run, 8)), run.config
    assert not [form for form, check in CHECKS.items() if check not in SEEN]


def test_the_first_sentence_fits_a_small_terminal():
    for config, updates in ((make_config("classic"), 3), (make_config("classic", norm_adv=True, clip_coef=None), 2)):
        run = Run(config, 1)
        assert max(len(sentences[0]) for sentences in moments(run, updates)) <= 78


def test_a_change_at_this_moment_makes_no_sentence_untrue():
    run = Run(small(learning_rate=0.2, batch_size=24, epochs=5), 2)
    while run.moment.index != 3 or run.moment.phase is not Phase.IMPROVE:
        run.unit()
    sentences = explain(state_of(run))
    assert "stopped" in sentences[0]
    for clip in (0.01, None):
        run.change("clip_coef", clip)
        assert explain(state_of(run)) == sentences  # on the pass that was made, not on the next
    while run.moment.phase is not Phase.COPY:
        run.unit()
    run.change("slip", 0.0)
    assert any("the exact success of the new actor is" in sentence for sentence in explain(state_of(run)))


@pytest.mark.parametrize("greedily", [False, True])
def test_a_demonstration_and_the_end_explain_the_policy_that_walks(greedily: bool):
    run = Run(small(learning_rate=0.05), 3)
    while run.trainer.updates < 3:
        run.unit()
    walking = explain(state_of(run, demo=(greedily, EndCounts(7, 4, 2, 1))))
    assert walking[1] == "7 episodes of this demonstration ended: 4 at the goal, 2 in a hole, 1 by time-out."
    assert walking[2] == f"Its exact probability of reaching the goal within 7 steps is {exact(run, greedily)}."
    assert ("likeliest" in walking[0]) == greedily
    finished = explain(state_of(run, "finished", (greedily, EndCounts())))
    assert finished[0] == "The run has reached its limit of 3 updates."
    assert finished[2] == "No episode of this demonstration has ended yet."
    best = max(row.success_probability for row in run.history)
    assert finished[-1].endswith(f"has an exact success of {figure(best)}.")
    assert run.history[int(finished[-1].split("#")[1].split(",")[0]) - 1].success_probability == best


def test_loading_explains_the_lake():
    assert list(rule_words(make_config("classic", slip=2 / 3))) == [
        "You choose a direction; the ice obeys one time in three.",
        "4 of the 16 tiles are holes.",
        "An episode ends in a hole, at the goal, or after 100 steps.",
    ]


def test_after_a_failure_nothing_is_explained():
    assert explain(replace(state_of(Run(small(), 3)), failure="RuntimeError: no")) == []
