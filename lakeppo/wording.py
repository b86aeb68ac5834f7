"""Texts of moments, printed by both the reports and the screens."""

from lakeppo.moment import Moment, Phase


def moment_words(moment: Moment, batch_size: int, epochs: int) -> str:
    """Return the moment in full: `update 3 · collect · step 12 of 64`."""
    units = {Phase.COLLECT: ("step", batch_size), Phase.IMPROVE: ("pass", epochs)}.get(moment.phase)
    progress = f" · {units[0]} {moment.index} of {units[1]}" if units else ""
    return f"update {moment.update} · {moment.phase.name.lower()}{progress}"


def short_moment(moment: Moment) -> str:
    """Return the moment in short: `#18` where an update begins, else `#18 judge` or `#18 improve 3`."""
    parts = [f"#{moment.update}"]
    if moment.phase is not Phase.COLLECT or moment.index:
        parts.append(moment.phase.name.lower())
    if moment.index:
        parts.append(str(moment.index))
    return " ".join(parts)
