"""Gymnasium's own window, for `replay --window`. Needs the extra `window`, which brings pygame."""

import importlib.util
import os
import sys

from lakeppo.errors import InvalidValue, LakeppoError


class WindowError(LakeppoError):
    """The window cannot open, or has been closed."""


class Window:
    """Asks the system's windows; Gymnasium opens one, and draws four steps a second."""

    def __init__(self) -> None:
        """Raises `InvalidValue` without the extra, and `WindowError` without a display."""
        if importlib.util.find_spec("pygame") is None:
            raise InvalidValue("--window: pygame is not installed; run `pip install 'lakeppo[window]'`")
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # a greeting on standard output
        os.environ.setdefault("SDL_NO_SIGNAL_HANDLERS", "1")
        if sys.platform not in ("darwin", "win32") and not os.environ.get("SDL_VIDEODRIVER"):
            os.environ["SDL_VIDEODRIVER"] = _driver()  # without one SDL draws into memory
        import pygame

        self._pygame = pygame
        try:
            pygame.display.init()
        except pygame.error as error:
            raise WindowError("--window: no window can open: {error}", error=error) from None

    def check_open(self, episode: int, episodes: int) -> None:
        """Raise `WindowError` if the window has been closed."""
        if any(event.type == self._pygame.QUIT for event in self._pygame.event.get()):
            raise WindowError("the window was closed in episode {episode:,} of {episodes:,}",
                              episode=episode, episodes=episodes)  # fmt: skip


def _driver() -> str:
    """Return SDL's driver for the display there is. Raises `WindowError` if there is none."""
    if os.environ.get("DISPLAY"):
        return "x11"
    if os.environ.get("WAYLAND_DISPLAY"):
        return "wayland"
    raise WindowError("--window: there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set")
