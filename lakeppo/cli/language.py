"""The language at the start: that of `--lang`, the environment, the settings file or the system, in this order."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from lakeppo.errors import InvalidValue, Message
from lakeppo.i18n import system_language, use_language
from lakeppo.settings import LANGUAGE, Value, resolve
from lakeppo.storage.settings_file import Found, find_settings

OPTION = "--lang"
SAMPLE = "中文，“①”"
"""What an encoding has to have for a language."""


def language_option(words: Sequence[str]) -> dict[str, Value]:
    """Return the setting that `--lang` gives in the words of a command line. Raises `InvalidValue`."""
    options: dict[str, Value] = {}
    words = words[: words.index("--")] if "--" in words else words
    for word, following in zip_longest(words, words[1:]):
        name, equals, value = word.partition("=")
        if name == OPTION and (text := value if equals else following) is not None:
            try:
                options[LANGUAGE.name] = LANGUAGE.parse(text)
            except InvalidValue as error:
                raise InvalidValue("{option}: {error}", option=OPTION, error=error.message) from None
    return options


def start_language(words: Sequence[str], environment: Mapping[str, str], encoding: str) -> list[Message]:
    """Use the language that a command line, the environment, the settings or the system ask for.

    Where the terminal's encoding has no Chinese, only the option is obeyed. Return what is wrong with the language in
    the environment and the file. Raise `InvalidValue` for the option, in the language that holds without it.
    """
    error, option = None, dict[str, Value]()
    try:
        option = language_option(words)
    except InvalidValue as wrong:
        error = wrong
    named = option or environment.get(LANGUAGE.environment, "").strip() in LANGUAGE.choices
    found = Found(None) if named else find_settings(environment)  # 50 ms
    given, problems = resolve([LANGUAGE], found.path, found.content, environment, option)
    value = given[LANGUAGE.name].value
    code = system_language(environment).code if value == "auto" else str(value)
    use_language(code if option or _has(encoding, code) else "en")
    if error is not None:
        raise error
    return problems


def _has(encoding: str, code: str) -> bool:
    """Return whether texts in a language can be written in an encoding."""
    try:
        return code == "en" or bool(SAMPLE.encode(encoding))
    except (LookupError, UnicodeEncodeError):
        return False
