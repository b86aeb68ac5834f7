"""Figures, moments and other short texts that several panels show."""

import math
from collections.abc import Mapping

from lakeppo.cells import padded, widest
from lakeppo.config import KNOBS, Config, edited_label
from lakeppo.figures import figure
from lakeppo.i18n import N_, _, language, ngettext
from lakeppo.lake.transition import Transition
from lakeppo.moment import Moment, Phase, moment_words
from lakeppo.presets import SLIPPERY
from lakeppo.runs.statistics import wilson_interval
from lakeppo.session.snapshot import PACES, Exact, RunView
from lakeppo.tui.state import AppState

SHORT = {
    "clip_coef": "clip ε", "epochs": "epochs", "batch_size": "batch", "learning_rate": "lr", "ent_coef": "entropy",
    "gamma": "gamma", "gae_lambda": "lambda", "slip": "slip", "norm_adv": "norm_adv", "vf_coef": "vf_coef",
    "max_episode_steps": "time limit", "activation": "net", "init": "init",
    "critic_learning_rate": "critic lr",
}  # fmt: skip
"""The knobs' names where there is little room, the most important first."""

PHASE_SENTENCES = {
    Phase.COLLECT: N_("The old actor collects the batch. Nothing is learned now."),
    Phase.JUDGE: N_("Was each step better than the critic expected? Judging the batch answers it."),
    Phase.COPY: N_("The new actor becomes the old one. The batch is discarded."),
}


STATUSES = {
    "playing": N_("playing"), "paused": N_("paused"), "stepping": N_("stepping"), "stepped": N_("stepped"),
    "finished": N_("finished"), "failed": N_("failed"), "demonstrating": N_("demonstrating"), "rewound": N_("rewound"),
}  # fmt: skip


def status_word(status: str) -> str:
    """Return a status of the app's state as a person reads it."""
    return _(STATUSES[status])


def capitalized(text: str) -> str:
    """Return a sentence with its first letter as a capital one, and the others small."""
    return text.capitalize() if text.isascii() or language() == "en" else text


def steps_words(count: int) -> str:
    """Return a number of steps: `1 step`, `2,048 steps`."""
    return ngettext("{count:,} step", "{count:,} steps", count).format(count=count)


def value_in_force(run: RunView, name: str) -> str:
    """Return a knob's value in force, schedules included."""
    scheduled = {"learning_rate": run.learning_rate, "ent_coef": run.ent_coef}
    return KNOBS[name].show(scheduled.get(name, getattr(run.config, name)))


def slip_words(config: Config) -> str:
    return KNOBS["slip"].show(config.slip)


def ice_words(config: Config) -> str:
    """Return how often a move goes the chosen way: `obeys one time in three`."""
    if config.slip == 0:
        return _("always obeys")
    if config.slip == SLIPPERY:
        return _("obeys one time in three")
    return _("obeys {share:.0%} of the time").format(share=1 - config.slip)


def rule_words(config: Config) -> tuple[str, str, str]:
    """Return the rules of the lake in three sentences."""
    holes, end = (
        "".join(config.map_rows).count("H"),
        _("An episode ends in a hole, at the goal, or after {steps} steps."),
    )
    return (
        _("You choose a direction; the ice {obeys}.").format(obeys=ice_words(config)),
        _("{holes} of the {tiles} tiles are holes.").format(holes=holes, tiles=config.tiles),
        end.format(steps=config.max_episode_steps),
    )


def pace_words(pace: int) -> str:
    """Return a pace by its index: `1/2 step/s`, `250 steps/s`, `full speed`."""
    rate = PACES[pace]
    words = {0.5: _("1/2 step/s"), 1: _("1 step/s"), math.inf: _("full speed")}
    return words.get(rate) or _("{rate:,.0f} steps/s").format(rate=rate)


def map_words(state: AppState) -> str:
    """Return the map's name; `4x4, edited` if a tile has been changed."""
    name = state.config.map
    if state.config.map_rows != state.origin.map_rows:
        name = edited_label(name)
    label, edited, more = name.rpartition(", edited")
    return _("{map}, edited").format(map=label) if edited and not more else name


def settings_words(state: AppState) -> list[str]:
    """Return the run's map, slip, seed (and the one in force if the run was reseeded), and preset."""
    reseeded = [change.value for change in state.snapshot.run.changes if change.name == "seed"]
    seed = _("seed {seed}").format(seed=state.seed)
    if reseeded:
        seed = _("seed {seed}, now {reseeded}").format(seed=state.seed, reseeded=reseeded[-1])
    slip = _("slip {share}").format(share=slip_words(state.config))
    return [map_words(state), slip, seed, state.config.preset]


def position_words(state: AppState) -> str:
    """Return the moment and the selected sample: `update 23 · improve · pass 2 of 5 · sample 317`.

    It is as long as this update's longest moment, so that what follows keeps its place in every phase.
    """
    size, epochs = state.config.batch_size, state.config.epochs
    sample = ""
    if state.sample is not None and state.samples:
        sample = " · " + _("sample {number}").format(number=state.sample + 1)
    ends = (Moment(state.moment.update, *end) for end in ((Phase.COLLECT, size), (Phase.IMPROVE, epochs)))
    longest = widest(moment_words(moment, size, epochs) for moment in ends)
    return padded(f"{moment_words(state.moment, size, epochs)}{sample}", longest)


def ceiling_words(exact: Exact) -> str:
    """Return the ceiling with its name: `ceiling .740`, or `ceiling ≥.740` for a lower bound."""
    if exact.ceiling is None:
        return _("ceiling unknown")
    return _("ceiling {value}").format(value=("≥" if exact.ceiling_is_bound else "") + figure(exact.ceiling))


def optimum_words(exact: Exact) -> str:
    """Return the optimum with its name, or a lower bound of it: `optimum .850`, `optimum ≥.850`."""
    return _("optimum {value}").format(value=("≥" if exact.optimum_is_bound else "") + figure(exact.optimum))


def rate_words(state: AppState) -> str:
    """Return the running success rate with its 95 % interval: `.38 (.29 to .48)`."""
    rate, window = state.snapshot.run.success_rate, state.snapshot.run.window
    if rate is None:
        return figure(rate)
    low, high = wilson_interval(round(rate * window), window)
    return _("{rate} ({low} to {high})").format(rate=figure(rate, 2), low=figure(low, 2), high=figure(high, 2))


def ending_words(step: Transition | None) -> str:
    """Return how a step ended its episode; empty if it did not."""
    if step is None or not (step.terminated or step.truncated):
        return ""
    if step.truncated:
        return _("time is up")
    return _("goal!") if step.reward > 0 else _("into a hole")


def phase_words(state: AppState) -> str:
    """Return the message bar's sentence on the present phase."""
    config, moment, demo = state.config, state.moment, state.demo
    if state.status == "failed":
        return _("The worker has failed: see the message. {quit} quits.").format(**state.keys)
    if state.status == "finished":
        template = _("The run is finished: {demo} shows what was learned. {toggle} goes on past the limit.")
        if demo is not None:
            template = _("The run is finished: the learned policy walks. {toggle} goes on past the limit.")
        return template.format(demo=state.key("demo"), toggle=capitalized(state.key("toggle")))
    if demo is not None:
        template = _("Demonstration: the sampled policy walks, without learning. {demo}: the greedy one.")
        if demo.greedy:
            template = _("Demonstration: the greedy policy walks, without learning. {demo}: back.")
        return template.format(demo=state.key("demo"))
    if state.snapshot.spot is not None:  # what PPO does is not what a program with a fault does
        return _("One line is wrong: {spot} shows the files, {compare} the right program beside it.").format(
            **state.keys
        )
    if moment.phase in PHASE_SENTENCES:
        return _(PHASE_SENTENCES[moment.phase])
    if moment.index <= 1:
        return _("In pass 1 all ratios are exactly 1: it is plain policy gradient.")
    if config.clip_coef is None:
        return _("Same steps again. The clip is off: every sample keeps pushing.")
    return _("Same steps again. Samples past the clip in their own direction stop pushing.")


OUTDATED = {"change": N_("the run before its newest change"), "branch": N_("another branch of the run")}
"""The run that outdated siblings belong to."""


def siblings_words(state: AppState) -> tuple[str, ...]:
    """Return how the run compares to its siblings, the longest text first; none where it has no siblings."""
    siblings = state.siblings
    if siblings is None:
        return ()
    count = len(siblings.seeds)
    if siblings.outdated:
        run = _(OUTDATED[siblings.outdated])
        return (
            _("{count} siblings of {run}; {key}: new ones").format(count=count, run=run, key=state.key("siblings")),
            _("siblings of {run}").format(run=run),
            _("siblings out of date"),
        )
    at = min(siblings.row(state.moment.update), len(state.rows))
    if not at:
        whole = _("{count} siblings: this run with other seeds")
        return whole.format(count=count), _("{count} siblings").format(count=count)
    beaten, of = siblings.beaten(at, state.rows[at - 1].success_probability, state.seed)
    figures: Mapping[str, object] = {"beaten": beaten, "of": of, "update": at, "left": siblings.diverged_at}
    better, beats = _("better than {beaten} of {of} siblings"), _("beats {beaten} of {of}")
    texts = (
        _("better than {beaten} of {of} siblings (other seeds) at update {update}"),
        _("better than {beaten} of {of} siblings at update {update}"),
    )
    if siblings.diverged_at is not None:
        texts = (
            _(
                "better than {beaten} of {of} siblings (other seeds) at update {update}; left its own at #{left}, by "
                "rounding"
            ),
            _("better than {beaten} of {of} siblings; left its own at #{left}"),
        )
    return tuple(text.format(**figures) for text in (*texts, better, beats))
