"""What the words and figures on the screens mean: for the help, and for the tooltip of each of them."""

from functools import lru_cache

from rich.style import Style

from lakeppo.config import KNOBS
from lakeppo.runs.statistics import STATS

WORDS = {
    "old actor": "the policy that collects the batch; unchanged until the copy",
    "new actor": "the policy that learns from the batch; the copy makes it the old one",
    "ratio": "new over old probability of an action that was taken; exactly 1 in the first pass",
    "inside": "samples whose ratio is inside the clip band; they have a gradient; none without a clip",
    "returning": "samples outside the band whose gradient points back towards it",
    "stopped": "samples outside the band on the side that their advantage favours: their gradient is exactly zero",
    "clipfrac": "CleanRL's clip fraction: returning + stopped",
    "slip": "probability that the ice turns a move to the side, half to each",
    "meant, went": "the direction chosen, and the direction moved; x where they differ",
    "exact": "success probability computed from the lake's transition table, without sampling",
    "sampled": "success rate over the last 100 episodes, and its 95 % interval (Wilson)",
    "greedy": "exact success of always taking the likeliest action",
    "optimum": "the best success within the time limit of any policy, one that knows the time left included",
    "ceiling": "the same without the time left, as for PPO's; ≥: at least; not known above 64 slippery tiles",
    "V, true V": "the critic's estimate of the discounted return, and its exact value under the new policy",
    "siblings": "runs with other seeds and the same changes: they show how much of a result is luck",
    "fan": "shades: 5-95 % of the siblings, 25-75 %, the median; drawn until half of them have ended",
    "moment": "update, phase, and the units already done in the phase",
    "best": "the highest exact success of an update so far on this lake, and the policy that had it",
    "points": "change of exact success in percentage points: by this update's passes, before them by the last update",
    "KL(old||new)": "exact, mean over the states of the batch, of the policies as they are now; 0 after the copy",
    "A": "advantage: how much better an action went than the critic expected; A norm: normalised over the batch",
    "δ": "TD error: r + γV' - V",
    "optimal V": "the highest V of any policy, with the gamma in force",
    "visits": "steps of the batch taken on the tile",
    "#5": "the policy after 5 copies; update 5 makes #6 of it",
    "!": "after a figure: outside its healthy range, which is given under FIGURES",
}


def meaning(word: str) -> str:
    """Return what a word, a figure or a knob means, with the healthy range of a figure; empty if it is unknown."""
    if word in STATS:
        return f"{word}: {STATS[word].meaning}; healthy: {STATS[word].healthy}"
    if word in KNOBS:
        return f"{word}: {KNOBS[word].meaning}; {KNOBS[word].span}"
    return f"{word}: {WORDS[word]}" if word in WORDS else ""


@lru_cache(maxsize=256)
def named(word: str) -> Style:
    """Return the style of a text whose tooltip is the meaning of `word`."""
    return Style(meta={"word": word})
