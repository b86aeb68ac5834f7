"""Random events in a real terminal: none ends the app, every key is answered, and the run equals its replay.

CI plays a few; `LAKEPPO_EVENTS=30000 pytest -n 0 -s tests/tui/test_pty_events.py` plays that many and prints how long
keys waited: behind bursts of up to 30 events within a millisecond, or with `LAKEPPO_RATE=30` behind 30 a second, as
fast as a key that is held down.
"""

import os
import random
import re
import signal
import time
from pathlib import Path

import pytest
from support.events import SIZES, Event, as_bytes, random_events
from support.session import hashes
from support.terminal import MAIN, WAIT, Terminal

from lakeppo.moment import BEGINNING
from lakeppo.storage.checkpoint import Save, read_save
from lakeppo.storage.run_file import read_run_file

EVENTS = int(os.environ.get("LAKEPPO_EVENTS", 120))
RATE = float(os.environ.get("LAKEPPO_RATE", "inf"))
"""Events a second."""
A_SESSION = 3000
"""Events that are played in one app, at most."""
AGAIN = 10.0
"""Seconds after which a key is pressed again: a screen that opened or closed may have swallowed its answer."""
BOOKMARK = re.compile("bookmark (?:set|removed) at|(?:设|的)书签".encode())  # the events may change the language
REFUSED = re.compile("a program with a fault is neither|有错的程序既不".encode())
MARK = "mark "
STAYING = f"""
from textual.events import Paste
from lakeppo.tui.app import LakeApp
from lakeppo.tui.key_presses import KeyedApp
def stay(app): pass
async def on_event(app, event, on_event=KeyedApp.on_event):
    if isinstance(event, Paste) and event.text.startswith("{MARK}"):
        echo_once_drawn(app, event.text)
    else:
        await on_event(app, event)
def echo_once_drawn(app, mark):
    written = []
    def echo():
        if app.screen.behind:
            app.set_timer(0.005, echo)
        elif not written:
            written.append(app._driver.write("\\x1b]777;" + mark + "\\x07"))
    def pass_on():
        if not written:
            app.set_timer(0.1, pass_on)
            (app.focused or app.screen).call_later(app.call_later, app.call_after_refresh, echo)
    pass_on()
LakeApp.action_quit = LakeApp.action_interrupt = LakeApp.action_suspend_process = stay
KeyedApp.on_event = on_event
{MAIN}
"""
"""The app without the three ways to leave it on purpose, so that its keys and clicks can be played too.

It writes back a mark that is pasted, once all that came before is drawn. What a widget is to pass on is lost if it is
removed: then another one is asked.
"""
ESCAPES = [("key", "escape")] * 5
"""What leads from any screen to the main one."""


class Player:
    """Plays events in a terminal, and measures how long after it was written a key is answered on the screen."""

    def __init__(self, terminal: Terminal, chance: random.Random) -> None:
        self.terminal, self.chance = terminal, chance
        self.size = terminal.screen.columns, terminal.screen.lines
        self.screen_waits: list[float] = []
        self.worker_waits: list[float] = []
        self.waits_alone: list[float] = []
        self.played: list[Event] = []
        self.marks = 0

    def play(self, *events: Event) -> None:
        for event in events:
            self.played.append(event)
            if event[0] == "size":
                self.size = int(event[1]), int(event[2])
                self.terminal.child.setwinsize(*reversed(self.size))
            self.terminal.child.send(as_bytes(event, self.size))
            until = time.monotonic() + 1 / RATE
            while (left := until - time.monotonic()) > 0:
                self.terminal.receive(left)

    def wait_for(self, answered, seconds: float = WAIT) -> float | None:
        """Return the seconds until what has come since is `answered`, or None if it was not."""
        since, data = time.monotonic(), b""
        while not answered(data):
            if time.monotonic() > since + seconds:
                return None
            assert self.terminal.child.isalive(), self.report()
            data += self.terminal.receive()
        assert b"worker has stopped" not in data, self.report()
        self.terminal.raw = self.terminal.raw[-50_000:]
        return time.monotonic() - since

    def wait_for_screen(self) -> None:
        """Wait until every line of the screen, and all that came before, is drawn."""
        since = time.monotonic()
        while not self.redraw():
            assert time.monotonic() < since + WAIT, self.report()
        self.screen_waits.append(time.monotonic() - since)

    def redraw(self) -> bool:
        """Draw the screen again, and a mark after it; return whether both have come."""
        self.marks += 1
        mark = f"{MARK}{self.marks}"
        self.terminal.press(f"\x0c\x1b[200~{mark}\x1b[201~")
        expected = [f"{mark}\x07".encode()] + [b"\x1b[%d;1H" % (y + 1) for y in range(self.size[1])]
        return self.wait_for(lambda data: all(part in data for part in expected), AGAIN) is not None

    def wait_for_worker(self) -> None:
        """Wait for the worker to set a bookmark, or remove it, after all that came before; then for one key alone.

        The escapes may have come before a screen that a click in the palette opens: then all is done again.
        """
        size = [] if self.size in SIZES else [("size", *map(str, self.chance.choice(SIZES)))]
        deadline = time.monotonic() + WAIT
        wait = None
        while wait is None:
            assert time.monotonic() < deadline, self.report()
            self.play(*ESCAPES, *size, ("key", "v"))
            self.wait_for_screen()
            wait = self.toggle_bookmark()
        self.worker_waits.append(wait)
        for _ in range(3):  # bookmarks among the events may have answered in place of this one
            self.play(("key", "v"))
            self.wait_for_screen()
            alone = self.toggle_bookmark()
        if alone is not None:
            self.waits_alone.append(alone)

    def toggle_bookmark(self) -> float | None:
        """Return the seconds until the message, which replaces another one, or None if something has covered it."""
        self.terminal.press("m")
        return self.wait_for(BOOKMARK.search, AGAIN)

    def report(self) -> str:
        text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", self.terminal.raw[-20_000:]).decode(errors="replace")
        return f"{text}\nafter {len(self.played)} events, the last: {[' '.join(e) for e in self.played[-60:]]}"


def play(terminal: Terminal, chance: random.Random, count: int) -> Player:
    """Play `count` events in bursts, each of which is answered before the next one; then put the run to rest."""
    terminal.wait_for("GOAL", "PLAYING", "q quit")
    player, events = Player(terminal, chance), random_events(chance)
    while len(player.played) < count:
        player.play(*(next(events) for _ in range(chance.choice((1, 1, 2, 12, 30)))))
        if chance.random() < 0.2:
            player.wait_for_worker()
        else:
            player.wait_for_screen()
    player.play(*ESCAPES, ("key", "u"))
    player.wait_for_worker()
    return player


def export_and_end(player: Player, folder: Path) -> tuple[Path, Save] | None:
    """Export the run, end the app by a signal, and return the run file and the save; None for a run with a fault."""
    for earlier in folder.rglob("*.toml"):  # the run may be where an earlier one was exported
        earlier.unlink()
    exported, before = set[Path](), len(player.terminal.raw)
    deadline, again = time.monotonic() + WAIT, 0.0
    while not (exported or REFUSED.search(player.terminal.raw, before)):
        assert time.monotonic() < deadline, player.report()
        if time.monotonic() > again:  # the key may have come before a screen that opened
            player.play(*ESCAPES, ("key", "x"))
            again = time.monotonic() + AGAIN
        player.terminal.receive()
        exported = set(folder.rglob("*.toml"))
    player.terminal.child.kill(signal.SIGTERM)
    while player.terminal.child.isalive():
        assert time.monotonic() < deadline, player.report()
        player.terminal.receive()
    player.terminal.child.close()
    assert player.terminal.child.exitstatus == 143, player.report()
    assert b"lakeppo: " not in player.terminal.raw[-2000:], player.report()
    return (exported.pop(), read_save(folder / "last.pt")) if exported else None


@pytest.mark.parametrize("session", range(-(-EVENTS // A_SESSION)))
def test_events_in_a_terminal_end_nothing_and_replay(session, terminal, tmp_path, lakeppo):
    chance, count = random.Random(session), min(A_SESSION, EVENTS - session * A_SESSION)
    app = terminal("tui", "--seed", str(session), *["--ascii"] * (session % 3 == 2), size=(24, 80), main=STAYING)
    player = play(app, chance, count)
    if (written := export_and_end(player, tmp_path / "saves")) is not None:
        check_replay(*written, tmp_path / "replay", lakeppo, player)
    answers = {"screen": player.screen_waits, "worker": player.worker_waits, "worker alone": player.waits_alone}
    for name, waits in answers.items():
        ordered = sorted(waits) or [float("nan")]
        print(f"\n{session}: {len(player.played)} events; the {name} answered {len(ordered)} keys, the median after "
              f"{ordered[len(ordered) // 2]:.3f} s, the last after {ordered[-1]:.3f} s", end="")  # fmt: skip


def check_replay(path: Path, save: Save, saves: Path, lakeppo, player: Player) -> None:
    """Check that a run file gives the run that was saved."""
    file = read_run_file(path)
    assert file.branches is not None
    if not any(branch.end > BEGINNING or branch.changes or branch.bookmarks for branch in file.branches):
        return  # a new run, which takes no other one's place
    assert (file.seed, file.config, file.current) == (save.seed, save.origin, save.current), player.report()
    timeline = file.timeline()
    for branch, saved in zip(file.branches, save.branches, strict=True):
        timeline.switch(branch)
        assert (branch.name, branch.end, branch.changes, branch.parent) == (
            saved.name, saved.end, saved.changes, saved.parent
        )  # fmt: skip
        known = len(saved.history)
        assert branch.history[:known] == saved.history
    timeline.switch(timeline.branches[save.current])
    status, out, _ = lakeppo("train", "--run", str(path), "--json", "--quiet", "--saves", str(saves))
    assert status == 0
    assert hashes(timeline.run)[0] in out
    assert hashes(timeline.run)[1] in out
    timeline.go_to(save.moment)
    assert hashes(timeline.run) == hashes(save)
