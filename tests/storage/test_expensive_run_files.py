"""Run files that would take minutes or gigabytes to read: refused in one line, or opened in about two seconds."""

import time
from pathlib import Path

import pytest
from support.hostile import TOO_LONG

from lakeppo.errors import RunFileError
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.run_file import read_run_file

pytestmark = pytest.mark.slow

DEEP = "a." * 300_000 + "a = 1"
CROSSES = """# \"\"\" '''\n"""
EXPENSIVE = {
    "a bare key": DEEP, "a spaced key": "a . " * 200_000 + "a = 1", "a quoted key": '"a".' * 200_000 + "a = 1",
    "a header": f"[{DEEP[:-4]}]", "an inline key": f"x = {{ {DEEP} }}",
    "a key in comments": f"{CROSSES}{DEEP}\n{CROSSES}",
    **{f"a key between {q}": f"x = {{ y = {q[:3]}\n{q}, {DEEP}, z = {q[0] * 2} }}"
       for q in ('"""', '""""', '"""""', "'" * 3, "'" * 4, "'" * 5)},
    "escaped quotes": 'x = "' + '\\"' * 500_000, "escaped ends": 'x = """' + '\n\\"""' * 180_000,
    "quotes": '"' * 1_000_000, "backslashes": 'x = "' + "\\" * 1_000_000, "dots": "." * 1_000_000,
    "nested lists": "x = " + "[" * 1_000_000, "nested tables": "x = " + "{ a = " * 150_000,
    "headers": "".join(f"[a{k}.b.c]\n" for k in range(70_000)), "keys": "".join(f"a{k} = 1\n" for k in range(80_000)),
    "empty lists": f"x = [{'[],' * 300_000}]", "empty tables": f"x = [{'{},' * 300_000}]",
    "a whole number": "seed = 0x" + "f" * 1_000_000, "a fraction": "seed = 0." + "1" * 1_000_000,
    "bookmarks": f"lines = [{{ name = 'a', bookmarks = [{'{},' * 300_000}] }}]",
    "branches": "".join(f"[[lines]]\nname = 'b{k}'\n" for k in range(40_000)),
}  # fmt: skip
"""What follows the format."""


def opened(path: Path, text: str) -> Timeline:
    """The run of a run file, which may not take long to be refused or opened."""
    path.write_text(f"format = 1\n{text}")
    start = time.process_time()
    try:
        return read_run_file(path).timeline()
    finally:
        assert time.process_time() - start < TOO_LONG


@pytest.mark.parametrize("what", EXPENSIVE)
def test_a_file_that_claims_much_costs_little(tmp_path, what):
    with pytest.raises(RunFileError, match="it has a key of four parts" if "key " in what else None):
        opened(tmp_path / "x", EXPENSIVE[what])


LARGEST = ["S" + "F" * 31, *["F" * 32] * 30, "F" * 31 + "G"]
MANY = {
    "slip": (18_000, lambda k: k / 20_000), "map_rows": (800, lambda k: LARGEST), "seed": (18_000, int),
    "batch_size": (16_000, lambda k: k + 1), "max_episode_steps": (14_000, lambda k: k + 1),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_thousands_of_changes_at_one_moment_are_made_at_once(tmp_path, name):
    count, value = MANY[name]
    changes = ", ".join(f"{{at={{update=0}},name='{name}',value={value(k)}}}" for k in range(count))
    head = f"[config]\nmap_rows = {LARGEST}\n[[lines]]\nname = 'a'"
    timeline = opened(tmp_path / "x", f"{head}\nchanges = [{changes}]\n")
    assert len(timeline.run.changes) == count
    timeline.unit()
    assert len(timeline.run.trainer.transitions) == 1
