"""The panels of a comparison: the runs compared, their first difference, their figures, and their lakes' difference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from lakeppo.lake.transition import ACTIONS, ARROWS
from lakeppo.session.snapshot import Exact
from lakeppo.tui.drawing.lines import Line, fit, length, shorten, spread, wrapped
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.panels.lake import Lake, LakeModel
from lakeppo.tui.panels.message import MessageBar, MessageModel
from lakeppo.tui.panels.readouts import Readings, read
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import (
    baseline_state,
    changed_words,
    comparison_summary,
    difference_state,
    different_settings,
    same_shape,
)
from lakeppo.tui.text.formatting import figure, percent, signed

NAME, COLUMN = 12, 8
"""Columns of the table of figures: of a name, and of each figure."""
TABLE, GAP = NAME + 3 * COLUMN, "  "
"""The width of that table, and the gap before its second part beside it."""
LEARNING = {
    "approx_kl": "KL",
    "ratio_max": "ratio max",
    "stopped": "stopped",
    "returning": "returning",
    "entropy": "entropy",
    "policy_loss": "policy loss",
    "value_loss": "value loss",
}
"""The readings in the table, with their names there."""


@dataclass(frozen=True, eq=False)
class ComparisonTitleModel(Model):
    side: str = ""  # the run shown; empty if both are
    names: tuple[str, ...] = ()  # of the run on screen and the baseline; empty while there is nothing to compare
    exact: tuple[Exact, ...] = ()
    changes: tuple[str, ...] = ()  # each run's own
    choice: tuple[int, int] = (1, 1)  # the number of the baseline, and how many there are


class ComparisonTitle(Panel[ComparisonTitleModel]):
    """The title: the two runs, or the one shown, and their success."""

    def model(self, state: AppState) -> ComparisonTitleModel:
        comparison = state.snapshot.comparison
        if comparison is None:
            return ComparisonTitleModel()
        words = zip(comparison.names, map(changed_words, comparison.changes), strict=True)
        changes = tuple(f"{name}: {changed}" for name, changed in words if changed)
        exact, choice = (state.snapshot.run.exact, comparison.run.exact), (comparison.choice + 1, comparison.choices)
        return ComparisonTitleModel(state.side, comparison.names, exact, changes, choice)

    def body(self, model: ComparisonTitleModel, width: int, height: int) -> list[Line]:
        normal, faint, strong = self.palette.normal, self.palette.faint, self.palette.strong
        if not model.names:
            return [[(" COMPARE", strong)]]
        left: list[Line] = [
            [(" COMPARE ", strong)],
            [("shows ", faint), (f" {model.side} ", self.palette.inverse)] if model.side else [],
            [(" | ".join(model.names), normal)],
            [("  ".join(model.changes), faint)] if model.changes and not model.side else [],
            [("other {} of {}".format(*model.choice), faint)] if model.choice[1] > 1 else [],
        ]
        run, baseline = model.exact
        exact = [(figure(run.sampling), strong), (" | ", faint), (figure(baseline.sampling), strong)]
        greedy = [(figure(run.greedy), normal), (" | ", faint), (figure(baseline.greedy), normal)]
        optimum = [(f"optimum {figure(run.optimum)}", faint)] if run.optimum == baseline.optimum else []
        figures = fit([[("exact ", faint), *exact], [("greedy ", faint), *greedy], optimum], max(20, width // 2))
        return [spread(fit(left, width - length(figures) - 2), figures, width, normal)]


@dataclass(frozen=True, eq=False)
class ComparisonSummaryModel(Model):
    common: str
    difference: str
    differs: bool  # a difference is known


class ComparisonSummary(Panel[ComparisonSummaryModel]):
    """Up to where the two are one run, and the first difference; in one line the difference."""

    def model(self, state: AppState) -> ComparisonSummaryModel:
        comparison = state.snapshot.comparison
        common, difference = comparison_summary(state)
        return ComparisonSummaryModel(common, difference, comparison is not None and comparison.differs_at is not None)

    def body(self, model: ComparisonSummaryModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        common = (model.common, palette.normal)
        difference = (model.difference, palette.strong if model.differs else palette.blue)
        return [[(f" {_shortened(text, width - 1)}", style)] for text, style in [common, difference][-height:]]


def _shortened(text: str, width: int) -> str:
    """Return `text`, or as much of it as fits: first it loses all after its last colon."""
    return shorten(text if len(text) <= width else text.rsplit(":", 1)[0] + ".", width)


class ComparisonMessageBar(MessageBar):
    """The message bar of a comparison; its sentence explains what the lakes show."""

    def model(self, state: AppState) -> MessageModel:
        comparison = state.snapshot.comparison
        if comparison is None:
            return replace(super().model(state), sentence="", reasons=[])
        run, baseline = comparison.names
        keys = f"Steps, {state.key('earlier')} and {state.key('later')} move both."
        close = f"{state.key('compare_close')} closes; {run} stays here."
        if comparison.run.moment != state.moment:
            sentences = [f"{baseline} is ahead of {run}: their batch sizes or epochs differ."]
        elif state.side in comparison.names:
            sentences = [f"{keys} {state.key('compare_side')}: the other side. {close}"]
        elif not same_shape(state):
            sentences = [f"{baseline} and {run} have different lakes.", keys, close]
        elif state.view in ("values", "value error"):
            sentences = [f"{baseline} against {run}: its V, + above {run}'s.", keys, close]
        else:
            sentences = [f"{baseline} against {run}: its likeliest action, + likelier than in {run}.", keys, close]
        return replace(super().model(state), sentence="", reasons=sentences)


@dataclass(frozen=True, eq=False)
class DifferenceModel(LakeModel):
    names: tuple[str, str]
    same_shape: bool


class DifferenceLake(Lake):
    """The difference per tile: the policy or the values of the baseline against those of the run on screen."""

    def model(self, state: AppState) -> DifferenceModel:
        comparison = state.snapshot.comparison
        return DifferenceModel(
            **vars(super().model(difference_state(state))),
            names=comparison.names if comparison else ("", ""),
            same_shape=comparison is None or same_shape(state),
        )

    def title(self, model: LakeModel) -> str:
        assert isinstance(model, DifferenceModel)
        if not model.same_shape:
            return "NO DIFFERENCE PER TILE"
        run, baseline = model.names
        return f"{baseline} AGAINST {run}  {'V' if model.view == 'value error' else 'likeliest action'}"

    def body(self, model: LakeModel, width: int, height: int) -> list[Line]:
        assert isinstance(model, DifferenceModel)
        if model.same_shape:
            return super().body(model, width, height)
        text = "The lakes differ in size, so their tiles cannot be compared."
        return [[(line, self.palette.normal)] for line in wrapped(text, width)]


@dataclass(frozen=True, eq=False)
class RunFigures(Model):
    """One run's part of the table."""

    name: str
    exact: Exact
    success_rate: float | None
    readings: Readings | None
    tile: tuple[float, ...]  # the value and the policy of one tile; empty where the tiles cannot be compared


@dataclass(frozen=True, eq=False)
class ComparisonTableModel(Model):
    runs: tuple[RunFigures, ...] = ()  # the run on screen and the baseline; empty while there is nothing to compare
    settings: tuple[Sequence[str], ...] = ()  # those that differ: name and both values
    tile: str = ""
    chosen: bool = False  # the tile was chosen with the cursor


class ComparisonTable(Panel[ComparisonTableModel]):
    """Both runs in one table: success, the settings that differ, the newest readings, one tile."""

    def model(self, state: AppState) -> ComparisonTableModel:
        comparison, config = state.snapshot.comparison, state.config
        if comparison is None:
            return ComparisonTableModel()
        tile = state.inspected if same_shape(state) and config.tile(state.inspected) not in "HG" else None
        states = zip(comparison.names, (state, baseline_state(state)), strict=True)
        runs = tuple(_figures(side, name, tile) for name, side in states)
        place = "" if tile is None else "tile ({},{})".format(*divmod(tile, config.shape[1]))
        return ComparisonTableModel(runs, tuple(different_settings(state)), place, state.cursor is not None)

    def title(self, model: ComparisonTableModel) -> str:
        readings = model.runs[0].readings if model.runs else None
        return f"FIGURES, KNOBS  {readings.source if readings else ''}".rstrip()

    def body(self, model: ComparisonTableModel, width: int, height: int) -> list[Line]:
        if not model.runs:
            return []
        run, baseline = model.runs
        change = f"{baseline.name}-{run.name}"
        names = self._row("", run.name, baseline.name, change if cell_len(change) < COLUMN else "diff")
        exact = [
            self._difference("exact", run.exact.sampling, baseline.exact.sampling),
            self._difference("greedy", run.exact.greedy, baseline.exact.greedy),
            self._difference("sampled", run.success_rate, baseline.success_rate),
        ]
        settings = [self._row(*setting) for setting in model.settings]
        learning = [
            self._row(label, *(_reading(side, name) for side in model.runs)) for name, label in LEARNING.items()
        ]
        labels = (f"{model.tile} V", *map(" ".join, zip(ARROWS, ACTIONS, strict=True)))
        tile = [self._difference(*row) for row in zip(labels, run.tile, baseline.tile, strict=False)]
        lines = [names, *exact, *settings, *learning, *tile]
        if model.chosen and len(lines) > height:
            lines = [names, *settings, *tile, *exact, *learning]
        if len(lines) <= height or width < 2 * TABLE + len(GAP):
            return lines[:height]
        blank: Line = [(" " * TABLE, self.palette.normal)]
        right = [names, *lines[height:], *[blank] * height]
        return [[*line, (GAP, self.palette.normal), *more] for line, more in zip(lines[:height], right, strict=False)]

    def _row(self, name: str, run: str, baseline: str, change: str = "") -> Line:
        palette = self.palette
        style = palette.normal if run == baseline else palette.strong
        figures = zip((run, baseline, change), (style, style, palette.faint), strict=True)
        return [(f"{name:<{NAME}}", palette.faint), *((_right_aligned(text), style) for text, style in figures)]

    def _difference(self, name: str, run: float | None, baseline: float | None) -> Line:
        """Return a row with two figures and by how much the baseline's is larger."""
        change = 0.0 if run is None or baseline is None else baseline - run
        return self._row(name, figure(run), figure(baseline), signed(change, 3) if change else "")


def _figures(state: AppState, name: str, tile: int | None) -> RunFigures:
    run = state.snapshot.run
    table = () if tile is None else (float(run.values[tile]), *run.policy[tile].tolist())
    return RunFigures(name, run.exact, run.success_rate, read(state), table)


def _reading(run: RunFigures, name: str) -> str:
    """Return one reading of the run's newest pass, or of the mean of its last update."""
    if run.readings is None:
        return "-"
    value = getattr(run.readings, name)
    return percent(value) if name in ("stopped", "returning") else figure(value, 4 if abs(value) < 0.01 else 3)


def _right_aligned(text: str) -> str:
    """Return `text` at the right end of a column, shortened if it is too long."""
    text = shorten(text, COLUMN - 1)
    return " " * (COLUMN - cell_len(text)) + text
