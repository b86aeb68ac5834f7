"""The passes of an update as the panel of the phases shows them."""

import pytest
from support.fake_session import make_snapshot

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.tui.panels.phases import passes


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
    snapshot = make_snapshot(make_config("classic", epochs=epochs), moment=Moment(3, phase, index))
    assert passes(snapshot.run, 5) == shown
