"""What version 0.1.0 computed, bit for bit, and files it wrote, which must load for ever.

Nothing of the package is imported here: everything goes through the command line in child processes, so that no
refactoring needs to touch this file. `LAKEPPO_RECORD=1 pytest -n 0 tests/test_characterisation.py` records
data/characterisation.json again; run it only for an intended change of behaviour, and review the difference.

The bits hold for one kind of processor and torch build, known by a fingerprint that torch and numpy leave without
lakeppo. Elsewhere the comparisons are skipped, and what does not depend on rounding is still compared.
"""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

DATA = Path(__file__).parent / "data"
RECORD = DATA / "characterisation.json"
RECORDING = bool(os.environ.get("LAKEPPO_RECORD"))
TIME = {"seconds", "steps_per_second"}
DROPPED = TIME | {"save", "lakeppo_version"}
"""Keys of the JSON objects that are not compared: time, a path, and the version, which may go up."""

CHILD = """
import contextlib, io, json, sys
if sys.argv[1] == "float64":
    import torch
    torch.set_default_dtype(torch.float64)
from lakeppo.cli import main
told = []
for words in json.loads(sys.argv[2]):
    sys.argv = ["lakeppo", *words]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            main()
        except SystemExit as left:
            told.append([left.code or 0, out.getvalue()])
print(json.dumps(told))
"""
"""Runs several command lines one after another, for importing torch takes longer than most of them."""

FINGERPRINT = """
import hashlib
import numpy as np
import torch
torch.set_num_threads(1)
digest = hashlib.sha256()
for dtype in (torch.float32, torch.float64):
    torch.set_default_dtype(dtype)
    for tiles, activation in ((16, torch.relu), (64, torch.tanh)):
        dice = torch.Generator().manual_seed(tiles)
        sizes = (tiles, 32, 16, 4)
        layers = [torch.nn.Linear(m, n) for m, n in zip(sizes, sizes[1:])]
        with torch.no_grad():
            for layer in layers:
                torch.nn.init.orthogonal_(layer.weight, generator=dice)
                layer.bias.uniform_(-0.2, 0.2, generator=dice)
        states = torch.randint(tiles * 4, (200,), generator=dice)
        weights = torch.rand(200, generator=dice, dtype=torch.float64)
        for turn in range(3):
            x, many = torch.eye(tiles), torch.eye(tiles).expand(5, tiles, tiles)
            for layer in layers:
                last = layer is layers[-1]
                x = layer(x) if last else activation(layer(x))
                many = torch.baddbmm(layer.bias.expand(5, 1, -1), many, layer.weight.mT.expand(5, -1, -1))
                many = many if last else activation(many)
            both = x.log_softmax(dim=-1, dtype=torch.float64), many.double().log_softmax(dim=-1)
            loss = ((both[0].take(states).exp() * weights).mean() + (both[1].exp() * both[1]).sum(-1).mean()).sqrt()
            loss.backward()
            with torch.no_grad():
                for p in (p for layer in layers for p in layer.parameters()):
                    first, second = p.grad * 0.1, torch.zeros_like(p).addcmul_(p.grad, p.grad, value=0.001)
                    p.addcdiv_(first, second.sqrt().add_(1e-8), value=-0.01)
                    digest.update(torch.linalg.vector_norm(p.grad).numpy().tobytes() + p.numpy().tobytes())
                    p.grad = None
            digest.update(both[0].detach().exp().cumsum(-1).numpy().tobytes() + weights.std().numpy().tobytes())
table = np.random.default_rng(0).random((64, 64)) / 64
for found in (table @ table, np.linalg.solve(np.eye(64) - table, table[0]), table.sum(0), np.exp(table)):
    digest.update(found.tobytes())
print(digest.hexdigest())
"""


class Case(NamedTuple):
    """Command lines that one child runs in one folder, where the fixtures they name have been copied."""

    commands: tuple[str, ...]
    dtype: str = "float32"


def trained(options: str, *then: str) -> Case:
    return Case((f"train --json --quiet {options}", *then))


LOOKED_AT = ("inspect saves/last.pt --json", "replay saves/last.pt --json --episodes 150 --seed 4")
SOME = "train --json --quiet --updates 3"
CASES = {
    "classic": trained(
        "--updates 2", *LOOKED_AT, "inspect saves/best.pt --json", "inspect saves/last.pt --batch",
        "replay saves/best.pt --json --greedy --episodes 30", "replay saves/best.pt --render --episodes 2",
    ),
    "steady": trained("--preset steady --seed 3 --episodes 90", *LOOKED_AT, "inspect saves/last.pt --batch"),
    "slippery": trained("--preset slippery --seed 1 --updates 2", *LOOKED_AT),
    "8x8": trained("--preset 8x8 --seed 7 --updates 4", *LOOKED_AT),
    "8x8-slippery": trained("--preset 8x8-slippery --seed 2 --steps 2100", *LOOKED_AT, "inspect saves/last.pt --batch"),
    "networks and objective": Case((
        f"{SOME} --saves a --seed 1 --activation tanh",
        f"{SOME} --saves b --seed 2 --init orthogonal",
        f"{SOME} --saves c --seed 9223372036854775807 --activation tanh --init orthogonal --batch-size 17",
        f"{SOME} --saves d --seed 4 --norm-adv",
        f"{SOME} --saves e --seed 5 --clip-coef off --epochs 8 --learning-rate 0.05",
        f"{SOME} --saves f --seed 6 --epochs 1 --vf-coef 0 --ent-coef 0",
        f"{SOME} --saves g --seed 7 --gamma 1 --gae-lambda 0 --clip-coef 0.01 --norm-adv --slippery",
    )),
    "schedules and lakes": Case((
        f"{SOME} --saves a --seed 8 --learning-rate-end 0.0005 --ent-coef-end 0 --anneal-steps 150",
        f"{SOME} --saves b --preset steady --learning-rate-end same --anneal-steps 0",
        f"{SOME} --saves c --seed 9 --slip 0.35 --max-episode-steps 9",
        f"{SOME} --saves d --seed 10 --map random:5:3",
        f"{SOME} --saves e --seed 11 --map random:6 --slip 1/3",
        f"{SOME} --saves f --map 8x8 --batch-size 200",
        f"{SOME} --saves g --map lake.txt --preset slippery --batch-size 100",
    )),
    "resumed": Case((
        "train --json --quiet --seed 3 --slip 0.2 --steps 300 --saves half",
        "inspect half/last.pt --batch",
        "train --json --quiet --resume half/last.pt --updates 8 --saves half",
        "train --json --quiet --resume half/best.pt --updates 6 --saves from-best",
    )),
    "run-changes.toml": Case((
        "train --json --quiet --run run-changes.toml", *LOOKED_AT, "inspect saves/last.pt --batch",
        "train --json --quiet --run run-changes.toml --updates 4 --saves short",
        "train --json --quiet --resume short/last.pt --updates 9 --saves on",
    )),
    "run-branches.toml": Case((
        "train --json --quiet --run run-branches.toml", *LOOKED_AT, "inspect saves/last.pt --batch",
        "train --json --quiet --run B.toml --saves b", "inspect b/last.pt --batch",
        "train --json --quiet --run main.toml --saves main",
    )),
    "fleet": Case((
        "fleet --json --quiet --agents 6 --updates 3 --seed 2 --csv rows.csv",
    )),
    "fleet in float64": Case((
        "fleet --json --quiet --agents 6 --updates 12 --preset steady --csv rows.csv",
        "fleet --json --quiet --agents 3 --steps 400 --slip 0.35 --norm-adv --batch-size 50 --seed 40",
        "fleet --json --quiet --agents 4 --updates 4 --sweep clip-coef=0.1,off --sweep epochs=1,3 --csv swept.csv",
        "fleet --json --quiet --agents 4 --episodes 25 --sweep activation=relu,tanh --csv more.csv",
    ), "float64"),
}  # fmt: skip

FIXTURES = {
    "midway.pt": "--resume midway.pt --updates 24",
    "save-0.1.0.pt": "--resume save-0.1.0.pt --updates 8",
    "best-0.1.0.pt": "--resume best-0.1.0.pt --updates 8",
}
CASES |= {
    name: Case((
        f"inspect {name} --json", f"inspect {name}", f"inspect {name} --batch",
        f"replay {name} --json --episodes 100", f"replay {name} --json --greedy --episodes 10 --seed 3",
        f"train --json --quiet {words}",
    ))
    for name, words in FIXTURES.items()
}  # fmt: skip
CASES["run-0.1.0.toml"] = Case((
    "train --json --quiet --run run-0.1.0.toml", "inspect saves/last.pt --json", "inspect saves/last.pt --batch",
    "train --json --quiet --run main.toml --saves main",
    "train --json --quiet --run B.toml --saves b --updates 5",
))  # fmt: skip
LOADED = [*FIXTURES, "run-0.1.0.toml"]
STANDS_ON = {"run-0.1.0.toml": '\nline = "Früh \\"40\\""\n', "run-branches.toml": '\nline = "C"\n'}
HELD = "seed config changes moment episodes env_steps updates weights_sha256 state_sha256".split()
"""What `inspect` reads from a save without computing anything."""


@functools.cache
def fingerprint() -> str:
    done = subprocess.run([sys.executable, "-c", FINGERPRINT], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@functools.cache
def recorded() -> dict[str, Any]:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def same_machine() -> bool:
    return recorded()["fingerprint"] == fingerprint()


def prepare(name: str, folder: Path) -> None:
    """Put the files that the command lines name into `folder`: for a run file, its other lines as files too."""
    for path in (*DATA.glob("*.pt"), *DATA.glob("*.toml")):
        shutil.copy(path, folder)
    (folder / "lake.txt").write_text("SFFFH\nFHFFF\nFFFHG\n")
    if name in STANDS_ON:
        text = (DATA / name).read_text(encoding="utf-8")
        assert text.count(STANDS_ON[name]) == 1
        for line in ("main", "B"):
            other = text.replace(STANDS_ON[name], f'\nline = "{line}"\n')
            (folder / f"{line}.toml").write_text(other, encoding="utf-8")


def run(name: str, folder: Path) -> dict[str, Any]:
    """What the commands of a case print, and digests of the saves and the text of the tables they leave."""
    case = CASES[name]
    prepare(name, folder)
    words = json.dumps([command.split() for command in case.commands])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, case.dtype, words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return {
        "commands": [
            {"command": command, "status": status, "printed": read(out)}
            for command, (status, out) in zip(case.commands, told, strict=True)
        ],
        # not kept/: which best of an earlier lake is in there depends on time
        "saves": {str(path.relative_to(folder)): contents(path) for path in sorted(folder.glob("*/*.pt"))},
        "tables": {path.name: path.read_text().splitlines() for path in sorted(folder.glob("*.csv"))},
    }


def read(out: str) -> Any:
    """JSON without what is not compared, other text as its lines."""
    if not out.startswith("{"):
        return out.splitlines()
    return without(json.loads(out))


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without(item) for key, item in value.items() if key not in DROPPED}
    return [without(item) for item in value] if isinstance(value, list) else value


def contents(path: Path) -> dict[str, str]:
    """A digest of each part of a save, all lines, their history and the keyframes included."""
    parts = torch.load(path, weights_only=True)
    kept = {key: part for key, part in parts.items() if key not in ("version", "fingerprint")}
    return {key: hashlib.sha256(b"\n".join(pieces(part))).hexdigest() for key, part in kept.items()}


def pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        yield f"dict {len(value)}".encode()
        for key in sorted(value):
            yield str(key).encode()
            yield from pieces(value[key])
    elif isinstance(value, list | tuple):
        yield f"list {len(value)}".encode()
        for item in value:
            yield from pieces(item)
    elif isinstance(value, torch.Tensor):
        yield f"{value.dtype} {tuple(value.shape)} {value.contiguous().numpy().tobytes().hex()}".encode()
    else:
        yield repr(value).encode()


def compare(found: dict[str, Any], kept: dict[str, Any]) -> None:
    """Part by part, so that a failure names the command."""
    for mine, other in zip(found["commands"], kept["commands"], strict=True):
        assert mine == other
    assert found["saves"] == kept["saves"]
    assert found["tables"] == kept["tables"]


def record(name: str, found: dict[str, Any]) -> None:
    """Keep what a case came to; cases that are no more, or of another kind of machine, are dropped."""
    assert "PYTEST_XDIST_WORKER" not in os.environ, "record with -n 0: one file is written by one process"
    assert all(mine["status"] == 0 for mine in found["commands"])
    cases = recorded()["cases"] if RECORD.exists() and same_machine() else {}
    cases = {key: kept for key, kept in cases.items() if key in CASES} | {name: found}
    text = json.dumps({"fingerprint": fingerprint(), "cases": cases}, indent=1, sort_keys=True, ensure_ascii=False)
    RECORD.write_text(text + "\n", encoding="utf-8")
    recorded.cache_clear()


@pytest.mark.parametrize("name", [name for name in CASES if name not in LOADED])
def test_what_the_command_line_tells_and_leaves_is_as_it_was(name, tmp_path):
    if not RECORDING and not same_machine():
        pytest.skip("recorded on another kind of processor or torch build")
    found = run(name, tmp_path)
    if RECORDING:
        record(name, found)
    compare(found, recorded()["cases"][name])


@pytest.mark.parametrize("name", LOADED)
def test_a_file_of_an_earlier_version_loads_and_goes_on(name, tmp_path):
    """On any machine; on the kind it was recorded on, to the bit."""
    found = run(name, tmp_path)
    if RECORDING:
        record(name, found)
    kept = recorded()["cases"][name]
    assert [mine["status"] for mine in found["commands"]] == [0] * len(kept["commands"])
    for mine, other in zip(found["commands"], kept["commands"], strict=True):
        if mine["command"].startswith("train"):
            for key in ("seed", "map_rows", "slip", "overrides", "env_steps", "updates"):
                assert mine["printed"][key] == other["printed"][key]
    if name in FIXTURES:
        mine, other = found["commands"][0]["printed"], kept["commands"][0]["printed"]
        assert {key: mine[key] for key in HELD} == {key: other[key] for key in HELD}
        assert mine["values"] == pytest.approx(other["values"], abs=1e-5)
        for row, kept_row in zip(mine["policy"], other["policy"], strict=True):
            assert row == pytest.approx(kept_row, abs=1e-5)
    if same_machine():
        compare(found, kept)


def test_the_run_file_and_the_save_of_0_1_0_tell_the_same_run():
    cases = recorded()["cases"]
    save, lived_again = cases["save-0.1.0.pt"]["commands"], cases["run-0.1.0.toml"]["commands"]
    assert save[0]["printed"] == lived_again[1]["printed"]
    assert save[2]["printed"] == lived_again[2]["printed"]
    assert len(save[2]["printed"]) == 41


def test_the_files_of_0_1_0_say_so():
    assert torch.load(DATA / "save-0.1.0.pt", weights_only=True)["version"] == "0.1.0"
    assert torch.load(DATA / "best-0.1.0.pt", weights_only=True)["version"] == "0.1.0"
    assert '\nlakeppo = "0.1.0"\n' in (DATA / "run-0.1.0.toml").read_text(encoding="utf-8")
