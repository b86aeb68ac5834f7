"""The batch as a table: it has everything that another program needs to recompute the update."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.runs import file_of, small

from lakeppo.moment import Phase
from lakeppo.runs.batch_table import COLUMNS, COMPUTED, IN_FORCE, batch_of, batch_table, to_csv
from lakeppo.runs.run import Run

ASKED = (
    "t state action went reward next_state terminated truncated value next_value delta advantage return "
    "old_logprob new_logprob ratio group"
).split()
FOUND_LATER = [name for name in (*COMPUTED, *IN_FORCE) if name != "old_logprob"]
LONG = {"batch_size": 60, "learning_rate": 0.05, "epochs": 4}


def at(phase: Phase, index: int = 0, update: int = 1, seed: int = 3, **knobs) -> Run:
    """A run at a moment."""
    run = Run(small(**{**LONG, **knobs}), seed)
    while (run.moment.update, run.moment.phase, run.moment.index) < (update, phase, index):
        run.unit()
    assert (run.moment.update, run.moment.phase, run.moment.index) == (update, phase, index)
    return run


def read(text: str) -> list[dict[str, object]]:
    """The CSV as another program reads it: numbers, and None for empty cells."""

    def value(name: str, cell: str) -> object:
        return None if cell == "" else cell if name == "group" else float(cell)

    return [{name: value(name, cell) for name, cell in row.items()} for row in csv.DictReader(io.StringIO(text))]


def worked_out(rows: list[dict[str, float]], gamma: float, lam: float, clip: float | None) -> list[dict[str, object]]:
    """δ, A, return, ratio and group from the columns alone, the advantage as a double sum."""
    deltas = [r["reward"] + (0 if r["terminated"] else gamma * r["next_value"]) - r["value"] for r in rows]
    found = []
    for t, row in enumerate(rows):
        advantage, k = 0.0, 0
        while True:
            advantage += (gamma * lam) ** k * deltas[t + k]
            if rows[t + k]["terminated"] or rows[t + k]["truncated"] or t + k + 1 == len(rows):
                break
            k += 1
        ratio = math.exp(row["new_logprob"] - row["old_logprob"])
        above, below = (False, False) if clip is None else (ratio > 1 + clip, ratio < 1 - clip)
        stopped = (above and row["weight"] > 0) or (below and row["weight"] < 0)
        group = "stopped" if stopped else "returning" if above or below else "unclipped" if clip is None else "inside"
        found.append(
            {
                "delta": deltas[t],
                "advantage": advantage,
                "return": advantage + row["value"],
                "ratio": ratio,
                "group": group,
            }
        )
    return found


def check(run: Run) -> list[dict[str, object]]:
    rows, config = read(to_csv(batch_table(run.trainer))), run.config
    for row, found in zip(rows, worked_out(rows, config.gamma, config.gae_lambda, config.clip_coef), strict=True):
        assert row["group"] == found.pop("group")
        assert {name: row[name] for name in found} == pytest.approx(found, abs=1e-9)
    return rows


@pytest.mark.parametrize("moment", [(Phase.IMPROVE, 0), (Phase.IMPROVE, 1), (Phase.IMPROVE, 3), (Phase.COPY, 0)])
@pytest.mark.parametrize("knobs", [{}, {"clip_coef": None}, {"norm_adv": True}, {"gamma": 1.0, "gae_lambda": 0.5}])
def test_the_table_can_be_recomputed_independently(moment, knobs):
    rows = check(at(*moment, **knobs))
    assert any(row["terminated"] for row in rows)
    assert any(row["truncated"] for row in rows)
    assert not any(row["terminated"] and row["truncated"] for row in rows)


def test_all_groups_occur_and_none_is_inside_without_the_clip():
    assert {row["group"] for row in check(at(Phase.COPY, seed=5))} == {"inside", "returning", "stopped"}
    assert {row["group"] for row in check(at(Phase.COPY, seed=5, clip_coef=None))} == {"unclipped"}


@pytest.mark.parametrize("clip", [None, 0.01, 0.5])
def test_a_later_change_of_a_knob_does_not_change_the_table(clip):
    run = at(Phase.IMPROVE, 2, seed=5)
    before = to_csv(batch_of(run))
    assert before == to_csv(batch_table(run.trainer))
    for name, value in {"clip_coef": clip, "gamma": 0.5, "gae_lambda": 0.1, "norm_adv": True}.items():
        run.change(name, value)
    assert to_csv(batch_of(run)) == before
    run.unit()
    rows = read(to_csv(batch_of(run)))
    for row, found in zip(rows, worked_out(rows, 0.9, 0.95, clip), strict=True):
        assert row["group"] == found.pop("group")
        assert {name: row[name] for name in found} == pytest.approx(found, abs=1e-9)
        assert [row[name] for name in IN_FORCE] == [0.9, 0.95, clip]


@given(seed=st.integers(0, 10_000), size=st.integers(1, 30), lam=st.sampled_from([0.0, 0.8, 1.0]), norm=st.booleans())
def test_the_table_of_any_run_can_be_recomputed(seed, size, lam, norm):
    check(at(Phase.IMPROVE, 2, update=0, seed=seed, batch_size=size, gae_lambda=lam, norm_adv=norm))


@pytest.mark.parametrize("passes", [0, 1])
def test_before_the_first_pass_every_ratio_is_exactly_1(passes):
    for row in read(to_csv(batch_table(at(Phase.IMPROVE, passes).trainer))):
        assert row["ratio"] == 1.0
        assert row["group"] == "inside"
        assert row["new_logprob"] == row["old_logprob"]


def test_the_weight_is_the_advantage_used_by_the_objective():
    plain = batch_table(at(Phase.IMPROVE).trainer)
    assert (plain["weight"] == plain["advantage"]).all()
    normal = batch_table(at(Phase.IMPROVE, norm_adv=True).trainer)
    assert normal["weight"].mean() == pytest.approx(0, abs=1e-9)
    assert normal["weight"].std() == pytest.approx(1, abs=1e-6)
    assert normal["advantage"].std() != pytest.approx(1, abs=0.1)


def test_next_value_is_of_the_rows_own_next_state():
    run = at(Phase.IMPROVE)
    columns, values = batch_table(run.trainer), run.trainer.values().numpy()
    assert columns["next_value"].tolist() == values[columns["next_state"]].tolist()
    assert columns["terminated"].any()


@pytest.mark.parametrize(
    ("moment", "rows"), [((Phase.COLLECT, 0), 0), ((Phase.COLLECT, 17), 17), ((Phase.JUDGE, 0), 60)]
)
def test_before_judging_unknown_columns_are_absent(moment, rows):
    trainer = at(*moment).trainer
    columns = batch_table(trainer)
    assert list(columns) == [name for name in COLUMNS if name not in FOUND_LATER]
    read_back = read(to_csv(columns))
    assert len(read_back) == rows
    for row, step in zip(read_back, trainer.transitions, strict=True):
        assert [row[name] for name in COLUMNS[1:8]] == list(step)
        assert all(row[name] is None for name in FOUND_LATER)
        assert row["old_logprob"] == trainer.old_log_policy[step.state, step.action].item()


def test_the_header_is_whole_and_csv_loses_no_bit():
    columns = batch_table(at(Phase.COPY).trainer)
    text = to_csv(columns)
    assert text.splitlines()[0].split(",")[: len(ASKED)] == ASKED
    for name in ("delta", "advantage", "return", "ratio"):
        assert [row[name] for row in read(text)] == columns[name].tolist()


@pytest.mark.parametrize("moment", [(Phase.COLLECT, 0), (Phase.COLLECT, 9), (Phase.JUDGE, 0), (Phase.COPY, 0)])
def test_inspect_prints_the_batch_of_a_save(moment, lakeppo, tmp_path):
    run = at(*moment)
    (tmp_path / "a.pt").write_bytes(file_of(run, "last"))
    status, out, err = lakeppo("inspect", str(tmp_path / "a.pt"), "--batch")
    assert (status, err) == (0, "")
    assert out == to_csv(batch_table(run.trainer))


def test_inspect_refuses_other_files_and_two_formats_at_once(lakeppo, tmp_path):
    (tmp_path / "a.pt").write_bytes(file_of(at(Phase.COPY), "last")[:500])
    status, out, err = lakeppo("inspect", str(tmp_path / "a.pt"), "--batch")
    assert status == 1
    assert out == ""
    assert len(err.splitlines()) == 1
    status, out, err = lakeppo("inspect", str(tmp_path / "a.pt"), "--batch", "--json")
    assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_inspect_lists_every_kind_of_change_once_per_moment(lakeppo, tmp_path):
    run = at(Phase.COLLECT)
    rows = ("SFFF", "FHFF", "FFFH", "HFFG")
    changes = {"clip_coef": None, "norm_adv": True, "map_rows": rows, "seed": 5}
    for name, value in (("slip", 0.0), ("slip", 0.25), *changes.items()):
        run.change(name, value)
    run.unit()
    run.change("slip", 0.5)
    (tmp_path / "a.pt").write_bytes(file_of(run, "last"))
    status, out, err = lakeppo("inspect", str(tmp_path / "a.pt"))
    assert (status, err) == (0, "")
    changed = [branch.split(maxsplit=1)[1] for branch in out.splitlines() if branch.startswith("  change")]
    words = ["slip 0.25", "clip_coef off", "norm_adv on", "the map", "seed 5", "slip 0.5"]
    assert changed == [f"{word} at update {run.moment.update}" for word in words]
