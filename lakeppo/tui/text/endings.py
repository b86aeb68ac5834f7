"""How a session ended, in words."""

from itertools import groupby

from lakeppo.files import quoted
from lakeppo.session.channel import PATIENCE, Ending


def ending_text(failure: str | None, ending: Ending) -> str | None:
    """Return what went wrong by the end of a session, if anything did."""
    if failure:
        return f"the worker failed: {failure}"
    if ending.save_error:
        return f"the run was not saved: {ending.save_error.rpartition(';')[0] or ending.save_error}"
    if ending.dropped:
        names = groupby(type(command).__name__ for command in ending.dropped)
        counted = ((name, len(list(same))) for name, same in names)
        dropped = ", ".join(name if count == 1 else f"{name} x{count}" for name, count in counted)
        return f"quit after {PATIENCE:g} s; dropped commands: {dropped}"
    return None


def resume_text(failure: str | None, ending: Ending) -> str | None:
    """Return how to resume the run, if it is saved: as it stood at the end, or before a failure."""
    if ending.saved is None:
        return None
    saved = "last.pt is from before the failure" if failure else "Saved"
    return f"{saved}. To resume: lakeppo tui --resume {quoted(str(ending.saved))}"
