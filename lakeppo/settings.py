"""Settings: what a person decides once, how a value is checked, and where the one in force comes from.

No torch, no Textual.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lakeppo.errors import InvalidValue, Message, nearest
from lakeppo.i18n import N_, _
from lakeppo.knob import SWITCH

Value = str | float | bool | tuple[str, ...]
MOST_NAMES = 500
MOST_NEAREST = 20
"""Wrong keys of a table for which the nearest right one is looked for: a file may have thousands."""
LONGEST_TEXT = 4096
"""Characters of a folder's name."""
EXPECTED = {
    "choice": N_("one of {span}"), "switch": N_("true or false"), "folder": N_("the name of a folder"),
    "names": N_("a list of texts"),
}  # fmt: skip
"""What the value of a kind of setting has to be."""


@dataclass(frozen=True)
class Setting:
    """A key of the settings file, without its value."""

    name: str
    kind: Literal["choice", "switch", "folder", "names"]
    default: Value
    meaning: str
    choices: tuple[str | float, ...] = ()
    environment: str = ""  # the variable that overrides the file
    hidden: bool = False  # written by the app only: not part of a new file

    @property
    def span(self) -> str:
        """What its value can be, as text: `auto, en, zh`."""
        return ", ".join(map(show, self.choices)) if self.kind == "choice" else str(self._expected)

    def check(self, value: object) -> Value:
        """Return `value` if it can be this setting's. Raises `InvalidValue`."""
        if self.kind == "switch" and isinstance(value, bool):
            return value
        if self.kind == "folder" and isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and "\0" not in value:
            return value
        if self.kind == "names" and isinstance(value, list | tuple) and len(value) <= MOST_NAMES:
            if all(isinstance(name, str) and len(name) <= LONGEST_TEXT for name in value):
                return tuple(value)
        elif self.kind == "choice" and isinstance(value, str | int | float) and not isinstance(value, bool):
            if value in self.choices:
                return value
            if (near := self._nearest(value)) is not None:
                raise InvalidValue("{name} cannot be {value}; is it {near}?", name=self.name, value=value, near=near)
        template = N_("{name} must be {span}, not {value}")
        raise InvalidValue(template, name=self.name, span=self._expected, value=foreign(value))

    def parse(self, text: str) -> Value:
        """Return the value that a text denotes, in an option or a variable. Raises `InvalidValue`."""
        word = text.strip()
        if self.kind == "switch":
            return self.check({**SWITCH, "1": True, "0": False}.get(word.lower(), word))
        if self.kind == "choice" and not all(isinstance(choice, str) for choice in self.choices):
            return self.check(_number(word))
        return self.check(text if self.kind == "folder" else word)

    @property
    def _expected(self) -> Message:
        return Message(EXPECTED[self.kind], span=", ".join(map(show, self.choices)))

    def _nearest(self, value: str | float) -> str | None:
        """Return the choice that a wrong value most likely means."""
        if isinstance(value, str):
            names, word = list(map(show, self.choices)), value.lower()
            return nearest(word, names) or next((name for name in names if word.startswith(name)), None)
        numbers = [choice for choice in self.choices if not isinstance(choice, str)]
        if not numbers or value != value:
            return None
        inside = min(max(value, min(numbers)), max(numbers))
        return show(min(numbers, key=lambda number: abs(number - inside)))

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of its values."""
        kinds: dict[str, dict[str, Any]] = {
            "choice": {"enum": list(self.choices)},
            "switch": {"type": "boolean"},
            "folder": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
            "names": {"type": "array", "maxItems": MOST_NAMES, "items": {"type": "string"}},
        }
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        return {"description": self.meaning, **kinds[self.kind], "default": default}


SAVES = Setting("saves", "folder", "saves", N_("folder for best.pt and last.pt"), environment="LAKEPPO_SAVES")
LANGUAGE = Setting(
    "language", "choice", "auto", N_("language of what is shown; auto: that of the system"), ("auto", "en", "zh"),
    "LAKEPPO_LANG",
)  # fmt: skip

LESSONS_DONE = Setting("lessons_done", "names", (), N_("lessons that have been done"), hidden=True)
LESSONS_RIGHT = Setting("lessons_right", "names", (), N_("lessons of which every answer was right"), hidden=True)


class Given(NamedTuple):
    """A value and where it comes from: `default`, `file`, the name of a variable, or `option`."""

    value: Value
    source: str


def show(value: Value) -> str:
    """Return a value as text, as it is written in the file and in an option."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return value if isinstance(value, str) else f"{value:g}"


def foreign(value: object) -> object:
    """Return a value of a file as a message shows it; a table or list is not shown, for its text may be endless."""
    if isinstance(value, bool):
        return show(value)
    if isinstance(value, str | int | float):
        return _("an empty text") if value == "" else value
    return _("a list") if isinstance(value, list) else _("a table") if isinstance(value, dict) else type(value).__name__


def _number(word: str) -> str | float:
    """Return the number that a word denotes, `1/2` included; else the word."""
    if word.isdecimal() and len(word) < 20:
        return int(word)
    try:
        return float(Fraction(word)) if "/" in word and len(word) < 20 else float(word)
    except (ValueError, ZeroDivisionError, OverflowError):
        return word.lower()


def resolve(
    settings: Iterable[Setting], file: Path | None, content: Mapping[str, object], environment: Mapping[str, str],
    options: Mapping[str, Value],
) -> tuple[dict[str, Given], list[Message]]:  # fmt: skip
    """Return the values in force, and what is wrong with those of the file and of the environment that are not.

    An option comes before the environment, that before the file, that before the default. A wrong value counts as none.
    """
    given, problems = dict[str, Given](), list[Message]()
    for setting in settings:
        name, variable = setting.name, setting.environment
        given[name] = Given(setting.default, "default")
        try:
            if name in content:
                given[name] = Given(setting.check(content[name]), "file")
        except InvalidValue as error:
            problems.append(Message("{file}: {error}", file=file, error=error.message))
        try:
            if variable and environment.get(variable):
                given[name] = Given(setting.parse(environment[variable]), variable)
        except InvalidValue as error:
            problems.append(Message("{variable}: {error}", variable=variable, error=error.message))
        if name in options:
            given[name] = Given(options[name], "option")
    return given, problems


def unknown_keys(where: object, table: Mapping[str, object], names: Iterable[str]) -> list[Message]:
    """Return a message for each key that is none of `names`: it may be one that is misspelt."""
    known, problems = list(names), list[Message]()
    for key in table:
        if key not in known:
            near = nearest(key, known) if len(problems) < MOST_NEAREST else None
            template = N_("{where} has no {key}; is it {near}?") if near else N_("{where} has no {key}")
            problems.append(Message(template, where=where, key=key, near=near))
    return problems
