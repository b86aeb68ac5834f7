"""The first number that differs: each fault shows at the kind of moment that it should."""

import pytest
import torch

from lakeppo.faults import first_number as first_number_module
from lakeppo.faults.first_number import first_number
from lakeppo.faults.table import FAULTS
from lakeppo.moment import Moment, Phase

JUDGED = Moment(0, Phase.IMPROVE, 0)
EXPECTED = {
    "old_not_copied": (Moment(1, Phase.COLLECT, 0), "the old policy's log probability of ◂ on tile (0,0)"),
    "entropy_sign": (Moment(0, Phase.IMPROVE, 1), "the norm of the actor's gradient"),
    "beyond_the_end": (JUDGED, "the step into a hole"),
    "gradient_kept": (Moment(0, Phase.IMPROVE, 2), "the norm of the actor's gradient"),
    "critic_follows_itself": (Moment(0, Phase.IMPROVE, 1), "the norm of the critic's gradient"),
    "new_for_old": (Moment(0, Phase.IMPROVE, 2), "the policy loss"),
    "clip_turned": (None, "the policy loss"),  # in the first pass in which a ratio is outside the clip
    "advantages_shifted": (JUDGED, "the advantage of step 64"),
    "time_out_ends": (JUDGED, "where the time limit cuts the episode off"),
    "no_ratio": (Moment(0, Phase.IMPROVE, 1), "the policy loss"),
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_shows_first_where_it_should(fault, seed):
    first = first_number(fault, fault.symptom.config(), seed)
    assert first is not None
    moment, what = EXPECTED[fault.name]
    assert moment is None or first.moment == moment
    assert what in str(first.what)
    assert first.right != first.faulty
    assert len(set(first.texts())) == 2


def test_a_number_that_is_nan_in_both_does_not_differ(monkeypatch):
    def numbers(trainer, phase):
        yield first_number_module._Number("x", torch.tensor([torch.nan, float(trainer.updates)]))

    monkeypatch.setattr(first_number_module, "_numbers", numbers)
    monkeypatch.setattr(first_number_module, "UPDATES", 1)
    fault = FAULTS["old_not_copied"]
    assert first_number(fault, fault.symptom.config(), 0) is None
