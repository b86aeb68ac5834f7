"""The passes of an update as the panel of the phases shows them."""

import pytest

from lakeppo.moment import Moment, Phase
from lakeppo.tui.panels.phases import PhasesModel, passes


@pytest.mark.parametrize(
    ("phase", "index", "epochs", "shown"),
    [
        (Phase.COLLECT, 3, 5, "▫▫▫▫▫"),
        (Phase.IMPROVE, 2, 5, "▪▪▫▫▫"),
        (Phase.IMPROVE, 12, 50, "12/50"),
        (Phase.COPY, 0, 5, "▪▪▪▪▪"),
    ],
)
def test_the_passes_are_marks_or_a_count(phase: Phase, index: int, epochs: int, shown: str):
    assert passes(PhasesModel(phase, Moment(3, phase, index), epochs, 0.0, ()), 5) == shown
