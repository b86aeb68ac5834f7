"""The list of lessons: which there are, which have been done, and in which the prediction was right."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lakeppo.cells import padded, widest
from lakeppo.faults.fault import Fault
from lakeppo.faults.table import FAULTS, done_name
from lakeppo.faults.table import number as fault_number
from lakeppo.i18n import N_, _
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.progress import Progress
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.screens.base import ClosableScreen
from lakeppo.tui.screens.plain import Plain, closing_title
from lakeppo.tui.screens.safe_widgets import Options
from lakeppo.tui.theme import DONE, LEFT, SOLVED

LEGEND = N_("{left} to do   {done} done   {right} done, and predicted right")

BESIDES = 4
"""Lines of the box that are no lesson: its title, two about the selected one, and the legend."""


class LessonList(ModalScreen[Lesson | Fault | None], ClosableScreen[Lesson | Fault | None]):
    """Closes with the lesson to open or the fault to be spotted, or with None."""

    BINDINGS = bindings(On.LESSONS)
    AUTO_FOCUS = "#lesson_options"
    options = query_one(Options)
    about = query_one("#lesson_about", Plain)

    def __init__(self, lessons: Sequence[Lesson], progress: Progress, key: str) -> None:
        """`key`: the name of the one that closes it."""
        super().__init__()
        self.lessons, self.progress, self._key = lessons, progress, key
        self._faults = list(FAULTS.values())

    def compose(self) -> ComposeResult:
        with Vertical(id="lesson_list"):
            yield Plain(id="lesson_title")
            yield Options(*self._rows(), id="lesson_options")
            yield Plain(id="lesson_about")
            yield Plain(id="lesson_legend")

    def _rows(self) -> list[Option]:
        lessons = [Option(self._row(lesson), id=lesson.name) for lesson in self.lessons]
        return [*lessons, *map(Option, map(self._fault_row, self._faults))]

    def translate(self) -> None:
        legend, at = _(LEGEND).format(left=LEFT, done=DONE, right=SOLVED), self.options.highlighted
        self.query_one("#lesson_title", Plain).update(closing_title(_("LESSONS") + " ", self._key, "screen.leave"))
        self.query_one("#lesson_legend", Plain).update(f" {legend}")
        self.options.set_options(self._rows())
        self.options.highlighted = at

    def on_mount(self) -> None:
        """Begin at the first lesson that has not been done."""
        if not self.is_attached:
            return
        self.translate()
        self.query_one("#lesson_list").styles.height = self.options.option_count + BESIDES
        todo = [place for place, lesson in enumerate(self.lessons) if lesson.name not in self.progress.done]
        self.options.highlighted = todo[0] if todo else 0 if self.lessons else None

    def _row(self, lesson: Lesson) -> Content:
        return self._columns(lesson.name, str(lesson.title), lesson.name)

    def _fault_row(self, fault: Fault) -> Content:
        name = _("spot the bug {number}").format(number=fault_number(fault))
        return self._columns(done_name(fault), _(fault.title), name)

    def _columns(self, id: str, title: str, name: str) -> Content:
        """Return a row, with a mark for what is remembered by the name `id`."""
        done, right = id in self.progress.done, id in self.progress.right
        mark = SOLVED if done and right else DONE if done else LEFT
        titles = [*(str(lesson.title) for lesson in self.lessons), *(_(fault.title) for fault in self._faults)]
        return Content(f" {mark}  {padded(title, widest(titles))}  {name}")

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Show the belief that the lesson is about, or what is wrong with the program."""
        if (place := message.option_index - len(self.lessons)) >= 0:
            self.about.update(f" {_(self._faults[place].report)}")
            return
        belief = self.lessons[message.option_index].belief
        self.about.update("" if belief is None else " " + _("The belief: {belief}").format(belief=belief))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        place = message.option_index - len(self.lessons)
        self.dismiss(self.lessons[message.option_index] if place < 0 else self._faults[place])

    def action_leave(self) -> None:
        self.dismiss(None)
