"""Saves whose fields lie: each is refused in one line that names what is wrong, before anything uses it."""

import math
import re
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

import pytest
import torch
from support.runs import advance, hashes
from support.saves import SOUND, saved

from lakeppo.errors import FileError, SaveError
from lakeppo.i18n import use_language
from lakeppo.session.source import saved_run
from lakeppo.storage.checkpoint import read_save
from lakeppo.tui.settings import Preferences
from lakeppo.tui.start import show

NAN, INF = math.nan, math.inf
WEIGHT = "state/weights/actor/0.weight"
BEST = "best/state/weights/critic/2.bias"
FIRST = "state/adams/actor/first/0"
HISTORY = "history"

VALUES: list[tuple[str, Any, str]] = [
    # what the save says of itself
    ("format", True, "format"), ("format", 0, "format"), ("format", -1, "format"), ("format", 2.0, "format"),
    ("format", 10**30, "newer"), ("magic", "lakeppo", "not a lakeppo save"), ("version", 1, "version"),
    ("version", "x" * 10**6, "version"), ("seed", "one", "seed"), ("seed", -1, "seed"), ("seed", 2**63, "seed"),
    ("seed", True, "seed"), ("seed", 1.0, "seed"),
    # the config
    ("config", [], "config"), ("config/preset", "removed", "preset"), ("config/preset", ["classic"], "preset"),
    ("config/map", 4, "map"), ("config/map", "m" * 10**6, "map"), ("config/map_rows", "SFFFHFFFG", "map_rows"),
    ("config/map_rows", [], "map_rows"), ("config/map_rows", ["SFF", "FHF", "FF"], "rows"),
    ("config/map_rows", ["SFF", "FHF", "FFX"], "letter"), ("config/map_rows", ["SFF", "FHF", "FFS"], "starts"),
    ("config/map_rows", ["SFF", "FHF", "FFF"], "goal"), ("config/map_rows", ["SHF", "HHF", "FFG"], "reached"),
    ("config/map_rows", ["S" + "F" * 40 + "G"], "map_rows"), ("config/map_rows", ["SFF", "FHF", 1], "map_rows"),
    ("config/map_rows", ["SFFF", "FHFF", "FFFG"], "another size"), ("config/slip", 7.0, "slip"),
    ("config/slip", NAN, "slip"), ("config/slip", "0.1", "slip"), ("config/slip", [0.1], "slip"),
    ("config/max_episode_steps", 0, "max_episode_steps"), ("config/batch_size", 10**12, "batch_size"),
    ("config/batch_size", 47, "batch_size"), ("config/epochs", 0, "epochs"),
    ("config/learning_rate", INF, "learning_rate"), ("config/learning_rate", 10**400, "learning_rate"),
    ("config/gamma", 2.0, "gamma"), ("config/gamma", None, "gamma"), ("config/anneal_steps", -1, "anneal_steps"),
    ("config/norm_adv", 1, "norm_adv"), ("config/init", "zeros", "init"), ("config/activation", 0, "activation"),
    # the moment and the changes
    ("moment", [6, 2], "moment"), ("moment", [6, 4, 2], "moment"), ("moment", [6, 2, 1], "moment"),
    ("moment", [5, 2, 2], "moment"), ("moment", [-1, 2, 2], "moment"), ("moment", [6.0, 2, 2], "moment"),
    ("moment", [10**12, 2, 2], "moment"), ("moment", (6, 2, 2), "moment"), ("changes", None, "changes"),
    ("changes", [], "never"), ("changes/0/1", "nothing", "nothing"), ("changes/0/1", "init", "init"),
    ("changes/0/1", ["slip"], "name"), ("changes/0/2", -1.0, "clip_coef"), ("changes/0/2", {}, "clip_coef"),
    ("changes/0/0", [99, 0, 0], "order"), ("changes/1/1", "map_rows", "map_rows"), ("changes/1/2", 0, "batch_size"),
    ("changes/1", [[2, 0, 17], "map_rows", ("SFF", "FHF", "FFF")], "goal"),
    ("changes/1", [[2, 0, 17], "map_rows", ("SFFG",)], "another size"),
    ("changes/1", [[2, 0, 17], "seed", -3], "seed"), ("changes/1", [[2, 0, 17], "slip"], "length"),
    # the networks and Adam
    ("state/weights", {}, "actor"), ("state/weights/actor", [], "dict"), (WEIGHT, None, "tensor"),
    (WEIGHT, torch.zeros(32, 8), "tensor"), (WEIGHT, torch.zeros(32, 9, dtype=torch.float64), "float64"),
    (WEIGHT, torch.full((32, 9), NAN), "not finite"),
    ("state/weights/old_actor/4.bias", torch.full((4,), INF), "not finite"),
    (BEST, torch.full((1,), -INF), "not finite"), ("state/weights/critic/extra", torch.zeros(1), "layers"),
    (FIRST, torch.zeros(3), "moment"), (FIRST, 0.0, "moment"),
    ("state/adams/critic/second/0", torch.full((16, 9), -1.0), "negative"), ("state/adams/actor/first", [], "length"),
    ("state/adams/actor/steps", [-1], "steps"), ("state/adams/actor/steps", [10**9], "steps"),
    ("state/adams/critic/steps", [23], "steps"), ("state/adams/actor/steps", [], "steps"),
    ("state/adams/actor/steps", [torch.tensor(NAN)], "steps"),
    # the generators
    ("state/generator", {}, "bit_generator"), ("state/generator/bit_generator", "MT19937", "PCG64"),
    ("state/generator/state/state", -1, "generator"), ("state/generator/state/state", 2**128, "generator"),
    ("state/generator/state/inc", 2, "odd"), ("state/generator/has_uint32", 2, "generator"),
    ("state/generator/uinteger", 2**32, "generator"), ("state/env/generator/state", [1, 1], "dict"),
    ("state/env/generator/state/inc", 1.0, "generator"),
    # where the agent stands
    ("state/env/s", -1, "env.s"), ("state/env/s", 9, "env.s"), ("state/env/s", 7, "another tile"),
    ("state/state", 99, "state"), ("state/state", 6.0, "state"), ("state/env/lastaction", 4, "lastaction"),
    ("state/env/lastaction", None, "lastaction"), ("state/env/went", 4, "went"), ("state/env/went", -1, "went"),
    ("state/env/elapsed", 100, "elapsed"), ("state/env/elapsed", -1, "elapsed"),
    ("state/env/elapsed", 0, "lastaction"), ("state/env/elapsed", NAN, "elapsed"),
    # counts
    ("state/counts", [6, 296], "counts"), ("state/counts/0", 5, "moment"), ("state/counts/0", -1, "updates"),
    ("state/counts/1", 10**15, "env_steps"), ("state/counts/1", 297, "differ"), ("state/counts/1", 30, "env_steps"),
    ("state/counts/2", 34, "differ"), ("state/counts/2", 10**9, "episodes"), ("state/counts/2", True, "episodes"),
    ("state/outcomes", [True] * 101, "outcomes"), ("state/outcomes", [1], "outcomes"),
    ("state/outcomes", None, "outcomes"), ("state/first_goal_episode", 0, "first_goal"),
    ("state/first_goal_episode", 99, "first_goal"), ("state/first_goal_episode", None, "first_goal"),
    # the batch
    ("state/in_force", [0.01], "in_force"), ("state/in_force/0", NAN, "learning_rate"),
    ("state/in_force/0", -1.0, "learning_rate"), ("state/in_force/1", INF, "ent_coef"),
    ("state/in_force/2", 10**12, "batch_size"), ("state/in_force/2", 41, "batch_size"),
    ("state/in_force/3", 0, "epochs"), ("state/in_force/3", 1000, "epochs"),
    ("state/transitions", None, "transitions"), ("state/transitions", [], "judgement"),
    ("state/transitions/0", [0] * 7, "tuples"), ("state/transitions/0", (0,), "tuples"),
    ("state/transitions/0", (9, 1, 2, 0, 8, False, False), "no such state"),
    ("state/transitions/0", (7, 4, 2, 0, 8, False, False), "no such action"),
    ("state/transitions/0", (7, 1, -1, 0, 8, False, False), "no such went"),
    ("state/transitions/0", (7, 1, 2, NAN, 8, False, False), "no such reward"),
    ("state/transitions/0", (7, 1, 2, 7, 8, False, False), "no such reward"),
    ("state/transitions/0", (7, 1, 2, 1, 8.0, False, False), "no such next_state"),
    ("state/transitions/0", (7, 1, 2, 1, 8, 1, False), "no such terminated"),
    ("state/transitions/0", (7, 1, 2, 1, 8, True, True), "both"),
    ("state/transitions/0", (7, 1, 2, 1, "8" * 10**6, True, False), "no such next_state"),
    ("state/judgement", None, "judged"), ("state/judgement/0", torch.zeros(39, dtype=torch.float64), "judgement"),
    ("state/judgement/2", torch.full((40,), NAN, dtype=torch.float64), "not finite"),
    ("state/judgement", [], "judgement"), ("state/passes", [], "moment"), ("state/passes/0", (1,), "pass"),
    ("state/passes", {}, "passes"), ("state/passes/0", (torch.zeros(9, 4), 0.0, 0.0, 0.0, 0.0, 0.0, None), "pass"),
    ("state/passes/0", (torch.ones(9, 4, dtype=torch.float64), 0.0, 0.0, 0.0, 0.0, 0.0, None), "probability"),
    ("state/passes/0", (torch.zeros(9, 4, dtype=torch.float64), "0", 0.0, 0.0, 0.0, 0.0, None), "pass"),
    ("state/passes/0", (torch.zeros(9, 4, dtype=torch.float64), 0.0, 0.0, 0.0, 0.0, 0.0, -1.0), "clip_coef"),
    # the history and the best policy
    (HISTORY, None, "history"), (HISTORY, torch.zeros(6, 20, dtype=torch.float64), "history"),
    (HISTORY, torch.zeros(6, 21), "history"), (HISTORY, torch.zeros(0, dtype=torch.float64), "history"),
    (HISTORY, torch.zeros(6, 21, dtype=torch.float64), "updates"), (f"{HISTORY}/0/0", 2.0, "updates"),
    (f"{HISTORY}/2/1", NAN, "whole"), (f"{HISTORY}/2/1", 1.5, "whole"), (f"{HISTORY}/2/1", 10.0, "grow"),
    (f"{HISTORY}/5/2", 10.0**6, "grow"), (f"{HISTORY}/5/19", 2.0, "share"), (f"{HISTORY}/5/19", -1.0, "share"),
    (f"{HISTORY}/5/19", 0.25, "success"), (f"{HISTORY}/5/1", 255.0, "differ"), ("best", [], "best"),
    ("best/update", 0, "best"), ("best/update", 7, "best"), ("best/update", 3, "best"),
    ("best/success_probability", 2.0, "success_probability"), ("best/success_probability", NAN, "success_probability"),
    ("best/success_probability", 0.5, "success"), ("best/changes", [], "best"), ("best/state", None, "state"),
    ("best/state/env/s", 4, "best"),
    # the branches and keyframes
    ("timeline", [], "timeline"), ("timeline/on", 3, "timeline"), ("timeline/on", -1, "timeline"),
    ("timeline/on", 0, "branch"), ("timeline/lines", [], "timeline"), ("timeline/lines/0/name", "", "name"),
    ("timeline/lines/0/name", "x" * 10**6, "name"), ("timeline/lines/0/name", "\x1b[2J", "name"),
    ("timeline/lines/0/name", 7, "name"), ("timeline/lines/1/name", "main", "two branches"),
    ("timeline/lines/1/parent", "nobody", "listed"), ("timeline/lines/1/parent", ["main"], "parent"),
    ("timeline/lines/0/parent", "main", "left_at"), ("timeline/lines/1/left_at", [99, 0, 0], "after its end"),
    ("timeline/lines/1/left_at", None, "left_at"), ("timeline/lines/1/parent", None, "leaves no branch"),
    ("timeline/lines/0/changes", [[[0, 0, 0], "slip", 0.25]], "other changes than its parent"),
    ("timeline/lines/1/end", [5, 0, 0], "branch"), ("timeline/lines/0/end", [1, 0, 0], "branch"),
    ("timeline/lines/1/changes", [], "branch"), ("timeline/lines/0/bookmarks", [[99, 0, 0]], "bookmark"),
    ("timeline/lines/0/bookmarks", [[1, 2]], "bookmark"), ("timeline/lines/0/bookmarks", None, "bookmarks"),
    ("timeline/lines/0/captions", None, "captions"), ("timeline/lines/0/captions", [7], "caption"),
    ("timeline/lines/0/captions", [[[5, 0, 3], "x"]], "no bookmark"),
    ("timeline/lines/0/captions", [[[1, 2, 2], "x" * 201]], "200 characters"),
    ("timeline/lines/0/captions", [[[1, 2, 2], "\x1b[2J"]], "200 characters"),
    ("timeline/lines/0/captions", [[[1, 2, 2], 7]], "caption"),
    ("timeline/lines/0/captions", [[[1, 2, 2], "x"]] * 99, "no bookmark"),
    ("timeline/lines/0/history", None, "history"), ("timeline/bests", None, "bests"),
    ("timeline/bests/0/success_probability", 2.0, "best"), ("timeline/keyframes/0/0", [99, 0, 0], "keyframe"),
    ("timeline/keyframes/0/1", [[[9, 9, 9], "slip", 0.5]], "keyframe"), ("timeline/keyframes/0/2", {}, "keyframe"),
    ("timeline/keyframes/0/3", 99, "keyframe"), ("timeline/keyframes/0", [], "keyframe"),
]  # fmt: skip
"""The place of a field, a value that it cannot have, and a word of the error line."""


def edited(content: Any, path: str, edit: Callable[[Any, Any], None]) -> bytes:
    """The save after `edit(container, key)` of the field at a path such as `state/env/s`."""
    content = container = dict(content)  # only what is on the path is copied
    *parents, last = path.split("/")
    for name in parents:
        key = name if isinstance(container, dict) else int(name)
        part = container[key]
        if not isinstance(container, torch.Tensor):
            part = container[key] = part.clone() if isinstance(part, torch.Tensor) else copy(part)
        container = part
    edit(container, last if isinstance(container, dict) else int(last))
    return saved(content)


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    return torch.load(SOUND, weights_only=True)


def refusal(path) -> str:
    with pytest.raises((FileError, SaveError)) as caught:
        read_save(path)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert line.isprintable()
    assert len(line) < 1000
    return line


WORDS = re.compile(r"[A-Za-z']{2,}(?: [A-Za-z']{2,})+")
"""English words that follow each other, as no name of a field has them."""


def in_chinese(path) -> str:
    """The error of a save in Chinese, in which only names of fields and values are English."""
    use_language("zh")
    line = refusal(path).replace(str(path.parent), "")
    use_language("en")
    assert re.search("[\u4e00-\u9fff]", line)
    assert WORDS.findall(line) == []
    return line


@pytest.mark.parametrize(("field", "value", "word"), VALUES)
def test_a_field_that_lies_is_refused_by_name(tmp_path, sound, field, value, word):
    (tmp_path / "crafted.pt").write_bytes(edited(sound, field, lambda table, key: table.__setitem__(key, value)))
    assert word in refusal(tmp_path / "crafted.pt").replace(str(tmp_path), "")
    in_chinese(tmp_path / "crafted.pt")


def keys_of(content: Any, path: str = "") -> list[str]:
    """The paths of the keys of all dicts in a save; of a list, those in its first item."""
    found = []
    for key, value in content.items() if isinstance(content, dict) else list(enumerate(content))[:1]:
        here = f"{path}/{key}".lstrip("/")
        found += [here] if isinstance(content, dict) else []
        found += keys_of(value, here) if isinstance(value, dict | list) else []
    return found


@pytest.mark.slow
def test_every_missing_field_is_refused_by_name(tmp_path, sound):
    fields = keys_of(sound)
    assert len(fields) > 200
    again = [field for field in fields if "/state/" in field or "/keyframes/0/2/" in field]  # as in the run's state
    for field in [field for field in fields if field not in again] + again[::6]:
        (tmp_path / "crafted.pt").write_bytes(edited(sound, field, lambda table, key: table.pop(key)))
        line = refusal(tmp_path / "crafted.pt").replace(str(tmp_path), "")
        assert field.split("/")[-1] in line or field in ("magic", "format"), (field, line)
        line = in_chinese(tmp_path / "crafted.pt")
        assert field.split("/")[-1] in line or field in ("magic", "format"), (field, line)


def test_a_save_without_its_branches_is_the_run_alone(tmp_path, sound):
    (tmp_path / "crafted.pt").write_bytes(edited(sound, "timeline", lambda table, key: table.__setitem__(key, None)))
    timeline = read_save(tmp_path / "crafted.pt").timeline()
    assert [branch.name for branch in timeline.branches] == ["main"]
    assert hashes(advance(timeline.run, 8)) == hashes(advance(read_save(SOUND).run(), 8))


@pytest.mark.parametrize("command", [("inspect",), ("inspect", "--json"), ("inspect", "--batch"), ("replay",)])
@pytest.mark.parametrize("field", ["state/env/s", "best/success_probability", "state/in_force/2", WEIGHT])
def test_commands_print_one_line_about_a_bad_save(tmp_path, sound, lakeppo, command, field):
    values = {"state/env/s": 99, "state/in_force/2": 10**12, WEIGHT: torch.full((32, 9), NAN)}
    bad = edited(sound, field, lambda table, key: table.__setitem__(key, values.get(field, 2.0)))
    (tmp_path / "bad.pt").write_bytes(bad)
    saves = str(tmp_path / "saves")
    for arguments in (
        [*command, str(tmp_path / "bad.pt")],
        ["train", "--resume", str(tmp_path / "bad.pt"), "--saves", saves],
    ):
        status, out, err = lakeppo(*arguments)
        assert (status, out) == (1, "")
        assert err.startswith(f"lakeppo: {tmp_path / 'bad.pt'} is damaged: ")
        assert err.count("\n") == 1
        assert len(err) < 1000


def test_no_app_opens_on_a_bad_save(tmp_path, sound):
    (tmp_path / "bad.pt").write_bytes(edited(sound, "timeline/on", lambda table, key: table.__setitem__(key, 9)))
    with pytest.raises(SaveError, match="timeline: on"):
        show(saved_run(tmp_path / "bad.pt"), False, Preferences())


def test_a_branch_that_leaves_its_parent_after_its_end_is_refused(tmp_path, sound):
    content = deepcopy(sound)
    line = content["timeline"]["lines"][2]
    line["left_at"], line["end"] = [8, 0, 0], [9, 0, 0]  # its parent ends in update 6
    (tmp_path / "crafted.pt").write_bytes(saved(content))
    assert "after its end" in refusal(tmp_path / "crafted.pt")
