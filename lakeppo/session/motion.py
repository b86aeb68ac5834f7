"""The way to where a `PlayTo` ends. Only the worker thread imports this."""

from lakeppo.errors import InvalidValue
from lakeppo.moment import Moment, Phase
from lakeppo.runs.stop_condition import StopCondition
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import Aside, Command, PlayTo
from lakeppo.session.controller import Controller
from lakeppo.session.navigation import step_ends
from lakeppo.session.snapshot import MotionState, MotionView


class Motion:
    """Follows a run, unit by unit, to the end that the last `PlayTo` names."""

    def __init__(self) -> None:
        self.view = MotionView()
        self._timeline: Timeline | None = None
        self._condition: StopCondition | None = None

    @property
    def going(self) -> bool:
        return self.view.state == "going"

    def begin(self, command: PlayTo, controller: Controller) -> None:
        """Set out, unless the end is here already, or is no condition on this run."""
        timeline = controller.timeline
        self._end, self._timeline, self._condition = command.end, timeline, None
        self._last = timeline.run.moment.update + command.updates
        self.view = MotionView(command.number, "missed")
        try:
            if isinstance(command.end, str):
                self._condition = StopCondition(command.end, timeline)
        except InvalidValue as error:
            controller.notify(error.message)
            return
        controller.past_limit = timeline.run.reached(controller.limit)
        self.view = MotionView(command.number, "arrived" if self._there else "going")

    @property
    def _there(self) -> bool:
        """Whether the end is here already."""
        if isinstance(self._end, Moment) and self._timeline is not None:
            return self._timeline.run.moment >= self._end
        return self._condition is not None and self._condition.true

    def end(self, state: MotionState) -> None:
        self.view = MotionView(self.view.number, state)
        self._timeline = self._condition = None

    def ended_by(self, command: Command | None) -> bool:
        """End it, and return whether it was on its way and `command` does not leave it there, or change its pace."""
        again = isinstance(command, PlayTo) and command.number == self.view.number
        ended = self.going and not again and not isinstance(command, Aside)
        if ended:
            self.end("stopped")
        return ended

    def follow(self, phase: Phase, at_limit: bool) -> bool:
        """Return whether the way ends here, right after a unit of `phase`."""
        if self._timeline is None or not self.going:
            return False
        if self._arrives(self._timeline, phase):
            self.end("arrived")
        elif at_limit or self._timeline.run.moment.update >= self._last:
            self.end("missed")
        return not self.going

    def _arrives(self, timeline: Timeline, phase: Phase) -> bool:
        match self._end:
            case Moment():
                return timeline.run.moment >= self._end
            case Phase():
                return timeline.run.moment.phase is self._end and timeline.run.moment.index == 0
            case str():
                assert self._condition is not None
                self._condition.look(phase)
                return self._condition.true
        return step_ends(self._end, timeline, phase)
