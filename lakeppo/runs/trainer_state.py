"""Copying, loading and hashing a trainer's whole state."""

import hashlib
import struct
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from lakeppo.config import Config
from lakeppo.lake.transition import Transition
from lakeppo.ppo.networks import Adam
from lakeppo.ppo.trainer import WINDOW, Judgement, Pass, Trainer, make_batch

TENSOR = 800
"""Bytes that a tensor takes beside its numbers, as measured by the memory of a process."""


def trainer_state(trainer: Trainer) -> dict[str, Any]:
    """Return a copy of the trainer's state as plain values and tensors, which `torch.load` reads safely.

    Between two units the gradient is 0 and not part of it, unless a trainer keeps its gradients.
    """
    states = {name: network.state_dict() for name, network in _networks(trainer).items()}
    return {
        "weights": {name: {key: t.clone() for key, t in state.items()} for name, state in states.items()},
        "adams": dict(zip(("actor", "critic"), adam_state(trainer.adam), strict=True)),
        "generator": trainer.generator.bit_generator.state,
        "env": trainer.env.state(),
        "state": trainer.state,
        "counts": [trainer.updates, trainer.env_steps, trainer.episodes],
        "outcomes": list(trainer.outcomes),
        "first_goal_episode": trainer.first_goal_episode,
        "in_force": [trainer.learning_rate, trainer.ent_coef, trainer.batch_size, trainer.epochs],
        "transitions": [tuple(t) for t in trainer.transitions],
        "judgement": None if trainer.judgement is None else list(trainer.judgement),
        "passes": [tuple(p) for p in trainer.passes],
        **({"grad": trainer.adam.grad.clone()} if trainer.adam.grad.any() else {}),
    }


def load_trainer_state(trainer: Trainer, state: dict[str, Any]) -> None:
    """Load a state that was taken from a trainer with the same config."""
    for name, network in _networks(trainer).items():
        network.load_state_dict(state["weights"][name])
    load_adam_state(trainer.adam, [state["adams"]["actor"], state["adams"]["critic"]])
    trainer.adam.grad.copy_(state["grad"]) if "grad" in state else trainer.adam.grad.zero_()
    trainer.generator.bit_generator.state = state["generator"]
    trainer.env.load_state(state["env"])
    trainer.state = state["state"]
    trainer.updates, trainer.env_steps, trainer.episodes = state["counts"]
    trainer.outcomes = deque(state["outcomes"], maxlen=WINDOW)
    trainer.first_goal_episode = state["first_goal_episode"]
    trainer.begin_update()
    trainer.learning_rate, trainer.ent_coef, trainer.batch_size, trainer.epochs = state["in_force"]
    trainer.transitions = [Transition(*t) for t in state["transitions"]]
    trainer.passes = [Pass(*p) for p in state["passes"]]
    if state["judgement"] is not None:
        trainer.batch = make_batch(trainer.transitions, trainer.config.tiles)
        trainer.judgement = Judgement(*state["judgement"])


def _networks(trainer: Trainer) -> dict[str, nn.Module]:
    return {"actor": trainer.actor, "old_actor": trainer.old_actor, "critic": trainer.critic}


def adam_state(adam: Adam) -> list[dict[str, Any]]:
    """Return Adam's state for each network."""
    moments = zip(adam.views(adam.first.clone()), adam.views(adam.second.clone()), strict=True)
    return [{"first": first, "second": second, "steps": [adam.steps]} for first, second in moments]


def load_adam_state(adam: Adam, states: list[dict[str, Any]]) -> None:
    for name in ("first", "second"):
        for views, state in zip(adam.views(getattr(adam, name)), states, strict=True):
            for view, saved in zip(views, state[name], strict=True):
                view.copy_(saved)
    adam.steps = int(states[0]["steps"][0])


def weights_sha256(state: dict[str, Any]) -> str:
    """Return SHA-256 over actor, old actor and critic of a trainer's state, as contiguous little-endian float32."""
    digest = hashlib.sha256()
    for network in ("actor", "old_actor", "critic"):
        for tensor in state["weights"][network].values():
            digest.update(tensor.detach().numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def state_sha256(seed: int, config: Config, state: dict[str, Any]) -> str:
    """Return SHA-256 over the seed, the config and everything in a trainer's state but the weights."""
    rest = {key: value for key, value in state.items() if key != "weights"}
    pieces = _pieces([seed, config.as_json(), rest])
    return hashlib.sha256(b"".join(struct.pack("<Q", len(piece)) + piece for piece in pieces)).hexdigest()


def _pieces(value: object) -> Iterator[bytes]:
    """Yield nested dicts, sequences, tensors and plain values as bytes that depend on their values only."""
    if isinstance(value, dict):
        yield b"dict"
        for key in sorted(value):
            yield str(key).encode()
            yield from _pieces(value[key])
    elif isinstance(value, list | tuple):
        yield f"list {len(value)}".encode()
        for item in value:
            yield from _pieces(item)
    elif isinstance(value, torch.Tensor):
        yield f"{value.dtype} {tuple(value.shape)}".encode()
        yield value.detach().contiguous().numpy().tobytes()
    else:
        yield repr(value).encode()


def state_size(value: object) -> int:
    """Return the approximate memory of a trainer's state, or of a part of it, in bytes."""
    if hasattr(value, "nbytes"):
        return int(value.nbytes) + TENSOR
    if isinstance(value, dict | list | tuple):
        return 64 + sum(map(state_size, value.values() if isinstance(value, dict) else value))
    return sys.getsizeof(value)
