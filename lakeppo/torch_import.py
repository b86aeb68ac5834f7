"""How torch is imported: a second in which a person may change their mind, and which need not be longer than that."""

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def frozen_gc() -> Iterator[None]:
    """Look for no garbage in what is imported here, now or ever again.

    There is none; and looking for it makes torch's import a tenth longer, holds up an app that runs for a sixth of a
    second every now and then, and a process that ends for a fifth.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def default_interrupt() -> Iterator[None]:
    """Ctrl-C just ends the process meanwhile: torch, interrupted in its import, aborts with a page of words."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if usual:
            signal.signal(signal.SIGINT, signal.default_int_handler)
