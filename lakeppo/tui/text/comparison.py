"""Texts on two runs that are compared, and the states of their panels: of either run, and of their difference."""

from collections.abc import Sequence
from dataclasses import replace

from lakeppo.config import KNOBS, Config
from lakeppo.errors import printable
from lakeppo.i18n import N_, _, joined
from lakeppo.moment import Change, Moment, Phase
from lakeppo.session.snapshot import ComparisonView, Walk
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import SHORT
from lakeppo.tui.text.sample import cell_words

NO_WALK = Walk(agent=-1, trail=(), last=None, elapsed=0)
DIFFERENCES = {
    "pace": N_("the number of steps or of passes"),
    "step": N_("the agents' steps"),
    "advantages": N_("the advantages"),
    "policy": N_("the policy"),
    "values": N_("the critic's values"),
    "lake": N_("the size of the lake: tiles cannot be compared"),
}
"""The kinds of a first difference."""


def baseline_state(state: AppState) -> AppState:
    """Return the state of the baseline: the run compared with the one on screen."""
    comparison = state.snapshot.comparison
    if comparison is None:
        return state
    cursor = state.cursor if state.cursor is not None and state.cursor < comparison.run.config.tiles else None
    snapshot = replace(
        state.snapshot, run=comparison.run, origin=comparison.origins[1], history=comparison.history,
        position=comparison.position, demo=None, batch=None, comparison=None,
    )  # fmt: skip
    return replace(state, snapshot=snapshot, cursor=cursor)


def difference_state(state: AppState) -> AppState:
    """Return a state whose old policy and true values are those on screen, and whose new ones are the baseline's.

    The views of what a copy changes and of the critic's error then show the difference of the two runs.
    """
    s = state.snapshot
    if s.comparison is None or not same_shape(state):
        return state
    a, b = s.run, s.comparison.run
    run = replace(a, walk=NO_WALK, old_policy=a.policy, policy=b.policy, true_values=a.values, values=b.values)
    drawn = replace(s, run=run, demo=None)
    values = state.view in ("values", "value error")
    return replace(state, snapshot=drawn, view="value error" if values else "old and new")


def same_shape(state: AppState) -> bool:
    """Return whether the lakes of the two runs have the same shape."""
    comparison = state.snapshot.comparison
    return comparison is not None and comparison.run.config.shape == state.config.shape


def changed_words(changes: Sequence[Change]) -> str:
    """Return the changes, each knob's last one: `clip ε off, slip 2/3`."""
    last = {change.name: change.value for change in changes}
    return ", ".join(_changed(name, value) for name, value in last.items())


def _changed(name: str, value: object) -> str:
    if name == "map_rows":
        return _("map edited")
    if name == "seed":
        return _("seed {seed}").format(seed=value)
    return f"{SHORT.get(name, name)} {KNOBS[name].show(value)}"  # type: ignore[arg-type]  # a knob's own value


def different_settings(state: AppState) -> list[tuple[str, str, str]]:
    """Return the seeds, maps and knobs in force that differ: their name, and their value in either run."""
    comparison = state.snapshot.comparison
    if comparison is None:
        return []
    config, other = state.config, comparison.run.config
    seeds, later = (state.seed, comparison.run.seed), [_reseeded(changes) for changes in comparison.changes]
    found = [(_("seed"), str(seeds[0]), str(seeds[1]))] if seeds[0] != seeds[1] else []
    found += [(_("reseeded"), later[0], later[1])] if later[0] != later[1] else []
    if config.map_rows != other.map_rows:
        found.append((_("map"), config.map, other.map if other.map != config.map else _("edited")))
    return found + [(SHORT.get(name, name), *values) for name, values in _different_knobs(config, other).items()]


def _different_knobs(config: Config, other: Config) -> dict[str, tuple[str, str]]:
    """Return the values of the knobs that differ, by name."""
    pairs = {name: (getattr(config, name), getattr(other, name)) for name in KNOBS}
    return {name: (KNOBS[name].show(a), KNOBS[name].show(b)) for name, (a, b) in pairs.items() if a != b}


def _reseeded(changes: Sequence[Change]) -> str:
    """Return the last change of the seed: `seed 5`, or `-`."""
    seeds = (change.value for change in reversed(changes) if change.name == "seed")
    return next((_("seed {seed}").format(seed=seed) for seed in seeds), "-")


def comparison_summary(state: AppState) -> tuple[str, str]:
    """Return two sentences: what the two runs have in common, and their first difference."""
    comparison = state.snapshot.comparison
    if comparison is None:
        return _("Preparing the comparison ..."), ""
    if (first := comparison.differs_at) is None:
        until = reached_words(comparison.same_until)
        template = _("No difference up to {until}: the same steps, policy and values, to the bit.")
        return _common_words(state, comparison), template.format(until=until)
    template, tile = _("First difference: {moment}: {what}."), ""
    if first.tile is not None:
        template = _("First difference: {moment}: {what}, most at tile {tile}.")
        tile = cell_words(first.tile, state.config)
    difference = template.format(moment=reached_words(first.moment), what=_(DIFFERENCES[first.what]), tile=tile)
    return _common_words(state, comparison), difference


def _common_words(state: AppState, comparison: ComparisonView) -> str:
    name, other = comparison.names
    if not comparison.related:
        origin, its = comparison.origins
        first, second = _origin_words(state.seed, origin, its), _origin_words(comparison.run.seed, its, origin)
        apart = _("{name} ({first}) and {other} ({second}) are two runs: compared from their beginning.")
        return apart.format(name=name, first=first, other=other, second=second)
    one, two = map(changed_words, comparison.changes)
    if one and two:
        template = _("{name} and {other} are the same run up to {until}; then {name} has {one} and {other} has {two}.")
    elif one:
        template = _("{name} and {other} are the same run up to {until}; then {name} has {one}.")
    elif two:
        template = _("{name} and {other} are the same run up to {until}; then {other} has {two}.")
    else:
        template = _("{name} and {other} are the same run up to {until}; no knob differs after it.")
    return template.format(name=name, other=other, until=reached_words(comparison.common), one=one, two=two)


def _origin_words(seed: int, config: Config, other: Config) -> str:
    """Return a run's seed, preset, and the settings of its first config that differ from the other run's."""
    words = [_("seed {seed}").format(seed=seed), config.preset]
    words += [printable(config.map, 24)] if config.map != other.map else []
    if config.preset == other.preset:
        words += [f"{SHORT.get(name, name)} {value}" for name, (value, _) in _different_knobs(config, other).items()]
    return ", ".join(words)


def comparison_sentences(state: AppState, comparison: ComparisonView) -> list[str]:
    """Return what the lakes of a comparison show, and the keys that move and close it; the most important first."""
    run, baseline = comparison.names
    templates = [_("Steps, {earlier} and {later} move both."), _("{compare_close} closes; {run} stays here.")]
    if comparison.run.moment != state.moment:
        templates = [_("{baseline} is ahead of {run}: their batch sizes or epochs differ.")]
    elif state.side in comparison.names:
        both, close = templates
        templates = [joined(both, _("{compare_side}: the other side."), close)]
    elif not same_shape(state):
        templates = [_("{baseline} and {run} have different lakes."), *templates]
    elif state.view in ("values", "value error"):
        templates = [_("{baseline} against {run}: its V, + above {run}'s."), *templates]
    else:
        action = _("{baseline} against {run}: its likeliest action, + likelier than in {run}.")
        templates = [action, *templates]
    return [template.format(run=run, baseline=baseline, **state.keys) for template in templates]


def reached_words(moment: Moment) -> str:
    """Return the unit that led to a moment: `update 12, improve, pass 4`."""
    update, phase, index = moment
    if phase is Phase.COLLECT:
        template = _("update {update}, collect, step {index}")
        if not index:
            template = _("the beginning of update {update}") if update else _("the beginning")
    elif phase is Phase.JUDGE:
        template = _("update {update}, collect, the last step")
    elif phase is Phase.COPY:
        template = _("update {update}, improve, the last pass")
    else:
        template = _("update {update}, improve, pass {index}") if index else _("update {update}, judge")
    return template.format(update=update, index=index)
