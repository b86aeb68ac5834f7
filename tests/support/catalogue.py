"""Extract the texts of the package, update the catalogues, compile them: `python tests/support/catalogue.py`."""

import io
import tomllib
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lakeppo.i18n import CATALOGUES, DOMAIN, FOLDER

ROOT = Path(__file__).parents[2]
MESSAGES = ("Message", "LakeppoError", "InvalidValue", "MapError", "FileError", "SaveError", "RunFileError",
            "LessonError", "TerminalError", "FaultError")  # fmt: skip
"""Classes whose first argument is a template."""
KEYWORDS = {**DEFAULT_KEYWORDS, **dict.fromkeys(MESSAGES)}
LANGUAGES = [code for code in CATALOGUES.values() if code]


def template() -> Catalog:
    """Return the catalogue of every text in the package, without translations."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    catalogue = Catalog(project=DOMAIN, charset="utf-8")
    for file, line, text, comments, context in extract_from_dir(str(ROOT / "lakeppo"), methods, keywords=KEYWORDS):
        catalogue.add(text, None, [(f"lakeppo/{file}", line)], auto_comments=comments, context=context)
    return catalogue


def place(language: str) -> Path:
    """Return the text form of a language's catalogue; the compiled one lies beside it."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    with place(language).open("rb") as file:
        return read_po(file, locale=language)


def as_po(catalogue: Catalog) -> bytes:
    """Return the text form, in an order and with references that change little when the code does."""
    file = io.BytesIO()
    write_po(file, catalogue, width=100, no_location=False, include_lineno=False, sort_by_file=True, omit_header=False)
    return file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> None:
    found = template()
    for language in LANGUAGES:
        path = place(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = read(language) if path.exists() else Catalog(locale=language, project=DOMAIN, charset="utf-8")
        catalogue.update(found, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.write_bytes(as_po(catalogue))
        path.with_suffix(".mo").write_bytes(as_mo(catalogue))
        missing = [message.id for message in catalogue if message.id and not message.string]
        print(f"{language}: {len(catalogue)} texts, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
