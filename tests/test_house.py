"""What the README promises of the house: who imports whom, and how short it is."""

import ast
import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import lakeppo

PACKAGE = Path(lakeppo.__file__).parent
PPO = ["networks", "gae", "objective", "trainer"]


def imported(*modules: str) -> set[str]:
    """The names of all modules a fresh interpreter holds after importing these."""
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_core_knows_no_terminal():
    folders = ("ppo", "lake", "runs", "storage", "fleets")
    modules = [f"lakeppo.{name}.{path.stem}" for name in folders for path in (PACKAGE / name).rglob("[a-z]*.py")]
    assert len(modules) > 20
    found = imported(*modules)
    assert {"torch", "gymnasium"} <= found
    assert not found & {"textual", "typer", "rich", "click", "lakeppo.cli"}
    assert not [name for name in found if name.startswith("lakeppo.tui")]


def test_the_core_spares_importing_torchs_compiler():
    assert "torch._dynamo" not in imported("lakeppo.storage.save_folder")


def test_a_run_begins_without_sympy():
    code = "import sys; from lakeppo.runs.run import Run; from lakeppo.config import make_config; "
    code += "Run(make_config('steady'), 0).unit(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "lakeppo.runs.run" in done.stdout.split()
    assert not {"sympy", "torch._dynamo"} & set(done.stdout.split())


IMPORTING = """
import gc
from lakeppo.torch_import import frozen_gc
searched = []
gc.callbacks.append(lambda phase, info: searched.append(phase))
try:
    with frozen_gc():
        import torch
        raise KeyError
except KeyError:
    print(searched, gc.isenabled(), gc.get_freeze_count() > 100_000)
"""


def test_no_garbage_is_looked_for_in_torch():
    done = subprocess.run([sys.executable, "-c", IMPORTING], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True True"


TORCH_FREE = (
    "config knob moment errors wording lake.actions lake.maps lake.transition storage.atomic runs.statistics "
    "torch_import"
).split()


@pytest.mark.parametrize("module", TORCH_FREE)
def test_what_stands_before_torch_imports_neither_torch_nor_gymnasium(module):
    assert not imported(f"lakeppo.{module}") & {"torch", "gymnasium", "textual", "typer", "rich"}


def test_truth_and_lake_need_no_torch():
    assert "torch" not in imported("lakeppo.lake.exact")


def lines_of_code(source: str) -> int:
    """Lines that hold anything besides blanks, comments and docstrings."""
    lines: set[int] = set()
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_lines_are_counted_as_promised():
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


def test_the_whole_ppo_is_read_in_under_350_lines():
    assert 100 < sum(lines_of_code((PACKAGE / "ppo" / f"{name}.py").read_text()) for name in PPO) < 350


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_is_longer_than_320_lines(path):
    assert len(path.read_text().splitlines()) <= 320


def test_every_module_says_what_it_is():
    for path in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path


@pytest.mark.parametrize("module", ["tui.start", "tui.app", "session.worker"])
def test_the_interface_thread_imports_no_network_and_no_environment(module):
    found = imported(f"lakeppo.{module}")
    assert "lakeppo.session.snapshot" in found
    assert not found & {"torch", "gymnasium"}


def test_the_worker_thread_imports_no_widget():
    found = imported("lakeppo.session.loop")
    assert {"torch", "lakeppo.session.controller"} <= found
    assert "textual" not in found


SHIPPED = "bb49d5eaed937d05a0007c1c58c9070dbd776af9be8f63d38e90aa7f7bdf1646"


def test_the_shipped_policy_replays_as_the_readme_says(capsys):
    from lakeppo.headless.replay import replay
    from lakeppo.runs.trainer_state import weights_sha256
    from lakeppo.storage.checkpoint import read_save

    saves = Path(__file__).parent.parent / "saves"
    # whoever has already run the app in this clone has it among the saves kept aside
    for path in (saves / "best.pt", *saves.glob("kept/*/best.pt")):
        save = read_save(path)
        if weights_sha256(save.state) == SHIPPED:
            break
    else:
        pytest.skip("the shipped save is no longer in this clone's saves folder")
    assert save.origin.preset == "steady"
    replay(path, save, 100, 0, greedy=False, render=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["successes"] >= 98
