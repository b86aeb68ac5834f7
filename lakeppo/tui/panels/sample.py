"""One sample opened: what was meant and went, what judging found, and what the objective makes of it."""

import numpy as np

from lakeppo.lake.actions import ARROWS
from lakeppo.session.snapshot import Sheet
from lakeppo.tui.drawing.lines import Line, fit, wrapped
from lakeppo.tui.sample_walk import foreseen
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, signed
from lakeppo.tui.text.sample import cell_words, delta_words, objective_words, why
from lakeppo.tui.theme import Palette


class Card:
    """What there is to say of the sample under the cursor, the most important first."""

    def __init__(self, state: AppState, sheet: Sheet, t: int, palette: Palette) -> None:
        assert state.snapshot is not None
        self.state, self.t, self.palette = state, t, palette
        self.sheet = foreseen(sheet, state.snapshot.values, state.config.gamma)

    def title(self, width: int, long: bool) -> str:
        """`SAMPLE 317 of 1024`; where the body has no room for it, with the cell and the way."""
        said = f"SAMPLE {self.t + 1} of {len(self.sheet['t'])}"
        if long:
            return said
        cell = cell_words(int(self.sheet["state"][self.t]), self.state.config)
        return f"{said}  {cell} {self._way()}"[:width]

    def lines(self, width: int, height: int) -> list[Line]:
        """At most `height` lines."""
        return (self._long(width) if height >= 12 else self._short(width))[:height]

    def _way(self) -> str:
        meant, went = (int(self.sheet[name][self.t]) for name in ("action", "went"))
        return ARROWS[meant] if meant == went else f"{ARROWS[meant]} slipped {ARROWS[went]}"

    def _figure(self, name: str, places: int = 3) -> str:
        if name == "next_value" and self.sheet["terminated"][self.t]:
            return "end"
        value = float(self.sheet[name][self.t])
        return figure(float(np.exp(value)) if name.endswith("logprob") else value, places)

    def _signed(self, name: str, places: int = 3) -> str:
        return signed(float(self.sheet[name][self.t]), places)

    def _pair(self, label: str, value: str) -> Line:
        return [(label, self.palette.faint), (value, self.palette.strong)]

    def _short(self, width: int) -> list[Line]:
        judged = "ratio" in self.sheet
        odds = [*self._pair("π ", self._figure("old_logprob", 2))]
        figures: list[Line] = [odds]
        if judged:
            odds += [(" ▸ ", self.palette.faint), (self._figure("new_logprob", 2), self.palette.strong)]
            figures += [self._pair("ratio ", self._figure("ratio", 2)), self._pair("A ", self._signed("weight"))]
            if self.state.config.norm_adv:
                figures.append(self._pair("raw ", self._signed("advantage")))
        found: list[Line] = [
            self._pair("r ", f"{self.sheet['reward'][self.t]:g}"),
            self._pair("V ", self._figure("value")),
            self._pair("V' ", self._figure("next_value")),
            self._pair("δ ", self._signed("delta")),
        ]
        style = self.palette.strong + self.palette.blue
        verdict = fit([[(said, style)] for said in why(self.sheet, self.t).split("; ")], width, "; ")
        return [verdict, fit(figures, width, " "), fit(found, width)]

    def _long(self, width: int) -> list[Line]:
        palette, sheet, t, config = self.palette, self.sheet, self.t, self.state.config
        cells = " to ".join(cell_words(int(sheet[name][t]), config) for name in ("state", "next_state"))
        lines: list[Line] = [
            [(cells, palette.normal)],
            [("chose ", palette.faint), (self._way(), palette.strong)],
            self._pair("r ", f"{sheet['reward'][t]:g}"),
            fit([self._pair("V ", self._figure("value", 4)), self._pair("V' ", self._figure("next_value", 4))], width),
            *self._wrapped(delta_words(sheet, t), width),
        ]
        if "ratio" not in sheet:
            return [*lines, *self._wrapped("Not judged yet. Judging adds up this δ and those after it to A.", width)]
        lines.append(self._pair("A ", f"{self._signed('advantage', 4)} as GAE gave it"))
        if config.norm_adv:
            lines.append(self._pair("A ", f"{self._signed('weight', 4)} normalised"))
        lines.append(
            [
                *self._pair("π old ", self._figure("old_logprob")),
                *self._pair("  new ", self._figure("new_logprob")),
            ]
        )
        lines.append(self._pair("ratio ", self._figure("ratio", 4)))
        lines += self._wrapped(objective_words(sheet, t), width)
        verdict: list[Line] = [[(line, palette.strong + palette.blue)] for line in wrapped(why(sheet, t), width)]
        return [*lines, *verdict, [("i: its row in the batch", palette.faint)]]

    def _wrapped(self, text: str, width: int) -> list[Line]:
        return [[(line, self.palette.normal)] for line in wrapped(text, width, "  ")]
