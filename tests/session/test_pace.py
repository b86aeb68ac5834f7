"""The pace: when the next unit is due, and the run's own pace beneath another one."""

from lakeppo.moment import Phase
from lakeppo.session.pace import Pace
from lakeppo.session.snapshot import DEFAULT_PACE, FIRST_PACE, PACES

FOUR = PACES.index(4)


def test_a_pace_that_cannot_be_kept_is_not_caught_up_with():
    pace = Pace(FOUR, 0)
    for now in (100.0, 100.25, 100.5):
        pace.due = now
        pace.wait_for(Phase.COLLECT, now)
        assert pace.due == now + 0.25
    pace.wait_for(Phase.COLLECT, 200.0)  # a hundred seconds late
    assert 200.0 <= pace.due <= 200.25
    pace.wait_for(Phase.IMPROVE, pace.due)
    assert 201.0 <= pace.due <= 201.25


def test_the_runs_own_pace_comes_back_after_two_others():
    pace = Pace(FOUR, 0)
    pace.replace(0)
    pace.replace(1)
    pace.restore()
    assert pace.index == FOUR


def test_it_quickens_once_after_the_first_update():
    pace = Pace(None, 0)
    assert pace.index == FIRST_PACE
    pace.replace(0)
    pace.end_update()
    assert pace.index == 0
    pace.restore()
    assert pace.index == DEFAULT_PACE
