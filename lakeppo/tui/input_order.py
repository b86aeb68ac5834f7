"""The order of the input: what is typed behind a key goes to the screen that this key opens or closes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.errors import NoWidget
from textual.events import Event, InputEvent, Key, MouseEvent, MouseMove, Paste
from textual.message_pump import MessagePump
from textual.widget import Widget

from lakeppo.tui.key_presses import KeyedApp

ROUNDS = 2
"""Rounds of a marker once nothing else has come up: a widget may answer an event by a message of its own."""
MOST_ROUNDS = 10
"""Rounds of a marker at most, whatever comes up."""
LOOK = 0.05
"""Seconds between two looks at whether the marker is lost with a widget that was removed."""


class OrderedApp(KeyedApp):
    """An app that passes input on once what the input before it does is done.

    Textual hands each key to the widget that has the focus, and carries it out some messages later: of keys that come
    in together, as on a slow line, those behind the first would go to the screen that it closes, or be lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[Event] = deque()
        self._marker: Marker | None = None
        self._dropped_until = 0.0

    @property
    def input_waits(self) -> bool:
        return bool(self._held or self.message_queue_size)

    def note_keys(self) -> None:
        """Note that input waits. A subclass overrides this."""

    def drop_waiting(self) -> None:
        """Carry out none of the input that waits now."""
        self._held.clear()
        self._dropped_until = Event().time

    async def on_event(self, event: Event) -> None:
        if not isinstance(event, InputEvent | Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._held or self._marker is not None:
            self._held.append(event)
        elif event.time > self._dropped_until:
            await self._pass_on(event)

    async def _pass_on(self, event: Event) -> None:
        if self.input_waits:
            self.note_keys()
        if not self.screen_stack or isinstance(event, MouseMove) or self._is_text(event):
            await super().on_event(event)
            return
        target = self._target(event)
        self._marker = Marker(self, self._pass_on_held)
        await super().on_event(event)
        self._marker.send(target)

    def _is_text(self, event: Event) -> bool:
        """Return whether all that an event does is to go into a field."""
        focused = self.focused
        return isinstance(event, Key) and focused is not None and focused.check_consume_key(event.key, event.character)

    def _target(self, event: Event) -> Widget:
        if isinstance(event, MouseEvent):
            if self.mouse_captured is not None:
                return self.mouse_captured
            try:
                return self.screen.get_widget_at(event.x, event.y)[0]
            except NoWidget:
                return self.screen
        return self.focused or self.screen

    async def _pass_on_held(self) -> None:
        self._marker = None
        while self._held and self._marker is None:
            await self._pass_on(self._held.popleft())


class Marker:
    """What follows an event from its widget up to the app, as often as something comes of it; then calls `ended`."""

    def __init__(self, app: App[Any], ended: Callable[[], Awaitable[None]]) -> None:
        self._app, self._ended = app, ended
        self._left, self._rounds, self._sent = ROUNDS, 0, 0
        self._shown: tuple[object, ...] = self._screens_and_focus()
        self._way: deque[MessagePump] = deque()
        self._holder: MessagePump = app

    def send(self, target: Widget) -> None:
        """Send it on its first round."""
        asyncio.get_running_loop().call_later(LOOK, self._look)
        self._send(target)

    def _screens_and_focus(self) -> tuple[object, ...]:
        return (*self._app.screen_stack, self._app.focused) if self._app.screen_stack else ()

    def _send(self, target: MessagePump) -> None:
        self._sent += 1
        self._way = deque(target.ancestors_with_self if isinstance(target, Widget) else [target])
        self._go_on()

    def _go_on(self) -> None:
        while self._way:
            self._holder = self._way.popleft()
            if self._holder.call_later(self._arrive, self._sent):
                return

    async def _arrive(self, sent: int) -> None:
        if sent != self._sent:
            return  # it was taken for lost
        if self._way:
            self._go_on()
            return
        before, self._shown = self._shown, self._screens_and_focus()
        self._left = self._left - 1 if before == self._shown else ROUNDS
        self._rounds += 1
        if self._left and self._rounds < MOST_ROUNDS and self._app.screen_stack:
            self._send(self._app.focused or self._app.screen)
        else:
            self._sent = 0
            await self._ended()

    def _look(self) -> None:
        """Send it again if it was lost with a widget."""
        if not self._sent:
            return
        asyncio.get_running_loop().call_later(LOOK, self._look)
        if isinstance(self._holder, Widget) and not (self._holder.is_running and self._holder.is_attached):
            self._send(self._app.screen if self._app.screen_stack else self._app)
