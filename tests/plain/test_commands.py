"""The table of commands: every key of the app has one, and every message names what there is."""

import re
from pathlib import Path

import pytest
from support.plain import EVERYTHING

import lakeppo
from lakeppo.errors import InvalidValue
from lakeppo.plain.commands import COMMANDS, KEY_LINES, OTHERWISE, SYNONYMS, VISUAL, find, typed_names
from lakeppo.tui.keymap import BY_ID

NAMED = re.compile(r"\{keys\[([a-z_0-9]+)\]\}|\.key\(['\"](\w+)['\"]\)")


def test_every_key_has_a_command_or_only_arranges_a_screen():
    assert KEY_LINES.keys() | VISUAL == BY_ID.keys()
    assert not KEY_LINES.keys() & VISUAL
    assert KEY_LINES.keys() >= OTHERWISE


@pytest.mark.parametrize("line", sorted({line.removesuffix("...").strip() for line in KEY_LINES.values()} - {""}))
def test_the_command_of_a_key_is_one(line):
    command, words = find(line)
    assert line == " ".join([command.name, *words])


def test_every_command_is_tried_and_every_synonym_means_one():
    tried = {find(line)[0].name for line in EVERYTHING.splitlines()} | {
        find(line)[0].name for line in KEY_LINES.values() if line != "..."
    }
    assert COMMANDS.keys() - tried <= {"pause", "on", "leave"}
    assert set(SYNONYMS.values()) <= COMMANDS.keys()
    assert not SYNONYMS.keys() & COMMANDS.keys()


def test_messages_name_commands_that_exist():
    texts = [
        path.read_text()
        for name in ("session", "plain", "tui/text", "causes")
        for path in (Path(lakeppo.__file__).parent / name).rglob("*.py")
    ]
    named = {id for text in texts for pair in NAMED.findall(text) for id in pair if id}
    assert len(named) > 10
    assert [id for id in named if not typed_names()[id]] == []


def test_two_commands_that_a_word_may_mean_are_both_named():
    with pytest.raises(InvalidValue, match=r"^br could be branch, branches$"):
        find("br")
    assert find("BRANCH x")[0].name == "branch"
    assert find("preset steady")[1] == ["preset", "steady"]
