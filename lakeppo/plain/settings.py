"""The settings that a narration without screens has: pace, folder for saves, ASCII, keys. No Textual."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lakeppo.errors import Message
from lakeppo.files import expand_home
from lakeppo.session.snapshot import DEFAULT_PACE
from lakeppo.settings import SAVES, resolve
from lakeppo.storage.settings_file import find_settings
from lakeppo.tui.rebinding import read_keymap
from lakeppo.tui.shared_settings import ASCII, KEYMAP, PACE, pace_index

SETTINGS = (ASCII, PACE, SAVES)


class PlainSettings(NamedTuple):
    """The settings in force, and what is wrong with the others. `pace_given`: the pace is an option's."""

    ascii: bool
    pace: int  # index into PACES
    pace_given: bool
    saves: Path
    keymap: Mapping[str, str]
    problems: tuple[Message, ...]


def read_plain_settings(chosen: Mapping[str, object], environment: Mapping[str, str]) -> PlainSettings:
    """Return the settings in force under the options of a command. Raises `InvalidValue` for an option."""
    options = {setting.name: setting.parse(str(chosen[setting.name])) for setting in SETTINGS if setting.name in chosen}
    path, content, _exists, problems = find_settings(environment)
    given, wrong = resolve(SETTINGS, path, content, environment, options)
    pace = pace_index(given["pace"].value)
    keymap, clashes = read_keymap(content.get(KEYMAP, {}))
    named = (Message("{file}: {problem}", file=path, problem=problem) for problem in clashes)
    return PlainSettings(
        bool(given["ascii"].value),
        DEFAULT_PACE if pace is None else pace,
        given["pace"].source == "option",
        expand_home(str(given["saves"].value)),
        keymap,
        (*problems, *wrong, *named),
    )
