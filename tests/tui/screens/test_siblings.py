"""The siblings beside a run: the process, what is told, and the list of them."""

import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from support.fake_session import FakeSession, make_fan, make_snapshot, settle
from support.runs import small
from support.session import see, wait_for

from lakeppo.config import Limit
from lakeppo.fleets.siblings import SiblingFleet, SiblingReport, SiblingRequest
from lakeppo.runs.run import Run
from lakeppo.session import siblings as module
from lakeppo.storage.checkpoint import read_save
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.siblings import SiblingScreen

LIMIT = Limit("updates", 6)


@pytest.fixture
def broods(monkeypatch):
    """Few siblings, and all processes that were started for them."""
    monkeypatch.setattr(module, "FIRST", 4)
    monkeypatch.setattr(module, "ALL", 7)
    started: list[subprocess.Popen] = []
    popen = subprocess.Popen

    def start(*words, **more):
        started.append(popen(*words, **more))
        return started[-1]

    monkeypatch.setattr(module.subprocess, "Popen", start)
    return started


def text_of(app: LakeApp) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


def said(snapshot, words: str) -> bool:
    return any(words in notice for notice in snapshot.notices)


def test_the_process_reports_what_a_cohort_does_and_ends_with_its_input():
    order = SiblingRequest(small(), (5, 6), (), LIMIT)
    program = [sys.executable, "-m", module.PROGRAM]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump(order, process.stdin)
        process.stdin.flush()
        rows: list[np.ndarray] = []
        while sum(map(len, rows)) < 7:
            number, report = pickle.load(process.stdout)
            assert (number, type(report)) == (0, SiblingReport)
            rows.append(report.success)
        process.stdin.close()
        assert process.wait(30) == 0
    fleet = SiblingFleet(order)
    while not fleet.done:
        fleet.update()
    np.testing.assert_array_equal(np.concatenate(rows), fleet.report().success)
    assert report.ended.tolist() == [6, 6]


def test_f_trains_some_then_more_then_none_and_the_run_goes_on(worker, broods):
    runner = worker(lambda: Run(small(), 10), limit=LIMIT)
    for command in ("update", "siblings"):
        runner.send(command)
    seen = see(runner, lambda s: s.fan is not None)
    assert seen.fan.seeds[:4] == (11, 12, 13, 14)
    assert said(seen, "seeds 11 to 14, train beside this run; F")
    runner.send("update")
    whole = see(runner, lambda s: s.fan is not None and len(s.fan.seeds) == 7 and not s.fan.going)
    assert whole.moment.update == 2
    assert whole.fan.success.shape == (7, 7)
    assert not whole.fan.stale
    fleet = SiblingFleet(SiblingRequest(small(), (11, 12, 13, 14, 15, 16, 17), (), LIMIT))
    while not fleet.done:
        fleet.update()
    np.testing.assert_array_equal(whole.fan.success, fleet.report().success)
    runner.send("siblings")
    see(runner, lambda s: s.fan is None)
    assert [process.poll() for process in broods] == [-signal.SIGKILL]


def test_a_second_press_does_not_wait_for_the_first_to_be_done(worker, broods):
    runner = worker(lambda: Run(small(), 10), limit=Limit("updates", 4000))
    runner.send("siblings")
    see(runner, lambda s: s.fan is not None and s.fan.reached > 0)
    runner.send("siblings")
    seen = see(runner, lambda s: s.fan is not None and s.fan.known[0] == 7)
    assert seen.fan.going == 7


def test_changes_are_shared_and_a_later_one_makes_them_out_of_date(worker, broods):
    runner = worker(lambda: Run(small(), 10), limit=LIMIT)
    for command in ("update", "set:slip=0.2", "update", "siblings"):
        runner.send(command)
    seen = see(runner, lambda s: s.fan is not None and not s.fan.going and len(s.fan.seeds) == 7)
    fleet = SiblingFleet(SiblingRequest(small(), (11, 12, 13, 14), seen.changes, LIMIT))
    while not fleet.done:
        fleet.update()
    np.testing.assert_array_equal(seen.fan.success[:, :4], fleet.report().success)
    assert (seen.fan.success[2] != see_unchanged()).all()
    runner.send("set:gamma=0.5")
    assert "newest change" in see(runner, lambda s: s.fan is not None and s.fan.stale).fan.stale
    runner.send("siblings")
    again = see(runner, lambda s: s.fan is not None and not s.fan.stale and s.fan.reached == 6)
    assert len(again.changes) == 2
    assert len(broods) == 2
    assert broods[0].poll() is not None


def see_unchanged() -> np.ndarray:
    fleet = SiblingFleet(SiblingRequest(small(), (11, 12, 13, 14, 15, 16, 17), (), Limit("updates", 2)))
    while not fleet.done:
        fleet.update()
    return fleet.report().success[2]


def test_leaving_and_starting_over_end_the_process(worker, broods, tmp_path):
    runner = worker(lambda: Run(small(), 10), limit=Limit("updates", 4000))
    runner.send("siblings")
    see(runner, lambda s: s.fan is not None)
    runner.send("over:gamma=0.5")
    assert see(runner, lambda s: s.fan is None).moment.update == 0
    assert broods[0].poll() is not None
    runner.send("siblings")
    runner.stop(drop=False)
    wait_for(runner.stopped)
    assert broods[1].poll() is not None


def test_a_process_that_dies_is_told_of_and_f_begins_again(worker, broods):
    runner = worker(lambda: Run(small(), 10), limit=Limit("updates", 4000))
    runner.send("siblings")
    see(runner, lambda s: s.fan is not None)
    os.kill(broods[0].pid, signal.SIGKILL)
    see(runner, lambda s: said(s, "the siblings have stopped"))
    runner.send("siblings")
    wait_for(lambda: len(broods) == 2)
    see(runner, lambda s: s.fan is not None)


def test_no_process_no_siblings(worker, monkeypatch):
    def refuse(*words, **more):
        raise OSError("no more processes")

    monkeypatch.setattr(module.subprocess, "Popen", refuse)
    runner = worker(lambda: Run(small(), 10))
    runner.send("siblings")
    assert see(runner, lambda s: said(s, "no more processes")).fan is None


@pytest.mark.parametrize("apart", [-1.0, 1e9])
def test_a_sibling_is_lived_with_the_same_changes_and_told_where_it_leaves(
    worker, broods, monkeypatch, tmp_path, apart
):
    runner = worker(lambda: Run(small(), 10), limit=LIMIT)
    for command in ("update", "unit", "set:slip=0.2", "update", "siblings"):
        runner.send(command)
    fan = see(runner, lambda s: s.fan is not None and not s.fan.going and len(s.fan.seeds) == 7).fan
    monkeypatch.setattr(module, "APART", apart)
    runner.send("sibling:12")
    seen = see(runner, lambda s: s.seed == 12 and s.moment.update >= 6)
    assert [(change.moment.update, change.moment.index, change.name) for change in seen.changes] == [(2, 0, "slip")]
    assert seen.fan.seeds == fan.seeds
    assert not seen.fan.stale
    assert said(seen, "seed 12 leaves its sibling at update 1") == (apart < 0)
    assert said(seen, "Rounding") == (apart < 0)
    assert seen.fan.left == (1 if apart < 0 else None)
    own = [row.success_probability for row in runner.history[:6]]
    np.testing.assert_allclose(own, fan.success[1:, 1], atol=1e-3)
    kept = tmp_path / "saves" / "kept"
    assert read_save(next(kept.glob("*/last.pt"))).seed == 10


def test_the_next_seed_is_one_of_them(worker, broods):
    runner = worker(lambda: Run(small(), 10), limit=LIMIT)
    runner.send("siblings")
    see(runner, lambda s: s.fan is not None)
    runner.send("fresh")
    seen = see(runner, lambda s: s.seed == 11)
    assert seen.fan is not None
    assert not seen.fan.stale


async def test_the_list_is_sorted_shows_the_run_and_sends_who_is_chosen():
    fan = make_fan(12, seed=7)
    session = FakeSession(make_snapshot(fan=fan))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("F")
        await settle(pilot)
        assert isinstance(app.screen, SiblingScreen)
        family = app.screen.family
        successes = [sibling.success for sibling in family.listed]
        assert successes == sorted(successes, reverse=True)
        assert len(successes) == 13
        assert family.listed[family.position].own
        await pilot.press("enter")
        assert "This is the run on screen" in text_of(app)
        await pilot.press("home")
        best = family.listed[0].seed
        assert family.position == 0
        await pilot.press("f", "enter")
        await settle(pilot)
        assert session.sent == ["siblings", f"sibling:{best}"]
        assert app.screen is app.main_screen


async def test_whoever_is_chosen_stays_chosen_when_the_list_is_sorted_anew():
    fan = make_fan(12, seed=7)
    turned = replace(fan, success=fan.success[:, ::-1], known=fan.known, stale="another line of the run")
    session = FakeSession(make_snapshot(fan=fan))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("F", "end", "up")
        await settle(pilot)
        family = app.screen.query_one("SiblingList")
        chosen = family.listed[family.position].seed
        session.queue.append(make_snapshot(fan=turned))
        await settle(pilot)
        assert family.listed[family.position].seed == chosen
        assert family.position != 11
        assert "another line of the run" in text_of(app)
        await pilot.click("SiblingList", offset=(5, 2))
        assert family.position == 0
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is app.main_screen


async def test_without_siblings_there_is_no_list_but_a_word():
    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("F")
        await settle(pilot)
        assert "f trains some" in text_of(app)
        assert app.screen is app.main_screen


async def test_f_is_named_by_what_it_does_next():
    fan = make_fan(64)
    seen = {}
    for name, shown in (
        ("none", None),
        ("first", fan),
        ("all", make_fan(64, later=192)),
        ("old", replace(fan, stale="x")),
    ):
        app = LakeApp(FakeSession(make_snapshot(fan=shown)))
        async with app.run_test(size=(200, 50)) as pilot:
            await settle(pilot)
            seen[name] = text_of(app).splitlines()[-1]
    assert "f 256 siblings" in seen["first"]
    assert "f no siblings" in seen["all"]
    assert "f siblings" in seen["none"]
    assert "f siblings" in seen["old"]
    assert "F list them" not in seen["none"]
    assert "F list them" in seen["first"]
