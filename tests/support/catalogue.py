"""Extract the texts of the package, update the catalogues, compile them: `python tests/support/catalogue.py`.

A text whose translation is not in the catalogue gets an empty one; one that is no longer in the code is dropped.
"""

import ast
import io
import tomllib
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lakeppo.i18n import CATALOGUES, DOMAIN, FOLDER

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lakeppo"
MARKERS = ("_", "N_", "ngettext", "pgettext")
FUNCTIONS = ("_wrong",)
"""Functions of ours whose first argument is a template."""
LANGUAGES = [code for code in CATALOGUES.values() if code]
HEADER = "# Texts of lakeppo. `python tests/support/catalogue.py` updates and compiles this file."


class Plain(Catalog):
    """A catalogue whose header depends on nothing but its language."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", DOMAIN), ("Language", str(self.locale_identifier)), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]  # fmt: skip


@cache
def trees() -> dict[Path, ast.Module]:
    """Return the syntax tree of every module."""
    return {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def templated() -> frozenset[str]:
    """Return the names of the classes whose first argument is a template: `Message`, and all that derive from it."""
    classes = [node for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found, before = {"Message"}, 0
    while len(found) > before:
        before = len(found)
        found |= {one.name for one in classes if any(isinstance(b, ast.Name) and b.id in found for b in one.bases)}
    return frozenset(found)


@cache
def template() -> Plain:
    """Return the catalogue of every text in the package, without translations."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    keywords = {**DEFAULT_KEYWORDS, **dict.fromkeys([*templated(), *FUNCTIONS])}
    catalogue = Plain()
    for file, line, text, comments, context in extract_from_dir(str(PACKAGE), methods, keywords=keywords):
        catalogue.add(text, None, [(f"lakeppo/{file}", line)], auto_comments=comments, context=context)
    return catalogue


def place(language: str) -> Path:
    """Return the text form of a language's catalogue; the compiled one lies beside it."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    with place(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str) -> Plain:
    """Return the catalogue of the texts that there are now, with the translations that are known."""
    known = read(language) if place(language).exists() else Catalog(locale=language)
    catalogue = Plain(locale=language, header_comment=HEADER, fuzzy=False)
    for message in template():
        if message.id:
            old = known.get(message.id, message.context)
            string = old.string if old is not None and not old.fuzzy and old.id == message.id else None
            new = catalogue.add(message.id, string, message.locations, context=message.context)
            new.flags.clear()
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """Return the text form, in an order and with references that change little when the code does."""
    file = io.BytesIO()
    write_po(file, catalogue, width=100, include_lineno=False, sort_by_file=True)
    return file.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def translated(message: object) -> bool:
    """Return whether each form of a message has a translation."""
    string = message.string
    return all(string) if isinstance(string, tuple) else bool(string)


def main() -> None:
    for language in LANGUAGES:
        path, catalogue = place(language), updated(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalogue))
        path.with_suffix(".mo").write_bytes(as_mo(updated(language)))
        missing = [message.id for message in catalogue if message.id and not translated(message)]
        print(f"{language}: {len(catalogue)} texts, {len(missing)} without a translation")


if __name__ == "__main__":
    main()
