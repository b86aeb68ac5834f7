"""Files of shards: packing, and reading with every field checked before anything uses it, without running code."""

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lakeppo.config import Config
from lakeppo.errors import InvalidValue, Message, SaveError
from lakeppo.files import read_file
from lakeppo.fleets.batched_ppo import NetworkStack
from lakeppo.fleets.fleet import Agent, Fleet, fleet_key
from lakeppo.fleets.population import RESOLUTION
from lakeppo.fleets.shard import RESULTS, FleetState, Shard
from lakeppo.fleets.walkers import Integers
from lakeppo.presets import Limit
from lakeppo.runs.fingerprint import Fingerprint, fingerprint
from lakeppo.storage.archive import DIRECTORY_ENTRY, read_archive
from lakeppo.storage.fields import fields, number, sequence, tensor, typed, whole
from lakeppo.storage.save_check import TOLERANCE, check_fingerprint

MOST_BYTES, MOST_MEMBERS = 112 * 2**20, 200
MOST = 10**15
"""The most updates, steps or episodes of an agent."""
PACKED = [name for name in RESULTS if name != "done"]
"""Whether an agent is done follows from its other results."""
MAGIC, FORMAT = "lakeppo shard", 1
Floats = NDArray[np.float64]


def read_content(path: Path, magic: str, newest: int) -> dict[str, Any]:
    """Return the content of a file that `packed` made, of which only magic and format are checked.

    Raise `SaveError`, or `FileError` for what is no regular file, or too large.
    """
    data = read_file(path, MOST_BYTES)
    if data.count(DIRECTORY_ENTRY) > MOST_MEMBERS:
        raise SaveError("{path} is damaged: it has over {most} members", path=path, most=MOST_MEMBERS)
    try:
        content = read_archive(data)
    except InvalidValue as error:
        raise SaveError("{path} is damaged: {error}", path=path, error=error.message) from None
    except Exception:  # as in a save
        content = None
    if type(content) is not dict or content.get("magic") != magic:
        raise SaveError("{path} is not a {magic}, or is cut short", path=path, magic=magic)
    if type(content.get("format")) is not int or not 1 <= content["format"] <= newest:
        raise SaveError("{path} has a format that this lakeppo does not read", path=path)
    return content


def packed(magic: str, version: int, content: dict[str, Any]) -> bytes:
    """Return the bytes of a file with this content, and with the fingerprint of this machine."""
    buffer = io.BytesIO()
    torch.save({"magic": magic, "format": version, "fingerprint": fingerprint(), **content}, buffer)
    return buffer.getvalue()


def pack_shard(shard: Shard, fleet: str, seconds: float) -> bytes:
    """Return the file of a shard of the fleet with the hash `fleet`, which has taken `seconds` so far."""
    state = shard.state
    return packed(MAGIC, FORMAT, {
        "fleet": fleet, "seconds": seconds, "index": _numbers(shard.index),
        "results": {name: _numbers(shard.results[name]) for name in PACKED},
        "steps": _numbers(np.array(shard.steps)), "rows": torch.from_numpy(np.array(shard.rows)),
        "state": None if state is None else {
            "places": _numbers(shard.places), "updates": state.updates,
            "networks": [network.flatten(start_dim=1) for network in state.networks],
            "tiles": _numbers(state.tiles), "elapsed": _numbers(state.elapsed), "episodes": _numbers(state.episodes),
        },
    })  # fmt: skip


def _numbers(values: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float64))


class ReadShard:
    """A shard from the file at `path`, whose fleet has the hash `fleet`, these agents and this limit.

    Raise `SaveError` unless it is whole, sound and of this fleet.
    """

    def __init__(self, path: Path, fleet: str, agents: list[Agent], limit: Limit) -> None:
        content = read_content(path, MAGIC, FORMAT)
        try:
            theirs, seconds, made_by = fields(Message("the shard"), content, "fleet", "seconds", "fingerprint")
            if typed("fleet", theirs, str) != fleet:
                raise SaveError("{path} is a shard of another fleet", path=path)
            self.seconds = number("seconds", seconds, 0, 1e12)
            self.fingerprint: Fingerprint = check_fingerprint(made_by)
            self.shard = _shard(content, agents, limit)
        except InvalidValue as error:
            raise SaveError("{path} is damaged: {error}", path=path, error=error.message) from None


def _shard(content: dict[str, Any], agents: list[Agent], limit: Limit) -> Shard:
    names = ("index", "results", "steps", "rows", "state")
    packed_index, results, steps, rows, state = fields(Message("the shard"), content, *names)
    index = _whole_numbers("index", packed_index, None, 0, len(agents) - 1)
    if (np.diff(index) <= 0).any() or len({fleet_key(agents[k].config) for k in index}) != 1:
        raise InvalidValue("its agents do not make one fleet")
    config = agents[index[0]].config
    found = _results(results, len(index), config, limit)
    history = _history(steps, rows, len(index), config, int(found["updates"].max()))
    if state is None:
        if not found["done"].all():
            raise InvalidValue("its agents are not done, and it has no state to go on from")
        return Shard(index, found, *history, np.empty(0, np.intp), None)
    return Shard(index, found, *history, *_state(state, config, found))


def _results(packed_results: Any, count: int, config: Config, limit: Limit) -> dict[str, NDArray[Any]]:
    """Check the results of `count` agents and return them."""
    values = dict(zip(PACKED, fields("results", packed_results, *PACKED), strict=True))
    found: dict[str, NDArray[Any]] = {
        name: _whole_numbers(name, values[name], count, 0, MOST) for name in ("updates", "env_steps", "episodes")
    }
    success = _column("success", values["success"], count)
    if not ((success >= 0) & (success <= 1 + TOLERANCE)).all():
        raise InvalidValue("success must be a probability")
    found["success"] = success
    limits = {"solved_episode": found["episodes"], "solved_step": found["env_steps"], "diverged": found["updates"]}
    for name, most in limits.items():
        found[name] = _column(name, values[name], count)
        if not (((found[name] >= 0) & (found[name] <= most)) | (found[name] == np.inf)).all():
            raise InvalidValue("{name} is later than the agent's end", name=name)
    if not (np.isfinite(found["solved_episode"]) == np.isfinite(found["solved_step"])).all():
        raise InvalidValue("solved_episode and solved_step differ")
    if not (found["env_steps"] == found["updates"] * config.batch_size).all():
        raise InvalidValue("updates and env_steps differ")
    if (found["episodes"] > found["env_steps"]).any():
        raise InvalidValue("there are more episodes than steps")
    counts = {name: found[name] for name in ("updates", "env_steps", "episodes")}
    return found | {"done": (limit.progress(**counts) >= limit.count) | np.isfinite(found["diverged"])}


def _history(
    steps: Any, rows: Any, count: int, config: Config, updates: int
) -> tuple[list[int], list[NDArray[np.float32]]]:
    """Check the samples of a history and return them."""
    most = RESOLUTION * (1 + (updates // RESOLUTION).bit_length()) + 1
    times = _whole_numbers("steps", steps, None, 0, updates * config.batch_size)
    if times[0] != 0 or (np.diff(times) <= 0).any() or (times % config.batch_size).any() or len(times) > most:
        raise InvalidValue("its history is not that of a fleet")
    table = tensor("rows", rows, (len(times), count), torch.float32).numpy()
    if not ((table >= 0) & (table <= 1 + TOLERANCE)).all():
        raise InvalidValue("its history has a success that is no probability")
    return times.tolist(), list(table)


def _state(packed_state: Any, config: Config, found: dict[str, NDArray[Any]]) -> tuple[Integers, FleetState]:
    """Check the state of a shard with the results `found`; return the places of the fleet's agents, and the state."""
    done, names = found["done"], ("places", "updates", "networks", "tiles", "elapsed", "episodes")
    places, updates, networks, tiles, elapsed, episodes = fields("state", packed_state, *names)
    where = _whole_numbers("places", places, None, 0, len(done) - 1)
    if (np.diff(where) <= 0).any() or done.all() or not np.isin(np.flatnonzero(~done), where).all():
        raise InvalidValue("places are not those of the agents that go on")
    active, count = ~done[where], len(where)
    if whole("updates", updates, 0, MOST) != int(found["updates"].max()) or (found["updates"][~done] != updates).any():
        raise InvalidValue("its agents that go on are not after the same update")
    standing = _whole_numbers("tiles", tiles, count, 0, config.tiles - 1)
    if any(config.tile(tile) in "GH" for tile in set(standing.tolist())):
        raise InvalidValue("an agent stands on a hole or a goal")
    since = _whole_numbers("elapsed", elapsed, count, 0, config.max_episode_steps - 1)
    ended = _whole_numbers("episodes", episodes, count, 0, updates * config.batch_size)
    if (ended[active] != found["episodes"][where][active]).any():
        raise InvalidValue("the episodes of its state and of its results differ")
    state = FleetState(updates, _networks(networks, config, done[where]), standing, since, ended)
    return where, state


def _networks(packed_networks: Any, config: Config, done: NDArray[np.bool_]) -> list[torch.Tensor]:
    """Check the parameters and moments of n agents and return them, `(n, ...)`; weights are finite unless done."""
    example = Fleet([Agent(0, config)])
    expected = [pair for stack in (example.actor, example.critic) for pair in _by_kind(stack)]
    sequence("networks", packed_networks, list, len(expected))
    networks = []
    for value, (kind, one) in zip(packed_networks, expected, strict=True):
        shape = one.shape[1:]
        network = tensor(Message("a network"), value, (len(done), math.prod(shape)), one.dtype)
        if kind == "parameters" and not (network.isfinite().all(dim=1).numpy() | done).all():
            raise InvalidValue("its weights are not finite")
        if kind == "second_moments" and (network < 0).any():
            raise InvalidValue("Adam's second moment must not be negative")
        networks.append(network.reshape(len(done), *shape))
    return networks


def _by_kind(stack: NetworkStack) -> list[tuple[str, torch.Tensor]]:
    return [(kind, one) for kind, tensors in zip(stack._fields, stack, strict=True) for one in tensors]


def _column(where: str, value: Any, count: int | None) -> Floats:
    """Return a list of numbers, of `count` or else of any length but 0."""
    if count is None:
        count = len(value) if isinstance(value, torch.Tensor) and value.dim() else 0
    if not count:
        raise InvalidValue("{where} is empty", where=where)
    column: Floats = tensor(where, value, (count,), torch.float64).numpy()
    return column


def _whole_numbers(where: str, value: Any, count: int | None, low: int, high: int) -> Integers:
    column = _column(where, value, count)
    if not ((column >= low) & (column <= high) & (column == np.floor(column))).all():
        raise InvalidValue("{where} must be whole numbers in {low}..{high}", where=where, low=low, high=high)
    return column.astype(np.intp)
