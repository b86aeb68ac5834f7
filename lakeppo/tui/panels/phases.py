"""The four phases of an update, the active one heavy: one line, or four boxes with two lines of figures each."""

from lakeppo.moment import Phase
from lakeppo.tui.panels.panel import Line, Panel, fit, length
from lakeppo.tui.state import Scene
from lakeppo.tui.text.formatting import change_between, figure, percent
from lakeppo.tui.theme import DONE, TODO

NAMES = ("collect", "judge", "improve", "copy")
GAP = " ▸ "
DOES = ("the old actor walks", "the critic judges", "the new actor learns", "new becomes old")


class Ribbon(Panel):
    """1 collect, 2 judge, 3 improve, 4 copy; and how far the new actor has moved from the old."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s = scene.snapshot
        return (scene.demo is None, s and (s.moment, s.tally, s.config, scene.growth))

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        if height > 4:
            return self._list(scene)
        return self._boxes(scene, width) if height >= 4 and width >= 88 else [self._ribbon(scene, width)]

    def _active(self, scene: Scene) -> Phase | None:
        """The phase to draw heavy; none while nothing is being learned."""
        return scene.moment.phase if scene.snapshot is not None and scene.demo is None else None

    def _ribbon(self, scene: Scene, width: int) -> Line:
        ink, moment, active = self.ink, scene.moment, self._active(scene)
        line: Line = [(" ", ink.normal)]
        for phase in Phase:
            label = f"{phase + 1} {NAMES[phase]}"
            here = phase is active
            line.append((label.upper() if here else label, ink.strong + ink.blue if here else ink.faint))
            if phase is Phase.IMPROVE:
                line.append((" " + passes(scene, 5), ink.blue if here else ink.faint))
            if phase is not Phase.COPY:
                line.append((" ── " if width >= 88 else " ─ " if width >= 80 else " ", ink.faint))
        kl = figure(change_between(scene), 4)
        change = [
            (f"old #{moment.update} ", ink.normal),
            (f"─KL {kl}─▸", ink.blue),
            (f" new #{moment.update + 1}", ink.normal),
        ]
        return fit([line, change], width, gap="   " if length(line) + length(change) + 3 <= width else " ")

    def _list(self, scene: Scene) -> list[Line]:
        """Each phase in three lines: what it does, and how it stands."""
        lines: list[Line] = []
        for phase in Phase:
            here = phase is self._active(scene)
            marks = f" {passes(scene, 10)}" if phase is Phase.IMPROVE else ""
            style = self.ink.strong + self.ink.blue if here else self.ink.normal
            lines.append(
                [(f" {phase + 1} {NAMES[phase].upper()}{marks}", style), (f"   {DOES[phase]}", self.ink.faint)]
            )
            lines.append([(f"   {'   '.join(self._figures(scene)[phase])}", style)])
            lines.append([])
        return lines

    def _boxes(self, scene: Scene, width: int) -> list[Line]:
        active = self._active(scene)
        room = width - 3 * len(GAP)
        boxes = [self._box(scene, phase, (room + phase) // 4 - 2, phase is active) for phase in Phase]
        lines: list[Line] = []
        for y in range(4):
            line: Line = []
            for phase, box in zip(Phase, boxes, strict=True):
                line += box[y]
                if phase is not Phase.COPY:
                    line.append((GAP if y == 1 else " " * len(GAP), self.ink.faint))
            lines.append(line)
        return lines

    def _box(self, scene: Scene, phase: Phase, inside: int, heavy: bool) -> list[Line]:
        ink = self.ink
        nw, ne, sw, se, bar, side = "┏┓┗┛━┃" if heavy else "┌┐└┘─│"
        frame = ink.strong + ink.blue if heavy else ink.faint
        name = f"{phase + 1} {NAMES[phase].upper()}"
        marks = f" {passes(scene, 10)}" if phase is Phase.IMPROVE else ""
        top = f"{bar} {name}{marks} ".ljust(inside, bar)
        texts = self._figures(scene)[phase]
        style = ink.normal if heavy else ink.faint
        middle: list[Line] = [
            [(side, frame), (f" {text}".ljust(inside)[:inside], style), (side, frame)] for text in texts
        ]
        return [[(nw + top + ne, frame)], *middle, [(sw + bar * inside + se, frame)]]

    def _figures(self, scene: Scene) -> dict[Phase, tuple[str, str]]:
        """Two lines for each box, the same in every phase so that nothing jumps."""
        snapshot, config, update = scene.snapshot, scene.config, scene.moment.update
        if snapshot is None:
            return dict.fromkeys(Phase, ("", ""))
        walked = scene.moment.index if scene.moment.phase is Phase.COLLECT else config.batch_size
        judged = snapshot.judged
        full = scene.moment.phase is Phase.JUDGE
        row = scene.before
        newest = snapshot.last_pass
        stopped = f"stopped {percent(newest.stopped / max(1, len(newest.ratios)))}" if newest else ""
        before = figure(row.success_probability if row else None)
        return {
            Phase.COLLECT: (
                f"old #{update} walks",
                f"{walked}/{config.batch_size} steps, {snapshot.tally.episodes} ep.",
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
                f"KL {figure(change_between(scene), 4)}  {stopped}".rstrip() if judged else "waits for judging",
            ),
            Phase.COPY: ("old ← new".replace("←", "◂"), f"exact {before} ▸ {figure(snapshot.exact.sampling)}"),
        }


def passes(scene: Scene, most: int) -> str:
    """The passes done and to do: `▪▪▫▫▫`, or `12/50` where there are many."""
    moment, epochs = scene.moment, scene.config.epochs
    done = {Phase.IMPROVE: moment.index, Phase.COPY: epochs}.get(moment.phase, 0)
    return DONE * done + TODO * (epochs - done) if epochs <= most else f"{done}/{epochs}"
