"""Histories: every statistic over the whole run; none that stands out is lost, and the present is marked."""

import numpy as np
import pytest
from support.fake_session import FakeSession, make_fan, make_row, make_snapshot, settle
from support.screens import screen_text

from lakeppo.moment import Moment, Phase
from lakeppo.runs.history import History, Rows
from lakeppo.runs.statistics import STATS
from lakeppo.session.commands import GoTo
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.histories import NAMES, Course, HistoryChart, HistoryList, is_wide, scale_of
from lakeppo.tui.theme import LEVELS, NOW, PRESENT


def course_of(values, name="kl", update=0):
    rows = [make_row(k + 1)._replace(**{name: value}) for k, value in enumerate(values)]
    return Course(name, Rows(History(rows), len(rows), 0), update)


@pytest.mark.parametrize("width", [1, 7, 40, 99, 300])
@pytest.mark.parametrize("outlier", [0.9, -0.9])
def test_one_update_that_stands_out_is_in_the_course(width, outlier):
    for place in (0, 1, 50, 98, 99):
        values = [0.0] * 100
        values[place] = outlier
        past, future = course_of(values, update=50).blocks(width)
        assert len(past + future) == min(width, 100)
        assert (past + future).count(LEVELS[8 if outlier > 0 else 1]) == 1 or width == 1


@pytest.mark.parametrize("width", [1, 7, 60])
def test_a_column_shows_its_value_farthest_from_the_median(width):
    values = np.random.default_rng(0).normal(size=300).round(3)
    values[90:150] = np.nan
    known, columns = values[np.isfinite(values)], np.split(values, np.linspace(0, 300, width + 1).astype(int)[1:-1])
    expected = ""
    for column in columns:
        farthest = max(column[np.isfinite(column)], key=lambda value: abs(value - np.median(known)), default=None)
        share = None if farthest is None else (farthest - known.min()) / np.ptp(known)
        expected += " " if share is None else LEVELS[1 + round(7 * share)]
    assert "".join(course_of(values).blocks(width)) == expected


@pytest.mark.parametrize("update", [0, 1, 30, 100])
def test_the_course_is_divided_at_the_present(update):
    past, future = course_of([0.1] * 100, update=update).blocks(50)
    assert (len(past), len(future)) == (update // 2, 50 - update // 2)


def test_updates_without_a_value_are_blank():
    assert course_of([None, 0.1, float("nan"), 0.2], "explained_variance").blocks(4) == ("", " ▁ █")
    assert course_of([None] * 4, "explained_variance").blocks(4) == ("", "")


def test_a_wide_range_has_a_logarithmic_scale():
    assert is_wide(np.array([1.0, 1.1, 1.2, 52_513.0]))
    assert not is_wide(np.array([1.0, 1.1, 1.2, 3.0]))
    assert not is_wide(np.array([-1.0, 1.1, 1.2, 52_513.0]))
    assert not is_wide(np.array([np.nan]))


def test_the_scale_reaches_from_the_least_to_the_largest_value():
    assert scale_of(course_of([]), np.array([2.0, np.nan, 7.0, np.inf])) == (2.0, 7.0)
    assert scale_of(course_of([]), np.array([2.0, 2.0])) == (2.0, 3.0)
    assert scale_of(course_of([], "stopped"), np.array([0.2, 0.3])) == (0.0, 1.0)


async def test_a_share_of_a_wide_range_is_drawn_from_0_to_1():
    session = FakeSession(make_snapshot(status="paused"))
    rows = [make_row(k + 1)._replace(success_probability=0.002 if k < 40 else 0.99) for k in range(60)]
    session.history = History(rows)
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("h")
        await settle(pilot)
        assert is_wide(session.history.column("success_probability"))
        assert "success_probability" in "\n".join(screen_text(app))


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_each_statistic_has_a_chart_and_a_click_goes_to_its_update(size):
    session = FakeSession(make_snapshot(status="paused"))
    session.history = session.history[:80]
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("h", "home")
        await settle(pilot)
        for name in NAMES:
            chart, rows = app.screen.query_one(HistoryChart), app.screen.query_one(HistoryList)
            text = "\n".join(screen_text(app))
            assert name in rows.render_line(1 + rows.position - rows._first).text
            assert f" {name}  " in chart.render_line(0).text
            assert NOW in text
            await pilot.press("down")
        assert tuple(STATS) == NAMES
        await pilot.click(chart, offset=(chart._plot.column_of(60) + 9, 2))
        sent = session.sent[-1]
        assert isinstance(sent, GoTo)
        assert sent.moment == Moment(chart._plot.update_at(chart._plot.column_of(60)), Phase.COLLECT, 0)
        assert PRESENT in text
        await pilot.press("escape")
        await settle(pilot)
        assert not app.screen.query(HistoryChart)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_siblings_fan_lies_behind_the_exact_success(size):
    session = FakeSession(make_snapshot(status="paused", siblings=make_fan(seed=1)))
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("h")
        await settle(pilot)
        chart, shades = app.screen.query_one(HistoryChart), {app.palette.band(tone)[1].bgcolor for tone in (1, 2, 3)}
        assert NAMES[app.screen.query_one(HistoryList).place] == "success_probability"

        def shaded() -> set:
            segments = [part for y in range(1, chart.size.height) for part in chart.render_line(y)]
            return {part.style.bgcolor for part in segments if part.style is not None} & shades

        assert len(shaded()) >= 2
        assert "siblings" in chart.render_line(0).text
        await pilot.press("home")
        await settle(pilot)
        assert not shaded()
