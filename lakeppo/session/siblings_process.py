"""The program of the siblings' process: it trains them beside the app, at the lowest priority, and reports.

A process and not a thread: a thread would take the interpreter from the run a hundred times a second, and with it more
than half of its speed. Requests come pickled on standard input, reports go pickled to standard output; the process
ends when its input does.
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

from lakeppo.errors import described
from lakeppo.torch_import import frozen_gc

with frozen_gc():
    from lakeppo.fleets.siblings import SiblingFleet, SiblingRequest

REPORT_INTERVAL = 0.2
"""Seconds between two reports."""


def train(requests: "SimpleQueue[SiblingRequest]", send: Callable[[object], None]) -> None:
    """Train what is requested, those behind first; send each report with the number of its request."""
    fleets: list[SiblingFleet] = []
    reported: dict[int, float] = {}
    while True:
        behind = min((f for f in fleets if not f.done), key=lambda fleet: fleet.updates, default=None)
        if behind is None or not requests.empty():
            fleets.append(behind := SiblingFleet(requests.get()))
        else:
            behind.update()
        number = fleets.index(behind)
        if behind.done or time.monotonic() - reported.get(number, 0.0) > REPORT_INTERVAL:
            reported[number] = time.monotonic()
            send((number, behind.report()))


def _receive(requests: "SimpleQueue[SiblingRequest]", source: BinaryIO) -> None:
    with suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            requests.put(pickle.load(source))  # from the app itself
    os._exit(0)


def main() -> None:
    """Work until the app closes the input."""
    if hasattr(os, "nice"):
        os.nice(19)
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    requests: SimpleQueue[SiblingRequest] = SimpleQueue()
    threading.Thread(target=_receive, args=(requests, sys.stdin.buffer), daemon=True).start()

    def send(report: object) -> None:
        pickle.dump(report, target)
        target.flush()

    with suppress(BrokenPipeError):
        try:
            train(requests, send)
        except Exception as error:
            send(described(error))


if __name__ == "__main__":
    main()
