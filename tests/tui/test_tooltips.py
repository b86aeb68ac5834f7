"""Every panel and every figure has a tooltip, the header has exact success alone, and old messages go away."""

from typing import Any

import pytest
from support.fake_session import FakeSession, changed, make_row, make_snapshot, settle, until
from support.screens import panel_text, screen_text
from textual.events import MouseMove
from textual.widgets import Tooltip

from lakeppo.causes.results import ArrowExplanation
from lakeppo.errors import Message
from lakeppo.moment import Moment, Phase
from lakeppo.runs.statistics import STATS
from lakeppo.session import notices
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.footer import Footer
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.panels.readouts import LINES, Readouts
from lakeppo.tui.panels.status import Title
from lakeppo.tui.text.words import meaning


def words_of(panel: Panel[Any]) -> dict[str, tuple[int, int]]:
    """The words of a panel that have a tooltip, and where they stand."""
    found: dict[str, tuple[int, int]] = {}
    for y in range(panel.size.height):
        x = 0
        for segment in panel.render_line(y):
            word = segment.style.meta.get("word") if segment.style else None
            if word:
                found.setdefault(word, (x, y))
            x += segment.cell_length
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_figure_and_every_panel_has_a_tooltip(size):
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        panels = [panel for panel in app.screen.query(Panel[Any]) if panel.display and panel.size.height]
        assert all(panel.about for panel in panels if not isinstance(panel, Footer | MessageBar))
        words = {word for panel in panels for word in words_of(panel)}
        assert all(meaning(word) for word in words)
        assert {*LINES, "ratio_max", "stopped", "exact", "optimal V"} <= words
        assert ({"greedy", "best"} <= words) == (size[0] > 80)
        readouts = app.screen.query_one(Readouts)
        x, y = words_of(readouts)["approx_kl"]
        assert await pilot.hover(Readouts, offset=(x + bool(readouts.gutter.left) * 2, y + readouts.gutter.top))
        assert str(readouts.tooltip) == meaning("approx_kl")
        assert STATS["approx_kl"].healthy in str(readouts.tooltip)
        title = app.screen.query_one(Title)
        title.post_message(MouseMove(title, 1, 0, 0, 0, 0, False, False, False))
        await pilot.pause()
        assert str(title.tooltip) == title.about


async def test_a_key_hides_the_tooltip_under_a_resting_mouse():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    app.TOOLTIP_DELAY = 0.01
    async with app.run_test(size=(80, 24), tooltips=True) as pilot:
        await settle(pilot)
        await pilot.hover(Readouts, offset=(3, 3))
        await until(pilot, lambda: app.screen.query_one(Tooltip).display)
        await pilot.press("v")
        assert not app.screen.query_one(Tooltip).display


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_exact_success_has_one_place(size):
    before = make_row(22)._replace(success_probability=0.757, greedy_success_probability=0.9)
    run = make_snapshot(moment=Moment(22, Phase.COPY, 0), status="stepped", changes=())
    run = changed(run, exact=run.run.exact.__class__(0.0832, 0.0, 0.744, 0.74, False))
    session = FakeSession(run)
    session.history = [*session.history[:21], before, *session.history[22:]]
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        title, lines = panel_text(app, Title), screen_text(app)
    assert "exact   8.3%  ▾ 67.4 points" in title
    shown = [line for line in lines if "8.3%" in line or ".083" in line]
    assert len([line for line in shown if "changed the exact success from" not in line and "now" not in line]) <= 2


async def test_a_message_that_is_no_longer_true_goes_away():
    first, second = (
        make_snapshot(moment=Moment(3, Phase.COLLECT, 0), status="stepped"),
        make_snapshot(status="paused"),
    )
    session = FakeSession(changed(first, notices=(notices.AT_END,), notice_count=1))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "end of the run so far" in panel_text(app, MessageBar)
        session.queue.append(changed(second, notices=(notices.AT_END,), notice_count=1))
        await settle(pilot)
        assert "end of the run so far" not in panel_text(app, MessageBar)


async def test_a_message_does_not_hide_the_answer_asked_for():
    first = make_snapshot(status="paused", notices=(notices.AT_END,), notice_count=1)
    answer = ArrowExplanation(3, 1, 4, 0, None, None, (Message("The arrow has not turned."),))
    session = FakeSession(first)
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "end of the run so far" in panel_text(app, MessageBar)
        for more, shown in (({}, "The arrow has not turned."), ({"notice_count": 2}, "end of the run so far")):
            session.queue.append(changed(first, arrow_explanation=answer, **more))
            await settle(pilot)
            assert shown in panel_text(app, MessageBar)
