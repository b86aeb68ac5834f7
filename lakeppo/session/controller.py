"""Carries out commands on the run on screen; the loop decides when.

Only the worker thread imports this.
"""

import time
from pathlib import Path

from lakeppo.causes.results import Part
from lakeppo.config import advice
from lakeppo.errors import InvalidValue, Message
from lakeppo.moment import Moment, Phase
from lakeppo.presets import PRESETS, Limit
from lakeppo.runs.batch_table import batch_of
from lakeppo.runs.divergence import began, divergence, find_divergence
from lakeppo.runs.pass_tables import PassTables
from lakeppo.runs.stop_condition import StopCondition
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.background import Background
from lakeppo.session.branch_events import BranchEvents
from lakeppo.session.changes import change, restarted
from lakeppo.session.channel import Channel
from lakeppo.session.commands import ChangeRun, GoToEvent, NextEvent, OpenSibling, Start, Travel
from lakeppo.session.comparison import Comparison, SessionRuns
from lakeppo.session.event_words import event_notice
from lakeppo.session.explainer import Explainer
from lakeppo.session.lessons import LessonRuns
from lakeppo.session.navigation import Arrival, travel
from lakeppo.session.saver import FaultySaver, LessonSaver, Saver
from lakeppo.session.siblings import SiblingManager
from lakeppo.session.snapshot import BatchColumns, Demo, MotionView, RunStatus, SaveView, Snapshot
from lakeppo.session.spots import spot_of
from lakeppo.session.views import Ceilings, Rate, RunViewer, position_view

NOTICES = 8
"""Notices that a snapshot holds."""


class Controller:
    """Holds the run with its timeline, its views, its comparison, its siblings and its saves."""

    def __init__(self, timeline: Timeline, limit: Limit, saves: Path, channel: Channel) -> None:
        self.limit = limit
        self.channel = channel
        self.saves = saves
        self.notices: list[Message] = []
        self.watched: Part | None = None  # what a screen lists of the batch
        self.condition: StopCondition | None = None
        self.met = False  # the condition became true in the last unit
        self.runs = SessionRuns()
        self.comparison: Comparison | None = None
        self.siblings, self.lessons = SiblingManager(self.notify), LessonRuns(self)
        self.background = Background(self.siblings, self.lessons)
        self._ceilings = Ceilings()
        self._generation = -1
        self.take_up(timeline)

    def take_up(self, timeline: Timeline) -> None:
        """Put another run on screen."""
        self.run, self.timeline = timeline.run, timeline
        timeline.interrupted = self.channel.ending_now
        if self.run.tables is None:
            self.run.tables = PassTables()
        self.explainer = Explainer(timeline)
        self._events = BranchEvents(timeline, self._ceilings.reachable)
        self.spot = spot_of(timeline, self.notify, self.lessons.open)
        saver = FaultySaver if self.spot else LessonSaver if self.lessons.open else Saver
        self.saver = saver(timeline, self.saves, self.channel, self.notify)
        self.past_limit = False
        self._renew_condition()
        self.siblings.leave(timeline)
        self._rate = Rate()
        self._adopt_branch()
        if timeline.remark is not None:
            self.notify(timeline.remark)
        self._name_divergence(find_divergence(timeline))
        self._advise()

    def _adopt_branch(self) -> None:
        """Show the history of another run or branch."""
        self._branch = self.timeline.branch
        self._generation += 1
        self._renew_viewer()

    def _renew_viewer(self) -> None:
        self._viewer = RunViewer(self.run, self._ceilings, self._generation)
        self._events.arrive()
        if self.condition is not None:
            self.condition.settle()

    def notify(self, notice: Message) -> None:
        self.notices.append(notice)

    def _advise(self) -> None:
        message = None if self.lessons.open else advice(self.run.config)  # a lesson may be about just that
        if message is not None and message not in self.notices:
            self.notify(message)

    def unit(self) -> Phase:
        """Do the next unit, with the comparison's baseline, and save now and then."""
        phase = self.timeline.unit()
        self.saver.note_unit()
        self._viewer.note(phase)
        for event in self._events.follow(phase):
            self.notify(event_notice(event))
        self.met = self.condition is not None and self.condition.look(phase)
        if self.comparison is not None:
            self.comparison.follow(phase)
        if phase is Phase.COPY and not self.timeline.rewound:
            if began(self.run.history):
                self._name_divergence(divergence(self.run.history, self.timeline.branch.diverged))
            self.saver.now_and_then()
        return phase

    def _name_divergence(self, message: Message | None) -> None:
        if message is not None:
            self.notify(notices.diverged(message))

    def at_limit(self) -> bool:
        """Return whether the run has reached its limit and is not to go on past it."""
        return not self.past_limit and self.run.reached(self.limit)

    # stopping at a condition

    def stop_when(self, text: str) -> None:
        """Set the condition at which the run stops, or take it away with an empty text."""
        if not text.strip():
            self.condition = None
            self.notify(notices.CONDITION_REMOVED)
            return
        try:
            self.condition = StopCondition(text, self.timeline)
        except InvalidValue as error:
            self.notify(error.message)
        else:
            self.notify(notices.condition_set(self.condition.text, self.condition.true))

    def _renew_condition(self) -> None:
        """Watch another run for the same condition, if its lake has the condition's tiles."""
        before, self.condition = self.condition, None
        if before is not None:
            try:
                self.condition = StopCondition(before.text, self.timeline)
            except InvalidValue as error:
                self.notify(notices.condition_dropped(before.text, error.message))

    def report_met(self) -> None:
        """Leave a notice of the condition that has become true, and save: the run stops."""
        assert self.condition is not None
        self.notify(self.condition.report())
        self.saver.quickly()

    # travelling and comparing

    def travel(self, command: Travel) -> Moment | None:
        """Go to another moment or branch; return a moment that is too far ahead to be reached at once."""
        if not self.timeline.rewound:
            self.saver.quickly()
        if isinstance(command, NextEvent | GoToEvent) and (found := self._events.find(command)):
            command = GoToEvent(found[0])
            self.notify(event_notice(*found))
        arrival: Arrival = travel(self.timeline, command, self.condition, self.channel.waiting)
        if self.comparison is not None:
            arrival = self.comparison.arrive(arrival)
        if self.timeline.branch is not self._branch:
            self._adopt_branch()
        self._renew_viewer()
        if arrival is None or isinstance(arrival, Moment):
            return arrival
        self.notify(arrival)
        return None

    def explains(self, resting: bool) -> bool:
        """Return whether the moment at which the run rests is still to be explained."""
        if resting and self.comparison is None:
            self.explainer.follow(self.watched)
        return self.explainer.working

    def explain(self) -> bool:
        """Explain a little more, or go to the turn of an arrow; return whether all is explained."""
        found = self.explainer.work()
        if isinstance(found, Moment):
            self.timeline.go_to(found)
            self.explainer.read_here()
            self._renew_viewer()
        elif found is not None:
            self.notify(found)
        return not self.explainer.working

    def compare(self, name: str | None = None) -> bool:
        """Put another branch or an earlier run beside this one; return False if there is none."""
        if not self.runs.choices(self.timeline):
            return False
        if not self.timeline.rewound:
            self.saver.quickly()
        self.comparison = Comparison(self.timeline, self.runs, self._ceilings, name)
        self._renew_viewer()
        return True

    def compare_next(self) -> None:
        if self.comparison is not None:
            self.comparison.next()
            self._renew_viewer()

    def go_to_difference(self) -> None:
        notice = self.comparison.go_to_difference() if self.comparison is not None else None
        if notice is not None:
            self.notify(notice)
        self._renew_viewer()

    def end_comparison(self) -> None:
        """Close the comparison; the run stays where it stands."""
        self.comparison = None

    # changing and starting

    def change(self, command: ChangeRun) -> None:
        """Change the run and keep its weights; in the past, on a new branch."""
        try:
            notice = change(self.timeline, command)
        except InvalidValue as error:
            notice = error.message
        if notice is not None:
            self.notify(notice)
        if self.timeline.branch is not self._branch:
            self._adopt_branch()
        self._advise()

    def start(self, command: Start) -> bool:
        """Leave this run, saved, for another one; return False if that cannot be."""
        try:
            if isinstance(command, OpenSibling):
                timeline = self.siblings.run_of(command.seed)
            else:
                timeline = restarted(self.timeline, command)
        except InvalidValue as error:
            self.notify(error.message)
            return False
        if timeline is None:
            return False
        if (preset := timeline.run.config.preset) != self.run.config.preset:
            self.limit = PRESETS[preset].limit
        self.saver.at_end()
        self.runs.leave(self.timeline)
        self.take_up(timeline)
        return True

    # showing

    @property
    def unsettled(self) -> bool:
        """Whether the snapshot may still change by itself."""
        unsettled = self._viewer.unsettled or self._events.behind
        return unsettled or (self.comparison is not None and self.comparison.unsettled)

    def snapshot(
        self, status: RunStatus, pace: tuple[int, int | None], demo: Demo | None, motion: MotionView, carried_out: int
    ) -> Snapshot:
        """Return a snapshot; `pace` is the one in force and the one that a key has set."""
        self._rate.count(self.run.trainer.env_steps, time.monotonic())
        return Snapshot(
            status=status,
            pace=pace[0],
            steps_per_second=self._rate.per_second,
            limit=self.limit,
            run=self._viewer.view(),
            origin=self.run.origin,
            history=self.run.history,
            position=position_view(self.timeline, events=self._events.events()),
            save=SaveView(self.saver.error),
            demo=demo,
            comparison=None if self.comparison is None else self.comparison.view(),
            choices=len(self.runs.choices(self.timeline)),
            siblings=self.siblings.results(self.timeline),
            stop_when="" if self.condition is None else self.condition.text,
            chosen_pace=pace[1],
            motion=motion,
            lesson=self.lessons.view(),
            spot=self.spot,
            batch=self._batch(status, demo),
            explanation=self.explainer.explanation,
            arrow_explanation=self.explainer.arrow_explanation,
            notices=tuple(self.notices[-NOTICES:]),
            notice_count=len(self.notices),
            carried_out=carried_out,
            met=self.met,
        )

    def _batch(self, status: RunStatus, demo: Demo | None) -> BatchColumns | None:
        """Return the batch's columns while the batch is complete and the run rests, or while a screen watches them."""
        resting = demo is None and status in ("paused", "stepping", "stepped")
        if self.watched is None and not (resting and self.run.moment.phase is not Phase.COLLECT):
            return None
        return batch_of(self.run) | self.explainer.effects_of_steps()
