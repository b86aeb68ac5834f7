"""What is computed beside the run: its siblings, and a lesson's figures. Only the worker thread imports this."""

from lakeppo.session.lessons import LessonRuns
from lakeppo.session.siblings import SiblingManager


class Background:
    """All of them together."""

    def __init__(self, siblings: SiblingManager, lessons: LessonRuns) -> None:
        self._siblings, self._lessons = siblings, lessons

    @property
    def expecting(self) -> bool:
        """Whether something is still to come of it."""
        return self._siblings.training or self._lessons.measuring

    def news(self) -> bool:
        """Return whether something has come of it since the last time."""
        return self._siblings.news() | self._lessons.news()

    def end(self) -> None:
        """Let nothing more be computed."""
        self._siblings.end()
        self._lessons.end()
