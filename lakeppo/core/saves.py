"""The save format: what a save holds, and how it is read without risk."""

import io
import math
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from lakeppo import __version__
from lakeppo.config import Config, read_config
from lakeppo.core.disk import SaveError, reason
from lakeppo.core.lake import check_rows
from lakeppo.core.moment import Change, Moment, Phase
from lakeppo.core.run import Best, Run
from lakeppo.core.stats import Row

FORMAT = 1
MAGIC = "lakeppo save"


@dataclass(frozen=True)
class Save:
    """One save, read: `config` is the run's first config, `state` the trainer's whole state at `moment`."""

    version: str
    seed: int
    origin: Config
    changes: tuple[Change, ...]
    moment: Moment
    state: dict[str, Any]
    history: list[Row]
    best: Best | None

    @property
    def config(self) -> Config:
        """The values in force, changes included."""
        return self.origin.changed(self.changes)

    def run(self) -> Run:
        """The run as it stood; going on from it is as if it had never stopped."""
        run = Run(self.origin, self.seed)
        run.restore(self.state, list(self.changes))
        run.history, run.best = list(self.history), self.best
        return run


def pack(run: Run, which: Literal["last", "best"]) -> bytes:
    """The file of `run` as it stands, or as it stood when it was best."""
    best = run.best
    if which == "best":
        assert best is not None
        state, changes, history = best.state, list(best.changes), run.history[: best.update]
        moment = Moment(best.update, Phase.COLLECT, 0)
    else:
        state, changes, history = run.trainer.state_dict(), run.changes, run.history[: run.trainer.updates]
        moment = run.moment
    content = {
        "magic": MAGIC,
        "format": FORMAT,
        "version": __version__,
        "seed": run.seed,
        "config": run.origin.as_json(),
        "changes": [_plain(change) for change in changes],
        "moment": _plain_moment(moment),
        "state": state,
        "history": torch.tensor([[math.nan if x is None else x for x in row] for row in history], dtype=torch.float64),
        "best": None if best is None else _pack_best(best, itself=which == "best"),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _pack_best(best: Best, itself: bool) -> dict[str, Any]:
    return {
        "update": best.update,
        "success_probability": best.success_probability,
        "changes": [_plain(change) for change in best.changes],
        "state": None if itself else best.state,
    }


def _plain(change: Change) -> list[Any]:
    return [_plain_moment(change.moment), change.name, change.value]


def _plain_moment(moment: Moment) -> list[int]:
    return [moment.update, int(moment.phase), moment.index]


def _moment(plain: list[int]) -> Moment:
    update, phase, index = plain
    return Moment(update, Phase(phase), index)


def _change(plain: Any) -> Change:
    moment, name, value = plain
    return Change(_moment(moment), name, value)


def read_save(path: Path) -> Save:
    """Raises `SaveError` for anything that is not a whole save this version can read. No code runs from a file."""
    content = _load(path)
    if not isinstance(content, dict) or content.get("magic") != MAGIC:
        raise SaveError(f"{path} is not a lakeppo save")
    if not isinstance(content.get("format"), int) or content["format"] > FORMAT:
        raise SaveError(
            f"{path} was written by a newer lakeppo (its format is {content.get('format')}, this one reads {FORMAT})"
        )
    try:
        save = _unpack(content)
        save.run()
    except Exception as error:
        raise SaveError(f"{path} is damaged: {type(error).__name__} while reading it") from error
    return save


def _load(path: Path) -> Any:
    if path.is_dir():
        raise SaveError(f"{path} is a folder, not a save")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SaveError(f"{path}: {reason(error)}") from None
    if not data:
        raise SaveError(f"{path} is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (
        RuntimeError,
        EOFError,
        pickle.UnpicklingError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        TypeError,
    ):
        raise SaveError(f"{path} is not a lakeppo save, or is cut short") from None


def _unpack(content: dict[str, Any]) -> Save:
    origin = read_config(content["config"])
    check_rows(origin.map_rows)
    changes = tuple(_change(plain) for plain in content["changes"])
    history = [_row(values) for values in content["history"].tolist()]
    longest = max(origin.changed(changes[:count]).batch_size for count in range(len(changes) + 1))
    _check_state(content["state"], origin, longest)
    packed, best = content["best"], None
    if packed is not None:
        best_changes = tuple(_change(plain) for plain in packed["changes"])
        state = content["state"] if packed["state"] is None else packed["state"]
        _check_state(state, origin, longest)
        config = origin.changed(best_changes)
        best = Best(packed["update"], packed["success_probability"], config, best_changes, state)
    moment = _moment(content["moment"])
    return Save(content["version"], content["seed"], origin, changes, moment, content["state"], history, best)


def _row(values: list[float]) -> Row:
    whole, rest = values[:3], values[3:]
    return Row(*(int(x) for x in whole), *(None if math.isnan(x) else x for x in rest))


def _check_state(state: dict[str, Any], config: Config, longest: int) -> None:
    """What loading into the networks does not check by itself: that every tile and action is one."""
    tiles = [state["state"], state["env"]["s"]]
    for step in state["transitions"]:
        tiles += [step[0], step[4]]
        if step[1] not in range(4) or step[2] not in range(4):
            raise ValueError("an action that is none")
    if any(tile not in range(config.tiles) for tile in tiles) or len(state["transitions"]) > longest:
        raise ValueError("a tile that is none")
