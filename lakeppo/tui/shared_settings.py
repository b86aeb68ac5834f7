"""The settings that the app and the plain narration share. No Textual."""

from lakeppo.i18n import N_
from lakeppo.session.snapshot import DEFAULT_PACE, PACES
from lakeppo.settings import Setting

FULL = "full"
"""The pace without a limit, as it is written."""
PACE_NAMES: tuple[str | float, ...] = tuple(FULL if pace == float("inf") else pace for pace in PACES)
ASCII = Setting("ascii", "switch", False, N_("draw with ASCII characters only"), environment="LAKEPPO_ASCII")
PACE = Setting(
    "pace",
    "choice",
    PACE_NAMES[DEFAULT_PACE],
    N_("environment steps a second at the start"),
    PACE_NAMES,
    "LAKEPPO_PACE",
)
KEYMAP = "keymap"
"""The table of the settings file that binds keys."""
