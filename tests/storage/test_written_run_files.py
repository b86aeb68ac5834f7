"""Whatever run is written to a run file is read back; what could not be read is not written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakeppo.config import KNOBS, make_config
from lakeppo.errors import InvalidValue, RunFileError
from lakeppo.moment import BEGINNING, Change, Moment, Phase
from lakeppo.runs.branch import Branch
from lakeppo.runs.history import History
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.exports import export_run
from lakeppo.storage.run_file import read_run_file
from lakeppo.storage.run_file_writer import to_toml
from lakeppo.storage.toml import parse_toml

LARGEST = ("S" + "F" * 31, *["F" * 32] * 30, "F" * 31 + "G")
VALUES = {
    "slip": st.floats(0, 1), "clip_coef": st.none() | st.floats(1e-9, 1e9), "norm_adv": st.booleans(),
    "learning_rate_end": st.none() | st.floats(0, 1e3), "anneal_steps": st.integers(0, 10**12),
    "batch_size": st.integers(1, 65_536),
}  # fmt: skip
CHANGES = [
    *(st.tuples(st.just(name), values) for name, values in VALUES.items()),
    st.tuples(st.just("seed"), st.integers(0, 2**63 - 1)),
    st.tuples(st.just("map_rows"), st.sampled_from([("SFG", "FHF"), ("HFS", "GFG")])),
]
MOMENTS = st.builds(Moment, st.integers(0, 9), st.sampled_from(Phase), st.integers(0, 99))
"""Among them some that no run passes."""
CAPTIONS = st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable() and text == text.strip())
NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name.isprintable() and name == name.strip())


@st.composite
def branches(draw: st.DrawFn) -> list[Branch]:
    made: list[Branch] = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        parent = draw(st.sampled_from(made)) if made and draw(st.booleans()) else None
        left_at = None if parent is None else min(draw(MOMENTS), parent.end)
        inherited = [] if parent is None else [change for change in parent.changes if change.moment < left_at]
        at = sorted(moment for moment in draw(st.lists(MOMENTS, max_size=5)) if left_at is None or moment >= left_at)
        changes = [*inherited, *(Change(moment, *draw(st.one_of(CHANGES))) for moment in at)]
        end = max([draw(MOMENTS), left_at or BEGINNING, *at])
        bookmarks = sorted({mark for mark in draw(st.lists(MOMENTS)) if mark <= end})
        captions = {mark: draw(CAPTIONS) for mark in bookmarks if draw(st.booleans())}
        parents = None if parent is None else parent.name
        made.append(Branch(name, changes, end, History(), bookmarks, parents, left_at, captions=captions))
    return made


@given(st.fixed_dictionaries({}, optional=VALUES), st.text(max_size=120), st.integers(0, 2**63 - 1), branches())
def test_every_run_that_is_written_is_read_back(tmp_path_factory, knobs, label, seed, made):
    config = make_config("slippery", (f"{label}.txt", ("SFG", "FHF")), **knobs)
    path, text = tmp_path_factory.getbasetemp() / "written.toml", to_toml(Timeline(Run(config, seed), made))
    path.write_bytes(text.encode())
    file = read_run_file(path)
    assert (file.seed, file.config, file.branches, file.current) == (seed, config, made, 0)
    assert to_toml(file.timeline()) == text


def test_the_written_preset_is_the_one_that_has_the_values(tmp_path):
    steady = {name: value for name, value in make_config("steady").as_json().items() if name in KNOBS}
    path = tmp_path / "x"
    path.write_text(to_toml(Timeline(Run(make_config("classic", **steady), 0))))
    assert read_run_file(path).config == make_config("steady")


@pytest.mark.parametrize(
    ("message", "made"),
    [
        ("over 500 branches", [Branch(f"b{k}") for k in range(501)]),
        ("over 10,000 bookmarks", [Branch("a", bookmarks=[Moment(k, Phase.COLLECT, 0) for k in range(10_001)])]),
        ("over 1,048,576 bytes", [Branch("a", [Change(BEGINNING, "map_rows", LARGEST)] * 1000)]),
    ],
)
def test_a_run_that_could_not_be_read_is_not_written(tmp_path, message, made):
    timeline = Timeline(Run(make_config("classic", ("x", LARGEST)), 0), made)
    with pytest.raises(OSError, match=message):
        export_run(tmp_path, timeline)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_toml_does_not_take_as_it_is_is_read_back(tmp_path):
    config, path = make_config("slippery", ('a\x7f"\\\n\t\x01.txt', ("SFG", "FHF"))), tmp_path / "x.toml"
    path.write_text(to_toml(Timeline(Run(config, 0))))
    assert read_run_file(path).config == config


def test_a_key_of_four_parts_is_refused():
    assert parse_toml("a.b.c = 1") == {"a": {"b": {"c": 1}}}
    with pytest.raises(InvalidValue, match="four parts"):
        parse_toml("a.b.c.d = 1")


def test_a_branch_ends_no_sooner_than_it_leaves_its_parent(tmp_path):
    path, line = tmp_path / "x.toml", '[[lines]]\nname = "{}"\nend = {{ update = {} }}\n'
    left = 'parent = "main"\nleft_at = { update = 3 }\n'
    for end in (3, 2):
        path.write_text(f"format = 1\n{line.format('main', 9)}{line.format('B', end)}{left}")
        if end == 3:
            assert read_run_file(path).branches[1].left_at == Moment(3, Phase.COLLECT, 0)
        else:
            with pytest.raises(RunFileError, match="after the end of one of the two"):
                read_run_file(path)
