"""The first minute: six texts on whatever run is on screen. Its moments are found there, by what happens."""

from collections.abc import Mapping

from lakeppo.figures import figure
from lakeppo.i18n import N_, _, joined, ngettext
from lakeppo.lessons.progress import Progress
from lakeppo.moment import Phase
from lakeppo.session.commands import ChangeSlip, Command, CycleSiblings, SetKnob, TogglePlay, Unit
from lakeppo.session.pace import update_length
from lakeppo.session.snapshot import PACES
from lakeppo.settings import Value
from lakeppo.tui.guides.guide import Choice, Guide, Page, Way, pace_for
from lakeppo.tui.state import AppState

MOST_PASSES, MOST_UPDATES = 50, 20
"""Passes after which nothing more is waited for that the clip might stop, and updates on the way to one pass."""
WALKING, PASSING = PACES.index(4), PACES.index(15)


def _fall(state: AppState) -> str:
    run = state.snapshot.run
    if run.episodes == 0:
        before = _("This agent has never walked: it goes wherever chance has it go.")
    else:
        template = ngettext("This agent has walked {count:,} episode.", "This agent has walked {count:,} episodes.",
                            run.episodes)  # fmt: skip
        before = template.format(count=run.episodes)
    return joined(before, _chance(run.exact.sampling))


def _chance(success: float) -> str:
    """Return how often an agent of this success reaches the goal."""
    if success >= 0.1:
        return _("It reaches the goal {count} times in 100.").format(count=round(100 * success))
    if success < 1e-6:
        return _("It practically never reaches the goal.")
    return _("It reaches the goal 1 time in {count:,}.").format(count=round(1 / success))


def _episode_end(state: AppState) -> str:
    """Return how the episode that has just ended went; empty while one is on its way."""
    walk = state.snapshot.run.walk
    if walk.last is None or not (walk.last.terminated or walk.last.truncated):
        return ""
    if walk.last.truncated:
        template = N_("After {steps} steps its time was up.")
    elif state.config.tile(walk.last.next_state) == "G":
        template = N_("Step {steps} was into the goal!")
    else:
        template = N_("Step {steps} was into a hole.")
    return _(template).format(steps=walk.elapsed)


def _judge(state: AppState) -> str:
    rest = _("It walks until {batch} steps are done. Then the critic judges each: better than expected, or worse?")
    return joined(_episode_end(state), rest.format(batch=state.config.batch_size))


def _first_pass(state: AppState) -> str:
    judged = state.snapshot.run.judged
    good = 0 if judged is None else int((judged.advantages > 0).sum())
    before = _("{good} of {batch} steps went better than expected (A > 0).")
    after = _("The new policy is still the old one: every ratio is 1, so no clip can act.")
    return joined("" if judged is None else before.format(good=good, batch=state.config.batch_size), after)


def _clip(state: AppState) -> str:
    config = state.config
    if config.epochs == 1:
        return _(
            "This run makes one pass over a batch and then takes a new one: every ratio is 1, the clip never acts."
        )
    again = _("The policy has moved a little. The same {batch} steps are used {passes} times.")
    again = again.format(batch=config.batch_size, passes=config.epochs)
    if config.clip_coef is None:
        return joined(again, _("Without a clip nothing stops a ratio."))
    stops = _("One past 1 ± {clip} the way its A pushes is stopped.")
    return joined(again, stops.format(clip=figure(config.clip_coef, 2)))


def _going_on(state: AppState) -> str:
    if state.config.clip_coef is None or state.config.epochs == 1:
        return _("do the rest of the update")
    return _("do more passes, until some are stopped")


def _on_and_on(state: AppState) -> str:
    if not state.snapshot.run.exact.optimum:
        return _("play to the run's limit")
    return _("play until the lake is solved")


def _solved(state: AppState) -> str:
    run = state.snapshot.run
    stopped = 0 if run.last_pass is None else run.last_pass.stopped
    if stopped:
        template = _("{stopped} of {batch} steps are stopped: no push any more.")
        before = template.format(stopped=stopped, batch=len(run.last_pass.ratios) if run.last_pass else 0)
    elif state.config.clip_coef is None or state.config.epochs == 1:
        before = ""
    else:
        before = _("So far no step had to be stopped.")
    rest = _("Now new becomes old, a new batch is collected, and so on, until the lake is solved.")
    if not run.exact.optimum:
        rest = _("Now new becomes old, a new batch is collected, and so on; no way leads to the goal here.")
    return joined(before, rest)


def _try(state: AppState) -> str:
    run = state.snapshot.run
    success = figure(run.exact.sampling)
    if run.exact.sampling >= run.exact.solved:
        template = _("Solved after {episodes:,} episodes: exact success {success}.")
        before = template.format(episodes=run.episodes, success=success)
    else:
        best = run.exact.optimum if run.exact.ceiling is None else run.exact.ceiling
        template = _("Not solved after {episodes:,} episodes: exact success {success}, at best {best}.")
        before = template.format(episodes=run.episodes, success=success, best=figure(best))
    return joined(before, _("Now you: change something and watch."))


def _to_judged(state: AppState) -> Way:
    """In about two seconds."""
    return Way(Phase.IMPROVE, pace_for(state.config.batch_size, 2))


def _to_first_pass(state: AppState) -> Way:
    return Way(Unit.PASS, max(PASSING, pace_for(state.config.batch_size, 2)))


def _to_stopped(state: AppState) -> Way:
    """Pass by pass, at about three updates a second."""
    return Way(Unit.PASS, pace_for(update_length(state.config), 0.3), MOST_UPDATES)


def _to_solved(state: AppState) -> Way:
    """Twenty updates, about as many as it takes, in five seconds."""
    return Way("solved", pace_for(20 * update_length(state.config), 7))


def _stops_some(state: AppState) -> bool:
    """Return whether the clip has stopped some steps; if it never will, whether the passes of an update are done."""
    last, config = state.snapshot.run.last_pass, state.config
    if config.clip_coef is None or config.epochs == 1:
        return state.moment.phase is Phase.COPY
    return last is not None and last.stopped > 0


def _trials(state: AppState) -> tuple[Choice, ...]:
    clip = SetKnob("clip_coef", 0.2 if state.config.clip_coef is None else None)
    going: tuple[Command, ...] = (TogglePlay(),) if state.resting or state.status == "finished" else ()
    return (
        Choice("A", _("clip 0.2") if clip.value else _("clip off"), (clip, *going)),
        Choice("B", _("slippery ice") if state.config.slip == 0 else _("firm ice"), (ChangeSlip(0), *going)),
        Choice("C", _("64 other seeds"), (CycleSiblings(),)),
    )


TOUR = (
    Page(N_("FALL"), _fall, lambda state: _("watch one episode"), lambda state: Way(Unit.EPISODE, WALKING),
         about=("lake",)),
    Page(N_("JUDGE"), _judge, lambda state: _("fill the batch and judge it"), _to_judged, about=("lake", "question")),
    Page(N_("FIRST PASS"), _first_pass, lambda state: _("do the first pass"), _to_first_pass,
         about=("question",)),
    Page(N_("THE CLIP"), _clip, _going_on, _to_stopped,
         _stops_some, MOST_PASSES, about=("question",)),
    Page(N_("SOLVED"), _solved, _on_and_on, _to_solved,
         about=("question", "readouts")),
    Page(N_("TRY"), _try, choices=_trials, about=("success",)),
)  # fmt: skip
NAME = N_("the tour")


class TourGuide(Guide):
    """The tour of the run on screen."""

    def __init__(self, state: AppState) -> None:
        super().__init__(NAME, TOUR, state)

    def to_remember(self, progress: Progress) -> Mapping[str, Value]:
        return {"tour_seen": True}
