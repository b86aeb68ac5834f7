"""Texts about moments that both the reports and the screens print."""

from lakeppo.moment import Moment, Phase


def moment_words(moment: Moment, batch_size: int, epochs: int) -> str:
    """Return the moment in full: `update 3 · collect · step 12 of 64`."""
    progress = {
        Phase.COLLECT: f" · step {moment.index} of {batch_size}",
        Phase.IMPROVE: f" · pass {moment.index} of {epochs}",
    }
    return f"update {moment.update} · {moment.phase.name.lower()}{progress.get(moment.phase, '')}"


def short_moment(moment: Moment) -> str:
    """Return the moment in a few characters: `#18` where an update begins, else `#18 judge` or `#18 improve 3`."""
    parts = [f"#{moment.update}"]
    if moment.phase is not Phase.COLLECT or moment.index:
        parts.append(moment.phase.name.lower())
    if moment.index:
        parts.append(str(moment.index))
    return " ".join(parts)
