"""A lesson as a guide: predict, run, compare, say, and then: now you."""

from collections.abc import Callable, Mapping
from typing import cast

from lakeppo.figures import figure
from lakeppo.i18n import N_, _, joined
from lakeppo.lessons.model import STEPS, Lesson, NowYou, Part, Predict, Reveal, RunTo, Say
from lakeppo.lessons.progress import Progress
from lakeppo.lessons.steps import HEADINGS, StepTexts, step_texts, verdict
from lakeppo.moment import Moment
from lakeppo.session.commands import GoTo, SetKnob, StartOver
from lakeppo.session.lesson_commands import LeaveLesson, OpenPart, ShowArm, Try
from lakeppo.session.lesson_results import LessonView
from lakeppo.session.pace import update_length
from lakeppo.settings import Value
from lakeppo.tui.guides.guide import Choice, Commands, Figures, Guide, Page, Way, pace_for
from lakeppo.tui.state import AppState, LakeView

SECONDS = 8
"""About how long a run of a lesson is watched."""
NAME = N_("the lesson")
BATCH = "batch"
"""What is in view is the table of the batch, which is no panel of the main screen."""


class LessonGuide(Guide):
    """Keeps the answers, and what a person has come to."""

    def __init__(self, lesson: Lesson, state: AppState) -> None:
        self.lesson = lesson
        self.answers: dict[int, str] = {}  # letters, by part
        self._stops: dict[int, Moment] = {}  # where the first run of a part stopped
        self._missed: set[int] = set()  # parts whose condition was not met
        pages = [page for place in range(len(lesson.parts)) for page in self._part(place)]
        self._done_at = len(pages)
        if lesson.now_you is not None:
            pages.append(self._now_you(lesson.now_you))
        super().__init__(NAME, pages, state)

    @property
    def finished(self) -> bool:
        """Whether all questions have been gone through."""
        return self.at >= self._done_at

    def begin(self) -> Commands:
        """Return what is sent for the first page, or for the one that is come back to."""
        entered = self.page.enter
        opened = any(isinstance(command, OpenPart) for command in entered)
        return entered if opened else (OpenPart(self.lesson, self._place), *entered)

    def resume(self, state: AppState) -> None:
        """Come back to the part that was left: to its runs, or to its question while that has no answer."""
        place = self._place
        wanted = ShowArm if place in self.answers else OpenPart
        first = next(number for number, page in enumerate(self.pages) if _opens(page, place))
        found = range(first, len(self.pages))
        self.at = next(number for number in found if any(isinstance(one, wanted) for one in self.pages[number].enter))
        self.reached, self._awaited = state, 0

    def leave(self) -> Commands:
        return (LeaveLesson(),)

    def to_remember(self, progress: Progress) -> Mapping[str, Value]:
        if not self.finished:
            return {}
        right = all(self.answers.get(place) == part.predict.right for place, part in enumerate(self.lesson.parts))
        return progress.with_lesson(self.lesson.name, right).as_settings()

    @property
    def tried(self) -> str:
        now_you = self.lesson.now_you
        return "" if now_you is None or self.over or not self.page.stays else now_you.knob

    def trial(self, result: object) -> Commands | None:
        """Try the value of the unlocked knob in a run from the beginning, whatever the dock was to do with it."""
        now_you, change = self.lesson.now_you, getattr(result, "change", result)
        if now_you is None or not isinstance(change, SetKnob | StartOver) or change.name != self.tried:
            return None
        self._hurried = False
        return Try(self.lesson, (change.value,)), *self.play_to(self._to_goal(now_you))

    # pages

    def _part(self, place: int) -> list[Page]:
        """Return the pages of a part."""
        part, opening = self.lesson.parts[place], (OpenPart(self.lesson, place),)
        read = Page(self.lesson.title, lambda state: str(self.lesson.intro), lambda state: _("go on"), enter=opening)
        ask = Page(
            HEADINGS[Predict], lambda state: str(part.predict.question), choices=lambda state: _answers(part.predict),
            asks=True, enter=opening if place else (),
        )  # fmt: skip
        return [*([] if place else [read]), ask, *self._runs(place, part), *self._results(place, part)]

    def _runs(self, place: int, part: Part) -> list[Page]:
        """Return a page for each arm, the one whose condition is watched first."""
        arms = _in_order(part.run)
        return [self._run(place, part.run, arms, number) for number in range(len(arms))]

    def _run(self, place: int, run: RunTo, arms: list[str], number: int) -> Page:
        arm = arms[number]
        return Page(
            HEADINGS[RunTo], self._run_text(place, arms, number),
            lambda state: _("run {arm}: {label}").format(arm=arm, label=self.lesson.arms[arm].label),
            lambda state: self._way_of(place, run, arm, first=number == 0), about=_panels(run),
            view=_view(run), enter=(ShowArm(arm),),
            enough=lambda state: self._stop(place, number, state),
        )  # fmt: skip

    def _run_text(self, place: int, arms: list[str], number: int) -> Callable[[AppState], str]:
        def text(state: AppState) -> str:
            if number and place in self._missed:
                missed, now = self._missed_words(place), _("Now {arm} to where it stands.").format(arm=arms[number])
                return joined(missed, now)
            if number:
                done, run = _("{arm}: exact success {success} at update {update}."), state.snapshot.run
                success, update = figure(run.exact.sampling), run.moment.update
                now = _("Now {arm} to the same moment.").format(arm=arms[number])
                return joined(done.format(arm=arms[number - 1], success=success, update=update), now)
            return "\n".join(self._texts(place, 1).paragraphs)

        return text

    def _way_of(self, place: int, run: RunTo, arm: str, *, first: bool) -> Way:
        steps = (run.moment.update + 1) * update_length(self.lesson.arms[arm].config)
        pace = pace_for(steps, SECONDS)
        if first and run.until is not None:
            return Way(run.until, pace, run.most)
        return Way(self._stops.get(place, run.moment), pace)

    def _stop(self, place: int, number: int, state: AppState) -> bool:
        """Note where the first run has stopped; always enough."""
        if number == 0:
            self._stops[place] = state.moment
        return True

    def follow(self, state: AppState) -> Commands:
        """Go to the moment of the file where its condition was not met."""
        place = self._place
        missed = self.moving and state.snapshot.motion.state == "missed" and not self.page.stays
        if missed and state.snapshot.motion.number == self._awaited and place not in self._missed:
            self._missed.add(place)
            moment = self._stops[place] = self.lesson.parts[place].run.moment
            return (GoTo(moment), *super().follow(state))
        return super().follow(state)

    @property
    def _place(self) -> int:
        """The part of the present page."""
        entered = [command for page in self.pages[: self.at + 1] for command in page.enter]
        return [command.part for command in entered if isinstance(command, OpenPart)][-1]

    def _results(self, place: int, part: Part) -> list[Page]:
        """Return the pages after the run: the pair, the verdict on the prediction, and the sentences."""

        def shown() -> tuple[Choice, ...]:
            labels = [(arm, self.lesson.arms[arm].label) for arm in part.run.arms]
            return tuple(Choice(a, _("show {label}").format(label=label), (ShowArm(a),)) for a, label in labels)

        return [
            Page(
                HEADINGS[Reveal], lambda state: self._reveal_text(place, state), lambda state: _("go on"),
                choices=lambda state: shown() if len(part.run.arms) > 1 else (), live=True, about=_panels(part.run),
                alone=True, view=_view(part.run),
                figures=lambda state: self._figures(place, state),
            ),
            Page(
                N_("Your prediction"), lambda state: self._verdict(place, part.predict), lambda state: _("go on"),
                view=_view(part.run),
            ),
            Page(
                HEADINGS[Say], lambda state: "\n".join(self._texts(place, 3, state).paragraphs),
                lambda state: _("go on"), live=True, about=_panels(part.run), view=_view(part.run),
            ),
        ]  # fmt: skip

    def _verdict(self, place: int, predict: Predict) -> str:
        return "\n".join(verdict(predict, self.answers.get(place, predict.right)))

    def _reveal_text(self, place: int, state: AppState) -> str:
        measured = _measured(state, self.lesson, place)
        remarks = list(self._texts(place, 2, state).paragraphs)
        if self.lesson.parts[place].run.panel == BATCH:
            remarks.append(_("{key} opens the table of the batch.").format(key=state.key("batch")))
        if place in self._missed:
            remarks.append(self._missed_words(place))
        if measured is not None and measured.failure:
            remarks.append(measured.failure)
        elif measured is None or measured.run is None:
            remarks.append(_("The figures are being computed ..."))
        elif self.lesson.parts[place].reveal.seeds and measured.seeds is None:
            count = self.lesson.parts[place].reveal.seeds
            remarks.append(_("{count} seeds are being trained ...").format(count=count))
        return "\n".join(remarks)

    def _missed_words(self, place: int) -> str:
        run = self.lesson.parts[place].run
        template = _("Here {condition} was not met by update {update}: another computer rounds differently.")
        return template.format(condition=run.until, update=run.most)

    def _figures(self, place: int, state: AppState) -> Figures:
        measured, part = _measured(state, self.lesson, place), self.lesson.parts[place]
        texts = self._texts(place, 2, state)
        rows = () if measured is None or measured.run is None else (("", *texts.columns), *texts.rows)
        success = {} if measured is None or measured.seeds is None else measured.seeds.success
        known = [arm for arm in part.reveal.arms if arm in success]
        return Figures(rows, tuple((f"{arm}: {self.lesson.arms[arm].label}", success[arm]) for arm in known))

    def _texts(self, place: int, step: int, state: AppState | None = None) -> StepTexts:
        """Return the texts of a step of a part, with the figures that are known."""
        measured = None if state is None else _measured(state, self.lesson, place)
        figures = dict[str, float | bool | None]()
        if measured is not None:
            for part in (measured.run, measured.seeds):
                figures |= {} if part is None else part.figures
        cells = None if measured is None or measured.run is None else measured.run.cells
        return step_texts(self.lesson, STEPS * place + step, figures, cells)

    # now you

    def _now_you(self, now_you: NowYou) -> Page:
        return Page(
            HEADINGS[NowYou], lambda state: self._trial_text(now_you, state),
            lambda state: _("choose {knob}").format(knob=now_you.knob), lambda state: self._to_goal(now_you),
            enter=(Try(self.lesson, None),), action=f"knobs('{now_you.knob}')", stays=True, live=True,
            about=("lake", "success"),
        )  # fmt: skip

    def _to_goal(self, now_you: NowYou) -> Way:
        config = self.lesson.arms[now_you.arm].config
        return Way(now_you.goal, pace_for(now_you.updates * update_length(config), SECONDS), now_you.updates)

    def _trial_text(self, now_you: NowYou, state: AppState) -> str:
        texts = step_texts(self.lesson, len(self.lesson.steps()) - 1)
        *before, knob, goal = texts.paragraphs
        values = _("Values: {values}").format(values=", ".join(texts.values))
        outcome, run = state.snapshot.motion.state, state.snapshot.run
        lines = [*before, f"{knob}   {values}   {goal}"]
        if not self.moving and run.moment.update:
            success = figure(run.exact.sampling)
            if outcome == "arrived":
                text = _("Reached at update {update}: exact success {success}.")
            else:
                text = _("Not reached by update {update}: exact success {success}. Try another value.")
            lines.append(text.format(update=run.moment.update, success=success))
        return "\n".join(lines)

    def choose(self, letter: str, state: AppState) -> Commands | None:
        """Keep the answer to a question."""
        place, asked = self._place, self.page.asks
        commands = super().choose(letter, state)
        if asked and commands is not None:
            self.answers[place] = letter
        return commands


def _answers(predict: Predict) -> tuple[Choice, ...]:
    return tuple(Choice(answer.letter, str(answer.text)) for answer in predict.answers)


def _opens(page: Page, place: int) -> bool:
    return any(isinstance(command, OpenPart) and command.part == place for command in page.enter)


def _in_order(run: RunTo) -> list[str]:
    """Return the arms in the order in which they run: first the one whose condition is watched."""
    return sorted(run.arms, key=lambda arm: run.until is not None and arm != run.watched)


def _panels(run: RunTo) -> tuple[str, ...]:
    """Return the panels to mark."""
    return () if run.panel == BATCH else (run.panel,)


def _view(run: RunTo) -> LakeView | None:
    return cast(LakeView | None, run.view)


def _measured(state: AppState, lesson: Lesson, place: int) -> LessonView | None:
    """Return what has been measured of a part."""
    view = state.snapshot.lesson
    return view if view is not None and (view.name, view.part) == (lesson.name, place) else None
