"""The faults."""

from lakeppo.errors import InvalidValue, nearest
from lakeppo.faults.fault import Edit, Fault
from lakeppo.i18n import N_

TIME_OUT_ENDS = Fault(
    "time_out_ends",
    "gae",
    (
        Edit(
            "deltas = td_errors(rewards, values, next_values, terminated, gamma)",
            "deltas = td_errors(rewards, values, next_values, terminated | truncated, gamma)",
        ),
    ),
    title=N_("What comes after the last step"),
    hint=N_("Let many episodes run out of time, and look at the advantage of their last step."),
    explanation=N_(
        "An episode that is cut off has not ended: the agent could go on from its next tile, and the critic's value of "
        "that tile stands for what would follow. This program counts it as 0, as after a fall, so tiles from which "
        "episodes are often cut off look worthless. Only the trace of λ ends with the time limit."
    ),
)
NO_RATIO = Fault(
    "no_ratio",
    "objective",
    (
        Edit("gain = logratio.exp() * advantages", "gain = logratio * advantages"),
        Edit("return gain.clamp(max=advantages + clip_coef * advantages.abs())", "return gain"),
    ),
    title=N_("One batch, many passes"),
    hint=N_("With a single pass over each batch it does nothing wrong. What do more passes need that one does not?"),
    explanation=N_(
        "log ratio times A has the same gradient as ratio times A in the first pass, where every ratio is 1. From the "
        "second pass on the ratio weighs each sample by how much more often the new policy takes it, and the clip "
        "stops those that have gone far enough. Without both, every pass pushes as hard as the first: this is A2C, "
        "which may use a batch once, and it uses it again and again."
    ),
)
FAULTS: dict[str, Fault] = {fault.name: fault for fault in (TIME_OUT_ENDS, NO_RATIO)}


def find_fault(name: str) -> Fault:
    """Return the fault of this name. Raises `InvalidValue` for another name."""
    if name in FAULTS:
        return FAULTS[name]
    meant = nearest(name, FAULTS)
    if meant is None:
        raise InvalidValue("there is no fault named {name}", name=name)
    raise InvalidValue("there is no fault named {name}; did you mean {meant}?", name=name, meant=meant)
