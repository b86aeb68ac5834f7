"""The way to where a `PlayTo` ends. Only the worker thread imports this."""

from lakeppo.moment import Phase
from lakeppo.runs.stop_condition import StopCondition
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import PlayTo
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

    def begin(self, command: PlayTo, timeline: Timeline) -> None:
        """Set out, unless its condition holds already. Raises `InvalidValue` for a text that is no condition here."""
        self.view = MotionView(command.number, "missed")
        self._end, self._timeline = command.end, timeline
        self._condition = StopCondition(command.end, timeline) if isinstance(command.end, str) else None
        self._last = timeline.run.moment.update + command.updates
        there = self._condition is not None and self._condition.true
        self.view = MotionView(command.number, "arrived" if there else "going")

    def end(self, state: MotionState) -> None:
        self.view = MotionView(self.view.number, state)
        self._timeline = self._condition = None

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
        if self._condition is not None:
            self._condition.look(phase)
            return self._condition.true
        if isinstance(self._end, Phase):
            return timeline.run.moment.phase is self._end and timeline.run.moment.index == 0
        assert not isinstance(self._end, str)
        return step_ends(self._end, timeline, phase)
