"""Keys that come in together, as on a slow line or from a script, do one after the other what they do alone."""

from typing import Any

import pytest
from support.events import CHARACTERS
from support.fake_session import FakeSession, settle, until
from support.screens import alone, compared
from textual.events import Event, Key, MouseDown, MouseMove, MouseUp, Paste
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from lakeppo.session.commands import ToggleBookmark, TogglePlay
from lakeppo.tui.app import LakeApp
from lakeppo.tui.input_order import Marker
from lakeppo.tui.panels.footer import Footer

APART = 0.2
SEQUENCES = (
    ": s u c c e s s _ r a t e > . 1 enter m", ": g o a l enter m", ": g o a l escape m", ": paste:off enter m",
    "ctrl+p b o o k m enter m", "ctrl+p escape m", "ctrl+p x escape m", "p down 0 . 5 enter escape m",
    "p down down enter escape escape m", "p 5 ctrl+o m", "p paste:on escape m", "B n a b c enter escape m",
    "B n a b c escape m", "i escape m", "i down down enter m", "c escape m", "t escape m", "? escape m",
    "T escape escape m", "p escape i escape ctrl+p escape t escape m", "z v z m", "n n n W m", "f1 escape m",
    "L down enter escape m", "f1 tab tab escape m", "p 5 z m", "p 5 b m", "p 0 . 5 backspace 6 enter m",
    ": g o o x backspace backspace a l home s end t delete left 1 enter m", "p down 5 W escape m",
)  # fmt: skip
NAMES = {character: name for name, character in CHARACTERS.items()}


def event_of(word: str, time: float) -> Event:
    """Return the event of a key, by its name or its character, or of a paste."""
    kind, _, text = word.partition(":")
    event: Event = Paste(text) if kind == "paste" else Key(NAMES.get(word, word), word if word in NAMES else None)
    event.time += time
    return event


async def outcome(words: list[str], together: bool) -> tuple[Any, ...]:
    """Return what was sent to the session, and what is on the screen, after keys one by one or all at once."""
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for count, word in enumerate(words):
            app.post_message(event_of(word, APART * count))
            if not together:
                await settle(pilot)
        await settle(pilot)
        screens = [type(screen).__name__ for screen in app.screen_stack]
        fields = [field.value for field in app.screen.query(Input)]
        return session.sent, screens, fields, app.preferences.view


@pytest.mark.parametrize("words", SEQUENCES)
async def test_keys_at_once_do_what_they_do_one_by_one(words):
    apart = await outcome(words.split(), together=False)
    assert await outcome(words.split(), together=True) == apart


async def test_a_text_is_typed_into_the_screen_that_a_key_before_it_opens():
    _, screens, fields, _ = await outcome(": g o a l".split(), together=True)
    assert (screens[-1], fields) == ("ConditionPrompt", ["goal"])


def click(pilot: Pilot[None], widget: Widget) -> None:
    """Post what a terminal sends for a click on the second cell of a widget, and do not wait."""
    x, y = widget.region.x + 1, widget.region.y
    for kind, button in ((MouseMove, 0), (MouseDown, 1), (MouseUp, 1)):
        pilot.app.post_message(kind(None, x, y, 0, 0, button, False, False, False, x, y))


async def test_a_key_waits_for_a_click_before_it():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        click(pilot, app.screen.query_one(Footer))
        app.post_message(event_of("m", 0.0))
        await settle(pilot)
    assert session.sent == [TogglePlay(), ToggleBookmark()]


class LossyField(Input):
    """A field that loses the marker."""

    def call_later(self, callback: Any, *values: Any, **words: Any) -> bool:
        lost = isinstance(getattr(callback, "__self__", None), Marker)
        return lost or super().call_later(callback, *values, **words)


async def test_input_goes_on_when_the_marker_is_lost_with_a_widget():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        field = LossyField()
        await app.screen.mount(field)
        app.screen.set_focus(field)
        app.post_message(event_of("escape", 0.0))
        app.post_message(event_of("m", APART))
        await settle(pilot)
        assert session.sent == []
        await field.remove()
        await until(pilot, lambda: session.sent == [ToggleBookmark()])
