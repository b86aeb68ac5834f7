"""The sentences of WHY: at most six on the present moment, made of its own figures.

Each is true of the snapshot it is made from, or is left out.
"""

import numpy as np

from lakeppo.errors import Message
from lakeppo.figures import figure, percent, signed, small_figure
from lakeppo.i18n import N_, _, capital, ngettext
from lakeppo.lake.greedy_loop import loop_message
from lakeppo.lake.transition import ACTIONS
from lakeppo.moment import Phase
from lakeppo.runs.divergence import divergence
from lakeppo.runs.statistics import STATS
from lakeppo.session.snapshot import EndCounts, JudgedView, PassView, Snapshot
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import capitalized, phase_words, steps_words
from lakeppo.tui.text.parts import sample_words, tile_effect, without_words
from lakeppo.tui.text.sample import cell_words

NO_REWARD = N_("The goal has not been reached yet, so there has been no reward to learn from.")


def explain(state: AppState) -> list[str]:
    """Return the sentences on this moment, the most important first; none after a failure."""
    s = state.snapshot
    if state.failure:
        return []
    loop = loop_message(s.run.config, s.run.policy.argmax(axis=1).tolist(), s.run.exact.sampling, s.run.exact.greedy)
    why_greedy_fails = [] if loop is None else [_sentence(loop)]
    if s.status == "finished":
        reached = _("The run has reached its limit of {limit}.").format(limit=state.limit)
        sentences = [reached, *_demonstration(s), *why_greedy_fails]
        if (best := s.run.best) is not None:
            template = _("The best policy, #{update}, has an exact success of {success}.")
            sentences.append(template.format(update=best.update, success=figure(best.success_probability)))
        return sentences
    if s.demo is not None:
        return [*_demonstration(s), *why_greedy_fails]
    if (diverged := divergence(state.rows, s.position.diverged)) is not None:
        back = _("{key} goes back ten updates; a change there starts a branch.").format(key=state.key("earlier10"))
        return [_sentence(diverged), back]
    if s.spot is not None:
        return [phase_words(state)]
    told = s.arrow_explanation or s.explanation
    if told is not None:
        return [sentence.text(state.keys) for sentence in told.sentences]
    by_phase = {Phase.COLLECT: _collect, Phase.JUDGE: _judge, Phase.IMPROVE: _improve, Phase.COPY: _copy}
    sentences = by_phase[state.moment.phase](state, s)
    return [*sentences[:1], *why_greedy_fails, *sentences[1:]]


def explain_selected(state: AppState) -> list[str]:
    """Return what the selected sample did, or the steps on the tile under the cursor; nothing if it is not known."""
    s, tile = state.snapshot, state.cursor
    if state.sampled is not None:
        words = sample_words(*state.sampled, s.explanation)
        return [_("{sentence}.").format(sentence=capital(words))] if words else []
    effect = None if tile is None else tile_effect(tile, s.explanation)
    return [] if effect is None else [without_words(int(s.run.visits[tile]), *effect)]


def _sentence(message: Message) -> str:
    """Return a message as a sentence of its own."""
    return _("{sentence}.").format(sentence=capitalized(str(message)))


def _demonstration(s: Snapshot) -> list[str]:
    if s.demo is None:
        return []
    action = _("Each action is drawn from the policy, without learning.")
    if s.demo.greedy:
        action = _("The likeliest action is taken on every tile, without learning.")
    success, limit = s.run.exact.greedy if s.demo.greedy else s.run.exact.sampling, s.run.config.max_episode_steps
    probability = _("Its exact probability of reaching the goal within {limit} steps is {success}.")
    optimum = _("The optimum is {optimum}: no policy does better on this ice.")
    return [
        action,
        _ends(s.demo.end_counts, demonstrated=True),
        probability.format(limit=limit, success=figure(success)),
        optimum.format(optimum=figure(s.run.exact.optimum)),
    ]


def _ends(ends: EndCounts, demonstrated: bool = False) -> str:
    """Return how the episodes of the batch, or of a demonstration, have ended."""
    template = _("No episode of this demonstration has ended yet.")
    if not demonstrated:
        template = _("No episode of this batch has ended yet.")
    if ends.episodes and demonstrated:
        template = ngettext(
            "{episodes:,} episode of this demonstration ended: {goals:,} at the goal, {holes:,} in a hole, "
            "{timeouts:,} by time-out.",
            "{episodes:,} episodes of this demonstration ended: {goals:,} at the goal, {holes:,} in a hole, "
            "{timeouts:,} by time-out.",
            ends.episodes,
        )
    elif ends.episodes:
        template = ngettext(
            "{episodes:,} episode of this batch ended: {goals:,} at the goal, {holes:,} in a hole, {timeouts:,} by "
            "time-out.",
            "{episodes:,} episodes of this batch ended: {goals:,} at the goal, {holes:,} in a hole, {timeouts:,} by "
            "time-out.",
            ends.episodes,
        )
    return template.format(**ends._asdict())


def _collect(state: AppState, s: Snapshot) -> list[str]:
    done, size = s.run.moment.index, s.run.config.batch_size
    if done == 0:
        return _beginning(state, s)
    taken = _("The old actor has taken {done:,} of {steps}; nothing is learned now.")
    lines = [taken.format(done=done, steps=steps_words(size)), _ends(s.run.end_counts)]
    if s.run.first_goal_episode is None:
        lines.append(_(NO_REWARD))
    if (last := s.run.walk.last) is not None:
        template = _("It last chose {action}, its choice on that tile {share} of the time.")
        if last.went != last.action:
            template = _(
                "It last chose {action}, its choice on that tile {share} of the time, but the ice took it {went}."
            )
        share = percent(float(s.run.old_policy[last.state, last.action]))
        lines.append(template.format(action=_(ACTIONS[last.action]), share=share, went=_(ACTIONS[last.went])))
    return lines


def _beginning(state: AppState, s: Snapshot) -> list[str]:
    """Return the sentences between a copy, or the start of the run, and the first step."""
    update = s.run.moment.update
    nothing = _("Nothing is learned yet: this actor reaches the goal with probability {success}.")
    lines = [nothing.format(success=figure(s.run.exact.sampling))]
    if update:
        lines = [_("The copy has made old and new equal: their KL is 0, and the batch is gone.")]
        rows = state.rows[-2:]
        if len(rows) == 2 and all(change.moment.update < rows[0].update for change in s.run.changes):
            before, after = (figure(row.success_probability) for row in rows)  # both on the present lake
            went = _("Exact success went from {before} (#{first}) to {after} (#{second}).")
            if before != after:
                lines.append(went.format(before=before, first=rows[0].update, after=after, second=rows[1].update))
    size = s.run.config.batch_size
    takes = ngettext(
        "This policy, held fixed, takes the next {count:,} step.",
        "This policy, held fixed, takes the next {count:,} steps.",
        size,
    )
    lines.append(takes.format(count=size))
    return [*lines, _(NO_REWARD)] if update and s.run.first_goal_episode is None else lines


def _judge(state: AppState, s: Snapshot) -> list[str]:
    goals, start, gamma = s.run.end_counts.goals, s.run.config.start, s.run.config.gamma
    reward = _("None brought a reward, so the advantages will come from the critic's estimates alone.")
    if goals:
        reward = _("Reward came from {goals} of them, the steps into the goal; all others brought 0.")
    count = int(s.run.visits.sum())
    wait = ngettext(
        "{count:,} step wait to be judged: was each better than the critic expected?",
        "{count:,} steps wait to be judged: was each better than the critic expected?",
        count,
    )
    expected = _("At the start tile the critic expects {value}.")
    exact = _("The exact value of this policy there is {value}, with γ {gamma:g}.")
    return [
        wait.format(count=count),
        reward.format(goals=goals),
        expected.format(value=figure(float(s.run.values[start]))),
        exact.format(value=figure(float(s.run.true_values[start])), gamma=gamma),
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
    ranged = _("The ratios ranged from {low} to {high}.")
    if newest.stopped + newest.returning:
        ranged = _("The ratios ranged from {low} to {high}: the clip does not bound them.")
    low, high = figure(float(newest.ratios.min())), figure(float(newest.ratios.max()))
    kl, most = small_figure(newest.approx_kl, 4), figure(STATS["approx_kl"].high, 2)
    return [
        *_groups(judged, newest, _("pass {number}").format(number=number)),
        ranged.format(low=low, high=high),
        _("approx_kl was {kl}; {most} or less is healthy.").format(kl=kl, most=most),
    ]


def _judged(s: Snapshot, judged: JudgedView) -> list[str]:
    advantages = judged.advantages
    samples, up, down = len(advantages), int((advantages > 0).sum()), int((advantages < 0).sum())
    better = _("{up} of {steps} went better than the critic expected (A > 0), {down} worse.")
    lines = [better.format(up=up, steps=steps_words(samples), down=down)]
    if not np.array_equal(advantages, judged.raw):
        mean = _("Normalised, {up} of {samples} advantages are positive: better than the batch's mean.")
        lines = [mean.format(up=up, samples=samples)]
    if up:
        top = int(advantages.argmax())
        largest = _("The largest A, {advantage}, is that of step {number}: {action} on tile {tile}.")
        lines.append(
            largest.format(
                advantage=signed(float(advantages[top])),
                number=top + 1,
                action=_(ACTIONS[int(judged.actions[top])]),
                tile=cell_words(int(judged.states[top]), s.run.config),
            )
        )
    return [*lines, _("Old and new are still equal: in pass 1 every ratio will be exactly 1.")]


def _first_pass(state: AppState, newest: PassView) -> list[str]:
    samples = len(newest.ratios)
    lines = []
    if (newest.ratios == 1).all():
        equal = _("In pass 1 all {samples:,} ratios were exactly 1: old and new were still equal.")
        lines = [equal.format(samples=samples), _("The clip did nothing: it was plain policy gradient.")]
        if newest.clip_coef is None:
            lines[1] = _("The clip is off: it was plain policy gradient.")
    moved = _("Its step has moved the new actor: KL(old || new) is {kl} now.")
    again = ngettext(
        "Pass 2 uses the same {count:,} step again.", "Pass 2 uses the same {count:,} steps again.", samples
    )
    kl = small_figure(state.snapshot.run.kl, 4)
    return [*lines, moved.format(kl=kl), again.format(count=samples)]


def _groups(judged: JudgedView, newest: PassView, when: str) -> list[str]:
    """Return what the clip did in a pass, by the clip in force then."""
    clip, samples, stopped = newest.clip_coef, len(newest.ratios), newest.stopped
    if clip is None:
        off = _("The clip is off: in {when} no sample was stopped, however far it had moved.")
        return [off.format(when=when)]
    high, low = f"{1 + clip:.2f}", figure(1 - clip, 2)
    if not stopped + newest.returning:
        nothing = _("In {when} all {samples:,} ratios were between {low} and {high}: the clip did nothing.")
        return [nothing.format(when=when, samples=samples, low=low, high=high)]
    of = ngettext("{count:,} sample", "{count:,} samples", samples).format(count=samples)
    were = ngettext(
        "In {when}, {stopped:,} of {of} was stopped.", "In {when}, {stopped:,} of {of} were stopped.", stopped
    )
    lines = [were.format(when=when, stopped=stopped, of=of)]
    if stopped:
        above = int(((newest.ratios > 1 + clip) & (judged.advantages > 0)).sum())
        past = _(
            "Each had moved past the clip in its advantage's direction: {above:,} above {high}, {below:,} below {low}."
        )
        lines.append(past.format(above=above, high=high, below=stopped - above, low=low))
    outside = (newest.ratios > 1 + clip) | (newest.ratios < 1 - clip)
    pushing = int((outside & (judged.advantages != 0)).sum()) - stopped
    if pushing:
        lines.append(_pushing(pushing, more=bool(stopped)).format(count=pushing))
    return lines


def _pushing(count: int, more: bool) -> str:
    """Return the template for samples outside the band that still push; `more`: others there were stopped."""
    if more:
        return ngettext(
            "{count:,} more was outside the band and still pushed, back towards it.",
            "{count:,} more were outside the band and still pushed, back towards it.",
            count,
        )
    return ngettext(
        "{count:,} was outside the band and still pushed, back towards it.",
        "{count:,} were outside the band and still pushed, back towards it.",
        count,
    )


def _copy(state: AppState, s: Snapshot) -> list[str]:
    judged, newest = s.run.judged, s.run.last_pass
    if judged is None or newest is None or not np.isfinite(newest.ratios).all():
        return []
    now, row = figure(s.run.exact.sampling), state.previous_row
    done = _("All passes are done: the exact success of the new actor is {now}.").format(now=now)
    if row and (before := figure(row.success_probability)) != now:
        changed = _("All passes are done: they changed the exact success from {before} to {now}.")
        done = changed.format(before=before, now=now)
    groups = [_("In the last pass every ratio was exactly 1: the clip did nothing.")]
    if s.run.config.epochs == 1:
        groups = [_("With epochs 1 every ratio was exactly 1 and approx_kl 0: both are taken before the only step.")]
    if not (newest.ratios == 1).all():
        groups = _groups(judged, newest, _("the last pass"))
    count = len(newest.ratios)
    discarded = ngettext(
        "The {count:,} step are discarded: the new policy must take its own.",
        "The {count:,} steps are discarded: the new policy must take its own.",
        count,
    )
    kl = _("KL(old || new) is {kl} now; the copy makes it 0.").format(kl=small_figure(state.snapshot.run.kl, 4))
    return [*([*groups, done] if newest.stopped else [done, *groups]), kl, discarded.format(count=count)]
