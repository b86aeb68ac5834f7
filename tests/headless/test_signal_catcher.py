"""A signal ends a command, however long what it does would take."""

import os
import signal

import pytest

from lakeppo.fleets.interruption import Interrupted
from lakeppo.headless import signal_catcher as module
from lakeppo.headless.signal_catcher import SignalCatcher
from lakeppo.signals import SIGNALS


@pytest.mark.parametrize("number", SIGNALS)
def test_the_deadline_ends_what_does_not_look(monkeypatch, number):
    monkeypatch.setattr(module, "DEADLINE", 0.01)
    before = signal.getsignal(number)

    def deaf() -> None:
        with SignalCatcher(deadline=True):
            os.kill(os.getpid(), number)
            while True:
                pass

    with pytest.raises(SystemExit) as left:
        deaf()
    assert left.value.code == 128 + number
    assert signal.getsignal(number) is before


def test_a_part_is_given_up_only_once_a_signal_has_waited(monkeypatch):
    with SignalCatcher() as signals:
        signals.check()
        os.kill(os.getpid(), signal.SIGTERM)
        monkeypatch.setattr(module, "GRACE", 1e9)
        signals.check()
        monkeypatch.setattr(module, "GRACE", -1.0)
        with pytest.raises(Interrupted):
            signals.check()
    assert signals.status == 143


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.parametrize("may_raise", [True, False])
def test_what_cannot_be_interrupted_ends_with_the_process(monkeypatch, may_raise):
    monkeypatch.setattr(module, "DEADLINE", 0.01)
    monkeypatch.setattr(module, "LAST", 0.01)
    child = os.fork()
    if child == 0:
        with SignalCatcher(deadline=True) as signals:
            signals.may_raise = may_raise
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                try:
                    while True:
                        pass
                except SystemExit:
                    if not may_raise:
                        os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130


def test_a_signal_after_its_catcher_ends_nothing(monkeypatch):
    monkeypatch.setattr(module, "DEADLINE", 0.0)
    with SignalCatcher(deadline=True) as signals:
        pass
    assert not signals._watch.is_alive()
    assert (signals.number, signals.status) == (0, 0)
