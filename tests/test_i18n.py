"""The catalogues: nothing missing, stale or extra, no placeholder lost, no text that the extraction cannot see."""

import ast
import gettext
import re
import string
import warnings

import pytest
from babel.messages.extract import extract_from_dir
from rich.cells import cell_len
from support import catalogue
from support.catalogue import FUNCTIONS, LANGUAGES, MARKERS, PACKAGE

from lakeppo.cli import usage
from lakeppo.config import KNOBS
from lakeppo.errors import Message
from lakeppo.i18n import DOMAIN, FOLDER, N_, _, capital, english, joined, language, ngettext, pgettext, use_language
from lakeppo.presets import PRESETS
from lakeppo.tui.keymap import KEYS


def texts(part: object) -> tuple[str, ...]:
    """Return the forms of a message or of its translation."""
    return part if isinstance(part, tuple) else (str(part or ""),)


def places_for(text: str) -> set[tuple[str, str]]:
    """Return the placeholders of a template with their formats; `{keys[id]}` counts whole."""
    return {(name, spec or "") for _text, name, spec, _how in string.Formatter().parse(text) if name is not None}


def messages(code: str):
    return [message for message in catalogue.read(code) if message.id]


def test_a_text_is_shown_in_the_language_in_use():
    use_language("zh")
    assert language() == "zh"
    assert _("unknown") == "未知"
    assert pgettext("row", "done") == "完成"
    assert ngettext("{count:,} agent", "{count:,} agents", 1) == "{count:,} 个智能体"
    message = Message("{path}: {reason}", path="a", reason=Message("unknown"))
    assert (str(message), capital("ε")) == ("a：未知", "ε")
    with english():
        assert (str(message), capital("ε"), joined("A.", "", "B.")) == ("a: unknown", "Ε", "A. B.")
    assert joined("甲。", "乙。") == "甲。乙。"
    assert (language(), _(""), N_("unknown")) == ("zh", "", "unknown")
    use_language("en")
    assert str(message) == "a: unknown"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_catalogue_has_each_text_and_no_other(code):
    wanted = {(texts(m.id), m.context) for m in catalogue.template() if m.id}
    found = {(texts(m.id), m.context) for m in messages(code)}
    assert (found - wanted, wanted - found) == (set(), set()), "run tests/support/catalogue.py"
    assert [m.id for m in messages(code) if not catalogue.translated(m) or m.fuzzy] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_placeholders_are_those_of_the_text(code):
    wrong = []
    for message in messages(code):
        allowed = set().union(*map(places_for, texts(message.id)))
        needed = set.intersection(*map(places_for, texts(message.id)))
        wrong += [t for t in texts(message.string) if not needed <= places_for(t) <= allowed]
    assert wrong == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_blanks_at_the_ends_are_those_of_the_text(code):
    joined = [m for m in messages(code) if str(texts(m.id)[0]).startswith(" ") and "{" in texts(m.id)[0]]
    assert [m.string for m in joined if texts(m.string)[0].startswith("\n")] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_files_are_as_the_tool_writes_them(code):
    now, path = catalogue.updated(code), catalogue.place(code)
    assert path.read_bytes() == catalogue.as_po(now), "run tests/support/catalogue.py"
    assert path.with_suffix(".mo").read_bytes() == catalogue.as_mo(now), "run tests/support/catalogue.py"
    assert b"-Date" not in path.read_bytes()
    assert gettext.translation(DOMAIN, FOLDER, [code]).gettext("unknown") != "unknown"


def calls():
    for path, tree in catalogue.trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                yield path, node, getattr(node.func, "id", getattr(node.func, "attr", ""))


def test_no_marked_text_is_an_f_string():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(extract_from_dir(str(PACKAGE), [("**.py", "python")]))
    marked = {*MARKERS, *catalogue.templated(), *FUNCTIONS}
    wrong = [
        f"{path.name}:{node.lineno}" for path, node, name in calls()
        if name in marked and isinstance(node.args[0], ast.JoinedStr)
    ]  # fmt: skip
    assert wrong == []


def test_no_marker_stands_inside_an_f_string():
    """Babel reads no code there on older Pythons."""
    wrong = [
        f"{path.name}:{inner.lineno}" for path, tree in catalogue.trees().items() for outer in ast.walk(tree)
        if isinstance(outer, ast.JoinedStr) for inner in ast.walk(outer)
        if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in MARKERS
        and isinstance(inner.args[0], ast.Constant)
    ]  # fmt: skip
    assert wrong == []


def test_each_template_kept_in_a_name_is_marked():
    """A literal assigned to `template`, or chosen by a condition as the first argument, reaches the catalogue."""
    known = {text for message in catalogue.template() if message.id for text in texts(message.id)}
    unmarked = []
    for path, tree in catalogue.trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "template":
                value = node.value
                parts = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
                unmarked += [(path.name, node.lineno, p.value) for p in parts if isinstance(p, ast.Constant)]
    for path, node, name in calls():
        first = node.args[0]
        if name in {*catalogue.templated(), *MARKERS, *FUNCTIONS}:
            literals = [first] if not isinstance(first, ast.IfExp) else [first.body, first.orelse]
            unmarked += [
                (path.name, node.lineno, one.value) for one in literals
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value not in known
                and re.search(r"[a-zA-Z]", re.sub(r"\{.*?\}", "", one.value)) and name != "pgettext"
            ]  # fmt: skip
    assert unmarked == []


CHINESE = catalogue.ROOT / ".github" / "README.zh.md"
WORDS = {"slip", "exact", "slippery"}
"""Names that are words of texts as well."""
COMMAND_LINES = [text.partition("\n\n")[0] for name, text in usage.COMMANDS.items() if name]
COLUMNS = "solved|95 %|episodes|mean|95 %|tenth|worst"
WIDTHS = {
    "metavars": (usage.FIRST_COLUMN - 14, ["[OPTIONS]", "CHECKPOINT", "CONDITION", "[ADDRESS]", "[FILE]", "LEVEL"]),
    "labels of the footer": (12, [key.label for key in KEYS if key.label]),
    "meanings of the knobs": (90, [knob.meaning for knob in KNOBS.values()]),
    "effects of the knobs": (50, [effect for knob in KNOBS.values() for effect in knob.effects]),
    "lines of the commands": (80 - 2 - 10 - 2, COMMAND_LINES),
}
"""Cells of places at 80 columns, and the texts that stand there."""


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("place", WIDTHS)
def test_texts_fit_their_place_at_80_columns(place, code):
    use_language(code)
    width, shown = WIDTHS[place]
    assert [text for text in shown if not 0 < cell_len(_(text)) <= width] == []


def test_the_headings_of_a_sweep_are_as_many_and_as_narrow():
    use_language("zh")
    headings = _(COLUMNS).split("|")
    assert len(headings) == len(COLUMNS.split("|"))
    assert [one for one in headings if cell_len(one) > 8] == []


@pytest.mark.parametrize(("row", "width"), [("train", 12), ("inspect", 9), ("fleet", 11)])
def test_labels_of_a_report_fit_their_column(row, width):
    labels = {
        "train": ["done", "success", "sampled", "greedy", "possible", "first goal", "diverged", "best", "last"],
        "inspect": ["moment", "success", "greedy", "diverged", "weights", "knobs", "change"],
        "fleet": ["trained", "done", "resumed", "stopped", "solved", "episodes", "success", "diverged", "not exact"],
    }
    use_language("zh")
    assert [label for label in labels[row] if not 0 < cell_len(pgettext("row", label)) < width] == []


def test_knob_names_are_translated_nowhere():
    names = {*KNOBS, "exact", "solved_episode", *PRESETS}
    assert [m.id for code in LANGUAGES for m in messages(code) if m.id in names - WORDS] == []


def test_each_readme_links_the_other_and_has_its_commands():
    english_text, chinese_text = (catalogue.ROOT / "README.md").read_text(), CHINESE.read_text()
    assert "](.github/README.zh.md)" in english_text.splitlines()[0]
    assert "](../README.md)" in chinese_text.splitlines()[0]
    blocks = [re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for text in (english_text, chinese_text)]
    assert blocks[0] == blocks[1]
    rows = [
        {" ".join(one.split()) for one in re.findall(r"`(lakeppo [^`]+)`", text)}
        for text in (english_text, chinese_text)
    ]
    assert rows[0] - rows[1] <= {"lakeppo COMMAND --help"}
    for target in re.findall(r'(?:src|srcset)="([^"]+)"|\]\(([^)h][^)]*)\)', chinese_text):
        assert (CHINESE.parent / "".join(target)).exists()
