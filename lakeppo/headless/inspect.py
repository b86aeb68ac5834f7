"""`lakeppo inspect`: what a save holds."""

import sys
from pathlib import Path
from typing import Any

from lakeppo.config import KNOBS
from lakeppo.headless.reports import figure, ice, strict_json
from lakeppo.lake.actions import ARROWS
from lakeppo.runs.batch_table import batch_of, to_csv
from lakeppo.runs.trainer_state import state_sha256, weights_sha256
from lakeppo.storage.checkpoint import FORMAT, Save
from lakeppo.wording import moment_words


def _shown(name: str, value: Any) -> str:
    """A value as the screens print a knob's; the map and the seed are none."""
    return KNOBS[name].show(value) if name in KNOBS else str(value)


def print_batch(save: Save) -> int:
    """Print the batch `save` stands in as CSV. Returns the exit status."""
    sys.stdout.write(to_csv(batch_of(save.run())))
    return 0


def inspect(path: Path, save: Save, *, as_json: bool) -> int:
    """Print what `save` holds. Returns the exit status."""
    run = save.run()
    sampling, greedily = run.success()
    policy = run.policy()
    if as_json:
        print(
            strict_json(
                {
                    "format": FORMAT,
                    "lakeppo_version": save.version,
                    "seed": save.seed,
                    "config": save.config.as_json(),
                    "changes": [change.as_json() for change in save.changes],
                    "moment": save.moment.as_json(),
                    "episodes": run.trainer.episodes,
                    "env_steps": run.trainer.env_steps,
                    "updates": run.trainer.updates,
                    "policy": policy,
                    "old_policy": run.old_policy(),
                    "values": run.trainer.values().numpy(),
                    "success_probability": sampling,
                    "greedy_success_probability": greedily,
                    "weights_sha256": weights_sha256(save.state),
                    "state_sha256": state_sha256(save.seed, save.config, save.state),
                }
            )
        )
        return 0
    config = save.config
    print(f"{path}: {config.map}, {ice(config)}, preset {config.preset}, seed {save.seed}")
    moment = moment_words(run.moment, run.trainer.batch_size, run.trainer.epochs)
    print(f"  moment   {moment}; {run.trainer.episodes:,} episodes, {run.trainer.env_steps:,} steps")
    print(f"  success  exact {figure(sampling)}, greedy {figure(greedily)}")
    changed = ", ".join(f"{name}={_shown(name, value)}" for name, value in config.overrides().items())
    print(f"  knobs    {changed or 'all as the preset has them'}")
    last = {(change.moment, change.name): change.value for change in save.changes}
    for (at, name), value in last.items():
        what = "the map" if name == "map_rows" else f"{name} {_shown(name, value)}"
        print(f"  change   {what} at update {at.update}")
    width = config.shape[1]
    print("  likeliest action, and its probability in percent")
    for row, tiles in enumerate(config.map_rows):
        cells = [
            f"{tile:>4} " if tile in "GH" else f"{ARROWS[policy[state].argmax()]}{100 * policy[state].max():>3.0f} "
            for state, tile in enumerate(tiles, start=row * width)
        ]
        print("    " + " ".join(cells))
    return 0
