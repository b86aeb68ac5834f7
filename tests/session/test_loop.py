"""The worker's loop, without a thread."""

import math

from support.session import CLASSIC

from lakeppo.presets import Limit
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.session.channel import Channel
from lakeppo.session.commands import TogglePlay
from lakeppo.session.loop import WorkerLoop
from lakeppo.session.snapshot import FULL_SPEED


def test_a_playing_run_stands_still_while_a_key_is_answered(tmp_path):
    timeline, channel = Timeline(Run(CLASSIC, 0)), Channel(CLASSIC, 0, FULL_SPEED)
    loop = WorkerLoop(timeline, Limit("updates", 1000), tmp_path, False, channel)
    channel.way_until = math.inf
    loop._work(None)
    assert timeline.run.trainer.env_steps == 0
    loop._work(TogglePlay())
    assert loop.status == "paused"
    loop._work(TogglePlay())
    channel.way_until = 0.0
    loop._work(None)
    assert timeline.run.trainer.env_steps > 0
