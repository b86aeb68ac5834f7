"""The ratio histogram: every sample in its column, and the clip band exactly between the dashed lines."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.fake_session import FakeSession, settle
from support.runs import ran, small
from support.states import state_of

from lakeppo.moment import Phase
from lakeppo.ppo.objective import three_groups
from lakeppo.runs.run import Run
from lakeppo.session.views import Ceilings, RunViewer
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.histogram import Histogram, count, make_axis
from lakeppo.tui.panels.question import Question
from lakeppo.tui.theme import Palette, to_ascii

finite = st.floats(1e-6, 1e6)


@given(
    st.lists(st.tuples(finite, st.floats(-2, 2)), min_size=1, max_size=40),
    st.sampled_from([0.001, 0.1, 0.2, 0.3, 0.49]),
    st.integers(10, 90),
)
def test_samples_beyond_the_line_on_their_own_side_are_stopped(samples, clip, columns):
    ratios, advantages = np.array(samples).T
    axis = make_axis(ratios, clip, columns)
    up, down = count(ratios, advantages, axis, clip)
    groups = three_groups(torch.tensor(ratios), torch.tensor(advantages), clip)
    left, right = axis.edges
    assert len(axis.bounds) == columns + 1
    assert np.all(np.diff(axis.bounds) > 0)
    assert up[right:].sum() + down[:left].sum() == int(groups.stopped.sum())
    assert (up.sum(), down.sum()) == ((advantages > 0).sum(), (advantages < 0).sum())


@pytest.mark.parametrize("edge", [1 - 0.2, 1 + 0.2])
def test_a_ratio_on_the_edge_is_inside(edge):
    axis = make_axis(np.array([edge]), 0.2, 34)
    up, _ = count(np.array([edge]), np.array([1.0]), axis, 0.2)
    assert up[slice(*axis.edges)].sum() == 1


def test_the_axis_is_fixed_until_a_ratio_passes_three():
    near, at, past = (make_axis(np.array([1.0, top]), 0.2, 34) for top in (1.1, 3.0, 3.01))
    assert np.array_equal(near.bounds, at.bounds)
    assert (near.bounds[1], near.bounds[-2], near.log) == (0.5, 1.5, False)
    assert (past.bounds[1], past.bounds[-2], past.log) == (0.1, 10.0, True)
    assert make_axis(np.array([4704.0]), 0.2, 34).bounds[-2] == 10_000


def test_the_first_pass_is_one_spike_around_one():
    ones, signs = np.ones(64), np.where(np.arange(64) < 57, 1.0, -1.0)
    axis = make_axis(ones, 0.2, 35)
    up, down = count(ones, signs, axis, 0.2)
    assert up.argmax() == down.argmax()
    assert (up.max(), down.max()) == (57, 7)
    spike = axis.bounds[up.argmax() : up.argmax() + 2]
    assert spike.mean() == pytest.approx(1.0)
    top, bottom, scale = text(ones, signs, 0.2, 40, 3)
    assert top.count("█") == 1
    assert top.index("█") == bottom.index("▁")
    assert scale[top.index("█")] == "1"


def text(ratios, advantages, clip, width, height):
    drawn = Histogram(ratios, advantages, clip, Palette()).lines(width, height)
    return ["".join(piece for piece, _ in line) for line in drawn]


@pytest.mark.parametrize("clip", [None, 1e-9, 0.2, 0.5, 0.9, 1.0, 7.0, 1e9])
@pytest.mark.parametrize(
    "ratios", [[np.nan] * 4, [np.inf, 0.0, 1.0, np.nan], [1.0, 1.2, 0.8, 4.0], [1e300, 1, 1, 1], [1.0] * 4]
)
def test_no_ratio_and_no_clip_crashes_it_or_leaves_its_place(ratios, clip):
    for width in (8, 17, 38, 44, 100):
        for height in (1, 2, 3, 4, 5, 6, 7):
            lines = text(np.array(ratios), np.array([1.0, -1.0, 0.0, 2.0]), clip, width, height)
            assert len(lines) <= height
            assert width < 38 or max(map(cell_len, lines)) <= width
            assert all(to_ascii(line).isascii() and "?" not in to_ascii(line) for line in lines)


def test_samples_that_cannot_be_drawn_are_counted():
    lines = text(np.array([1.0, np.nan, 1.0]), np.array([0.0, 1.0, -1.0]), 0.2, 44, 6)
    assert lines[-1] == "not drawn: 1 of A=0, 1 of ratio NaN"


def test_without_a_clip_there_are_no_dashed_lines():
    lines = text(np.ones(3), np.ones(3), None, 44, 6)
    assert "┊" not in "".join(lines)
    assert "┊" in "".join(text(np.ones(3), np.ones(3), 0.2, 44, 6))


def test_a_real_pass_is_drawn_to_the_sample():
    run = ran(small(learning_rate=0.05), 3, 30)
    while run.moment.phase is not Phase.IMPROVE or run.moment.index < 2:
        run.unit()
    seen = drawn(run)
    axis = make_axis(seen.last_pass.ratios, 0.2, 30)
    up, down = count(seen.last_pass.ratios, seen.judged.advantages, axis, 0.2)
    assert up.sum() + down.sum() == 10
    assert up[axis.edges[1] :].sum() + down[: axis.edges[0]].sum() == seen.last_pass.stopped


async def test_the_band_is_that_of_the_pass_even_if_the_knob_has_changed():
    run = ran(small(learning_rate=0.05, epochs=4), 3, 20)
    while run.moment.phase is not Phase.IMPROVE or run.moment.index < 2:
        run.unit()
    before = await question_of(run)
    run.change("clip_coef", 0.4)
    assert await question_of(run) == before
    run.change("clip_coef", None)
    assert await question_of(run) == before
    run.unit()
    assert "the clip is off" in (await question_of(run))[-1]


async def question_of(run: Run) -> list[str]:
    snapshot = state_of(run).snapshot
    app = LakeApp(FakeSession(snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        question = app.screen.query_one(Question)
        return [
            "".join(text for text, _ in line) for line in question.body(question.model(app.main_screen.state), 60, 7)
        ]


def drawn(run: Run):
    view = RunViewer(run, Ceilings(), 0).view()

    class Seen:
        judged, last_pass = view.judged, view.last_pass

    return Seen
