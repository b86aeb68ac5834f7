"""The four phases of an update, the active one heavy: one line, or four boxes with two lines of figures each."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.cells import cut, padded
from lakeppo.figures import figure, percent, small_figure
from lakeppo.i18n import N_, _
from lakeppo.moment import Phase, phase_name
from lakeppo.session.snapshot import RunView
from lakeppo.tui.drawing.lines import Line, fit, length, longest
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.words import named
from lakeppo.tui.theme import DONE, LEFT

GAP = " ▸ "
ACTIVITIES = (N_("the old actor walks"), N_("the critic judges"), N_("the new actor learns"), N_("new becomes old"))
Texts = tuple[str, ...]
"""A text, and a shorter one for a box that is too narrow for it."""


class PhasesModel(NamedTuple):
    active: Phase | None  # None while nothing is learned
    run: RunView


class Phases(Panel[PhasesModel]):
    """1 collect, 2 judge, 3 improve, 4 copy; and how far the new actor has moved from the old."""

    about = N_("the four phases of an update; KL is that of the old from the new policy as they are now")

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
            name = phase_name(phase)
            label = f"{phase + 1} {name.upper() if here else name}"
            click = Style(meta={"@click": f"screen.phase({phase:d})"})
            line.append((label, (palette.inverse if here else palette.faint) + click))
            if phase is Phase.IMPROVE:
                line.append((" " + passes(model.run, 5), palette.strong if here else palette.faint))
            if phase is not Phase.COPY:
                line.append((" ── " if width >= 88 else " ─ " if width >= 80 else " ", palette.faint))
        change = [
            (_("old #{update}").format(update=update) + " ", palette.normal),
            (f"─KL {small_figure(model.run.kl, 4)}─▸", palette.normal + named("KL(old||new)")),
            (" " + _("new #{update}").format(update=update + 1), palette.normal),
        ]
        return fit([line, change], width, gap="   " if length(line) + length(change) + 3 <= width else " ")

    def _list(self, model: PhasesModel) -> list[Line]:
        """Return three lines for each phase: what happens in it, and its figures."""
        lines: list[Line] = []
        for phase, figures in zip(Phase, _figures(model), strict=True):
            style = self.palette.strong if phase is model.active else self.palette.normal
            heading: Line = [(f" {_heading(model, phase)}", style), (f"   {_(ACTIVITIES[phase])}", self.palette.faint)]
            lines += [heading, [(f"   {'   '.join(texts[0] for texts in figures)}", style)], []]
        return lines

    def _boxes(self, model: PhasesModel, width: int) -> list[Line]:
        texts, inside = _figures(model), width - 3 * len(GAP)
        boxes = [self._box(model, phase, texts[phase], (inside + phase) // 4 - 2) for phase in Phase]
        lines: list[Line] = []
        for y in range(4):
            gap = (GAP if y == 1 else " " * len(GAP), self.palette.faint)
            lines.append([piece for box in boxes for piece in (*box[y], gap)][:-1])
        return lines

    def _box(self, model: PhasesModel, phase: Phase, figures: tuple[Texts, Texts], inside: int) -> list[Line]:
        palette, heavy = self.palette, phase is model.active
        nw, ne, sw, se, bar, side = "┏┓┗┛━┃" if heavy else "┌┐└┘─│"
        frame = palette.strong if heavy else palette.faint
        style = palette.normal if heavy else palette.faint
        frame, style = (one + Style(meta={"@click": f"screen.phase({phase:d})"}) for one in (frame, style))
        edge = side, frame
        whole = (longest(texts, inside - 1) or cut(texts[-1], inside - 1) for texts in figures)
        middle: list[Line] = [[edge, (padded(f" {text}", inside), style), edge] for text in whole]
        top = f"{bar} {_heading(model, phase)} "
        top += bar * (inside - cell_len(top))
        return [[(nw + top + ne, frame)], *middle, [(sw + bar * inside + se, frame)]]


def _figures(model: PhasesModel) -> tuple[tuple[Texts, Texts], ...]:
    """Return two texts for each phase, of the same kind whatever the phase is."""
    run, moment, size = model.run, model.run.moment, model.run.config.batch_size
    steps = moment.index if moment.phase is Phase.COLLECT else size
    collected = _("{steps}/{size} steps, {episodes} ep."), _("{steps}/{size} steps")
    count = run.end_counts.episodes
    judged: tuple[Texts, Texts] = (_("no batch yet"),), ("",)
    if moment.phase is Phase.JUDGE:
        judged = (_("{size} steps to judge").format(size=size),), ("",)
    improve: Texts = (_("not judged yet"),)
    if run.judged:
        advantages = run.judged.advantages
        positive, mean = percent(float((advantages > 0).mean())), figure(float(advantages.mean()))
        share = _("{share} of {name} positive").format(share=positive, name=_(run.judged.name))
        judged = (share,), (_("mean {value}").format(value=mean),)
        improve = (f"KL {small_figure(run.kl, 4)}",)
        if run.last_pass:
            stopped = percent(run.last_pass.stopped / max(1, len(run.last_pass.ratios)))
            improve = f"{improve[0]}  " + _("stopped {share}").format(share=stopped), improve[0]
    old, new = moment.update, moment.update + 1
    return (
        (
            (_("old #{update} walks").format(update=old),),
            tuple(text.format(steps=steps, size=size, episodes=count) for text in collected),
        ),
        judged,
        ((_("new #{update} learns").format(update=new),), improve),
        ((_("#{new} replaces #{old}").format(new=new, old=old),), (_("the batch is discarded"),)),
    )


def _heading(model: PhasesModel, phase: Phase) -> str:
    name = f"{phase + 1} {phase_name(phase).upper()}"
    return name + (f" {passes(model.run, 10)}" if phase is Phase.IMPROVE else "")


def passes(run: RunView, most: int) -> str:
    """Return the passes done and to do: `▪▪▫▫▫`, or `12/50` if there are more than `most`."""
    epochs = run.config.epochs
    done = {Phase.IMPROVE: run.moment.index, Phase.COPY: epochs}.get(run.moment.phase, 0)
    return DONE * done + LEFT * (epochs - done) if epochs <= most else f"{done}/{epochs}"
