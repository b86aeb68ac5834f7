"""The tile inspector's figures, recomputed from the run."""

import numpy as np
import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.runs import ran, small
from support.screens import panel_text
from support.states import state_of

from lakeppo.moment import Phase
from lakeppo.tui.app import LakeApp
from lakeppo.tui.panels.tile import TilePanel, sampled_advantage


def test_sampled_advantages_and_the_passs_change_are_the_trainers():
    run = ran(small(learning_rate=0.05, norm_adv=True), 3, 40)
    assert sampled_advantage(state_of(ran(small(), 3, 4)).snapshot.run.judged, 0, 0) is None
    while run.moment.phase is not Phase.IMPROVE or run.moment.index != 1:
        before = run.policy()
        run.unit()
    shown = state_of(run).snapshot
    raw = run.trainer.judgement.advantages.tolist()
    for tile in range(16):
        for action in range(4):
            found = [
                a for a, t in zip(raw, run.trainer.transitions, strict=True) if (t.state, t.action) == (tile, action)
            ]
            expected = sum(found) / len(found) if found else None
            assert sampled_advantage(shown.run.judged, tile, action) == (expected and pytest.approx(expected))
    assert np.array_equal(shown.run.last_pass.policy, before)
    assert not np.array_equal(shown.run.policy, before)


async def test_many_visits_are_shown_whole():
    snapshot = make_snapshot(status="paused")
    app = LakeApp(FakeSession(changed(snapshot, visits=snapshot.run.visits + 65_536)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert f"{snapshot.run.visits[9] + 65_536:,} in batch" in panel_text(app, TilePanel)
