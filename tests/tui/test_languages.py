"""The screens in Chinese: nothing is wider than its place, nothing is left in English, and `L` goes there and back.

`pytest --snapshot-update` draws the pictures again; then look at each.
"""

import re

import numpy as np
import pytest
from rich.cells import cell_len
from support.fake_session import IMPROVING, FakeSession, make_fan, make_row, make_snapshot, settle
from support.screens import alone, compared, opened, screen_text

from lakeppo.config import KNOBS
from lakeppo.i18n import in_every_language, language, use_language
from lakeppo.moment import Moment, Phase
from lakeppo.session.snapshot import Caption
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.lines import length
from lakeppo.tui.keymap import KEYS
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.batch_table import SampleDetail
from lakeppo.tui.panels.comparison import ComparisonTable
from lakeppo.tui.panels.histories import HistoryChart
from lakeppo.tui.panels.scroll_list import ScrollList
from lakeppo.tui.settings import Preferences

SIZES = (40, 12), (80, 24), (120, 40), (200, 50)
PICTURES = (80, 24), (120, 40)
SCREENS = {
    "main": (), "batch": ("i",), "knobs": ("p",), "help": ("question_mark",), "histories": ("h",),
    "branches": ("B",), "events": ("9",), "siblings": ("F",), "show": ("S",), "tile": ("t",), "condition": ("colon",),
    "palette": ("ctrl+p",), "compare": (), "tour": ("T",), "lessons": ("l",),
}  # fmt: skip
"""The screens, and the keys that open them."""
PANELS = "main", "batch", "compare", "siblings", "tour"
"""Screens whose panels stand elsewhere at every size."""
UNPICTURED = "palette", "tour", "lessons"
"""Screens without a picture: the first dims what is below it, the others have pictures of their own."""
MOMENTS = {
    "collect": Moment(22, Phase.COLLECT, 30), "judge": Moment(22, Phase.JUDGE, 0), "copy": Moment(22, Phase.COPY, 0),
}  # fmt: skip
"""The moments besides that of the screens, which are improving."""
NAMES = set(
    "lakeppo classic steady slippery slip epochs batch lr entropy gamma lambda norm_adv vf_coef net relu init torch "
    "esc actor enter space clip off approx_kl critic main time limit old new GAE Adam same".split()
) | set(KNOBS)
"""Words that Chinese texts have too: names of knobs, keys and branches, and terms beside their translation."""
TABLES = ScrollList, SampleDetail, ComparisonTable
"""Panels with columns of one width, which are cut at their right where there is too little room, in every language."""


@pytest.fixture(autouse=True)
def _in_chinese(monkeypatch):
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    use_language("zh")
    yield
    use_language("en")


def made_up_batch(rows: int = 64) -> dict[str, np.ndarray]:
    """A batch that has been judged and used: every kind of row is in it."""
    rng, t = np.random.default_rng(5), np.arange(rows)
    state, ratio, advantage = t % 12, np.exp(rng.normal(0, 0.2, rows)), rng.normal(0, 0.2, rows)
    outside = abs(ratio - 1) > 0.2
    group = np.where(outside, np.where((ratio > 1) == (advantage > 0), "stopped", "returning"), "inside")
    ends = {"terminated": t % 9 == 8, "truncated": t % 16 == 14, "reward": (t % 18 == 17).astype(float)}
    even = {name: np.full(rows, value) for name, value in (("clip_coef", 0.2), ("gamma", 0.9), ("gae_lambda", 0.95))}
    floats = dict.fromkeys(("value", "next_value", "delta", "return"), advantage) | {"ratio": ratio, "group": group}
    logprobs = dict.fromkeys(("old_logprob", "new_logprob"), np.full(rows, -1.0))
    moves = {"t": t, "state": state, "action": t % 4, "went": t // 2 % 4, "next_state": (state + 1) % 12}
    return {**moves, **ends, **even, **floats, **logprobs, "advantage": advantage, "weight": advantage}


def app_of(moment: Moment | None = None) -> LakeApp:
    """Return the app of a run with everything that a screen needs."""
    snapshot = alone(
        compared(captions=(Caption("B", IMPROVING, "看这里"),), siblings=make_fan(), batch=made_up_batch())
    )
    session = FakeSession(snapshot if moment is None else make_snapshot(moment=moment, status="paused"))
    session.history = [make_row(update) for update in range(1, 41)]
    return LakeApp(session)


async def open_screen(pilot, name: str) -> None:
    if name == "compare":
        await opened(pilot, pilot.app.session)
    await settle(pilot)
    await pilot.press(*SCREENS[name])
    await settle(pilot, 0.1)


def too_wide(app: LakeApp) -> list[str]:
    """Return the lines that panels make wider than they are; Textual would cut them, with half a character perhaps."""
    found = []
    for panel in app.screen.query(Panel):
        width, height = panel.size
        cut = isinstance(panel, HistoryChart) or (isinstance(panel, TABLES) and width < 80)
        if panel.display and panel._model is not None and width and height and not cut:
            for line in panel.body(panel._model, width, height - 1):
                if length(line) > width:
                    found.append(f"{type(panel).__name__} {width}: {''.join(piece[0] for piece in line)}")
    return found


@pytest.mark.parametrize("name", SCREENS)
async def test_no_line_is_wider_than_its_place_or_in_english(name):
    app = app_of()
    async with app.run_test(size=SIZES[0]) as pilot:
        await open_screen(pilot, name)
        for size in SIZES if name in PANELS else SIZES[::2]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert not too_wide(app), size
            assert {cell_len(line) for line in screen_text(app)} == {size[0]}
        assert not [line for line in screen_text(app) if re.search(r"[。！？；] (?=\w)", line)]
        if name not in ("help", "palette"):  # these have the names of all knobs and figures
            assert not [line for line in screen_text(app) if english(line)]


@pytest.mark.parametrize("name", MOMENTS)
async def test_no_moment_is_wider_than_its_place_or_in_english(name):
    app = app_of(MOMENTS[name])
    async with app.run_test(size=SIZES[0]) as pilot:
        await settle(pilot)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert not too_wide(app), size
        assert not [line for line in screen_text(app) if english(line)]


def english(line: str) -> str:
    """Return two English words that follow each other in a line, unless they are names."""
    words = re.findall(r"[A-Za-z_]{3,}(?: [A-Za-z_]{2,})+", line)
    return next((found for found in words if not set(found.split()) <= NAMES), "")


@pytest.mark.parametrize("name", ["main", "knobs", "branches"])
async def test_l_shows_the_other_language_and_the_first_again(name):
    app = app_of()
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(pilot, name)
        chinese = screen_text(app)
        await pilot.press("L")
        await settle(pilot, 0.1)
        assert language() == "en"
        assert not [line for line in screen_text(app) if re.search("[\u4e00-\u9fff]", line)]
        await pilot.press("L")
        await settle(pilot, 0.1)
        assert screen_text(app) == chinese


async def test_the_language_is_remembered():
    app = app_of()
    app.preferences = Preferences()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("L")
        assert app.preferences._values["language"] == language() == "en"


@pytest.mark.parametrize(("typed", "code"), [("help", "zh"), ("帮助", "en")])
async def test_the_palette_finds_a_command_by_either_name(typed, code):
    use_language(code)
    app = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_screen(pilot, "palette")
        for character in typed:
            app.screen.query_one("CommandInput").insert_text_at_cursor(character)
        await settle(pilot, 0.3)
        assert any("this help" in line or "本帮助" in line for line in screen_text(app))


def test_labels_of_the_footer_are_short_in_chinese():
    labels = {key.label: in_every_language(key.label)[-1] for key in KEYS if key.label}
    assert not [label for label in labels.values() if cell_len(label) > 8]
    assert not [label for label, chinese in labels.items() if label == chinese]


@pytest.mark.parametrize("size", PICTURES, ids=lambda size: "{}x{}".format(*size))
@pytest.mark.parametrize("name", [name for name in SCREENS if name not in UNPICTURED])
def test_picture(snap_compare, name, size):
    async def before(pilot) -> None:
        await open_screen(pilot, name)

    assert snap_compare(app_of(), terminal_size=size, run_before=before)
