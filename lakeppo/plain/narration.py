"""What happened between two states of a run, in sentences: a step, a phase, a pass or a whole update."""

from typing import NamedTuple

import numpy as np

from lakeppo.config import Config
from lakeppo.figures import figure, signed, small_figure
from lakeppo.i18n import _, joined, ngettext
from lakeppo.lake.transition import Transition
from lakeppo.moment import Moment, Phase
from lakeppo.plain.words import action_words, place
from lakeppo.session.snapshot import EndCounts, JudgedView, PassView, RunView
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import comparison_summary
from lakeppo.tui.text.formatting import rate_words
from lakeppo.tui.text.sample import cell_words

LEAST = 0.001
"""The least change of a probability that is told."""


class Moved(NamedTuple):
    """The largest change of a probability by the passes of an update."""

    tile: int
    action: int
    before: float
    after: float


def told(before: AppState, after: AppState) -> list[str]:
    """Return what one phase, or a part of one, has done: the run has gone from one state to the other."""
    phase, lines = before.moment.phase, list[str]()
    if phase is Phase.COLLECT:
        if after.moment == next_unit(before):
            lines.append(step_words(after.snapshot.run.walk.last, before.moment.index + 1, after.config))
        if after.moment.phase is Phase.JUDGE:
            lines.append(collect_words(after.snapshot.run))
    elif phase is Phase.JUDGE:
        lines.append(judge_words(after.snapshot.run))
    elif phase is Phase.IMPROVE:
        lines.append(improve_words(before, after))
        lines.append(outcome_words(before, after))
    else:
        lines.append(copy_words(before.moment.update, after))
    return [line for line in lines if line]


def next_unit(state: AppState) -> Moment:
    """Return the moment one unit later."""
    (update, phase, index), config = state.moment, state.config
    units = {Phase.COLLECT: config.batch_size, Phase.IMPROVE: config.epochs}.get(phase, 1)
    if index + 1 < units:
        return Moment(update, phase, index + 1)
    return Moment(update + 1, Phase.COLLECT, 0) if phase is Phase.COPY else Moment(update, Phase(phase + 1), 0)


def step_words(step: Transition | None, number: int, config: Config) -> str:
    """Return what the agent did in one step."""
    if step is None:
        return ""
    template = _("Step {number}: {action} on {tile}, to {next}{end}.")
    if step.went != step.action:
        template = _("Step {number}: chose {action} on {tile}, but the ice took it {went}, to {next}{end}.")
    return template.format(
        number=number, action=action_words(step.action), went=action_words(step.went),
        tile=cell_words(step.state, config), next=cell_words(step.next_state, config), end=_end(step),
    )  # fmt: skip


def _end(step: Transition) -> str:
    if step.truncated:
        return _(": the time is up")
    if not step.terminated:
        return ""
    return _(": the goal") if step.reward > 0 else _(": a hole")


def ends_words(ends: EndCounts) -> str:
    """Return how episodes have ended."""
    if not ends.episodes:
        return _("no episode ended")
    template = ngettext(
        "{count:,} episode ended: {goals:,} at the goal, {holes:,} in a hole, {timeouts:,} by time-out",
        "{count:,} episodes ended: {goals:,} at the goal, {holes:,} in a hole, {timeouts:,} by time-out",
        ends.episodes,
    )
    return template.format(count=ends.episodes, goals=ends.goals, holes=ends.holes, timeouts=ends.timeouts)


def collect_words(run: RunView) -> str:
    template = _("Collect: the old actor took {count:,} steps; {ends}.")
    return template.format(count=int(run.visits.sum()), ends=ends_words(run.end_counts))


def judge_words(run: RunView) -> str:
    judged = run.judged
    if judged is None:
        return ""
    template = _(
        "Judge: {up:,} of {count:,} steps went better than the critic expected, {down:,} worse. Best: {best}. "
        "Worst: {worst}."
    )
    best, worst = (_surprise(judged, int(at), run.config) for at in (judged.raw.argmax(), judged.raw.argmin()))
    up, down = int((judged.raw > 0).sum()), int((judged.raw < 0).sum())
    return template.format(up=up, down=down, count=len(judged.raw), best=best, worst=worst)


def _surprise(judged: JudgedView, at: int, config: Config) -> str:
    return _("step {number}, {action} on {tile}, A {advantage}").format(
        number=at + 1,
        action=action_words(int(judged.actions[at])),
        tile=cell_words(int(judged.states[at]), config),
        advantage=signed(float(judged.raw[at])),
    )


def pass_words(run: RunView) -> str:
    """Return the newest pass of the update; empty before the first one."""
    newest, number = run.last_pass, run.moment.index or run.config.epochs
    if newest is None:
        return ""
    template = _("Pass {number} of {epochs}: {ratios}.")
    return template.format(number=number, epochs=run.config.epochs, ratios=ratio_words(newest))


def improve_words(before: AppState, after: AppState) -> str:
    """Return what one pass or several have done."""
    newest, run = after.snapshot.run.last_pass, after.snapshot.run
    if newest is None:
        return ""
    head = pass_words(run)
    if after.moment != next_unit(before):
        count = (after.moment.index or run.config.epochs) - before.moment.index
        template = _("Improve: {count} passes over the same steps; in the last, {ratios}.")
        head = template.format(count=count, ratios=ratio_words(newest))
    return _("{head} KL(old || new) is {kl} now.").format(head=head, kl=small_figure(run.kl, 4))


def ratio_words(newest: PassView) -> str:
    """Return the ratios of a pass, and how many samples the clip stopped."""
    ratios, count = newest.ratios, len(newest.ratios)
    if not np.isfinite(ratios).all():
        return _("the ratios are no finite numbers any more")
    if (ratios == 1).all():
        off = newest.clip_coef is None
        return _("every ratio was exactly 1") if off else _("every ratio was exactly 1, so the clip did nothing")
    span = {"low": figure(float(ratios.min()), 2), "high": figure(float(ratios.max()), 2)}
    if newest.clip_coef is None:
        return _("ratios from {low} to {high}, and the clip is off").format(**span)
    template = _(
        "ratios from {low} to {high}; the clip stopped {stopped:,} of {count:,} samples, and {returning:,} more "
        "outside it were pulled back"
    )
    if not newest.returning:
        template = _("ratios from {low} to {high}; the clip stopped {stopped:,} of {count:,} samples")
    return template.format(**span, stopped=newest.stopped, returning=newest.returning, count=count)


def moved(run: RunView) -> Moved | None:
    """Return the largest change by the passes so far, among the tiles that can be reached; None if there is none."""
    from lakeppo.causes.movement import reachable_tiles  # torch, which the worker has loaded by then

    change = np.abs(run.policy - run.old_policy) * reachable_tiles(run.config.map_rows)[:, None]
    if not np.isfinite(change).all() or not change.any():
        return None
    tile, action = (int(at) for at in np.unravel_index(change.argmax(), change.shape))
    return Moved(tile, action, float(run.old_policy[tile, action]), float(run.policy[tile, action]))


def moved_words(run: RunView) -> str:
    """Return what moved most in an update."""
    found = moved(run)
    if found is None:
        return ""
    if abs(found.after - found.before) < LEAST:
        return _("No probability moved by .001.")
    template = _("What moved most: {action} on {tile}, from {before} to {after}.")
    return template.format(
        action=action_words(found.action), tile=cell_words(found.tile, run.config), before=figure(found.before),
        after=figure(found.after),
    )  # fmt: skip


def outcome_words(before: AppState, after: AppState) -> str:
    """Return what passes did to exact success, and at an update's end what moved most, and why if it is explained."""
    ended, explanation = after.moment.phase is Phase.COPY, after.snapshot.explanation
    if ended and explanation is not None and explanation.sentences:
        first, last = explanation.sentences[0], explanation.sentences[-1]
        return joined(first.text(after.keys), last.text(after.keys))
    success = [figure(state.snapshot.run.exact.sampling) for state in (before, after)]
    line = _("Exact success went from {before} to {after}.").format(before=success[0], after=success[1])
    return joined(line, moved_words(after.snapshot.run)) if ended else line


def copy_words(update: int, after: AppState) -> str:
    """Return what stands after a copy."""
    run = after.snapshot.run
    template = _(
        "Copy: the new actor is the old one now, and the batch is discarded. Update {update} is done: exact success "
        "{exact}, greedy {greedy}, the last {window} episodes {rate}; {episodes:,} episodes, {steps:,} steps so far."
    )
    if not run.window:
        template = _(
            "Copy: the new actor is the old one now, and the batch is discarded. Update {update} is done: exact "
            "success {exact}, greedy {greedy}; {episodes:,} episodes, {steps:,} steps so far."
        )
    return template.format(
        update=update, exact=figure(run.exact.sampling), greedy=figure(run.exact.greedy), window=run.window,
        rate=rate_words(after), episodes=run.episodes, steps=run.env_steps,
    )  # fmt: skip


def update_words(before: AppState, after: AppState) -> str:
    """Return an update in one line, before its copy: `after` is where all its passes are done."""
    run = after.snapshot.run
    if run.judged is None or run.last_pass is None:
        return ""
    template = _(
        "Update {update}: {steps:,} steps, {ends}. Of the steps {up:,} went better than expected, {down:,} worse. "
        "{passes} passes; in the last, {ratios}. {outcome}"
    )
    return template.format(
        update=after.moment.update, steps=int(run.visits.sum()), ends=ends_words(run.end_counts),
        up=int((run.judged.raw > 0).sum()), down=int((run.judged.raw < 0).sum()), passes=run.config.epochs,
        ratios=ratio_words(run.last_pass), outcome=outcome_words(before, after),
    )  # fmt: skip


def reached_words(state: AppState) -> str:
    """Return where a step to the next goal has led, and its last step."""
    run = state.snapshot.run
    step = step_words(run.walk.last, state.moment.index, state.config)
    return joined(place_words(state), step if state.moment.phase is Phase.COLLECT else "")


def place_words(state: AppState) -> str:
    """Return where the run stands, and its exact success."""
    template = _("Now at {place}. Exact success {exact}, greedy {greedy}.")
    if state.snapshot.position.rewound:
        template = _("Now at {place}, in the past. Exact success {exact}, greedy {greedy}.")
    exact = state.snapshot.run.exact
    return template.format(place=place(state), exact=figure(exact.sampling), greedy=figure(exact.greedy))


def compared_words(state: AppState) -> list[str]:
    """Return how two compared runs stand, and their first difference; nothing without a comparison."""
    comparison = state.snapshot.comparison
    if comparison is None:
        return []
    template = _("{name}: exact success {exact}; {other}: {baseline}.")
    (name, other), run = comparison.names, state.snapshot.run
    exact, baseline = figure(run.exact.sampling), figure(comparison.run.exact.sampling)
    return [template.format(name=name, exact=exact, other=other, baseline=baseline), comparison_summary(state)[1]]
