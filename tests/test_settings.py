"""Settings: where the value in force comes from, and how a wrong one is named."""

from pathlib import Path

import pytest

from lakeppo.errors import InvalidValue
from lakeppo.settings import LANGUAGE, Given, Setting, resolve, unknown_keys

PACE = Setting("pace", "choice", 250, "steps a second", (0.5, 60, 250, "full"), "LAKEPPO_PACE")
ASCII = Setting("ascii", "switch", False, "plain", environment="LAKEPPO_ASCII")
SAVES = Setting("saves", "folder", "saves", "folder", environment="LAKEPPO_SAVES")
DONE = Setting("done", "names", (), "lessons")
FILE = Path("s.toml")


def test_an_option_comes_before_environment_file_and_default():
    cases = [
        ({}, {}, {}, Given(250, "default")),
        ({"pace": 60}, {}, {}, Given(60, "file")),
        ({"pace": 60}, {"LAKEPPO_PACE": "1/2"}, {}, Given(0.5, "LAKEPPO_PACE")),
        ({"pace": 60}, {"LAKEPPO_PACE": "1/2"}, {"pace": "full"}, Given("full", "option")),
        ({"pace": 61}, {"LAKEPPO_PACE": ""}, {}, Given(250, "default")),
        ({"pace": 60}, {"LAKEPPO_PACE": "fast"}, {}, Given(60, "file")),
    ]
    for content, environment, options, expected in cases:
        assert resolve([PACE], FILE, content, environment, options)[0]["pace"] == expected


def test_what_is_wrong_names_its_place_and_what_is_nearest():
    content = {"pace": 200, "ascii": "yes", "saves": "", "done": [1], "language": "aut"}
    environment = {"LAKEPPO_PACE": "ful", "LAKEPPO_ASCII": "maybe", "LAKEPPO_SAVES": "a\0b"}
    given, problems = resolve([PACE, ASCII, SAVES, DONE, LANGUAGE], FILE, content, environment, {})
    assert {one.source for one in given.values()} == {"default"}
    assert [str(problem) for problem in problems] == [
        "s.toml: pace cannot be 200; is it 250?",
        "LAKEPPO_PACE: pace cannot be ful; is it full?",
        "s.toml: ascii must be true or false, not yes",
        "LAKEPPO_ASCII: ascii must be true or false, not maybe",
        "s.toml: saves must be the name of a folder, not an empty text",
        "LAKEPPO_SAVES: saves must be the name of a folder, not a\\x00b",
        "s.toml: done must be a list of texts, not a list",
        "s.toml: language cannot be aut; is it auto?",
    ]
    named = [str(problem) for problem in unknown_keys(FILE, {"paec": 1, "x" * 999: 1}, ["pace"])]
    assert named[0] == "s.toml has no paec; is it pace?"
    assert len(named[1]) < 400


@pytest.mark.parametrize(
    "value", [True, None, [], {}, float("nan"), "fast", 10**5000, -1e308], ids=lambda value: type(value).__name__
)
def test_no_value_is_another_one_by_chance(value):
    with pytest.raises(InvalidValue) as error:
        PACE.check(value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(("text", "value"), [("250", 250), ("1/2", 0.5), (".5", 0.5), ("FULL", "full"), ("6e1", 60)])
def test_an_option_can_be_written_in_several_ways(text, value):
    assert PACE.parse(text) == value


@pytest.mark.parametrize(
    "text", ["", "1/0", "9" * 5000, "nan", "true", "1/" + "9" * 5000, "湖"], ids=lambda text: text[:9]
)
def test_an_option_that_is_no_pace_is_refused(text):
    with pytest.raises(InvalidValue):
        PACE.parse(text)
