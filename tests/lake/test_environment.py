"""The lake equals Gymnasium's, draw for draw; an invalid map is refused in one line."""

import io
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.toy_text import frozen_lake
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from gymnasium.wrappers import TimeLimit
from hypothesis import given
from hypothesis import strategies as st

from lakeppo.config import MAPS, default_time_limit, make_config
from lakeppo.errors import FileError, InvalidValue, MapError
from lakeppo.lake.environment import Lake, transition_table
from lakeppo.lake.maps import check_rows, find_map, names_other_rows
from lakeppo.presets import SLIPPERY

WIDE = ("SFFHF", "FFFFG")
TALL = ("S", "F", "G")
SLIPS = [0.0, 0.1, 0.5, SLIPPERY, 1.0]
MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))  # left, down, right, up


def walk(env, actions, seed):
    """All results of `env.step`, with a reset after each episode."""
    seen = [env.reset(seed=seed)]
    for action in actions:
        seen.append(env.step(action))
        if seen[-1][2] or seen[-1][3]:
            seen.append(env.reset())
    return seen


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("rows", [MAPS["4x4"], MAPS["8x8"], WIDE, TALL])
def test_every_step_equals_gymnasiums(rows, slip):
    for seed in range(10):
        actions = np.random.default_rng(seed).integers(4, size=150).tolist()
        official = FrozenLakeEnv(desc=[list(row) for row in rows], is_slippery=True, success_rate=1 - slip)
        assert walk(Lake(rows, slip, 9), actions, seed) == walk(TimeLimit(official, 9), actions, seed)


def test_slip_0_equals_gymnasiums_firm_lake():
    actions = np.random.default_rng(1).integers(4, size=300).tolist()
    firm = walk(TimeLimit(FrozenLakeEnv(desc=[list(row) for row in WIDE], is_slippery=False), 20), actions, 5)
    mine = walk(Lake(WIDE, 0.0, 20), actions, 5)
    assert [step[:4] for step in mine] == [step[:4] for step in firm]


def test_two_thirds_is_what_gymnasium_registers_as_slippery():
    actions = np.random.default_rng(2).integers(4, size=300).tolist()
    official = gymnasium.make("FrozenLake-v1", is_slippery=True)
    mine = Lake(*make_config("classic", slip=SLIPPERY).lake)
    pairs = zip(walk(mine, actions, 3), walk(official, actions, 3), strict=True)
    assert all(one[:4] == other[:4] for one, other in pairs if len(one) == 5)  # 1 - 2/3 is not quite 1/3


def test_the_time_limit_can_fall_on_a_terminal_step():
    lake = Lake(("SG",), 0.0, 1)
    lake.reset(seed=0)
    assert lake.step(2)[:4] == (1, 1, True, True)


@given(st.integers(0, 2**32), st.sampled_from(SLIPS))
def test_went_leads_to_the_next_state_and_walls_stop_it(seed, slip):
    lake = Lake(WIDE, slip, 50)
    state, _ = lake.reset(seed=seed)
    for action in np.random.default_rng(seed).integers(4, size=40).tolist():
        next_state, _, terminated, truncated, _ = lake.step(action)
        row, column = (x + dx for x, dx in zip(divmod(state, 5), MOVES[lake.went], strict=True))
        assert next_state == min(max(row, 0), 1) * 5 + min(max(column, 0), 4)
        assert lake.went != (action + 2) % 4  # the ice never sends one back
        if slip == 0:
            assert lake.went == action
        state = lake.reset()[0] if terminated or truncated else next_state


def test_moves_have_the_frequencies_given_by_slip():
    lake = Lake(("FFF", "FSF", "FFG"), 0.5, 10**9)
    lake.reset(seed=0)
    turns = [0, 0, 0]
    for _ in range(4000):
        lake.s = 4
        lake.step(1)
        turns[lake.went] += 1
    assert np.array(turns) / 4000 == pytest.approx([0.25, 0.5, 0.25], abs=0.04)


def test_a_loaded_environment_continues_identically():
    actions = np.random.default_rng(4).integers(4, size=60).tolist()
    lake = Lake(MAPS["4x4"], SLIPPERY, 9)
    lake.reset(seed=1)
    lake.step(0)
    other = Lake(MAPS["4x4"], SLIPPERY, 9)
    other.load_state(lake.state())
    for action in actions:
        assert other.state() == lake.state()
        here, there = lake.step(action), other.step(action)
        assert here == there
        if here[2] or here[3]:
            assert lake.reset() == other.reset()


@given(st.integers(0, 2**32), st.lists(st.sampled_from(SLIPS), min_size=1, max_size=4))
def test_a_changed_lake_goes_on_as_a_new_one_with_its_state(seed, slips):
    chooser = np.random.default_rng(seed)
    lake = Lake(("SFF", "FHF", "FFG"), 0.5, 9)
    lake.reset(seed=seed)
    for slip in slips:
        for _ in range(chooser.integers(3)):
            if any(lake.step(int(chooser.integers(4)))[2:4]):
                lake.reset()
        new = Lake(("FFF", "FSG", "HFF"), slip, 7)
        new.load_state(lake.state())
        lake.change(("SGF", "FFF", "FFG"), 0.3, 2)  # at once replaced by the next
        lake.change(("FFF", "FSG", "HFF"), slip, 7)
        if lake.s in (5, 6):  # a goal and a hole
            assert lake.reset() == new.reset()
        for action in chooser.integers(4, size=20).tolist():
            assert new.state() == lake.state()
            result = lake.step(action)
            assert result == new.step(action)
            if result[2] or result[3]:
                assert lake.reset() == new.reset()


def test_the_maps_equal_gymnasiums():
    assert {name: list(rows) for name, rows in MAPS.items()} == frozen_lake.MAPS


@pytest.mark.parametrize("rows", [MAPS["4x4"], MAPS["8x8"], WIDE, TALL])
@pytest.mark.parametrize("slip", SLIPS)
def test_the_transition_table_equals_gymnasiums(rows, slip):
    table = transition_table(rows, slip)
    tiles = "".join(rows)
    official = FrozenLakeEnv(desc=[list(row) for row in rows], success_rate=1 - slip).P
    for state, tile in enumerate(tiles):
        for action in range(4):
            if tile in "GH":
                assert not table.probability[state, action].any()
                continue
            mine = [
                (table.probability[i], table.next_state[i], table.goal[i], not table.alive[i])
                for i in [(state, action, slide) for slide in range(3)]
            ]
            assert mine == official[state][action]
    assert tiles[table.start] == "S"


def test_the_tables_arrays_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        transition_table(WIDE, 0.5).probability[0, 0, 0] = 1.0


def test_the_default_time_limits():
    assert default_time_limit(MAPS["4x4"]) == 100
    assert default_time_limit(MAPS["8x8"]) == 200
    assert default_time_limit(("S" + "F" * 8,) * 9) == 254  # 25 * 81 / 8, rounded up


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("FFF\nFFG", "has 0 starts"),
        ("SFS\nFFG", "has 2 starts"),
        ("SFF\nFFF", "no goal"),
        ("SFX\nFFG", "unknown letter 'X'"),
        ("SFF\nFG", "differ in length"),
        ("SHG\nHFF", "can be reached"),
        ("S" + "F" * 31 + "G", "1x33, larger than 32x32"),
        ("S" + "\nF" * 31 + "\nG", "33x1, larger than 32x32"),
        ("", "empty"),
        ("\n \n", "empty"),
    ],
)
def test_a_bad_map_is_refused_in_one_line_that_names_the_file(tmp_path, text, says):
    path = tmp_path / "lake.txt"
    path.write_text(text)
    with pytest.raises(MapError, match=says) as caught:
        find_map(str(path), 0)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_binary_or_missing_file_or_a_folder_is_refused(tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(bytes(range(256)))
    for bad in (binary, tmp_path):
        with pytest.raises(FileError, match=str(bad)):
            find_map(str(bad), 0)
    for missing in (str(tmp_path / "nowhere"), "9x9", "x" * 5000, "a\0b"):
        with pytest.raises(InvalidValue, match="there is no file"):
            find_map(missing, 0)


@pytest.mark.parametrize(
    "text", ["random:", "random:x", "random:1", "random:33", "random:-4", "random:4:", "random:4:5:6", "random:4:-1"]
)
def test_a_bad_random_map_is_refused(text):
    with pytest.raises(InvalidValue, match="random"):
        find_map(text, 0)


@pytest.mark.parametrize("part", ["size", "seed"])
def test_a_number_too_long_to_read_is_refused(part):
    text = "random:" + ("9" * 5000 if part == "size" else "4:" + "9" * 5000)
    with pytest.raises(InvalidValue, match="random"):
        find_map(text, 0)


def test_a_map_file_may_be_lower_case_with_blank_lines(tmp_path):
    path = tmp_path / "pond.txt"
    path.write_text("sffhf  \r\nFFFFG\n\n")
    assert find_map(str(path), 0) == ("pond.txt", WIDE)


AS_PEOPLE_HAVE_THEM = {
    "JSON": '["SFFHF", "FFFFG"]', "Python": "[\n    'SFFHF',  # the start\n    'FFFFG',\n]",
    "tuple": '("sffhf", "ffffg"),', "table of letters": '[["S","F","F","H","F"],["F","F","F","F","G"]]',
    "bytes": "[[b'S', b'F', b'F', b'H', b'F'], [b'F', b'F', b'F', b'F', b'G']]",
    "blanks": "S F F H F\n\nF F F F G", "commas": "S,F,F,H,F\nF,F,F,F,G\n", "tabs": "S\tF\tF\tH\tF\r\nF\tF\tF\tF\tG",
    "semicolons": "S; F; F; H; F\nF; F; F; F; G", "comments": "# a pond\nSFFHF # start\nFFFFG\n# end",
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", AS_PEOPLE_HAVE_THEM)
def test_a_map_is_read_in_the_forms_that_people_have(tmp_path, monkeypatch, form, encoding):
    path, data = tmp_path / "pond", AS_PEOPLE_HAVE_THEM[form].encode(encoding)
    path.write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert find_map(str(path), 0) == ("pond", WIDE)
    assert find_map("-", 0) == ("standard input", WIDE)


@pytest.mark.parametrize(
    "text",
    ["[", "[" * 60_000, "[1, 2]", '["SFG", 3]', '["SFG"] * 3', "{}", "('S' 'F' 'G')", "[[['S']]]", "[__import__('os')]",
     '["S\\x46G"]', "(" * 90 + ")" * 90, '["SFG" "FFF", ["F"]]'],
)  # fmt: skip
def test_a_list_that_is_no_map_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "pond"
    path.write_text(text)
    with pytest.raises(MapError) as caught:
        find_map(str(path), 0)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", ["SFFF FHFG", "SFFF, FHFG", "SF FF\nFF FG", "SFFF\tFHFG", '["SFFF,FHFG"]'])
def test_rows_on_one_line_are_not_taken_for_one_row(tmp_path, text):
    path = tmp_path / "pond"
    path.write_text(text)
    with pytest.raises(MapError, match="a line of the map holds several rows, as in 'SF"):
        find_map(str(path), 0)


def test_a_file_with_the_name_of_a_map_is_named_a_file(tmp_path):
    path = tmp_path / "8x8"
    path.write_text("SFFHF\nFFFFG")
    assert find_map(str(path), 0) == ("file 8x8", WIDE)
    path.write_text("\n".join(MAPS["8x8"]))
    assert find_map(str(path), 0) == ("8x8", MAPS["8x8"])


def test_the_largest_map_passes_and_holes_may_wall_off_other_goals():
    check_rows(("S" + "F" * 31,) + ("F" * 32,) * 30 + ("F" * 31 + "G",))
    check_rows(("SGHG",))


def test_a_random_map_without_a_seed_uses_the_runs_seed():
    label, rows = find_map("random:6", 11)
    assert label == "random:6:11"
    assert find_map("random:6:11", 99) == (label, rows)
    assert find_map(label, 0) == (label, rows)
    assert find_map("random:6:12", 0)[1] != rows
    assert (len(rows), len(rows[0])) == (6, 6)


def test_a_random_maps_size_is_2_to_32_and_its_label_names_its_rows():
    for size in (2, 32):
        label, rows = find_map(f"random:{size}:3", 0)
        assert len(rows) == size
        assert not names_other_rows(label, rows)
        assert names_other_rows(label, rows[1:] + rows[:1])
    assert not names_other_rows("random:33:3", MAPS["4x4"])


@given(st.integers(2, 10), st.integers(0, 10**6))
def test_every_random_map_is_a_lake(size, seed):
    check_rows(find_map(f"random:{size}:{seed}", 0)[1])


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_a_valid_map_can_be_played_without_a_warning(height, width, data):
    rows = tuple(data.draw(st.text("SFHG", min_size=width, max_size=width)) for _ in range(height))
    try:
        check_rows(rows)
    except MapError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state, _ = Lake(rows, 0.5, 10).reset(seed=0)
    assert "".join(rows)[state] == "S"
