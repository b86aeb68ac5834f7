"""Strict JSON, and the few words all reports share."""

import json
import math
from typing import Any

import numpy as np

from lakeppo.config import KNOBS, Config


def strict_json(value: object) -> str:
    """One JSON object, in which what is unknown, infinite or not a number is null."""
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
    """`firm ice`, or how slippery it is."""
    return "firm ice" if config.slip == 0 else f"slip {KNOBS['slip'].show(config.slip)}"


def figure(value: float | None, digits: int = 4) -> str:
    return "unknown" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"
