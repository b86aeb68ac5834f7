"""Messages and errors that a person reads. No torch: the command line distinguishes them from faults of the program."""


class Message:
    """A message template in English and its arguments, so that a catalogue can translate the template."""

    def __init__(self, template: str, **arguments: object) -> None:
        self.template, self.arguments = template, arguments

    def __str__(self) -> str:
        return self.template.format(**self.arguments)


class LakeppoError(Message, Exception):
    """An error whose text is a message."""


class InvalidValue(LakeppoError, ValueError):
    """A value that a knob, an option, a change or a config cannot take."""


class MapError(LakeppoError, ValueError):
    """A map that is not a lake."""


class SaveError(LakeppoError):
    """A save that cannot be read, or a file or folder that cannot be written."""


class RunFileError(LakeppoError):
    """A run file that cannot be read."""
