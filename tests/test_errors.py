"""Messages and errors: a template and its arguments."""

import ast
import copy
import pickle
from pathlib import Path

import pytest

import lakeppo
from lakeppo.errors import InvalidValue, LakeppoError, RunFileError, SaveError

NAMES = {"Message", "InvalidValue", "MapError", "RunFileError", "SaveError", "TerminalError", "ClusterError"}


def test_the_message_is_the_template_filled_in():
    cause = InvalidValue("{name!r} {count:,}", name="x", count=1234)
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
