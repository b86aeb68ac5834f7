"""The readouts' figures: of the newest pass, or of the last update."""

from dataclasses import replace

import pytest
from support.fake_session import FakeSession, make_row, make_snapshot, state_of

from lakeppo.moment import Moment, Phase
from lakeppo.tui.panels.readouts import Readings, read, shares


def readings_at(update: int, phase: Phase, index: int) -> Readings:
    snapshot = make_snapshot(moment=Moment(update, phase, index))
    return read(state_of(replace(snapshot, history=FakeSession(snapshot).history)))


def test_readings_come_from_the_pass_or_from_the_row():
    improving = readings_at(22, Phase.IMPROVE, 2)
    assert improving.source == "pass 2 of 5"
    assert sum(improving.values[name] for name in ("inside", "returning", "stopped")) == pytest.approx(1)
    collecting = readings_at(22, Phase.COLLECT, 2)
    assert (collecting.values["policy_loss"], collecting.source) == (make_row(22).policy_loss, "over update 21")
    assert readings_at(0, Phase.COLLECT, 2) == Readings({}, "")


def test_the_bar_is_full_and_shows_every_group_above_zero():
    assert shares((0.91, 0.03, 0.06), 38) == [35, 1, 2]
    assert shares((0.999, 0.001, 0.0), 20) == [19, 1, 0]
    assert sum(shares((1.0, 0.0, 0.0), 7)) == 7
