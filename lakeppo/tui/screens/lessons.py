"""The list of lessons: which there are, which have been done, and in which the prediction was right."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.getters import query_one
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lakeppo.i18n import N_, _
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.progress import Progress
from lakeppo.tui.keymap import On, bindings
from lakeppo.tui.screens.base import ClosableScreen, Options
from lakeppo.tui.screens.plain import Plain, add_row, closing_title
from lakeppo.tui.theme import DONE, LEFT, SOLVED

LEGEND = N_("{left} to do   {done} done   {right} done, and predicted right")


class LessonList(ModalScreen[Lesson | None], ClosableScreen[Lesson | None]):
    """Closes with the lesson to open, or with None."""

    BINDINGS = bindings(On.LESSONS)
    AUTO_FOCUS = "#lesson_options"
    options = query_one(Options)
    about = query_one("#lesson_about", Plain)

    def __init__(self, lessons: Sequence[Lesson], progress: Progress, key: str) -> None:
        """`key`: the name of the one that closes it."""
        super().__init__()
        self.lessons, self.progress, self._key = lessons, progress, key

    def compose(self) -> ComposeResult:
        with Vertical(id="lesson_list"):
            yield Plain(closing_title(_("LESSONS") + "    ", self._key, "screen.leave"), id="lesson_title")
            yield Options(*(Option(self._row(lesson), id=lesson.name) for lesson in self.lessons), id="lesson_options")
            yield Plain(id="lesson_about")
            yield Plain(f" {_(LEGEND).format(left=LEFT, done=DONE, right=SOLVED)}", id="lesson_legend")

    def on_mount(self) -> None:
        """Begin at the first lesson that has not been done."""
        todo = [place for place, lesson in enumerate(self.lessons) if lesson.name not in self.progress.done]
        self.options.highlighted = todo[0] if todo else 0 if self.lessons else None

    def _row(self, lesson: Lesson) -> Table:
        done, right = lesson.name in self.progress.done, lesson.name in self.progress.right
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=2)
        table.add_column(
            width=max(cell_len(str(each.title)) for each in self.lessons), no_wrap=True, overflow="ellipsis"
        )
        table.add_column(no_wrap=True, overflow="ellipsis")
        add_row(table, f" {SOLVED if done and right else DONE if done else LEFT}", str(lesson.title), lesson.name)
        return table

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Show the belief that the lesson is about."""
        belief = self.lessons[message.option_index].belief
        self.about.update("" if belief is None else " " + _("The belief: {belief}").format(belief=belief))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self.lessons[message.option_index])

    def action_leave(self) -> None:
        self.dismiss(None)
