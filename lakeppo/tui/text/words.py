"""What the words and figures on the screens mean: for the help, and for the tooltip of each of them."""

from functools import lru_cache

from rich.style import Style

from lakeppo.config import KNOBS
from lakeppo.i18n import N_, _
from lakeppo.runs.statistics import STATS

WORDS = {
    N_("old actor"): N_("the policy that collects the batch; unchanged until the copy"),
    N_("new actor"): N_("the policy that learns from the batch; the copy makes it the old one"),
    N_("ratio"): N_("new over old probability of an action that was taken; exactly 1 in the first pass"),
    N_("inside"): N_("samples whose ratio is inside the clip band; they have a gradient; none without a clip"),
    N_("returning"): N_("samples outside the band whose gradient points back towards it"),
    N_("stopped"): N_(
        "samples outside the band on the side that their advantage favours: their gradient is exactly zero"
    ),
    "clipfrac": N_("CleanRL's clip fraction: returning + stopped"),
    N_("slip"): N_("probability that the ice turns a move to the side, half to each"),
    N_("meant, went"): N_("the direction chosen, and the direction moved; x where they differ"),
    N_("exact"): N_("success probability computed from the lake's transition table, without sampling"),
    N_("sampled"): N_("success rate over the last 100 episodes, and its 95 % interval (Wilson)"),
    N_("greedy"): N_("exact success of always taking the likeliest action"),
    N_("optimum"): N_("the best success within the time limit of any policy, one that knows the time left included"),
    N_("ceiling"): N_("the same without the time left, as for PPO's; ≥: at least; not known above 64 slippery tiles"),
    N_("V, true V"): N_("the critic's estimate of the discounted return, and its exact value under the new policy"),
    N_("siblings"): N_("runs with other seeds and the same changes: they show how much of a result is luck"),
    N_("fan"): N_("shades: 5-95 % of the siblings, 25-75 %, the median; drawn until half of them have ended"),
    N_("moment"): N_("update, phase, and the units already done in the phase"),
    N_("best"): N_("the highest exact success of an update so far on this lake, and the policy that had it"),
    N_("points"): N_(
        "change of exact success in percentage points: by this update's passes, before them by the last update"
    ),
    "KL(old||new)": N_("exact, mean over the states of the batch, of the policies as they are now; 0 after the copy"),
    "A": N_("advantage: how much better an action went than the critic expected; A norm: normalised over the batch"),
    "δ": N_("TD error: r + γV' - V"),
    N_("no δ, no A"): N_(
        "exact success after this update, had a step, an episode, a tile or a cell turned out as the critic expected "
        "(no δ), or had it not pushed (no A)"
    ),
    N_("δ did, A did"): N_(
        "exact success as it is, less that without the δ, or without the A, of an episode, tile or cell"
    ),
    N_("cell"): N_("one action on one tile, with all its steps in the batch"),
    N_("optimal V"): N_("the highest V of any policy, with the gamma in force"),
    N_("visits"): N_("steps of the batch taken on the tile"),
    "#5": N_("the policy after 5 copies; update 5 makes #6 of it"),
    "!": N_("after a figure: outside its healthy range, which is given under FIGURES"),
}


def meaning(word: str) -> str:
    """Return what a word, a figure or a knob means, with the healthy range of a figure; empty if it is unknown."""
    if word in STATS:
        meant, healthy = _(STATS[word].meaning), _(STATS[word].healthy)
        return _("{word}: {meaning}; healthy: {healthy}").format(word=word, meaning=meant, healthy=healthy)
    if word in KNOBS:
        knob = KNOBS[word]
        return f"{word}: {_(knob.meaning)}; {knob.span}" + (f". {knob.in_tutorial}" if knob.alias else "")
    return f"{_(word)}: {_(WORDS[word])}" if word in WORDS else ""


@lru_cache(maxsize=256)
def named(word: str) -> Style:
    """Return the style of a text whose tooltip is the meaning of `word`."""
    return Style(meta={"word": word})
