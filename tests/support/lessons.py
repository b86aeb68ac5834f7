"""A lesson that is over in a moment."""

from dataclasses import replace
from pathlib import Path

from lakeppo.lessons.file import read_lesson
from lakeppo.lessons.model import Lesson
from lakeppo.lessons.shipped import EXAMPLE
from lakeppo.moment import Moment, Phase


def short_lesson(until: str | None = None, name: str = "short") -> Lesson:
    """Return the example, 5 passes against 50, with two updates and three seeds."""
    lesson = read_lesson(Path(EXAMPLE))
    [part] = lesson.parts
    run = replace(part.run, moment=Moment(2, Phase.COLLECT, 0), until=until, most=3)
    part = replace(part, run=run, reveal=replace(part.reveal, seeds=3, updates=2))
    assert lesson.now_you is not None
    now_you = replace(lesson.now_you, goal="exact > .5", updates=3)
    return replace(lesson, name=name, parts=(part,), now_you=now_you)
