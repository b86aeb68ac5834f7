"""Run files: a file that is written reads back as the same run, and an invalid one is refused in one line."""

import io
import json
import random
import re
import sys
import tomllib
from pathlib import Path

import pytest
from support.runs import hashes, small

from lakeppo.config import KNOBS, LATER_KNOBS, make_config
from lakeppo.errors import FileError, LakeppoError, RunFileError
from lakeppo.i18n import use_language
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.run_file import RunFile, read_run_file
from lakeppo.storage.run_file_writer import to_toml


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
            if rng.random() < 0.5:
                timeline.branch.captions[timeline.run.moment] = rng.choice(["it falls", '"\\ [b] 界', "x" * 200])
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
        assert branch.captions == copy.captions
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
        (GOOD.replace('"SFFF"', '"SFF"'), "row"),
        (GOOD.replace('line = "main"', 'line = "D"'), "no branch named D"),
        (GOOD.replace('phase = "collect"', 'phase = "lunch"'), "improve, copy, not lunch"),
        (GOOD.replace("update = 0", "update = -1"), "update must be a whole number in 0..1000000000000, not -1"),
        (GOOD + CHANGE % ("clip_coef", "-3.0"), "clip_coef must be"),
        (GOOD + CHANGE % ("warp", "1"), "warp cannot change"),
        (GOOD + CHANGE % ("activation", '"tanh"'), "activation cannot change"),
        (GOOD + CHANGE % ("map_rows", '["SG"]'), "another size"),
        (GOOD + (CHANGE % ("slip", "0.1")).replace("update = 0", "update = 4"), "ends before its last change"),
        (GOOD + '\n[[lines]]\nname = "main"\nend = { update = 0, phase = "collect", index = 0 }\n', "two branches"),
        (GOOD.replace("[[lines]]", "[lines]"), "lines must be a list"),
        ("format = 1\nseed = 5\nconfig = 3\nlines = 4", "config must be a dict, not 3"),
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
        with pytest.raises(FileError, match=str(path)):
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
    assert KNOBS.keys() - {*LATER_KNOBS} <= tomllib.loads(to_toml(timeline))["config"].keys()


SHORT = 'format = 1\nseed = 7\n[config]\npreset = "classic"\nclip_coef = 0.1\n'
END = "end = { update = 3 }\n"
MORE = f'{GOOD}[[lines]]\nname = "B"\nparent = "main"\nleft_at = {{ update = 0 }}\n{END}'


def test_a_short_file_takes_the_rest_from_its_preset(tmp_path, lakeppo):
    file = read_run_file(written(tmp_path, SHORT))
    assert (file.seed, file.config, file.branches) == (7, make_config("classic", clip_coef=0.1), None)
    assert read_run_file(written(tmp_path, "format = 1")).config == make_config("classic")
    words = ["train", "--run", str(written(tmp_path, SHORT)), "--saves", str(tmp_path / "saves"), "--quiet"]
    out = lakeppo(*words, "--json")[1]
    assert json.loads(out)["episodes"] >= 2000  # the preset's limit: the file has no end of its own
    assert json.loads(lakeppo(*words, "--json", "--updates", "2")[1])["updates"] == 2


def test_hand_written_values_are_those_of_the_command_line(tmp_path):
    text = """format = 1
    seed = " 12 "
    [config]
    preset = "steady"
    map_rows = ["s f g", "F,H,F"]
    slip = "2/3"
    norm_adv = "on"
    clip_coef = "off"
    epochs = "3"
    """
    lake = ("unnamed", ("SFG", "FHF"))
    expected = make_config("steady", lake, slip=2 / 3, norm_adv=True, clip_coef=None, epochs=3)
    file = read_run_file(written(tmp_path, text))
    assert (file.seed, file.config) == (12, expected)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_read(tmp_path, monkeypatch, encoding):
    path = tmp_path / "run.toml"
    path.write_bytes(GOOD.encode(encoding))
    assert read_run_file(path).config == small()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode(encoding))))
    assert read_run_file(Path("-")).config == small()


SLIPPERY_CLASSIC = to_toml(Timeline(Run(make_config("classic"), 0))).replace('"classic"', '"slippery"')
REFUSED = {
    "config has no key clip_coeff; is it clip_coef?": SHORT.replace("clip_coef", "clip_coeff"),
    "the file has no key success_rate": "success_rate = 0.5\n" + SHORT,
    "config has no key reward_schedule": SHORT + "reward_schedule = [1, -1]\n",
    "lines has no key bookmark; is it bookmarks?": MORE + "bookmark = []",
    "a moment has no key pass": MORE.replace("update = 3", "update = 3, pass = 1"),
    "lines.changes has no key values; is it value?": MORE + CHANGE % ("slip", "0.1") + "values = 3",
    "map is 8x8, but map_rows are not those of 8x8": SHORT + 'map = "8x8"\nmap_rows = ["SFFF", "FHFH", "FFFH", "HFFG"]',
    "map is random:4:1, but": SHORT + 'map = "random:4:1"\nmap_rows = ["SFFF", "FHFH", "FFFH", "HFFG"]',
    "map_rows is missing": SHORT + 'map = "pond.txt"',
    "preset is slippery, but all values are those of the preset classic": SLIPPERY_CLASSIC,
    "slip must be a number": SHORT + 'slip = "7/0"',
    "epochs must be a whole number in 1..1000, not a number of": SHORT + f"epochs = 0x{'f' * 5000}",
    "a number in it is too long": SHORT + f"epochs = {'9' * 5000}",
    "map is  8X8 , but": SHORT + 'map = " 8X8 "\nmap_rows = ["SFFF", "FHFH", "FFFH", "HFFG"]',
    "holds several rows, as in 'SFF FHG'": SHORT + 'map_rows = ["SFF FHG"]',
    "norm_adv must be on|off, not 3": SHORT + "norm_adv = 3",
    "it has over 500 branches": GOOD + "".join(f'[[lines]]\nname = "b{k}"\n' for k in range(501)),
    "it has over 10,000 bookmarks": MORE + f"bookmarks = [{'{update=1},' * 10_001}]",
    "branch B ends before its last bookmark": MORE + "bookmarks = [{ update = 4 }]",
    "a bookmark has no key word": MORE + 'bookmarks = [{ at = { update = 1 }, caption = "x", word = "x" }]',
    "a bookmark has no caption": MORE + "bookmarks = [{ at = { update = 1 } }]",
    "a moment has no key caption": MORE + 'bookmarks = [{ update = 1, caption = "x" }]',
    "caption must be a text": MORE + "bookmarks = [{ at = { update = 1 }, caption = 7 }]",
    "a caption has 1 to 200 characters": MORE + f'bookmarks = [{{ at = {{ update = 1 }}, caption = "{"x" * 201}" }}]',
    "not '\\x1b[2J'": MORE + 'bookmarks = [{ at = { update = 1 }, caption = "\\u001b[2J" }]',
    "characters in its captions": MORE
    + "bookmarks = ["
    + "".join(f'{{ at = {{ index = {k}, update = 1 }}, caption = "{"x" * 200}" }},' for k in range(1001))
    + "]",
    "leaves main after the end of one of the two": MORE.replace("left_at = { update = 0", "left_at = { update = 2"),
    "branch B has other changes than its parent before": (
        GOOD.replace("end = { update = 0", "end = { update = 3") + CHANGE % ("slip", "0.1")
        + MORE.removeprefix(GOOD).replace("left_at = { update = 0", "left_at = { update = 2")
    ),
    "lines has no left_at": MORE.replace("left_at = { update = 0 }", ""),
    "name must be a text": MORE.replace('name = "B"', "name = 7"),
    "12 characters": MORE.replace('"B"', '"\\u001b[31m"'),
    "nested too deeply": "x = " + "[" * 100_000,
    "slip must be a number in [0, 1], not a list": SHORT + f"slip = [0x{'f' * 5000}]",
    "too large": "#" * 2**20 + SHORT,
    "format is 1.5": "format = 1.5",
}  # fmt: skip
"""Each file is named by what is said of it."""


@pytest.mark.parametrize("message", REFUSED)
def test_what_a_file_may_not_say_is_refused_by_name(tmp_path, message):
    with pytest.raises(LakeppoError) as refused:
        read_run_file(written(tmp_path, REFUSED[message]))
    assert message.strip() in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert str(refused.value).isprintable()


def test_dots_in_texts_and_comments_are_no_deep_key(tmp_path):
    label = ".".join("abcdefghijklmnop")
    for text in (f'"{label}"', f"'{label}'", f'"""{label}""" # {label}'):
        assert read_run_file(written(tmp_path, SHORT + f'map = {text}\nmap_rows = ["SFG"]')).config.map == label


def test_a_run_file_made_elsewhere_says_so(tmp_path):
    assert read_run_file(written(tmp_path, GOOD)).timeline().remark is None
    text = re.sub('run = "[0-9a-f]+"', 'run = "0"', GOOD)
    assert "made with torch" in str(read_run_file(written(tmp_path, text)).timeline().remark)


def test_the_comment_of_a_run_file_is_in_the_language_of_the_person(tmp_path):
    timeline = random_timeline(2)
    english = to_toml(timeline)
    use_language("zh")
    text = to_toml(timeline)
    assert text.splitlines()[1:] == english.splitlines()[1:]
    assert re.match("# .*[\u4e00-\u9fff].* `lakeppo tui --run FILE`", text)
    replayed = read_run_file(written(tmp_path, text))
    assert to_toml(replayed.timeline()) == text


@pytest.mark.parametrize("message", REFUSED)
def test_a_refusal_in_chinese_has_no_english_but_names(tmp_path, message):
    use_language("zh")
    with pytest.raises(LakeppoError) as refused:
        read_run_file(written(tmp_path, REFUSED[message]))
    line = str(refused.value).replace(str(tmp_path), "")
    assert re.search("[\u4e00-\u9fff]", line)
    assert re.findall(r"[a-z']{2,}(?: [a-z']{2,})+", line) == []
