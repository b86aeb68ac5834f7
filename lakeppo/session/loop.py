"""The loop of the worker thread: carries out commands in their order, keeps the pace, publishes snapshots.

Imports torch, so only the worker thread imports it.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import assert_never

from lakeppo.moment import Moment, Phase
from lakeppo.presets import Limit
from lakeppo.runs.timeline import Timeline, TravelInterrupted
from lakeppo.session import commands, lesson_commands, notices
from lakeppo.session.asides import carry_out
from lakeppo.session.channel import Channel
from lakeppo.session.commands import Command, Unit
from lakeppo.session.comparison import waits_for_comparison
from lakeppo.session.controller import Controller
from lakeppo.session.demonstrations import Demonstrations
from lakeppo.session.motion import Motion
from lakeppo.session.navigation import step_ends
from lakeppo.session.pace import Pace
from lakeppo.session.snapshot import RunStatus

NEWS_POLL = 0.1  # seconds between two looks at what others compute while the run rests
SLICE = 0.008  # seconds of work between two looks at the queue
RESTING = ("paused", "stepped")
"""The statuses in which a moment is explained."""


class WorkerLoop:
    """Decides when the controller does what."""

    def __init__(self, timeline: Timeline, limit: Limit, saves: Path, paused: bool, channel: Channel) -> None:
        self.channel = channel
        self.controller = Controller(timeline, limit, saves, channel)
        self.pace = Pace(channel.pace, timeline.run.moment.update)
        self.demos = Demonstrations(self.pace)
        self.motion = Motion()
        self.dirty = self.stoppable = True
        self.answering = False  # a command was carried out, or a step has ended, that no snapshot shows yet
        self.carried_out = 0
        self.stepping: Callable[[Phase], bool] | None = None
        self.travelling = False  # the step goes to a moment, whatever happens on the way
        self.status: RunStatus = "paused" if paused else "playing"
        if self.controller.at_limit() and not timeline.rewound:  # a rewound run goes on past its limit
            self._finish()

    def run(self) -> None:
        """Work until the session ends; then save the present moment."""
        while not self.channel.ending_now():
            command = None
            with suppress(TravelInterrupted):  # by the end of the session
                self._publish()
                command = self._next_command()
                self._work(command)
            if command is not None:
                self.controller.saver.note_command()
        self.controller.timeline.interrupted = bool  # what is saved and shown at the end is computed whole
        if self.channel.overdue():
            self.channel.ending = self.channel.ending._replace(dropped=self.channel.drain())
        self.controller.background.end()
        self.controller.saver.at_end()
        self._publish()

    def _work(self, command: Command | None) -> None:
        """Carry out a command; without one, go on with what is under way."""
        if command is not None:
            self._obey(command)
        elif self.stepping is not None:
            self._step()
        elif self.demos.shown:
            self.dirty |= self.demos.step()
        elif self.status == "playing":
            self._play()
        elif self.controller.explainer.working:
            self.dirty |= self.controller.explain()

    def rescue(self) -> None:
        """After a failure, save the run as it stood before the unit or the command that failed."""
        try:
            self.controller.saver.whole_moment()
        finally:
            self.controller.background.end()

    def _next_command(self) -> Command | None:
        if self.stepping is not None and not self.stoppable:
            return None
        busy = self.status == "playing" or self.stepping is not None or self.demos.shown
        wait: float | None = max(0.0, self.pace.due - time.monotonic()) if busy else None
        if self.dirty:
            wait = min(0.02, wait if wait is not None else 0.02)
        elif wait is None and self.controller.background.expecting:
            wait = NEWS_POLL
        if not busy and self.controller.explains(resting=self.status in RESTING):
            wait = 0
        return self.channel.next_command(wait)

    # commands

    def _obey(self, command: Command) -> None:
        self.dirty = self.answering = True
        self.carried_out += 1
        interrupted = self.stepping is not None
        if interrupted:
            self._end_step()
        self._end_motion(command)
        controller = self.controller
        if not isinstance(command, commands.Explain):
            controller.explainer.drop()
        if controller.comparison is not None and waits_for_comparison(command):
            controller.notify(notices.COMPARISON_IN_THE_WAY)
            return
        match command:
            case commands.Quit():
                self.channel.leaving.set()
            case commands.Stop():
                pass
            case commands.Step(unit):
                self._begin_step(unit)
            case commands.TogglePlay():
                self._toggle_play(interrupted)
            case commands.PlayTo():
                self._play_to(command)
            case (
                commands.Back() | commands.GoTo() | commands.GoToEvent() | commands.NextEvent() | commands.GoBy()
                | commands.GoToEnd() | commands.GoToBranch() | commands.NextBranch() | commands.AddBranch()
                | commands.ToggleBookmark() | commands.BackToCondition()
            ):  # fmt: skip
                self.demos.end()
                self.status = "stepped"
                self._go_on_to(controller.travel(command))
            case commands.SetKnob() | commands.SetSeed() | commands.ChangeSlip() | commands.EditTile():
                controller.change(command)
                self.demos.follow_change(controller.run)
            case commands.StartOver() | commands.StartSeed() | commands.StartPreset() | commands.OpenSibling():
                if controller.start(command):
                    self.demos.end()
                    self.status = "playing"
                    self.pace.restart()
            case commands.WhyThere(tile):
                self.demos.end()
                self.status = "stepped"
                if (notice := controller.explainer.ask(tile)) is not None:
                    controller.notify(notice)
            case commands.Explain():
                while controller.explains(resting=self.status in RESTING) and not self.channel.ending_now():
                    controller.explain()
            case commands.Compare(name):
                self._compare(name)
            case commands.CompareNext():
                controller.compare_next()
                self._go_to_common()
            case commands.GoToDifference():
                self.status = "stepped"
                controller.go_to_difference()
            case commands.EndComparison():
                controller.end_comparison()
            case commands.ChangePace(by):
                self.pace.change(by)
                self.pace.restart()
            case commands.CycleDemo():
                self.demos.cycle(controller.run)
                self.pace.restart()
            case (
                lesson_commands.OpenPart() | lesson_commands.ShowArm() | lesson_commands.Try()
                | lesson_commands.OpenSpot() | lesson_commands.LeaveLesson()
            ):  # fmt: skip
                self.demos.end()
                self.status = "paused"
                controller.lessons.obey(command)
            case (
                commands.CaptionBookmark() | commands.RenameBranch() | commands.WatchBatch() | commands.StopWhen()
                | commands.CycleSiblings() | commands.Save() | commands.Export()
            ):  # fmt: skip
                carry_out(controller, command)
            case _:
                assert_never(command)

    def _toggle_play(self, interrupted: bool) -> None:
        playing = self.status == "playing" and not self.demos.shown
        self.demos.end()
        if playing:
            self.status = "paused"
            self.controller.saver.quickly()
        elif not interrupted:
            self.controller.past_limit = self.controller.run.reached(self.controller.limit)
            self.status = "playing"
        self.pace.restart()

    def _begin_step(self, unit: Unit) -> None:
        self.demos.end()
        self.status = "stepping"
        self.stoppable, self.travelling = unit is Unit.GOAL, False
        self.stepping = partial(step_ends, unit, self.controller.timeline)

    def _go_on_to(self, far: Moment | None) -> None:
        """Compute in sight what lies between here and a moment far ahead; any key stops it."""
        if far is not None:
            self.status, self.stoppable, self.travelling = "stepping", True, True
            self.stepping = lambda phase: self.controller.run.moment >= far

    def _compare(self, name: str | None) -> None:
        """Put another branch or run beside this one, paused where they part."""
        self.demos.end()
        self.status = "paused"
        opened = self.controller.compare(name)
        self.controller.notify(notices.COMPARISON_OPENED if opened else notices.NOTHING_TO_COMPARE)
        self._go_to_common()

    def _go_to_common(self) -> None:
        comparison = self.controller.comparison
        self._go_on_to(None if comparison is None else comparison.far)

    # training

    def _play(self) -> None:
        now = time.monotonic()
        while self.status == "playing" and self.pace.due <= now:
            phase = self._unit()
            self.pace.wait_for(phase, now)
            if self.controller.met:
                self._end_motion()
                self.status = "paused"
                self.controller.report_met()
            at_limit = self.controller.at_limit()
            if self.motion.going and self.motion.follow(phase, at_limit):
                self.pace.restore()
                self.status = "paused"
            if at_limit:
                self._finish()
            if time.monotonic() - now > SLICE:
                break

    def _step(self) -> None:
        """Do the units of a step at full speed."""
        started = time.monotonic()
        while self.stepping is not None and time.monotonic() - started < SLICE:
            ends = self.stepping(self._unit())
            if self.controller.met and not self.travelling:
                self.controller.report_met()
                ends = True
            if ends:
                self._end_step()

    def _end_step(self) -> None:
        self.stepping = None
        self.status, self.answering = "stepped", True

    def _unit(self) -> Phase:
        self.dirty = True
        phase = self.controller.unit()
        if phase is Phase.COPY:
            self.pace.end_update()
        return phase

    def _play_to(self, command: commands.PlayTo) -> None:
        if command.number != self.motion.view.number:
            self.demos.end()
            self.status = "paused"
            self.motion.begin(command, self.controller)
        if self.motion.going:
            self.pace.replace(command.pace)
            self.pace.restart()
            self.status = "playing"

    def _end_motion(self, command: Command | None = None) -> None:
        """End it, unless `command` leaves it on its way."""
        if self.motion.ended_by(command):
            self.pace.restore()

    def _finish(self) -> None:
        self.status = "finished"
        self.controller.saver.at_end()
        compared = self.controller.comparison is not None
        self.controller.notify(notices.finished(self.controller.limit, compared))
        if not compared:
            self.demos.begin(self.controller.run)

    # showing

    def _publish(self) -> None:
        self.dirty |= self.controller.background.news()
        if self.dirty and (self.answering or self.channel.slot.empty):
            demo = self.demos.view()
            snapshot = self.controller.snapshot(self.status, self.pace.shown, demo, self.motion.view, self.carried_out)
            self.channel.slot.put(snapshot)
            self.dirty = self.controller.unsettled
            if self.answering:
                self.answering = False
                self.channel.answered()
        if self.stepping is None or self.stoppable:
            self.channel.let_app_go_on()
