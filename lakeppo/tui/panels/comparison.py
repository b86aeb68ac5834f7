"""The panels of a comparison: the two runs, their first difference, their figures and curves, and their lakes."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.cells import padded
from lakeppo.figures import figure, fitted, percent, signed, small_figure
from lakeppo.i18n import N_, _
from lakeppo.lake.transition import ACTIONS, ARROWS
from lakeppo.runs.history import Rows
from lakeppo.runs.statistics import STATS
from lakeppo.session.snapshot import ComparisonView, Exact, RunView
from lakeppo.tui.drawing.chart import scale
from lakeppo.tui.drawing.lines import Line, filled, first_fitting, fit, length, shorten, spread, styled
from lakeppo.tui.drawing.plot import Plot
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.lake import Lake, LakeModel
from lakeppo.tui.panels.message import MessageBar, MessageModel
from lakeppo.tui.panels.readouts import Readings, read, stat_name
from lakeppo.tui.state import AppState
from lakeppo.tui.text import comparison as texts
from lakeppo.tui.text.comparison import baseline_state, changed_words, same_shape
from lakeppo.tui.text.formatting import optimum_words
from lakeppo.tui.text.sample import GROUPS, cell_words
from lakeppo.tui.text.words import named
from lakeppo.tui.theme import BRANCH, DONE, LINE_SIGN

NAME, COLUMN = 12, 8
"""Columns of the table of figures: of a name, and of each figure."""
TABLE, GAP = NAME + 3 * COLUMN, "  "
"""The width of that table, and the gap before its second part beside it."""
LEARNING = ("approx_kl", "ratio_max", "stopped", "returning", "entropy", "policy_loss", "value_loss")
"""The readings in the table."""
MARGIN, NAMES = 4, 14
"""Columns of the chart for the scale at the left and for the names at the right."""
UNLIKE = N_("NO DIFFERENCE PER TILE")


class ComparisonTitleModel(NamedTuple):
    side: str  # the run shown; empty if both are
    exact: Exact
    comparison: ComparisonView | None


class ComparisonTitle(Panel[ComparisonTitleModel]):
    """The title: the two runs, or the one shown, and their success."""

    about = N_("the two runs that are compared, and their exact success")

    def model(self, state: AppState) -> ComparisonTitleModel:
        return ComparisonTitleModel(state.side, state.snapshot.run.exact, state.snapshot.comparison)

    def body(self, model: ComparisonTitleModel, width: int, height: int) -> list[Line]:
        normal, faint, strong = self.palette.normal, self.palette.faint, self.palette.strong
        if (comparison := model.comparison) is None:
            return [[(" " + _("COMPARE"), strong)]]
        words = zip(comparison.names, map(changed_words, comparison.changes), strict=True)
        changes = "  ".join(f"{name}: {changed}" for name, changed in words if changed)
        which = _("other {number} of {all}").format(number=comparison.choice + 1, all=comparison.choices)
        choice = which if comparison.choices > 1 else ""
        run, baseline = model.exact, comparison.run.exact
        exact = [(figure(run.sampling), strong), (" | ", faint), (figure(baseline.sampling), strong)]
        greedy = [(figure(run.greedy), normal), (" | ", faint), (figure(baseline.greedy), normal)]
        optimum = [(optimum_words(run), faint)] if run.optimum == baseline.optimum else []
        named = [(_("exact") + " ", faint), *exact], [(_("greedy") + " ", faint), *greedy]
        figures = fit([*named, optimum], max(20, width // 2))
        room = width - length(figures) - 2
        side = shorten(model.side, max(12, room - 19))
        names = (shorten(name, max(12, (room - 14) // 2)) for name in comparison.names)
        left: list[Line] = [
            [(" " + _("COMPARE") + " ", strong)],
            [(_("shows") + " ", faint), (f" {side} ", self.palette.inverse)] if side else [],
            [(" | ".join(names), normal)],
            [("" if side else changes, faint)],
            [(choice, faint)],
        ]
        return [spread(fit(left, room), figures, width, normal)]


class ComparisonSummaryModel(NamedTuple):
    common: str
    difference: str
    differs: bool  # a difference is known


class ComparisonSummary(Panel[ComparisonSummaryModel]):
    """Up to where the two are one run, and the first difference; in one line the difference."""

    about = N_("up to where the two are one run, and their first difference")

    def model(self, state: AppState) -> ComparisonSummaryModel:
        comparison = state.snapshot.comparison
        return ComparisonSummaryModel(*texts.comparison_summary(state), bool(comparison and comparison.differs_at))

    def body(self, model: ComparisonSummaryModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        difference = model.difference, palette.strong if model.differs else palette.normal
        lines = (model.common, palette.normal), difference
        return [[(f" {_shortened(text, width - 1)}", style)] for text, style in lines[-height:]]


def _shortened(text: str, width: int) -> str:
    """Return `text`, or as much of it as fits: first it loses all after its last colon."""
    return shorten(text if cell_len(text) <= width else text.rsplit(":", 1)[0] + ".", width)


class ComparisonMessageBar(MessageBar):
    """The message bar of a comparison; its sentence explains what the lakes show."""

    def model(self, state: AppState) -> MessageModel:
        comparison = state.snapshot.comparison
        if comparison is None:
            return super().model(state)._replace(sentence="", reasons=[])
        return super().model(state)._replace(sentence="", reasons=texts.comparison_sentences(state, comparison))


class DifferenceLake(Lake):
    """The difference per tile: the policy or the values of the baseline against those of the run on screen."""

    def model(self, state: AppState) -> LakeModel:
        model, comparison = super().model(texts.difference_state(state)), state.snapshot.comparison
        if comparison is None:
            return model
        if not same_shape(state):
            return model._replace(title=_(UNLIKE))
        run, baseline = comparison.names
        template = _("{baseline} AGAINST {run}  likeliest action")
        if model.view == "value error":
            template = _("{baseline} AGAINST {run}  V")
        return model._replace(title=template.format(baseline=baseline, run=run))

    def body(self, model: LakeModel, width: int, height: int) -> list[Line]:
        if model.title != _(UNLIKE):
            return super().body(model, width, height)
        return styled(_("The lakes differ in size, so their tiles cannot be compared."), width, self.palette.normal)


class RunFigures(NamedTuple):
    """One run's part of the table."""

    name: str
    run: RunView
    readings: Readings

    def tile(self, tile: int | None) -> list[float]:
        """Return the value and the policy of one tile."""
        return [] if tile is None else [float(self.run.values[tile]), *self.run.policy[tile].tolist()]


class ComparisonTableModel(NamedTuple):
    runs: tuple[RunFigures, RunFigures]  # the run on screen and the baseline
    settings: list[tuple[str, str, str]]  # those that differ: name and both values
    tile: int | None  # None where the tiles cannot be compared
    chosen: bool  # the tile was chosen with the cursor


class ComparisonTable(Panel[ComparisonTableModel]):
    """Both runs in one table: success, the settings that differ, the newest readings, one tile."""

    about = N_(
        "both runs: success, the settings that differ, the newest readings, one tile; at the right the difference"
    )

    def model(self, state: AppState) -> ComparisonTableModel | None:
        comparison, config = state.snapshot.comparison, state.config
        if comparison is None:
            return None
        tile = state.shown_tile if same_shape(state) and config.tile(state.shown_tile) not in "HG" else None
        states = zip(comparison.names, (state, baseline_state(state)), strict=True)
        run, baseline = (RunFigures(name, side.snapshot.run, read(side)) for name, side in states)
        return ComparisonTableModel((run, baseline), texts.different_settings(state), tile, state.cursor is not None)

    def title(self, model: ComparisonTableModel) -> str:
        return (_("FIGURES, KNOBS") + f"  {model.runs[0].readings.source}").rstrip()

    def body(self, model: ComparisonTableModel, width: int, height: int) -> list[Line]:
        (name, run, _a), (other, baseline, _b) = model.runs
        change = f"{other}-{name}"
        names = self._row("", name, other, change if cell_len(change) < COLUMN else _("diff"))
        exact = [
            self._difference("exact", run.exact.sampling, baseline.exact.sampling),
            self._difference("greedy", run.exact.greedy, baseline.exact.greedy),
            self._difference("sampled", run.success_rate, baseline.success_rate),
        ]
        settings = [self._row(*setting) for setting in model.settings]
        labelled = map(stat_name, LEARNING)
        learning = [self._row(*row) for row in zip(labelled, *map(_readings, model.runs), strict=True)]
        place = "" if model.tile is None else _("tile {tile} V").format(tile=cell_words(model.tile, run.config))
        labels = (place, *(f"{arrow} {_(action)}" for arrow, action in zip(ARROWS, ACTIONS, strict=True)))
        tables = (side.tile(model.tile) for side in model.runs)
        tile = [self._difference(*row) for row in zip(labels, *tables, strict=False)]
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
        word = named(name.replace(" ", "_") if name.replace(" ", "_") in STATS else name)
        figures = zip((run, baseline, change), (style, style, palette.faint), strict=True)
        label = padded(_(name), NAME), palette.faint + word
        return [label, *((_right_aligned(text), style) for text, style in figures)]

    def _difference(self, name: str, run: float | None, baseline: float | None) -> Line:
        """Return a row with two figures and by how much the baseline's is larger."""
        change = 0.0 if run is None or baseline is None else baseline - run
        return self._row(name, figure(run), figure(baseline), signed(change, 3) if change else "")


def _beside(name: str, figure: str) -> str:
    """Return a name and a figure at the right of the chart; the name gives way."""
    return f"{shorten(name, NAMES - 2 - cell_len(figure))} {figure}"


def _readings(run: RunFigures) -> list[str]:
    """Return the readings of the run's newest pass, or the means of its last update."""
    values = [(name, run.readings.values.get(name)) for name in LEARNING]
    return [percent(value) if value is not None and name in GROUPS else _small(value) for name, value in values]


def _small(value: float | None) -> str:
    """Return a figure that fits a column whole."""
    text = small_figure(value)
    return text if len(text) < COLUMN else fitted(value, COLUMN - 1)


def _right_aligned(text: str) -> str:
    """Return `text` at the right end of a column, shortened if it is too long."""
    return padded(shorten(text, COLUMN - 1), COLUMN, "right")


class ComparisonChartModel(NamedTuple):
    update: int
    names: tuple[str, str]
    histories: tuple[Rows, ...]  # of the whole branches
    exact: Exact
    common: int  # the update in which they separate


class ComparisonChart(Panel[ComparisonChartModel]):
    """Two curves; marks on the axis show where the runs separate and where they are now."""

    about = N_("exact success of both runs by update; marks on the axis: where they separate, and now")

    def model(self, state: AppState) -> ComparisonChartModel | None:
        run, comparison = state.snapshot.run, state.snapshot.comparison
        if comparison is None:
            return None
        both = (state.history, run.history_generation), (comparison.history, comparison.run.history_generation)
        histories = tuple(Rows(history, len(history), generation) for history, generation in both)
        common = comparison.common.update
        return ComparisonChartModel(run.moment.update, comparison.names, histories, run.exact, common)

    def title(self, model: ComparisonChartModel) -> Line:
        long, short, plain = (
            _("EXACT SUCCESS by update: {run}, {baseline}"),
            _("EXACT: {run}, {baseline}"),
            self.palette.normal,
        )
        signs = LINE_SIGN, 3 * (LINE_SIGN[0] if self.palette.blue else DONE)
        room = max(8, (self.size.width - cell_len(short)) // 2 - len(LINE_SIGN))
        run, baseline = (
            (f"{sign} {shorten(name, room)}", style)
            for sign, name, style in zip(signs, model.names, self._styles, strict=True)
        )
        lines = (filled(template, plain, run=run, baseline=baseline) for template in (long, short))
        return first_fitting(lines, self.size.width)

    def body(self, model: ComparisonChartModel, width: int, height: int) -> list[Line]:
        if height < 3 or width < MARGIN + NAMES + 8:
            return []
        span, faint = max(10, *map(len, model.histories)), self.palette.faint
        plot = Plot((width - MARGIN - NAMES, height - 1), span, (0.0, 1.0), model.update, self.palette)
        glyphs = "", "" if self.palette.blue else DONE
        for rows, style, glyph in zip(model.histories, self._styles, glyphs, strict=True):
            plot.curve(rows.column("update"), rows.column("success_probability"), style, glyph)
        plot.level(model.exact.optimum, faint)
        names = self._names(model, plot)
        lines: list[Line] = [
            [(scale(plot, y), faint), *cells, names.get(y, ("", faint))] for y, cells in enumerate(plot.rows())
        ]
        return [*lines, plot.axis({model.common: BRANCH}, indent=3)]

    @property
    def _styles(self) -> tuple[Style, Style]:
        return self.palette.strong + self.palette.green, self.palette.blue

    def _names(self, model: ComparisonChartModel, plot: Plot) -> dict[int, tuple[str, Style]]:
        """Return the name at the right of each line: a curve's at the level of its end, or as near as there is room."""
        ends = [
            (_beside(name, figure(rows[-1].success_probability)), plot.line_of(rows[-1].success_probability), style)
            for name, rows, style in zip(model.names, model.histories, self._styles, strict=True)
            if rows
        ]
        ends.append((optimum_words(model.exact), plot.line_of(model.exact.optimum), self.palette.faint))
        ends = sorted(ends[: plot.height], key=lambda end: end[1])
        placed: dict[int, tuple[str, Style]] = {}
        for below, (text, level, style) in zip(range(len(ends), 0, -1), ends, strict=True):
            free = max(placed, default=-1) + 1
            placed[min(max(level, free), plot.height - below)] = (f" {text}", style)
        return placed
