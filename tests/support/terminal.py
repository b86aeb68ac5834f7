"""A program in a pty, and the screen it has drawn."""

import os
import signal
import sys
import time
from pathlib import Path

import pexpect
import pyte

WAIT = 60.0
STILL = 1.0
MAIN = "from lakeppo.cli import main; main()"


class Terminal:
    """A program in a pty, and the screen it has drawn."""

    def __init__(
        self, folder: Path, *words: str, size=(24, 80), main: str = MAIN, first_start=False, **environment: str
    ) -> None:
        """`first_start`: whether there is no settings file yet."""
        env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "", **environment}
        if not first_start:
            Path(env["LAKEPPO_CONFIG"]).touch()
        self.screen = pyte.Screen(size[1], size[0])
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(
            sys.executable, ["-c", main, *words], cwd=str(folder), env=env, dimensions=size, timeout=WAIT
        )
        self.child.delaybeforesend = None

    def receive(self, seconds: float = 0.05) -> bytes:
        """Return what comes within some seconds, without drawing it."""
        try:
            data = self.child.read_nonblocking(65536, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return b""
        self.raw += data
        return data

    def read(self) -> None:
        data = self.receive()
        # pyte does not know the kitty keyboard protocol's private modes
        self._stream.feed(data.replace(b"\x1b[>1u", b"").replace(b"\x1b[<u", b"").replace(b"\x1b[?u", b""))

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, *words: str) -> str:
        deadline = time.monotonic() + WAIT
        while not all(word in self.text() for word in words):
            assert time.monotonic() < deadline, f"{words} never came:\n{self.text()}"
            assert self.child.isalive() or self.child.read_nonblocking, self.text()
            self.read()
        return self.text()

    def wait_until_still(self, *words: str) -> str:
        """The screen with these words on it, once all of its frame is there."""
        self.wait_for(*words)
        since, seen = time.monotonic(), self.text()
        while time.monotonic() < since + STILL:
            self.read()
            if self.text() != seen:
                since, seen = time.monotonic(), self.text()
        return seen

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def leave(self) -> int:
        """Wait for the end; the exit status as a shell would see it."""
        deadline = time.monotonic() + WAIT
        while self.child.isalive():
            assert time.monotonic() < deadline, self.text()
            self.read()
        self.read()
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else 128 + self.child.signalstatus

    def end(self) -> None:
        """Kill the program if it still runs."""
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            self.child.wait()
        self.child.close()

    def restored(self) -> bool:
        """Whether the last word on the alternate screen, the cursor and the mouse was to give them back."""
        return all(
            self.raw.rfind(back) > self.raw.rfind(taken)
            for taken, back in (
                (b"\x1b[?1049h", b"\x1b[?1049l"),
                (b"\x1b[?25l", b"\x1b[?25h"),
                (b"\x1b[?1000h", b"\x1b[?1000l"),
            )
        )
