"""Steps among samples: `.` and `,` go through the samples of a resting batch, and on by a unit."""

from lakeppo.config import Config
from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import Back, Step, Unit
from lakeppo.tui.state import AppState


class SampleCursor:
    """Keeps the moment at which the worker will be once it has carried out the last step.

    The screen shows it later: a key held down would otherwise run past the samples of the next pass.
    """

    def __init__(self) -> None:
        self._ahead: Moment | None = None

    def forget(self) -> None:
        """Take the screen's moment again: another command was sent."""
        self._ahead = None

    def step(self, state: AppState, by: int, at: int | None, rows: int) -> int | Step | Back | None:
        """Return what one step from row `at` of `rows` leads to: a row, a command, or None to wait for the worker."""
        if by < 0:
            self._ahead = None
            return at - 1 if at and rows else Back(Unit.NEXT)
        if self._ahead is not None and self._ahead <= state.moment:
            self._ahead = None
        if self._ahead is None and not state.resting:
            return Step(Unit.NEXT)
        here = self._ahead or state.moment
        if here.phase is not Phase.COLLECT and here != state.moment:
            return None
        if here == state.moment and (row := 0 if at is None else at + 1) < rows:
            return row
        self._ahead = after(here, state.config)
        return Step(Unit.NEXT)


def after(moment: Moment, config: Config) -> Moment:
    """Return the moment one unit later."""
    update, phase, index = moment.update, moment.phase, moment.index + 1
    units = {Phase.COLLECT: config.batch_size, Phase.IMPROVE: config.epochs}.get(phase, 1)
    if index < units:
        return Moment(update, phase, index)
    return Moment(update + 1, Phase.COLLECT, 0) if phase is Phase.COPY else Moment(update, Phase(phase + 1), 0)
