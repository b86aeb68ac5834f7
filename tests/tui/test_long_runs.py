"""Long runs: a drawing makes a bounded number of rows from the history, and figures that are not finite end nothing."""

from dataclasses import replace

import numpy as np
import pytest
from support.fake_session import FakeSession, make_fan, make_row, make_snapshot, settle
from support.screens import alone, compared, opened

from lakeppo.moment import Moment, Phase
from lakeppo.runs.history import History
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.screens.layout import LARGE

SIZE = (200, 50)
MOST = 1000
"""Rows that one drawing of all panels makes: a search in a history makes a few, a walk through it all."""


def long_history(updates):
    """A history whose figures repeat after 700 updates."""
    table = np.resize(History(make_row(update) for update in range(1, 701)).table, (updates, len(make_row(1))))
    table[:, :3] = np.arange(1, updates + 1)[:, None] * (1, 64, 9)
    return History.of_table(np.asfortranarray(table))  # as an appended one


@pytest.fixture
def made(monkeypatch):
    """A list that grows with every row that is made from a history."""
    rows, original = [], History.__getitem__

    def counted(history, index):
        rows.append(index)
        return original(history, index)

    monkeypatch.setattr(History, "__getitem__", counted)
    return rows


async def redraw(pilot, made):
    """Draw every panel again, and return how many rows that has made."""
    await settle(pilot)
    made.clear()
    for panel in pilot.app.screen.query(Panel):
        panel._model = panel.model(panel.state)
        panel._draw()
    return len(made)


async def test_every_panel_makes_a_bounded_number_of_rows(made):
    moment = Moment(100_000, Phase.COLLECT, 3)
    session = FakeSession(make_snapshot(moment=moment, status="paused", siblings=make_fan()))
    session.history = long_history(moment.update)
    async with LakeApp(session).run_test(size=SIZE) as pilot:
        for key in ("z", *["z"] * len(LARGE), "F", "escape", "h"):
            assert await redraw(pilot, made) < MOST
            await pilot.press(key)
        assert await redraw(pilot, made) < MOST


async def test_a_comparison_makes_a_bounded_number_of_rows(made):
    seen, history = compared(), long_history(100_000)
    session = FakeSession(alone(seen))
    session.history = history
    async with LakeApp(session).run_test(size=SIZE) as pilot:
        await opened(pilot, session, replace(seen, comparison=replace(seen.comparison, history=history)))
        assert await redraw(pilot, made) < MOST


async def test_figures_that_are_not_finite_end_nothing():
    session = FakeSession(make_snapshot(moment=Moment(200, Phase.COLLECT, 3), status="paused", siblings=make_fan()))
    nan, rows = float("nan"), [make_row(update) for update in range(1, 201)]
    for name in ("policy_loss", "entropy", "success_probability"):
        rows[150:] = [row._replace(**{name: nan}) for row in rows[150:]]
    rows[140:] = [row._replace(value_loss=float("inf")) for row in rows[140:]]
    rows[20] = rows[20]._replace(value_loss=1e308, kl=-1.7e308, approx_kl=1.7e308)
    rows[30] = rows[30]._replace(kl=1.7e308)
    session.history = rows
    async with LakeApp(session).run_test(size=(120, 40)) as pilot:
        for key in ("z", *["z"] * len(LARGE), "h", *["down"] * 4, *["up"] * 25):
            await settle(pilot)
            await pilot.press(key)
        assert pilot.app.return_code is None
