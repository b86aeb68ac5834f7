"""The settings of the app: those of the screens, what is in force, and what is remembered."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from textual.constants import DEFAULT_THEME
from textual.theme import BUILTIN_THEMES

from lakeppo.errors import Message
from lakeppo.files import expand_home
from lakeppo.i18n import N_
from lakeppo.lessons.progress import Progress
from lakeppo.settings import LANGUAGE, LESSONS_DONE, LESSONS_RIGHT, SAVES, Given, Setting, Value, resolve, unknown_keys
from lakeppo.storage.settings_file import SettingsWriter, find_settings
from lakeppo.tui.rebinding import read_keymap
from lakeppo.tui.shared_settings import ASCII, KEYMAP, PACE, PACE_NAMES, pace_index
from lakeppo.tui.state import VIEWS, LakeView

THEME = DEFAULT_THEME if DEFAULT_THEME in BUILTIN_THEMES else "textual-dark"
"""TEXTUAL_THEME names another default; it may be anything."""
SETTINGS: tuple[Setting, ...] = (
    LANGUAGE,
    Setting("theme", "choice", THEME, N_("colours of the app"), tuple(sorted(BUILTIN_THEMES)), "LAKEPPO_THEME"),
    ASCII,
    Setting("ambiguous_width", "choice", "auto", N_("how the terminal draws characters such as ─ and γ; wide: two "
            "cells, as some East Asian ones do, so that others are used; auto: as the terminal says"),
            ("auto", "narrow", "wide"), "LAKEPPO_AMBIGUOUS_WIDTH"),
    PACE,
    Setting("view", "choice", VIEWS[0], N_("what the lake shows at the start"), VIEWS, "LAKEPPO_VIEW"),
    SAVES,
    LESSONS_DONE,
    LESSONS_RIGHT,
    Setting("tour_seen", "switch", False, N_("whether the tour has been seen"), hidden=True),
)  # fmt: skip
MANY = N_("{count} settings are left out; `lakeppo settings` says what is wrong with them")
CLOSING = 1.0
"""Seconds that closing may wait for what is still to be remembered."""


class Preferences:
    """The settings in force while the app runs; those that a person changes there are remembered.

    `problems`: what is wrong in the file and the environment.
    """

    def __init__(
        self, given: Mapping[str, Given] | None = None, keymap: Mapping[str, str] | None = None, *,
        path: Path | None = None, exists: bool = True, problems: Sequence[Message] = (),
    ) -> None:  # fmt: skip
        self.given = given or {setting.name: Given(setting.default, "default") for setting in SETTINGS}
        self.keymap, self.path, self.exists, self.problems = keymap or {}, path, exists, problems
        self._values = {name: one.value for name, one in self.given.items()}
        self._writer = None if path is None else SettingsWriter(path)
        self._news = list(problems) if len(problems) < 2 else [Message(MANY, count=len(problems))]
        self._failed = False

    @property
    def first_start(self) -> bool:
        """Whether this person has no settings file yet."""
        return not self.exists

    @property
    def theme(self) -> str:
        return str(self._values["theme"])

    @property
    def ascii(self) -> bool:
        return bool(self._values["ascii"])

    @property
    def wide(self) -> bool:
        """Whether the terminal draws characters of ambiguous width two cells wide."""
        return self._values["ambiguous_width"] == "wide"

    @property
    def asks_width(self) -> bool:
        """Whether the terminal is asked about that."""
        return self._values["ambiguous_width"] == "auto"

    @property
    def pace(self) -> int | None:
        """The index of the pace at the start; None: slow at first, then faster."""
        return pace_index(self._values["pace"])

    @property
    def view(self) -> LakeView:
        return cast(LakeView, self._values["view"])

    @property
    def saves(self) -> Path:
        return expand_home(str(self._values["saves"]))

    @property
    def progress(self) -> Progress:
        """Which lessons have been done."""
        return Progress(*(cast(tuple[str, ...], self._values[each.name]) for each in (LESSONS_DONE, LESSONS_RIGHT)))

    def remember(self, name: str, value: Value) -> None:
        """Keep what a person has chosen, here and in the file, for the next start."""
        if value != self._values[name]:
            self._values[name] = value
            if self._writer is not None:
                self._writer.put(name, value)

    def remember_pace(self, pace: int) -> None:
        """Keep a pace by its index."""
        self.remember("pace", PACE_NAMES[pace])

    def news(self) -> Message | None:
        """Return, once, what is wrong with the settings, or that something could not be remembered."""
        if self._news:
            return self._news.pop()
        if self._failed or self._writer is None or self._writer.failure is None:
            return None
        self._failed = True
        return Message("what you change here is not remembered: {failure}", failure=self._writer.failure)

    def close(self) -> None:
        """Write what is still to be remembered."""
        if self._writer is not None:
            self._writer.close(CLOSING)


class HasPreferences(Protocol):
    """An app that remembers what a person chooses."""

    preferences: Preferences


def read_preferences(chosen: Mapping[str, object], environment: Mapping[str, str]) -> Preferences:
    """Return the settings in force under the options of a command.

    Raises `InvalidValue` for an option. What is wrong elsewhere is left out, and named in `problems`.
    """
    options = {s.name: s.parse(str(chosen[s.name])) for s in SETTINGS if s.name in chosen}
    path, content, exists, problems = find_settings(environment)
    problems = [*problems, *unknown_keys(path, content, [*(setting.name for setting in SETTINGS), KEYMAP])]
    given, wrong = resolve(SETTINGS, path, content, environment, options)
    keymap, clashes = read_keymap(content.get(KEYMAP, {}))
    problems += [*wrong, *(Message("{file}: {problem}", file=path, problem=problem) for problem in clashes)]
    return Preferences(given, keymap, path=path, exists=exists, problems=problems)
