"""The language of the command line: which one it is, and that help and errors are in it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from lakeppo.cli import usage
from lakeppo.cli.language import language_option, start_language
from lakeppo.cli.usage import COMMANDS
from lakeppo.errors import InvalidValue
from lakeppo.i18n import language, system_language, use_language


def chosen(words: str = "", encoding: str = "utf-8", **environment: str) -> str:
    start_language(words.split(), environment, encoding)
    return language()


@pytest.fixture
def settings(tmp_path):
    def write(text: str) -> str:
        path = tmp_path / "settings.toml"
        path.write_text(text)
        return str(path)

    return write


def test_option_environment_file_and_locale_in_this_order(settings):
    file, system = settings('language = "en"'), {"LANG": "zh_CN.UTF-8"}
    assert chosen("train --lang zh", LAKEPPO_LANG="en", LAKEPPO_CONFIG=file) == "zh"
    assert chosen("--lang=en train", LAKEPPO_LANG="zh", LAKEPPO_CONFIG=file, **system) == "en"
    assert chosen("train", LAKEPPO_LANG="zh", LAKEPPO_CONFIG=file) == "zh"
    assert chosen("train", LAKEPPO_CONFIG=file, **system) == "en"
    assert chosen("train", LAKEPPO_CONFIG=settings(""), **system) == "zh"
    assert chosen("--lang auto", LAKEPPO_LANG="en", **system) == "zh"


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"LANG": "zh_SG"}, "zh"), ({"LANG": "zh"}, "zh"), ({"LC_MESSAGES": "zh_TW.Big5", "LANG": "en_US"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"), ({"LC_ALL": "POSIX"}, "en"), ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_HK.utf8"}, "zh"), ({"LANGUAGE": "zh_CN:en"}, "zh"), ({"LANG": "zha_CN"}, "en"),
        ({"LC_ALL": "de_CH.UTF-8"}, "en"),
    ],
    ids=str,
)  # fmt: skip
def test_the_locale_names_the_language(environment, code):
    assert system_language(environment).code == code


@pytest.mark.parametrize(
    ("name", "code"),
    [(("zh_CN", "UTF-8"), "zh"), (("Chinese (Simplified)_China", "936"), "zh"), (("en_US", "UTF-8"), "en"),
     ((None, None), "en")],
)  # fmt: skip
def test_a_system_without_variables_names_its_locale(name, code, monkeypatch):
    monkeypatch.setattr("locale.getlocale", lambda: name)
    assert system_language({}) == (code, None)


def test_an_encoding_without_chinese_shows_english(settings):
    file = settings('language = "zh"')
    assert chosen(LAKEPPO_CONFIG=file, encoding="ascii") == "en"
    assert chosen(LAKEPPO_LANG="zh", encoding="latin-1") == "en"
    assert chosen("--lang zh", encoding="ascii") == "zh"
    assert chosen(LAKEPPO_LANG="zh", encoding="gbk") == "zh"


@pytest.mark.parametrize(("word", "near"), [("zh_CN", "zh"), ("ZH", "zh"), ("english", "en"), ("aut", "auto")])
def test_a_wrong_language_names_the_nearest_one(word, near):
    with pytest.raises(InvalidValue, match=rf"^--lang: language cannot be {word}; is it {near}\?$"):
        language_option(["--lang", word])
    problems = start_language([], {"LAKEPPO_LANG": word, "LANG": "C"}, "utf-8")
    assert [str(problem) for problem in problems] == [f"LAKEPPO_LANG: language cannot be {word}; is it {near}?"]


def test_what_follows_two_dashes_is_no_option():
    assert language_option(["inspect", "--", "--lang", "fr"]) == {}
    assert language_option(["--lang", "en", "inspect", "--lang", "zh"]) == {"language": "zh"}


def test_a_wrong_language_ends_in_one_line(lakeppo):
    status, out, error = lakeppo("train", "--lang", "fr")
    assert (status, out, error) == (2, "", "lakeppo: --lang: language must be one of auto, en, zh, not fr\n")


def test_the_settings_show_the_language_and_its_source(lakeppo, monkeypatch):
    assert "  language         zh            选项\n" in lakeppo("settings", "--lang", "zh")[1]
    assert "  language         en            option\n" in lakeppo("--lang=en", "settings")[1]
    monkeypatch.setenv("LC_MESSAGES", "zh_CN.UTF-8")
    assert "  language         auto (zh)     默认, LC_MESSAGES\n" in lakeppo("settings")[1]
    monkeypatch.setenv("LAKEPPO_LANG", "en")
    assert "  language         en            LAKEPPO_LANG\n" in lakeppo("settings")[1]
    assert json.loads(lakeppo("settings", "--json")[1])["language"] == {"value": "en", "source": "LAKEPPO_LANG"}


SENTENCE = re.compile(r"[A-Za-z']+(?:,? [a-z']{2,}){2,}")
"""Three English words in a row, as no help in Chinese has them: names and values are not that many."""
ALLOWED = re.compile(r"value error|old and new|lakeppo \w+ --\w+|tui --run|exact < \.5 after solved|Watch PPO")


@pytest.mark.parametrize("command", list(COMMANDS), ids=lambda name: name or "lakeppo")
def test_help_is_in_chinese_and_fits_80_columns(command, lakeppo, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, out, error = lakeppo(*command.split(), "--help", "--lang", "zh")
    assert (status, error) == (0, "")
    assert out.startswith("用法：")
    assert "选项:\n" in out
    assert "--lang en|zh|auto" in out
    assert [line for line in out.splitlines() if cell_len(line) > 80] == []
    english = [found for line in out.splitlines() for found in SENTENCE.findall(ALLOWED.sub("", line))]
    assert english == []


@pytest.mark.parametrize("command", list(COMMANDS), ids=lambda name: name or "lakeppo")
def test_help_in_english_is_laid_out_as_click_does(command, lakeppo, monkeypatch):
    """Words and line ends are Click's own: the Chinese layout has a formatter of its own."""
    monkeypatch.setenv("COLUMNS", "80")
    before = lakeppo(*command.split(), "--help")[1]
    monkeypatch.setattr(usage.HelpFormatter, "write_dl", usage.HelpFormatter.__mro__[1].write_dl)
    monkeypatch.setattr(usage.HelpFormatter, "write_text", usage.HelpFormatter.__mro__[1].write_text)
    assert lakeppo(*command.split(), "--help")[1] == before
    assert before.startswith("Usage: ")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("trian", "没有命令 'trian'。是不是 'train'？"),
        ("train --nothing", "没有选项：--nothing"),
        ("train --episodes", "选项 '--episodes' 需要一个参数。"),
        ("train --episodes x", "'--episodes' 的值无效：应为整数"),
        ("train --episodes 0", "'--episodes' 的值无效：应大于或等于 1"),
        ("train --quiet=1", "选项 '--quiet' 不带值。"),
        ("train more words", "多余的参数（more words）"),
        ("replay", "缺少参数 '检查点'。"),
        ("replay nowhere.pt", "nowhere.pt：没有这样的文件或目录"),
        ("train --clip-coef -1", "clip_coef 必须是"),
        ("train --stop-when exact>", "--stop-when：第 7 个字符：末尾缺少一个名字或数"),
        ("train --map SFFG", "map 必须是"),
        ("fleet --sweep gamma", "--sweep 必须是 KNOB=v1,v2,...，不能是 gamma"),
        ("settings --theme x", "theme 必须是"),
    ],
)
def test_errors_are_in_chinese(words, text, lakeppo):
    status, out, error = lakeppo("--lang", "zh", *words.split())
    assert (status in (1, 2), out) == (True, "")
    assert error.startswith(f"lakeppo: {text}")
    assert error.count("\n") == 1


def test_a_text_of_typer_that_is_not_known_is_shown_as_it_is():
    use_language("zh")
    assert usage.translated("Something new: {x}") == "Something new: {x}"
    assert usage.translated("Invalid value for '--x': something new") == "'--x' 的值无效：something new"


SAVE = str(Path(__file__).parents[1] / "data" / "midway.pt")


@pytest.mark.parametrize(
    "words",
    [
        f"inspect {SAVE} --json", f"inspect {SAVE} --batch", f"inspect {SAVE} --history",
        f"replay {SAVE} --episodes 3 --json", "settings --json", "settings --schema", "lesson --schema",
        "fleet --agents 2 --updates 1 --csv - --quiet",
        "train --updates 3 --quiet --json --stop-when exact<2",
    ],
    ids=lambda words: words.replace(SAVE, "SAVE"),
)  # fmt: skip
def test_json_and_csv_are_the_same_in_both_languages(words, lakeppo, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    outputs = []
    for code in ("en", "zh"):
        monkeypatch.setenv("LAKEPPO_LANG", code)
        status, out, _error = lakeppo(*words.split())
        assert status == 0
        outputs.append([line for line in out.splitlines() if not re.search(r"second|value\": \"(en|zh)\"", line)])
    assert outputs[0] == outputs[1]
    assert outputs[0] != []


def test_reports_are_in_chinese(lakeppo, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAKEPPO_LANG", "zh")
    shutil.copy(SAVE, "save.pt")  # a line may be as long as a path in it
    out = "".join(
        lakeppo(*words.split())[1]
        for words in (
            "inspect save.pt", "replay save.pt --episodes 2", "train --updates 2 --quiet",
            "fleet --agents 3 --updates 2 --quiet", "fleet --agents 3 --updates 1 --sweep clip_coef=.1,off --quiet",
        )
    )  # fmt: skip
    assert SENTENCE.findall(out) == []
    assert [line for line in out.splitlines() if cell_len(line) > 80 and str(tmp_path) not in line] == []


@pytest.mark.parametrize(
    ("environment", "words", "start"),
    [
        ({"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}, [], b"Usage: "),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "PYTHONIOENCODING": "latin-1"}, [], b"Usage: "),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}, [], "用法：".encode()),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "PYTHONIOENCODING": "gbk"}, [], "用法：".encode("gbk")),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"}, ["--lang", "zh"], b"\\u7528\\u6cd5\\uff1a"),
    ],
    ids=["C", "latin-1", "utf-8", "gbk", "asked for"],
)
def test_a_terminal_without_chinese_gets_english_or_escapes(environment, words, start):
    command = [sys.executable, "-c", "from lakeppo.cli import main; main()", *words, "--help"]
    paths = os.pathsep.join(sys.path)
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONPATH": paths, **environment})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(start)
