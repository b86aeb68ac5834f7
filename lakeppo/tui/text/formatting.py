"""How figures and moments are said: shared by the panels."""

import math

import numpy as np

from lakeppo import wording
from lakeppo.config import KNOBS, SLIPPERY, Config, edited_label
from lakeppo.lake.actions import ARROWS
from lakeppo.lake.transition import Transition
from lakeppo.moment import Moment, Phase
from lakeppo.session.snapshot import PACES, Demo, Exact
from lakeppo.tui.state import AppState

SHORT = {
    "clip_coef": "clip ε",
    "epochs": "epochs",
    "batch_size": "batch",
    "learning_rate": "lr",
    "ent_coef": "entropy",
    "gamma": "gamma",
    "gae_lambda": "lambda",
    "slip": "slip",
    "norm_adv": "norm_adv",
    "vf_coef": "vf_coef",
    "max_episode_steps": "time limit",
    "activation": "net",
    "init": "init",
}
"""What a knob is called where there is little room, the most important first."""


def figure(value: float | None, places: int = 3) -> str:
    """A figure without its leading zero: `.412`, `-.0124`, `1.04`, `111`; `-` for none."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    size = abs(value)
    if size >= 1:
        places = max(0, min(places, 4 - len(str(int(size)))))
    text = f"{value:.{places}f}"
    if size >= 1e5:
        return f"{value:.1e}"
    text = text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
    return text.removeprefix("-") if not text.strip("-.0") else text


def signed(value: float, places: int = 2) -> str:
    """A figure with its sign, its own even where it is too small to be shown: `+.12`, `-.03`, `-.00`; `-` for none."""
    text = figure(abs(value), places)
    return text if text == "-" else f"{'-' if value < 0 else '+'}{text}"


def percent(share: float) -> str:
    """A share in whole percent: never 0 or 100 unless it is."""
    whole = round(100 * share)
    whole = 1 if whole == 0 and share > 0 else 99 if whole == 100 and share < 1 else whole
    return f"{whole}%"


def slip_words(config: Config) -> str:
    return KNOBS["slip"].show(config.slip)


def obeys(config: Config) -> str:
    """How often the ice obeys, in words."""
    if config.slip == 0:
        return "always obeys"
    return "obeys one time in three" if config.slip == SLIPPERY else f"obeys {1 - config.slip:.0%} of the time"


def pace_words(pace: int) -> str:
    """The rung's name: `1/2 step/s`, `250 steps/s`, `full speed`."""
    rate = PACES[pace]
    if math.isinf(rate):
        return "full speed"
    if rate == 0.5:
        return "1/2 step/s"
    return f"{rate:,.0f} step{'' if rate == 1 else 's'}/s"


def map_words(state: AppState) -> str:
    """The lake's name; `4x4, edited` where a tile has been changed."""
    config = state.config
    return config.map if config.map_rows == state.origin.map_rows else edited_label(config.map)


def seed_words(state: AppState) -> str:
    """The run's seed, and the one that what follows comes from where that is another: `seed 7, now 5`."""
    changes = state.snapshot.changes if state.snapshot else ()
    others = [change.value for change in changes if change.name == "seed"]
    return f"seed {state.seed}, now {others[-1]}" if others else f"seed {state.seed}"


def moment_words(state: AppState) -> str:
    """The moment, and the sample looked at: `update 23 · improve · pass 2 of 5 · sample 317`."""
    words = wording.moment_words(state.moment, state.config.batch_size, state.config.epochs)
    return words if state.sample is None or not state.samples else f"{words} · sample {state.sample + 1}"


def longest_moment(state: AppState) -> int:
    """Characters of the longest moment of this update: what follows it then keeps its place in every phase."""
    size, epochs = state.config.batch_size, state.config.epochs
    ends = (Moment(state.moment.update, *end) for end in ((Phase.COLLECT, size), (Phase.IMPROVE, epochs)))
    return max(len(wording.moment_words(moment, size, epochs)) for moment in ends)


def ceiling_words(exact: Exact) -> str:
    """The ceiling by its name: `ceiling .740`, or a bound."""
    if exact.ceiling is None:
        return "ceiling unknown"
    return f"ceiling {'≥' if exact.ceiling_is_bound else ''}{figure(exact.ceiling)}"


def rate_words(state: AppState) -> str:
    """The running success rate with its standard error: `.38 ±.05`."""
    snapshot = state.snapshot
    if snapshot is None or snapshot.success_rate is None:
        return "-"
    error = snapshot.success_error
    return figure(snapshot.success_rate, 2) + (f" ±{figure(error, 2)}" if error is not None else "")


def step_words(step: Transition | None) -> tuple[str, str, str]:
    """What was meant, where it went, and whether it slipped: `("▾", "▸", "slipped")`."""
    if step is None:
        return "-", "-", ""
    slipped = step.action != step.went
    return ARROWS[step.action], ARROWS[step.went], "slipped" if slipped else "as meant"


def how_it_ended(step: Transition | None) -> str:
    """How the step ended its episode, if it did."""
    if step is None or not (step.terminated or step.truncated):
        return ""
    if step.truncated:
        return "time is up"
    return "goal!" if step.reward > 0 else "into a hole"


def demo_words(demo: Demo) -> str:
    """Which policy walks: `greedy policy walks, nobody learns`."""
    return f"{'greedy' if demo.greedy else 'sampled'} policy walks, nobody learns"


def change_between(state: AppState) -> float:
    """Exact KL(old || new), mean over the states of the batch; 0 before there is a batch."""
    snapshot = state.snapshot
    if snapshot is None or not snapshot.visits.any():
        return 0.0
    old, new = np.clip(snapshot.old_policy, 1e-12, 1), np.clip(snapshot.policy, 1e-12, 1)
    divergence = (old * np.log(old / new)).sum(axis=1)
    return max(0.0, float(np.average(divergence, weights=snapshot.visits)))


def sentence(state: AppState) -> str:
    """The one sentence of the present phase, true at this very moment."""
    config, moment = state.config, state.moment
    if state.status == "failed":
        return "The worker has failed; the message says why. q leaves."
    if state.status == "finished":
        walks = "d shows what was learned" if state.demo is None else "the learned policy walks"
        return f"The run is finished: {walks}. Space goes on past the limit."
    if state.demo is not None:
        return f"Demonstration: the {demo_words(state.demo)}. d: {'back' if state.demo.greedy else 'the greedy one'}."
    if state.snapshot is None:
        return f"You choose a direction; the ice {obeys(config)}."
    if moment.phase is Phase.COLLECT:
        return "The old actor walks. Nobody learns now."
    if moment.phase is Phase.JUDGE:
        return "Was each step better than the critic expected? Judging the batch says so."
    if moment.phase is Phase.COPY:
        return "New becomes old. The data is thrown away."
    if moment.index <= 1:
        return "In pass 1 all ratios are exactly 1: it is plain policy gradient."
    if config.clip_coef is None:
        return "Same steps again. The clip is off: every sample keeps pushing."
    return "Same steps again. Those far enough in their own direction stop pushing."


def siblings_words(state: AppState, width: int) -> str:
    """Where the run stands among its siblings, as fully as `width` allows; empty where it has none."""
    fan = state.fan
    if fan is None:
        return ""
    count = len(fan.seeds)
    if fan.stale:
        said = [f"{count} siblings of {fan.stale}; f: new ones", f"siblings of {fan.stale}", "siblings out of date"]
    elif not (at := min(fan.row(state.moment.update), len(state.rows))):
        said = [f"{count} siblings: this run with other seeds", f"{count} siblings"]
    else:
        beaten, of = fan.beaten(at, state.rows[at - 1].success_probability, state.seed)
        better = f"better than {beaten} of {of} siblings"
        left = "" if fan.left is None else f"; left its own at #{fan.left}"
        whole = f"{better} (other seeds) at update {at}" + f"{left}, by rounding" * bool(left)
        said = [whole, better + (left or f" at update {at}"), better, f"beats {beaten} of {of}"]
    return next((words for words in said if len(words) <= width), "")
