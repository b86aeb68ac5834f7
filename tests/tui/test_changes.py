"""The map edited and the seed changed, through the worker and from the keys."""

import re

import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from support.runs import small
from support.screens import screen_text
from support.session import hashes, see, wait_for
from textual.widgets import Input, OptionList

from lakeppo.config import Limit, make_config
from lakeppo.errors import InvalidValue
from lakeppo.lake.exact import optimum
from lakeppo.runs.run import Run, exact_success
from lakeppo.runs.timeline import Timeline
from lakeppo.session.changes import begun_anew, change, named
from lakeppo.session.commands import EditTile, SetSeed, StartSeed
from lakeppo.session.snapshot import PACES
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.run_file import RunFile
from lakeppo.tui.app import LakeApp
from lakeppo.tui.text.formatting import map_words


def at(units: int) -> Timeline:
    timeline = Timeline(Run(make_config("classic"), 1))
    for _ in range(units):
        timeline.unit()
    return timeline


def test_an_edit_changes_one_tile_and_every_exact_figure_follows():
    timeline = at(70)
    before = timeline.run.success()
    assert change(timeline, "tile:5=F") == "from #0 copy on: (1,1) is ice"
    config = timeline.run.config
    assert config.map_rows == ("SFFF", "FFFH", "FFFH", "HFFG")
    assert timeline.run.success() == exact_success(config, timeline.run.policy()) != before
    assert optimum(config.map_rows, 0.5, 100) > optimum(timeline.run.origin.map_rows, 0.5, 100)
    assert timeline.run.changes[-1].name == "map_rows"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("tile:0=H", "the walk starts on (0,0): that tile stays as it is"),
        ("tile:15=H", "the map has no goal (G)"),
        ("tile:5=H", "(1,1) is a hole already"),
    ],
)
def test_an_edit_that_makes_no_lake_is_refused_in_one_line(command, said):
    timeline = at(3)
    with pytest.raises(InvalidValue) as refused:
        change(timeline, command)
    assert str(refused.value) == said
    assert timeline.run.changes == []


def test_the_agents_own_tile_and_the_only_way_stay():
    timeline = Timeline(Run(small(("SFFG",)), 5))
    with pytest.raises(InvalidValue, match="no goal of the map can be reached"):
        change(timeline, "tile:1=H")
    timeline = at(0)
    while timeline.run.trainer.state == 0:
        timeline.unit()
    with pytest.raises(InvalidValue, match="the agent stands there"):
        change(timeline, f"tile:{timeline.run.trainer.state}=H")


def test_an_edit_in_the_past_starts_a_branch_and_nothing_lived_is_lost():
    timeline = at(150)
    end = timeline.branch.end
    timeline.go_to(end._replace(update=1, index=0))
    said = change(timeline, "tile:5=F")
    assert said.startswith("branch B leaves main at #1: (1,1) is ice")
    timeline.switch(timeline.branches[0])
    assert timeline.run.moment == end
    assert timeline.run.config.map_rows == timeline.run.origin.map_rows


def test_a_new_run_of_an_edited_lake_is_called_edited_and_a_preset_brings_its_own():
    timeline = at(10)
    change(timeline, "tile:5=F")
    config, seed = begun_anew(timeline.run, "over:gamma=0.5")
    config = named(config, timeline.run.origin)
    assert (config.map, config.map_rows[1], seed) == ("4x4, edited", "FFFH", 1)
    assert named(config, config) == config
    config, _ = begun_anew(timeline.run, "preset:slippery")
    assert (config.map, config.map_rows) == ("4x4", timeline.run.origin.map_rows)


def test_the_seed_of_what_follows_and_the_seed_of_a_new_run():
    timeline, twin = at(40), at(40)
    assert change(timeline, "set:seed=5") == "from #0 collect 40 on: all chance comes from seed 5"
    assert timeline.run.seed == 1
    for _ in range(20):
        timeline.unit()
        twin.unit()
    assert timeline.run.trainer.transitions[:40] == twin.run.trainer.transitions[:40]
    assert timeline.run.trainer.transitions != twin.run.trainer.transitions
    assert begun_anew(twin.run, "over:seed=9") == (twin.run.config, 9)
    for bad in ("x", "-1", "", str(2**63)):
        with pytest.raises(InvalidValue, match="seed must be a whole number"):
            change(timeline, f"set:seed={bad}")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_t_chooses_what_the_tile_under_the_cursor_is(size):
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("up", "t")
        await settle(pilot)
        assert "TILE (1,1) hole: make it" in "\n".join(screen_text(app))
        await pilot.press("i")
        await pilot.press("t", "escape", "t")
        await settle(pilot)
        await pilot.click("#tile_G")
        assert app.screen is app.main_screen
    assert session.sent == [EditTile(5, "F"), EditTile(5, "G")]


async def test_the_title_says_that_the_map_is_edited_and_which_seed_follows():
    config = make_config("classic")
    moment = make_snapshot().moment
    run = Run(config, 7)
    run.change("map_rows", ("SFFF", "FFFH", "FFFH", "HFFG"))
    run.change("seed", 5)
    session = FakeSession(make_snapshot(run.config, moment, changes=tuple(run.changes)), config=config)
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert map_words(app.main_screen.state) == "4x4, edited"
        assert "4x4, edited  slip 0  seed 7, now 5" in screen_text(app)[0]


@pytest.mark.parametrize(("key", "sent"), [("enter", SetSeed(12)), ("ctrl+o", StartSeed(12))])
async def test_the_seed_stands_among_the_knobs(key, sent):
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("p")
        options = pilot.app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index("seed")
        await settle(pilot)
        await pilot.press("enter")
        pilot.app.screen.query_one(Input).value = "12"
        await pilot.press(key)
        await settle(pilot)
    assert session.sent == [sent]


@pytest.mark.parametrize("demonstrating", [False, True])
def test_a_map_edited_at_full_speed_is_the_run_its_changes_say(worker, tmp_path, demonstrating):
    edits = [
        "tile:5=F",
        "tile:12=G",
        "tile:12=H",
        "tile:0=H",
        "tile:15=F",
        "tile:11=G",
        "tile:15=F",
    ]  # nobody stands there
    runner = worker(paused=False, limit=Limit("updates", 1_000_000))
    for _ in PACES:
        runner.send("faster")
    see(runner, lambda s: s.moment.update > 1)
    if demonstrating:
        runner.send("demo")
    for told, edit in enumerate(edits, 1):
        runner.send(edit)
        shown = see(runner, lambda s, told=told: s.notice_count >= told)
        assert (shown.demo is not None) == demonstrating
    assert tuple(re.sub(r"^from #\d+( [a-z]+( \d+)?)? on: ", "", notice) for notice in shown.notices) == (
        "(1,1) is ice",
        "(3,0) is a goal",
        "(3,0) is a hole",
        "the walk starts on (0,0): that tile stays as it is",
        "the map has no goal (G)",
        "(2,3) is a goal",
        "(3,3) is ice",
    )
    if demonstrating:
        runner.send("demo")
        runner.send("demo")
    reached = shown.moment.update + 3
    see(runner, lambda s: s.moment.update > reached)
    runner.stop(drop=False)
    wait_for(runner.stopped)
    save = read_save(tmp_path / "saves" / "last.pt")
    assert save.config.map_rows == ("SFFF", "FFFH", "FFFG", "HFFF")
    again = RunFile(save.seed, save.origin, save.branches, save.current).timeline()
    while again.run.moment < save.moment:
        again.unit()
    assert hashes(again.run) == hashes(save)
