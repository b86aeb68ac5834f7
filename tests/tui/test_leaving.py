"""The end of an app that was asked to leave by a signal: how long its process waits for the terminal."""

import os
import pty
from contextlib import suppress

import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from textual.events import Key

from lakeppo.tui import leaving
from lakeppo.tui.app import LakeApp


class Ended(BaseException):
    pass


@pytest.fixture
def waits(monkeypatch):
    """Return the seconds that `_exit_once_idle` sleeps before it ends the process, with a terminal as standard error.

    `work` are the seconds of the processor's time that each look finds used.
    """
    main, terminal = pty.openpty()
    monkeypatch.setattr(leaving, "STANDARD_ERROR", terminal)

    def wait(closed: bool, ended: bool, work: list[float]) -> tuple[float, int]:
        if closed:
            os.close(main)
        slept, used, ends = [], [0.0], []

        def sleep(seconds: float) -> None:
            used.append(used[-1] + (work[len(slept)] if len(slept) < len(work) else 0.0))
            slept.append(seconds)

        def end(status: int) -> None:
            ends.append(status)
            raise Ended

        monkeypatch.setattr(leaving, "sleep", sleep)
        monkeypatch.setattr(leaving, "process_time", lambda: used[-1])
        monkeypatch.setattr(os, "_exit", end)
        with pytest.raises(Ended):
            leaving._exit_once_idle(129, lambda: ended)
        monkeypatch.undo()
        return sum(slept), ends[0]

    yield wait
    os.close(terminal)
    with suppress(OSError):  # closed
        os.close(main)


@pytest.mark.parametrize(
    ("closed", "ended", "work", "seconds"),
    [
        (True, True, [], 0.25),
        (True, True, [0.25, 0.25, 0.0], 0.75),
        (True, True, [0.25] * 1000, 20.0),
        (True, False, [], 3.0),
        (False, True, [], 3.0),
        (False, True, [0.0] * 11 + [0.25], 6.0),
        (False, True, [0.25] * 1000, 20.0),
    ],
)
def test_only_a_terminal_that_is_there_is_waited_for(waits, closed, ended, work, seconds):
    assert waits(closed, ended, work) == (seconds, 129)


async def test_a_signal_drops_the_keys_that_wait_quitting_does_not(monkeypatch):
    monkeypatch.setattr(leaving, "GRACE", 60.0)
    for leave, carried_out in (("interrupt", 0), ("quit", 20)):
        session = FakeSession(make_snapshot(status="playing"))
        session.ends = False
        app = LakeApp(session)
        async with app.run_test() as pilot:
            await settle(pilot)
            for _ in range(20):
                app.post_message(Key("full_stop", "."))
            await app.run_action(leave)
            await settle(pilot)
            assert len(session.sent) == carried_out
            await pilot.press("full_stop")  # a key that was pressed later
            await settle(pilot)
            assert len(session.sent) == carried_out + 1
            app.exit()
