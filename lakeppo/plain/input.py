"""Where commands come from: the lines of a file or pipe, the lines of a terminal, or its single keys."""

import contextlib
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TextIO

from lakeppo.errors import FileError
from lakeppo.i18n import N_
from lakeppo.tui.key_names import US, key_of

PROMPT = "> "
LONGEST = 1000
"""Characters of a command."""
ESCAPE = 0.05
"""Seconds within which the rest of a key's sequence follows its first byte."""
SEQUENCES = {
    "[A": "up", "[B": "down", "[C": "right", "[D": "left", "[H": "home", "[F": "end", "OA": "up", "OB": "down",
    "OC": "right", "OD": "left", "OH": "home", "OF": "end", "[1~": "home", "[4~": "end", "[5~": "pageup",
    "[6~": "pagedown", "[3~": "delete", "[Z": "shift+tab", "OP": "f1", "OQ": "f2", "OR": "f3", "OS": "f4",
}  # fmt: skip
CONTROLS = {"\x1b": "escape", "\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", " ": "space"}


class Commands(Protocol):
    """A source of commands."""

    interactive: bool
    """Whether a person sees the answer before the next command."""

    def read(self) -> str | None:
        """Return the next command; None at the end."""

    def waiting(self, seconds: float = 0.0) -> bool:
        """Return whether a person has pressed a key or entered a line, after at most so many seconds."""

    def ask(self, prompt: str) -> str:
        """Return a line that a person types after a prompt; empty if there is none."""


class Script:
    """The lines of a file or pipe, read one after the other; none interrupts another."""

    interactive = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def read(self) -> str | None:
        """Return the next command. Raises `FileError` for what is not text in the encoding of the stream."""
        try:
            line = rest = self._stream.readline(LONGEST + 1)
            while rest and not rest.endswith("\n"):
                rest = self._stream.readline(LONGEST + 1)
        except UnicodeError:
            template = N_("standard input is not text in {encoding}")
            raise FileError(template, encoding=self._stream.encoding) from None
        return line.strip() if line else None

    def waiting(self, seconds: float = 0.0) -> bool:
        time.sleep(seconds)
        return False

    def ask(self, prompt: str) -> str:
        return ""


class Lines:
    """The lines of a terminal; Enter, with a command or without, ends what runs meanwhile."""

    interactive = True

    def __init__(self) -> None:
        self._descriptor = sys.stdin.fileno()
        if os.environ.get("TERM") not in (None, "", "dumb"):  # its control sequences are no text
            with contextlib.suppress(ImportError):
                import readline

                readline.parse_and_bind("set enable-bracketed-paste off")

    def read(self) -> str | None:
        try:
            return input(PROMPT).strip()[: LONGEST + 1]
        except EOFError:
            return None

    def waiting(self, seconds: float = 0.0) -> bool:
        return bool(select.select([self._descriptor], [], [], seconds)[0])

    def ask(self, prompt: str) -> str:
        with contextlib.suppress(EOFError):
            return input(f"{prompt} ").strip()[: LONGEST + 1]
        return ""


class Keys:
    """The keys of a terminal, not echoed. `line_of` returns the command of a key; ending in `...` it asks for more."""

    interactive = True

    def __init__(self, line_of: Callable[[str], str], bound: Callable[[], set[str]]) -> None:
        import termios
        import tty

        self._termios, self._tty = termios, tty
        self._line_of, self._bound, self._lines = line_of, bound, Lines()
        self._descriptor = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._descriptor)
        self._bytes = b""

    @contextlib.contextmanager
    def single(self) -> Iterator[None]:
        """Take single keys without echo, and give the terminal back as it was."""
        self.take()
        try:
            yield
        finally:
            self._give_back()

    def take(self) -> None:
        self._tty.setcbreak(self._descriptor, self._termios.TCSANOW)

    def _give_back(self) -> None:
        self._termios.tcsetattr(self._descriptor, self._termios.TCSADRAIN, self._before)

    def read(self) -> str | None:
        while True:
            key = self._key()
            if key in ("", "ctrl+d"):
                return None
            if line := self._line_of(key):
                return self._asked(line) if line.endswith("...") else line

    def _asked(self, line: str) -> str:
        head = line.removesuffix("...").strip()
        typed = self.ask(head or PROMPT.strip())
        return f"{head} {typed}".strip() if typed else ""

    def waiting(self, seconds: float = 0.0) -> bool:
        return bool(self._bytes) or bool(select.select([self._descriptor], [], [], seconds)[0])

    def ask(self, prompt: str) -> str:
        self._give_back()
        try:
            return self._lines.ask(prompt)
        finally:
            self.take()

    def _key(self) -> str:
        """Return the name of the next key, as Textual has it; empty at the end of the input."""
        character = self._character()
        if character == "\x1b":
            return self._sequence()
        if not character or character in CONTROLS:
            return CONTROLS.get(character, "")
        if character < " ":
            return f"ctrl+{key_of(chr(ord(character) + 96))}"
        name = key_of(character)
        meant = None if name in self._bound() else US.get(ord(character))
        return name if meant is None else key_of(meant)

    def _sequence(self) -> str:
        """Return the key of a control sequence of the terminal; `escape` if nothing follows."""
        text = ""
        while len(text) < 8 and self.waiting(ESCAPE):
            text += self._character()
            if text in SEQUENCES or (len(text) > 1 and text[-1].isalpha() and text != "O") or text[-1:] == "~":
                break
        return SEQUENCES.get(text, "unknown") if text else "escape"

    def _character(self) -> str:
        """Return the next character; empty at the end of the input."""
        while True:
            if not self._bytes:
                self._bytes = os.read(self._descriptor, 1024)
            if not self._bytes:
                return ""
            for length in range(1, min(4, len(self._bytes)) + 1):
                with contextlib.suppress(UnicodeDecodeError):
                    character = self._bytes[:length].decode()
                    self._bytes = self._bytes[length:]
                    return character
            more = b"" if len(self._bytes) >= 4 else os.read(self._descriptor, 1024)
            self._bytes = self._bytes + more if more else self._bytes[1:]  # no character begins with the first byte
