"""The output of `train`, `replay` and `inspect`: strict JSON and text."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from lakeppo.config import KNOBS, Config
from lakeppo.errors import Message, printable
from lakeppo.lake.greedy_loop import loop_message
from lakeppo.lake.transition import ARROWS
from lakeppo.moment import moment_words
from lakeppo.runs.divergence import find_divergence
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import wilson_interval
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.checkpoint import Save


def strict_json(value: object) -> str:
    """Return one JSON object; None, NaN and infinities become null."""
    return json.dumps(_strict(value), indent=2, allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, np.ndarray):
        return _strict(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def ice(config: Config) -> str:
    """Return `firm ice` or the probability of a slip."""
    return "firm ice" if config.slip == 0 else f"slip {KNOBS['slip'].show(config.slip)}"


def decimal(value: float | None, digits: int = 4) -> str:
    """Return `value` with `digits` decimals, or `unknown`."""
    return "unknown" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _moment(run: Run) -> str:
    return moment_words(run.moment, run.trainer.batch_size, run.trainer.epochs)


def train_text(run: Run, result: dict[str, Any]) -> str:
    """Return the report of `train` from its JSON object."""
    outcomes, sampled = run.trainer.outcomes, "no episode has ended yet"
    if outcomes:
        low, high = wilson_interval(sum(outcomes), len(outcomes))
        episodes = "the only episode" if len(outcomes) == 1 else f"last {len(outcomes)} episodes"
        rate = sum(outcomes) / len(outcomes)
        sampled = f"{episodes} {rate:.2f}, 95 % interval {low:.2f} to {high:.2f}"
    first_goal = result["first_goal_episode"]
    lines = [
        f"{result['map']}, {ice(run.config)}, preset {result['preset']}, seed {run.seed}: {_moment(run)}",
        f"  done        {result['episodes']:,} episodes, {result['env_steps']:,} steps in {result['seconds']:.1f} s",
        f"  success     exact {decimal(result['success_probability'])}, "
        f"greedy {decimal(result['greedy_success_probability'])}",
        f"  sampled     {sampled}",
        *(f"  greedy      {message}" for message in _loop(run)),
        f"  possible    {_possible(result)}",
        f"  first goal  {'none yet' if first_goal is None else f'episode {first_goal}'}",
    ]
    if "diverged" in result:
        lines.append(f"  diverged    {result['diverged']}")
    if result.get("stopped") is not None:
        lines.append(f"  {result['stopped']}")
    for name in ("best", "last"):
        if (saved := result[name]) is not None:
            success = decimal(saved["success_probability"])
            lines.append(f"  {name:<10}  {printable(saved['save'])}  update {saved['update']}, exact {success}")
    return "\n".join(lines)


def _loop(run: Run) -> list[Message]:
    """Return why the greedy policy never arrives, if it walks in a loop."""
    message = loop_message(run.config, run.policy().argmax(axis=1).tolist(), *run.success())
    return [] if message is None else [message]


def _possible(result: dict[str, Any]) -> str:
    """Return the success that policies can have, as far as it is known."""
    best, top = result["optimal_success_probability"], result["stationary_ceiling"]
    ceiling = "" if top is None else f", ceiling {decimal(top)}"
    return f"optimum {'not computed' if best is None else decimal(best)}{ceiling}"


def replay_text(config: Config, result: dict[str, Any]) -> str:
    """Return the report of `replay` from its JSON object."""
    lines = [
        f"{printable(result['save'])}: {result['map']}, {ice(config)}, {'greedy' if result['greedy'] else 'sampled'}",
        f"  {result['episodes']:,} episodes: {result['successes']:,} goals, {result['holes']:,} holes, "
        f"{result['timeouts']:,} time-outs; {result['mean_steps']:.1f} steps each",
        f"  success {result['success_rate']:.4f} ± {result['standard_error']:.4f}; "
        f"exact {decimal(result['success_probability'])}",
        *([f"  {result['diverged']}"] if "diverged" in result else []),
    ]
    return "\n".join(lines)


def diverged(timeline: Timeline) -> dict[str, str]:
    """Return how and when a run has diverged, as a part of its JSON object; nothing for one that has not."""
    message = find_divergence(timeline)
    return {} if message is None else {"diverged": str(message)}


def inspect_text(path: Path, save: Save, run: Run) -> str:
    """Return the report of `inspect` on a save and the run loaded from it."""
    config, (success, greedy_success) = save.config, run.success()
    knobs = ", ".join(f"{name}={_show(name, value)}" for name, value in config.overrides().items())
    lines = [
        f"{printable(path)}: {config.map}, {ice(config)}, preset {config.preset}, seed {save.seed}",
        f"  moment   {_moment(run)}; {run.trainer.episodes:,} episodes, {run.trainer.env_steps:,} steps",
        f"  success  exact {decimal(success)}, greedy {decimal(greedy_success)}",
        *(f"  greedy   {message}" for message in _loop(run)),
        *(f"  diverged {message}" for message in diverged(save.timeline()).values()),
        *(["  weights  not finite: the run has diverged, and only its past can be used"] if save.diverged else []),
        f"  knobs    {knobs or 'all as the preset has them'}",
        *_changes(save),
        "  likeliest action, and its probability in percent",
    ]
    return "\n".join([*lines, *_policy_map(run)])


def _changes(save: Save) -> list[str]:
    last = {(change.moment, change.name): change.value for change in save.changes}
    return [
        f"  change   {'the map' if name == 'map_rows' else f'{name} {_show(name, value)}'} at update {moment.update}"
        for (moment, name), value in last.items()
    ]


def _show(name: str, value: Any) -> str:
    return KNOBS[name].show(value) if name in KNOBS else printable(value)  # the map and the seed are no knobs


def _policy_map(run: Run) -> list[str]:
    config, policy = run.config, run.policy()
    lines = []
    for row, tiles in enumerate(config.map_rows):
        cells = [
            f"{tile:>4} " if tile in "GH" else f"{ARROWS[policy[state].argmax()]}{100 * policy[state].max():>3.0f} "
            for state, tile in enumerate(tiles, start=row * len(tiles))
        ]
        lines.append("    " + " ".join(cells))
    return lines
