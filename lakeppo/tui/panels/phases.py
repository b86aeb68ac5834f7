"""The four phases of an update, the active one heavy: one line, or four boxes with two lines of figures each."""

import re
from typing import NamedTuple

from rich.style import Style

from lakeppo.moment import Phase
from lakeppo.session.snapshot import RunView
from lakeppo.tui.drawing.lines import Line, fit, length
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, percent, small_figure
from lakeppo.tui.text.words import named
from lakeppo.tui.theme import DONE, LEFT

GAP = " ▸ "
SEPARATOR = re.compile(",? +(?=KL|stopped|[0-9,]+ ep)")
"""Where a box that is too narrow leaves off."""
ACTIVITIES = ("the old actor walks", "the critic judges", "the new actor learns", "new becomes old")


class PhasesModel(NamedTuple):
    active: Phase | None  # None while nothing is learned
    run: RunView


class Phases(Panel[PhasesModel]):
    """1 collect, 2 judge, 3 improve, 4 copy; and how far the new actor has moved from the old."""

    about = "the four phases of an update; KL is that of the old from the new policy as they are now"

    def model(self, state: AppState) -> PhasesModel:
        return PhasesModel(None if state.demo else state.moment.phase, state.snapshot.run)

    def body(self, model: PhasesModel, width: int, height: int) -> list[Line]:
        if height > 4:
            return self._list(model)
        return self._boxes(model, width) if height == 4 and width >= 88 else [self._ribbon(model, width)]

    def _ribbon(self, model: PhasesModel, width: int) -> Line:
        palette, update = self.palette, model.run.moment.update
        line: Line = [(" ", palette.normal)]
        for phase in Phase:
            here = phase is model.active
            label = f"{phase + 1} {phase.name if here else phase.name.lower()}"
            click = Style(meta={"@click": f"screen.phase({phase:d})"})
            line.append((label, (palette.inverse if here else palette.faint) + click))
            if phase is Phase.IMPROVE:
                line.append((" " + passes(model.run, 5), palette.strong if here else palette.faint))
            if phase is not Phase.COPY:
                line.append((" ── " if width >= 88 else " ─ " if width >= 80 else " ", palette.faint))
        change = [
            (f"old #{update} ", palette.normal),
            (f"─KL {small_figure(model.run.kl, 4)}─▸", palette.normal + named("KL(old||new)")),
            (f" new #{update + 1}", palette.normal),
        ]
        return fit([line, change], width, gap="   " if length(line) + length(change) + 3 <= width else " ")

    def _list(self, model: PhasesModel) -> list[Line]:
        """Return three lines for each phase: what happens in it, and its figures."""
        lines: list[Line] = []
        for phase, figures in zip(Phase, _figures(model), strict=True):
            style = self.palette.strong if phase is model.active else self.palette.normal
            heading: Line = [(f" {_heading(model, phase)}", style), (f"   {ACTIVITIES[phase]}", self.palette.faint)]
            lines += [heading, [(f"   {'   '.join(figures)}", style)], []]
        return lines

    def _boxes(self, model: PhasesModel, width: int) -> list[Line]:
        texts, inside = _figures(model), width - 3 * len(GAP)
        boxes = [self._box(model, phase, texts[phase], (inside + phase) // 4 - 2) for phase in Phase]
        lines: list[Line] = []
        for y in range(4):
            gap = (GAP if y == 1 else " " * len(GAP), self.palette.faint)
            lines.append([piece for box in boxes for piece in (*box[y], gap)][:-1])
        return lines

    def _box(self, model: PhasesModel, phase: Phase, texts: tuple[str, str], inside: int) -> list[Line]:
        palette, heavy = self.palette, phase is model.active
        nw, ne, sw, se, bar, side = "┏┓┗┛━┃" if heavy else "┌┐└┘─│"
        frame = palette.strong if heavy else palette.faint
        style = palette.normal if heavy else palette.faint
        frame, style = (one + Style(meta={"@click": f"screen.phase({phase:d})"}) for one in (frame, style))
        edge = side, frame
        whole = (text if len(text) < inside else SEPARATOR.split(text)[0] for text in texts)
        middle: list[Line] = [[edge, (f" {text}".ljust(inside), style), edge] for text in whole]
        top = f"{bar} {_heading(model, phase)} ".ljust(inside, bar)
        return [[(nw + top + ne, frame)], *middle, [(sw + bar * inside + se, frame)]]


def _figures(model: PhasesModel) -> tuple[tuple[str, str], ...]:
    """Return two texts for each phase, of the same kind whatever the phase is."""
    run, moment, size = model.run, model.run.moment, model.run.config.batch_size
    steps = moment.index if moment.phase is Phase.COLLECT else size
    judged = f"{size} steps to judge" if moment.phase is Phase.JUDGE else "no batch yet", ""
    improve = "not judged yet"
    if run.judged:
        advantages = run.judged.advantages
        share, name = percent(float((advantages > 0).mean())), run.judged.name
        judged = f"{share} of {name} positive", f"mean {figure(float(advantages.mean()))}"
        improve = f"KL {small_figure(run.kl, 4)}"
        if run.last_pass:
            improve += f"  stopped {percent(run.last_pass.stopped / max(1, len(run.last_pass.ratios)))}"
    return (
        (f"old #{moment.update} walks", f"{steps}/{size} steps, {run.end_counts.episodes} ep."),
        judged,
        (f"new #{moment.update + 1} learns", improve),
        (f"#{moment.update + 1} replaces #{moment.update}", "the batch is discarded"),
    )


def _heading(model: PhasesModel, phase: Phase) -> str:
    return f"{phase + 1} {phase.name}" + (f" {passes(model.run, 10)}" if phase is Phase.IMPROVE else "")


def passes(run: RunView, most: int) -> str:
    """Return the passes done and to do: `▪▪▫▫▫`, or `12/50` if there are more than `most`."""
    epochs = run.config.epochs
    done = {Phase.IMPROVE: run.moment.index, Phase.COPY: epochs}.get(run.moment.phase, 0)
    return DONE * done + LEFT * (epochs - done) if epochs <= most else f"{done}/{epochs}"
