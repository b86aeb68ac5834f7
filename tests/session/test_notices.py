"""The texts of the notices."""

from inspect import isfunction
from pathlib import Path

import pytest

from lakeppo.errors import Message
from lakeppo.moment import Moment, Phase
from lakeppo.presets import Limit
from lakeppo.session import notices

LIMIT = Limit("episodes", 2000)
PASS = Moment(18, Phase.IMPROVE, 3)
UPDATE = Moment(18, Phase.COLLECT, 0)
KNOB, TILE = notices.knob_change("norm_adv", True), notices.tile_change((1, 2), "G")
TEXTS: list[tuple[Message, list[str], list[str]]] = [
    (notices.saved(Path("saves/last.pt")), ["saves/last.pt"], []),
    (notices.exported(Path("exports/a.toml")), ["exports/a.toml", "tui --run", ".csv"], []),
    (notices.export_failed(Path("exports"), "read-only file system"), ["exports: read-only file system"], []),
    (notices.LESSON_NOT_SAVED, ["a lesson are not saved"], ["export"]),
    (notices.AT_END, ["end of the run so far"], ["update"]),
    (notices.AT_BEGINNING, ["beginning"], []),
    (notices.bookmark_set(PASS), ["bookmark set at #18 improve 3"], []),
    (notices.bookmark_removed(PASS), ["bookmark removed at #18 improve 3"], []),
    (notices.caption_set(PASS, "look here"), ["bookmark at #18 improve 3: look here"], []),
    (notices.caption_removed(PASS), ["the bookmark at #18 improve 3 has no caption"], []),
    (notices.NO_CONDITION, ["no condition"], ["stop_when"]),
    (notices.CONDITION_REMOVED, ["no condition"], []),
    (notices.condition_set("kl > 1", true=False), ["stops when kl > 1"], []),
    (notices.condition_set("kl > 1", true=True), ["kl > 1 becomes true again"], []),
    (notices.never_true("kl > 1"), ["kl > 1 was never true"], []),
    (notices.search_stopped("kl > 1"), ["the search for where kl > 1 was true was stopped"], []),
    (notices.condition_dropped("p(99, up) > 1", Message("too large")), ["no condition on this run: too large"], []),
    (notices.NO_EARLIER_CAUSE, ["no earlier cause"], []),
    (notices.NO_EVENT_AFTER, ["no event after"], ["previous_event", "events"]),
    (notices.NO_EVENT_BEFORE, ["no event before"], []),
    (notices.branch_added("B", "main", UPDATE), ["branch B leaves main at #18"], ["compare"]),
    (notices.branch_renamed("B", "no clip"), ["B", "no clip"], []),
    (notices.on_branch("B", 3), ["B", "3 branches"], []),
    (notices.ONLY_ONE_BRANCH, ["one branch"], ["branch"]),
    (notices.no_such_branch("D"), ["no branch named D"], []),
    (notices.changed(notices.knob_change("slip", 2 / 3), PASS), ["from #18 improve 3 on: slip is 2/3"], []),
    (notices.changed(notices.knob_change("clip_coef", None), UPDATE), ["clip_coef is off"], []),
    (
        notices.changed(notices.knob_change("norm_adv", True), UPDATE, ("B", "main")),
        ["branch B leaves main at #18", "norm_adv is on"],
        ["compare"],
    ),
    (notices.changed(notices.knob_change("seed", 5), UPDATE), ["seed 5"], []),
    (notices.changed(notices.tile_change((1, 2), "H"), UPDATE), ["(1,2) is a hole"], []),
    (
        notices.changed(notices.tile_change((1, 2), "G"), UPDATE, ("B", "main")),
        ["branch B leaves main", "(1,2) is a goal"],
        ["compare"],
    ),
    (notices.tile_unchanged((1, 2), "F"), ["(1,2) is ice already"], []),
    (notices.tile_unchanged((0, 0), "S"), ["episodes start on (0,0)"], []),
    (notices.finished(LIMIT, compared=False), ["finished after 2,000 episodes"], ["new_seed", "slip_switch", "toggle"]),
    (notices.finished(LIMIT, compared=True), ["2,000 episodes are done"], ["toggle"]),
    (notices.COMPARISON_OPENED, ["where they part"], ["update", "end"]),
    (notices.NOTHING_TO_COMPARE, ["nothing to compare"], []),
    (notices.COMPARISON_IN_THE_WAY, ["being compared"], ["compare_close"]),
    (notices.NO_DIFFERENCE_YET, ["no difference"], []),
    (notices.baseline_ends("run 2"), ["run 2", "only up to here"], ["update"]),
    (notices.siblings_started(8, 71, False, False), ["64 siblings, seeds 8 to 71"], ["sibling_list"]),
    (notices.siblings_started(8, 71, True, False), ["with its changes, made where updates begin"], ["sibling_list"]),
    (notices.siblings_started(8, 71, False, True), ["not shared: its change of seed"], []),
    (notices.more_siblings(192, 64, by_themselves=True), ["64 siblings are trained", "192 more"], ["siblings"]),
    (notices.more_siblings(192, 256, by_themselves=False), ["192 more siblings", "256 in all"], ["siblings"]),
    (notices.fault_to_spot(3), ["spot the bug 3", "four files"], ["spot", "compare"]),
    (notices.FAULTY_NOT_SAVED, ["neither saved nor exported"], []),
    (notices.FAULTY_ALONE, ["siblings and explanations"], []),
    (notices.SIBLINGS_REMOVED, ["siblings are removed"], ["siblings"]),
    (notices.siblings_trained(256), ["all 256 siblings"], []),
    (notices.siblings_stopped("killed", started=True), ["have stopped: killed"], []),
    (notices.siblings_stopped("no memory", started=False), ["no siblings can be trained: no memory"], []),
    (notices.diverged(Message("it is frozen")), ["it is frozen; "], ["earlier10"]),
    (notices.sibling_diverged(12, 40, 0.5, 0.4321), ["seed 12", "update 40", "0.500", "0.432", "Rounding"], []),
]
"""Notices, parts of their texts, and the ids of the keys named there."""


class Ids(dict[str, str]):
    """Names every key by its id."""

    def __missing__(self, id: str) -> str:
        return f"<{id}>"


def test_every_notice_has_a_text_of_its_own():
    makers = {name for name, value in vars(notices).items() if isinstance(value, Message) or isfunction(value)}
    source = Path(__file__).read_text()
    inner = {"Message", "N_", "short_moment", "_place"}
    assert not [name for name in makers - inner if f"notices.{name}" not in source]
    texts = [notice.text(Ids()) for notice, _, _ in TEXTS]
    assert all(text and text.isprintable() for text in texts)
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("notice", "parts", "keys"), TEXTS)
def test_a_text_has_the_values_of_its_notice_and_its_keys(notice, parts, keys):
    text = notice.text(Ids())
    for part in parts:
        assert part in text
    assert text.count("<") == len(keys)
    for key in keys:
        assert f"<{key}>" in text


def test_a_text_names_the_key_that_is_bound_now():
    finished = notices.finished(LIMIT, compared=True)
    assert "space goes on" in finished.text({"toggle": "space"})
    assert "k goes on" in finished.text({"toggle": "k"})
