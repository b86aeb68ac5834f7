"""The output of `train`, `replay` and `inspect`: strict JSON and text."""

import json
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from lakeppo.cells import padded
from lakeppo.config import KNOBS, Config
from lakeppo.errors import Message, printable
from lakeppo.i18n import _, english, pgettext
from lakeppo.lake.greedy_loop import loop_message
from lakeppo.lake.transition import ARROWS
from lakeppo.moment import moment_words
from lakeppo.runs.divergence import find_divergence
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import wilson_interval
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.checkpoint import Save


def strict_json(value: object) -> str:
    """Return one JSON object, its texts in English; None, NaN and infinities become null."""
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
    if isinstance(value, Message):
        with english():
            return str(value)
    return value


def ice(config: Config) -> str:
    """Return `firm ice` or the probability of a slip."""
    return _("firm ice") if config.slip == 0 else _("slip {slip}").format(slip=KNOBS["slip"].show(config.slip))


def decimal(value: float | None, digits: int = 4) -> str:
    """Return `value` with `digits` decimals, or `unknown`."""
    return _("unknown") if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def row(label: str, text: object, width: int) -> str:
    """Return a row of a report: its label in `width` cells, and its text."""
    return f"  {padded(label, width)}{text}".rstrip()


def head(config: Config, preset: str, seed: int) -> str:
    """Return the map, the ice, the preset and the seed of a run."""
    template = _("{map}, {ice}, preset {preset}, seed {seed}")
    return template.format(map=config.map, ice=ice(config), preset=preset, seed=seed)


def _moment(run: Run) -> str:
    return moment_words(run.moment, run.trainer.batch_size, run.trainer.epochs)


def train_text(run: Run, result: dict[str, Any]) -> str:
    """Return the report of `train` from its JSON object."""
    done = _("{episodes:,} episodes, {steps:,} steps in {seconds:.1f} s")
    first_goal = result["first_goal_episode"]
    goal = _("none yet") if first_goal is None else _("episode {number}").format(number=first_goal)
    rows = [
        (pgettext("row", "done"), done.format(
            episodes=result["episodes"], steps=result["env_steps"], seconds=result["seconds"])),
        (pgettext("row", "success"), _success(result["success_probability"], result["greedy_success_probability"])),
        (pgettext("row", "sampled"), _sampled(run.trainer.outcomes)),
        *((pgettext("row", "greedy"), str(message)) for message in _loop(run)),
        (pgettext("row", "possible"), _possible(result)),
        (pgettext("row", "first goal"), goal),
    ]  # fmt: skip
    if "diverged" in result:
        rows.append((pgettext("row", "diverged"), str(result["diverged"])))
    lines = [
        _("{run}: {moment}").format(run=head(run.config, result["preset"], run.seed), moment=_moment(run)),
        *(row(*one, 12) for one in rows),
    ]
    if result.get("stopped") is not None:
        lines.append(f"  {result['stopped']}")
    for name, label in (("best", pgettext("row", "best")), ("last", pgettext("row", "last"))):
        if (saved := result[name]) is not None:
            where = _("{path}  update {update}, exact {success}").format(
                path=printable(saved["save"]), update=saved["update"], success=decimal(saved["success_probability"])
            )
            lines.append(row(label, where, 12))
    return "\n".join(lines)


def _success(exact: float | None, greedy: float | None) -> str:
    return _("exact {exact}, greedy {greedy}").format(exact=decimal(exact), greedy=decimal(greedy))


def _sampled(outcomes: Collection[bool]) -> str:
    """Return the success rate of the last episodes."""
    if not outcomes:
        return _("no episode has ended yet")
    low, high = wilson_interval(sum(outcomes), len(outcomes))
    template = _("last {count} episodes {rate:.2f}, 95 % interval {low:.2f} to {high:.2f}")
    if len(outcomes) == 1:
        template = _("the only episode {rate:.2f}, 95 % interval {low:.2f} to {high:.2f}")
    return template.format(count=len(outcomes), rate=sum(outcomes) / len(outcomes), low=low, high=high)


def _loop(run: Run) -> list[Message]:
    """Return why the greedy policy never arrives, if it walks in a loop."""
    message = loop_message(run.config, run.policy().argmax(axis=1).tolist(), *run.success())
    return [] if message is None else [message]


def _possible(result: dict[str, Any]) -> str:
    """Return the success that policies can have, as far as it is known."""
    best, top = result["optimal_success_probability"], result["stationary_ceiling"]
    shown = _("not computed") if best is None else decimal(best)
    if top is None:
        return _("optimum {optimum}").format(optimum=shown)
    return _("optimum {optimum}, ceiling {ceiling}").format(optimum=shown, ceiling=decimal(top))


def replay_text(config: Config, result: dict[str, Any]) -> str:
    """Return the report of `replay` from its JSON object."""
    kind = _("greedy") if result["greedy"] else _("sampled")
    ends = _(
        "{episodes:,} episodes: {successes:,} goals, {holes:,} holes, {timeouts:,} time-outs; {steps:.1f} steps each"
    )
    low, high = result["success_rate_interval"]
    success = _("success {rate:.4f}, 95 % interval {low:.4f} to {high:.4f}; exact {exact}").format(
        rate=result["success_rate"], low=low, high=high, exact=decimal(result["success_probability"])
    )
    lines = [
        _("{path}: {map}, {ice}, {kind}").format(
            path=printable(result["save"]), map=result["map"], ice=ice(config), kind=kind
        ),
        f"  {ends.format(**result, steps=result['mean_steps'])}",
        f"  {success}",
        *([f"  {result['diverged']}"] if "diverged" in result else []),
    ]
    return "\n".join(lines)


def diverged(timeline: Timeline) -> dict[str, Message]:
    """Return how and when a run has diverged, as a part of its JSON object; nothing for one that has not."""
    message = find_divergence(timeline)
    return {} if message is None else {"diverged": message}


def inspect_text(path: Path, save: Save, run: Run) -> str:
    """Return the report of `inspect` on a save and the run loaded from it."""
    config, (success, greedy_success) = save.config, run.success()
    knobs = ", ".join(f"{name}={_show(name, value)}" for name, value in config.overrides().items())
    counts = _("{moment}; {episodes:,} episodes, {steps:,} steps").format(
        moment=_moment(run), episodes=run.trainer.episodes, steps=run.trainer.env_steps
    )
    rows = [
        (pgettext("row", "moment"), counts),
        (pgettext("row", "success"), _success(success, greedy_success)),
        *((pgettext("row", "greedy"), str(message)) for message in _loop(run)),
        *((pgettext("row", "diverged"), str(message)) for message in diverged(save.timeline()).values()),
        *([(pgettext("row", "weights"), _("not finite: the run has diverged, and only its past can be used"))]
          if save.diverged else []),
        (pgettext("row", "knobs"), knobs or _("all as the preset has them")),
        *((pgettext("row", "change"), change) for change in _changes(save)),
    ]  # fmt: skip
    lines = [
        _("{path}: {run}").format(path=printable(path), run=head(config, config.preset, save.seed)),
        *(row(*one, 9) for one in rows),
        "  " + _("likeliest action, and its probability in percent"),
    ]
    return "\n".join([*lines, *_policy_map(run)])


def _changes(save: Save) -> list[str]:
    last = {(change.moment, change.name): change.value for change in save.changes}
    return [
        _("{change} at update {update}").format(
            change=_("the map") if name == "map_rows" else f"{name} {_show(name, value)}", update=moment.update
        )
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
