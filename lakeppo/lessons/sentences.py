"""Sentences with figures: `{name}` stands for a figure, `{name:2}` for it with two decimals, `{name:%}` in percent."""

import math
import re
from collections.abc import Iterable, Mapping

from lakeppo.errors import InvalidValue, nearest
from lakeppo.figures import figure, small_figure

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]{0,30})(?::([0-6%]))?\}")
UNKNOWN = "?"
"""What stands for a figure that has no value."""


def check_sentence(text: str, figures: Iterable[str]) -> None:
    """Raise `InvalidValue` unless all braces of a sentence belong to figures that there are."""
    rest = PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        raise InvalidValue("write a figure as {{name}}, {{name:2}} or {{name:%}}")
    known = list(figures)
    for name, _ in PLACEHOLDER.findall(text):
        if name not in known:
            near = nearest(name, known)
            if near is not None:
                raise InvalidValue("there is no figure {name}; is it {near}?", name=name, near=near)
            raise InvalidValue("there is no figure {name}", name=name)


def placeholders(text: str) -> set[str]:
    """Return the names of the figures of a sentence."""
    return {name for name, _ in PLACEHOLDER.findall(text)}


def fill(text: str, values: Mapping[str, float | bool | None]) -> str:
    """Return a sentence with its figures; one without a value is shown as `UNKNOWN`."""
    return PLACEHOLDER.sub(lambda match: shown(values.get(match[1]), match[2]), text)


def shown(value: float | bool | None, form: str | None = None) -> str:
    """Return a figure as text: whole numbers whole, others as the screens print them.

    `form`: decimals, or `%`.
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if form == "%":
        return f"{100 * value:.0f} %"
    if form == "0" or (float(value).is_integer() and (abs(value) >= 2 or isinstance(value, int))):
        return f"{value:,.0f}"
    return small_figure(value) if form is None else figure(value, int(form))
