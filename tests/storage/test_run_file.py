"""The run file: what is written is read again, what is no run is refused in one line, and the run is the same."""

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


def lived(seed: int) -> Timeline:
    """A run with a random past: changes, branches and bookmarks on any of its lines."""
    chance = random.Random(seed)
    timeline = Timeline(Run(small(), seed))
    changes = [("slip", 0.7), ("clip_coef", None), ("epochs", 2), ("seed", 9), ("norm_adv", True), ("batch_size", 7)]
    for _ in range(30):
        what = chance.choice(["unit", "unit", "back", "change", "branch", "switch", "bookmark"])
        if what == "unit":
            for _ in range(chance.randrange(40)):
                timeline.unit()
        elif what == "back":
            timeline.go_to(Moment(chance.randrange(8), chance.choice(list(Phase)), chance.randrange(8)))
        elif what == "change":
            timeline.change(*chance.choice(changes))
        elif what == "branch":
            timeline.add_branch()
        elif what == "switch":
            timeline.switch(chance.choice(timeline.branches))
        else:
            timeline.branch.bookmarks = sorted({*timeline.branch.bookmarks, timeline.run.moment})
    return timeline


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", range(6))
def test_every_line_of_a_run_file_is_lived_again_to_the_bit(tmp_path, seed):
    timeline = lived(seed)
    again = read_run_file(written(tmp_path, to_toml(timeline))).timeline()
    assert again.branch.name == timeline.branch.name
    assert again.run.moment == Moment(0, Phase.COLLECT, 0)
    for mine, other in zip(timeline.branches, again.branches, strict=True):
        assert (mine.name, mine.changes, mine.end, mine.parent, mine.left_at, mine.bookmarks) == (
            other.name, other.changes, other.end, other.parent, other.left_at, other.bookmarks,
        )  # fmt: skip
        timeline.switch(mine)
        again.switch(other)
        assert hashes(timeline.run) == hashes(again.run)
        assert mine.history == other.history


def test_playing_a_run_file_makes_its_changes_at_their_moments(tmp_path):
    timeline = lived(3)
    again = read_run_file(written(tmp_path, to_toml(timeline))).timeline()
    timeline.go_to(timeline.branch.end)
    while again.rewound:
        again.unit()
    assert hashes(again.run) == hashes(timeline.run)
    assert again.run.changes == timeline.run.changes


@pytest.mark.parametrize("word", ["off", "same"])
def test_none_is_written_as_the_knobs_own_word(word):
    config = make_config("classic", clip_coef=None, learning_rate=1e-5)
    told = tomllib.loads(to_toml(Timeline(Run(config, 2**63 - 1))))
    assert word in told["config"].values()
    assert told["config"]["learning_rate"] == 1e-5
    assert told["seed"] == 2**63 - 1


def test_odd_map_names_come_back(tmp_path):
    config = make_config("classic", ('a "b" \\ \n\x7f ö\x01', ("SFG", "FHF")))
    assert read_run_file(written(tmp_path, to_toml(Timeline(Run(config, 0))))).config == config


GOOD = to_toml(Timeline(Run(small(), 5)))
CHANGE = '\n[[lines.changes]]\nat = { update = 0, phase = "collect", index = 0 }\nname = "%s"\nvalue = %s\n'


@pytest.mark.parametrize(
    ("text", "said"),
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
        (GOOD.replace('phase = "collect"', 'phase = "lunch"'), "is no moment"),
        (GOOD.replace("update = 0", "update = -1"), "is no moment"),
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
def test_what_is_no_run_is_refused_in_one_line(tmp_path, lakeppo, text, said):
    path = written(tmp_path, text)
    with pytest.raises(RunFileError) as refused:
        read_run_file(path)
    assert said in str(refused.value)
    status, out, err = lakeppo("train", "--run", str(path), "--saves", str(tmp_path / "saves"))
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert str(path) in err


def test_files_that_are_no_text_or_not_there_are_refused(tmp_path):
    for path, data in ((tmp_path / "a", b"\xff\x00PK"), (tmp_path / "none", None), (tmp_path, None)):
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(RunFileError, match=str(path)):
            read_run_file(path)


def test_train_lives_a_run_file_to_its_end_and_says_the_same_hashes(tmp_path, lakeppo):
    timeline = lived(1)
    path = written(tmp_path, to_toml(timeline))
    timeline.go_to(timeline.branch.end)
    status, out, err = lakeppo("train", "--run", str(path), "--json", "--quiet", "--saves", str(tmp_path / "saves"))
    assert (status, err) == (0, "")
    _, weights, state = hashes(timeline.run)
    assert weights in out
    assert state in out


@pytest.mark.parametrize("words", [["--seed", "3"], ["--slippery"], ["--resume", "x.pt"]])
def test_nothing_the_run_file_holds_can_be_given_beside_it(lakeppo, tmp_path, words):
    status, out, err = lakeppo("train", "--run", str(tmp_path / "x.toml"), *words)
    assert (status, out) == (2, "")
    assert "--run" in err


def test_a_new_run_is_a_recipe_without_lines():
    timeline = RunFile(4, small()).timeline()
    assert [branch.name for branch in timeline.branches] == ["main"]
    assert hashes(timeline.run) == hashes(Run(small(), 4))
    assert KNOBS.keys() <= tomllib.loads(to_toml(timeline))["config"].keys()
