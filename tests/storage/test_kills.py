"""A run killed while it saves: both files are whole, they are a pair, and the run goes on to the same bits.

CI kills 20 times; LAKEPPO_KILLS sets another number.
"""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from support.runs import advance, hashes, small

from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.checkpoint import read_save
from lakeppo.storage.save_folder import SaveFolder

KILLS = int(os.environ.get("LAKEPPO_KILLS", "20"))
CONFIG, SEED, UPDATES = small(("SFF", "FHF", "FFG"), slip=0.3), 4, 400


def save_every_update(folder: Path) -> None:
    """Resume the run that is in the folder, or start it, and save after each update and in the middle of each."""
    last = folder / "last.pt"
    timeline = read_save(last).timeline() if last.exists() else Timeline(Run(CONFIG, SEED))
    saves = SaveFolder(folder, lambda message: os._exit(3))  # nothing may have to be moved away
    while timeline.run.trainer.updates < UPDATES:
        for _ in range(random.Random(timeline.run.trainer.updates).randrange(1, 30)):
            timeline.unit()
        saves.write(timeline, force=True)
    os._exit(0)


def killed(folder: Path, seconds: float) -> int:
    """Save in a process that is killed after a time, and return its status."""
    child = os.fork()
    if child == 0:
        try:
            save_every_update(folder)
        finally:
            os._exit(4)
    time.sleep(seconds)  # paces the kill; nothing is asserted about time
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_run_killed_while_saving_is_whole_and_goes_on_exactly(tmp_path):
    generator, folder, done = random.Random(1), tmp_path / "saves", 0
    reference = {}
    run = Run(CONFIG, SEED)
    for kill in range(KILLS):
        assert os.waitstatus_to_exitcode(killed(folder, generator.uniform(0.01, 0.15))) in (-signal.SIGKILL, 0), kill
        if not (folder / "last.pt").exists():
            continue
        save = read_save(folder / "last.pt")
        if (folder / "best.pt").exists():
            assert read_save(folder / "best.pt").moment.update <= save.moment.update
        resumed, target = save.run(), save.moment.update + 1
        assert save.moment.update >= done
        done = save.moment.update
        reference[target] = reference.get(target) or hashes(advance(run, target))
        assert hashes(advance(resumed, target)) == reference[target]
        if done >= UPDATES:
            done = 0
            for path in folder.iterdir():
                path.unlink()
            run, reference = Run(CONFIG, SEED), {}
    assert not (folder / "kept").exists()
