"""The language of what a person reads: English in the code, other languages in the gettext catalogues of `locale/`.

`_` translates where a text is shown, so that a new language takes effect at the next drawing; `N_` marks a text that is
translated later, such as a constant or the template of a message. JSON keys, CSV columns and knob names are in no
catalogue.
"""

import gettext
import locale
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

DOMAIN, FOLDER = "lakeppo", Path(__file__).parent / "locale"
CATALOGUES: Mapping[str, str] = {"en": "", "zh": "zh_CN"}
"""The catalogue of each language; English has none."""
ONLY_ENGLISH = "Only ASCII characters are used here: the texts stay in English."
SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
"""The variables that name the language of the system, the first that is set before the others."""
_catalogue = gettext.NullTranslations()
_language = "en"


def use_language(code: str) -> None:
    """Show texts in the language of this code, one of `CATALOGUES`, from now on and in every thread."""
    global _language, _catalogue
    _language = code
    _catalogue = gettext.translation(DOMAIN, FOLDER, [CATALOGUES[code]], fallback=True)


@contextmanager
def english() -> Iterator[None]:
    """Show texts in English meanwhile: those that programs read."""
    before = _language
    use_language("en")
    try:
        yield
    finally:
        use_language(before)


def language() -> str:
    """Return the code of the language in use."""
    return _language


@lru_cache(maxsize=1024)
def in_every_language(text: str) -> tuple[str, ...]:
    """Return an English text and its translations."""
    catalogues = (gettext.translation(DOMAIN, FOLDER, [name], fallback=True) for name in CATALOGUES.values())
    return tuple(dict.fromkeys(catalogue.gettext(text) for catalogue in catalogues))


def N_(text: str) -> str:
    """Return `text`, which is translated where it is shown."""
    return text


def _(text: str) -> str:
    """Return a text or template in the language in use; an empty one stays empty."""
    return _catalogue.gettext(text) if text else text


def ngettext(one: str, many: str, count: int) -> str:
    """Return the template for `count` things in the language in use."""
    return _catalogue.ngettext(one, many, count)


def pgettext(context: str, text: str) -> str:
    """Return a text in the language in use; `context` distinguishes it from the same word with another meaning."""
    return _catalogue.pgettext(context, text)


def capital(text: str) -> str:
    """Return a text of the language in use as a sentence begins: in English with a capital letter."""
    return text[:1].upper() + text[1:] if _language == "en" else text


def joined(*sentences: str) -> str:
    """Return sentences of the language in use one after another; Chinese has no blanks between them."""
    return ("" if _language == "zh" else " ").join(filter(None, sentences))


class SystemLanguage(NamedTuple):
    """The language of the system, and the variable that names it, if it is one."""

    code: str
    variable: str | None


def system_language(environment: Mapping[str, str]) -> SystemLanguage:
    """Return the language of the system: Chinese of any region, else English."""
    for variable in SYSTEM:
        if value := environment.get(variable):
            return SystemLanguage(_code_of(value), variable)
    name = None
    with suppress(ValueError):  # macOS may have the locale UTF-8
        name = locale.getlocale()[0]  # Windows and macOS need set no variable
    return SystemLanguage(_code_of(name or ""), None)


def _code_of(name: str) -> str:
    """Return the language of a locale: `zh_CN.UTF-8`, `zh_CN:en`, `Chinese (Simplified)_China`."""
    return "zh" if re.match(r"(zh|chinese)(?![a-z])", name, re.IGNORECASE) else "en"
