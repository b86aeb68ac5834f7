"""Figures as every screen, sentence and list prints them."""

import math
from collections.abc import Callable


def figure(value: float | None, places: int = 3) -> str:
    """Return a figure without its leading zero: `.412`, `-.0124`, `1.04`, `111`, `1.2e5`; `-` for None and NaN."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    size = abs(value)
    if size >= 1:
        places = max(0, min(places, 4 - len(str(int(size)))))
    if size >= 1e5:
        return scientific(value)
    text = f"{value:.{places}f}"
    text = text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
    return text.removeprefix("-") if not text.strip("-.0") else text


def scientific(value: float, places: int = 1) -> str:
    """Return a figure with a power of ten, without the zeros that C prints: `1.2e5`, `3.0e-7`."""
    mantissa, _, exponent = f"{value:.{places}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def small_figure(value: float | None, places: int = 3) -> str:
    """Return a figure with four places if it is smaller than 0.01, and with a power of ten if those are all 0."""
    if value is not None and 0 < abs(value) < 0.00005:
        return scientific(value)
    return figure(value, 4 if value is not None and abs(value) < 0.01 else places)


def fitted(value: float | None, width: int, places: int = 3, form: Callable[[float, int], str] | None = None) -> str:
    """Return a figure in `width` cells with as many of its places as fit; a figure is never cut.

    `form` makes its text, by default `figure`. A power of ten stands for a figure too large for its place.
    """
    if value is None or math.isnan(value):
        return "-"
    sign = "+" if form is signed and value >= 0 else ""
    texts = [(form or figure)(value, digits) for digits in range(places, -1, -1)]
    texts += [sign + scientific(value, digits) for digits in (1, 0)] if math.isfinite(value) else []
    return next((text for text in texts if len(text) <= width), sign or ("-" if value < 0 else "+"))


def signed(value: float, places: int = 2) -> str:
    """Return a figure with its sign, which a value too small to be shown keeps: `+.12`, `-.00`; `-` for NaN."""
    text = figure(abs(value), places)
    return text if text == "-" else f"{'-' if value < 0 else '+'}{text}"


def percent(share: float) -> str:
    """Return a share in whole percent; 0% and 100% only if it is exactly that, `-` for NaN."""
    if math.isnan(share):
        return "-"
    whole = round(100 * share)
    whole = 1 if whole == 0 and share > 0 else 99 if whole == 100 and share < 1 else whole
    return f"{whole}%"
