"""The settings in the app: what is chosen is used and remembered, and nothing in the file ends it."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from support.fake_session import FakeSession, changed, demonstrating, make_snapshot, settle, until
from support.hostile import LABELS, forbidden
from support.screens import screen_text
from textual.theme import BUILTIN_THEMES

from lakeppo.errors import InvalidValue
from lakeppo.headless.settings import commented
from lakeppo.session.snapshot import PACES
from lakeppo.storage.settings_file import read_settings
from lakeppo.tui.app import LakeApp
from lakeppo.tui.keymap import BY_ID
from lakeppo.tui.panels.message import MessageBar
from lakeppo.tui.rebinding import ACTIONS
from lakeppo.tui.settings import PACE_NAMES, SETTINGS, Preferences, read_preferences
from lakeppo.tui.state import VIEWS


def settings_file() -> Path:
    return Path(os.environ["LAKEPPO_CONFIG"])


def preferences(text: str | None = None, environment=None, **chosen) -> Preferences:
    if text is not None:
        settings_file().write_text(text)
    return read_preferences(chosen, {**os.environ, **(environment or {})})


def test_no_test_uses_the_settings_of_a_developer():
    assert "LAKEPPO_CONFIG" in os.environ
    assert not settings_file().exists()
    assert [name for name in os.environ if name.startswith("LAKEPPO_") and name.endswith(("THEME", "PACE"))] == []


def test_without_a_file_everything_is_as_it_was():
    plain = preferences()
    assert (plain.theme, plain.ascii, plain.view, plain.saves) == ("textual-dark", False, "arrows", Path("saves"))
    assert (plain.pace, plain.keymap, plain.problems, plain.first_start) == (None, {}, [], True)
    assert not preferences("").first_start


def test_each_choice_can_come_from_file_environment_and_option():
    text = 'theme = "nord"\npace = "full"\nview = "visits"\nsaves = "~/runs"\nascii = true\n'
    chosen = preferences(text)
    assert (chosen.theme, chosen.pace, chosen.view, chosen.ascii) == ("nord", len(PACES) - 1, "visits", True)
    assert chosen.saves == Path.home() / "runs"
    environment = {"LAKEPPO_THEME": "dracula", "LAKEPPO_PACE": "1/2", "LAKEPPO_ASCII": "off"}
    chosen = preferences(text, environment, theme="gruvbox", saves=Path("there"))
    assert (chosen.theme, chosen.pace, chosen.view, chosen.ascii) == ("gruvbox", 0, "visits", False)
    assert chosen.saves == Path("there")
    with pytest.raises(InvalidValue, match="is it nord"):
        preferences(text, theme="nrod")


async def test_the_app_starts_as_its_settings_say():
    session = FakeSession(make_snapshot(status="paused"))
    text = 'theme = "nord"\nview = "visits"\n[keymap]\nquit = "Q"\n'
    app = LakeApp(session, preferences=preferences(text))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert app.theme == "nord"
        assert app.palette.background.hex.lower() == (BUILTIN_THEMES["nord"].background or "").lower()
        assert app.main_screen.state.view == "visits"
        assert "Q quit" in screen_text(app)[-1]
    app.preferences.close()
    assert settings_file().read_text() == text


async def test_a_wide_terminal_gets_no_glyph_of_ambiguous_width():
    app = LakeApp(FakeSession(make_snapshot()), preferences=preferences('ambiguous_width = "wide"\n'))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        shown = {character for line in screen_text(app) for character in line}
    assert {character for character in shown if east_asian_width(character) == "A"} == set()
    assert "◂" in shown


def test_a_default_theme_that_textual_does_not_have_ends_nothing():
    code = "from lakeppo.tui.settings import Preferences; print(Preferences().theme)"
    for name, theme in (("bad", "textual-dark"), ("nord", "nord")):
        environment = {**os.environ, "TEXTUAL_THEME": name}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout.strip() == theme


async def test_theme_pace_and_view_are_remembered():
    fast, slow = (make_snapshot(status="paused", chosen_pace=pace) for pace in (6, 1))
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session, preferences=preferences("# mine\n[keymap]\n"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("v", "v")
        session.queue += [demonstrating(fast), slow]
        await settle(pilot)
        app.theme = "nord"
        await settle(pilot)
    app.preferences.close()
    assert read_settings(settings_file()) == {"view": "value error", "pace": 1, "theme": "nord", "keymap": {}}
    assert settings_file().read_text().startswith("# mine\n")


async def test_what_an_option_set_is_not_remembered():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session, preferences=preferences("pace = 4\n", theme="nord", view="visits", pace="full"))
    async with app.run_test() as pilot:
        await settle(pilot)
        session.queue.append(changed(make_snapshot(), pace=7))
        await settle(pilot)
    app.preferences.close()
    assert settings_file().read_text() == "pace = 4\n"


async def test_what_is_wrong_is_shown_once_and_ends_nothing():
    app = LakeApp(FakeSession(make_snapshot(status="paused")), preferences=preferences("veiw = 1\npace = 2"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await until(pilot, lambda: "2 settings are left out" in app.screen.query_one(MessageBar).message)
        await pilot.press("v")
        await settle(pilot)
        assert "The lake shows" in app.screen.query_one(MessageBar).message
    assert "has no veiw; is it view?" in str(preferences("veiw = 1").news())


async def test_what_cannot_be_remembered_is_said_once():
    settings_file().mkdir()
    chosen = preferences()
    chosen._news.clear()
    app = LakeApp(FakeSession(make_snapshot(status="paused")), preferences=chosen)
    async with app.run_test(size=(200, 40)) as pilot:
        await settle(pilot)
        await pilot.press("v")
        chosen.close()
        await until(pilot, lambda: "not remembered" in app.screen.query_one(MessageBar).message)
        await pilot.press("v")
        chosen.close()
        await settle(pilot)
        assert "The lake shows" in app.screen.query_one(MessageBar).message


def test_a_commented_file_changes_nothing_and_is_right():
    text = commented(SETTINGS, ACTIONS)
    assert tomllib.loads(text) == {"keymap": {}}
    lines = text.splitlines()
    names = [*(setting.name for setting in SETTINGS if not setting.hidden), *BY_ID]
    entries = [line for line in lines if line.startswith("# ") and line[2:].partition(" = ")[0] in names]
    assert len(entries) == len(names)
    whole = preferences("\n".join(line[2:] if line in entries else line for line in lines))
    assert [str(problem) for problem in whole.problems] == []
    assert {one.source for name, one in whole.given.items() if name in names} == {"file"}
    assert [one.value for one in whole.given.values()] == [setting.default for setting in SETTINGS]
    assert whole.keymap == {id: key.keys for id, key in BY_ID.items()}


def test_the_settings_in_the_readme_are_right():
    text = (Path(__file__).parents[2] / "README.md").read_text()
    example = text.partition("```toml\n")[2].partition("```")[0]
    whole = preferences(example)
    assert whole.problems == []
    assert (whole.theme, PACES[whole.pace], len(whole.keymap)) == ("gruvbox", 15, 2)


def test_the_choices_are_those_of_the_app():
    assert [PACE_NAMES.index(name) for name in PACE_NAMES] == list(range(len(PACES)))
    assert {setting.name: setting.choices for setting in SETTINGS}["view"] == VIEWS
    assert all(setting.check(setting.default) == setting.default for setting in SETTINGS)
    assert len({setting.environment for setting in SETTINGS if setting.environment}) == 7


def test_settings_are_shown_with_their_sources(lakeppo):
    settings_file().write_text('theme = "nord"\n[keymap]\nquit = ["Q", "ctrl+x"]\n')
    os.environ["LAKEPPO_PACE"] = "full"
    status, out, err = lakeppo("settings", "--view", "visits")
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert (status, err) == (0, "")
    assert rows["theme"] == ["nord", "file"]
    assert rows["pace"] == ["full", "LAKEPPO_PACE"]
    assert rows["view"] == ["visits", "option"]
    assert rows["ascii"] == ["false", "default"]
    assert rows["keymap.quit"] == ["Q,", "ctrl+x", "file"]
    result = json.loads(lakeppo("settings", "--json")[1])
    assert (result["file"], result["exists"]) == (str(settings_file()), True)
    assert result["theme"] == {"value": "nord", "source": "file"}
    assert result["keymap"] == {"quit": {"value": ["Q", "ctrl+x"], "source": "file"}}


def test_wrong_settings_are_a_line_each_and_status_1(lakeppo):
    settings_file().write_text('theme = "nrod"\nveiw = 1\n[keymap]\npass = "q"\nxy = 1\n')
    status, out, err = lakeppo("settings")
    assert status == 1
    assert "textual-dark" in out
    assert [line.partition(str(settings_file()))[2] for line in err.splitlines()] == [
        " has no veiw; is it view?",
        ": theme cannot be nrod; is it nord?",
        ": keymap has no xy",
        ": keymap: pass, quit, batch_leave, compare_close, siblings_close and histories_close cannot share q",
    ]
    settings_file().write_text("".join(f"x{count} = 1\n" for count in range(500)))
    lines = lakeppo("settings")[2].splitlines()
    assert len(lines) == 21
    assert lines[-1] == "lakeppo: 480 more settings are wrong"


def test_a_wrong_option_is_refused(lakeppo):
    assert lakeppo("settings", "--pace", "200")[::2] == (2, "lakeppo: pace cannot be 200; is it 250?\n")
    assert lakeppo("settings", "--init", "--schema")[0] == 2


def test_a_settings_file_is_written_only_where_none_is(lakeppo):
    status, out, _ = lakeppo("settings", "--init")
    assert (status, out) == (0, f"{settings_file()}\n")
    assert read_settings(settings_file()) == {"keymap": {}}
    text = settings_file().read_text()
    status, out, err = lakeppo("settings", "--init")
    assert (status, out, err) == (1, "", f"lakeppo: {settings_file()} exists already\n")
    assert settings_file().read_text() == text


def test_the_schema_has_every_setting_and_action(lakeppo):
    schema = json.loads(lakeppo("settings", "--schema")[1])
    properties = schema["properties"]
    assert list(properties) == [*(setting.name for setting in SETTINGS), "keymap"]
    assert list(properties["keymap"]["properties"]) == list(BY_ID)
    assert properties["pace"]["enum"] == ["auto", 0.5, 1, 4, 15, 60, 250, 1000, "full"]
    assert properties["ascii"]["type"] == "boolean"
    assert not schema["additionalProperties"]
    assert all(len(one["description"]) > 2 for one in properties["keymap"]["properties"].values())


def test_train_saves_where_the_settings_say(lakeppo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings_file().write_text('saves = "mine"\nveiw = 1\n')
    assert lakeppo("train", "--updates", "1", "--quiet")[::2] == (0, "")
    assert Path("mine/last.pt").exists()
    assert lakeppo("train", "--updates", "1", "--saves", "there", "--quiet")[0] == 0
    assert Path("there/last.pt").exists()
    settings_file().write_text("saves = 5\n")
    status, _, err = lakeppo("train", "--updates", "1")
    assert (status, Path("saves/last.pt").exists()) == (0, True)
    assert "saves must be the name of a folder, not 5" in err.splitlines()[0]
    assert "saves must" not in lakeppo("train", "--updates", "1", "--quiet")[2]


def test_options_name_every_pace_and_view(lakeppo):
    out = " ".join(lakeppo("settings", "--help")[1].split())
    assert all(f" {view}" in out for view in VIEWS)
    assert all(f"{pace:g}" in out for pace in PACE_NAMES if not isinstance(pace, str))


def test_what_a_stranger_put_into_the_file_is_printed_as_text(lakeppo):
    for text in LABELS.values():
        word = json.dumps(text[:1500].encode("utf-8", "replace").decode(), ensure_ascii=False).replace(
            "\x7f", "\\u007f"
        )
        settings_file().write_text(
            f"{word} = 1\ntheme = {word}\nsaves = {word}\nlessons_done = [{word}]\n"
            f"[keymap]\n{word} = 'k'\npass = {word}\n"
        )
        for words in ([], ["--json"]):
            status, out, err = lakeppo("settings", *words)
            assert status == 1
            assert not forbidden(out + err)
            assert len(err.splitlines()) == 4
            assert max(map(len, err.splitlines())) < 1000
        assert json.loads(out)["theme"]["source"] == "default"
