"""Single keys in a small terminal, lines in a dumb one, closed streams, signals: the run is saved in any case."""

import os
import re
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pexpect
import pytest
from support.session import moment
from support.terminal import MAIN, Terminal

from lakeppo.storage.checkpoint import read_save

SIZE = (5, 20)
SAVES = Path("saves") / "last.pt"


@pytest.fixture
def open_plain(tmp_path):
    opened: list[Terminal] = []

    def start(**environment: str) -> Terminal:
        opened.append(Terminal(tmp_path, "tui", "--plain", size=SIZE, **environment))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.end()


class Reader:
    """Reads what a terminal has printed since the last look, without its line ends."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal, self._seen = terminal, 0

    def press(self, keys: str, *awaited: str) -> str:
        """Press keys, and return what comes up to the awaited words, in their order."""
        self.terminal.press(keys)
        return self.wait(*awaited)

    def wait(self, *awaited: str) -> str:
        start = self._seen
        for words in awaited:
            self.terminal.child.expect_exact(words)
            self.terminal.raw += self.terminal.child.before + self.terminal.child.after
        self._seen = len(self.terminal.raw)
        return self.terminal.raw[start:].decode()


def test_keys_drive_a_run_in_20_by_5_until_a_signal_saves_it(open_plain, tmp_path):
    (tmp_path / "settings.toml").write_text('[keymap]\npass = "k"\n')
    terminal = open_plain(LAKEPPO_CONFIG=str(tmp_path / "settings.toml"))
    reader = Reader(terminal)
    reader.wait("q quits.")
    reader.press(".", "Step 1: right on (0,0), to (0,1).")
    reader.press("k", "Pass 1 of 5", "Exact success")
    reader.press("т", "Improve: 4 passes")  # the key of n on a Russian layout
    reader.press("u", "Update 0 is done")
    reader.press("\x1b[B", "tile 4 (1,0): ice")
    reader.press("y", "The arrow on tile (1,0)")
    reader.press("\x1b[H", "Now at update 0")
    reader.press("\x1b[F", "Now at update 1")
    reader.press("\r", "> ")
    reader.press("set clip off\r", "clip_coef is off.")
    reader.press("t", "make ")
    reader.press("6 hole\r", "(1,2) is a hole.")
    reader.press(" ", "Update 1: 64 steps")
    reader.press(" ", "Paused.")
    reader.press("?", "k: through the next", '("step pass")')
    reader.press("u", "is done: exact success", "steps so far.")
    assert not termios.tcgetattr(terminal.child.child_fd)[3] & termios.ECHO
    os.kill(terminal.child.pid, signal.SIGTERM)
    reader.wait("--plain")
    assert terminal.leave() == 143
    text = terminal.raw.decode()
    echoes = re.sub(r"(set clip off|6 hole|[ \r\n])", "", text)
    assert echoes.isprintable()
    assert "\x1b" not in text
    save = read_save(tmp_path / SAVES)
    assert [change.name for change in save.changes] == ["clip_coef", "map_rows"]


@pytest.mark.parametrize("key", ["\x03", "\x1c"], ids=["ctrl+c", "ctrl+backslash"])
def test_a_key_of_the_terminal_gives_it_back_saved(open_plain, tmp_path, key):
    reader = Reader(terminal := open_plain())
    reader.wait("quits.")
    reader.press(".", "Step 1: right")
    reader.press(key, "--plain")
    terminal.child.expect(pexpect.EOF)
    assert termios.tcgetattr(terminal.child.child_fd)[3] & termios.ECHO
    assert terminal.leave() == (130 if key == "\x03" else 131)
    assert read_save(tmp_path / SAVES).moment.index == 1


def test_a_dumb_terminal_takes_lines(open_plain, tmp_path):
    reader = Reader(terminal := open_plain(TERM="dumb"))
    reader.wait('"quit" quits.', "> ")
    reader.press("step\r", "Step 1: right", "> ")
    reader.press("play\r", "Update 1: 64 steps")
    reader.press("\r", "Paused.", "> ")
    terminal.child.sendeof()
    reader.wait("--plain")
    assert terminal.leave() == 0
    assert "\x1b" not in terminal.raw.decode()


def plain(folder: Path, *words: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", MAIN, "tui", "--plain", *words]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, **options)


def test_an_interrupted_script_is_saved(tmp_path):
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict", "LC_ALL": "C"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "errors": "surrogateescape"}
    process = plain(tmp_path, "--pace", "15", env=strict, **pipes)
    process.stdin.write("\udcff\nstep update\nstep pass\nsample 3\nplay\n")  # a byte that is no text
    process.stdin.flush()
    said = [process.stdout.readline()]
    while "> play\n" not in said or not said[-1].startswith("Copy: "):
        assert process.poll() is None
        said.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert "Saved. To resume: lakeppo tui --resume saves/last.pt --plain" in out
    assert any(line.startswith("delta = r + gamma V' - V = 0 + 0.9 x ") for line in said)
    assert "".join(said).isascii()
    assert read_save(tmp_path / SAVES).moment >= moment(1)


def test_closed_streams_are_no_error(tmp_path):
    command = [sys.executable, "-c", MAIN, "tui", "--plain", "--stop-when", "update >= 1"]
    done = subprocess.run(["sh", "-c", '"$@" <&- >&-', "sh", *command], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert read_save(tmp_path / SAVES).moment == moment(1)


def test_neither_textual_nor_torch_is_loaded_to_begin_with():
    code = "import lakeppo.plain.start, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "lakeppo.plain.shell" in modules
    assert not modules & {"textual", "torch", "gymnasium"}
