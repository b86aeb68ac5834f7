"""No figure is cut: no panel draws a line wider than itself, however large the figures and small the terminal."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len
from support.fake_session import FakeSession, changed, make_row, make_snapshot, settle
from support.screens import panel_text

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.session.snapshot import Best, EndCounts, Exact, Snapshot
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels import base
from lakeppo.tui.panels.readouts import Readouts

LONG = 23_456
"""An update late in a long run."""
MOMENTS = [
    Moment(LONG, phase, index)
    for phase, index in (
        (Phase.COLLECT, 65_000),
        (Phase.JUDGE, 0),
        (Phase.IMPROVE, 0),
        (Phase.IMPROVE, 999),
        (Phase.COPY, 0),
    )
]
HUGE = {"policy_loss": -123.456, "value_loss": 12_345.6, "entropy": 1.386, "approx_kl": 15.625}


def huge_row(update: int):
    return make_row(update)._replace(**HUGE, kl=25.6, ratio_mean=584.94, ratio_min=1.23e-5, ratio_max=52_513.7)


def huge_snapshot(moment: Moment, clip: float | None) -> Snapshot:
    """Every figure as long as it can be."""
    config = make_config("classic", slip=2 / 3, clip_coef=clip, batch_size=65_536, epochs=1000, norm_adv=True)
    snapshot = make_snapshot(config=replace(config, batch_size=640), moment=moment, status="paused")
    newest = snapshot.run.last_pass
    if newest is not None:
        ratios = np.append(newest.ratios[:-2], [52_513.7, 1.23e-5])
        newest = replace(newest, **HUGE, ratios=ratios, inside=639, returning=0, stopped=1)
    rng = np.random.default_rng(1)
    return changed(
        snapshot, config=config, episodes=1_234_567, env_steps=98_765_432, visits=snapshot.run.visits * 3000,
        values=rng.normal(0, 40, 16), true_advantages=rng.normal(0, 4000, (16, 4)), last_pass=newest, kl=25.6,
        exact=Exact(1.0, 1.0, 1.0, 0.7401, True), best=Best(LONG, 1.0), success_rate=1.0,
        end_counts=EndCounts(65_536, 1_234, 61_234, 3_068),
    )  # fmt: skip


@pytest.mark.parametrize("size", [(60, 20), (80, 30), (120, 40), (200, 50)])
async def test_no_line_is_wider_than_its_panel(size, monkeypatch):
    wide = []

    def recorded(line, width, style, to_strip=base.to_strip):
        text = "".join(text for text, _ in line)
        if cell_len(text) > width:
            wide.append((type(sys._getframe(2).f_locals["self"]).__name__, width, text))
        return to_strip(line, width, style)

    monkeypatch.setattr(base, "to_strip", recorded)
    snapshots = [*(huge_snapshot(moment, 0.2) for moment in MOMENTS), huge_snapshot(MOMENTS[3], None)]
    session = FakeSession(snapshots[0])
    session.history = [huge_row(update) for update in range(1, 41)]
    app = LakeApp(session)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for snapshot in snapshots[1:]:
            session.queue.append(snapshot)
            await settle(pilot)
    assert wide == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_huge_ratio_is_shown_with_all_its_digits(size):
    app = LakeApp(FakeSession(huge_snapshot(MOMENTS[3], 0.2)))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        shown = panel_text(app, Readouts)
    assert "max 52514!" in shown
    assert "entropy" in shown
    assert "1.386" in shown
    assert "approx_kl" in shown
