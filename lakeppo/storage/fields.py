"""Checks of single fields of a foreign file. Each returns the value or raises `InvalidValue`, which names the field."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import torch

from lakeppo.errors import InvalidValue, Message
from lakeppo.i18n import N_
from lakeppo.moment import Change, Moment

Where = str | Message
"""What names a field: its own name, which no language translates, or words around it."""
SCALARS = (int, float, bool, str, type(None))
LIMITS = {
    "branches": 500, "keyframes": 1000, "changes": 50_000, N_("bookmarks"): 10_000,
    N_("characters in its captions"): 200_000,
    "updates": 300_000, "steps": 70_000, N_("tiles in the maps of its changes"): 300_000, "tensors": 20_000,
    N_("numbers in its tensors"): 6_000_000,
}  # fmt: skip
"""How much a save may hold, all branches and keyframes taken together, so that reading it takes two seconds at most."""


class Allowance:
    """What is left of `LIMITS` while a save is checked. What the file shares is counted each time it is used."""

    def __init__(self) -> None:
        self.left = dict(LIMITS)

    def take(self, what: str, count: int) -> None:
        if count > self.left[what]:
            raise InvalidValue("it has over {most:,} {what}", most=LIMITS[what], what=Message(what))
        self.left[what] -= count

    def take_marks(self, bookmarks: int, captions: Iterable[str]) -> None:
        """Take the bookmarks of a branch and their captions."""
        self.take("bookmarks", bookmarks)
        self.take("characters in its captions", sum(map(len, captions)))


def check_inherited(name: str, changes: Sequence[Change], parents: Sequence[Change], left_at: Moment) -> None:
    """Raise `InvalidValue` if a branch has other changes than its parent before the moment at which it left it."""
    own, inherited = ([change for change in each if change.moment < left_at] for each in (changes, parents))
    if own != inherited:
        raise InvalidValue("branch {name} has other changes than its parent before it leaves it", name=name)


KINDS = {
    type(None): N_("none"), list: N_("a list"), dict: N_("a dict"), str: N_("a text"), bool: N_("true or false"),
    int: N_("whole"),
}  # fmt: skip
"""What a value of a type is called."""


def within(where: Where, field: Where) -> Message:
    """Return what names a field of another one."""
    return Message("{where}: {field}", where=where, field=field)


def refuse(where: Where, expected: object, value: object) -> NoReturn:
    """Raise the error for a field; a value that is not a scalar is named by its type, for its text may be endless."""
    shown = value if type(value) in SCALARS else type(value).__name__
    raise InvalidValue("{where} must be {expected}, not {value}", where=where, expected=expected, value=shown)


def typed(where: Where, value: Any, *kinds: type) -> Any:
    """Return `value` if its type is exactly one of `kinds`: True is no number."""
    if type(value) not in kinds:
        names = map(Message, (KINDS.get(kind, kind.__name__) for kind in kinds))
        refuse(where, functools.reduce(lambda a, b: Message("{a} or {b}", a=a, b=b), names), value)
    return value


def whole(where: Where, value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        refuse(where, Message("a whole number in {low}..{high}", low=low, high=high), value)
    return value


def number(where: Where, value: Any, low: float, high: float) -> float:
    if type(value) not in (int, float) or not low <= value <= high:  # false for NaN
        refuse(where, Message("a number in {low:g}..{high:g}", low=low, high=high), value)
    return float(value)


def scalar(where: Where, value: Any) -> Any:
    """Return `value` if it is a plain value, which a knob can check."""
    return value if type(value) in SCALARS else refuse(where, Message("a plain value"), value)


def sequence(where: Where, value: Any, kind: type, length: int | None = None) -> Any:
    """Return `value` if it is a list or tuple, of `length` items."""
    typed(where, value, kind)
    if length is not None and len(value) != length:
        refuse(Message("the length of {where}", where=where), str(length), len(value))
    return value


def fields(where: Where, value: Any, *names: str) -> list[Any]:
    """Return the values of these keys of a dict."""
    typed(where, value, dict)
    for name in names:
        if name not in value:
            raise InvalidValue("{where} has no {name}", where=where, name=name)
    return [value[name] for name in names]


def tensor(where: Where, value: Any, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    if not isinstance(value, torch.Tensor) or tuple(value.shape) != shape or value.dtype != dtype:
        actual = f"{value.dtype} {tuple(value.shape)}" if isinstance(value, torch.Tensor) else value
        refuse(where, Message("a tensor {dtype} {shape}", dtype=dtype, shape=shape), actual)
    return value
