"""Textual's driver for terminals, which survives whatever bytes a terminal sends."""

import asyncio
import os
import signal
from codecs import getincrementaldecoder
from collections.abc import Iterable
from select import select

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Resize
from textual.geometry import Size
from textual.keys import Keys
from textual.message import Message


class SafeParser(XTermParser):
    """Textual's parser without what it fails on: impossible key codes, a size of 0, and escapes in a paste.

    Textual would take what follows an escape in a paste for keys, which might end the app.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._last = ""  # the last characters, as many as mark a paste
        self._pasting = False

    def feed(self, data: str) -> Iterable[Message]:
        for character in data:
            yield from self._without_pasted_keys(super().feed(character))
            self._last = (self._last + character)[-len(BRACKETED_PASTE_START) :]
            if self._last in (BRACKETED_PASTE_START, BRACKETED_PASTE_END):
                self._pasting = self._last == BRACKETED_PASTE_START

    def tick(self) -> Iterable[Message]:
        return self._without_pasted_keys(super().tick())

    def _without_pasted_keys(self, messages: Iterable[Message]) -> Iterable[Message]:
        return (message for message in messages if not (self._pasting and isinstance(message, Key)))

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        try:
            yield from super()._sequence_to_key_events(sequence, alt)
        except (ValueError, OverflowError):
            yield Key(Keys.Ignore, sequence)

    def parse_mouse_code(self, code: str) -> Message | None:
        sizes = self.terminal_size, self.terminal_pixel_size
        if any(size is not None and 0 in tuple(size) for size in sizes):
            self.terminal_size = self.terminal_pixel_size = None
        return super().parse_mouse_code(code)


HOW_WIDE = "\x1b[2;1H─\x1b[6n\x1b[2K\x1b[H"
"""Draws a character of ambiguous width, asks where the cursor is then, and removes the character.

In the second line: from the first one some terminals answer with what they send for a key, too.
"""


class SafeDriver(LinuxDriver):
    """Textual's driver with the parser above; bytes that are not UTF-8 become U+FFFD."""

    def start_application_mode(self) -> None:
        """Begin, ask how wide the terminal draws, and read its size after a signal, not in its handler.

        Another signal may come in while the handler runs: the older of two sizes would be the last to be posted.
        """
        super().start_application_mode()  # type: ignore[no-untyped-call]  # as Textual has it
        self.write(HOW_WIDE)
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGWINCH, lambda *_: loop.call_soon_threadsafe(self._post_size))

    def _sigcont_application(self, *_: object) -> None:
        """Begin again after a stop of any kind.

        Textual would do so whenever the signal comes in: after a SIGSTOP two threads would read the keys, one of them
        for ever, and at the end the terminal would be left as the app needs it.
        """
        if self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()
            self._must_signal_resume = True
        if self._must_signal_resume:
            super()._sigcont_application()

    def _post_size(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(Resize(size, size))

    def run_input_thread(self) -> None:
        """Pass on what comes in, until the app leaves."""
        decode = getincrementaldecoder("utf-8")("replace").decode
        parser = SafeParser(self._debug)
        while not self.exit_event.is_set():
            ready, _, _ = select([self.fileno], [], [], 0.1)
            if ready:
                for message in parser.feed(decode(os.read(self.fileno, 4096))):
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)
