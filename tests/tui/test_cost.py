"""What a key, a click and a line cost: nothing is drawn or styled in vain."""

from collections import Counter
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from support.fake_session import FakeSession, make_snapshot, settle, until
from textual import events
from textual.css.stylesheet import Stylesheet
from textual.strip import Strip

from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.lines import to_strip
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.lake import Lake
from lakeppo.tui.screens import frames

STYLES = [Style.null(), Style(color="green"), Style(color="green"), Style(bold=True), Style(bgcolor="red")]
BASE = Style(color="white", bgcolor="black")


@pytest.mark.parametrize("key", ["p", "ctrl+p"])
async def test_a_click_beside_a_popup_draws_nothing_below_it(key):
    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press(key)
        await settle(pilot)
        panels = [panel for panel in app.main_screen.query(Panel[Any]) if panel.region]
        popup, drawn = app.screen, [panel.drawn for panel in panels]
        assert popup is not app.main_screen
        for panel in panels:
            panel.redraw()
        popup.refresh()
        for x, y in ((1, 2), (60, 39), (119, 1)):
            assert popup.get_widget_at(x, y)[0] is popup
            assert popup.get_style_at(x, y) == Style.null()
            assert popup.get_widget_and_offset_at(x, y) == (popup, None)
        assert [panel.drawn for panel in panels] == drawn


async def test_enlarging_a_panel_styles_each_widget_twice_at_most(monkeypatch):
    counts, apply = Counter[Any](), Stylesheet.apply

    def counted(sheet, node, **options):
        counts[node] += 1
        apply(sheet, node, **options)

    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(Stylesheet, "apply", counted)
        for key in "zz":
            counts.clear()
            app.main_screen.action_enlarge_next()
            assert counts[app.main_screen] == 1
            assert max(counts.values()) <= 2, key


async def test_frames_are_left_out_while_messages_wait_and_drawn_after(monkeypatch):
    app, drawn = LakeApp(FakeSession(make_snapshot(status="paused"))), []
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        screen, display = app.screen, app._display
        monkeypatch.setattr(frames, "LONGEST_REST", 2.0)
        monkeypatch.setattr(app, "_display", lambda *frame: (drawn.append(monotonic()), display(*frame)))
        await until(pilot, lambda: not (app.message_queue_size or screen.message_queue_size))
        for _ in range(5):
            app.frames.draw(lambda: None)
            app.frames.took = 60.0
            screen._refresh_layout()
        assert len(drawn) == 5
        app.frames.took = 60.0
        for _ in range(5):
            screen.call_later(lambda: None)
            screen.query_one(Lake).redraw()
            screen._refresh_layout()
        assert screen.behind
        assert len(drawn) == 5
        await until(pilot, lambda: not screen.behind)
        assert len(drawn) == 6
        assert not screen._compositor._dirty_regions


@pytest.mark.parametrize(
    ("event", "waiting", "noted"),
    [
        (events.Key("x", "x"), 0, 0),
        (events.Key("x", "x"), 1, 1),
        (events.Paste("x"), 1, 1),
        (events.Callback(lambda: None), 1, 0),
    ],
)
async def test_the_session_is_told_of_keys_that_wait_behind_one(event, waiting, noted, monkeypatch):
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test() as pilot:
        await settle(pilot)
        before = session.notes_of_keys
        monkeypatch.setattr(LakeApp, "message_queue_size", waiting)
        await app.on_event(event)
        monkeypatch.undo()
        assert session.notes_of_keys == before + noted


@given(st.lists(st.tuples(st.sampled_from(["", "a", "bc", "界", " "]), st.sampled_from(STYLES)), max_size=12))
def test_a_strip_joins_the_pieces_of_one_style(line):
    strip = to_strip(line, 40, BASE)
    cells = [(character, BASE + style) for text, style in line for character in text]
    cells += [(" ", BASE)] * (40 - sum(Segment(text).cell_length for text, _ in line))
    assert [(character, style) for text, style, _ in strip for character in text] == cells
    assert strip.cell_length == Strip(list(strip)).cell_length == 40
    joined = [style for _, style, _ in strip][: len(strip) - 1]
    assert all(a != b for a, b in pairwise(joined))
