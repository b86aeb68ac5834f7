"""Events, branches, captions, knobs, figures and siblings, a line each."""

import math

from lakeppo.config import KNOBS
from lakeppo.errors import InvalidValue, nearest
from lakeppo.figures import figure, small_figure
from lakeppo.i18n import N_, _
from lakeppo.plain.words import listed, moment_place, sentence
from lakeppo.runs.statistics import STATS, Row
from lakeppo.session.event_words import event_place, event_words
from lakeppo.session.sibling_results import sibling_rows
from lakeppo.session.snapshot import BranchView, RunView
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import changed_words
from lakeppo.tui.text.formatting import (
    OUTDATED,
    ceiling_words,
    rate_words,
    settings_words,
    siblings_words,
    value_in_force,
)

SERIES = 20
"""Values of a figure over the run that are told."""
SIBLINGS = 10
"""Siblings that are listed: the best and the worst of them."""


def event_lines(state: AppState) -> list[str]:
    events = state.snapshot.position.events
    if not events:
        return [_("There is no event yet: no goal, no fall, no change, no bookmark.")]
    return [
        _("{number}. {place}: {what}").format(number=number, place=event_place(event), what=event_words(event))
        for number, event in enumerate(events, 1)
    ]


def caption_lines(state: AppState) -> list[str]:
    captions = state.snapshot.position.captions
    if not captions:
        return [_("No moment has a caption yet.")]
    return [
        _("{number}. {moment}, branch {branch}: {text}").format(
            number=number, moment=moment_place(one.moment, state.config), branch=one.branch, text=one.text
        )
        for number, one in enumerate(captions, 1)
    ]


def branch_lines(state: AppState) -> list[str]:
    position = state.snapshot.position
    if not position.branches:
        return [_("There is only one branch so far: {name}.").format(name=position.branch)]
    return [_branch_line(branch, branch.name == position.branch, state) for branch in position.branches]


def _branch_line(branch: BranchView, here: bool, state: AppState) -> str:
    parts = [_("{name} (here)").format(name=branch.name) if here else branch.name]
    if branch.left_at is not None:
        template = _("leaves {parent} at {moment}")
        parts.append(template.format(parent=branch.parent, moment=moment_place(branch.left_at, state.config)))
    if branch.changed:
        parts.append(changed_words(branch.changed))
    parts.append(_("ends at {moment}").format(moment=moment_place(branch.end, state.config)))
    if branch.last is not None:
        parts.append(_("exact success {exact}").format(exact=figure(branch.last.success_probability)))
    return listed(parts)


def where_lines(state: AppState, place: str) -> list[str]:
    """Return the run in short: settings, moment, exact figures, and what is set."""
    run, s = state.snapshot.run, state.snapshot
    exact = run.exact
    lines = [
        sentence(listed(settings_words(state))),
        place,
        _("The optimum is {optimum}, the {ceiling}.").format(
            optimum=figure(exact.optimum), ceiling=ceiling_words(exact)
        ),
        _("{episodes:,} episodes, {steps:,} steps; {done:,} of {limit}.").format(
            episodes=run.episodes, steps=run.env_steps, done=state.progress, limit=state.limit
        ),
    ]
    if run.window:
        sampled = _("Sampled, the last {window} episodes: {rate}.")
        lines.append(sampled.format(window=run.window, rate=rate_words(state)))
    if run.best is not None:
        best = _("The best policy so far, #{update}, has an exact success of {exact}.")
        lines.append(best.format(update=run.best.update, exact=figure(run.best.success_probability)))
    lines += [_("It stops when {condition}.").format(condition=s.stop_when)] if s.stop_when else []
    lines += [_("The run cannot be saved: {error}").format(error=s.save.error)] if s.save.error else []
    return lines + list(siblings_words(state)[:1])


def knob_lines(run: RunView) -> list[str]:
    """Return every knob with its value in force."""
    return [
        _("{name} {value}: {meaning}").format(name=name, value=value_in_force(run, name), meaning=_(knob.meaning))
        for name, knob in KNOBS.items()
    ]


def knob_words(run: RunView, name: str) -> list[str]:
    """Return a knob: its value, its range, and what low and high values do. Raises `InvalidValue`."""
    knob = KNOBS[known_knob(name)]
    low, high = knob.effects
    lines = [
        _("{name} is {value}: {meaning}.").format(
            name=knob.name, value=value_in_force(run, knob.name), meaning=_(knob.meaning)
        ),
        _("It can be {span}; the default is {default}.").format(span=knob.span, default=knob.show(knob.default)),
        _("Low: {low}. High: {high}.").format(low=_(low), high=_(high)),
    ]
    lines += [knob.in_tutorial] if knob.alias else []
    return lines + ([_("Worth trying: {values}.").format(values=listed(knob.steps))] if knob.steps else [])


def known_knob(name: str) -> str:
    """Return the name of the knob that a text means: its own, the tutorial's, or an unambiguous beginning.

    Raises `InvalidValue`.
    """
    word = name.lower().replace("-", "_")
    found = [knob.name for knob in KNOBS.values() if word in (knob.name, knob.alias)]
    found = found or [other for other in KNOBS if other.startswith(word)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidValue("{name} could be {names}", name=name, names=", ".join(found))
    parts = {part: other for other in KNOBS for part in (other.partition("_")[0], other)}
    near = parts.get(nearest(word, parts) or "")
    template = N_("there is no knob named {name}; is it {near}?") if near else N_("there is no knob named {name}")
    raise InvalidValue(template, name=name, near=near)


def figure_lines(state: AppState) -> list[str]:
    """Return the figures of the last update, each with its healthy range."""
    row = state.last_row
    if row is None:
        return [_("There are no figures yet: no update is done.")]
    head = _("Figures of update {update}:").format(update=row.update - 1)
    return [head, *(_stat_line(name, row) for name in STATS)]


def _stat_line(name: str, row: Row) -> str:
    stat, value = STATS[name], getattr(row, name)
    low, high = stat.low, stat.high
    outside = value is not None and ((low is not None and value < low) or (high is not None and value > high))
    template = _("{name} {value}, outside its healthy range: {healthy}") if outside else _("{name} {value}; {healthy}")
    return template.format(name=name, value=small_figure(value), healthy=_(stat.healthy))


def history_lines(state: AppState, name: str) -> list[str]:
    """Return a figure over the whole run, at most `SERIES` values. Raises `InvalidValue`."""
    names = [*STATS, *{"exact": "", "greedy": ""}]
    full = {"exact": "success_probability", "greedy": "greedy_success_probability"}.get(name, name)
    if full not in STATS:
        near = nearest(name, names)
        template = (
            N_("there is no figure named {name}; is it {near}?") if near else N_("there is no figure named {name}")
        )
        raise InvalidValue(template, name=name, near=near)
    values = state.rows.column(full)
    if not len(values):
        return [_("There are no figures yet: no update is done.")]
    stride = math.ceil(len(values) / SERIES)
    told = [*range(0, len(values) - 1, stride), len(values) - 1]
    points = (_("{update}: {value}").format(update=at, value=small_figure(float(values[at]))) for at in told)
    head = _("{name}, the update and its figure: {points}.").format(name=name, points=listed(points))
    return [head, f"{_(STATS[full].meaning)}; {_(STATS[full].healthy)}."]


def sibling_lines(state: AppState) -> list[str]:
    """Return how the run compares to its siblings, and the best and the worst of them."""
    siblings = state.siblings
    if siblings is None:
        return [_("There are no siblings: {key} trains some.").format(key=state.key("siblings"))]
    update = min(siblings.row(state.moment.update), len(state.rows))
    rows = sorted(sibling_rows(siblings, update, state.snapshot.run.exact.solved), key=lambda row: -row.success)
    lines = [sentence(siblings_words(state)[0])]
    if siblings.outdated:
        lines.append(_("They belong to {run}.").format(run=OUTDATED[siblings.outdated]))
    if rows:
        template = _("After update {update}, their exact success: median {median}, from {low} to {high}.")
        middle = rows[len(rows) // 2].success
        lines.append(template.format(update=update, median=figure(middle), low=figure(rows[-1].success),
                                     high=figure(rows[0].success)))  # fmt: skip
    if (training := siblings.training) > 0:
        lines.append(_("{count} of them still train.").format(count=training))
    half = SIBLINGS // 2
    for row in rows if len(rows) <= SIBLINGS else [*rows[:half], *rows[-half:]]:
        solved = _("not solved") if row.solved is None else _("solved at update {at}").format(at=row.solved)
        template = _("seed {seed}: {exact}, {solved}")
        lines.append(template.format(seed=row.seed, exact=figure(row.success), solved=solved))
    return lines
