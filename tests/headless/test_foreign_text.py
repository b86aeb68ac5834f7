"""What a stranger wrote is printed as text: escaped, cut, and never as a command to the terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.hostile import LABELS, forbidden

from lakeppo.config import LONGEST_LABEL, make_config
from lakeppo.errors import LONGEST, printable
from lakeppo.headless import replay
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.channel import Ending
from lakeppo.storage.run_file_writer import to_toml
from lakeppo.streams import SafeStream, _substitute
from lakeppo.tui.text.endings import ending_text, resume_text

CASES = pytest.mark.parametrize("text", LABELS.values(), ids=LABELS)
MAIN = "from lakeppo.cli import main; main()"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def folder_of(text: str) -> str:
    """Return a name that a folder can have, as like `text` as possible."""
    name = text.replace("/", "").encode("utf-8", "surrogateescape" if "\udce9" in text else "replace")[:200]
    return os.fsdecode(name)


@CASES
def test_a_map_and_a_folder_of_any_name_are_printed_as_text(lakeppo, text):
    toml = to_toml(Timeline(Run(make_config("classic"), 0)))
    label = text.encode("utf-8", "replace").decode()
    escaped = "".join(f"\\U{ord(character):08x}" for character in label)
    Path("run.toml").write_text(toml.replace('map = "4x4"', f'map = "{escaped}"'), encoding="utf-8")
    folder, shown = folder_of(text), printable(label, LONGEST_LABEL)
    save = f"{folder}/last.pt"
    outputs = {
        "train": lakeppo("train", "--run", "run.toml", "--updates", "2", "--saves", folder),
        "json": lakeppo("train", "--resume", save, "--updates", "3", "--saves", folder, "--json"),
        "replay": lakeppo("replay", save, "--episodes", "2"),
        "inspect": lakeppo("inspect", save),
    }
    for name, (status, out, err) in outputs.items():
        assert status == 0, (name, err)
        assert not forbidden(out + err)
        assert name == "json" or shown in out
        assert name == "json" or printable(folder) in out.replace("/last.pt", "").replace("/best.pt", "")
        assert name == "json" or max(map(len, out.split("\n"))) < 2 * LONGEST
    result = json.loads(outputs["json"][1])
    assert (result["map"], result["last"]["save"]) == (shown, save)


@CASES
def test_what_is_refused_is_one_printable_line(lakeppo, text):
    sources = ([option, text] for option in ("--map", "--preset", "--gamma", "--run", "--resume"))
    commands = [["train", "--updates", "1", *source] for source in sources]
    commands += [["fleet", "--sweep", text], ["fleet", "--device", text], ["inspect", text], ["replay", text], [text]]
    commands.append(["train", "--updates", "1", "--saves", f"file/{text}"])
    Path("file").touch()
    for command in commands:
        status, out, err = lakeppo(*command)
        assert status in (1, 2), command
        assert (out, err.count("\n")) == ("", 1), command
        assert err.startswith("lakeppo: ")
        assert not forbidden(err)
        assert len(err) < 4 * LONGEST


def test_a_map_file_whose_name_is_not_utf8_ends_nothing(lakeppo):
    Path("caf\udce9.txt").write_text("SF\nFG\n")
    assert "caf\\xe9.txt, firm ice" in lakeppo("train", "--updates", "2", "--map", "caf\udce9.txt")[1]
    result = json.loads(lakeppo("fleet", "--agents", "2", "--updates", "2", "--map", "caf\udce9.txt", "--json")[1])
    assert result["map"] == "caf\\xe9.txt"
    assert "caf\\xe9.txt, firm" in lakeppo("fleet", "--agents", "2", "--updates", "2", "--map", "caf\udce9.txt")[1]


def test_only_a_terminal_gets_a_bar_and_colour(lakeppo, monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE"):
        monkeypatch.setenv(name, "1")
    status, out, err = lakeppo("train", "--updates", "20", "--slippery", "--saves", "lr:100:a")
    assert status == 0
    assert not forbidden(out + err)
    assert "lr:100:a/last.pt" in out
    assert "of 20 updates  episode" in err
    assert "to lr:100:a/kept/001" in lakeppo("train", "--updates", "2", "--seed", "2", "--saves", "lr:100:a")[2]
    status, out, _ = lakeppo("replay", "lr:100:a/last.pt", "--episodes", "1", "--render")
    assert not forbidden(out)
    assert "sFFF\nFHFH\nFFFH\nHFFG" in out


def test_a_frame_keeps_its_colour_on_a_terminal_that_has_some(monkeypatch):
    frame = "  (Left)\n\x1b[41mS\x1b[0mFFF\nFHFH"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert replay._frame(frame) == frame
    monkeypatch.setenv("NO_COLOR", "1")
    assert replay._frame(frame) == "  (Left)\nsFFF\nFHFH"


def test_replay_refuses_frames_within_json(lakeppo):
    lakeppo("train", "--updates", "1")
    status, out, err = lakeppo("replay", "saves/last.pt", "--render", "--json")
    assert (status, out, err.count("\n")) == (2, "", 1)


class FullDisk:
    """A stream that takes nothing."""

    closed = False

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise BrokenPipeError

    def isatty(self) -> bool:
        return False


def test_a_run_goes_on_when_standard_error_takes_nothing(lakeppo, monkeypatch):
    monkeypatch.setattr(sys, "stderr", FullDisk())
    for command in (["train", "--updates", "20", "--slippery"], ["fleet", "--agents", "2", "--updates", "5"]):
        status, out, _ = lakeppo(*command)
        assert status == 0
        assert "done" in out
    closed = open(os.devnull, "w")  # noqa: SIM115, PTH123  # closed on the next line
    closed.close()
    SafeStream(closed).write("x")
    assert not SafeStream(closed).isatty()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_error_changes_neither_output_nor_status():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", MAIN, "train", "--updates", "30", "--slippery"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, text=True)
    assert done.returncode == 0
    assert "saves/last.pt" in done.stdout


def test_a_deleted_current_folder_is_one_line_and_help_works(lakeppo, tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    for command in (["train", "--updates", "1"], ["fleet"], ["tui"], ["replay", "/x"], ["inspect", "/x"]):
        status, out, err = lakeppo(*command)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert "current folder is gone" in err
    for words in (["--help"], ["--version"], ["train", "--help"], ["fleet", "-h"], ["inspect", "x.pt", "--help"]):
        assert lakeppo(*words)[::2] == (0, "")


def test_what_standard_output_cannot_encode_is_escaped():
    text = "± caf\xe9 湖"
    errors = [UnicodeEncodeError("ascii", text, k, k + 1, "") for k in (0, 5, 7)]
    assert [_substitute(error)[0] for error in errors] == ["+-", "\\xe9", "\\u6e56"]


@pytest.mark.parametrize("name", ["a b", "caf\udce9", "it's\x1b[31m\\n\n", "\u202egnp.exe湖"])
def test_the_command_that_resumes_can_be_pasted_into_a_shell(name):
    text = resume_text(None, Ending(saved=Path(name)))
    assert text is not None
    assert not forbidden(text)
    words = text.partition("--resume ")[2]
    done = subprocess.run(["bash", "-c", f"printf %s {words}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)


def test_the_reason_of_an_unsaved_run_keeps_the_folders_semicolons():
    error = "cannot save into a;b: no space left on device; continuing without saving"
    assert ending_text(None, Ending(save_error=error)) == f"the run was not saved: {error.rpartition(';')[0]}"
