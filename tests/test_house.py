"""Rules of the code base that import-linter's contracts (pyproject.toml) cannot express."""

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import lakeppo

PACKAGE = Path(lakeppo.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
TRANSLATING = ("_", "N_", "ngettext", "pgettext")
TESTS = sorted(Path(__file__).parent.rglob("*.py"))


def loaded(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after `code`."""
    code = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["tui.start", "tui.app", "session.worker"])
def test_the_interface_thread_loads_neither_torch_nor_gymnasium(module):
    modules = loaded(f"import lakeppo.{module}")
    assert "lakeppo.session.snapshot" in modules
    assert not modules & {"torch", "gymnasium"}


def test_the_engine_does_not_load_torchs_compiler():
    assert "torch._dynamo" not in loaded("import lakeppo.storage.save_folder")


def test_a_run_starts_without_loading_sympy():
    modules = loaded(
        "from lakeppo.runs.run import Run; from lakeppo.config import make_config; Run(make_config('steady'), 0).unit()"
    )
    assert "lakeppo.runs.run" in modules
    assert not modules & {"sympy", "torch._dynamo"}


IMPORT_TORCH = """
import gc
from lakeppo.torch_import import frozen_gc
collections = []
gc.callbacks.append(lambda phase, info: collections.append(phase))
try:
    with frozen_gc():
        import torch
        raise KeyError
except KeyError:
    print(collections, gc.isenabled(), gc.get_freeze_count() > 100_000)
"""


def test_importing_torch_collects_no_garbage():
    done = subprocess.run([sys.executable, "-c", IMPORT_TORCH], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True True"


def lines_of_code(source: str) -> int:
    """Count the lines that are not blank, a comment or a docstring."""
    lines: set[int] = set()
    ignored = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in ignored:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_blank_lines_comments_and_docstrings_are_not_counted():
    source = """'Doc.'

# note
X = 1  # here
'What X is.'


def f():
    'Doc.'
    return [
        X,
    ]
"""
    assert lines_of_code(source) == 5


def test_ppo_is_four_files_of_under_350_lines_of_code():
    files = {path.stem: path.read_text() for path in (PACKAGE / "ppo").rglob("*.py")}
    assert sorted(files) == ["__init__", "gae", "networks", "objective", "trainer"]
    assert 100 < sum(map(lines_of_code, files.values())) < 350


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_has_more_than_300_lines(path):
    assert len(path.read_text().splitlines()) <= 300


def test_every_module_has_a_docstring():
    assert [str(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_names_of_tests_have_at_most_60_characters():
    functions = [
        (path.name, node.name)
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [place for place in functions if len(place[1].removeprefix("test_")) > 60] == []


def test_no_test_file_imports_another():
    imports = []
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom):
                modules.append(node.module or "")
            imports += [(path.name, name) for name in modules if name.rpartition(".")[2].startswith("test_")]
    assert imports == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_text_is_translated_inside_an_f_string(path):
    """Babel does not see it there on every Python that we support."""
    inside = [
        node
        for one in ast.walk(ast.parse(path.read_text()))
        if isinstance(one, ast.JoinedStr)
        for node in ast.walk(one)
    ]
    calls = [node for node in inside if isinstance(node, ast.Call) and ast.unparse(node.func) in TRANSLATING]
    assert not [ast.unparse(call) for call in calls if isinstance(call.args[0], ast.Constant)]
