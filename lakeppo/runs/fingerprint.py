"""What the bits of a run depend on besides its seed and config: the torch build and the kind of processor."""

import hashlib
from functools import lru_cache

import torch

from lakeppo.config import make_config
from lakeppo.errors import Message
from lakeppo.i18n import N_
from lakeppo.ppo.trainer import Trainer
from lakeppo.runs.trainer_state import state_sha256, trainer_state, weights_sha256

Fingerprint = dict[str, str]
"""`torch`: its version; `cpu`: the instructions it uses; `run`: the hash of a short run, the only part that matters."""
CANONICAL = (
    make_config("classic", batch_size=64),
    make_config("8x8-slippery", batch_size=256, epochs=2, norm_adv=True),
)
"""The configs of the short run: both activations, both initial weights, two sizes of each."""


def fingerprint() -> Fingerprint:
    """Return the fingerprint of this machine; the first call takes some hundredths of a second."""
    cpu = torch.backends.cpu.get_cpu_capability()
    return {"torch": str(torch.__version__), "cpu": cpu, "run": _run_sha256(torch.get_default_dtype())}


@lru_cache
def _run_sha256(dtype: torch.dtype) -> str:
    """Return the hash of the state after two updates of each of the canonical configs."""
    digest = hashlib.sha256(str(dtype).encode())
    for config in CANONICAL:
        trainer = Trainer(config, 1)
        while trainer.updates < 2:
            trainer.unit()
        state = trainer_state(trainer)
        digest.update((weights_sha256(state) + state_sha256(1, config, state)).encode())
    return digest.hexdigest()


def made_elsewhere(theirs: Fingerprint | None) -> Message | None:
    """Return what to say of a run that was made where `theirs` is the fingerprint; None if this machine is the same."""
    ours = fingerprint()
    if theirs is None or theirs["run"] == ours["run"]:
        return None
    template = N_("made with torch {torch} on {cpu}; here, with torch {our_torch} on {our_cpu}, its results may differ")
    return Message(template, torch=theirs["torch"], cpu=theirs["cpu"], our_torch=ours["torch"], our_cpu=ours["cpu"])
