"""Changes of knobs, the slip, the seed and the map, and the configs of runs that start over."""

import pytest
from support.runs import small
from support.session import (
    CLASSIC,
    CLIP_OFF,
    FASTER,
    UPDATE,
    answers,
    hashes,
    moment,
    quit_and_read,
    refusal,
    see,
    see_notice,
    send,
)

from lakeppo.errors import InvalidValue
from lakeppo.knob import parse_seed
from lakeppo.lake.exact import optimum
from lakeppo.moment import Phase
from lakeppo.presets import SLIPPERY, Limit
from lakeppo.runs.run import Run, exact_success
from lakeppo.runs.timeline import Timeline
from lakeppo.session import notices
from lakeppo.session.changes import change, mark_edited, restart_config
from lakeppo.session.commands import (
    ChangeSlip,
    CycleDemo,
    EditTile,
    SetKnob,
    SetSeed,
    StartOver,
    StartPreset,
    StartSeed,
    TogglePlay,
)
from lakeppo.session.snapshot import PACES
from lakeppo.storage.run_file import RunFile


def timeline_after(units: int, seed: int = 1) -> Timeline:
    timeline = Timeline(Run(CLASSIC, seed))
    for _ in range(units):
        timeline.unit()
    return timeline


def test_an_edited_tile_changes_the_map_and_every_exact_value():
    timeline = timeline_after(70)
    before = timeline.run.success()
    notice = change(timeline, EditTile(5, "F"))
    assert notice == notices.changed(notices.tile_change((1, 1), "F"), moment(0, Phase.COPY))
    config = timeline.run.config
    assert config.map_rows == ("SFFF", "FFFH", "FFFH", "HFFG")
    assert timeline.run.success() == exact_success(config, timeline.run.policy()) != before
    assert optimum(config.map_rows, 0.5, 100) > optimum(timeline.run.origin.map_rows, 0.5, 100)
    assert timeline.run.changes[-1].name == "map_rows"


@pytest.mark.parametrize(
    ("edit", "notice"),
    [(EditTile(0, "H"), notices.tile_unchanged((0, 0), "S")), (EditTile(5, "H"), notices.tile_unchanged((1, 1), "H"))],
)
def test_the_start_and_a_tile_of_that_kind_stay_as_they_are(edit, notice):
    timeline = timeline_after(3)
    assert change(timeline, edit) == notice
    assert timeline.run.changes == []


def test_an_edit_of_a_tile_that_only_an_earlier_lake_had_does_nothing():
    timeline = timeline_after(3)
    assert change(timeline, EditTile(16, "H")) is None
    assert timeline.run.changes == []


def test_an_edit_that_leaves_no_way_to_a_goal_is_refused():
    with pytest.raises(InvalidValue, match="no goal"):
        change(timeline_after(3), EditTile(15, "H"))
    with pytest.raises(InvalidValue, match="no goal of the map can be reached"):
        change(Timeline(Run(small(("SFFG",)), 5)), EditTile(1, "H"))


def test_the_agents_own_tile_cannot_become_a_hole():
    timeline = timeline_after(0)
    while timeline.run.trainer.state == 0:
        timeline.unit()
    with pytest.raises(InvalidValue, match="agent stands there"):
        change(timeline, EditTile(timeline.run.trainer.state, "H"))


def test_an_edit_in_the_past_starts_a_branch_and_keeps_the_parent():
    timeline = timeline_after(150)
    end = timeline.branch.end
    timeline.go_to(moment(1))
    notice = change(timeline, EditTile(5, "F"))
    assert notice == notices.changed(notices.tile_change((1, 1), "F"), moment(1), ("B", "main"))
    timeline.switch(timeline.branches[0])
    assert timeline.run.moment == end
    assert timeline.run.config.map_rows == timeline.run.origin.map_rows


def test_a_change_of_slip_is_reported_only_if_it_starts_a_branch():
    timeline = timeline_after(150)
    assert change(timeline, ChangeSlip(0)) is None
    timeline.go_to(moment(1))
    notice = change(timeline, ChangeSlip(0))
    assert notice == notices.changed(notices.knob_change("slip", SLIPPERY), moment(1), ("B", "main"))


@pytest.mark.parametrize(
    ("slip", "less", "more"), [(0.3, 0.25, 0.35), (0.28, 0.25, 0.3), (2 / 3, 0.65, 0.7), (0.65, 0.6, 2 / 3)]
)
def test_slip_goes_to_the_next_step(slip, less, more):
    for by, expected in ((-1, less), (1, more)):
        timeline = Timeline(Run(small(slip=slip), 0))
        change(timeline, ChangeSlip(by))
        assert timeline.run.config.slip == pytest.approx(expected, abs=1e-12)


def test_slip_stays_at_the_ends_of_its_steps():
    timeline = timeline_after(0)
    assert change(timeline, ChangeSlip(-1)) is None
    assert timeline.run.changes == []
    change(timeline, SetKnob("slip", 1.0))
    change(timeline, ChangeSlip(1))
    assert [made.value for made in timeline.run.changes] == [1.0]


def test_a_knob_is_changed_and_a_value_out_of_range_refused(start_worker):
    worker = start_worker()
    send(worker, UPDATE, CLIP_OFF, SetKnob("gamma", 7.0), SetKnob("activation", "tanh"), UPDATE)
    seen = see(worker, lambda s: s.run.moment.update == 2)
    assert seen.run.config.clip_coef is None
    assert [(made.name, made.value) for made in seen.run.changes] == [("clip_coef", None)]
    assert answers(seen) == (
        notices.changed(notices.knob_change("clip_coef", None), moment(1)),
        refusal(Run(CLASSIC, 0).change, "gamma", 7.0),
        refusal(change, timeline_after(0), SetKnob("activation", "tanh")),
    )


def test_a_seed_changes_what_follows_and_not_the_runs_name():
    timeline, unchanged = timeline_after(40), timeline_after(40)
    assert change(timeline, SetSeed(5)) == notices.changed(notices.knob_change("seed", 5), moment(0, Phase.COLLECT, 40))
    assert timeline.run.seed == 1
    for _ in range(20):
        timeline.unit()
        unchanged.unit()
    assert timeline.run.trainer.transitions[:40] == unchanged.run.trainer.transitions[:40]
    assert timeline.run.trainer.transitions != unchanged.run.trainer.transitions


def test_a_run_starts_over_with_another_seed_and_the_same_config():
    run = timeline_after(10).run
    assert restart_config(run, StartSeed(9)) == (run.config, 9)
    assert restart_config(run, StartSeed()) == (run.config, 2)


def test_a_new_run_of_an_edited_map_has_a_marked_name():
    timeline = timeline_after(10)
    change(timeline, EditTile(5, "F"))
    config, seed = restart_config(timeline.run, StartOver("gamma", 0.5))
    config = mark_edited(config, timeline.run.origin)
    assert (config.map, config.map_rows[1], config.gamma, seed) == ("4x4, edited", "FFFH", 0.5, 1)
    assert mark_edited(config, config) == config


def test_a_preset_brings_its_own_map():
    timeline = timeline_after(10)
    change(timeline, EditTile(5, "F"))
    config, seed = restart_config(timeline.run, StartPreset("slippery"))
    assert (config.map, config.map_rows, seed) == ("4x4", timeline.run.origin.map_rows, 1)


def test_starting_over_keeps_the_seed_and_a_preset_its_limit(start_worker):
    worker = start_worker()
    send(worker, UPDATE, UPDATE, StartOver("activation", "tanh"), TogglePlay())
    seen = see(worker, lambda s: s.run.config.activation == "tanh")
    assert (seen.run.seed, seen.run.changes) == (0, ())
    worker.send(StartPreset("8x8"))
    seen = see(worker, lambda s: s.run.config.map == "8x8")
    assert (seen.run.config.preset, seen.limit.unit, seen.run.seed) == ("8x8", "steps", 0)


def test_a_run_cannot_start_over_with_a_value_out_of_range(start_worker):
    worker = start_worker()
    send(worker, UPDATE, StartOver("gamma", 7.0))
    seen = see_notice(worker, refusal(Run(CLASSIC, 0).change, "gamma", 7.0))
    assert (seen.run.moment, seen.status, seen.run.history_generation) == (moment(1), "stepped", 0)


@pytest.mark.parametrize("demo", [False, True])
def test_a_map_edited_at_full_speed_gives_the_run_its_changes_say(start_worker, demo):
    edits = [EditTile(5, "F"), EditTile(12, "G"), EditTile(12, "H"), EditTile(0, "H")]
    edits += [EditTile(15, "F"), EditTile(11, "G"), EditTile(15, "F")]  # the agent never stands on these tiles
    worker = start_worker(paused=False, limit=Limit("updates", 1_000_000))
    send(worker, *[FASTER] * len(PACES))
    see(worker, lambda s: s.run.moment.update > 1)
    if demo:
        worker.send(CycleDemo())
    answered = []
    for edit in edits:
        worker.send(edit)
        seen = see(worker, lambda s, known=tuple(answered): set(answers(s)) - set(known))
        answered += [notice for notice in answers(seen) if notice not in answered]
        assert (seen.demo is not None) == demo
    edited = [((1, 1), "F"), ((3, 0), "G"), ((3, 0), "H"), ((2, 3), "G"), ((3, 3), "F")]
    made = [notice.arguments["change"] for notice in answered if "change" in notice.arguments]
    assert made == [notices.tile_change(*edit) for edit in edited]
    no_goal = refusal(change, timeline_after(0), EditTile(15, "F"))
    assert answered[3:5] == [notices.tile_unchanged((0, 0), "S"), no_goal]
    if demo:
        send(worker, CycleDemo(), CycleDemo())
    see(worker, lambda s: s.run.moment.update > seen.run.moment.update + 3)
    save = quit_and_read(worker)
    assert save.config.map_rows == ("SFFF", "FFFH", "FFFG", "HFFF")
    timeline = RunFile(save.seed, save.origin, save.branches).timeline()
    while timeline.run.moment < save.moment:
        timeline.unit()
    assert hashes(timeline.run) == hashes(save)


@pytest.mark.parametrize("text", ["x", "-1", "", "1.5", str(2**63)])
def test_a_seed_is_a_whole_number_below_two_to_the_63(text):
    with pytest.raises(InvalidValue, match="seed must be a whole number"):
        parse_seed(text)
    assert parse_seed(f" {2**63 - 1} ") == 2**63 - 1
