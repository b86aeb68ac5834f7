"""The settings that the app and the plain narration share. No Textual."""

from lakeppo.i18n import N_
from lakeppo.session.snapshot import PACES
from lakeppo.settings import Setting, Value

FULL, AUTO = "full", "auto"
"""The pace without a limit, and the word for no chosen pace, as they are written."""
PACE_NAMES: tuple[str | float, ...] = tuple(FULL if pace == float("inf") else pace for pace in PACES)
ASCII = Setting("ascii", "switch", False, N_("draw with ASCII characters only"), environment="LAKEPPO_ASCII")
PACE = Setting(
    "pace", "choice", AUTO, N_("environment steps a second at the start; auto: 15, and 250 after the first update"),
    (AUTO, *PACE_NAMES), "LAKEPPO_PACE",
)  # fmt: skip
KEYMAP = "keymap"
"""The table of the settings file that binds keys."""


def pace_index(value: Value) -> int | None:
    """Return the index of a pace among `PACES`; None if none is chosen."""
    return None if value == AUTO else PACE_NAMES.index(value)
