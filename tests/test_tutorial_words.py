"""A reader of the tutorial finds its words: in every help, and as an answer to an option or a key that has one."""

import io
import sys

import pytest

from lakeppo.cli.options import flag, knob_help
from lakeppo.config import ALIASES, KNOBS
from lakeppo.tui.screens.help import word_sections
from lakeppo.tui.text.words import meaning

WORDS = {
    "times_per_update": "epochs", "clip_param": "clip_coef", "entropy_coeff": "ent_coef",
    "value_loss_coeff": "vf_coef", "discount_rate": "gamma", "lambda_gae": "gae_lambda",
    "actor_lr": "learning_rate", "critic_lr": "critic_learning_rate",
}  # fmt: skip


def test_the_tutorials_words_are_those_of_knobs():
    assert ALIASES == WORDS
    assert not ALIASES.keys() & KNOBS.keys()


@pytest.mark.parametrize(("word", "name"), WORDS.items())
def test_each_help_names_the_tutorials_word(word, name):
    sentence = f"In the tutorial {word}" + (": 0.1 or 0.2." if name == "clip_coef" else ".")
    assert knob_help(KNOBS[name]).endswith(sentence)
    assert meaning(name).endswith(sentence)
    assert any(sentence in entry.meaning for section in word_sections() for entry in section.entries)


@pytest.mark.parametrize(("word", "name"), WORDS.items())
def test_a_wrong_option_is_answered_with_the_right_one(lakeppo, word, name):
    for arguments in ([flag(word), "1"], [f"{flag(word)}=1"]):
        assert lakeppo("train", *arguments) == (2, "", f"lakeppo: {flag(word)} is called {flag(name)} here\n")


def test_a_command_without_knobs_has_no_such_option(lakeppo):
    assert "No such option" in lakeppo("replay", "x.pt", "--clip-param", "1")[2]


@pytest.mark.parametrize("word", ["clip_param", "clip-param", "Clip_Param"])
def test_a_wrong_sweep_is_answered_with_the_right_one(lakeppo, word):
    answer = f"lakeppo: {word} is called clip_coef here\n"
    assert lakeppo("fleet", "--sweep", f"{word}=0.1,0.2") == (2, "", answer)


@pytest.mark.parametrize(
    "table",
    [
        "[config]\nclip_param = 0.1",
        '[[lines]]\nname = "a"\n[[lines.changes]]\nat = {update = 1}\nname = "clip_param"\nvalue = 0.1',
    ],
)
def test_a_wrong_key_of_a_run_file_is_answered(lakeppo, monkeypatch, table):
    text = f"format = 1\n{table}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert lakeppo("train", "--run", "-") == (1, "", "lakeppo: -: clip_param is called clip_coef here\n")
