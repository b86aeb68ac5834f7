"""Where two runs part, in words; and the scenes of a comparison: either side, and one against the other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from lakeppo.config import KNOBS, Config
from lakeppo.moment import Change, Difference, Moment, Phase
from lakeppo.session.snapshot import ComparisonView, Walk
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import SHORT

NOWHERE = Walk(agent=-1, trail=(), last=None, elapsed=0)
UNLIKE = {
    "pace": "their batches, or their passes, are not as many",
    "step": "the agents' steps",
    "advantages": "what the steps were judged to be worth",
    "policy": "the policy",
    "values": "the critic's values",
    "lake": "the size of the lake: tiles cannot be compared",
}
"""What differs first, in words."""


class Unlike(NamedTuple):
    """One thing the two are set to differently."""

    name: str
    mine: str
    other: str


def other_side(state: AppState) -> AppState:
    """The scene of the run beside the one shown."""
    beside = state.snapshot.beside if state.snapshot else None
    if beside is None:
        return state
    inside = state.cursor is not None and state.cursor < beside.snapshot.config.tiles
    return replace(
        state,
        origin=beside.origins[1],
        snapshot=beside.snapshot,
        history=beside.history,
        cursor=state.cursor if inside else None,
    )


def against(state: AppState) -> AppState:
    """A scene whose old policy is this run's and whose new one the other's; and so with the values, true and guessed.

    The lake's views of what a copy or the critic's error changes then show the other run against this one.
    """
    s = state.snapshot
    if s is None or s.beside is None or not comparable(state):
        return state
    b = s.beside.snapshot
    drawn = replace(
        s, walk=NOWHERE, demo=None, old_policy=s.policy, policy=b.policy, values=b.values, true_values=s.values
    )
    view = state.view if state.view == "value error" else "value error" if state.view == "values" else "old and new"
    return replace(state, snapshot=drawn, view=view)


def comparable(state: AppState) -> bool:
    """Whether the two lakes have the same tiles."""
    beside = state.snapshot.beside if state.snapshot else None
    return beside is not None and beside.snapshot.config.shape == state.config.shape


def changed_words(changes: Sequence[Change]) -> str:
    """What was changed, the last value of each knob: `clip ε off, slip 2/3`."""
    last = {change.name: change.value for change in changes}
    return ", ".join(_changed(name, value) for name, value in last.items())


def _changed(name: str, value: object) -> str:
    if name == "map_rows":
        return "map edited"
    return f"seed {value}" if name == "seed" else f"{SHORT.get(name, name)} {KNOBS[name].show(value)}"  # type: ignore[arg-type]  # a knob's own value


def unlike(state: AppState) -> list[Unlike]:
    """The knobs, the lake and the seed that differ now."""
    beside = state.snapshot.beside if state.snapshot else None
    if beside is None:
        return []
    mine, other = state.config, beside.snapshot.config
    found = [Unlike("seed", str(state.seed), str(beside.snapshot.seed))] if state.seed != beside.snapshot.seed else []
    found += [Unlike("follows", *seeds)] if len(set(seeds := [_later_seed(c) for c in beside.changes])) > 1 else []
    if mine.map_rows != other.map_rows:
        found.append(Unlike("map", mine.map, other.map if other.map != mine.map else "edited"))
    return found + [
        Unlike(SHORT.get(name, name), knob.show(getattr(mine, name)), knob.show(getattr(other, name)))
        for name, knob in KNOBS.items()
        if getattr(mine, name) != getattr(other, name)
    ]


def _later_seed(changes: Sequence[Change]) -> str:
    """The seed of what follows, if it was changed."""
    return next((f"seed {change.value}" for change in reversed(changes) if change.name == "seed"), "-")


def story(state: AppState) -> list[str]:
    """What the two have in common, and where the first difference is."""
    beside = state.snapshot.beside if state.snapshot else None
    if beside is None:
        return ["Putting the two side by side ...", ""]
    return [_begun(state, beside), _differs(state, beside)]


def _begun(state: AppState, beside: ComparisonView) -> str:
    mine, other = beside.names
    if not beside.related:
        return (
            f"{mine} ({_origin_words(state.seed, beside.origins[0], beside.origins[1])}) and "
            f"{other} ({_origin_words(beside.snapshot.seed, beside.origins[1], beside.origins[0])}) "
            "are two runs: compared from their beginning."
        )
    parts = [
        f"{name} has {words}"
        for name, c in zip(beside.names, beside.changes, strict=True)
        if (words := changed_words(c))
    ]
    then = f"then {' and '.join(parts)}." if parts else "no knob differs after it."
    return f"{mine} and {other} are the same run up to {after_words(beside.common)}; {then}"


def _origin_words(seed: int, config: Config, other: Config) -> str:
    """A run's seed, and what its config has that the other's has not."""
    said = [f"seed {seed}", config.preset] + ([config.map] if config.map != other.map else [])
    if config.preset == other.preset:
        said += [
            f"{SHORT.get(name, name)} {knob.show(getattr(config, name))}"
            for name, knob in KNOBS.items()
            if getattr(config, name) != getattr(other, name)
        ]
    return ", ".join(said)


def _differs(state: AppState, beside: ComparisonView) -> str:
    first = beside.differs_at
    if first is None:
        return f"No difference up to {after_words(beside.same_until)}: the same steps, policy and values, to the bit."
    return f"First difference: {after_words(first.moment)}: {difference_words(state, first)}."


def difference_words(state: AppState, first: Difference) -> str:
    """What differs first, and where most."""
    most = "" if first.tile is None else ", most at tile ({},{})".format(*divmod(first.tile, state.config.shape[1]))
    return f"{UNLIKE[first.what]}{most}"


def after_words(moment: Moment) -> str:
    """A moment by the unit that led there: `update 12, improve, after pass 4`."""
    update, phase, index = moment.update, moment.phase, moment.index
    if phase is Phase.COLLECT:
        if index:
            return f"update {update}, collect, step {index}"
        return f"the beginning of update {update}" if update else "the beginning"
    if phase is Phase.JUDGE:
        return f"update {update}, collect, the last step"
    if phase is Phase.COPY:
        return f"update {update}, improve, the last pass"
    return f"update {update}, improve, pass {index}" if index else f"update {update}, judge"
