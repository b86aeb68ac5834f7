"""A lesson and the tour in lines of text: pages, motions, answers, and what is remembered."""

import os

import pytest
from support.lessons import short_lesson
from support.plain import told
from support.session import moment, run_to

from lakeppo.figures import figure
from lakeppo.i18n import ONLY_ENGLISH, use_language
from lakeppo.lessons.progress import read_progress
from lakeppo.session.source import lesson_run
from lakeppo.storage.checkpoint import read_save


@pytest.fixture
def lesson(monkeypatch, capsys, tmp_path):
    """Return the lines of a short lesson under a script."""

    def tell(script: str, **options: bool) -> list[str]:
        return told(monkeypatch, capsys, tmp_path, script, lesson_run(short_lesson()), **options)

    return tell


def heads(lines: list[str]) -> list[str]:
    return [line.partition(" (page ")[0] for line in lines if line.endswith("):") and " (page " in line]


def test_a_lesson_is_walked_from_its_question_to_the_knob(lesson):
    use_language("zh")  # which has no ASCII
    lines = lesson("\non\na\n\n\n\n\n\nset epochs 7\nset gamma .5\nleave\nlanguage zh\nwhere\n", ascii=True)
    assert heads(lines)[-7:] == ["Run", "Run", "Compare", "Your prediction", "Say", "Now you", "Now you"]
    run = run_to(moment(2))
    success = f"Update 1: exact success {figure(run.success()[0])}, greedy "
    assert sum(line.startswith(success) for line in lines) >= 1
    assert any("; the exact success of 3 seeds: " in line for line in lines)
    assert any("reached" in line.lower() and "exact success" in line for line in lines[lines.index("> set epochs 7") :])
    after = lines[lines.index("> leave") + 1 :]
    assert ONLY_ENGLISH in after
    assert "Now at update 0, collect, step 0 of 64. Exact success .017, greedy .000." in after
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_what_was_done_and_predicted_is_remembered(lesson):
    right = short_lesson().parts[0].predict.right
    lesson("\n" * len(str(short_lesson().intro).split("\n")) + f"{right}\non\non\non\non\non\n")
    assert read_progress(os.environ) == (("short",), ("short",))


def test_a_question_waits_for_an_answer_of_its_own(lesson):
    script = "\n" * len(str(short_lesson().intro).split("\n")) + "on\nd\nleave\n"
    lines = lesson(script)
    at = max(place for place, line in enumerate(lines) if line == "> on")
    assert lines[at + 1] == "first answer the question: A, B, C"
    assert lines[lines.index("> d") + 1] == "D is none of A, B, C"
    assert read_progress(os.environ) == ((), ())


def test_without_a_command_a_lesson_is_told_whole(lesson):
    lines = lesson("")
    assert heads(lines)[-6:] == ["Run", "Run", "Compare", "Your prediction", "Say", "Now you"]
    assert "This is the end of the lesson." in lines
    assert read_progress(os.environ) == ((), ())


def test_the_tour_and_the_list_of_lessons_are_commands(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, "lesson\ntour\n\n\n\nleave\nlesson iec\non\n")
    assert "ice: The ice" in lines
    assert len(heads(lines)) == 4
    assert lines[lines.index("> lesson iec") + 1].endswith("is it ice?")
    assert lines[-2] == 'no lesson is open; "lesson" lists them, "lesson ice" opens one'
    assert read_save(tmp_path / "last.pt").moment > moment(0)
