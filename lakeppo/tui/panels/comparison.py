"""The panels of a comparison: what is compared, where it differs, the figures of both, one lake against the other."""

from rich.cells import cell_len

from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.panels.message import Voice
from lakeppo.tui.panels.panel import Line, Panel, fit, length, shorten, spread, wrapped
from lakeppo.tui.panels.readouts import read
from lakeppo.tui.state import Scene
from lakeppo.tui.text.comparison import against, changed_words, comparable, other_side, story, unlike
from lakeppo.tui.text.formatting import figure, percent, signed
from lakeppo.tui.theme import ACTIONS, ARROWS

NAME, COLUMN = 12, 8
"""Columns of the table of figures."""
TABLE, GAP = NAME + 3 * COLUMN, "  "
"""The width of that table, and what stands between it and the rest of it beside."""


class Versus(Panel):
    """The title: which two, or which side is shown; and how well they do."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s = scene.snapshot
        b = s.beside if s else None
        return (s and s.exact, b and (b.names, b.changes, b.snapshot.exact, b.choice, b.choices))

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink, beside = self.ink, scene.snapshot.beside if scene.snapshot else None
        if scene.snapshot is None or beside is None:
            return [[(" COMPARE", ink.strong)]]
        mine, other = beside.names
        what = [
            f"{name}: {words}"
            for name, c in zip(beside.names, beside.changes, strict=True)
            if (words := changed_words(c))
        ]
        left: list[Line] = [
            [(" COMPARE ", ink.strong)],
            [("shows ", ink.faint), (f" {scene.side} ", ink.inverse)] if scene.side else [],
            [(f"{mine} | {other}", ink.normal)],
            [("  ".join(what), ink.faint)] if what and not scene.side else [],
            [(f"other {beside.choice + 1} of {beside.choices}", ink.faint)] if beside.choices > 1 else [],
        ]
        exact, its = scene.snapshot.exact, beside.snapshot.exact
        right: list[Line] = [
            [
                ("exact ", ink.faint),
                (figure(exact.sampling), ink.strong),
                (" | ", ink.faint),
                (figure(its.sampling), ink.strong),
            ],
            [
                ("greedy ", ink.faint),
                (figure(exact.greedy), ink.normal),
                (" | ", ink.faint),
                (figure(its.greedy), ink.normal),
            ],
            [(f"optimum {figure(exact.optimum)}", ink.faint)] if exact.optimum == its.optimum else [],
        ]
        figures = fit(right, max(20, width // 2))
        head = fit(left, width - length(figures) - 2)
        return [spread(head, figures, width, ink.normal)]


class Story(Panel):
    """Up to where the two are one run, and the first difference; in one line the difference."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return tuple(story(scene))

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        common, first = story(scene)
        differ = scene.snapshot is not None and scene.snapshot.beside is not None and scene.snapshot.beside.differs_at
        said = [(common, self.ink.normal), (first, self.ink.strong if differ else self.ink.blue)][-height:]
        return [[(f" {_shortened(text, width - 1)}", style)] for text, style in said]


def _shortened(text: str, width: int) -> str:
    """`text`, or so much of it as fits: first without what follows its last colon."""
    return shorten(text if len(text) <= width else text.rsplit(":", 1)[0] + ".", width)


class Told(Voice):
    """The voice of a comparison: what the lakes show, where there is no message."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return (self._sentences(scene, 0), *super().looks_at(scene))

    def _sentences(self, scene: Scene, width: int) -> str:
        beside = scene.snapshot.beside if scene.snapshot else None
        if beside is None:
            return ""
        mine, other = beside.names
        if beside.snapshot.moment != scene.moment:
            return f"{other} waits for {mine}: its batches or passes are not as many."
        keys = "Steps, [ and ] move both."
        if scene.side in beside.names:
            return f"{keys} tab: the other side. esc closes; {mine} stays here."
        values = scene.view in ("values", "value error")
        what = f"its V, + above {mine}'s" if values else f"its likeliest action, + likelier than in {mine}"
        said = f"{other} against {mine}: {what}." if comparable(scene) else f"{other} and {mine} have different lakes."
        for more in (keys, f"esc closes; {mine} stays here."):
            said = f"{said} {more}" if len(said) + len(more) < width else said
        return said


class Against(Lake):
    """The difference per tile: the other run's policy, or values, against this one's."""

    def show(self, scene: Scene) -> None:
        """Look at a scene whose old and new are the two runs."""
        self._sizes = comparable(scene) or scene.snapshot is None or scene.snapshot.beside is None
        super().show(against(scene))

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        return (self._sizes, *super().looks_at(scene))

    def heading(self, scene: Scene) -> str:
        if not self._sizes:
            return "NO DIFFERENCE PER TILE"
        s = scene.snapshot
        mine, other = s.beside.names if s and s.beside else ("", "")
        return f"{other} AGAINST {mine}  {'V' if scene.view == 'value error' else 'likeliest action'}"

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        if self._sizes:
            return super().body(scene, width, height)
        return [
            [(line, self.ink.normal)]
            for line in wrapped("The two lakes are not of one size: no tile of one is a tile of the other.", width)
        ]


class Figures(Panel):
    """Both runs in one table: how well they do, what their last pass was like, the knobs that differ, one tile."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s = scene.snapshot
        b = s.beside if s else None
        return (
            scene.cursor,
            scene.inspected,
            scene.config,
            s and (s.moment, s.exact),
            b and (b.names, b.changes, b.snapshot.config, b.snapshot.moment, b.snapshot.exact),
        )

    def heading(self, scene: Scene) -> str:
        return f"FIGURES, KNOBS  {readings.source if (readings := read(scene)) else ''}".rstrip()

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        beside = scene.snapshot.beside if scene.snapshot else None
        if beside is None:
            return []
        mine, other = beside.names
        apart = f"{other}-{mine}" if cell_len(other + mine) < COLUMN - 1 else "diff"
        names = self._row("", mine, other, apart)
        knobs = [self._row(*row) for row in unlike(scene)]
        exact, learning, tile = self._exact(scene), self._learning(scene), self._tile(scene)
        lines = [names, *exact, *knobs, *learning, *tile]
        if scene.cursor is not None and len(lines) > height:
            lines = [names, *knobs, *tile, *exact, *learning]
        if len(lines) <= height or width < 2 * TABLE + len(GAP):
            return lines[:height]
        blank: Line = [(" " * TABLE, self.ink.normal)]
        right = [names, *lines[height:], *[blank] * height]
        return [[*line, (GAP, self.ink.normal), *more] for line, more in zip(lines[:height], right, strict=False)]

    def _row(self, name: str, mine: str, other: str, apart: str = "") -> Line:
        ink = self.ink
        style = ink.normal if mine == other else ink.strong
        styles = (style, style, ink.faint)
        figures = zip((mine, other, apart), styles, strict=True)
        return [(f"{name:<{NAME}}", ink.faint), *((_at_right(text), style) for text, style in figures)]

    def _exact(self, scene: Scene) -> list[Line]:
        s = scene.snapshot
        assert s is not None
        assert s.beside is not None
        b = s.beside.snapshot
        pairs = (
            ("exact", s.exact.sampling, b.exact.sampling),
            ("greedy", s.exact.greedy, b.exact.greedy),
            ("sampled", s.success_rate, b.success_rate),
        )
        return [self._row(name, figure(x), figure(y), _apart(x, y)) for name, x, y in pairs]

    def _learning(self, scene: Scene) -> list[Line]:
        """The newest pass of each, or the mean of its last update."""
        s = scene.snapshot
        assert s is not None
        assert s.beside is not None
        mine, other = read(scene), read(other_side(scene))
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

    def _tile(self, scene: Scene) -> list[Line]:
        """The tile under the cursor in both."""
        s, tile = scene.snapshot, scene.inspected
        assert s is not None
        assert s.beside is not None
        if not comparable(scene) or scene.config.tile(tile) in "HG":
            return []
        b = s.beside.snapshot
        place = "tile ({},{})".format(*divmod(tile, scene.config.shape[1]))
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
