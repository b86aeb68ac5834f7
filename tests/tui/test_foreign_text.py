"""Names, paths and pastes from outside are drawn as text at every size: nothing ends the app, nothing is obeyed."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.hostile import LABELS, NAMES, forbidden
from support.screens import BRANCHES, compared, screen_text
from support.session import wait_for
from textual.events import Key, Paste
from textual.widgets import Input

import lakeppo.tui
from lakeppo.config import make_config
from lakeppo.errors import Message, printable
from lakeppo.runs.branch import LONGEST_NAME
from lakeppo.session.commands import ChangeSlip, RenameBranch
from lakeppo.session.worker import Worker
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.branches import BranchScreen
from lakeppo.tui.screens.compare import CompareScreen
from lakeppo.tui.screens.safe_widgets import Field

SIZES = [(40, 12), (80, 24), (120, 40)]


def drawn(app: LakeApp) -> str:
    """Return the text on the screen, checked to hold nothing that a terminal would obey."""
    lines = screen_text(app)
    assert not forbidden("".join(lines))
    assert {cell_len(line) for line in lines} == {app.size.width}
    return "\n".join(lines)


def named(*names: str):
    """Return the branches main, B and C under these names."""
    new = dict(zip(("main", "B", "C"), names, strict=True))
    return tuple(
        branch._replace(name=new[branch.name], parent=new[branch.parent] if branch.parent else None)
        for branch in BRANCHES
    )


@pytest.mark.parametrize(("name", "size"), zip(NAMES, SIZES[1:] * len(NAMES), strict=False))
async def test_a_branch_of_any_name_is_drawn_by_its_name(name, size):
    branches = named(name, name[:10] + "2", "C")
    snapshot = make_snapshot(status="paused", branches=branches, branch=name, branch_count=3, choices=2)
    session = FakeSession(snapshot)
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert name[:4] in drawn(app)
        await pilot.press("B")
        await settle(pilot)
        assert isinstance(app.screen, BranchScreen)
        shown = drawn(app)
        assert shown.count(name[:5]) >= 3  # twice as a name, once as a parent
        assert all(success in shown for success in (".659", ".491", ".274"))
        await pilot.press("escape", "c")
        beside = compared()
        assert beside.comparison is not None
        names = (f"run 12 {name}", f"run 3 {name}")
        session.queue.append(changed(beside, comparison=replace(beside.comparison, names=names), branches=branches))
        await settle(pilot, 0.3)
        assert isinstance(app.screen, CompareScreen)
        for _ in range(3):
            shown = drawn(app)
            assert "exact .412 | .727" in shown
            assert f" {name[:4]}" in shown
            await pilot.press("tab")
            await settle(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_map_of_any_name_leaves_the_figures_their_place(size):
    config = make_config("classic", slip=2 / 3)
    session = FakeSession(make_snapshot(config, status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        for text in LABELS.values():
            session.queue.append(make_snapshot(replace(config, map=text), status="paused", seed=2**63 - 1))
            await settle(pilot)
            title = drawn(app).split("\n")[0]
            assert "exact  41.2%" in title
            assert ("points" in title) == (size[0] >= 80)
            assert printable(text)[:4] in title


async def test_a_notice_and_an_error_of_any_text_are_drawn():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        for count, text in enumerate(LABELS.values(), 1):
            notice = Message("saved {path}; {keys[update]} goes on", path=Path(text))
            session.queue.append(make_snapshot(status="paused", notices=(notice,), notice_count=count))
            await settle(pilot)
            assert f"saved {printable(text)[:10]}" in drawn(app)
        for text in LABELS.values():
            session.failure = text
            await settle(pilot)
            assert "FAILED" in drawn(app)


def test_the_error_of_a_worker_is_printable(tmp_path):
    def fail():
        raise ValueError(LABELS["newline"])

    worker = Worker(fail, make_config("classic"), 0, make_snapshot().limit, tmp_path, True)
    worker.start()
    wait_for(worker.stopped)
    worker.join()
    assert worker.failure == f"ValueError: {printable(LABELS['newline'])}"


@pytest.mark.parametrize("keys", [("B", "n"), ("p", "enter"), ("ctrl+p",)], ids=" ".join)
async def test_what_is_pasted_into_a_field_is_shown_cut_and_harmless(keys):
    session = FakeSession(make_snapshot(status="paused", branches=BRANCHES, branch="main", branch_count=3))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        field = app.screen.query_one(Input)
        for text in LABELS.values():
            field.value = ""
            field.post_message(Paste(text))
            await settle(pilot)
            drawn(app)
            if isinstance(field, Field):
                assert field.max_length
                assert field.value == "".join(filter(str.isprintable, text.splitlines()[0]))[: field.max_length]
        assert app.is_running


async def test_a_branch_can_be_named_in_brackets():
    session = FakeSession(make_snapshot(status="paused", branches=BRANCHES, branch="main", branch_count=3))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("B", "n", *["backspace"] * LONGEST_NAME, *"[/x]", "enter")
        await settle(pilot)
        assert session.sent[-1] == RenameBranch(0, "[/x]")


async def test_keys_that_a_keymap_binds_to_brackets_are_no_markup():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        brackets = "left_square_bracket,slash,right_square_bracket"
        app.set_keymap(dict.fromkeys(("close_help", "close_knobs", "leave_tile", "tile_ice"), brackets))
        await settle(pilot)
        for key, close in (("question_mark", "[ closes"), ("p", "[ closes"), ("t", "[ ice")):
            await pilot.press(key)
            await settle(pilot)
            assert close in drawn(app)
            await pilot.press("left_square_bracket")
            await settle(pilot)


async def test_the_keypads_signs_change_the_slip_and_its_dot_is_typed():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in ("add", "subtract"):
            app.post_message(Key(key, None))
        await settle(pilot)
        assert session.sent[-2:] == [ChangeSlip(1), ChangeSlip(-1)]
        await pilot.press("p", "enter", "end", *["backspace"] * 10, "0")
        app.post_message(Key("decimal", None))
        await pilot.press("5")
        await settle(pilot)
        assert app.screen.query_one(Field).value == "0.5"


MARKUP = {"Static", "Label", "Button", "Tooltip", "from_markup", "from_text", "notify", "add_row"}
"""Calls that take markup from a string unless they are told not to."""
TITLES = {"border_title", "border_subtitle", "tooltip", "sub_title"}
"""Attributes of a widget or an app that do."""


def test_nothing_is_called_that_takes_markup():
    found, titles = [], []
    for path in Path(lakeppo.tui.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in TITLES and isinstance(node.ctx, ast.Store):
                titles.append(path.name)
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in MARKUP:
                    found.append((path.name, name))
    assert not found
    assert titles == ["base.py"] * 2  # as content
