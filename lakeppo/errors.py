"""Messages and errors that a person reads. No torch: the command line distinguishes them from faults of the program."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from lakeppo.i18n import _

LONGEST = 300
"""Characters of a text from outside in a message, such as a path."""
LONGEST_WORD = 40
"""Characters of a word that are compared with names: it may have thousands."""
MOST_BITS = 256
"""Bits of a whole number in a message: Python refuses to print one of thousands of digits."""


def printable(text: object, longest: int = LONGEST) -> str:
    """Return a text from a file, an argument or a person as a terminal may show it: escaped, cut in its middle.

    What is escaped can move the cursor, forge a line or reverse the direction of writing: `str.isprintable` is false
    for control and format characters, line separators and surrogates. A byte that is not UTF-8 is shown as that byte.
    """
    whole = str(text)
    if len(whole) > 2 * longest:  # no more is escaped than can be shown
        whole = whole[:longest] + whole[-longest:]
    shown = whole if whole.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in whole)
    if len(shown) <= longest:
        return shown
    head = (longest - 3) // 2
    return f"{shown[:head]}...{shown[head + 3 - longest :]}"


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # `os.fsdecode` of a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that a misspelt word most likely means, if there is one."""
    return next(iter(get_close_matches(word[:LONGEST_WORD], names, 1)), None)


class Message:
    """A message template in English, which is translated where it is shown, and its arguments.

    Texts among the arguments may come from outside: they are shown by `printable`.
    """

    def __init__(self, template: str, **arguments: object) -> None:
        self.template, self.arguments = template, arguments

    def __str__(self) -> str:
        return _(self.template).format(**{name: _shown(argument) for name, argument in self.arguments.items()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.template, self.arguments) == (other.template, other.arguments)

    def __hash__(self) -> int:
        return hash(self.template)

    def text(self, keys: Mapping[str, str]) -> str:
        """Return the text of a message that names keys, from their names by id; messages among its arguments too."""
        parts = {name: a.text(keys) if isinstance(a, Message) else _shown(a) for name, a in self.arguments.items()}
        return _(self.template).format(**parts, keys=keys)


def _shown(argument: object) -> object:
    """Return an argument of a message, with nothing in it that a terminal would obey."""
    if isinstance(argument, Message):
        return str(argument)
    if isinstance(argument, int) and argument.bit_length() > MOST_BITS:
        return _("a number of {count:,} bits").format(count=argument.bit_length())
    try:
        return argument if isinstance(argument, int | float) else printable(argument)
    except (ValueError, RecursionError):  # a list has no text if such a number is in it, or if it is too deep
        return f"a {type(argument).__name__}"


class LakeppoError(Message, Exception):
    """An error whose text is a message."""

    @property
    def message(self) -> Message:
        """The message without the error, which holds its traceback."""
        return Message(self.template, **self.arguments)


NO_MEMORY, NO_THREAD = "can't allocate memory", "can't start new thread"
"""What torch and Python say in a `RuntimeError` where the machine has no more of it."""


def cause(error: BaseException) -> str | None:
    """Return what a person is told of an error of a machine at its limits; None for any other."""
    if isinstance(error, MemoryError) or NO_MEMORY in str(error):
        return _("out of memory")
    if isinstance(error, RuntimeError) and NO_THREAD in str(error):
        return _("the system allows no more threads")
    if isinstance(error, ImportError):
        while error.__cause__ is not None:  # NumPy raises another, which is a page long
            error = error.__cause__
        return _("a library cannot be loaded: {error}").format(error=error)
    return None


def described(error: BaseException) -> str:
    """Return what is said of an error that ends a part of the program."""
    return cause(error) or f"{type(error).__name__}: {error}"


class TerminalError(LakeppoError):
    """The screens cannot be drawn on this terminal."""


class InvalidValue(LakeppoError, ValueError):
    """A value that a knob, an option, a change or a config cannot take."""


class MapError(LakeppoError, ValueError):
    """A map that is not a lake."""


class FileError(LakeppoError):
    """A file that cannot be read at all, whatever is in it."""


class SaveError(LakeppoError):
    """A save that cannot be read, or a file or folder that cannot be written."""


class RunFileError(LakeppoError):
    """A run file that cannot be read."""


class LessonError(LakeppoError):
    """A lesson file that is not valid."""
