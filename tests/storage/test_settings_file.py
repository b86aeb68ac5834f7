"""The settings file: what stands in its place ends nothing, and a change leaves everything else as it was."""

import os
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest

from lakeppo.errors import FileError
from lakeppo.storage import settings_file
from lakeppo.storage.settings_file import (
    MOST,
    SettingsWriter,
    change_settings,
    find_settings,
    read_settings,
    settings_path,
)

COMMENTED = """\
# mine
theme = "nord"  # like it

done = [
    "a",  # the first
]
[keymap]  # keys
toggle = 'k'
"""


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "folder" / "settings.toml"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_variable_names_the_file_else_the_home_folder_does(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert settings_path({"LAKEPPO_CONFIG": "a.toml"}) == tmp_path / "a.toml"
    assert settings_path({"LAKEPPO_CONFIG": "~/b.toml"}) == tmp_path / "b.toml"
    named = settings_path({"LAKEPPO_CONFIG": ""})
    assert named is not None
    assert named.is_relative_to(tmp_path)
    assert named.parts[-2:] == ("lakeppo", "settings.toml")


def test_a_person_without_a_home_folder_has_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert settings_path({}) is None


def test_a_change_keeps_comments_order_and_other_keys(path):
    write(path, COMMENTED)
    change_settings(path, {"theme": "dracula", "pace": 0.5, "tour_seen": True})
    text = path.read_text()
    assert text.startswith('# mine\ntheme = "dracula"  # like it\n')
    assert text.endswith("[keymap]  # keys\ntoggle = 'k'\n")
    assert '"a",  # the first' in text
    expected = {"theme": "dracula", "done": ["a"], "keymap": {"toggle": "k"}, "pace": 0.5, "tour_seen": True}
    assert tomllib.loads(text) == expected == read_settings(path)


@pytest.mark.parametrize(
    "text", ["", "# only this", 'a = "b"', "[keymap]\n", "a.b = 1", "x = 1\r\ny = 2\r\n", "\ufeffa=1"]
)
def test_any_file_takes_another_key(path, text):
    write(path, text)
    before = read_settings(path)
    change_settings(path, {"theme": "nord", "lessons_done": ("a", "湖")})
    assert read_settings(path) == {**before, "theme": "nord", "lessons_done": ["a", "湖"]}


def test_a_new_file_is_made_with_its_folder(path):
    assert find_settings({"LAKEPPO_CONFIG": str(path)}) == (path, {}, False, ())
    change_settings(path, {"view": "old and new"})
    assert find_settings({"LAKEPPO_CONFIG": str(path)}) == (path, {"view": "old and new"}, True, ())
    assert path.read_text().startswith("# ")


def a_folder(path):
    path.mkdir(parents=True)


def a_fifo(path):
    path.parent.mkdir()
    os.mkfifo(path)


def a_large_file(path):
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(100_000_000)


def a_file_for_its_folder(path):
    path.parent.write_text("")


def a_link_to_itself(path):
    path.parent.mkdir()
    path.symlink_to(path)


def no_toml(path):
    write(path, "theme = ")


def a_deep_key(path):
    write(path, ".".join("a" * 20_000) + " = 1")


def deep_lists(path):
    write(path, "a = " + "[" * 30_000)


def binary(path):
    path.parent.mkdir()
    path.write_bytes(b"\x00\xff" * 100)


IN_THE_WAY = (a_folder, a_fifo, a_large_file, a_file_for_its_folder, a_link_to_itself, no_toml, a_deep_key, deep_lists,
              binary)  # fmt: skip


@pytest.mark.parametrize("place", IN_THE_WAY)
def test_what_is_in_its_place_is_named_and_left_alone(path, place):
    place(path)
    before = path.lstat() if os.path.lexists(path) else path.parent.lstat()
    found = find_settings({"LAKEPPO_CONFIG": str(path)})
    assert (found.content, len(found.problems)) == ({}, 1)
    assert str(path) in str(found.problems[0])
    writer = SettingsWriter(path)
    writer.put("theme", "nord")
    writer.close(30)
    assert writer.failure is not None
    assert "\n" not in str(writer.failure)
    after = path.lstat() if os.path.lexists(path) else path.parent.lstat()
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)


@pytest.mark.parametrize("failing", ["read", "write", "access"])
def test_a_file_that_is_not_ours_to_use_is_left_alone(path, monkeypatch, failing):
    write(path, COMMENTED)

    def denied(*arguments, **more):
        raise PermissionError(13, "Permission denied")

    if failing == "access":  # root may write what is read-only
        monkeypatch.setattr(os, "access", lambda *arguments: False)
    else:
        monkeypatch.setattr(*(os, "open") if failing == "read" else (settings_file, "write_atomically"), denied)
    if failing == "read":
        assert "permission denied" in str(find_settings({"LAKEPPO_CONFIG": str(path)}).problems[0])
    writer = SettingsWriter(path)
    writer.put("theme", "dracula")
    writer.close(30)
    assert {"access": "read-only"}.get(failing, "permission denied") in str(writer.failure)
    assert path.read_text() == COMMENTED


def test_a_file_never_grows_past_what_is_read(path):
    write(path, "# " + "x" * (MOST - 10))
    with pytest.raises(FileError, match="full"):
        change_settings(path, {"theme": "nord"})
    assert read_settings(path) == {}


def test_a_file_that_would_change_elsewhere_is_not_written(path, monkeypatch):
    import tomlkit

    write(path, COMMENTED)
    monkeypatch.setattr(tomlkit, "dumps", lambda document: 'theme = "dracula"\n')
    with pytest.raises(FileError, match="without changing more"):
        change_settings(path, {"theme": "dracula"})
    assert path.read_text() == COMMENTED


def test_a_linked_file_is_changed_where_it_is_with_its_mode(path, tmp_path):
    target = tmp_path / "dotfiles.toml"
    target.write_text(COMMENTED)
    target.chmod(0o600)
    path.parent.mkdir()
    path.symlink_to(target)
    change_settings(path, {"theme": "dracula"})
    assert path.is_symlink()
    assert tomllib.loads(target.read_text())["theme"] == "dracula"
    assert target.stat().st_mode & 0o777 == 0o600


WRITE = """
import sys
from pathlib import Path
from lakeppo.storage.settings_file import change_settings
for count in range(20):
    change_settings(Path(sys.argv[1]), {sys.argv[2]: count})
"""


def test_two_programs_that_write_lose_nothing_of_each_other(path):
    write(path, COMMENTED)
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(path), name]) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert read_settings(path) == {**tomllib.loads(COMMENTED), "one": 19, "two": 19}
    assert sorted(one.name for one in path.parent.iterdir()) == [".settings.toml.lock", "settings.toml"]


def test_a_writer_keeps_the_last_value_and_waits_for_nothing(path, monkeypatch):
    write(path, COMMENTED)
    let_go, written = threading.Event(), []

    def slowly(place, changes):
        let_go.wait(60)
        written.append(changes)

    monkeypatch.setattr(settings_file, "change_settings", slowly)
    writer = SettingsWriter(path)
    for count in range(1000):
        writer.put("pace", count)
    writer.close(0.01)  # it waits, but not for ever
    assert written == []
    let_go.set()
    writer.close(60)
    assert writer.failure is None
    assert written[-1] == {"pace": 999}
