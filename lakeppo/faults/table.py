"""The faults to be spotted, roughly from the one that is found first to the one that is found last."""

from math import inf

from lakeppo.errors import InvalidValue, nearest
from lakeppo.faults.fault import Edit, Fault, Symptom
from lakeppo.i18n import N_

OLD_NOT_COPIED = Fault(
    "old_not_copied",
    "trainer",
    (Edit("old.copy_(new)", "old = new"),),
    title=N_("It never gets better"),
    report=N_("After 40 updates every run stands where it began: success stays near .01, and no seed helps."),
    hint=N_("Compare the policy that walks in update 0 with the one that walks in update 1."),
    explanation=N_(
        "An assignment gives the name `old` to the other tensor and copies no number. The old actor therefore stays as "
        "it was made: it walks at random for ever, and the clip holds the new actor near it."
    ),
    symptom=Symptom("success", 40, 12, right=(0.8, 1), faulty=(0, 0.05)),
)
ENTROPY_SIGN = Fault(
    "entropy_sign",
    "trainer",
    (
        Edit(
            "torch.autograd.backward(policy_loss + self.config.vf_coef * critic_loss - self.ent_coef * bonus)",
            "torch.autograd.backward(policy_loss + self.config.vf_coef * critic_loss + self.ent_coef * bonus)",
        ),
    ),
    title=N_("Certain too soon"),
    report=N_("More than half of the runs end below .05: within 20 updates each takes one path and no other."),
    hint=N_("Watch the entropy of the policy before the first goal. Which term should hold it up?"),
    explanation=N_(
        "The optimiser makes the loss smaller. A bonus has to be subtracted from the loss to be sought; added to it, "
        "entropy is a cost, and the policy becomes certain before it has seen the goal."
    ),
    symptom=Symptom("success", 40, 24, right=(0, 0.15), faulty=(0.25, 1), below=0.05),
)
BEYOND_THE_END = Fault(
    "beyond_the_end",
    "gae",
    (
        Edit(
            "return rewards + gamma * next_values * (~terminated).to(values.dtype) - values",
            "return rewards + gamma * next_values - values",
        ),
    ),
    title=N_("Too good to be true"),
    report=N_("There is one reward of 1 in an episode, and yet the critic gives tiles near the goal a value of 2."),
    hint=N_("Look at the steps into a hole and into the goal. What can still come after them?"),
    explanation=N_(
        "After the goal or a hole nothing follows, so nothing may be added for the next tile. No step starts on these "
        "tiles, so the critic's values there are never corrected; added all the same, they let the values of the tiles "
        "before them grow past any reward."
    ),
    symptom=Symptom("largest_value", 40, 64, right=(-inf, 1.15), faulty=(1.4, inf), fleet=True),
)
GRADIENT_KEPT = Fault(
    "gradient_kept",
    "networks",
    (Edit("self.grad.zero_()", "self.grad.detach_()"),),
    title=N_("It overshoots"),
    report=N_(
        "After 40 updates explained variance is 0, which right runs have near 1, and half of the runs end below .05."
    ),
    hint=N_("Pass 1 of the first update is right. Look at the norms of the gradients in pass 2."),
    explanation=N_(
        "A backward pass adds to the gradient that is there. Unless it is set to 0 after each step, every step follows "
        "the sum of all gradients so far, in which the oldest batch counts as much as the newest."
    ),
    symptom=Symptom("explained_variance", 40, 12, right=(0.5, 1), faulty=(-inf, 0.3)),
)
CRITIC_FOLLOWS_ITSELF = Fault(
    "critic_follows_itself",
    "trainer",
    (
        Edit(
            "critic_loss = value_loss(values, self.judgement.returns).mean()",
            "critic_loss = value_loss(values, self.judgement.advantages + values).mean()",
        ),
    ),
    title=N_("The critic does not learn"),
    report=N_(
        "Many runs solve the lake, yet the values stay those of the first weights, and the value loss does not fall."
    ),
    hint=N_("Look at the gradient of the critic. Towards what should it move, and does that stand still?"),
    explanation=N_(
        "The returns are fixed when the batch is judged. Here the target is computed again from the values that are "
        "being moved: the error is always the advantage, whatever the critic says, so its gradient is exactly 0."
    ),
    symptom=Symptom("explained_variance", 40, 12, right=(0.5, 1), faulty=(-inf, 0.3)),
)
NEW_FOR_OLD = Fault(
    "new_for_old",
    "trainer",
    (
        Edit(
            "logratio = (table - self.old_log_policy).take(self.batch.chosen)",
            "logratio = (table - table.detach()).take(self.batch.chosen)",
        ),
    ),
    title=N_("The clip never acts"),
    report=N_("With 20 passes over a batch most runs end below .05 within 30 updates, although the clip is on."),
    hint=N_("In pass 1 everything is right. What does the policy loss of pass 2 say about the ratios?"),
    explanation=N_(
        "The ratio compares the new policy with the old one, which collected the batch. Compared with itself the new "
        "one has ratio 1 in every pass, so no sample is ever outside the clip, and each pass pushes as hard as the "
        "first."
    ),
    symptom=Symptom(
        "success", 30, 16, right=(0, 0.45), faulty=(0.5, 1), below=0.05, knobs={"epochs": 20},
    ),
)  # fmt: skip
CLIP_TURNED = Fault(
    "clip_turned",
    "objective",
    (
        Edit(
            "return gain.clamp(max=advantages + clip_coef * advantages.abs())",
            "return gain.clamp(min=advantages - clip_coef * advantages.abs())",
        ),
    ),
    title=N_("No brake"),
    report=N_("With 20 passes more than half of the runs end below .05 within 40 updates, with the clip or without."),
    hint=N_("Find a sample whose ratio is far outside 1 ± ε. Which of the two terms does its objective take?"),
    explanation=N_(
        "PPO takes the smaller of the two terms, so a sample that has gone past 1 ± ε in the direction of its "
        "advantage stops pushing. The larger one never stops those, and stops the ones that should come back."
    ),
    symptom=Symptom(
        "success", 40, 64, right=(0, 0.2), faulty=(0.35, 1), below=0.05, knobs={"epochs": 20}, fleet=True,
    ),
)  # fmt: skip
ADVANTAGES_SHIFTED = Fault(
    "advantages_shifted",
    "gae",
    (
        Edit("trace = delta + factor * trace", "traces.append(trace)"),
        Edit("traces.append(trace)", "trace = delta + factor * trace"),
    ),
    title=N_("Worse than chance"),
    report=N_("A random policy reaches the goal once in 70 episodes. After 40 updates of training most runs never do."),
    hint=N_("Take the step into the goal, and look at its advantage and at that of the step before it."),
    explanation=N_(
        "The trace is stored before it has taken in the step's own error, so each step gets the advantage of the next "
        "one and the last step gets 0. The last step of an episode is judged by the first step of the next "
        "episode, so the step into the goal is not rewarded."
    ),
    symptom=Symptom("success", 40, 12, right=(0.8, 1), faulty=(0, 0.05)),
)
TIME_OUT_ENDS = Fault(
    "time_out_ends",
    "gae",
    (
        Edit(
            "deltas = td_errors(rewards, values, next_values, terminated, gamma)",
            "deltas = td_errors(rewards, values, next_values, terminated | truncated, gamma)",
        ),
    ),
    title=N_("Short episodes teach the wrong thing"),
    report=N_(
        "Episodes are cut off after 10 steps. Within them it does as well as the right program, but given 100 steps it "
        "reaches the goal .14 of the time in place of .66."
    ),
    hint=N_("Look at the advantage of the last step of an episode that ran out of time."),
    explanation=N_(
        "An episode that is cut off has not ended: the agent could go on from its next tile, and the critic's value of "
        "that tile stands for what would follow. This program counts it as 0, as after a fall, so tiles from which "
        "episodes are often cut off look worthless. Only the trace of λ ends with the time limit."
    ),
    symptom=Symptom(
        "success_in_100", 49, 16, right=(0.55, 1), faulty=(0, 0.35), preset="slippery",
        knobs={"max_episode_steps": 10, "anneal_steps": 100_000}, fleet=True,
    ),
)  # fmt: skip
NO_RATIO = Fault(
    "no_ratio",
    "objective",
    (
        Edit("gain = logratio.exp() * advantages", "gain = logratio * advantages"),
        Edit("return gain.clamp(max=advantages + clip_coef * advantages.abs())", "return gain"),
    ),
    title=N_("One batch, many passes"),
    report=N_("With one pass over a batch all is well. With ten, two runs of three end below .05 after 100 updates."),
    hint=N_("What do more passes need that one does not? Look at the policy loss of pass 1."),
    explanation=N_(
        "log ratio times A has the same gradient as ratio times A in the first pass, where every ratio is 1. From the "
        "second pass on the ratio weighs each sample by how much more often the new policy takes it, and the clip "
        "stops those that have gone far enough. Without both, every pass pushes as hard as the first: this is A2C, "
        "which may use a batch once, and it uses it again and again."
    ),
    symptom=Symptom(
        "success", 100, 128, right=(0, 0.1), faulty=(0.45, 1), below=0.05, knobs={"epochs": 10}, fleet=True,
    ),
)  # fmt: skip
_ALL = (
    OLD_NOT_COPIED, ENTROPY_SIGN, BEYOND_THE_END, GRADIENT_KEPT, CRITIC_FOLLOWS_ITSELF, NEW_FOR_OLD, CLIP_TURNED,
    ADVANTAGES_SHIFTED, TIME_OUT_ENDS, NO_RATIO,
)  # fmt: skip
FAULTS: dict[str, Fault] = {fault.name: fault for fault in _ALL}
"""Every fault by its name; its number, from 1, does not give it away."""


def find_fault(name: str) -> Fault:
    """Return the fault of this name or number. Raises `InvalidValue` for another one."""
    numbers = dict(enumerate(FAULTS.values(), 1))
    fault = FAULTS.get(name) or next((fault for number, fault in numbers.items() if str(number) == name), None)
    if fault is not None:
        return fault
    if name.isascii() and name.isdigit():
        raise InvalidValue("the faults are numbered 1 to {last}, not {name}", last=len(FAULTS), name=name)
    meant = nearest(name, FAULTS)
    if meant is None:
        raise InvalidValue("there is no fault named {name}", name=name)
    raise InvalidValue("there is no fault named {name}; did you mean {meant}?", name=name, meant=meant)


def done_name(fault: Fault) -> str:
    """Return the name by which the settings remember that a fault was spotted, as they remember lessons."""
    return f"spot-{number(fault)}"


def number(fault: Fault) -> int:
    """Return the number of a fault in `FAULTS`, from 1."""
    return list(FAULTS).index(fault.name) + 1
