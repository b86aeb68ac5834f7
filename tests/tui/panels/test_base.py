"""Models: equal ones draw nothing, and every panel draws from one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

import numpy as np
import pytest
from support.fake_session import FakeSession, make_fan, make_row, make_snapshot, settle

import lakeppo.tui.panels
from lakeppo.runs.history import History, Rows
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.base import Panel, same
from lakeppo.tui.panels.readouts import Readouts

HISTORY = History(make_row(update) for update in range(1, 9))


class Inner(NamedTuple):
    values: np.ndarray
    rate: float | None


@dataclass(frozen=True, eq=False)
class Outer:
    inner: Inner
    rows: Rows


def outer(*values: float, rate: float | None = None, length: int = 4, generation: int = 0) -> Outer:
    return Outer(Inner(np.array(values), rate), Rows(HISTORY, length, generation))


def test_models_are_equal_if_their_contents_are():
    nan = float("nan")
    assert same(outer(1.0, nan, rate=nan), outer(1.0, nan, rate=nan))
    assert not same(outer(1.0, nan), outer(1.0, 2.0))
    assert not same(outer(1.0, rate=0.5), outer(1.0))
    assert not same(outer(1.0), outer(1.0).inner)


def test_models_differ_if_the_history_grows_or_is_another():
    assert not same(outer(1.0, length=4), outer(1.0, length=5))
    assert not same(outer(1.0, generation=0), outer(1.0, generation=1))
    assert same(outer(1.0, length=8), outer(1.0, length=9))


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (np.arange(3), np.arange(3), True),
        (np.arange(3), np.arange(3.0), False),
        (np.arange(3), np.arange(4), False),
        (np.zeros(1), 0.0, False),
        (1, 1.0, False),
        ((1, np.ones(2)), (1, np.ones(2)), True),
        ((1, 2), (1, 2, 3), False),
        ({"a": np.ones(2)}, {"a": np.ones(2)}, True),
        ({"a": 1}, {"b": 1}, False),
        (make_row(3)._replace(kl=np.nan), make_row(3)._replace(kl=np.nan), True),
        (make_fan(8), make_fan(8), True),
        (make_fan(8), replace(make_fan(8), diverged_at=3), False),
        (make_snapshot(), make_snapshot(), True),
        (make_snapshot(agent=1), make_snapshot(agent=2), False),
    ],
)
def test_same_compares_by_contents(a: object, b: object, equal: bool):
    assert same(a, b) == same(b, a) == equal


def subclasses(kind: type) -> Iterator[type]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def test_every_panel_draws_from_a_model():
    for module in iter_modules(lakeppo.tui.panels.__path__, "lakeppo.tui.panels."):
        import_module(module.name)
    panels = [panel for panel in subclasses(Panel) if panel.__module__.startswith("lakeppo.tui.panels.")]
    assert len(panels) > 15
    assert not any(hasattr(panel, "looks_at") for panel in panels)
    assert not [panel for panel in panels if panel.model is Panel.model and not panel.__subclasses__()]


async def test_an_equal_model_draws_nothing():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        panels: list[Panel[Any]] = list(app.screen.query(Panel))
        main = app.main_screen
        drawn = [panel.drawn for panel in panels]  # from here on nothing is awaited: only `show` draws
        main.show(replace(main.state, snapshot=make_snapshot(status="paused", history=session.history)))
        assert [panel.drawn for panel in panels] == drawn
        main.show(replace(main.state, snapshot=make_snapshot(status="paused", updates=23, history=session.history)))
        assert app.screen.query_one(Readouts).drawn == drawn[panels.index(app.screen.query_one(Readouts))] + 1
