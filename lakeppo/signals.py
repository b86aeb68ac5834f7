"""The signals that end a command. No torch."""

import signal

_NAMES = (
    "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU",
    "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGBREAK",
)  # fmt: skip
SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
"""Those that would end a program unsaved and can be handled; no platform has all of them."""


def heeded() -> list[signal.Signals]:
    """Return those of `SIGNALS` that are not ignored, as under `nohup`, nor handled by code that is not Python."""
    return [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def exit_status(number: int) -> int:
    """Return the exit status that shells give a program ended by a signal."""
    return 128 + number
