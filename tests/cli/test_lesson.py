"""`lakeppo lesson`: the list, the check, a new file, the schema, and what is remembered."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from lakeppo.lessons.progress import Progress, read_progress, write_progress
from lakeppo.lessons.shipped import EXAMPLE, shipped_lessons
from lakeppo.settings import MOST_NAMES
from lakeppo.storage.settings_file import read_settings


@pytest.fixture
def settings_place(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEPPO_CONFIG", str(tmp_path / "settings.toml"))
    return {"LAKEPPO_CONFIG": str(tmp_path / "settings.toml")}


def test_the_list_names_every_lesson_and_what_has_been_done(lakeppo, settings_place):
    status, out, _ = lakeppo("lesson")
    lines = out.splitlines()
    assert status == 0
    assert [line.split()[0] for line in lines[:-10]] == [lesson.name for lesson in shipped_lessons()]
    assert [line.split()[:3] for line in lines[-10:]] == [["tui", "--spot", str(number)] for number in range(1, 11)]
    assert "done" not in out
    write_progress(
        settings_place, Progress().with_lesson("brake", True).with_lesson("ice", False).with_lesson("spot-3", True)
    )
    listed = lakeppo("lesson", "--list")[1].splitlines()
    assert [line.split()[0] for line in listed if line.endswith("  done")] == ["ice"]
    assert next(line for line in listed if line.startswith("brake ")).endswith("done, predicted right")
    assert next(line for line in listed if line.startswith("tui --spot 3 ")).endswith("done, spotted")


def test_reset_forgets_and_keeps_the_comments_of_the_file(lakeppo, settings_place, tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('# mine\ntheme = "nord"  # dark\n')
    write_progress(settings_place, Progress(("ice",), ("ice",)))
    assert read_progress(settings_place) == Progress(("ice",), ("ice",))
    assert lakeppo("lesson", "--reset")[0] == 0
    assert read_progress(settings_place) == Progress()
    assert read_settings(path)["theme"] == "nord"
    assert "# mine" in path.read_text()
    assert "# dark" in path.read_text()


def test_reset_makes_no_file_where_there_is_none(lakeppo, settings_place, tmp_path):
    assert lakeppo("lesson", "--reset")[0] == 0
    assert not (tmp_path / "settings.toml").exists()


def test_a_lesson_that_was_right_once_stays_so():
    progress = Progress().with_lesson("a", True).with_lesson("a", False).with_lesson("b", False)
    assert progress == Progress(("a", "b"), ("a",))


def test_more_lessons_than_are_remembered_forget_the_oldest(settings_place):
    progress = Progress()
    for number in range(MOST_NAMES + 2):
        progress = progress.with_lesson(f"lesson {number}", True)
    write_progress(settings_place, progress)
    kept = read_progress(settings_place)
    assert kept.done == kept.right == tuple(f"lesson {number}" for number in range(2, MOST_NAMES + 2))


def test_a_new_file_is_a_lesson_and_never_replaces_one(lakeppo, tmp_path):
    path = tmp_path / "mine.toml"
    assert lakeppo("lesson", "--new", str(path))[0] == 0
    path.write_text(path.read_text().replace("seeds = 64", "seeds = 8").replace("epochs = 50", "epochs = 10"))
    status, out, _ = lakeppo("lesson", str(path), "--check", "--seed", "5")
    assert "seeds 5 to 12, to update 30" in out
    assert "median(A.exact) = .9" in out
    assert "of 2 promises hold" in out
    assert status == (0 if "2 of 2" in out else 1)
    status, _, err = lakeppo("lesson", "--new", str(path))
    assert (status, err) == (1, f"lakeppo: {path} exists already\n")
    assert "seeds = 8" in path.read_text()


def test_a_promise_that_fails_is_named_and_gives_status_1(lakeppo, tmp_path):
    path = tmp_path / "false.toml"
    text = EXAMPLE.read_text().replace("median(A.exact) > .9", "median(A.exact) > 1.1").replace("= 64", "= 4")
    path.write_text(text[: text.rindex("[[promises]]")])
    status, out, _ = lakeppo("lesson", str(path), "--check")
    assert status == 1
    assert "FAILS  median(A.exact) > 1.1" in out
    assert "0 of 1 promises hold" in out


def test_the_schema_is_json_and_has_every_key_of_the_example(lakeppo):
    schema = json.loads(lakeppo("lesson", "--schema")[1])
    assert schema["additionalProperties"] is False
    keys = {line.split(".")[0].split()[0].strip("[]") for line in EXAMPLE.read_text().splitlines() if "title" in line}
    assert keys - {"#"} <= set(schema["properties"])
    assert set(schema["required"]) == {"format", "title", "intro", "arms", "parts"}
    part = schema["properties"]["parts"]["items"]
    assert part["properties"]["run"]["properties"]["at"]["required"] == ["update"]
    assert part["properties"]["predict"]["properties"]["right"] == {
        "description": "the right answer",
        "enum": ["A", "B", "C"],
    }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("brak",), "there is no lesson brak; is it brake?"),
        (("\x1b[2J",), "there is no lesson \\x1b[2J; `lakeppo lesson --list` names them"),
        (("none.toml",), "none.toml: no such file or directory"),
        (("--list", "--check"), "give one of NAME, --list, --check, --new, --schema and --reset"),
        (("brake", "--list"), "give one of NAME, --list, --check, --new, --schema and --reset"),
        (("brake", "--seed", "3"), "--seed is for --check: a lesson names its own seed"),
        (("brake",), "a lesson needs an interactive terminal"),
    ],
)
def test_what_cannot_be_done_gets_one_line(lakeppo, tmp_path, monkeypatch, words, line):
    monkeypatch.chdir(tmp_path)
    status, out, err = lakeppo("lesson", *words)
    assert status
    assert out == ""
    assert err.startswith(f"lakeppo: {line}")
    assert err.count("\n") == 1


CHECK = """
import os, signal, sys
from types import SimpleNamespace
from lakeppo.errors import LakeppoError
from lakeppo.headless import lesson_check

def report(task, first_seed):
    if task == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    while task == "endless":
        signal.pause()
    return lesson_check.Report((task,), 1, 1)

lesson_check._report, os.cpu_count = report, lambda: 2
if __name__ == "__main__":
    try:
        lesson_check.print_check([], 0, [SimpleNamespace(name=name) for name in sys.argv[1:]])
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(7)
    except LakeppoError as error:
        sys.exit(str(error))
"""


@pytest.mark.parametrize("closed", [False, True])
def test_a_check_that_is_ended_waits_for_no_lesson(tmp_path, closed):
    (tmp_path / "check.py").write_text(CHECK)
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), *sys.path])
    command = [sys.executable, str(tmp_path / "check.py"), "quick", "endless"]
    more = {"env": {**os.environ, "PYTHONPATH": path}, "start_new_session": True}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)
    try:
        if closed:
            process.stdout.close()
        else:
            assert process.stdout.readline() == "quick\n"
            process.send_signal(signal.SIGINT)  # to it alone, not to the processes that it has started
        assert process.wait(60) == 7
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_a_check_whose_process_is_killed_ends_in_one_line(tmp_path):
    (tmp_path / "check.py").write_text(CHECK)
    path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), *sys.path])
    command = [sys.executable, str(tmp_path / "check.py"), "killed", "killed"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 1
    assert done.stderr.startswith("a process that was checking has ended")
    assert done.stderr.count("\n") == 1
