"""Why the present moment looks as it does, in at most six sentences made of its own figures.

Each is true of the snapshot it was made from, or is not said; nothing here draws.
"""

import numpy as np

from lakeppo.lake.actions import ACTIONS
from lakeppo.moment import Change, Phase
from lakeppo.runs.statistics import STATS
from lakeppo.session.snapshot import EndCounts, Judged, Pass, Snapshot
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import change_between, figure, obeys, percent, signed


def why(state: AppState) -> list[str]:
    """The sentences of this moment, the most telling first; none after a failure."""
    snapshot = state.snapshot
    if state.failure:
        return []
    if snapshot is None:
        return _loading(state)
    if snapshot.status == "finished":
        return [f"The run has reached its limit of {state.limit}.", *_demonstration(snapshot), *_best(snapshot)]
    if snapshot.demo is not None:
        return _demonstration(snapshot)
    said = {Phase.COLLECT: _collect, Phase.JUDGE: _judge, Phase.IMPROVE: _improve, Phase.COPY: _copy}
    return said[snapshot.moment.phase](state, snapshot)


def _loading(state: AppState) -> list[str]:
    config = state.config
    holes = "".join(config.map_rows).count("H")
    return [
        f"You choose a direction; the ice {obeys(config)}.",
        f"{holes} of the {config.tiles} tiles are holes.",
        f"An episode ends in a hole, at the goal, or after {config.max_episode_steps} steps.",
    ]


def _demonstration(s: Snapshot) -> list[str]:
    if s.demo is None:
        return []
    how = "The likeliest action is taken on every tile" if s.demo.greedy else "Each action is drawn from the policy"
    success = s.exact.greedy if s.demo.greedy else s.exact.sampling
    return [
        f"{how}, and nobody learns.",
        *_ends(s.demo.end_counts, "this demonstration"),
        f"Exactly, this gets to the goal within {s.config.max_episode_steps} steps with probability {figure(success)}.",
        f"The best that any policy can do on this ice is {figure(s.exact.optimum)}.",
    ]


def _best(s: Snapshot) -> list[str]:
    if s.best is None:
        return []
    return [f"The best policy kept, of update {s.best.update}, has {figure(s.best.success_probability)}."]


def _ends(end_counts: EndCounts, where: str) -> list[str]:
    if not end_counts.episodes:
        return [f"No episode of {where} has ended yet."]
    ends = f"{end_counts.goals:,} at the goal, {end_counts.holes:,} in a hole, {end_counts.timeouts:,} by time-out"
    return [f"{_many(end_counts.episodes, 'episode')} of {where} ended: {ends}."]


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _collect(state: AppState, s: Snapshot) -> list[str]:
    done, size = s.moment.index, s.config.batch_size
    if done == 0:
        return _beginning(state, s)
    lines = [f"The old actor has walked {done:,} of {_many(size, 'step')}; nobody learns now."]
    lines += _ends(s.end_counts, "this batch")
    if s.first_goal_episode is None:
        lines.append("The goal has not been reached yet, so there has been no reward to learn from.")
    if (last := s.walk.last) is not None:
        share = percent(float(s.old_policy[last.state, last.action]))
        slid = "" if last.went == last.action else f", but the ice took it {ACTIONS[last.went]}"
        lines.append(f"It last chose {ACTIONS[last.action]}, which it does there {share} of the time{slid}.")
    return lines


def _beginning(state: AppState, s: Snapshot) -> list[str]:
    """Between a copy, or the making of the networks, and the first step."""
    success = figure(s.exact.sampling)
    lines = [f"Nothing is learned yet: this actor reaches the goal with probability {success}."]
    if s.moment.update:
        lines = ["The copy has made old and new equal: their KL is 0, the last batch is gone."]
        lines += _progress(state)
    lines.append(f"The next {_many(s.config.batch_size, 'step')} are walked by this one policy, frozen meanwhile.")
    if s.moment.update and s.first_goal_episode is None:
        lines.append("The goal has not been reached yet, so there has been no reward to learn from.")
    return lines


def _progress(state: AppState) -> list[str]:
    """What the last update changed, where both of its ends were measured on the present lake."""
    rows = state.rows
    if len(rows) < 2 or any(change.moment.update >= rows[-2].update for change in _changes(state)):
        return []
    before, after = rows[-2].success_probability, rows[-1].success_probability
    return [f"Update {rows[-1].update - 1} took the exact success from {figure(before)} to {figure(after)}."]


def _changes(state: AppState) -> list[Change]:
    return list(state.snapshot.changes) if state.snapshot else []


def _judge(state: AppState, s: Snapshot) -> list[str]:
    steps, goals, start = int(s.visits.sum()), s.end_counts.goals, s.config.start
    reward = (
        f"Reward came from {goals} of them, the steps into the goal; all others brought 0."
        if goals
        else "None brought a reward, so only the critic's own guesses can tell them apart."
    )
    return [
        f"{_many(steps, 'step')} wait to be judged: was each better than the critic expected?",
        reward,
        f"At the start the critic expects {figure(float(s.values[start]))}.",
        f"This policy is worth exactly {figure(float(s.true_values[start]))} there, with γ {s.config.gamma:g}.",
    ]


def _improve(state: AppState, s: Snapshot) -> list[str]:
    if s.judged is None:
        return []
    if s.last_pass is None:
        return _judged(s, s.judged)
    if not np.isfinite(s.last_pass.ratios).all():
        return []
    if s.moment.index == 1:
        return _first_pass(state, s, s.last_pass)
    return [*_groups(s.judged, s.last_pass, f"pass {s.moment.index}"), *_span(s.last_pass), *_kl(s.last_pass)]


def _judged(s: Snapshot, judged: Judged) -> list[str]:
    advantages = judged.advantages
    samples, up, down = len(advantages), int((advantages > 0).sum()), int((advantages < 0).sum())
    first = f"{up} of {_many(samples, 'step')} went better than the critic expected (A > 0), {down} worse."
    if not np.array_equal(advantages, judged.raw):
        first = f"Normalised, {up} of {samples} advantages are positive: better than the batch's mean."
    lines = [first]
    if up:
        top = int(advantages.argmax())
        place = divmod(int(judged.states[top]), s.config.shape[1])
        what = f"{ACTIONS[int(judged.actions[top])]} on tile ({place[0]},{place[1]})"
        lines.append(f"The largest A, {signed(float(advantages[top]))}, is that of step {top + 1}: {what}.")
    return [*lines, "Old and new are still equal: pass 1 will find every ratio at exactly 1."]


def _first_pass(state: AppState, s: Snapshot, newest: Pass) -> list[str]:
    lines = []
    if (newest.ratios == 1).all():
        lines = [f"In pass 1 all {len(newest.ratios):,} ratios were exactly 1: old and new were still equal."]
        off = newest.clip_coef is None
        lines.append(f"The clip {'is off, and' if off else 'did nothing:'} it was plain policy gradient.")
    moved = change_between(state)
    return [
        *lines,
        f"Its step has moved the new actor: KL(old || new) is {_small(moved)} now.",
        f"Pass 2 uses the same {_many(len(newest.ratios), 'step')} again.",
    ]


def _small(value: float) -> str:
    return "under .0001" if 0 < value < 1e-4 else figure(value, 4)


def _groups(judged: Judged, newest: Pass, when: str) -> list[str]:
    """What the clip did in a pass: the clip it was made with."""
    clip, samples = newest.clip_coef, len(newest.ratios)
    if clip is None:
        return [f"The clip is off: in {when} no sample was stopped, however far it had moved."]
    high, low = f"{1 + clip:.2f}", figure(1 - clip, 2)
    if not newest.stopped + newest.returning:
        return [f"In {when} all {samples:,} ratios were between {low} and {high}: the clip did nothing."]
    above = int(((newest.ratios > 1 + clip) & (judged.advantages > 0)).sum())
    lines = [f"In {when}, {newest.stopped:,} of {_many(samples, 'sample')} had stopped."]
    if newest.stopped:
        lines.append(
            "They had moved in the direction their advantage asked for: "
            f"{above:,} past {high}, {newest.stopped - above:,} below {low}."
        )
    outside = (newest.ratios > 1 + clip) | (newest.ratios < 1 - clip)
    pushing = int((outside & (judged.advantages != 0)).sum()) - newest.stopped
    if pushing:
        were = "was" if pushing == 1 else "were"
        more = f"more {were} outside" if newest.stopped else f"{were} outside the band"
        lines.append(f"{pushing:,} {more} and still pushed, back towards {'it' if not newest.stopped else 'the band'}.")
    return lines


def _span(newest: Pass) -> list[str]:
    wall = "" if not newest.stopped + newest.returning else ": the clip is no wall"
    return [f"The ratios went from {figure(float(newest.ratios.min()))} to {figure(float(newest.ratios.max()))}{wall}."]


def _kl(newest: Pass) -> list[str]:
    healthy = STATS["approx_kl"].high or 0.0
    verdict = "above" if newest.approx_kl > healthy else "within"
    return [f"approx_kl was {_small(newest.approx_kl)}, {verdict} the healthy {figure(healthy, 2)}."]


def _copy(state: AppState, s: Snapshot) -> list[str]:
    if s.judged is None or s.last_pass is None or not np.isfinite(s.last_pass.ratios).all():
        return []
    now, row = figure(s.exact.sampling), state.before
    was = f"was {figure(row.success_probability)} before them, is" if row else "of the new actor is"
    done = f"All passes are done: exact success {was} {now} now."
    groups = ["In the last pass every ratio was exactly 1, so the clip never acted in it."]
    if not (s.last_pass.ratios == 1).all():
        groups = _groups(s.judged, s.last_pass, "the last pass")
    return [
        *([*groups, done] if s.last_pass.stopped else [done, *groups]),
        f"KL(old || new) is {_small(change_between(state))} now; the copy makes it 0.",
        f"The {_many(len(s.last_pass.ratios), 'step')} are thrown away: the next must be walked by the new policy.",
    ]
