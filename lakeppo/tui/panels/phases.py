"""The four phases of an update, the active one heavy: one line, or four boxes with two lines of figures each."""

from typing import Any

from lakeppo.moment import Phase
from lakeppo.tui.drawing.lines import Line, fit, length
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import change_between, figure, percent
from lakeppo.tui.theme import DONE, TODO

NAMES = ("collect", "judge", "improve", "copy")
GAP = " ▸ "
DOES = ("the old actor walks", "the critic judges", "the new actor learns", "new becomes old")


class Phases(Panel[Any]):
    """1 collect, 2 judge, 3 improve, 4 copy; and how far the new actor has moved from the old."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s = state.snapshot
        return (state.demo is None, s and (s.moment, s.end_counts, s.config, state.growth))

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        if height > 4:
            return self._list(state)
        return self._boxes(state, width) if height >= 4 and width >= 88 else [self._ribbon(state, width)]

    def _active(self, state: AppState) -> Phase | None:
        """The phase to draw heavy; none while nothing is being learned."""
        return state.moment.phase if state.snapshot is not None and state.demo is None else None

    def _ribbon(self, state: AppState, width: int) -> Line:
        palette, moment, active = self.palette, state.moment, self._active(state)
        line: Line = [(" ", palette.normal)]
        for phase in Phase:
            label = f"{phase + 1} {NAMES[phase]}"
            here = phase is active
            line.append((label.upper() if here else label, palette.strong + palette.blue if here else palette.faint))
            if phase is Phase.IMPROVE:
                line.append((" " + passes(state, 5), palette.blue if here else palette.faint))
            if phase is not Phase.COPY:
                line.append((" ── " if width >= 88 else " ─ " if width >= 80 else " ", palette.faint))
        kl = figure(change_between(state), 4)
        change = [
            (f"old #{moment.update} ", palette.normal),
            (f"─KL {kl}─▸", palette.blue),
            (f" new #{moment.update + 1}", palette.normal),
        ]
        return fit([line, change], width, gap="   " if length(line) + length(change) + 3 <= width else " ")

    def _list(self, state: AppState) -> list[Line]:
        """Each phase in three lines: what it does, and how it stands."""
        lines: list[Line] = []
        for phase in Phase:
            here = phase is self._active(state)
            marks = f" {passes(state, 10)}" if phase is Phase.IMPROVE else ""
            style = self.palette.strong + self.palette.blue if here else self.palette.normal
            lines.append(
                [(f" {phase + 1} {NAMES[phase].upper()}{marks}", style), (f"   {DOES[phase]}", self.palette.faint)]
            )
            lines.append([(f"   {'   '.join(self._figures(state)[phase])}", style)])
            lines.append([])
        return lines

    def _boxes(self, state: AppState, width: int) -> list[Line]:
        active = self._active(state)
        room = width - 3 * len(GAP)
        boxes = [self._box(state, phase, (room + phase) // 4 - 2, phase is active) for phase in Phase]
        lines: list[Line] = []
        for y in range(4):
            line: Line = []
            for phase, box in zip(Phase, boxes, strict=True):
                line += box[y]
                if phase is not Phase.COPY:
                    line.append((GAP if y == 1 else " " * len(GAP), self.palette.faint))
            lines.append(line)
        return lines

    def _box(self, state: AppState, phase: Phase, inside: int, heavy: bool) -> list[Line]:
        palette = self.palette
        nw, ne, sw, se, bar, side = "┏┓┗┛━┃" if heavy else "┌┐└┘─│"
        frame = palette.strong + palette.blue if heavy else palette.faint
        name = f"{phase + 1} {NAMES[phase].upper()}"
        marks = f" {passes(state, 10)}" if phase is Phase.IMPROVE else ""
        top = f"{bar} {name}{marks} ".ljust(inside, bar)
        texts = self._figures(state)[phase]
        style = palette.normal if heavy else palette.faint
        middle: list[Line] = [
            [(side, frame), (f" {text}".ljust(inside)[:inside], style), (side, frame)] for text in texts
        ]
        return [[(nw + top + ne, frame)], *middle, [(sw + bar * inside + se, frame)]]

    def _figures(self, state: AppState) -> dict[Phase, tuple[str, str]]:
        """Two lines for each box, the same in every phase so that nothing jumps."""
        snapshot, config, update = state.snapshot, state.config, state.moment.update
        if snapshot is None:
            return dict.fromkeys(Phase, ("", ""))
        walked = state.moment.index if state.moment.phase is Phase.COLLECT else config.batch_size
        judged = snapshot.judged
        full = state.moment.phase is Phase.JUDGE
        row = state.before
        newest = snapshot.last_pass
        stopped = f"stopped {percent(newest.stopped / max(1, len(newest.ratios)))}" if newest else ""
        before = figure(row.success_probability if row else None)
        return {
            Phase.COLLECT: (
                f"old #{update} walks",
                f"{walked}/{config.batch_size} steps, {snapshot.end_counts.episodes} ep.",
            ),
            Phase.JUDGE: (
                f"{percent(float((judged.advantages > 0).mean()))} positive"
                if judged
                else f"{config.batch_size} steps to judge"
                if full
                else "waits for the batch",
                f"mean {figure(float(judged.advantages.mean()))}" if judged else "",
            ),
            Phase.IMPROVE: (
                f"new #{update + 1} learns",
                f"KL {figure(change_between(state), 4)}  {stopped}".rstrip() if judged else "waits for judging",
            ),
            Phase.COPY: ("old ← new".replace("←", "◂"), f"exact {before} ▸ {figure(snapshot.exact.sampling)}"),
        }


def passes(state: AppState, most: int) -> str:
    """The passes done and to do: `▪▪▫▫▫`, or `12/50` where there are many."""
    moment, epochs = state.moment, state.config.epochs
    done = {Phase.IMPROVE: moment.index, Phase.COPY: epochs}.get(moment.phase, 0)
    return DONE * done + TODO * (epochs - done) if epochs <= most else f"{done}/{epochs}"
