"""Pictures of the comparison and of the branches. `pytest --snapshot-update` draws them again; then look at each."""

import pytest
from support.fake_session import FakeSession, make_row, settle
from support.screens import alone, compared, opened

from lakeppo.tui.app import LakeApp


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)


def app_of_a_branch(**settings) -> LakeApp:
    session = FakeSession(alone(compared()))
    session.history = [make_row(update) for update in range(1, 41)]
    return LakeApp(session, **settings)


def comparing(*keys: str):
    async def before(pilot) -> None:
        await opened(pilot, pilot.app.session)
        await pilot.press(*keys)
        await settle(pilot)

    return before


@pytest.mark.parametrize("size", [(200, 50), (160, 30), (120, 40), (80, 24)], ids=lambda size: "{}x{}".format(*size))
def test_comparison(snap_compare, size):
    assert snap_compare(app_of_a_branch(), terminal_size=size, run_before=comparing("down"))


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=lambda size: "{}x{}".format(*size))
def test_one_against_the_other(snap_compare, size):
    assert snap_compare(app_of_a_branch(), terminal_size=size, run_before=comparing("tab", "tab"))


def test_comparison_light(snap_compare):
    app = app_of_a_branch()
    app.theme = "textual-light"
    assert snap_compare(app, terminal_size=(200, 50), run_before=comparing("v"))


def test_comparison_ascii(snap_compare):
    assert snap_compare(app_of_a_branch(ascii=True), terminal_size=(160, 40), run_before=comparing())


def test_comparison_without_colour(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app_of_a_branch(), terminal_size=(160, 40), run_before=comparing())


def test_branches_under_the_track(snap_compare):
    assert snap_compare(app_of_a_branch(), terminal_size=(120, 46), run_before=settle)


def test_list_of_branches(snap_compare):
    async def before(pilot) -> None:
        await settle(pilot)
        await pilot.press("B")
        await settle(pilot)

    assert snap_compare(app_of_a_branch(), terminal_size=(80, 24), run_before=before)
