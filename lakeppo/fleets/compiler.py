"""The pass of a fleet, compiled by torch for this machine's processor, and kept for the next time."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch

from lakeppo.config import Config
from lakeppo.errors import SaveError
from lakeppo.fleets.batched_ppo import Improve, improve_traced
from lakeppo.fleets.fleet import Agent, Fleet, block_size
from lakeppo.storage.atomic import check_folder


class CompilerUnavailable(Exception):
    """The pass cannot be compiled here; the message says why in one line."""


def cache_folder() -> Path:
    """Where compiled passes are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lakeppo" / "compiled"


def compiled_pass(fleets: Iterable[tuple[Config, int]], device: str, backend: str = "inductor") -> Improve:
    """The pass, compiled for fleets of so many agents of a config: up to a minute each, the first time.

    Raises `NoCompiler`.
    """
    if not any(shutil.which(name) for name in (os.environ.get("CXX") or "g++", "clang++", "c++")):
        raise CompilerUnavailable("there is no C++ compiler here (g++ or clang++)")
    if "TORCHINDUCTOR_CACHE_DIR" not in os.environ:
        try:
            check_folder(cache_folder())
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cache_folder())
        except (SaveError, RuntimeError):  # torch then keeps them where it keeps them
            pass
    compiled: Improve = torch.compile(improve_traced, fullgraph=True, dynamic=False, backend=backend)
    kinds = {(config.tiles, config.activation, block_size(agents)): config for config, agents in fleets}
    for (_, _, agents), config in kinds.items():
        try:
            Fleet([Agent(0, replace(config, epochs=1))] * agents, device, compiled).update()
        except Exception as error:  # whatever a foreign compiler comes up with
            said = (line.strip() for line in str(error).splitlines())
            why = next((line for line in said if line and not line.endswith(":")), type(error).__name__)
            raise CompilerUnavailable(f"torch cannot compile here ({why})") from error
    return compiled
