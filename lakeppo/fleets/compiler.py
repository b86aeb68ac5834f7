"""Compile a fleet's gradient pass for this machine's processor, and cache the result."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch

from lakeppo.config import Config
from lakeppo.errors import LakeppoError, SaveError
from lakeppo.fleets.batched_ppo import Improve, improve_traced
from lakeppo.fleets.fleet import Agent, Fleet, block_size
from lakeppo.storage.atomic import check_folder


class CompilerUnavailable(LakeppoError):
    """The pass cannot be compiled on this machine; the message is one line."""


def cache_folder() -> Path:
    """Return the folder of compiled passes."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lakeppo" / "compiled"


def compiled_pass(fleets: Iterable[tuple[Config, int]], device: str, backend: str = "inductor") -> Improve:
    """Return the pass compiled for each fleet, given as a config and its number of agents.

    Compiling a shape takes up to a minute unless cached. Raise `CompilerUnavailable` without a compiler or if it fails.
    """
    if not any(shutil.which(name) for name in (os.environ.get("CXX") or "g++", "clang++", "c++")):
        raise CompilerUnavailable("no C++ compiler found (g++ or clang++)")
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # a pool of processes is no faster, and slow to end
    if "TORCHINDUCTOR_CACHE_DIR" not in os.environ:
        try:
            check_folder(cache_folder())
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cache_folder())
        except (SaveError, RuntimeError):  # torch then uses its own default
            pass
    compiled: Improve = torch.compile(improve_traced, fullgraph=True, dynamic=False, backend=backend)
    shapes = {(config.tiles, config.activation, block_size(agents)): config for config, agents in fleets}
    for (_, _, agents), config in shapes.items():
        try:
            Fleet([Agent(0, replace(config, epochs=1))] * agents, device, compiled).update()
        except Exception as error:  # a compiler may raise anything
            lines = (line.strip() for line in str(error).splitlines())
            reason = next((line for line in lines if line and not line.endswith(":")), type(error).__name__)
            raise CompilerUnavailable("torch cannot compile here ({reason})", reason=reason) from error
    return compiled
