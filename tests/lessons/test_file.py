"""Lesson files: the example is read in both languages, and a bad file gets one line with its place."""

import os
import re
import time
from pathlib import Path

import pytest
from support.hostile import TOO_LONG

from lakeppo import i18n
from lakeppo.errors import LessonError
from lakeppo.lessons.file import read_lesson
from lakeppo.lessons.lines import key_lines
from lakeppo.lessons.model import NowYou, Predict, Reveal, RunTo, Say
from lakeppo.lessons.sentences import fill
from lakeppo.lessons.shipped import EXAMPLE
from lakeppo.lessons.steps import step_texts, verdict

TEXT = EXAMPLE.read_text()


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(LessonError) as refusal:
        read_lesson(path)
    assert str(refusal.value).startswith(f"{path}")
    return str(refusal.value).removeprefix(f"{path}").removeprefix(", ").removeprefix(": ")


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1
    return TEXT.replace(old, new, 1)


def line(of: str, text: str = TEXT) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if of in line)


def test_the_example_has_the_five_steps_in_their_order():
    kinds = [type(step) for step in read_lesson(EXAMPLE).steps()]
    assert kinds == [Predict, RunTo, Reveal, Say, NowYou]


@pytest.fixture
def english():
    yield
    i18n.use_language("en")


def test_texts_are_those_of_the_language_in_use(english):
    lesson = read_lesson(EXAMPLE)
    assert step_texts(lesson, 0).answers[2] == ("C", "Worse, even with the clip")
    i18n.use_language("zh")
    assert step_texts(lesson, 0).answers[2] == ("C", "更差，即使有裁剪")
    assert any("背" in paragraph for paragraph in verdict(lesson.parts[0].predict, "A"))


def test_sentences_and_rows_show_the_figures_given():
    lesson = read_lesson(EXAMPLE)
    said = step_texts(lesson, 3, {"five": 0.99, "fifty": float("nan"), "n": 64.0}).paragraphs
    assert said[0] == "After the same steps: .990 with five passes, ? with fifty."
    assert said[1].startswith("Of 64 seeds ?")
    assert step_texts(lesson, 2, cells={(1, "B"): 2.5}).rows[1] == ("largest ratio", "?", "2.500")


def test_percents_are_shares_times_100():
    said = "{a:%} of {b:%}, {c:2}, {d:0}"
    assert fill(said, {"a": 0.285, "b": 1.0, "c": 0.5, "d": 12345.0}) == "28 % of 100 %, .50, 12,345"


def test_a_condition_may_take_twice_as_long_as_it_took(tmp_path):
    path = tmp_path / "until.toml"
    path.write_text(changed("at = { update = 30 }", 'at = { update = 30 }\nuntil = "exact < .1"'))
    assert read_lesson(path).parts[0].run.most == 62


WRONG = [
    ("format = 1", "format = 2", "format must be a whole number in 1..1, not 2"),
    ("title.en", "titel.en", "the file has no titel; is it title?"),
    ("title.zh", "title.fr", "title has no fr"),
    ('preset = "classic"', 'preset = "clasic"', "arms.A.preset cannot be clasic; is it classic?"),
    ("knobs = { epochs = 5 }", "knobs = { epoch = 5 }", "arms.A.knobs has no epoch; is it epochs?"),
    ("knobs = { epochs = 5 }", "knobs = { epochs = 0 }", "epochs must be a whole number in 1..1000, not 0"),
    ("knobs = { epochs = 5 }", 'map = ["SFX"]', "the map has the unknown letter 'X'"),
    ("knobs = { epochs = 5 }", "fault = 3", "arms.A.fault must be one of old_not_copied"),
    ('right = "C"', 'right = "D"', "parts.predict.right must be one of A, B, C, not D"),
    ('right = "C"', 'correct = "C"', "parts.predict has no correct"),
    ('A.en = "Better still"\nA.zh = "更好"\nA.why.en', "A.why.en", "parts.predict.A needs a text: en, zh or both"),
    ('arms = ["A", "B"]', 'arms = ["A", "C"]', "there is no arm C; the arms are A, B"),
    ('arms = ["A", "B"]', 'arms = ["A", "A"]', "parts.run.arms names an arm twice"),
    ('panel = "success"', 'panel = "sucess"', "parts.run.panel cannot be sucess; is it success?"),
    ("at = { update = 30 }", "at = { update = 30, phase = 3 }", "parts.run.at.phase must be one of collect"),
    ("at = { update = 30 }", 'at = { update = 30 }\nuntil = "exat < 1"', "there is no exat here; the nearest is exact"),
    ('five = "A.exact"', 'five = "A.exat"', "there is no A.exat here; the nearest is A.exact"),
    ('five = "A.exact"', 'five = "A.exact < 1"', "is no number"),
    ('five = "A.exact"', 'Five = "A.exact"', "parts.figures cannot have Five: its keys are words of small letters"),
    ("{five} with", "{fife} with", "there is no figure fife; is it five?"),
    ("{five} with", "{five.__class__} with", "write a figure as {name}, {name:2} or {name:%}"),
    ("seeds = 64", "seeds = 600", "parts.reveal.seeds must be a whole number in 2..512, not 600"),
    ('seed = 0\nknob = "epochs"', 'knob = "passes"', "now_you.knob must be one of slip"),
    ("values = [1, 2,", 'values = ["off", 2,', "epochs must be a whole number in 1..1000, not off"),
    ('goal = "solved"', 'goal = "solvd"', "there is no solvd here; the nearest is solved"),
    ("median(A.exact) > .9", "A.exact > .9", "A.exact is a figure of each seed: write median(A.exact) or"),
    ("median(A.exact) > .9", "max(A.exact) > .9", "A.exact is a figure of each seed"),
    ("median(A.exact) > .9", "median(C.exact) > .9", "there is no C.exact here"),
    ("median(A.exact) > .9", "1 > .9", "promises.condition names no arm"),
    ('title.en = "How', 'title.en = "\\u001b[2J', "title.en has the character \\x1b, which no terminal shows"),
    ('title.en = "How', f'title.en = "{"x" * 50}', "title.en has 77 characters; it may have 40"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[new[:24] for _, new, _ in WRONG])
def test_a_bad_file_gets_one_line_with_its_place(tmp_path, old, new, expected):
    text = changed(old, new)
    said = refused(tmp_path, text)
    number = line("en = [", text) if new.startswith("{") else line(new.splitlines()[-1], text)
    assert re.match(r"line (\d+): ", said)[1] == str(number), said
    assert expected in said
    assert "\n" not in said
    assert said.isprintable()


def test_a_file_that_is_no_toml_gets_the_line_of_the_parser(tmp_path):
    assert "it is not TOML" in refused(tmp_path, TEXT + "\n[parts")


def test_the_name_of_a_file_is_shown_as_text(tmp_path):
    path = tmp_path / os.fsdecode(b"a\xff\x1b[2J.toml")
    path.write_text(TEXT)
    assert read_lesson(path).name == "a\\xff\\x1b[2J"


def test_a_missing_table_is_named(tmp_path):
    assert "the file has no parts" in refused(tmp_path, TEXT[: TEXT.index("[[parts]]")])


def test_a_lesson_of_too_much_work_is_refused(tmp_path):
    text = changed("epochs = 50", "epochs = 1000").replace("updates = 30", "updates = 200")
    assert "gradient passes; the most are" in refused(tmp_path, text)


COSTLY = [
    ("median(A.exact) > .9", f"median({'max(' * 12}A.exact{')' * 12}) > .9", "condition", "evaluations are made"),
    ("median(A.exact) > .9", f"{'median(' * 12}A.exact{')' * 12} > .9", "condition", "evaluations are made"),
    ("median(A.exact) > .9", f"share({' after '.join(['A.exact < 0'] * 9)}) > .9", "condition", "evaluations are made"),
    ("median(A.exact) > .9", "median(max(max(p_larger(A.exact, B.exact, 100)))) > .9", "condition", "evaluations are"),
    ('five = "A.exact"', f'five = "{"max(" * 30}A.exact{")" * 30}"', "five", "nest fewer functions"),
    ('figure = "exact"', f'figure = "{"max(" * 9}exact{")" * 9}"', "figure", "nest fewer functions"),
    ("seeds = 64\nupdates = 30\n", "seeds = 512\nupdates = 1500\n", "condition", "numbers are kept"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "expected"), COSTLY, ids=range(len(COSTLY)))
def test_figures_that_take_too_long_are_refused(tmp_path, old, new, key, expected):
    text = changed(old, new)
    if "kept" in expected:
        many = " + ".join(f"max(A.p({tile},up))" for tile in range(15))
        text = text.replace("median(A.exact) > .9", f"median({many}) > .9")
        text = text[: text.rindex("[[promises]]")]
    said = refused(tmp_path, text)
    assert expected in said
    assert text.splitlines()[int(said.split()[1].rstrip(":")) - 1].startswith((key, "rows"))


BLANKS = " " * 100_000


@pytest.mark.parametrize("line", [BLANKS, "\t" * 100_000, f"x{BLANKS}= 1", f"[{BLANKS}x ]"], ids=range(4))
def test_a_line_of_blanks_takes_no_time(tmp_path, line):
    start = time.process_time()
    refused(tmp_path, changed("format = 1", "format = 2") + line + "\n")
    assert time.process_time() - start < TOO_LONG


def test_lines_are_found_in_tables_arrays_and_long_texts():
    text = 'a = 1\nb.c = """\nx = 2\n[y]\n"""\nd = [\n  1,\n  2,\n]\n[[e]]\nf=3\n[e.g]\nh=4\n[[e]] #\n[e.g]\nh=5\n'
    lines = key_lines(text)
    assert lines["a",] == 1
    assert lines["b", "c"] == 2
    assert ("x",) not in lines
    assert ("y",) not in lines
    assert lines["d",] == 6
    assert lines["e", 0, "f"] == 11
    assert lines["e", 0, "g", "h"] == 13
    assert lines["e", 1, "g", "h"] == 16
