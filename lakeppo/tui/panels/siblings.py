"""The siblings in a table, best first, the run itself among them."""

from typing import Any

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message

from lakeppo.session.fan import Sibling, siblings
from lakeppo.tui.drawing.lines import Line
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure

WHEEL = 3


def enough(state: AppState) -> float:
    """The exact success that counts as solved."""
    return state.snapshot.exact.solved if state.snapshot else 1.0


def family(state: AppState) -> list[Sibling]:
    """The siblings and the run itself where this moment's update began, the best first."""
    fan, update = state.fan, compared_at(state)
    if fan is None:
        return []
    listed = [sibling for sibling in siblings(fan, update, enough(state)) if sibling.seed != state.seed]
    if update:
        listed.append(_itself(state, update))
    return sorted(listed, key=lambda sibling: (-sibling.success, sibling.seed))


def compared_at(state: AppState) -> int:
    """The update after which all are compared: this moment's, or the last one that siblings and run have both lived."""
    return min(state.fan.row(state.moment.update), len(state.rows)) if state.fan else 0


def _itself(state: AppState, update: int) -> Sibling:
    rows = state.rows
    solved = next((row for row in rows if row.success_probability >= enough(state)), None)
    return Sibling(
        state.seed,
        rows[update - 1].success_probability,
        rows[-1].success_probability,
        solved and solved.update,
        solved and solved.episodes,
        None,
        own=True,
    )


class SiblingList(Panel[Any]):
    """A row a sibling; the chosen one is always in view."""

    class Picked(Message):
        """A row was clicked, or gone to with the wheel."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self) -> None:
        super().__init__()
        self.chosen: int | None = None  # a seed
        self.listed: list[Sibling] = []
        self._position = self._first = 0

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        return (state.fan and state.fan.state, state.growth, state.moment.update, state.seed, enough(state))

    def _list(self, state: AppState) -> None:
        """Whoever is chosen stays chosen, wherever that row has gone; at first it is the run itself."""
        self.listed = family(state)
        seeds = [sibling.seed for sibling in self.listed]
        chosen = state.seed if self.chosen is None else self.chosen
        self._position = seeds.index(chosen) if chosen in seeds else max(0, min(self._position, len(seeds) - 1))

    @property
    def position(self) -> int:
        return self._position

    def choose(self, position: int) -> None:
        """Go to a row."""
        if self.listed:
            self._position = max(0, min(position, len(self.listed) - 1))
            self.chosen = self.listed[self._position].seed
            self.redraw()

    def title(self, state: AppState) -> str:
        fan = state.fan
        if fan is None:
            return " SIBLINGS  there are none: f trains some"
        words = [
            f" SIBLINGS  {len(fan.seeds)} other seeds of {fan.stale or 'this run'}",
            f"by exact success after update {compared_at(state)}",
            f"solved: {figure(enough(state))} or better",
            *([f"{fan.going} still training, at update {fan.reached}"] if fan.going else []),
            *([f"this run left its own at update {fan.left}"] if fan.left is not None else []),
            *([f"not shared: {fan.unlike}"] if fan.unlike else []),
        ]
        while len(words) > 1 and sum(map(len, words)) + 3 * len(words) > self.size.width:
            words.pop()
        return "   ".join(words)

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        self._list(state)
        room, at = max(1, height - 1), self._position
        self._first = max(0, min(self._first, len(self.listed) - room, at), at - room + 1)
        titles = f" {'':>4}{'seed':>10}{'exact':>8}{'newest':>8}{'solved at update':>18}{'episode':>9}   stands"
        lines: list[Line] = [[(titles, self.palette.faint)]]
        for rank, sibling in enumerate(self.listed[self._first : self._first + room], start=self._first):
            text = _row(rank, sibling)
            style = (
                self.palette.inverse
                if rank == at
                else self.palette.strong + self.palette.blue
                if sibling.own
                else self.palette.normal
            )
            lines.append([(text.ljust(width) if rank == at else text, style)])
        return lines

    def on_click(self, event: Click) -> None:
        """Choose the row."""
        if event.y >= 2:
            self.post_message(self.Picked(self._first + event.y - 2))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.post_message(self.Picked(self._position + WHEEL))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.post_message(self.Picked(self._position - WHEEL))


def _row(rank: int, s: Sibling) -> str:
    solved, episode = ("never yet", "") if s.solved is None else (f"{s.solved:,}", f"{s.episode:,}")
    stands = "this run" if s.own else "training" if s.ended is None else f"ended at #{s.ended}"
    figures = f"{figure(s.success, 4):>8}{figure(s.last, 4):>8}"
    return f" {rank + 1:>4}{s.seed:>10}{figures}{solved:>18}{episode:>9}   {stands}"
