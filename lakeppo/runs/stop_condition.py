"""A condition on a run, and the moments at which it becomes true.

`exact`, `greedy`, `solved` and the statistics are those of the last update, from its copy on. Within an update
`ratio_min` and `ratio_max` are those of its passes so far, and `p(tile, action)` is the new actor's probability; what
they were earlier is not kept, so an `after` knows it only from the time the condition was set.
"""

import math
from functools import partial

import numpy as np
import torch

from lakeppo.conditions.bounds import FALSE, UNKNOWN, Bounds, bounds_of, exactly
from lakeppo.conditions.expression import Call, Expression, Leaf, Name, Number, Value, Watch, leaves, to_text
from lakeppo.config import LakeKey
from lakeppo.errors import Message
from lakeppo.i18n import _
from lakeppo.lake.exact import solved_success
from lakeppo.lake.transition import ACTIONS
from lakeppo.moment import BEGINNING, Moment, Phase, short_moment
from lakeppo.runs.pass_tables import Tables, changes_up_to
from lakeppo.runs.statistics import DERIVED
from lakeppo.runs.timeline import Timeline
from lakeppo.runs.vocabulary import EXACT, SOLVED, parse_condition

EXTREMES = ("ratio_min", "ratio_max")
"""Statistics that are known within an update."""
SLACK = 1e-12
"""By which a ratio may be rounded in another way than in the row of its update."""


class StopCondition:
    """Watches a condition on the run of a timeline, on whichever branch that is."""

    def __init__(self, text: str, timeline: Timeline) -> None:
        """Raises `InvalidValue` for a text that is no condition on this run."""
        self.timeline, self.run = timeline, timeline.run
        self.expression = parse_condition(text, self.run.config.tiles)
        self.text = " ".join(text.split())
        self.within_updates = _within_updates(self.expression)
        self._watch: Watch[Moment] = Watch(self.expression)
        self._extremes: tuple[tuple[int, int], tuple[float, float]] | None = None
        self._thresholds: dict[int, float] = {}
        self._branch = timeline.branch
        self._note_history()
        self.settle()

    def settle(self) -> None:
        """Take the run as it stands, on another branch or at another moment: from here it must become true."""
        if (branch := self.timeline.branch) is not self._branch:
            left = branch.left_at if branch.parent == self._branch.name else None
            shared = {before: at for before, at in self._watch.first.items() if left is not None and at <= left}
            self._branch, self._watch.first, self._thresholds = branch, shared, {}
            self._note_history()
        self.true, self.met = self._holds(), False

    def look(self, phase: Phase) -> bool:
        """Look at the run right after a unit of `phase`; set `met`, whether the condition has become true there."""
        if not (phase is Phase.COPY or (self.within_updates and phase is Phase.IMPROVE)):
            self.met = False
            return False
        self._watch.note(self.run.moment, self._now)
        before, self.true = self.true, self._holds()
        self.met = self.true and not before
        return self.met

    def last_true(self) -> Moment | None:
        """Return the latest moment before this one at which the condition held; the run may then stand elsewhere."""
        here = self.run.moment
        if self.within_updates:
            self.timeline.back(lambda phase: phase in (Phase.IMPROVE, Phase.COPY) and self._holds(), self._may_hold)
            found = self.run.moment if here > BEGINNING and self._holds() else None
            self.timeline.go_to(here)
            return found
        for update in range(here.update, 0, -1):
            moment = Moment(update, Phase.COLLECT, 0)
            if moment < here and self._watch.holds(moment, partial(self._figure, update)):
                return moment
        return None

    def _may_hold(self, start: Moment, until: Moment) -> bool:
        """Return whether the condition may hold after a pass or a copy from `start` to before `until`.

        The rows of updates and the kept policies decide; where they do not, it may.
        """
        first = start.update - (start.phase is Phase.COLLECT)
        last = until.update - (until.phase is Phase.COLLECT)
        return any(map(self._may_hold_in, range(max(0, first), last + 1)))

    def _may_hold_in(self, update: int) -> bool:
        """Return whether the condition may hold after one of the passes of an update, or after its copy."""
        tables, ends = self._tables(update), Moment(update + 1, Phase.COLLECT, 0)
        if tables is None and any(isinstance(leaf, Call) for leaf in leaves(self.expression)):
            return True
        begins, copy = Moment(update, Phase.IMPROVE, 1), Moment(update, Phase.COPY, 0)
        places: list[tuple[Moment, Moment, Tables | None]] = [(begins, copy, None)]
        if tables is not None:
            passes = (Moment(update, Phase.IMPROVE, number) for number in range(1, len(tables) + 1))
            places = [(at, at, table) for at, table in zip(passes, tables, strict=True)]
        if any(self._bounds(update, *place).high for place in places):
            return True
        after = None if tables is None else tables[-1]
        return update < len(self._branch.history) and bool(self._bounds(update + 1, ends, ends, after, True).high)

    def _bounds(self, update: int, first: Moment, last: Moment, table: Tables | None, copied: bool = False) -> Bounds:
        """Return whether the condition holds and may hold from `first` to `last`, after `update` updates.

        `table`: the policy `(S, 4)` there, if it is kept. `copied`: no pass has been made since the copy.
        """

        def values(leaf: Leaf) -> Bounds:
            if isinstance(leaf, Call):
                return UNKNOWN if table is None else _near(table[_cell(leaf)])
            if leaf.name in EXTREMES and not copied:
                return self._ratio_bounds(update)
            return exactly(self._figure(update, leaf))

        def held_before(before: Expression) -> Bounds:
            at = self._watch.first.get(before)
            return FALSE if at is None else Bounds(at < first, at < last)

        return bounds_of(self.expression, values, held_before)

    def _ratio_bounds(self, update: int) -> Bounds:
        """Return between what the ratios after any pass of an update are: those of its row, if there is one."""
        if update >= len(self._branch.history):
            return UNKNOWN
        low, high = (float(self._branch.history.column(name)[update]) for name in EXTREMES)
        return Bounds(low * (1 - SLACK), high * (1 + SLACK)) if math.isfinite(low) and math.isfinite(high) else UNKNOWN

    def _tables(self, update: int) -> Tables | None:
        kept, copy = self.run.tables, Moment(update, Phase.COPY, 0)
        return None if kept is None else kept.get(update, changes_up_to(self._branch.changes, copy))

    def report(self) -> Message:
        """Return the moment, the condition, the values of its names, and when the right sides of `after` first held."""
        now = [f"{to_text(leaf)} {_shown(self._now(leaf))}" for leaf in leaves(self.expression, befores=False)]
        first = self._watch.first
        earlier = [
            _("{condition} at {moment}").format(condition=to_text(b), moment=short_moment(first[b]))
            for b in self._watch.befores
            if b in first
        ]
        return Message("stopped at {moment}: {condition} ({values})", moment=short_moment(self.run.moment),
                       condition=self.text, values=", ".join(now + earlier))  # fmt: skip

    def _holds(self) -> bool:
        return self._watch.holds(self.run.moment, self._now)

    def _note_history(self) -> None:
        """Note every update of the branch, as far as it has been computed."""
        for update in range(1, len(self._branch.history) + 1):
            if len(self._watch.first) == len(self._watch.befores):
                break
            self._watch.note(Moment(update, Phase.COLLECT, 0), partial(self._figure, update))

    def _figure(self, update: int, leaf: Leaf) -> Value:
        """Return the value of a name right after an update; None where that is not kept."""
        if update == 0 or isinstance(leaf, Call):
            return None
        history = self._branch.history
        if leaf.name == SOLVED:
            return bool(history.column(EXACT["exact"])[update - 1] >= self._threshold(update))
        if leaf.name in DERIVED:
            return float(getattr(history[update - 1], leaf.name))
        return float(history.column(EXACT.get(leaf.name, leaf.name))[update - 1])  # NaN: no value

    def _now(self, leaf: Leaf) -> Value:
        trainer = self.run.trainer
        match leaf:
            case Call():
                return trainer.policy()[_cell(leaf)].exp().item()
            case Name(name) if name in EXTREMES and trainer.passes:
                return self._ratio_range()[EXTREMES.index(name)]
        return self._figure(trainer.updates, leaf)

    def _ratio_range(self) -> tuple[float, float]:
        """Return the smallest and the largest ratio of the passes of this update so far."""
        trainer = self.run.trainer
        assert trainer.batch is not None
        key, passes = (trainer.updates, len(trainer.passes)), trainer.passes
        if self._extremes is not None and self._extremes[0] == key:
            return self._extremes[1]
        known = self._extremes is not None and self._extremes[0] == (key[0], key[1] - 1)
        tables = torch.stack([each.log_policy for each in (passes[-1:] if known else passes)])
        ratios = (tables - trainer.old_log_policy).flatten(1)[:, trainer.batch.chosen].exp()
        smallest, largest = (value.item() for value in ratios.aminmax())
        if known and self._extremes is not None:
            smallest, largest = min(smallest, self._extremes[1][0]), max(largest, self._extremes[1][1])
        self._extremes = key, (smallest, largest)
        return smallest, largest

    def _threshold(self, update: int) -> float:
        """Return the success from which the lake of an update counts as solved, as in a fleet."""
        end = Moment(update, Phase.COLLECT, 0)
        changes = [c for c in self._branch.changes if c.name in LakeKey._fields and c.moment < end]
        if len(changes) not in self._thresholds:
            self._thresholds[len(changes)] = solved_success(self.run.origin.changed(changes))
        return self._thresholds[len(changes)]


def _cell(probability: Call) -> tuple[int, int]:
    """Return the tile and the action of a probability."""
    tile, action = probability.arguments
    assert isinstance(tile, Number)
    assert isinstance(action, Name)
    return int(tile.value), ACTIONS.index(action.name)


def _near(probability: np.float32) -> Bounds:
    """Return the bounds of a probability that was rounded to float32."""
    below, above = (float(np.nextafter(probability, np.float32(end))) for end in (-math.inf, math.inf))
    return Bounds(below, above)


def _within_updates(expression: Expression) -> bool:
    return any(isinstance(leaf, Call) or leaf.name in EXTREMES for leaf in leaves(expression))


def _shown(value: Value) -> str:
    if value is None or value != value:
        return "unknown"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
