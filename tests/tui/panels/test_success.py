"""The success chart: the whole run at every size, and a click that goes to an update."""

import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from support.screens import panel_text

from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import GoTo
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.success import Success
from lakeppo.tui.theme import NOW


def shown(app):
    return next(panel for panel in app.screen.query(Success) if panel.display and panel.region.area)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (160, 45), (200, 50)])
async def test_a_click_goes_to_the_update_in_its_column(size):
    session = FakeSession(make_snapshot(status="paused"))
    session.history = session.history[:40]
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        panel = shown(app)
        assert panel._plot is not None
        for update in (0, 11, 40):
            column = panel._left + panel._plot.column_of(update)
            await pilot.click(panel, offset=(column + panel.gutter.left, panel.gutter.top + panel.size.height - 3))
            sent = session.sent[-1]
            assert isinstance(sent, GoTo)
            assert sent.moment[1:] == (Phase.COLLECT, 0)
            assert abs(sent.moment.update - update) <= 1


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 45), (200, 50)])
async def test_a_fall_after_the_present_is_drawn(size):
    falls = []
    for low in (0.9, 0.1):
        session = FakeSession(make_snapshot(status="paused", moment=Moment(10, Phase.COLLECT, 0)))
        fallen = [low if k == 47 else 0.9 for k in range(60)]
        rows = zip(session.history[:60], fallen, strict=True)
        session.history = [row._replace(success_probability=success) for row, success in rows]
        app = LakeApp(session)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            falls.append(panel_text(app, Success, shown(app).id or ""))
    assert falls[0] != falls[1]
    assert NOW in falls[1] or size in ((80, 24), (160, 45))
