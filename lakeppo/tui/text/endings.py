"""How a session ended, in words."""

from itertools import groupby

from lakeppo.files import quoted
from lakeppo.i18n import _
from lakeppo.session.channel import PATIENCE, Ending


def ending_text(failure: str | None, ending: Ending) -> str | None:
    """Return what went wrong by the end of a session, if anything did."""
    if failure:
        return _("the worker failed: {failure}").format(failure=failure)
    if ending.save_error:
        error = ending.save_error.rpartition(";")[0] or ending.save_error
        return _("the run was not saved: {error}").format(error=error)
    if ending.dropped:
        names = groupby(type(command).__name__ for command in ending.dropped)
        counted = ((name, len(list(same))) for name, same in names)
        dropped = ", ".join(name if count == 1 else f"{name} x{count}" for name, count in counted)
        return _("quit after {seconds:g} s; dropped commands: {dropped}").format(seconds=PATIENCE, dropped=dropped)
    return None


def resume_text(failure: str | None, ending: Ending) -> str | None:
    """Return how to resume the run, if it is saved: as it stood at the end, or before a failure."""
    if ending.saved is None:
        return None
    template = _("Saved. To resume: lakeppo tui --resume {path}")
    if failure:
        template = _("last.pt is from before the failure. To resume: lakeppo tui --resume {path}")
    return template.format(path=quoted(str(ending.saved)))
