"""A knob: its kind, range and meaning, and how its values are parsed, checked and printed. No torch, no Textual."""

from fractions import Fraction
from typing import Literal, NamedTuple

from lakeppo.errors import InvalidValue
from lakeppo.i18n import N_, _

Value = float | int | str | bool | None
MOST_DIGITS = 100
"""Python reads no number of thousands of digits."""
SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
REFUSALS = {
    "number": N_("{name} must be a number in {span}, not {value}"),
    "whole": N_("{name} must be a whole number in {span}, not {value}"),
    "choice": N_("{name} must be one of {span}, not {value}"),
    "switch": N_("{name} must be {span}, not {value}"),
}


class Knob(NamedTuple):
    """A hyperparameter, without its value: `word` stands for None, `alias` and `usual` are what the tutorial has."""

    name: str
    kind: Literal["number", "whole", "choice", "switch"]
    meaning: str
    alias: str = ""
    usual: str = ""
    low: float = 0.0
    high: float = 0.0
    open_low: bool = False
    word: str | None = None
    choices: tuple[str, ...] = ()
    default: Value = None
    startup_only: bool = False  # cannot change while a run keeps its weights
    effects: tuple[str, str] = ("", "")  # of a low value and of a high one; of a switch, off and on
    steps: tuple[str, ...] = ()  # values worth trying, ascending

    @property
    def span(self) -> str:
        """The range as text: `(0, 1000]`, `1..65536`, `relu|tanh`."""
        if self.kind == "switch":
            return "on|off"
        if self.kind == "choice":
            return "|".join(self.choices)
        high = f"{self.high:g}".replace("e+0", "e").replace("e+", "e")
        if self.kind == "whole":
            return f"{self.low:.0f}..{high if self.high > 1e6 else int(self.high)}"
        span = f"{'(' if self.open_low else '['}{self.low:g}, {high}]"
        return _("{span} or {word}").format(span=span, word=self.word) if self.word else span

    @property
    def in_tutorial(self) -> str:
        """A sentence with the tutorial's name and values; empty if it has no other name."""
        alias = f"{self.alias}: {_(self.usual)}" if self.usual else self.alias
        return _("In the tutorial {alias}.").format(alias=alias) if alias else ""

    def parse(self, text: str) -> Value:
        """Return the value that `text` denotes. Raises `InvalidValue` if it denotes none in range."""
        text = text.strip().lower()
        if self.word is not None and text == self.word:
            return None
        value: object = text
        try:
            if self.kind == "switch":
                value = SWITCH[text]
            elif self.kind == "whole":
                value = int(text)
            elif self.kind == "number":
                value = float(Fraction(text)) if "/" in text else float(text)
        except (KeyError, ValueError, ZeroDivisionError, OverflowError):
            raise InvalidValue(REFUSALS[self.kind], name=self.name, span=self.span, value=text) from None
        return self.check(value)

    def check(self, value: object) -> Value:
        """Return `value` as this knob's type. Raises `InvalidValue` if it is out of range."""
        if value is None and self.word is not None:
            return None
        if self.kind == "switch" and isinstance(value, bool):
            return value
        if self.kind == "choice" and isinstance(value, str) and value in self.choices:
            return value
        if self.kind in ("number", "whole") and isinstance(value, int | float) and not isinstance(value, bool):
            within = self.low <= value <= self.high and not (self.open_low and value == self.low)  # false for NaN
            if within and (self.kind == "number" or value == int(value)):
                return float(value) if self.kind == "number" else int(value)
        raise InvalidValue(REFUSALS[self.kind], name=self.name, span=self.span, value=value)

    def step(self, value: Value, by: int) -> Value:
        """Return the next value worth trying above `value` (1) or below it (-1); `value` beyond the last one."""
        words = self.steps or self.choices or (("off", "on") if self.kind == "switch" else ())
        values = [self.parse(word) for word in words]
        if value in values:
            at = values.index(value) + by
            return values[at] if 0 <= at < len(values) else value
        if not isinstance(value, int | float):
            return value
        beyond = [number for number in values if isinstance(number, int | float) and (number - value) * by > 0]
        return (min if by > 0 else max)(beyond, default=value)

    def show(self, value: Value) -> str:
        """Return `value` as text."""
        if value is None:
            return self.word or "none"
        if isinstance(value, bool):
            return "on" if value else "off"
        if self.name == "slip" and value == 2 / 3:
            return "2/3"
        return f"{value:.4g}" if isinstance(value, float) else str(value)


def check_seed(value: object) -> int:
    """Return `value` if it is a seed. Raises `InvalidValue` if not."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise InvalidValue("seed must be a whole number in 0..2^63-1, not {value}", value=value)
    return value


def parse_seed(text: str) -> int:
    """Return the seed that `text` denotes. Raises `InvalidValue` if it denotes none."""
    text = text.strip()
    return check_seed(int(text) if text.isdecimal() and len(text) < MOST_DIGITS else text)
