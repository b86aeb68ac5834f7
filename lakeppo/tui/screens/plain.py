"""Textual's and rich's texts with their markup off, so that a name in brackets stays a name."""

from rich.style import Style
from rich.text import Text
from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Button, Static

from lakeppo.i18n import _


class Plain(Static):
    """A text of which nothing is markup."""

    def __init__(self, content: VisualType = "", *, id: str | None = None) -> None:
        super().__init__(content, id=id, markup=False)


class PlainButton(Button):
    """A button of one line with a label of which nothing is markup."""

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(Content(label), id=id, compact=True)


def closing_title(title: str, key: str, action: str) -> Text:
    """Return the title of a screen with the key that closes it, which can be clicked."""
    closes = _("{key} closes").format(key=key)
    return Text.assemble(f" {title}   ", (closes, Style(meta={"@click": action})))
