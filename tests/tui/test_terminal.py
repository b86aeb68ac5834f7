"""The app in a real terminal (a pty): it starts, answers keys, and leaves the terminal and the saves as it should."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from lakeppo.runs.run import Run
from lakeppo.runs.trainer_state import state_sha256, trainer_state, weights_sha256
from lakeppo.storage.checkpoint import read_save


def test_it_opens_plays_pauses_and_quits(terminal, tmp_path):
    app = terminal("tui", "--pace", "250", size=(40, 120))
    app.wait_for("GOAL", "PLAYING")
    app.wait_for("new #2")
    app.press(" ")
    app.wait_for("PAUSED")
    app.press("q")
    assert app.leave() == 0
    assert app.restored()
    assert read_save(tmp_path / "saves" / "last.pt").moment.update >= 1


def test_the_first_start_begins_with_the_tour_and_the_second_does_not(terminal):
    app = terminal("tui", first_start=True)
    app.wait_for("This agent has never walked", "PAUSED", "1/6")
    app.press("\x1b")
    app.wait_for("T is the tour")
    app.press("q")
    assert app.leave() == 0
    app = terminal("tui", first_start=True)
    app.wait_for("PLAYING", "15 steps/s", "q quit")
    assert "1/6" not in app.text()


def test_thirty_updates_typed_in_one_burst_are_thirty_updates(terminal, tmp_path):
    app = terminal("tui", "--seed", "5", "--paused")
    app.wait_for("GOAL")
    app.press("u" * 30 + "wq")
    assert app.leave() == 0
    save = read_save(tmp_path / "saves" / "last.pt")
    run = Run(save.origin, 5)
    while run.trainer.updates < 30:
        run.unit()
    state = trainer_state(run.trainer)
    assert weights_sha256(save.state) == weights_sha256(state)
    assert state_sha256(5, save.config, save.state) == state_sha256(5, run.config, state)


@pytest.mark.parametrize(
    ("number", "status"),
    [(None, 130), (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
def test_every_other_end_restores_the_terminal_and_saves(terminal, tmp_path, number, status):
    app = terminal("tui", "--pace", "250")
    app.wait_for("PLAYING", "new #2")
    if number is None:
        app.press("\x03")
    else:
        app.child.kill(number)
    assert app.leave() == status
    assert app.restored()
    assert b"Traceback" not in app.raw
    assert read_save(tmp_path / "saves" / "last.pt").moment.update >= 1


KILLED = """
import os, signal
from lakeppo.tui.driver import SafeDriver
start = SafeDriver.start_application_mode
def killed(driver):
    start(driver)
    os.kill(os.getpid(), signal.{name})
SafeDriver.start_application_mode = killed
from lakeppo.cli import main
main()
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_before_the_first_paint_restores_it(terminal, name, status):
    app = terminal("tui", main=KILLED.format(name=name))
    assert app.leave() == status
    assert app.restored()
    assert b"Traceback" not in app.raw


LOADING = """
import atexit, os, signal, time
atexit.register(os._exit, 99)  # the interpreter's own end, at which torch aborts in another thread
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(600)
"""


@pytest.mark.parametrize("words", [["tui"], ["tui", "--plain"]], ids=" ".join)
def test_a_signal_while_torch_loads_ends_it_at_once(terminal, tmp_path, words):
    (tmp_path / "torch.py").write_text(LOADING)
    app = terminal(*words, PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    assert app.leave() == 143
    assert b"lakeppo: " not in app.raw
    if words == ["tui"]:
        assert app.restored()


def test_a_suspended_app_comes_back_whole(terminal):
    app = terminal("tui", "--paused")
    before = app.wait_until_still("GOAL", "PAUSED", "ceiling 1.000", "q quit")
    app.press("\x1a")  # ctrl+z
    while not app.raw.endswith(b"\x1b[?1004l"):  # the terminal is the shell's
        app.read()
    assert os.WIFSTOPPED(os.waitpid(app.child.pid, os.WUNTRACED)[1])
    app.screen.reset()
    app.child.kill(signal.SIGCONT)
    assert app.wait_until_still("GOAL", "PAUSED", "ceiling 1.000", "q quit") == before
    app.press("q")
    assert app.leave() == 0


@pytest.mark.parametrize("stops", [True, False])
def test_an_app_stopped_from_outside_comes_back_whole(terminal, stops):
    app = terminal("tui", "--paused")
    before = app.wait_until_still("GOAL", "PAUSED", "ceiling 1.000", "q quit")
    threads = Path(f"/proc/{app.child.pid}/task")  # on Linux
    count = len(list(threads.glob("*")))
    for _ in range(2):
        if stops:
            app.child.kill(signal.SIGSTOP)
            assert os.WIFSTOPPED(os.waitpid(app.child.pid, os.WUNTRACED)[1])
        app.screen.reset()
        app.child.kill(signal.SIGCONT)
        assert app.wait_until_still("GOAL", "PAUSED", "ceiling 1.000", "q quit") == before
    assert len(list(threads.glob("*"))) == count
    app.press("q")
    assert app.leave() == 0
    assert app.restored()


def test_the_size_is_the_terminals_and_a_key_redraws(terminal):
    app = terminal("tui", "--paused", COLUMNS="40", LINES="12")
    before = app.wait_until_still("GOAL", "PAUSED", "ceiling 1.000", "q quit")
    app.screen.reset()
    app.press("\x0c")  # ctrl+l
    assert app.wait_until_still("GOAL", "PAUSED", "ceiling 1.000", "q quit") == before
    for lines in range(12, 40):  # as while a window is drawn larger
        app.child.setwinsize(lines, 3 * lines)
    app.child.setwinsize(40, 120)
    app.screen.resize(40, 120)
    app.wait_for("WHY", "optimum 1.000", "4 COPY")
    app.press("\x1b[57413u")  # the keypad's + as terminals with kitty's protocol report it
    app.wait_for("  slip 0.05  seed")
    app.press("\x1bOm")  # its - as an application's keypad sends it
    app.wait_for("  slip 0  seed")
    app.press("q")
    assert app.leave() == 0


def test_a_branch_can_be_called_anything(terminal):
    app = terminal("tui", "--paused")
    app.wait_for("PAUSED", "q quit")
    app.press("ub")
    app.wait_for("B #0")
    app.press("B")
    app.wait_for("BRANCHES")
    app.press("n")
    app.wait_for("enter: rename")
    app.press("\x15[/x]\r")
    app.wait_for("is now named [/x]")
    app.press("\x1b")
    app.wait_for("[/x] #0")
    app.press("b")
    app.wait_for("B #0")
    app.press("B")
    app.wait_for("BRANCHES", "[/x]", "esc close")
    app.press("\x1b")
    app.wait_for("q quit")
    app.press("q")
    assert app.leave() == 0
    assert b"Traceback" not in app.raw


def test_a_dumb_terminal_is_one_line(terminal):
    app = terminal("tui", TERM="dumb")
    assert app.leave() == 1
    assert app.raw.startswith(b"lakeppo: ")
    assert app.raw.count(b"\n") == 1


def test_ascii_draws_nothing_else_and_stays_english(terminal):
    app = terminal("tui", "--ascii", "--paused", "--lang", "zh")
    app.wait_for("GOAL", "PAUSED")
    app.press("L")
    assert app.wait_for("the texts stay in English").isascii()


def test_held_down_keys_and_resizes_break_nothing(terminal):
    app = terminal("tui", "--paused")
    app.wait_for("PAUSED")
    for size in ((12, 40), (50, 200), (5, 20), (24, 80)):
        app.child.setwinsize(*size)
        app.screen.resize(*size)
        app.press("..e<>vs+-d,E[]{}mUb\t" * 3 + "ddnu")
        time.sleep(0.3)
        app.read()
    app.press("q")
    assert app.leave() == 0
    assert b"Traceback" not in app.raw


def test_a_signal_ends_it_however_many_keys_wait(terminal):
    app = terminal("tui", "--paused", size=(50, 200))
    app.wait_for("PAUSED", "q quit")
    for _ in range(40):
        app.press("." * 100)
        app.read()
    app.child.kill(signal.SIGTERM)
    assert app.leave() == 143
    assert app.restored()


def test_train_on_a_terminal_shows_a_bar_and_leaves_a_summary(terminal):
    app = terminal("train", "--episodes", "2000", "--json")
    assert app.leave() == 0
    text = app.raw.decode()
    assert "steps/s" in text
    assert json.loads(text[text.index("{\r\n") : text.rindex("}") + 1])["episodes"] == 2000
