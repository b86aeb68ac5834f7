"""Lessons and the tour in lines of text: the pages of a guide, and the motions between them told."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from lakeppo.errors import InvalidValue
from lakeppo.figures import figure, percent, small_figure
from lakeppo.i18n import N_, _
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.progress import read_progress
from lakeppo.lessons.shipped import find_lesson, shipped_lessons
from lakeppo.moment import Moment, Phase
from lakeppo.plain.narration import pass_words, place_words
from lakeppo.plain.player import Level
from lakeppo.plain.running import play
from lakeppo.plain.shell import Shell
from lakeppo.plain.words import listed
from lakeppo.runs.statistics import Row
from lakeppo.session.commands import Command, PlayTo, SetKnob, SetSeed, Stop, TogglePlay
from lakeppo.session.snapshot import PACES
from lakeppo.tui.guides.guide import Guide
from lakeppo.tui.guides.lesson import LessonGuide
from lakeppo.tui.guides.tour import TourGuide
from lakeppo.tui.state import AppState, GuideView

TRY = N_('"set {knob} VALUE" tries a value; "leave" leaves the lesson')
TOLD = 12
"""Updates of a motion that are told."""
MOST_SEEDS = 16
"""Seeds whose success is told one by one."""


class GuideTeller:
    """Goes through a guide. With `unattended`, no person answers its questions, and nothing is remembered."""

    def __init__(self, shell: Shell, guide: Guide) -> None:
        self.guide, self.unattended = guide, False
        self._shell = shell
        self._remembered: object = None

    @property
    def letters(self) -> list[str]:
        """The answers that the page offers."""
        return [letter for letter, _words in self.guide.view(self._shell.state).choices]

    @property
    def asks(self) -> bool:
        return self.guide.page.asks

    def begin(self) -> None:
        self._send(self.guide.begin())
        self._say_page()

    def go_on(self) -> None:
        """Go to the next page, through the motion before it. Raises `InvalidValue` where a page waits for more."""
        page = self.guide.page
        if page.asks:
            raise InvalidValue("first answer the question: {letters}", letters=", ".join(self.letters))
        if page.action:
            raise InvalidValue(TRY, knob=self._knob)
        self._send(self.guide.go_on(self._shell.state))
        self._turned()

    def choose(self, letter: str) -> None:
        asked = self.guide.page.asks
        commands = self.guide.choose(letter, self._shell.state)
        if commands is None:
            raise InvalidValue("{letter} is none of {letters}", letter=letter, letters=", ".join(self.letters))
        self._send(commands)
        if asked:
            self._turned()
        else:
            self._shell.out.say(place_words(self._shell.state))

    def trial(self, change: SetKnob | SetSeed) -> bool:
        """Try a value of the unlocked knob; return False if the guide leaves that to the run."""
        commands = self.guide.trial(change)
        if commands is None:
            return False
        self._send(commands)
        self._say_page()
        return True

    def leave(self) -> None:
        """Leave the guide; the run is again what it was before."""
        self._remember()
        self._shell.guide = None
        commands = self.guide.leave()
        if commands:
            self._shell.do(*commands)
        self._shell.out.say(_("This is the end of {guide}.").format(guide=_(self.guide.name)))

    def walk(self) -> None:
        """Go through all pages without a person: each question is followed by the right answer."""
        self.unattended = True
        while self._shell.guide is self:
            page = self.guide.page
            if page.asks and isinstance(self.guide, LessonGuide):
                part = self.guide.lesson.parts[sum(other.asks for other in self.guide.pages[: self.guide.at])]
                self.choose(part.predict.right)
            elif page.asks or page.action:
                self.leave()
            else:
                self.go_on()

    def _send(self, commands: Sequence[Command]) -> None:
        """Carry out commands of the guide, and what it sends after their motion."""
        while commands:
            for command in commands:
                if isinstance(command, PlayTo):
                    self._move(command)
                elif isinstance(command, TogglePlay):
                    play(self._shell, [])
                else:
                    self._shell.do(command)
            commands = self.guide.follow(self._shell.state)

    def _move(self, command: PlayTo) -> None:
        """Tell a motion by some of its updates, and the last update by its passes where its end is known."""
        here, end = self._shell.state.moment, command.end
        if isinstance(end, Moment) and end > here:
            self._play(replace(command, end=Moment(end.update, Phase.COLLECT, 0), number=-command.number))
            if self._shell.state.moment < end:
                self._shell.player.go(lambda before, after: after.moment >= end, Level.PASS)
            self._arrive(command)
        else:
            self._play(command)

    def _play(self, command: PlayTo) -> None:
        before = self._shell.state
        self._arrive(command)
        after = self._shell.state
        if after.moment != before.moment:
            self._shell.tell(motion_lines(before, after), after)

    def _arrive(self, command: PlayTo) -> None:
        """Go at full speed to the end of a motion, or to where a person interrupts it."""
        conductor, number = self._shell.conductor, command.number
        conductor.carry_out(replace(command, pace=len(PACES) - 1))
        if not _settled(conductor.wait_for(lambda state: _settled(state, number)), number):
            conductor.carry_out(Stop())

    def _turned(self) -> None:
        """Say the page that has been reached."""
        if self.guide.over:
            self.leave()
        else:
            self._remember()
            self._say_page()

    def _say_page(self) -> None:
        shell, page = self._shell, self.guide.page
        if page.live and shell.state.snapshot.lesson is not None:
            shell.conductor.wait_for(_measured)
        view = self.guide.view(shell.state)
        shell.out.say_all(page_lines(view))
        if self.unattended or not view.go:
            return
        if page.action:
            go, key = _(TRY).format(knob=self._knob), _("Enter")
        else:
            go, key = view.go, shell.keys.get("toggle", _("Enter"))
        if shell.commands.interactive:
            shell.out.say(_("{key}: {go}").format(key=key, go=go))

    @property
    def _knob(self) -> str:
        """The knob that a lesson hands over at its end."""
        now_you = self.guide.lesson.now_you if isinstance(self.guide, LessonGuide) else None
        return "" if now_you is None else now_you.knob

    def _remember(self) -> None:
        """Keep in the settings file how far a person has come."""
        values = {} if self.unattended else self.guide.to_remember(read_progress(os.environ))
        if values and values != self._remembered:
            self._remembered = values
            self._shell.remember(values)


def _settled(state: AppState, number: int) -> bool:
    motion = state.snapshot.motion
    return motion.number == number and motion.state != "going"


def _measured(state: AppState) -> bool:
    """Return whether everything that a lesson shows of its runs and seeds is known."""
    lesson = state.snapshot.lesson
    return lesson is None or bool(lesson.failure) or (lesson.run is not None and lesson.seeds is not None)


def page_lines(view: GuideView) -> list[str]:
    """Return a page of a guide: its text, its figures and its answers."""
    number, _slash, count = view.place.partition("/")
    head = _("{head} (page {number} of {count}):").format(head=view.head, number=number, count=count)
    lines = [head, *view.text.replace(3 * " ", _("; ")).split("\n")]
    for label, *values in view.rows[1:]:
        pairs = (f"{column} {value}" for column, value in zip(view.rows[0][1:], values, strict=True))
        lines.append(_("{label}: {values}").format(label=label, values=_("; ").join(pairs)))
    for label, success in view.dots:
        template = _("{label}; the exact success of {count} seeds: {values}; median {median}")
        values_text, middle = seed_words(success), figure(median(success))
        lines.append(template.format(label=label, count=len(success), values=values_text, median=middle))
    return [*lines, *(_("{letter}: {words}").format(letter=letter, words=words) for letter, words in view.choices)]


def seed_words(success: Sequence[float]) -> str:
    """Return the success of seeds: each, or of many how many there are in each tenth."""
    if len(success) <= MOST_SEEDS:
        return " ".join(map(figure, sorted(success)))
    tenths = Counter(min(9, int(10 * value)) for value in success if value == value)
    template = _("{count} from {low} to {high}")
    counted = (template.format(count=tenths[n], low=figure(n / 10, 1), high=figure((n + 1) / 10, 1)) for n in range(10))
    return listed(words for n, words in enumerate(counted) if tenths[n])


def motion_lines(before: AppState, after: AppState) -> list[str]:
    """Return the way from one state to another: some of the updates done, and where the run stands."""
    if before.snapshot.run.history_generation != after.snapshot.run.history_generation:
        return [place_words(after)]
    now = [pass_words(after.snapshot.run), place_words(after)]
    start, rows = before.moment.update, after.rows
    stride = max(1, -(-(len(rows) - start) // TOLD))
    places = {*range(start, len(rows), stride), *([len(rows) - 1] if len(rows) > start else [])}
    return [*(_row_words(rows[place]) for place in sorted(places)), *now]


def _row_words(row: Row) -> str:
    template = _(
        "Update {update}: exact success {exact}, greedy {greedy}; KL {kl}, {stopped} of the samples stopped; "
        "{episodes:,} episodes so far."
    )
    return template.format(
        update=row.update - 1, exact=figure(row.success_probability), greedy=figure(row.greedy_success_probability),
        kl=small_figure(row.kl, 4), stopped=percent(row.stopped), episodes=row.episodes,
    )  # fmt: skip


def open_guide(shell: Shell, guide: Guide) -> GuideTeller:
    """Open a guide in place of any other."""
    if shell.guide is not None:
        shell.guide.leave()
    shell.guide = teller = GuideTeller(shell, guide)
    teller.begin()
    return teller


def open_lesson(shell: Shell, lesson: Lesson) -> GuideTeller:
    return open_guide(shell, LessonGuide(lesson, shell.state))


def lesson(shell: Shell, words: list[str]) -> None:
    """Open a lesson, or list them."""
    if words:
        open_lesson(shell, find_lesson(" ".join(words)))
        return
    progress = read_progress(os.environ)
    for one in shipped_lessons():
        done = [_("done, predicted right") if one.name in progress.right else _("done")] * (one.name in progress.done)
        shell.out.say(_("{name}: {title}").format(name=one.name, title=listed([str(one.title), *done])))


def tour(shell: Shell, words: list[str]) -> None:
    open_guide(shell, TourGuide(shell.state))


def go_on(shell: Shell, words: list[str]) -> None:
    _guide(shell).go_on()


def leave(shell: Shell, words: list[str]) -> None:
    _guide(shell).leave()


def _guide(shell: Shell) -> GuideTeller:
    if not isinstance(shell.guide, GuideTeller):
        raise InvalidValue('no lesson is open; "lesson" lists them, "lesson ice" opens one')
    return shell.guide
