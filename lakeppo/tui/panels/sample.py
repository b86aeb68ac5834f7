"""The card of one sample: its step, its advantage, and its term of the objective."""

from dataclasses import dataclass

import numpy as np

from lakeppo.config import Config
from lakeppo.lake.transition import ARROWS
from lakeppo.session.snapshot import BatchColumns
from lakeppo.tui.drawing.lines import Line, fit, wrapped
from lakeppo.tui.panels.base import Model
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, signed
from lakeppo.tui.text.sample import cell_words, delta_words, objective_words, path_words, verdict, with_current_values
from lakeppo.tui.theme import Palette

LONG = 12
"""Lines from which a sample or a tile is shown in full."""


@dataclass(frozen=True, eq=False)
class SampleModel(Model):
    row: BatchColumns  # the batch's columns, cut down to this sample
    samples: int  # in the batch
    config: Config
    hint: str


def sample_model(state: AppState) -> SampleModel | None:
    """Return the selected sample; while it is not judged, by the critic's present values."""
    if state.sampled is None:
        return None
    batch, t = state.sampled
    row = {name: column[t : t + 1] for name, column in batch.items()}
    row_now = with_current_values(row, state.snapshot.run.values, state.config.gamma)
    return SampleModel(row_now, len(batch["t"]), state.config, f"{state.key('batch')}: its row in the batch")


class SampleCard:
    """A sample, the most important first."""

    def __init__(self, model: SampleModel, palette: Palette) -> None:
        self.row, self.config, self.hint, self.palette = model.row, model.config, model.hint, palette
        self.style = palette.strong + palette.blue
        self.name = f"SAMPLE {model.row['t'][0] + 1} of {model.samples}"

    def title(self, width: int, long: bool) -> str:
        """Return `SAMPLE 317 of 1024`, with the tile and the action if the body is short."""
        place = f"{cell_words(int(self.row['state'][0]), self.config)} {self._action()}"
        return self.name if long else f"{self.name}  {place}"[:width]

    def lines(self, width: int, height: int) -> list[Line]:
        """Return at most `height` lines."""
        return (self._long(width) if height >= LONG else self._short(width))[:height]

    def _action(self) -> str:
        action, went = (ARROWS[self.row[name][0]] for name in ("action", "went"))
        return action if action == went else f"{action} slipped {went}"

    def _figure(self, name: str, places: int = 3) -> str:
        if name == "next_value" and self.row["terminated"][0]:
            return "end"
        value = float(self.row[name][0])
        return figure(float(np.exp(value)) if name.endswith("logprob") else value, places)

    def _signed(self, name: str, places: int = 3) -> str:
        return signed(float(self.row[name][0]), places)

    def _reward(self) -> Line:
        return self._pair("r ", f"{self.row['reward'][0]:g}")

    def _pair(self, label: str, value: str) -> Line:
        return [(label, self.palette.faint), (value, self.palette.strong)]

    def _short(self, width: int) -> list[Line]:
        odds = self._pair("π ", self._figure("old_logprob", 2))
        figures: list[Line] = [odds]
        if "ratio" in self.row:
            odds += [(" ▸ ", self.palette.faint), (self._figure("new_logprob", 2), self.palette.strong)]
            figures += [self._pair("ratio ", self._figure("ratio", 2)), self._pair("A ", self._signed("weight"))]
            if self.config.norm_adv:
                figures.append(self._pair("raw ", self._signed("advantage")))
        error = [self._reward(), self._pair("V ", self._figure("value")), self._pair("V' ", self._figure("next_value"))]
        parts: list[Line] = [[(part, self.style)] for part in verdict(self.row, 0).split("; ")]
        last = fit([*error, self._pair("δ ", self._signed("delta"))], width)
        return [fit(parts, width, "; "), fit(figures, width, " "), last]

    def _long(self, width: int) -> list[Line]:
        palette, row = self.palette, self.row
        lines: list[Line] = [
            [(path_words(row, 0, self.config), palette.normal)],
            [("chose ", palette.faint), (self._action(), palette.strong)],
            self._reward(),
            fit([self._pair("V ", self._figure("value", 4)), self._pair("V' ", self._figure("next_value", 4))], width),
            *self._wrapped(delta_words(row, 0), width),
        ]
        if "ratio" not in row:
            return [*lines, *self._wrapped("Not judged yet. Judging adds up this δ and those after it to A.", width)]
        lines.append(self._pair("A ", f"{self._signed('advantage', 4)} as GAE gave it"))
        if self.config.norm_adv:
            lines.append(self._pair("A ", f"{self._signed('weight', 4)} normalised"))
        odds = zip(("π old ", "  new "), ("old_logprob", "new_logprob"), strict=True)
        lines.append([piece for label, name in odds for piece in self._pair(label, self._figure(name))])
        lines.append(self._pair("ratio ", self._figure("ratio", 4)))
        lines += self._wrapped(objective_words(row, 0), width)
        words: list[Line] = [[(line, self.style)] for line in wrapped(verdict(row, 0), width)]
        return [*lines, *words, [(self.hint, palette.faint)]]

    def _wrapped(self, text: str, width: int) -> list[Line]:
        return [[(line, self.palette.normal)] for line in wrapped(text, width, "  ")]
