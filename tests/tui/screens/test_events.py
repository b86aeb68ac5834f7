"""The list of events, the marks of the timeline, and captions: whatever is picked is gone to exactly."""

import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.screens import panel_text, screen_text

from lakeppo.moment import Change, Moment, Phase
from lakeppo.presets import Limit
from lakeppo.runs.branch import LONGEST_CAPTION
from lakeppo.runs.events import Event, Kind
from lakeppo.session.commands import CaptionBookmark, GoTo, GoToEvent, NextEvent
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.events import EventList
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.screens.events import EventScreen
from lakeppo.tui.text.events import GLYPHS, event_text, legends
from lakeppo.tui.theme import to_ascii

GOAL = Event(Moment(1, Phase.COLLECT, 18), Kind.FIRST_GOAL)
FALL = Event(Moment(10, Phase.COPY, 0), Kind.FALL, 1.0, 0.0836)
SLIP = Event(Moment(12, Phase.COLLECT, 0), Kind.CHANGE, subject=Change(Moment(12, Phase.COLLECT, 0), "slip", 2 / 3))
MARK = Event(Moment(20, Phase.IMPROVE, 3), Kind.BOOKMARK, subject="look [b]here[/b] 界")
AHEAD = Event(Moment(30, Phase.COPY, 0), Kind.RISE, 0.1, 0.9)
EVENTS = (GOAL, FALL, SLIP, MARK, AHEAD)


def session_with(events=EVENTS, **changes) -> FakeSession:
    return FakeSession(changed(make_snapshot(status="paused"), events=events, **changes))


def selected(app) -> Event | None:
    return app.screen.query_one(EventList).chosen


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_list_says_what_happened_and_enter_goes_there(size):
    session = session_with()
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("9")
        await pilot.pause()
        assert selected(app) == MARK  # the last one that is not after the present moment
        text = "\n".join(" ".join(line.split()) for line in screen_text(app))
        if size[0] >= 80:
            assert "EVENTS 5 on this branch, 1 after this moment" in text
            assert "update 1, step 18 ⚑ the first time at the goal" in text
            assert "update 10 ▾ exact success fell from 1.000 to .084, steepest here" in text
            assert "update 12 ~ slip 2/3" in text
            assert "update 20, pass 3 ▪ look [b]here[/b] 界" in text
        await pilot.press("up", "up", "enter")
        await pilot.pause()
        assert app.screen is app.main_screen
    assert session.sent == [GoToEvent(FALL)]


async def test_a_click_on_a_row_goes_there_and_the_wheel_only_selects():
    session = session_with()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("9", "home")
        await pilot.pause()
        assert selected(app) == GOAL
        await pilot.press("pagedown", "up")
        assert selected(app) == MARK
        await pilot.click(EventList, offset=(20, 20))
        assert session.sent == []
        await pilot.click(EventList, offset=(20, 6))
        await pilot.pause()
        assert app.screen is app.main_screen
    assert session.sent == [GoToEvent(AHEAD)]


async def test_the_selection_stays_on_its_event_as_others_arrive():
    session = session_with()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("9", "up")
        assert selected(app) == SLIP
        more = [Event(Moment(k, Phase.COPY, 0), Kind.KL, after=0.1) for k in (2, 5)]
        session.queue.append(changed(make_snapshot(status="paused"), events=(GOAL, *more, FALL, SLIP, MARK)))
        await settle(pilot)
        assert selected(app) == SLIP
        session.queue.append(changed(make_snapshot(status="paused"), events=(GOAL, *more, FALL)))
        await settle(pilot)
        assert selected(app) == FALL


async def test_any_event_can_be_captioned_beginning_with_its_text():
    session = session_with()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("9", "n")
        await pilot.pause()
        assert app.screen.box.value == "look [b]here[/b] 界"
        await pilot.press("escape")
        assert isinstance(app.screen, EventScreen)
        await pilot.press("up", "up", "n", "end", *"!q", "enter")
        await pilot.pause()
        assert isinstance(app.screen, EventScreen)
        assert session.sent == [CaptionBookmark(FALL.moment, "exact success fell from 1.000 to .084, steepest here!q")]
        await pilot.press("n")
        app.screen.box.value = "x" * LONGEST_CAPTION
        await pilot.press("end", "y", "enter")
        assert session.sent[1:] == [CaptionBookmark(FALL.moment, "x" * LONGEST_CAPTION)]


async def test_the_present_moment_is_captioned_at_once():
    session = session_with(events=())
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("9")
        assert app.screen is app.main_screen  # there is nothing to list
        await pilot.press("M", *"now", "enter")
        await pilot.pause()
        assert app.screen is app.main_screen
        await pilot.press("M", "escape")
        await pilot.pause()
        assert app.screen is app.main_screen
    assert session.sent == [CaptionBookmark(Moment(22, Phase.IMPROVE, 2), "now")]


async def test_the_keys_of_events_send_their_commands():
    session = session_with()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("exclamation_mark", "at")
    assert session.sent == [NextEvent(1), NextEvent(-1)]


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_a_click_on_a_mark_goes_to_its_very_moment(size):
    session = session_with(limit=Limit("updates", 40))
    session.history.cut(32)
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        line = panel_text(app, Timeline).splitlines()[1].partition("┥")[0]
        for glyph in ("▾", "▪"):
            await pilot.click(Timeline, offset=(line.index(glyph), 0))
        await pilot.click(Timeline, offset=(line.index("◆") - 1, 0))
    assert session.sent[:2] == [GoToEvent(FALL), GoToEvent(MARK)]
    assert isinstance(session.sent[2], GoTo)


async def test_bookmarks_ahead_of_the_run_stand_on_the_track():
    later = [Event(Moment(update, Phase.COLLECT, 0), Kind.BOOKMARK) for update in (20, 40, 60)]
    snapshot = make_snapshot(status="paused", moment=Moment(0, Phase.COLLECT, 0), changes=(), first_goal_episode=None)
    session = FakeSession(changed(snapshot, events=tuple(later), end=Moment(80, Phase.COLLECT, 0), rewound=True))
    session.history = type(session.history)()
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        line = panel_text(app, Timeline).splitlines()[1]
        columns = [x for x, glyph in enumerate(line) if glyph == "▪"]
        assert len(columns) == 3
        assert columns[0] - line.index("┝") == pytest.approx(columns[1] - columns[0], abs=1)
        await pilot.click(Timeline, offset=(columns[1], 0))
    assert session.sent == [GoToEvent(later[1])]


def test_every_kind_has_a_glyph_a_legend_and_words():
    assert set(GLYPHS) == set(Kind)
    assert all(glyph in legends()[0] for glyph in GLYPHS.values())
    assert all(len(to_ascii(glyph)) == 1 and to_ascii(glyph) != "?" for glyph in GLYPHS.values())
    texts = [event_text(Event(FALL.moment, kind, 0.5, float("nan"))) for kind in Kind]
    assert len(set(texts)) == len(Kind)
    assert all(text and "{" not in text for text in texts)
