"""Every panel alone: by its digit, by z, by a double click; whole, and back again."""

import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from support.screens import places, screen_text

from lakeppo.config import KNOBS
from lakeppo.tui.app import LakeApp
from lakeppo.tui.keymap import PANEL_NAMES
from lakeppo.tui.screens.layout import LARGE

SIGHTS = {
    "lake": "GOAL", "question": "A>0", "tile": "true V", "readouts": "entropy", "success": "exact", "why": "pass 2",
    "knobs": "gae_lambda", "phases": "the critic judges",
    "timeline": "slip 2/3",
}  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (60, 18)])
async def test_every_panel_is_whole_alone_and_all_come_back(size):
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        before = places(app)
        for digit, name in zip("123456780", LARGE, strict=True):
            await pilot.press(digit)
            await pilot.pause()
            region = app.main_screen.query_one(LARGE[name]).region
            assert region.width >= size[0] - 2
            assert region.height >= size[1] - (9 if size[1] < 38 else 14)
            lines = screen_text(app)
            assert any(SIGHTS[name] in line for line in lines), (name, lines)
            assert "all panels" in lines[-1]
            assert "lakeppo" in lines[0]
            await pilot.press("escape" if name in ("why", "lake", "timeline") else digit)
            await pilot.pause()
            assert places(app) == before


@pytest.mark.parametrize(("size", "named"), [((80, 24), True), ((120, 40), False)], ids=str)
async def test_the_key_to_all_reasons_is_named_where_they_do_not_fit(size, named):
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert any(line.endswith("6: all") for line in map(str.rstrip, screen_text(app))) == named
        await pilot.press("6")
        await pilot.pause()
        assert "6: all" not in "".join(screen_text(app))


async def test_z_goes_through_them_and_a_double_click_chooses():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        seen = []
        for _ in range(10):
            await pilot.press("z")
            seen.append(app.main_screen.state.large)
        assert seen == [*LARGE, ""]
        await pilot.click("Readouts", times=2)
        await pilot.pause()
        assert app.main_screen.state.large == "readouts"
        await pilot.click("Readouts", times=2)
        assert app.main_screen.state.large == ""


async def test_every_knob_has_its_line_at_80_by_24():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("7")
        await pilot.pause()
        text = "\n".join(screen_text(app))
        assert all(name in text for name in KNOBS)


def test_the_keys_name_the_panels_there_are():
    assert tuple(LARGE) == PANEL_NAMES
