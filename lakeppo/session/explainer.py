"""Explains the present update on the worker thread, a few dozen milliseconds between two looks at the queue."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lakeppo.causes.arrows import explain_arrow_in_blocks
from lakeppo.causes.explanation import explain_in_blocks, part_in_blocks
from lakeppo.causes.results import ArrowExplanation, Explanation, Part, PartEffects
from lakeppo.causes.update import JudgedUpdate, present_update
from lakeppo.errors import Message
from lakeppo.moment import Moment, Phase
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.spots import has_fault

Key = tuple[object, ...]
ByPart = Generator[None, None, tuple[PartEffects, ...]]


class Explainer:
    """The explanation of the moment at which a timeline rests, and that of an arrow that a person asked about.

    `follow` and `ask` start a computation, `work` does one block of it; it is dropped once the timeline has moved on.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._key: Key | None = None
        self._explanation: Explanation | None = None
        self._explaining: Generator[None, None, Explanation | None] | None = None
        self._update: JudgedUpdate | None = None
        self._by_part: dict[Part, ByPart | None] = {}  # the parts that were asked for; None: all is known of them
        self._watched: Part | None = None
        self._asked: int | None = None  # the tile of the first question
        self._arrow_explanation: ArrowExplanation | None = None
        self._arrow_key: Key | None = None  # of the moment at which the explanation of the arrow is shown
        self._explaining_arrow: Generator[None, None, ArrowExplanation] | None = None

    @property
    def working(self) -> bool:
        by_part = None if self._watched is None else self._by_part.get(self._watched)
        return any(work is not None for work in (self._explaining, self._explaining_arrow, by_part))

    @property
    def explanation(self) -> Explanation | None:
        """The explanation of the present moment, once it is known."""
        return self._explanation if self._key == self._here() else None

    @property
    def arrow_explanation(self) -> ArrowExplanation | None:
        """Why an arrow turned, while the timeline stands at that turn."""
        return self._arrow_explanation if self._arrow_key == self._here() else None

    def _here(self) -> Key:
        run = self._timeline.run
        return self._timeline.branch.name, run.moment, len(run.changes)

    def follow(self, watched: Part | None) -> None:
        """Begin to explain the present moment if its update has made a pass; at most once a moment.

        `watched`: parts that a person looks at, so that each is to be known where the explanation leaves them out: in
        a large batch and on a large lake. That takes up to some seconds, and rests while they are out of view.
        """
        self._watched = watched
        key, moment = self._here(), self._timeline.run.moment
        if key != self._key:
            self._key, self._explanation, self._explaining = key, None, None
            self._update, self._by_part = None, {}
            passed = moment.phase is Phase.COPY or (moment.phase is Phase.IMPROVE and moment.index > 0)
            if passed and not has_fault(self._timeline.run):
                self._update = present_update(self._timeline)
            if self._update is not None:
                self._explaining = explain_in_blocks(self._update)
        elif watched is not None and self._explanation is not None and self._update is not None:
            known = {(column.lens, column.part) for column in self._explanation.effects}
            self._by_part.setdefault(watched, part_in_blocks(self._update, watched, known))

    def effects_of_steps(self) -> dict[str, NDArray[np.float64]]:
        """Return exact success without each step of the batch, `(T,)` by lens, as far as it is known."""
        found, columns = self.explanation, dict[str, NDArray[np.float64]]()
        for one in () if found is None else found.effects:
            if found is not None and one.part is Part.STEP:
                column = columns[f"without_{one.lens}"] = np.full(found.rows, np.nan)
                column[one.keys] = one.success
        return columns

    def ask(self, tile: int) -> Message | None:
        """Begin to tell why the arrow on `tile` points where it does; asked again, what came before it."""
        if has_fault(self._timeline.run):
            return notices.FAULTY_ALONE
        if tile >= self._timeline.run.config.tiles:  # of a larger lake, which has made way for this one
            return None
        arrow_explanation = self.arrow_explanation if tile == self._asked else None
        if arrow_explanation is not None and arrow_explanation.next is None:
            return notices.NO_EARLIER_CAUSE
        place = (tile, None) if arrow_explanation is None or arrow_explanation.next is None else arrow_explanation.next
        self._asked = tile
        self._explaining_arrow = explain_arrow_in_blocks(self._timeline, *place)
        return None

    def drop(self) -> None:
        """Leave the work that needs the timeline to stand still."""
        self._explaining_arrow = None

    def work(self) -> Moment | Message | None:
        """Do one block of the work; return the moment of the turn that was found, or a notice."""
        if self._explaining_arrow is not None:
            try:
                next(self._explaining_arrow)
            except StopIteration as end:
                self._explaining_arrow, self._arrow_explanation = None, end.value
                return self._found()
        elif self._explaining is not None:
            try:
                next(self._explaining)
            except StopIteration as end:
                self._explanation, self._explaining = end.value, None
        elif self._watched is not None and (by_part := self._by_part.get(self._watched)) is not None:
            self._split_further(self._watched, by_part)
        return None

    def _split_further(self, part: Part, by_part: ByPart) -> None:
        try:
            next(by_part)
        except StopIteration as end:
            self._by_part[part] = None
            if self._explanation is not None and end.value:
                self._explanation = replace(self._explanation, effects=(*self._explanation.effects, *end.value))

    def _found(self) -> Moment | Message:
        assert self._arrow_explanation is not None
        turn = self._arrow_explanation.turn
        return self._arrow_explanation.sentences[0] if turn is None else Moment(turn.update, Phase.IMPROVE, turn.made)

    def read_here(self) -> None:
        """Show the newest explanation of an arrow at the present moment, to which the timeline has gone."""
        self._arrow_key = self._here()
