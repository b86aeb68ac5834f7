"""The panels of a comparison: what is compared, where it differs, the figures of both, one lake against the other."""

from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len

from lakeppo.tui.drawing.lines import Line, fit, length, shorten, spread, wrapped
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.lake import Lake, LakeModel
from lakeppo.tui.panels.message import MessageBar, MessageModel
from lakeppo.tui.panels.readouts import read
from lakeppo.tui.state import AppState
from lakeppo.tui.text.comparison import against, changed_words, comparable, other_side, story, unlike
from lakeppo.tui.text.formatting import figure, percent, signed
from lakeppo.tui.theme import ACTIONS, ARROWS

NAME, COLUMN = 12, 8
"""Columns of the table of figures."""
TABLE, GAP = NAME + 3 * COLUMN, "  "
"""The width of that table, and what stands between it and the rest of it beside."""


class ComparisonTitle(Panel[Any]):
    """The title: which two, or which side is shown; and how well they do."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s = state.snapshot
        b = s.beside if s else None
        return (s and s.exact, b and (b.names, b.changes, b.snapshot.exact, b.choice, b.choices))

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette, beside = self.palette, state.snapshot.beside if state.snapshot else None
        if state.snapshot is None or beside is None:
            return [[(" COMPARE", palette.strong)]]
        mine, other = beside.names
        what = [
            f"{name}: {words}"
            for name, c in zip(beside.names, beside.changes, strict=True)
            if (words := changed_words(c))
        ]
        left: list[Line] = [
            [(" COMPARE ", palette.strong)],
            [("shows ", palette.faint), (f" {state.side} ", palette.inverse)] if state.side else [],
            [(f"{mine} | {other}", palette.normal)],
            [("  ".join(what), palette.faint)] if what and not state.side else [],
            [(f"other {beside.choice + 1} of {beside.choices}", palette.faint)] if beside.choices > 1 else [],
        ]
        exact, its = state.snapshot.exact, beside.snapshot.exact
        right: list[Line] = [
            [
                ("exact ", palette.faint),
                (figure(exact.sampling), palette.strong),
                (" | ", palette.faint),
                (figure(its.sampling), palette.strong),
            ],
            [
                ("greedy ", palette.faint),
                (figure(exact.greedy), palette.normal),
                (" | ", palette.faint),
                (figure(its.greedy), palette.normal),
            ],
            [(f"optimum {figure(exact.optimum)}", palette.faint)] if exact.optimum == its.optimum else [],
        ]
        figures = fit(right, max(20, width // 2))
        head = fit(left, width - length(figures) - 2)
        return [spread(head, figures, width, palette.normal)]


class ComparisonSummary(Panel[Any]):
    """Up to where the two are one run, and the first difference; in one line the difference."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        return tuple(story(state))

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        common, first = story(state)
        differ = state.snapshot is not None and state.snapshot.beside is not None and state.snapshot.beside.differs_at
        said = [(common, self.palette.normal), (first, self.palette.strong if differ else self.palette.blue)][-height:]
        return [[(f" {_shortened(text, width - 1)}", style)] for text, style in said]


def _shortened(text: str, width: int) -> str:
    """`text`, or so much of it as fits: first without what follows its last colon."""
    return shorten(text if len(text) <= width else text.rsplit(":", 1)[0] + ".", width)


class ComparisonMessageBar(MessageBar):
    """The message bar of a comparison: while there is no message, what the lakes show."""

    def model(self, state: AppState) -> MessageModel:
        return replace(super().model(state), sentence="", reasons=_comparison_sentences(state))


def _comparison_sentences(state: AppState) -> list[str]:
    beside = state.snapshot.beside if state.snapshot else None
    if beside is None:
        return []
    mine, other = beside.names
    if beside.snapshot.moment != state.moment:
        return [f"{other} waits for {mine}: its batches or passes are not as many."]
    keys = "Steps, [ and ] move both."
    if state.side in beside.names:
        return [f"{keys} tab: the other side. esc closes; {mine} stays here."]
    values = state.view in ("values", "value error")
    what = f"its V, + above {mine}'s" if values else f"its likeliest action, + likelier than in {mine}"
    said = f"{other} against {mine}: {what}." if comparable(state) else f"{other} and {mine} have different lakes."
    return [said, keys, f"esc closes; {mine} stays here."]


@dataclass(frozen=True, eq=False)
class DifferenceModel(LakeModel):
    names: tuple[str, str]
    same_shape: bool


class DifferenceLake(Lake):
    """The difference per tile: the other run's policy, or values, against this one's."""

    def model(self, state: AppState) -> DifferenceModel:
        beside = state.snapshot.beside if state.snapshot else None
        return DifferenceModel(
            **vars(super().model(against(state))),
            names=beside.names if beside else ("", ""),
            same_shape=beside is None or comparable(state),
        )

    def title(self, model: LakeModel) -> str:
        assert isinstance(model, DifferenceModel)
        if not model.same_shape:
            return "NO DIFFERENCE PER TILE"
        mine, other = model.names
        return f"{other} AGAINST {mine}  {'V' if model.view == 'value error' else 'likeliest action'}"

    def body(self, model: LakeModel, width: int, height: int) -> list[Line]:
        assert isinstance(model, DifferenceModel)
        if model.same_shape:
            return super().body(model, width, height)
        return [
            [(line, self.palette.normal)]
            for line in wrapped("The two lakes are not of one size: no tile of one is a tile of the other.", width)
        ]


class ComparisonTable(Panel[Any]):
    """Both runs in one table: how well they do, what their last pass was like, the knobs that differ, one tile."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s = state.snapshot
        b = s.beside if s else None
        return (
            state.cursor,
            state.inspected,
            state.config,
            s and (s.moment, s.exact),
            b and (b.names, b.changes, b.snapshot.config, b.snapshot.moment, b.snapshot.exact),
        )

    def title(self, state: AppState) -> str:
        return f"FIGURES, KNOBS  {readings.source if (readings := read(state)) else ''}".rstrip()

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        beside = state.snapshot.beside if state.snapshot else None
        if beside is None:
            return []
        mine, other = beside.names
        apart = f"{other}-{mine}" if cell_len(other + mine) < COLUMN - 1 else "diff"
        names = self._row("", mine, other, apart)
        knobs = [self._row(*row) for row in unlike(state)]
        exact, learning, tile = self._exact(state), self._learning(state), self._tile(state)
        lines = [names, *exact, *knobs, *learning, *tile]
        if state.cursor is not None and len(lines) > height:
            lines = [names, *knobs, *tile, *exact, *learning]
        if len(lines) <= height or width < 2 * TABLE + len(GAP):
            return lines[:height]
        blank: Line = [(" " * TABLE, self.palette.normal)]
        right = [names, *lines[height:], *[blank] * height]
        return [[*line, (GAP, self.palette.normal), *more] for line, more in zip(lines[:height], right, strict=False)]

    def _row(self, name: str, mine: str, other: str, apart: str = "") -> Line:
        palette = self.palette
        style = palette.normal if mine == other else palette.strong
        styles = (style, style, palette.faint)
        figures = zip((mine, other, apart), styles, strict=True)
        return [(f"{name:<{NAME}}", palette.faint), *((_at_right(text), style) for text, style in figures)]

    def _exact(self, state: AppState) -> list[Line]:
        s = state.snapshot
        assert s is not None
        assert s.beside is not None
        b = s.beside.snapshot
        pairs = (
            ("exact", s.exact.sampling, b.exact.sampling),
            ("greedy", s.exact.greedy, b.exact.greedy),
            ("sampled", s.success_rate, b.success_rate),
        )
        return [self._row(name, figure(x), figure(y), _apart(x, y)) for name, x, y in pairs]

    def _learning(self, state: AppState) -> list[Line]:
        """The newest pass of each, or the mean of its last update."""
        s = state.snapshot
        assert s is not None
        assert s.beside is not None
        mine, other = read(state), read(other_side(state))
        rows = []
        for name, label in (
            ("approx_kl", "KL"),
            ("ratio_max", "ratio max"),
            ("stopped", "stopped"),
            ("returning", "returning"),
            ("entropy", "entropy"),
            ("policy_loss", "policy loss"),
            ("value_loss", "value loss"),
        ):
            say = (
                percent
                if name in ("stopped", "returning")
                else lambda value: figure(value, 4 if abs(value) < 0.01 else 3)
            )
            said = ["-" if found is None else say(getattr(found, name)) for found in (mine, other)]
            rows.append(self._row(label, said[0], said[1]))
        return rows

    def _tile(self, state: AppState) -> list[Line]:
        """The tile under the cursor in both."""
        s, tile = state.snapshot, state.inspected
        assert s is not None
        assert s.beside is not None
        if not comparable(state) or state.config.tile(tile) in "HG":
            return []
        b = s.beside.snapshot
        place = "tile ({},{})".format(*divmod(tile, state.config.shape[1]))
        values = [(f"{place} V", float(s.values[tile]), float(b.values[tile]))]
        values += [(f"{ARROWS[a]} {ACTIONS[a]}", float(s.policy[tile, a]), float(b.policy[tile, a])) for a in range(4)]
        return [self._row(name, figure(x), figure(y), _apart(x, y)) for name, x, y in values]


def _at_right(text: str) -> str:
    """`text` at the right end of a column, shortened where it is longer."""
    text = shorten(text, COLUMN - 1)
    return " " * (COLUMN - cell_len(text)) + text


def _apart(mine: float | None, other: float | None) -> str:
    """By how much the other's figure is above this one's; nothing where they are the same."""
    return "" if mine is None or other is None or mine == other else signed(other - mine, 3)
