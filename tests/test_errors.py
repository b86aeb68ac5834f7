"""Messages and errors: a template and its arguments."""

import ast
import copy
import pickle
from pathlib import Path

import pytest

import lakeppo
from lakeppo.errors import LONGEST, InvalidValue, LakeppoError, Message, RunFileError, SaveError, described, printable

NAMES = {
    "Message",
    "InvalidValue",
    "FileError",
    "MapError",
    "RunFileError",
    "SaveError",
    "TerminalError",
    "ClusterError",
}


def test_the_message_is_the_template_filled_in():
    cause = InvalidValue("'{name}' {count:,}", name="x", count=1234)
    error = RunFileError("{path}: {error}", path="a.toml", error=cause)
    assert str(error) == "a.toml: 'x' 1,234"
    assert str(SaveError("{path} is empty", path="{0}")) == "{0} is empty"


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_can_be_copied_and_pickled(copied):
    error = copied(SaveError("{path} is empty", path="a.pt"))
    assert isinstance(error, LakeppoError)
    assert (str(error), error.template, error.arguments) == ("a.pt is empty", "{path} is empty", {"path": "a.pt"})


def test_no_template_is_formatted_before_it_can_be_translated():
    found = 0
    for path in Path(lakeppo.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
                found += 1
                template = node.args[0]
                formatted = isinstance(template, ast.JoinedStr | ast.BinOp | ast.Call)
                assert not formatted, f"{path}:{node.lineno}"
    assert found > 50


OUTSIDE = {
    "\x1b[31m": "\\x1b[31m", "a\nlakeppo: all is well": "a\\nlakeppo: all is well", "\x9b2J\x7f": "\\x9b2J\\x7f",
    "\u202egnp.exe": "\\u202egnp.exe", "\u2028": "\\u2028", "caf\udce9": "caf\\xe9", "\ud800": "\\ud800",
    "[bold] :100: 100 %": "[bold] :100: 100 %", "湖 é 🐧": "湖 é 🐧",
}  # fmt: skip
"""Texts from outside, and how a terminal is given them."""


@pytest.mark.parametrize(("text", "shown"), OUTSIDE.items())
def test_nothing_from_outside_reaches_a_terminal_unescaped(text, shown):
    assert printable(text) == shown
    assert (
        str(SaveError("{path}: {reason}", path=Path(text), reason=InvalidValue("{a}", a=text))) == f"{shown}: {shown}"
    )
    assert Message("{a} {keys[k]}", a=text).text({"k": "q"}) == f"{shown} q"


def test_a_long_text_is_cut_in_its_middle():
    assert printable("abcdefghij" * 10, 9) == "abc...hij"
    assert printable("abc", 3) == "abc"
    assert len(str(InvalidValue("{a}", a="x" * 10**6))) == LONGEST


def test_figures_keep_their_format():
    assert str(InvalidValue("{count:,} {rate:.2f}", count=1234, rate=0.5)) == "1,234 0.50"


def test_a_value_without_a_text_is_named_by_its_type():
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    for value in ([10**5000], nested):
        assert str(InvalidValue("not {value}", value=value)) == "not a list"


@pytest.mark.parametrize("text", ["0" * 93 + "\ud7a4.txt", "\x1b" * 50, "\n" * 1000, "a" * 99 + "\u2066" * 99])
def test_what_is_shown_keeps_to_its_length_and_is_shown_as_it_is(text):
    for longest in (9, 80, 100):
        shown = printable(text, longest)
        assert len(shown) <= longest
        assert printable(shown, longest) == shown


def page_long() -> ImportError:
    error = ImportError("IMPORTANT: PLEASE READ THIS FOR ADVICE")
    error.__cause__ = ImportError("libblas.so: failed to map segment")
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"), "out of memory"),
        (RuntimeError("can't start new thread"), "the system allows no more threads"),
        (page_long(), "a library cannot be loaded: libblas.so: failed to map segment"),
        (RuntimeError("anything else"), "RuntimeError: anything else"),
    ],
)
def test_what_a_machine_at_its_limits_says_is_put_in_words(error, text):
    assert described(error) == text
