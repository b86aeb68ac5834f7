"""The settings file: read whole and within bounds, and changed key by key with its comments kept. No torch."""

import os
import stat
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from lakeppo.errors import FileError, InvalidValue, Message
from lakeppo.files import expand_home, read_text, reason
from lakeppo.i18n import N_, _
from lakeppo.settings import Value
from lakeppo.storage.atomic import write_atomically
from lakeppo.storage.toml import parse_toml

VARIABLE = "LAKEPPO_CONFIG"
NAME = "settings.toml"
MOST = 2**16
"""Bytes of a settings file that is read, in a few milliseconds."""
PATIENCE = 1.0
"""Seconds to wait for another program that is writing the file."""
DELAY = 0.3
"""Seconds within which changes are written together: a key is often pressed several times."""
HEAD = N_("# Settings of lakeppo. `lakeppo settings` shows all that there are, `lakeppo settings --help` says more.")


def settings_path(environment: Mapping[str, str]) -> Path | None:
    """Return the path of the settings file, which need not exist; None if this person has no folder for it."""
    with suppress(OSError, RuntimeError):  # no current folder, no home folder
        if named := environment.get(VARIABLE):
            return expand_home(named).absolute()
        import platformdirs  # 50 ms

        path = platformdirs.user_config_path("lakeppo", appauthor=False) / NAME
        return path if path.is_absolute() else None
    return None


class Found(NamedTuple):
    """The settings file of a person, if there is one: its path, its content, and why that cannot be read."""

    path: Path | None
    content: Mapping[str, Any] = MappingProxyType({})
    exists: bool = True
    problems: Sequence[Message] = ()


def find_settings(environment: Mapping[str, str]) -> Found:
    """Read the settings file; whatever is wrong with it raises nothing."""
    path = settings_path(environment)
    if path is None:
        return Found(None)
    try:
        content = read_settings(path)
    except FileError as error:
        return Found(path, problems=[error.message])
    return Found(path, content or {}, content is not None)


def read_settings(path: Path) -> dict[str, Any] | None:
    """Return the content of a settings file; None if there is no file. Raises `FileError`."""
    try:
        path.stat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        pass  # reading says what is wrong
    try:
        return parse_toml(read_text(path, MOST))
    except InvalidValue as error:
        raise FileError("{path}: {error}", path=path, error=error.message) from None


def change_settings(path: Path, changes: Mapping[str, Value]) -> None:
    """Give keys of a settings file other values and leave the rest of it as it is. Raises `FileError` or `OSError`.

    The file that a link names is changed, not the link. A file that is not understood, or is read-only, is left alone.
    """
    from filelock import FileLock, Timeout  # with tomlkit 50 ms

    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=PATIENCE, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise FileError("{path}: another program is writing it", path=path) from None
    except (OSError, NotImplementedError):
        pass  # some file systems have no locks, and something else may have the lock's name
    try:
        _change(path, changes)
    finally:
        lock.release()


def _change(path: Path, changes: Mapping[str, Value]) -> None:
    content = read_settings(path)
    text, mode = f"{_(HEAD)}\n", None
    if content is not None:
        text, mode = read_text(path, MOST), stat.S_IMODE(path.stat().st_mode)
        if not os.access(path, os.W_OK):
            raise FileError("{path} is read-only", path=path)
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
    data = _edited(path, text, (content or {}) | values, values).encode()
    if len(data) > MOST:
        raise FileError("{path} is full: over {most:,} bytes", path=path, most=MOST)
    write_atomically(path, data)
    if mode is not None:
        path.chmod(mode)


def _edited(path: Path, text: str, expected: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Return the text of a file with other values. Raises `FileError` if it would then say anything else."""
    import tomlkit

    try:
        document = tomlkit.parse(text if text.endswith("\n") else f"{text}\n")
        for name, value in values.items():
            document[name] = value
        edited = tomlkit.dumps(document)
        same = parse_toml(edited) == expected
    except Exception:  # its parser and ours need not agree on every file
        same = False
    if not same:
        raise FileError("{path} cannot be changed without changing more", path=path)
    return edited


class SettingsWriter:
    """Changes the settings file on a thread of its own, so that a slow disk delays nothing else."""

    def __init__(self, path: Path) -> None:
        self.failure: Message | None = None
        self._path = path
        self._changes: dict[str, Value] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()

    def put(self, name: str, value: Value) -> None:
        """Write a value soon."""
        with self._lock:
            self._changes[name] = value
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="settings", daemon=True)
                self._thread.start()

    def close(self, seconds: float) -> None:
        """Write now what is still to be written, and wait for it no longer than this."""
        self._hurry.set()
        if (thread := self._thread) is not None:
            thread.join(seconds)

    def _work(self) -> None:
        while True:
            self._hurry.wait(DELAY)
            with self._lock:
                changes, self._changes = self._changes, {}
                if not changes:
                    self._thread = None
                    return
            try:
                change_settings(self._path, changes)
            except FileError as error:
                self.failure = error.message
            except Exception as error:  # nothing that a file system does may end the app
                self.failure = Message("{path}: {reason}", path=self._path, reason=_reason(error))


def _reason(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError | ValueError) else type(error).__name__
