"""The language of the command line: which one it is, and that help and errors are in it."""

import json

import pytest

from lakeppo.errors import InvalidValue
from lakeppo.i18n import language, use_language
from lakeppo.language import language_option, start_language, system_language


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
    use_language("en")
    assert "  language         zh            option\n" in lakeppo("settings", "--lang", "zh")[1]
    monkeypatch.setenv("LC_MESSAGES", "zh_CN.UTF-8")
    assert "  language         auto (zh)     default, LC_MESSAGES\n" in lakeppo("settings")[1]
    monkeypatch.setenv("LAKEPPO_LANG", "en")
    assert "  language         en            LAKEPPO_LANG\n" in lakeppo("settings")[1]
    assert json.loads(lakeppo("settings", "--json")[1])["language"] == {"value": "en", "source": "LAKEPPO_LANG"}
