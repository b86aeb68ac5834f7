"""Messages and errors that a person reads. No torch: the command line distinguishes them from faults of the program."""

from collections.abc import Mapping


class Message:
    """A message template in English and its arguments, so that a catalogue can translate the template."""

    def __init__(self, template: str, **arguments: object) -> None:
        self.template, self.arguments = template, arguments

    def __str__(self) -> str:
        return self.template.format(**self.arguments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.template, self.arguments) == (other.template, other.arguments)

    def __hash__(self) -> int:
        return hash(self.template)

    def text(self, keys: Mapping[str, str]) -> str:
        """Return the text of a message that names keys, from their names by id; messages among its arguments too."""
        parts = {name: a.text(keys) if isinstance(a, Message) else a for name, a in self.arguments.items()}
        return self.template.format(**parts, keys=keys)


class LakeppoError(Message, Exception):
    """An error whose text is a message."""

    @property
    def message(self) -> Message:
        """The message without the error, which holds its traceback."""
        return Message(self.template, **self.arguments)


class InvalidValue(LakeppoError, ValueError):
    """A value that a knob, an option, a change or a config cannot take."""


class MapError(LakeppoError, ValueError):
    """A map that is not a lake."""


class SaveError(LakeppoError):
    """A save that cannot be read, or a file or folder that cannot be written."""


class RunFileError(LakeppoError):
    """A run file that cannot be read."""
