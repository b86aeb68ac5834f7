"""The program of the siblings' process: it trains them beside the app, at the lowest priority, and reports.

A process and not a thread: a thread would take the interpreter from the run a hundred times a second, and more than
half of its speed. Orders come pickled on standard input, reports go pickled to standard output; when the input ends,
so does the process.
"""

import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import BinaryIO

from lakeppo.torch_import import frozen_gc

with frozen_gc():
    from lakeppo.fleets.siblings import SiblingFleet, SiblingRequest

EVERY = 0.2
"""Seconds between two reports."""


def work(orders: "SimpleQueue[SiblingRequest]", say: Callable[[object], None]) -> None:
    """Train all that is ordered, those behind first; a report is said with the number of its order."""
    fleets: list[SiblingFleet] = []
    said: dict[int, float] = {}
    while True:
        behind = min((c for c in fleets if not c.done), key=lambda fleet: fleet.updates, default=None)
        if behind is None or not orders.empty():
            fleets.append(behind := SiblingFleet(orders.get()))
        else:
            behind.update()
        number = fleets.index(behind)
        if behind.done or time.monotonic() - said.get(number, 0.0) > EVERY:
            said[number] = time.monotonic()
            say((number, behind.report()))


def _listen(orders: "SimpleQueue[SiblingRequest]", source: BinaryIO) -> None:
    with suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            orders.put(pickle.load(source))  # from the app itself
    os._exit(0)


def main() -> None:
    """Work until the app closes the input."""
    if hasattr(os, "nice"):
        os.nice(19)
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    orders: SimpleQueue[SiblingRequest] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders, sys.stdin.buffer), daemon=True).start()

    def say(what: object) -> None:
        pickle.dump(what, target)
        target.flush()

    with suppress(BrokenPipeError):
        try:
            work(orders, say)
        except Exception as error:
            say(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
