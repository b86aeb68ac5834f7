"""Context managers for importing torch, which takes about a second, and the command line."""

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def frozen_gc() -> Iterator[None]:
    """Import without garbage collection, and exclude what was imported from all later collections.

    Collecting there, where there is no garbage, makes the import a tenth longer, and pauses the app for 0.2 s later on.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def default_interrupt() -> Iterator[None]:
    """Let Ctrl-C end the process at once: an import that is interrupted says so at length, and torch aborts."""
    here = threading.current_thread() is threading.main_thread()
    replace = here and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if replace:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if replace:
            signal.signal(signal.SIGINT, signal.default_int_handler)
