"""`lakeppo inspect`: print the content of a save, its batch or its history."""

import sys
from pathlib import Path
from typing import Any

from lakeppo.headless.reports import diverged, inspect_text, strict_json
from lakeppo.runs.batch_table import batch_of, to_csv
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import history_csv
from lakeppo.runs.trainer_state import state_sha256, weights_sha256
from lakeppo.storage.checkpoint import FORMAT, Save
from lakeppo.storage.exports import write_export

STANDARD_OUTPUT = Path("-")


def print_batch(save: Save) -> int:
    """Print the batch of a save as CSV. Return the exit status."""
    sys.stdout.write(to_csv(batch_of(save.run())))
    return 0


def write_history(save: Save, path: Path) -> int:
    """Write the history of the branch of a save as CSV, to standard output for -. Return the exit status.

    Raises `SaveError` for a file that exists or cannot be written.
    """
    text = history_csv(save.branches[save.current].history)
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        write_export(path, text)
    return 0


def inspect(path: Path, save: Save, *, as_json: bool) -> int:
    """Print the content of a save. Return the exit status."""
    run = save.run()
    print(strict_json(_result(save, run)) if as_json else inspect_text(path, save, run))
    return 0


def _result(save: Save, run: Run) -> dict[str, Any]:
    success, greedy_success = run.success()
    return {
        "format": FORMAT, "lakeppo_version": save.version, "seed": save.seed, "config": save.config.as_json(),
        "changes": [change.as_json() for change in save.changes], "moment": save.moment.as_json(),
        "episodes": run.trainer.episodes, "env_steps": run.trainer.env_steps, "updates": run.trainer.updates,
        "policy": run.policy(), "old_policy": run.old_policy(), "values": run.trainer.values().numpy(),
        "success_probability": success, "greedy_success_probability": greedy_success, **diverged(save.timeline()),
        "weights_sha256": weights_sha256(save.state),
        "state_sha256": state_sha256(save.seed, save.config, save.state),
    }  # fmt: skip
