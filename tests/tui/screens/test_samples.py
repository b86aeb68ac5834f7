"""The sample cursor: it visits every sample of every pass, leaves the run alone, and shows true figures."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fake_session import FakeSession, make_snapshot, settle, until
from support.runs import ran, small
from support.screens import screen_text
from support.session import hashes, wait_for
from support.states import state_of

from lakeppo.cells import widest
from lakeppo.moment import Moment, Phase
from lakeppo.ppo.gae import td_errors
from lakeppo.ppo.objective import policy_objective
from lakeppo.presets import Limit
from lakeppo.runs.batch_table import batch_table as sheet
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.commands import Back, GoTo, Step, Unit
from lakeppo.session.worker import Worker
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.histogram import Histogram, columns_of, make_axis
from lakeppo.tui.keymap import BY_ID
from lakeppo.tui.panels.tile import SampleCard, sample_model
from lakeppo.tui.screens.base import after
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.state import AppState, walk_at
from lakeppo.tui.text.key_texts import every_label
from lakeppo.tui.text.sample import objective_words, verdict, with_current_values
from lakeppo.tui.theme import NOW, Palette


def standing(run: Run, phase: Phase, index: int = 0, update: int = 1) -> Run:
    while run.moment < Moment(update, phase, index):
        run.unit()
    return run


def still(run: Run, **more) -> AppState:
    """Return the state of a resting run, with its batch."""
    state = state_of(run, "stepped")
    return replace(state, snapshot=replace(state.snapshot, batch=sheet(run.trainer)), **more)


def straight(run: Run, units: int) -> list[tuple[Moment, int | None]]:
    """Return the moments and samples that `.` visits from the start of `run`."""
    places: list[tuple[Moment, int | None]] = [(run.moment, None)]
    for _ in range(units):
        if run.moment.phase is not Phase.COLLECT:
            places += [(run.moment, t) for t in range(run.trainer.batch_size)]
        run.unit()
        places.append((run.moment, None))
    return places


@pytest.mark.parametrize("burst", [1, 7])
async def test_fast_steps_visit_every_sample_and_leave_the_run_alone(tmp_path, burst):
    config = small(batch_size=3, epochs=2)
    expected, run = straight(twin := Run(config, 5), 7), Run(config, 5)
    runner = Worker(lambda: Timeline(run), config, 5, Limit("updates", 9), tmp_path, paused=True)
    app = LakeApp(runner)
    seen: list[tuple[Moment, int]] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.base, MainScreen) and app.base.is_mounted)
        show = app.main_screen.show

        def watched(state: AppState) -> None:
            show(state)
            place = (app.main_screen.state.moment, app.main_screen.state.sample)
            if None not in place and seen[-1:] != [place]:
                seen.append(place)

        app.main_screen.show = watched
        for _ in range(60):
            if app.main_screen.state.moment >= twin.moment:
                break
            await pilot.press(*["full_stop"] * burst)
            await pilot.pause(0.1)
        assert app.main_screen.state.moment.update == 1
        visited = [place for place in seen if place[0].update == 0]
        assert visited == [place for place in expected if place[1] is not None]
        runner.send(GoTo(Moment(1, Phase.COLLECT, 0)))
        await until(pilot, lambda: app.main_screen.state.moment == twin.moment)
        runner.stop(drop=True)
        wait_for(runner.stopped)
    assert hashes(run) == hashes(twin)


def test_after_is_the_moment_a_unit_leads_to():
    run = Run(small(), 2)
    for _ in range(40):
        expected = after(run.moment, run.config)
        run.unit()
        assert run.moment == expected


class Resting:
    """The app over one resting run, without a worker."""

    def __init__(self, run: Run, size=(80, 24), **more):
        self.session = FakeSession(still(run, **more).snapshot, config=run.config)
        self.app = LakeApp(self.session)
        self.test = self.app.run_test(size=size)

    async def __aenter__(self):
        self.pilot = await self.test.__aenter__()
        await settle(self.pilot)
        return self

    async def __aexit__(self, *error):
        await self.test.__aexit__(*error)

    async def press(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return "\n".join(screen_text(self.app))

    @property
    def state(self) -> AppState:
        return self.app.main_screen.state


IMPROVING = standing(Run(small(learning_rate=0.05), 5), Phase.IMPROVE, 2)
JUDGING = standing(Run(small(), 5), Phase.JUDGE)


async def test_steps_beyond_the_first_and_last_sample_are_units():
    async with Resting(IMPROVING) as seen:
        text = await seen.press(*["full_stop"] * 7)
        assert seen.state.sample == 6
        assert "improve · pass 2 of 3 · sample 7" in text
        await seen.press("comma", "comma")
        assert seen.state.sample == 4
        await seen.press(*["full_stop"] * 5)
        assert (seen.state.sample, seen.session.sent) == (9, [])
        await seen.press("full_stop", "full_stop", "full_stop")
        assert seen.session.sent == [Step(Unit.NEXT)]  # the others wait for the worker
        await seen.press("comma", *["comma"] * 9)
        assert seen.session.sent == [Step(Unit.NEXT), Back(Unit.NEXT)]


async def test_escape_the_arrows_and_a_click_leave_the_sample():
    async with Resting(IMPROVING) as seen:
        assert "SAMPLE 2 of 10" in await seen.press("full_stop", "full_stop")
        assert "TILE" in await seen.press("escape")
        await seen.press("full_stop")
        cell = int(sheet(IMPROVING.trainer)["state"][0])
        assert seen.state.highlighted == cell
        await seen.press("down")
        assert seen.state.sample is None
        assert seen.state.cursor == min(cell + 4, 12 + cell % 4)


@pytest.mark.parametrize("other", ["e", "n", "u", "left_square_bracket"])
async def test_every_other_step_skips_the_samples(other):
    async with Resting(IMPROVING) as seen:
        await seen.press("full_stop", "full_stop", other)
        assert len(seen.session.sent) == 1
        moved = standing(Run(IMPROVING.config, 5), Phase.COPY)
        seen.session.queue.append(still(moved).snapshot)
        await settle(seen.pilot)
        assert (seen.state.moment, seen.state.sample) == (moved.moment, None)


@pytest.mark.parametrize("status", ["playing", "finished"])
async def test_while_it_plays_a_step_is_a_unit(status):
    session = FakeSession(make_snapshot(status=status))
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("full_stop", "comma")
        assert app.main_screen.state.sample is None
    assert session.sent == [Step(Unit.NEXT), Back(Unit.NEXT)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_a_sample_is_shown_with_its_term_of_the_objective(size):
    table = sheet(IMPROVING.trainer)
    async with Resting(IMPROVING, size) as seen:
        for t in range(10):
            text = await seen.press("full_stop")
            assert f"SAMPLE {t + 1} of 10" in text
            assert all(word in text for word in verdict(table, t).partition("; ")[0].split())
            last = seen.state.walk.last
            assert last == IMPROVING.trainer.transitions[t]
            assert f"sample {t + 1}" in text
            assert any("┏" in line or "┳" in line or "╋" in line for line in text.splitlines())
            assert NOW in "\n".join(line[41:] for line in text.splitlines()[4:12])


async def test_before_judging_a_sample_has_the_critics_present_values():
    async with Resting(JUDGING, (120, 40)) as seen:
        text = await seen.press("full_stop")
        assert "judge · sample 1" in text
        assert "Not judged yet" in text
        t = with_current_values(sheet(JUDGING.trainer), seen.state.snapshot.run.values, JUDGING.config.gamma)
        shown = screen_text(seen.app)
        run = standing(Run(JUDGING.config, 5), Phase.IMPROVE)
        batch, judged = run.trainer.batch, run.trainer.judgement
        deltas = td_errors(batch.rewards, judged.values, judged.next_values, batch.terminated, run.config.gamma)
        assert t["delta"] == pytest.approx(deltas.numpy(), abs=1e-6)
        assert any("δ = r + γV' - V" in line for line in shown)


@given(st.integers(0, 400), st.integers(0, 9))
def test_the_walk_at_a_sample_is_the_walk_right_after_its_step(units, t):
    run = ran(small(max_episode_steps=5), 3, 15 * (units // 15) + 10)
    steps = run.trainer.transitions
    walk = walk_at(sheet(run.trainer), t)
    assert walk.last == steps[t]
    start = max((k + 1 for k in range(t) if steps[k].terminated or steps[k].truncated), default=0)
    assert walk.trail == (*(step.state for step in steps[start : t + 1]), steps[t].next_state)
    assert (walk.agent, walk.elapsed) == (steps[t].next_state, t + 1 - start)


@pytest.mark.parametrize("clip", [0.2, 0.01, None])
def test_the_objectives_minimum_is_shown_with_its_figures(clip):
    run = standing(Run(small(learning_rate=0.1, clip_coef=clip, norm_adv=True), 5), Phase.IMPROVE, 2)
    table, newest = sheet(run.trainer), run.trainer.passes[-1]
    logratio = (newest.log_policy - run.trainer.old_log_policy)[run.trainer.batch.states, run.trainer.batch.actions]
    expected = policy_objective(logratio, run.trainer.judgement.used_advantages, clip)
    for t in range(10):
        words = objective_words(table, t)
        assert words.startswith("min(") == (clip is not None)
        assert float(words.rsplit("= ", 1)[1]) == pytest.approx(expected[t].item(), abs=6e-4)


def test_the_samples_column_is_marked_in_the_row_of_its_sign():
    state = still(IMPROVING)
    ratios, advantages = state.snapshot.run.last_pass.ratios, state.snapshot.run.judged.advantages
    for t in range(10):
        lines = Histogram(ratios, advantages, 0.2, Palette(), t).lines(60, 7)
        marked = [y for y, line in enumerate(lines[:5]) if any(text == NOW for text, _ in line)]
        assert marked == [1 if advantages[t] > 0 else 3]
        plain = Histogram(ratios, advantages, 0.2, Palette()).lines(60, 7)
        at = [text for text, _ in lines[marked[0]]].index(NOW)
        axis = make_axis(ratios, 0.2, 60 - 6 - 2)
        column = int(columns_of(ratios[t : t + 1], axis, 0.2)[0])
        assert at - 1 - sum(text == "┊" for text, _ in lines[marked[0]][:at]) == column
        assert plain[marked[0]][at][0].strip()


def test_the_card_fits_and_begins_with_the_verdict():
    for run in (IMPROVING, JUDGING, standing(Run(small(norm_adv=True, clip_coef=None), 5), Phase.COPY)):
        for t in range(10):
            card = SampleCard(sample_model(still(run, sample=t)), Palette())
            for width, height in ((38, 3), (28, 17), (120, 40)):
                lines = ["".join(text for text, _ in line) for line in card.lines(width, height)]
                assert len(lines) <= height
                assert max(map(len, lines)) <= width
                assert len(card.title(width, height >= 12)) <= width
            words = verdict(sheet(run.trainer), t)
            assert "".join(text for text, _ in card.lines(38, 3)[0]) in (words, words.partition("; ")[0])


def test_the_footer_names_the_next_unit_and_keeps_its_width():
    run, lengths = Run(small(), 5), set()
    for _ in range(30):
        state = still(run)
        for sample in (None, 9) if state.samples else (None,):
            chosen = replace(state, sample=sample)
            lengths.add(tuple(widest((*every_label(k), BY_ID[k].label_in(chosen))) for k in ("unit", "pass", "phase")))
            before = run.moment
            if before.phase is Phase.COLLECT:
                assert BY_ID["unit"].label_in(chosen) == "step"
            elif sample is None:
                assert BY_ID["unit"].label_in(chosen) == "sample"
            else:
                words = {Phase.JUDGE: "judge", Phase.IMPROVE: "pass", Phase.COPY: "copy"}
                assert BY_ID["unit"].label_in(chosen) == words[before.phase]
            index = before.index if before.phase is Phase.IMPROVE else 0
            assert BY_ID["pass"].label_in(chosen) == f"pass {index + 1}"
        run.unit()
    assert len(lengths) == 1
