"""Runs told in lines of text, from a script."""

import io
import sys
from pathlib import Path

from lakeppo.config import Config, make_config
from lakeppo.plain.settings import PlainSettings
from lakeppo.plain.start import tell
from lakeppo.session.snapshot import FULL_SPEED
from lakeppo.session.source import Source, new_run

EVERYTHING = """help
help step
help clip_coef
words
keys
step 2
sample
batch
step phase
step phase
batch negative 5
step pass
batch by tile
samples by episode by steps down
batch by cell 21
sample 12
step update
why
figures
history kl
lake
lake words
policy
values
visits
moved
optimal
view
view value error
tile 6
why 0
go +2
back pass
set clip .05
try epochs 2
step update
compare difference
compare close
branches
rename gentle
go main
knobs
knobs gamma
slip
slip 0
make 6 hole
bookmark
caption here
captions
show
events
previous event
stop when exact > .9
stop never
pace 15
pace full
narrate unit
step phase
narrate pass
step update
demo
demo greedy
source
guess gae 1
hint
answer
cursor down
where
save
export
new preset steady
compare
compare next
compare close
"""
"""A script with every kind of line."""
WRONG = (
    "stpe", "s", "step sideways", "step 0", "sample", "sample 99", "tile 99", "tile 1,9", "why 5", "go", "go nowhere",
    "go event 9", "set", "set clip_coef", "set clip banana", "set clpi 3", "set seed -1", "make 1 lava",
    "branch " + 20 * "x", "rename nobody somebody", "compare", "compare next", "caption", "stop when foo", "stop",
    "pace 7", "narrate all",
    "view nothing", "history nothing", "help nothing", "knobs nothing", "batch sideways", "batch by tile by ratio",
    "batch episode 99", "batch by tile 99", "show", "siblings nothing",
    "cursor", "cursor sideways", "new nothing", "new gamma 7", "lake nothing", "next nothing",
    "lesson nothing", "lesson none.toml", "lesson /dev/zero", "lesson " + "x" * 300, "\x1b[2J", "x" * 2000,
)  # fmt: skip


def told(
    monkeypatch, capsys, saves: Path, script: str, source: Source | None = None, *, ascii: bool = False,
    level: str | None = None, stop_when: str | None = None, config: Config | None = None,
) -> list[str]:  # fmt: skip
    """Return the lines that a script prints; its run is saved into `saves`."""
    settings = PlainSettings(ascii, FULL_SPEED, False, saves, {}, ())
    monkeypatch.setattr(sys, "stdin", io.StringIO(script))
    capsys.readouterr()
    status = tell(source or new_run(config or make_config("classic"), 0), settings, level, stop_when)
    out = capsys.readouterr()
    assert (status, out.err) == (0, "")
    return out.out.splitlines()
