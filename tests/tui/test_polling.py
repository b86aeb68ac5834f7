"""When the app looks at its session."""

import asyncio

import pytest
from support.fake_session import FakeSession, make_snapshot

from lakeppo.tui import polling as module
from lakeppo.tui.polling import FRAMES, HURRIED_FRAMES, RESTING_FRAMES, Polling


class Messages:
    """Stands for the app: keeps what is to be called later."""

    return_code = None

    def __init__(self) -> None:
        self.waiting = []

    def call_later(self, callback) -> None:
        self.waiting.append(callback)

    def deliver(self) -> None:
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            callback()


class Loop:
    """Stands for asyncio's loop: calls what is due when told the time."""

    def __init__(self, monkeypatch) -> None:
        self.now, self.due = 100.0, []
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self)
        monkeypatch.setattr(module, "monotonic", lambda: self.now)

    def call_later(self, delay, callback) -> None:
        self.due.append((self.now + delay, callback))

    def run(self, seconds, messages, each=lambda: None) -> None:
        until = self.now + seconds
        while self.due and min(due for due, _ in self.due) <= until:
            self.due.sort(key=lambda entry: entry[0])
            self.now, callback = self.due.pop(0)
            callback()
            each()
            messages.deliver()
        self.now = until


@pytest.fixture
def session():
    session = FakeSession()
    session.started = True
    return session


@pytest.fixture
def messages():
    return Messages()


@pytest.fixture
def looks():
    return []


@pytest.fixture
def loop(monkeypatch):
    return Loop(monkeypatch)


@pytest.fixture
def polling(session, messages, looks, loop):
    polling = Polling(messages, session, lambda: looks.append(loop.now), urgent=lambda: False)
    polling.poll()
    messages.deliver()
    looks.clear()
    return polling


def test_a_session_without_news_is_looked_at_once_a_second(polling, loop, messages, looks):
    loop.run(10, messages)
    assert 0.8 * 10 * RESTING_FRAMES <= len(looks) <= 10 * RESTING_FRAMES


@pytest.mark.parametrize(("hurried", "frames"), [(False, FRAMES), (True, HURRIED_FRAMES)])
def test_news_is_looked_at_as_often_as_the_pace_allows(polling, loop, session, messages, looks, hurried, frames):
    polling.hurried = hurried
    session.queue.append(make_snapshot())
    loop.run(10, messages)
    assert 0.8 * 10 * frames <= len(looks) <= 10 * frames


def test_what_is_asked_for_twice_is_looked_at_once(polling, messages, loop, looks):
    loop.now += 0.01
    polling.look_soon()
    polling.look_soon()
    messages.deliver()
    assert looks == [loop.now]


def test_a_lost_message_is_sent_again(polling, messages, loop, session, looks):
    loop.run(0.5, messages)
    session.queue.append(make_snapshot())
    loop.run(0.2, messages, each=messages.waiting.clear)
    assert not looks
    loop.run(2, messages)
    assert looks[0] <= 100 + 0.7 + 2 / RESTING_FRAMES


def test_what_is_urgent_is_looked_at_without_news(session, messages, loop, looks):
    polling = Polling(messages, session, lambda: looks.append(loop.now), urgent=lambda: True)
    polling.poll()
    loop.run(1, messages)
    assert len(looks) >= FRAMES


def test_an_app_that_has_ended_is_not_polled(polling, messages, loop, looks):
    messages.return_code = 0
    loop.run(5, messages)
    assert not looks
    assert not loop.due
