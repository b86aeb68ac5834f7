"""The ladder's lowest rung: `.` and `,` go through the samples of a batch that lies still, and on by a unit."""

from lakeppo.config import Config
from lakeppo.moment import Moment, Phase
from lakeppo.tui.state import AppState


class SampleCursor:
    """Knows where the worker will stand once it has done what `.` has asked for.

    What is on screen is a moment late: a key held down would otherwise run past the samples of the next pass.
    """

    def __init__(self) -> None:
        self._ahead: Moment | None = None

    def forget(self) -> None:
        """Something else was asked for: only the screen tells where the worker stands."""
        self._ahead = None

    def step(self, state: AppState, down: int, at: int | None, rows: int) -> int | str | None:
        """One up or down from row `at` of `rows`: the row to go to, the worker's command, or None to wait for it."""
        if down < 0:
            self._ahead = None
            return at - 1 if at and rows else "back_unit"
        if self._ahead is not None and self._ahead <= state.moment:
            self._ahead = None
        if self._ahead is None and not state.resting:
            return "unit"
        here = self._ahead or state.moment
        if here.phase is not Phase.COLLECT and here != state.moment:
            return None
        if here == state.moment and (row := 0 if at is None else at + 1) < rows:
            return row
        self._ahead = after(here, state.config)
        return "unit"


def after(moment: Moment, config: Config) -> Moment:
    """The moment one unit later."""
    update, phase, index = moment.update, moment.phase, moment.index + 1
    units = {Phase.COLLECT: config.batch_size, Phase.IMPROVE: config.epochs}.get(phase, 1)
    if index < units:
        return Moment(update, phase, index)
    return Moment(update + 1, Phase.COLLECT, 0) if phase is Phase.COPY else Moment(update, Phase(phase + 1), 0)
