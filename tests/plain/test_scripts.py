"""Commands from lines: the run they drive, the lines they print, and what is refused."""

import pytest
from support.plain import EVERYTHING, WRONG, told
from support.session import hashes, moment, run_to

from lakeppo.config import make_config
from lakeppo.headless.train import train
from lakeppo.moment import Phase
from lakeppo.plain.output import ascii_only
from lakeppo.presets import PRESETS, Limit
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.source import run_of_file, saved_run
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import read_run_file

CLIP_OFF = (
    "step update 2\nstep pass 3\nset clip_coef off\ngo 5\nback update\nstep phase\nexport\ngo 7\nquit\nstep update\n"
)


def answers(lines: list[str], command: str) -> list[str]:
    """The lines between a command and the next one."""
    start = lines.index(f"> {command}") + 1
    ends = [at for at in range(start, len(lines)) if lines[at].startswith(("> ", "Saved. "))]
    return lines[start : ends[0]]


def test_a_script_gives_the_bits_of_the_run_and_of_its_file(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, CLIP_OFF)
    assert not any("quit" in line for line in answers(lines, "go 7"))
    save = read_save(tmp_path / "last.pt")
    run = run_to(moment(7), clip_off_at=moment(2, Phase.IMPROVE, 3))
    assert (save.moment, hashes(save)) == (run.moment, hashes(run))
    [file] = (tmp_path / "exports").glob("*.toml")
    again = read_run_file(file).timeline()
    while again.run.moment < save.moment:
        again.unit()
    assert hashes(again.run) == hashes(run)
    told(monkeypatch, capsys, tmp_path / "again", "go 7\n", run_of_file(file))
    assert hashes(read_save(tmp_path / "again" / "last.pt")) == hashes(run)


def test_without_a_command_it_plays_to_the_limit_as_train_does(monkeypatch, capsys, tmp_path):
    limit = Limit("episodes", 40)
    monkeypatch.setitem(PRESETS, "classic", PRESETS["classic"]._replace(limit=limit))
    lines = told(monkeypatch, capsys, tmp_path / "told", "")
    updates = [line for line in lines if line.startswith("Update ")]
    timeline = Timeline(Run(make_config("classic"), 0))
    train(timeline, limit, tmp_path / "trained", as_json=True, quiet=True, whole_updates=True)
    assert "The run has reached its limit of 40 episodes." in lines
    assert sum(": 64 steps, " in line for line in updates) == timeline.run.trainer.updates
    assert hashes(read_save(tmp_path / "told" / "last.pt")) == hashes(read_save(tmp_path / "trained" / "last.pt"))
    again = told(monkeypatch, capsys, tmp_path / "told", "play\n", saved_run(tmp_path / "told" / "last.pt"))
    assert answers(again, "play")[0] == "The run has reached its limit of 40 episodes."


def test_a_condition_ends_a_script_without_commands(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, "", stop_when="update >= 2")
    assert any(line.startswith("Stopped at #2: update >= 2") for line in lines)
    assert read_save(tmp_path / "last.pt").moment == moment(2)


def test_the_same_script_prints_the_same_lines(monkeypatch, capsys, tmp_path):
    first, second = (told(monkeypatch, capsys, tmp_path / name, CLIP_OFF) for name in "ab")
    assert len(first) > 20
    assert [line.replace("/b/", "/a/") for line in second] == first


@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_is_text(monkeypatch, capsys, tmp_path, ascii):
    lines = told(monkeypatch, capsys, tmp_path, EVERYTHING, ascii=ascii)
    assert len(lines) > 300
    for line in lines:
        assert line.isprintable()
        assert line.strip() == line != ""
        assert not any("\u2500" <= character <= "\u28ff" for character in line), line
        assert line.isascii() or not ascii
    commands = [line for line in EVERYTHING.splitlines() if line not in ("slip", "pace full")]
    assert [command for command in commands if not answers(lines, command)] == []


def test_whatever_is_wrong_is_said_in_one_line(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, "\n".join(WRONG))
    replies = "\n".join(lines).split("\n> ")[1:]
    assert len(replies) == len(WRONG)
    assert [reply for reply in replies[:-1] if reply.count("\n") != 1] == []
    assert "is it stop?" in replies[0]
    assert read_save(tmp_path / "last.pt").moment == moment(0)


@pytest.mark.parametrize(
    ("short", "whole"), [("ste up", "step update"), ("seeds list", "siblings list"), ("kno cl", "knobs clip_coef")]
)
def test_words_may_be_shortened(monkeypatch, capsys, tmp_path, short, whole):
    lines = told(monkeypatch, capsys, tmp_path, f"{short}\ngo start\n{whole}\n")
    assert answers(lines, short)[0] == answers(lines, whole)[0]


def test_only_ascii_is_written_in_the_c_locale():
    assert ascii_only({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "utf-8")
    assert ascii_only({"LANG": "POSIX"}, "utf-8")
    assert ascii_only({}, "latin-1")
    assert not ascii_only({"LANG": "zh_CN.UTF-8"}, "UTF-8")
    assert not ascii_only({}, "utf-8")
