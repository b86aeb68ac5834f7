"""Explains the present update on the worker thread, a few dozen milliseconds between two looks at the queue."""

from collections.abc import Generator

from lakeppo.causes.arrows import arrow_chapter_in_blocks
from lakeppo.causes.explanation import explain_in_blocks
from lakeppo.causes.results import Chapter, Explanation
from lakeppo.causes.update import present_update
from lakeppo.errors import Message
from lakeppo.moment import Moment, Phase
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices

Key = tuple[object, ...]


class Explainer:
    """The explanation of the moment at which a timeline rests, and the story of an arrow that a person asked for.

    Work is begun by `follow` or `ask`, done by `work` and dropped when the timeline has moved on.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._key: Key | None = None
        self._explanation: Explanation | None = None
        self._explaining: Generator[None, None, Explanation | None] | None = None
        self._asked: int | None = None  # the tile that the story began with
        self._chapter: Chapter | None = None
        self._chapter_key: Key | None = None  # of the moment at which the chapter is read
        self._telling: Generator[None, None, Chapter] | None = None

    @property
    def working(self) -> bool:
        return self._explaining is not None or self._telling is not None

    @property
    def explanation(self) -> Explanation | None:
        """The explanation of the present moment, once it is known."""
        return self._explanation if self._key == self._here() else None

    @property
    def chapter(self) -> Chapter | None:
        """The story's newest chapter, while the timeline stands at the turn that it tells of."""
        return self._chapter if self._chapter_key == self._here() else None

    def _here(self) -> Key:
        run = self._timeline.run
        return self._timeline.branch.name, run.moment, len(run.changes)

    def follow(self) -> None:
        """Begin to explain the present moment if its update has made a pass; at most once a moment."""
        key, moment = self._here(), self._timeline.run.moment
        if key == self._key:
            return
        self._key, self._explanation, self._explaining = key, None, None
        made = moment.index if moment.phase is Phase.IMPROVE else int(moment.phase is Phase.COPY)
        if made:
            update = present_update(self._timeline)
            self._explaining = None if update is None else explain_in_blocks(update)

    def ask(self, tile: int) -> Message | None:
        """Begin to tell why the arrow on `tile` points where it does; asked again, what came before it."""
        chapter = self.chapter if tile == self._asked else None
        if chapter is not None and chapter.next is None:
            return notices.STORY_ENDS
        place = (tile, None) if chapter is None or chapter.next is None else chapter.next
        self._asked = tile
        self._telling = arrow_chapter_in_blocks(self._timeline, *place)
        return None

    def drop(self) -> None:
        """Leave the work that needs the timeline to stand still."""
        self._telling = None

    def work(self) -> Moment | Message | None:
        """Do one block of the work; return the moment that a finished chapter tells of, or a notice in its place."""
        try:
            if self._telling is not None:
                next(self._telling)
            elif self._explaining is not None:
                next(self._explaining)
        except StopIteration as end:
            if self._telling is None:
                self._explanation, self._explaining = end.value, None
                return None
            self._telling, self._chapter = None, end.value
            return self._found()
        return None

    def _found(self) -> Moment | Message:
        assert self._chapter is not None
        turn = self._chapter.turn
        return self._chapter.sentences[0] if turn is None else Moment(turn.update, Phase.IMPROVE, turn.made)

    def read_here(self) -> None:
        """Show the newest chapter at the present moment, to which the timeline has gone."""
        self._chapter_key = self._here()
