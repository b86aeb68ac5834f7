"""Spotting the fault of a program by commands."""

import io
import sys

import pytest

SCRIPT = """source
source gae 34
hint
guess gae 37
guess gae
guess game 1
step pass
why
siblings
compare
compare difference
compare close
guess gae 38
answer
"""


@pytest.fixture
def told(lakeppo, monkeypatch, tmp_path):
    """Return the lines between each command and the next one."""

    def tell(script: str, *words: str) -> dict[str, list[str]]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(script))
        monkeypatch.setenv("LAKEPPO_SAVES", str(tmp_path))
        status, out, err = lakeppo("tui", "--plain", *words)
        assert (status, err) == (0, "")
        answers: dict[str, list[str]] = {}
        for line in out.splitlines():
            if line.startswith("> "):
                answers[line[2:]] = []
            elif answers:
                answers[next(reversed(answers))].append(line)
        return answers

    return tell


def test_a_fault_is_spotted_by_commands(told, tmp_path):
    said = told(SCRIPT, "--spot", "3", "--seed", "1")
    assert said["source"][0] == "Too good to be true"
    assert "gae.py has 43 lines" in said["source"]
    assert "38     return rewards + gamma * next_values - values" in said["source gae 34"]
    assert said["hint"] == ["Look at the steps into a hole and into the goal. What can still come after them?"]
    assert said["guess gae 37"] == ["Line 37 of gae.py is as it should be"]
    assert said["guess gae"] == ["a guess names a file and a line, such as gae 12"]
    assert said["guess game 1"] == ["game is none of trainer, gae, objective, networks; is it gae?"]
    assert any(line.startswith("Siblings and explanations are of the right program") for line in said["siblings"])
    assert any("First difference: update 0, judge" in line for line in said["compare difference"])
    assert said["guess gae 38"][0] == "Yes: line 38 of gae.py is the faulty one. Guesses: 2"
    assert said["guess gae 38"][1:] == said["answer"]
    assert any(line.startswith("The first number that differs is the advantage of step") for line in said["answer"])
    assert said["answer"][-1] == "+ return rewards + gamma * next_values * (~terminated).to(values.dtype) - values"
    assert not list(tmp_path.rglob("*.pt"))


def test_the_right_program_has_nothing_to_spot(told):
    said = told("source\nguess gae 1\nquit\n")
    assert said["source"] == said["guess gae 1"] == ["this program has no fault to spot; --spot N runs one that has"]


def test_there_is_no_eleventh_fault(lakeppo):
    status, out, err = lakeppo("tui", "--plain", "--spot", "11")
    assert (status, out, err) == (2, "", "lakeppo: the faults are numbered 1 to 10, not 11\n")
