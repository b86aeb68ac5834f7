"""Run files: a file that is written reads back as the same run, and an invalid one is refused in one line."""

import random
import tomllib
from pathlib import Path

import pytest
from support.runs import hashes, small

from lakeppo.config import KNOBS, make_config
from lakeppo.errors import RunFileError
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.run_file import RunFile, read_run_file, to_toml


def random_timeline(seed: int) -> Timeline:
    """A run with random changes, branches and bookmarks."""
    rng = random.Random(seed)
    timeline = Timeline(Run(small(), seed))
    changes = [("slip", 0.7), ("clip_coef", None), ("epochs", 2), ("seed", 9), ("norm_adv", True), ("batch_size", 7)]
    for _ in range(30):
        step = rng.choice(["unit", "unit", "back", "change", "branch", "switch", "bookmark"])
        if step == "unit":
            for _ in range(rng.randrange(40)):
                timeline.unit()
        elif step == "back":
            timeline.go_to(Moment(rng.randrange(8), rng.choice(list(Phase)), rng.randrange(8)))
        elif step == "change":
            timeline.change(*rng.choice(changes))
        elif step == "branch":
            timeline.add_branch()
        elif step == "switch":
            timeline.switch(rng.choice(timeline.branches))
        else:
            timeline.branch.bookmarks = sorted({*timeline.branch.bookmarks, timeline.run.moment})
    return timeline


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", range(6))
def test_every_branch_of_a_run_file_is_replayed_bit_for_bit(tmp_path, seed):
    timeline = random_timeline(seed)
    replayed = read_run_file(written(tmp_path, to_toml(timeline))).timeline()
    assert replayed.branch.name == timeline.branch.name
    assert replayed.run.moment == Moment(0, Phase.COLLECT, 0)
    for branch, copy in zip(timeline.branches, replayed.branches, strict=True):
        assert (branch.name, branch.changes, branch.end, branch.parent, branch.left_at, branch.bookmarks) == (
            copy.name, copy.changes, copy.end, copy.parent, copy.left_at, copy.bookmarks,
        )  # fmt: skip
        timeline.switch(branch)
        replayed.switch(copy)
        assert hashes(timeline.run) == hashes(replayed.run)
        assert branch.history == copy.history


def test_a_replayed_run_file_applies_changes_at_their_moments(tmp_path):
    timeline = random_timeline(3)
    replayed = read_run_file(written(tmp_path, to_toml(timeline))).timeline()
    timeline.go_to(timeline.branch.end)
    while replayed.rewound:
        replayed.unit()
    assert hashes(replayed.run) == hashes(timeline.run)
    assert replayed.run.changes == timeline.run.changes


@pytest.mark.parametrize("word", ["off", "same"])
def test_none_is_written_as_the_knobs_own_word(word):
    config = make_config("classic", clip_coef=None, learning_rate=1e-5)
    content = tomllib.loads(to_toml(Timeline(Run(config, 2**63 - 1))))
    assert word in content["config"].values()
    assert content["config"]["learning_rate"] == 1e-5
    assert content["seed"] == 2**63 - 1


def test_odd_map_names_come_back(tmp_path):
    config = make_config("classic", ('a "b" \\ \n\x7f ö\x01', ("SFG", "FHF")))
    assert read_run_file(written(tmp_path, to_toml(Timeline(Run(config, 0))))).config == config


GOOD = to_toml(Timeline(Run(small(), 5)))
CHANGE = '\n[[lines.changes]]\nat = { update = 0, phase = "collect", index = 0 }\nname = "%s"\nvalue = %s\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no format"),
        ("seed = ", "is not TOML"),
        (GOOD.replace("format = 1", "format = 7"), "format is 7"),
        (GOOD.replace("seed = 5", "seed = -5"), "seed must be"),
        (GOOD.replace("seed = 5", "seed = 0.5"), "seed must be"),
        (GOOD.replace("gamma = 0.9", "gamma = 9.0"), "gamma must be a number in [0, 1]"),
        (GOOD.replace("gamma = 0.9\n", ""), "has no gamma"),
        (GOOD.replace('"SFFF"', '"SFF"'), "row"),
        (GOOD.replace('line = "main"', 'line = "D"'), "no branch named D"),
        (GOOD.replace('phase = "collect"', 'phase = "lunch"'), "is not a moment"),
        (GOOD.replace("update = 0", "update = -1"), "is not a moment"),
        (GOOD + CHANGE % ("clip_coef", "-3.0"), "clip_coef must be"),
        (GOOD + CHANGE % ("warp", "1"), "warp cannot change"),
        (GOOD + CHANGE % ("activation", '"tanh"'), "activation cannot change"),
        (GOOD + CHANGE % ("map_rows", '["SG"]'), "another size"),
        (GOOD + (CHANGE % ("slip", "0.1")).replace("update = 0", "update = 4"), "ends before its last change"),
        (GOOD + '\n[[lines]]\nname = "main"\nend = { update = 0, phase = "collect", index = 0 }\n', "two branches"),
        (GOOD.replace("[[lines]]", "[lines]"), "not a lakeppo run file"),
        ("format = 1\nseed = 5\nconfig = 3\nlines = 4", "not a lakeppo run file"),
    ],
)  # fmt: skip
def test_an_invalid_run_file_is_refused_in_one_line(tmp_path, lakeppo, text, message):
    path = written(tmp_path, text)
    with pytest.raises(RunFileError) as refused:
        read_run_file(path)
    assert message in str(refused.value)
    status, out, err = lakeppo("train", "--run", str(path), "--saves", str(tmp_path / "saves"))
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert str(path) in err


def test_binary_and_missing_run_files_are_refused(tmp_path):
    for path, data in ((tmp_path / "a", b"\xff\x00PK"), (tmp_path / "none", None), (tmp_path, None)):
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(RunFileError, match=str(path)):
            read_run_file(path)


def test_train_replays_a_run_file_to_the_same_hashes(tmp_path, lakeppo):
    timeline = random_timeline(1)
    path = written(tmp_path, to_toml(timeline))
    timeline.go_to(timeline.branch.end)
    status, out, err = lakeppo("train", "--run", str(path), "--json", "--quiet", "--saves", str(tmp_path / "saves"))
    assert (status, err) == (0, "")
    _, weights, state = hashes(timeline.run)
    assert weights in out
    assert state in out


@pytest.mark.parametrize("words", [["--seed", "3"], ["--slippery"], ["--resume", "x.pt"]])
def test_options_that_a_run_file_determines_are_refused(lakeppo, tmp_path, words):
    status, out, err = lakeppo("train", "--run", str(tmp_path / "x.toml"), *words)
    assert (status, out) == (2, "")
    assert "--run" in err


def test_a_new_run_has_one_branch_without_changes():
    timeline = RunFile(4, small()).timeline()
    assert [branch.name for branch in timeline.branches] == ["main"]
    assert hashes(timeline.run) == hashes(Run(small(), 4))
    assert KNOBS.keys() <= tomllib.loads(to_toml(timeline))["config"].keys()
