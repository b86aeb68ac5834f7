"""The sentences of WHY: at most six on the present moment, made of its own figures.

Each is true of the snapshot it is made from, or is left out.
"""

import numpy as np

from lakeppo.lake.greedy_loop import loop_message
from lakeppo.lake.transition import ACTIONS
from lakeppo.moment import Phase
from lakeppo.runs.divergence import divergence
from lakeppo.runs.statistics import STATS
from lakeppo.session.snapshot import EndCounts, JudgedView, PassView, Snapshot
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, percent, signed, small_figure
from lakeppo.tui.text.sample import cell_words

NO_REWARD = "The goal has not been reached yet, so there has been no reward to learn from."


def explain(state: AppState) -> list[str]:
    """Return the sentences on this moment, the most important first; none after a failure."""
    s = state.snapshot
    if state.failure:
        return []
    loop = loop_message(s.run.config, s.run.policy.argmax(axis=1).tolist(), s.run.exact.sampling, s.run.exact.greedy)
    why_greedy_fails = [] if loop is None else [f"{str(loop).capitalize()}."]
    if s.status == "finished":
        sentences = [f"The run has reached its limit of {state.limit}.", *_demonstration(s), *why_greedy_fails]
        if (best := s.run.best) is not None:
            success = figure(best.success_probability)
            sentences.append(f"The best policy, #{best.update}, has an exact success of {success}.")
        return sentences
    if s.demo is not None:
        return [*_demonstration(s), *why_greedy_fails]
    if (diverged := divergence(state.rows, s.position.diverged)) is not None:
        back = f"{state.key('earlier10')} goes back ten updates; a change there starts a branch."
        return [f"{str(diverged).capitalize()}.", back]
    told = s.arrow_explanation or s.explanation
    if told is not None:
        return [sentence.text(state.keys) for sentence in told.sentences]
    by_phase = {Phase.COLLECT: _collect, Phase.JUDGE: _judge, Phase.IMPROVE: _improve, Phase.COPY: _copy}
    sentences = by_phase[state.moment.phase](state, s)
    return [*sentences[:1], *why_greedy_fails, *sentences[1:]]


def _demonstration(s: Snapshot) -> list[str]:
    if s.demo is None:
        return []
    action = "The likeliest action is taken on every tile" if s.demo.greedy else "Each action is drawn from the policy"
    success, limit = s.run.exact.greedy if s.demo.greedy else s.run.exact.sampling, s.run.config.max_episode_steps
    return [
        f"{action}, without learning.",
        *_ends(s.demo.end_counts, "this demonstration"),
        f"Its exact probability of reaching the goal within {limit} steps is {figure(success)}.",
        f"The optimum is {figure(s.run.exact.optimum)}: no policy does better on this ice.",
    ]


def _ends(end_counts: EndCounts, where: str) -> list[str]:
    if not end_counts.episodes:
        return [f"No episode of {where} has ended yet."]
    ends = f"{end_counts.goals:,} at the goal, {end_counts.holes:,} in a hole, {end_counts.timeouts:,} by time-out"
    return [f"{_count(end_counts.episodes, 'episode')} of {where} ended: {ends}."]


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _collect(state: AppState, s: Snapshot) -> list[str]:
    done, size = s.run.moment.index, s.run.config.batch_size
    if done == 0:
        return _beginning(state, s)
    lines = [f"The old actor has taken {done:,} of {_count(size, 'step')}; nothing is learned now."]
    lines += _ends(s.run.end_counts, "this batch")
    if s.run.first_goal_episode is None:
        lines.append(NO_REWARD)
    if (last := s.run.walk.last) is not None:
        share = percent(float(s.run.old_policy[last.state, last.action]))
        slipped = "" if last.went == last.action else f", but the ice took it {ACTIONS[last.went]}"
        lines.append(f"It last chose {ACTIONS[last.action]}, its choice on that tile {share} of the time{slipped}.")
    return lines


def _beginning(state: AppState, s: Snapshot) -> list[str]:
    """Return the sentences between a copy, or the start of the run, and the first step."""
    update = s.run.moment.update
    lines = [f"Nothing is learned yet: this actor reaches the goal with probability {figure(s.run.exact.sampling)}."]
    if update:
        lines = ["The copy has made old and new equal: their KL is 0, and the batch is gone."]
        rows = state.rows[-2:]
        if len(rows) == 2 and all(change.moment.update < rows[0].update for change in s.run.changes):
            before, after = (figure(row.success_probability) for row in rows)  # both on the present lake
            lines.append(f"Exact success went from {before} (#{rows[0].update}) to {after} (#{rows[1].update}).")
    lines.append(f"This policy, held fixed, takes the next {_count(s.run.config.batch_size, 'step')}.")
    return [*lines, NO_REWARD] if update and s.run.first_goal_episode is None else lines


def _judge(state: AppState, s: Snapshot) -> list[str]:
    goals, start, gamma = s.run.end_counts.goals, s.run.config.start, s.run.config.gamma
    reward = "None brought a reward, so the advantages will come from the critic's estimates alone."
    if goals:
        reward = f"Reward came from {goals} of them, the steps into the goal; all others brought 0."
    return [
        f"{_count(int(s.run.visits.sum()), 'step')} wait to be judged: was each better than the critic expected?",
        reward,
        f"At the start tile the critic expects {figure(float(s.run.values[start]))}.",
        f"The exact value of this policy there is {figure(float(s.run.true_values[start]))}, with γ {gamma:g}.",
    ]


def _improve(state: AppState, s: Snapshot) -> list[str]:
    judged, newest, number = s.run.judged, s.run.last_pass, s.run.moment.index
    if judged is None:
        return []
    if newest is None:
        return _judged(s, judged)
    if not np.isfinite(newest.ratios).all():
        return []
    if number == 1:
        return _first_pass(state, newest)
    outside = ": the clip does not bound them" if newest.stopped + newest.returning else ""
    low, high = figure(float(newest.ratios.min())), figure(float(newest.ratios.max()))
    return [
        *_groups(judged, newest, f"pass {number}"),
        f"The ratios ranged from {low} to {high}{outside}.",
        f"approx_kl was {small_figure(newest.approx_kl, 4)}; {figure(STATS['approx_kl'].high, 2)} or less is healthy.",
    ]


def _judged(s: Snapshot, judged: JudgedView) -> list[str]:
    advantages = judged.advantages
    samples, up, down = len(advantages), int((advantages > 0).sum()), int((advantages < 0).sum())
    lines = [f"{up} of {_count(samples, 'step')} went better than the critic expected (A > 0), {down} worse."]
    if not np.array_equal(advantages, judged.raw):
        lines = [f"Normalised, {up} of {samples} advantages are positive: better than the batch's mean."]
    if up:
        top = int(advantages.argmax())
        step = f"{ACTIONS[int(judged.actions[top])]} on tile {cell_words(int(judged.states[top]), s.run.config)}"
        lines.append(f"The largest A, {signed(float(advantages[top]))}, is that of step {top + 1}: {step}.")
    return [*lines, "Old and new are still equal: in pass 1 every ratio will be exactly 1."]


def _first_pass(state: AppState, newest: PassView) -> list[str]:
    samples = len(newest.ratios)
    lines = []
    if (newest.ratios == 1).all():
        clip = "is off" if newest.clip_coef is None else "did nothing"
        lines = [f"In pass 1 all {samples:,} ratios were exactly 1: old and new were still equal."]
        lines.append(f"The clip {clip}: it was plain policy gradient.")
    lines.append(f"Its step has moved the new actor: KL(old || new) is {small_figure(state.snapshot.run.kl, 4)} now.")
    return [*lines, f"Pass 2 uses the same {_count(samples, 'step')} again."]


def _groups(judged: JudgedView, newest: PassView, when: str) -> list[str]:
    """Return what the clip did in a pass, by the clip in force then."""
    clip, samples, stopped = newest.clip_coef, len(newest.ratios), newest.stopped
    if clip is None:
        return [f"The clip is off: in {when} no sample was stopped, however far it had moved."]
    high, low = f"{1 + clip:.2f}", figure(1 - clip, 2)
    if not stopped + newest.returning:
        return [f"In {when} all {samples:,} ratios were between {low} and {high}: the clip did nothing."]
    were = "was" if stopped == 1 else "were"
    lines = [f"In {when}, {stopped:,} of {_count(samples, 'sample')} {were} stopped."]
    if stopped:
        above = int(((newest.ratios > 1 + clip) & (judged.advantages > 0)).sum())
        sides = f"{above:,} above {high}, {stopped - above:,} below {low}"
        lines.append(f"Each had moved past the clip in its advantage's direction: {sides}.")
    outside = (newest.ratios > 1 + clip) | (newest.ratios < 1 - clip)
    pushing = int((outside & (judged.advantages != 0)).sum()) - stopped
    if pushing:
        more_were = f"{'more ' if stopped else ''}{'was' if pushing == 1 else 'were'}"
        lines.append(f"{pushing:,} {more_were} outside the band and still pushed, back towards it.")
    return lines


def _copy(state: AppState, s: Snapshot) -> list[str]:
    judged, newest = s.run.judged, s.run.last_pass
    if judged is None or newest is None or not np.isfinite(newest.ratios).all():
        return []
    now, row = figure(s.run.exact.sampling), state.previous_row
    done = f"All passes are done: the exact success of the new actor is {now}."
    if row:
        done = f"All passes are done: they changed the exact success from {figure(row.success_probability)} to {now}."
    groups = ["In the last pass every ratio was exactly 1: the clip did nothing."]
    if s.run.config.epochs == 1:
        groups = ["With epochs 1 every ratio was exactly 1 and approx_kl 0: both are taken before the only step."]
    if not (newest.ratios == 1).all():
        groups = _groups(judged, newest, "the last pass")
    return [
        *([*groups, done] if newest.stopped else [done, *groups]),
        f"KL(old || new) is {small_figure(state.snapshot.run.kl, 4)} now; the copy makes it 0.",
        f"The {_count(len(newest.ratios), 'step')} are discarded: the new policy must take its own.",
    ]
