"""The words of the worker's notices and of the end of a session, with the keys that are bound now."""

from pathlib import Path
from typing import get_args

import pytest

from lakeppo.config import Limit
from lakeppo.moment import Moment, Phase
from lakeppo.session.channel import Ending
from lakeppo.session.commands import GoToEnd, Save, Step, Unit
from lakeppo.session.notices import (
    AtBeginning,
    AtEnd,
    BaselineEnds,
    BookmarkRemoved,
    BookmarkSet,
    BranchAdded,
    BranchRenamed,
    Changed,
    ComparisonInTheWay,
    ComparisonOpened,
    Exported,
    ExportFailed,
    Finished,
    MoreSiblings,
    NoDifferenceYet,
    NoSuchBranch,
    NothingToCompare,
    Notice,
    OnBranch,
    OnlyOneBranch,
    Remark,
    Saved,
    SiblingDiverged,
    SiblingsRemoved,
    SiblingsStarted,
    SiblingsStopped,
    SiblingsTrained,
    TileUnchanged,
)
from lakeppo.tui.text.notices import ending_text, notice_text, resume_text

LIMIT = Limit("episodes", 2000)
PASS = Moment(18, Phase.IMPROVE, 3)
UPDATE = Moment(18, Phase.COLLECT, 0)
TEXTS: list[tuple[Notice, list[str], list[str]]] = [
    (Remark("gamma must be a number"), ["gamma must be a number"], []),
    (Saved(Path("saves/last.pt")), ["saves/last.pt"], []),
    (Exported(Path("exports/a.toml")), ["exports/a.toml", "tui --run", ".csv", ".svg"], []),
    (ExportFailed(Path("exports"), "read-only file system"), ["exports: read-only file system"], []),
    (AtEnd(), ["end of the run so far"], ["update"]),
    (AtBeginning(), ["beginning"], []),
    (BookmarkSet(PASS), ["bookmark set at #18 improve 3"], []),
    (BookmarkRemoved(PASS), ["bookmark removed at #18 improve 3"], []),
    (BranchAdded("B", "main", UPDATE), ["branch B leaves main at #18"], ["compare"]),
    (BranchRenamed("B", "no clip"), ["B", "no clip"], []),
    (OnBranch("B", 3), ["B", "3 branches"], []),
    (OnlyOneBranch(), ["one branch"], ["branch"]),
    (NoSuchBranch("D"), ["no branch named D"], []),
    (Changed("slip", 2 / 3, PASS), ["from #18 improve 3 on: slip is 2/3"], []),
    (Changed("clip_coef", None, UPDATE), ["clip_coef is off"], []),
    (Changed("norm_adv", True, UPDATE, "B", "main"), ["branch B leaves main at #18", "norm_adv is on"], ["compare"]),
    (Changed("seed", 5, UPDATE), ["seed 5"], []),
    (Changed("tile", "H", UPDATE, tile=(1, 2)), ["(1,2) is a hole"], []),
    (Changed("tile", "G", UPDATE, "B", "main", (1, 2)), ["branch B leaves main", "(1,2) is a goal"], ["compare"]),
    (TileUnchanged((1, 2), "F"), ["(1,2) is ice already"], []),
    (TileUnchanged((0, 0), "S"), ["episodes start on (0,0)"], []),
    (Finished(LIMIT, compared=False), ["finished after 2,000 episodes"], ["new_seed", "slip_switch", "toggle"]),
    (Finished(LIMIT, compared=True), ["2,000 episodes are done"], ["toggle"]),
    (ComparisonOpened(), ["where they part"], ["update", "end"]),
    (NothingToCompare(), ["nothing to compare"], []),
    (ComparisonInTheWay(), ["being compared"], ["compare_close"]),
    (NoDifferenceYet(), ["no difference"], []),
    (BaselineEnds("run 2"), ["run 2", "only up to here"], ["update"]),
    (SiblingsStarted(8, 71, False, False), ["64 siblings, seeds 8 to 71"], ["sibling_list"]),
    (SiblingsStarted(8, 71, True, False), ["with its changes, made where updates begin"], ["sibling_list"]),
    (SiblingsStarted(8, 71, False, True), ["not shared: its change of seed"], []),
    (MoreSiblings(192, 64, by_themselves=True), ["64 siblings are trained", "192 more"], ["siblings"]),
    (MoreSiblings(192, 256, by_themselves=False), ["192 more siblings", "256 in all"], ["siblings"]),
    (SiblingsRemoved(), ["siblings are removed"], ["siblings"]),
    (SiblingsTrained(256), ["all 256 siblings"], []),
    (SiblingsStopped("killed", started=True), ["have stopped: killed"], []),
    (SiblingsStopped("no memory", started=False), ["no siblings can be trained: no memory"], []),
    (SiblingDiverged(12, 40, 0.5, 0.4321), ["seed 12", "update 40", "0.500", "0.432", "Rounding"], []),
]
"""Notices, parts of their texts, and the ids of the keys named there."""


def key_id(id: str) -> str:
    return f"<{id}>"


def test_every_notice_of_the_union_has_a_text():
    assert {type(notice) for notice, _, _ in TEXTS} == set(get_args(Notice))
    texts = [notice_text(notice, key_id) for notice, _, _ in TEXTS]
    assert all(text and text.isprintable() for text in texts)
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("notice", "parts", "keys"), TEXTS, ids=[type(notice).__name__ for notice, _, _ in TEXTS])
def test_a_text_has_the_values_of_its_notice_and_its_keys(notice, parts, keys):
    text = notice_text(notice, key_id)
    for part in parts:
        assert part in text
    assert text.count("<") == len(keys)
    for key in keys:
        assert key_id(key) in text


def test_a_text_names_the_key_that_is_bound_now():
    finished = Finished(LIMIT, compared=True)
    keymap = {"toggle": "space"}
    assert "space goes on" in notice_text(finished, keymap.__getitem__)
    keymap["toggle"] = "k"
    assert "k goes on" in notice_text(finished, keymap.__getitem__)


def test_a_session_that_ended_well_has_no_ending_text():
    assert ending_text(None, Ending(Path("last.pt"))) is None


def test_the_ending_names_the_dropped_commands():
    update = Step(Unit.COPY)
    text = ending_text(None, Ending(Path("last.pt"), None, (update, update, Save(), GoToEnd())))
    assert text == "quit after 2 s; dropped commands: Step x2, Save, GoToEnd"


def test_a_failure_comes_before_a_failed_save_and_dropped_commands():
    ending = Ending(None, "disk full; it is tried again", (Save(),))
    assert ending_text("ValueError: x", ending) == "the worker failed: ValueError: x"
    assert ending_text(None, ending) == "the run was not saved: disk full"


def test_a_saved_run_can_be_resumed_by_its_quoted_path():
    text = resume_text(None, Ending(Path("my saves/last.pt")))
    assert text == "Saved. To resume: lakeppo tui --resume 'my saves/last.pt'"


def test_nothing_is_resumed_after_a_failure_or_without_a_save():
    assert resume_text("ValueError: x", Ending(Path("last.pt"))) is None
    assert resume_text(None, Ending()) is None
