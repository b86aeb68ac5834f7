"""The kinds of values in a lesson file: how each is checked, and its JSON schema. No torch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lakeppo.config import ALIASES, KNOBS
from lakeppo.errors import InvalidValue, MapError, Message, nearest
from lakeppo.i18n import N_, _
from lakeppo.knob import Value
from lakeppo.lake.maps import MapRows, check_rows, clean_rows
from lakeppo.lessons.lines import Path
from lakeppo.lessons.model import LANGUAGES, Text
from lakeppo.presets import PRESETS
from lakeppo.settings import foreign

Schema = dict[str, Any]
MOST_ROWS = 32
WITHOUT_SPACE = re.compile(r"(?<=[\u2e80-\uffef])[ \t]*\n[ \t]*(?=[\u2e80-\uffef])")
"""A line feed within Chinese text, which is no space."""


class Wrong(Exception):
    """What is wrong with the value at a path of the file."""

    def __init__(self, path: Path, message: Message) -> None:
        super().__init__(path, message)
        self.path, self.message = path, message


class Node(Protocol):
    """A kind of value."""

    def check(self, value: Any, path: Path) -> Any:
        """Return the checked value. Raises `Wrong`."""

    def schema(self) -> Schema:
        """Return the JSON schema."""


def refuse(path: Path, expected: str, value: object, **arguments: object) -> Wrong:
    """Return the error for a value of the wrong kind; `expected` is a template, filled with the arguments."""
    template, kind = N_("{key} must be {expected}, not {value}"), Message(expected, **arguments)
    return Wrong(path, Message(template, key=key_name(path), expected=kind, value=foreign(value)))


def key_name(path: Path) -> str:
    """Return the name of a key as a message shows it, without the numbers of its tables."""
    return ".".join(part for part in path if isinstance(part, str)) or _("the file")


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    low: int
    high: int

    def check(self, value: Any, path: Path) -> int:
        if type(value) is not int or not self.low <= value <= self.high:
            raise refuse(path, N_("a whole number in {low}..{high}"), value, low=self.low, high=self.high)
        return value

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Line:
    """A text of one line, such as a condition."""

    longest: int = 300

    def check(self, value: Any, path: Path) -> str:
        if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
            raise refuse(path, N_("a text of one line"), value)
        return _shown(value.strip(), self.longest, path)

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    words: tuple[str, ...]

    def check(self, value: Any, path: Path) -> str:
        if isinstance(value, str) and value in self.words:
            return value
        near = nearest(value, self.words) if isinstance(value, str) else None
        if near is not None:
            template = N_("{key} cannot be {value}; is it {near}?")
            raise Wrong(path, Message(template, key=key_name(path), value=value, near=near))
        raise refuse(path, N_("one of {words}"), value, words=", ".join(self.words))

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Bilingual:
    """A text in both languages; a missing one is the same as the other."""

    longest: int

    def check(self, value: Any, path: Path) -> Text:
        table = Table({name: Field(Prose(self.longest), needed=False) for name in LANGUAGES}).check(value, path)
        given = next(iter(table.values()), None)
        if given is None:
            raise Wrong(path, Message("{key} needs a text: en, zh or both", key=key_name(path)))
        return Text(table.get("en", given), table.get("zh", given))

    def schema(self) -> Schema:
        one = Prose(self.longest).schema()
        return {"type": "object", "additionalProperties": False, "minProperties": 1,
                "properties": dict.fromkeys(LANGUAGES, one)}  # fmt: skip


@dataclass(frozen=True)
class Prose:
    """A text of any number of lines; empty lines separate paragraphs."""

    longest: int

    def check(self, value: Any, path: Path) -> str:
        if not isinstance(value, str) or not value.strip():
            raise refuse(path, N_("a text"), value)
        paragraphs = (" ".join(WITHOUT_SPACE.sub("", part).split()) for part in value.strip().split("\n\n"))
        return "\n".join(_shown(part, self.longest, path) for part in paragraphs if part)

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


def _shown(text: str, longest: int, path: Path) -> str:
    """Return a text if a terminal can show it as it is and it is not too long. Raises `Wrong`."""
    if len(text) > longest:
        template = N_("{key} has {length:,} characters; it may have {longest:,}")
        raise Wrong(path, Message(template, key=key_name(path), length=len(text), longest=longest))
    if not text.isprintable():
        bad = next(character for character in text if not character.isprintable())
        raise Wrong(path, Message("{key} has the character {bad}, which no terminal shows",
                                  key=key_name(path), bad=bad))  # fmt: skip
    return text


@dataclass(frozen=True)
class ListOf:
    """A list of values of one kind."""

    node: Node
    least: int
    most: int

    def check(self, value: Any, path: Path) -> tuple[Any, ...]:
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            got = f"{len(value)}" if isinstance(value, list) else value
            raise refuse(path, N_("a list of {least} to {most}"), got, least=self.least, most=self.most)
        return tuple(self.node.check(item, (*path, place)) for place, item in enumerate(value))

    def schema(self) -> Schema:
        return {"type": "array", "items": self.node.schema(), "minItems": self.least, "maxItems": self.most}


@dataclass(frozen=True)
class Sentences:
    """Three sentences in each language; those of a missing language are the same as the others."""

    longest: int

    def _tables(self) -> "Table":
        return Table({name: Field(ListOf(Prose(self.longest), 3, 3), needed=False) for name in LANGUAGES})

    def check(self, value: Any, path: Path) -> tuple[Text, ...]:
        table = self._tables().check(value, path)
        given = next(iter(table.values()), None)
        if given is None:
            raise Wrong(path, Message("{key} needs a text: en, zh or both", key=key_name(path)))
        return tuple(map(Text, table.get("en", given), table.get("zh", given)))

    def schema(self) -> Schema:
        return {**self._tables().schema(), "minProperties": 1}


@dataclass(frozen=True)
class Field:
    """A key of a table: its kind, what it means, and whether it has to be there."""

    node: Node
    meaning: str = ""
    needed: bool = True


@dataclass(frozen=True)
class Table:
    """A table of known keys; those that are missing are left out of the checked one."""

    keys: Mapping[str, Field]

    def check(self, value: Any, path: Path) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refuse(path, N_("a table"), value)
        where = key_name(path)
        for key in value:
            if key not in self.keys:
                near = ALIASES[key] if ALIASES.get(key) in self.keys else nearest(key, self.keys)
                template = N_("{where} has no {key}; is it {near}?") if near else N_("{where} has no {key}")
                raise Wrong((*path, key), Message(template, where=where, key=key, near=near))
        for name, one in self.keys.items():
            if one.needed and name not in value:
                raise Wrong(path, Message("{where} has no {key}", where=where, key=name))
        return {name: self.keys[name].node.check(part, (*path, name)) for name, part in value.items()}

    def schema(self) -> Schema:
        properties = {
            name: {**({"description": one.meaning} if one.meaning else {}), **one.node.schema()}
            for name, one in self.keys.items()
        }
        needed = [name for name, one in self.keys.items() if one.needed]
        return {"type": "object", "additionalProperties": False, "properties": properties, "required": needed}


@dataclass(frozen=True)
class Named:
    """A table whose keys the author chooses."""

    node: Node
    pattern: str  # what the keys are
    names: str  # the same in words
    most: int
    least: int = 0

    def check(self, value: Any, path: Path) -> dict[str, Any]:
        if not isinstance(value, dict) or not self.least <= len(value) <= self.most:
            raise refuse(path, N_("a table of {least} to {most}"), value, least=self.least, most=self.most)
        for name in value:
            if not re.fullmatch(self.pattern, name):
                template = N_("{where} cannot have {key}: its keys are {names}")
                raise Wrong((*path, name), Message(template, where=key_name(path), key=name, names=Message(self.names)))
        return {name: self.node.check(part, (*path, name)) for name, part in value.items()}

    def schema(self) -> Schema:
        patterns = {f"^{self.pattern}$": self.node.schema()}
        return {"type": "object", "additionalProperties": False, "minProperties": self.least,
                "maxProperties": self.most, "patternProperties": patterns}  # fmt: skip


@dataclass(frozen=True)
class KnobValue:
    """A value of the knob `name`, or a text that denotes it, such as `off` or `2/3`; without a name of any knob."""

    name: str = ""

    def check(self, value: Any, path: Path) -> Any:
        return knob_value(self.name, value, path) if self.name else value

    def schema(self) -> Schema:
        return {"type": ["number", "string", "boolean"]}


def knob_value(name: str, value: Any, path: Path) -> Value:
    """Return a value of a knob, or the one that a text denotes. Raises `Wrong`."""
    knob = KNOBS[name]
    try:
        return knob.parse(value) if isinstance(value, str) else knob.check(foreign(value) if _odd(value) else value)
    except InvalidValue as error:
        raise Wrong(path, error.message) from None


def _odd(value: object) -> bool:
    return not isinstance(value, bool | int | float)


@dataclass(frozen=True)
class Map:
    """Rows of a map."""

    longest: int = field(default=MOST_ROWS)

    def check(self, value: Any, path: Path) -> MapRows:
        rows = ListOf(Line(2 * self.longest), 1, self.longest).check(value, path)
        try:
            cleaned = clean_rows(list(rows))
            check_rows(cleaned)
        except MapError as error:
            raise Wrong(path, error.message) from None
        return cleaned

    def schema(self) -> Schema:
        return ListOf(Line(self.longest), 1, self.longest).schema()


KNOB_TABLE = Table({name: Field(KnobValue(name), knob.meaning, needed=False) for name, knob in KNOBS.items()})
PRESET = Choice(tuple(PRESETS))
