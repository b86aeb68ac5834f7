"""The lessons that come with the program, and finding one by its name or file. No torch."""

from functools import lru_cache
from pathlib import Path

from lakeppo.errors import InvalidValue, nearest
from lakeppo.files import expand_home, is_file
from lakeppo.lessons.file import read_lesson
from lakeppo.lessons.model import Lesson

FOLDER = Path(__file__).parent / "shipped"
EXAMPLE = Path(__file__).parent / "example.toml"
"""What `lakeppo lesson --new` writes."""
ENDING = ".toml"


@lru_cache(maxsize=1)
def shipped_lessons() -> tuple[Lesson, ...]:
    """Return the lessons of the program in their order."""
    lessons = [read_lesson(path) for path in FOLDER.glob(f"*{ENDING}")]
    return tuple(sorted(lessons, key=lambda lesson: (lesson.order, lesson.name)))


def find_lesson(word: str) -> Lesson:
    """Return the lesson of this name or file. Raises `InvalidValue`, `FileError` or `LessonError`."""
    names = [lesson.name for lesson in shipped_lessons()]
    if word in names:
        return shipped_lessons()[names.index(word)]
    path = expand_home(word)
    if word.endswith(ENDING) or "/" in word or is_file(path):
        return read_lesson(path)
    near = nearest(word.lower(), names)
    if near is not None:
        raise InvalidValue("there is no lesson {name}; is it {near}?", name=word, near=near)
    raise InvalidValue("there is no lesson {name}; `lakeppo lesson --list` names them", name=word)
