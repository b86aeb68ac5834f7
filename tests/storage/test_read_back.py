"""Whatever a session does to a run, its saves are read back: the same moment, branches and bits."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from support.runs import CHANGES, hashes, small

from lakeppo.config import make_config
from lakeppo.errors import InvalidValue, SaveError
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.checkpoint import pack, read_save
from lakeppo.storage.run_file import read_run_file
from lakeppo.storage.run_file_writer import to_toml

DATA = Path(__file__).parents[1] / "data"
SESSIONS = int(os.environ.get("LAKEPPO_SEEDS", "15"))
MORE_CHANGES = [
    *CHANGES, ("max_episode_steps", 3), ("max_episode_steps", 50), ("learning_rate", 1000.0),
    ("learning_rate_end", 0.0), ("anneal_steps", 100), ("ent_coef", 1000.0), ("batch_size", 1), ("clip_coef", 1e9),
    ("gamma", 1.0), ("vf_coef", 0.0),
    ("map_rows", ("SFFF", "FFFH", "FFFH", "HFFG")), ("map_rows", ("SFFH", "FHFF", "FFFF", "GFFG")),
    ("map_rows", ("FFFG", "FHFF", "FFFF", "HFFS")),
]  # fmt: skip


def act(timeline: Timeline, chooser: random.Random) -> None:
    """Do one thing that a person may do."""
    kind = chooser.choice("units units units change change back go branch switch bookmark rename".split())
    if kind == "units":
        for _ in range(chooser.choice([1, 3, 20, 60])):
            timeline.unit()
    elif kind == "change":
        try:
            timeline.change(*chooser.choice(MORE_CHANGES))
        except InvalidValue as error:
            assert "stands there" in str(error)  # noqa: PT017  # a map with a hole under the agent
    elif kind == "back":
        unit = chooser.choice([None, *Phase])
        timeline.back(lambda phase: unit in (None, phase))
    elif kind == "go":
        end = timeline.branch.end
        timeline.go_to(Moment(chooser.randint(0, end.update), Phase(chooser.randrange(4)), chooser.randrange(12)))
    elif kind == "branch":
        timeline.add_branch()
    elif kind == "switch":
        timeline.switch(chooser.choice(timeline.branches))
    elif kind == "bookmark":
        timeline.branch.bookmarks.append(timeline.run.moment)
        if chooser.random() < 0.5:
            timeline.branch.captions[timeline.run.moment] = f"caption {chooser.random()}"
    elif kind == "rename":
        timeline.rename(timeline.branch, f"name {len(timeline.branches)}-{chooser.randrange(10**4)}")


def reread(path: Path, timeline: Timeline, keyframes: int) -> Timeline:
    """Save and read a run, and return what was read after comparing it."""
    path.write_bytes(pack(timeline, "last", keyframes))
    save = read_save(path)
    back = save.timeline()
    assert (save.moment, save.rewound) == (timeline.run.moment, timeline.rewound)
    assert hashes(back.run) == hashes(timeline.run)
    assert repr(back.branches) == repr(timeline.branches)  # NaN equals itself in a text
    assert (back.branch.name, back.rewound) == (timeline.branch.name, timeline.rewound)
    best, expected = back.run.best, timeline.run.best
    assert (best and best[:4]) == (expected and expected[:4])
    if expected is not None:
        path.with_name("best.pt").write_bytes(pack(timeline, "best"))
        assert read_save(path.with_name("best.pt")).moment == Moment(expected.update, Phase.COLLECT, 0)
    return back


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SESSIONS))
def test_what_a_session_saves_is_read_back(tmp_path, seed):
    chooser = random.Random(seed)
    timeline = Timeline(Run(small(), seed))
    for _ in range(25):
        act(timeline, chooser)
        if chooser.random() < 0.4:
            back = reread(tmp_path / "last.pt", timeline, chooser.choice([0, 1, 8]))
            timeline = chooser.choice([timeline, back])


def captioned() -> Timeline:
    """A run whose three branches have bookmarks, with captions and without."""
    timeline = Timeline(Run(small(), 0))
    for caption in ('it falls "[b]\\ 界 🐧', "x" * 200, "#"):
        for _ in range(20):
            timeline.unit()
            timeline.branch.bookmarks.append(timeline.run.moment)
        timeline.branch.captions[timeline.run.moment] = caption
        timeline.branch.captions[timeline.branch.bookmarks[-3]] = caption
        timeline.back(lambda phase: phase is Phase.JUDGE)
        timeline.add_branch()
    return timeline


def test_captioned_bookmarks_are_read_back_from_both_files(tmp_path):
    timeline = captioned()
    assert [len(branch.captions) for branch in timeline.branches] == [2, 2, 2, 0]
    back = reread(tmp_path / "last.pt", timeline, 8)
    (tmp_path / "run.toml").write_text(to_toml(back))
    again = read_run_file(tmp_path / "run.toml").timeline()
    for one in (back, again):
        assert [branch.captions for branch in one.branches] == [branch.captions for branch in timeline.branches]
        assert [branch.bookmarks for branch in one.branches] == [branch.bookmarks for branch in timeline.branches]


def diverged(units: int) -> Timeline:
    """A run whose weights become NaN in its third update, and what it does after that."""
    timeline = Timeline(Run(small(), 0))
    while timeline.run.moment < Moment(2, Phase.IMPROVE, 1):
        timeline.unit()
    timeline.run.trainer.adam.grad[0] = torch.nan  # as if this pass's gradient overflowed
    for _ in range(units):
        timeline.unit()
    return timeline


@pytest.mark.parametrize("units", [1, 2, 3, 5, 14, 30, 70])
def test_a_run_that_diverged_is_read_back_and_goes_back(tmp_path, units):
    timeline = diverged(units)
    back = reread(tmp_path / "last.pt", timeline, 8)
    assert read_save(tmp_path / "last.pt").diverged or back.run.moment.update == 2
    back.unit()
    back.go_to(Moment(1, Phase.COLLECT, 0))
    assert all(bool(weights.isfinite().all()) for weights in back.run.trainer.actor.parameters())


def test_inspect_says_that_a_run_has_diverged(tmp_path, lakeppo):
    (tmp_path / "last.pt").write_bytes(pack(diverged(30), "last"))
    status, out, err = lakeppo("inspect", str(tmp_path / "last.pt"))
    assert (status, err) == (0, "")
    assert "weights  not finite: the run has diverged" in out


def test_weights_that_no_run_could_have_are_refused(tmp_path):
    timeline = diverged(30)
    for moments in (timeline.run.trainer.adam.first, timeline.run.trainer.adam.second):
        moments.fill_(0.0)
    (tmp_path / "last.pt").write_bytes(pack(timeline, "last"))
    with pytest.raises(SaveError, match="its weights are not finite"):
        read_save(tmp_path / "last.pt")


@pytest.mark.slow
def test_the_largest_batch_and_lake_are_read_back(tmp_path):
    rows = ("S" + "F" * 31, *["F" * 32] * 30, "F" * 31 + "G")
    timeline = Timeline(Run(make_config("classic", ("large", rows), batch_size=65_536), 0))
    for _ in range(65_536):
        timeline.unit()
    assert timeline.run.moment.phase is Phase.JUDGE
    reread(tmp_path / "last.pt", timeline, 8)


@pytest.mark.parametrize(
    "name", ["save-format-1.pt", "best-format-1.pt", "save-0.1.0.pt", "best-0.1.0.pt", "midway.pt"]
)
def test_earlier_saves_are_read_and_go_on(name):
    timeline = read_save(DATA / name).timeline()
    target = timeline.run.trainer.updates + 2
    while timeline.run.trainer.updates < target:
        timeline.unit()
    assert len(timeline.run.history) >= target
    sizes = timeline.run.history.column("effective_sample_size")
    assert np.isnan(sizes[:-2]).all(), "older formats have none"
    assert not np.isnan(sizes[-2:]).any()
