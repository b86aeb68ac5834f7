"""What two threads share: the queue of commands, the slot of the newest snapshot, the events and times of the end."""

import threading
from queue import Empty
from types import SimpleNamespace

import pytest
from support.session import UPDATE, wait_for

from lakeppo.session import channel as module
from lakeppo.session.channel import KEYS_LAST, LONGEST_REST, PATIENCE, Channel, Slot
from lakeppo.session.commands import Export, GoBy, Quit, Save, Stop


@pytest.fixture
def channel():
    return Channel(5)


@pytest.fixture
def clock(monkeypatch):
    """Return a function that sets the clock of the channel."""
    clock = SimpleNamespace(monotonic=None)
    monkeypatch.setattr(module, "time", clock)

    def set_clock(now: float) -> None:
        clock.monotonic = lambda: now

    return set_clock


def test_a_slot_hands_out_a_snapshot_once():
    slot, snapshot = Slot(), object()
    assert slot.empty
    assert slot.take() is None
    slot.put(snapshot)
    assert not slot.empty
    assert slot.take() is snapshot
    assert slot.take() is None
    assert slot.empty


def test_a_slot_keeps_the_newest_snapshot():
    slot = Slot()
    slot.put(1)
    slot.put(2)
    assert slot.take() == 2


def take_while(writer: threading.Thread, slot: Slot) -> list:
    """Return what is taken from the slot until the writer has ended and the slot is empty."""
    taken = []
    writer.start()
    while writer.is_alive() or not slot.empty:
        number = slot.take()
        if number is not None:
            taken.append(number)
    return taken


def test_snapshots_of_another_thread_are_taken_once_in_order():
    slot, count = Slot(), 50_000
    taken = take_while(threading.Thread(target=lambda: [slot.put(number) for number in range(count)]), slot)
    assert taken == sorted(set(taken))
    assert taken[-1] == count - 1


def test_a_writer_that_waits_for_an_empty_slot_loses_nothing():
    slot, count = Slot(), 100

    def write():
        for number in range(count):
            wait_for(lambda: slot.empty)
            slot.put(number)

    assert take_while(threading.Thread(target=write), slot) == list(range(count))


def test_commands_of_another_thread_arrive_in_their_order(channel):
    sent = [GoBy(number) for number in range(1000)]
    sender = threading.Thread(target=lambda: [channel.commands.put(command) for command in sent])
    sender.start()
    assert [channel.commands.get(timeout=60) for _ in sent] == sent
    sender.join()


def test_the_worker_rests_for_longer_than_it_works_while_keys_wait(channel, clock, monkeypatch):
    waits = []

    def get(timeout=0.0):
        waits.append(timeout)
        raise Empty

    def next_after(work: float, wait: float | None) -> float | None:
        """Return how long the worker waits for a command that does not come, after some work."""
        clock(0.0)
        channel.next_command(0)
        clock(work)
        assert channel.next_command(wait) is None
        return waits[-1]

    monkeypatch.setattr(channel, "commands", SimpleNamespace(get=get, get_nowait=get))
    clock(0.0)
    assert next_after(0.01, 0) == 0
    channel.note_keys()
    assert next_after(0.01, 0) == pytest.approx(3 * 0.01)
    assert next_after(0.01, 0.5) == 0.5
    assert next_after(0.01, None) is None
    assert next_after(0.09, 0) == LONGEST_REST
    assert next_after(1.1 * KEYS_LAST, 0) == 0


def test_a_command_is_taken_at_once_while_keys_wait(channel):
    channel.commands.put(UPDATE)
    channel.note_keys()
    assert channel.next_command(None) is UPDATE


def test_leaving_is_seen_by_a_thread_that_waits_for_it(channel):
    waiting = threading.Thread(target=channel.leaving.wait)
    waiting.start()
    assert not channel.leaving.is_set()
    channel.leaving.set()
    waiting.join(60)
    assert not waiting.is_alive()


def test_draining_returns_the_commands_that_are_dropped(channel):
    for command in (UPDATE, Stop(), Save(), Export(), Quit()):
        channel.commands.put(command)
    assert channel.drain() == (UPDATE, Save(), Export())
    assert channel.commands.empty()
    assert channel.drain() == ()


@pytest.mark.parametrize(("ready_at", "stop_at"), [(10.0, 50.0), (50.0, 10.0)])
def test_patience_counts_from_when_commands_can_be_carried_out(channel, clock, ready_at, stop_at):
    channel.ready_at, channel.stop_at = ready_at, stop_at
    clock(50.0 + PATIENCE)
    assert not channel.overdue()
    clock(50.01 + PATIENCE)
    assert channel.overdue()


def test_nothing_is_overdue_before_a_stop_or_while_leaving(channel, clock):
    clock(1e9)
    channel.ready_at = 1.0
    assert not channel.overdue()
    channel.stop_at = 2.0
    assert channel.overdue()
    channel.leaving.set()
    assert not channel.overdue()


def test_nothing_is_overdue_before_the_worker_is_ready(channel, clock):
    clock(1e9)
    channel.stop_at = 2.0
    assert not channel.overdue()
