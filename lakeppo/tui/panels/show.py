"""The two panels of show mode: a lake of the largest tiles, and one sentence below it."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.cells import wrapped
from lakeppo.figures import figure
from lakeppo.i18n import N_, _
from lakeppo.tui.drawing.lines import Line, shorten
from lakeppo.tui.drawing.tiles import LARGE_SIZES, SIZES
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import status_word

BROADEST = 88
"""Columns of a sentence that is read in one look."""
NO_CAPTION = N_(
    "No moment of this run has a caption: {show_close} leaves, then {caption} gives one to the moment on screen."
)


class ShowLake(Lake):
    """A lake for a projector."""

    sizes = (*LARGE_SIZES, *SIZES)


class SentenceModel(NamedTuple):
    sentence: str
    place: str
    failed: bool


class Sentence(Panel[SentenceModel]):
    """The caption of bookmark number `at`, centred, and below it its place among all captions."""

    throttled = False
    at = 0

    def model(self, state: AppState) -> SentenceModel:
        captions = state.snapshot.position.captions
        if state.failure is not None:
            return SentenceModel(state.failure, "", failed=True)
        success = figure(state.snapshot.run.exact.sampling)
        going = f" · {status_word(state.status)}" if state.status in ("playing", "stepping", "finished") else ""
        update, exact = _("update {update}").format(update=state.moment.update), _("exact") + f" {success}"
        where = f"{update} · {exact}{going}"
        if not captions:
            return SentenceModel(_(NO_CAPTION).format_map(state.keys), where, failed=False)
        at = min(self.at, len(captions) - 1)
        place = _("{number} of {all}").format(number=at + 1, all=len(captions))
        return SentenceModel(captions[at].text, f"{place} · {where}", failed=False)

    def lines(self, width: int) -> list[str]:
        """Return the lines that the sentence takes in `width` columns."""
        text = self._model.sentence if self._model is not None else ""
        room = max(8, min(width - 2, BROADEST))
        return wrapped(text, room)

    def body(self, model: SentenceModel, width: int, height: int) -> list[Line]:
        palette, lines = self.palette, self.lines(width)
        room = max(1, height - 1)
        if len(lines) > room:
            shown, rest = lines[: room - 1], model.sentence
            for line in shown:
                rest = rest.partition(line)[2]
            lines = [*shown, shorten(rest.lstrip(), width - 2)]
        style = palette.inverse + palette.orange if model.failed else palette.strong
        place = shorten(model.place, width) if cell_len(model.place) <= width else model.place.split(" · ")[0]
        return [*(_centred(line, width, style) for line in lines), _centred(place, width, palette.faint)][:height]


def _centred(text: str, width: int, style: Style) -> Line:
    return [(" " * max(0, (width - cell_len(text)) // 2), Style.null()), (text, style)]
