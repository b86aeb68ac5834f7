"""The question of the present phase, and the figures that answer it."""

from collections.abc import Sequence
from typing import Any

from lakeppo.moment import Phase
from lakeppo.session.snapshot import EndCounts, Snapshot
from lakeppo.tui.drawing.histogram import Histogram
from lakeppo.tui.drawing.lines import Line, wrapped
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.knobs import knob_value
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import change_between, figure, percent, signed, slip_words

QUESTIONS = {
    Phase.COLLECT: "COLLECT  how does the old actor fare?",
    Phase.JUDGE: "JUDGE  was it better than expected?",
    Phase.IMPROVE: "IMPROVE  how far may the actor move?",
    Phase.COPY: "COPY  is the new policy better?",
}


class Question(Panel[Any]):
    """One question at a time: it follows the phase, the end of the run, and failure."""

    sided = True

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s = state.snapshot
        return (
            state.status,
            state.failure,
            state.sample,
            s and (s.moment, s.end_counts, s.config, s.demo and (s.demo.end_counts, s.demo.greedy)),
        )

    def title(self, state: AppState) -> str:
        if state.status in ("failed", "finished"):
            return {"failed": "THE WORKER HAS FAILED", "finished": f"FINISHED  {state.limit}"}[state.status]
        if state.snapshot is None:
            return "LOADING  what will be learned?"
        if state.demo:
            return "DEMONSTRATION  what has been learned?"
        if state.moment.phase is Phase.IMPROVE and state.moment.index:
            return "IMPROVE  how far has the actor moved?"
        return QUESTIONS[state.moment.phase]

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette = self.palette
        if state.failure:
            return [[(line, palette.orange)] for line in wrapped(state.failure, width)]
        lines = [[(line, palette.normal)] for line in _whole(self._answer(state), width, height)]
        if (histogram := self._histogram(state)) is None:
            return lines[:height]
        if state.moment.phase is Phase.IMPROVE:
            if height >= len(lines) + 8:
                return [*lines, [], *histogram.lines(width, min(20, height - len(lines) - 1))]
            return histogram.lines(width, height)
        return [*lines, *histogram.lines(width, 3)] if height >= len(lines) + 3 else lines[:height]

    def _histogram(self, state: AppState) -> Histogram | None:
        """The ratios of the newest pass, while a new actor is being made."""
        s = state.snapshot
        if s is None or s.judged is None or s.last_pass is None or s.demo is not None:
            return None
        return Histogram(s.last_pass.ratios, s.judged.advantages, s.last_pass.clip_coef, self.palette, state.sample)

    def _answer(self, state: AppState) -> Sequence[str]:
        snapshot = state.snapshot
        if snapshot is None:
            return _world(state)
        if state.status == "finished":
            return _what_next(state, snapshot)
        if snapshot.demo is not None:
            who = "always the likeliest action" if snapshot.demo.greedy else "actions drawn from the policy"
            exact = snapshot.exact.greedy if snapshot.demo.greedy else snapshot.exact.sampling
            return (who, _end_counts(snapshot.demo.end_counts), f"exact success of this {figure(exact)}   d: the next")
        return {
            Phase.COLLECT: _collect,
            Phase.JUDGE: _judge,
            Phase.IMPROVE: _improve,
            Phase.COPY: _copy,
        }[snapshot.moment.phase](state, snapshot)


def _whole(texts: Sequence[str], width: int, height: int) -> list[str]:
    """As many of `texts`, wrapped, as there is room for: a sentence is there whole or not at all."""
    lines: list[str] = []
    for text in texts:
        more = wrapped(text, width) or [""]
        if len(lines) + len(more) > height:
            break
        lines += more
    return lines


def _world(state: AppState) -> Sequence[str]:
    rows, columns = state.config.shape
    holes = "".join(state.config.map_rows).count("H")
    return (
        f"cross {rows} x {columns} tiles, {holes} of them holes",
        f"from S to GOAL in {state.config.max_episode_steps} steps",
        f"slip {slip_words(state.config)}: how often the ice disobeys",
    )


def _end_counts(end_counts: EndCounts) -> str:
    return f"goals {end_counts.goals:,}  holes {end_counts.holes:,}  time-outs {end_counts.timeouts:,}"


def _collect(state: AppState, snapshot: Snapshot) -> Sequence[str]:
    config, done = state.config, snapshot.moment.index
    return (
        f"step {done} of {config.batch_size}   episodes ended {snapshot.end_counts.episodes}",
        _end_counts(snapshot.end_counts),
        f"cut off after {config.max_episode_steps} steps, now at {snapshot.walk.elapsed}",
        "",
        "The batch is walked by one frozen policy, so that its samples can be compared.",
    )


def _judge(state: AppState, snapshot: Snapshot) -> Sequence[str]:
    config = state.config
    return (
        f"{config.batch_size} steps wait   goals among them {snapshot.end_counts.goals}",
        "A = sum of (γλ)^k (r + γV' - V)",
        f"γ {knob_value(config, 'gamma', 0)}  λ {knob_value(config, 'gae_lambda', 0)}"
        f"  norm_adv {knob_value(config, 'norm_adv', 0)}",
        "",
        "V is the critic's guess, V' the next tile's.",
    )


def _improve(state: AppState, snapshot: Snapshot) -> Sequence[str]:
    config, moment, judged = state.config, snapshot.moment, snapshot.judged
    clip = knob_value(config, "clip_coef", 0)
    rate = knob_value(config, "learning_rate", snapshot.env_steps)
    knobs = f"clip ε {clip}  lr {rate}  pass {moment.index} of {config.epochs}"
    if judged is None:
        return (knobs,)
    advantages = judged.advantages
    return (
        f"{percent(float((advantages > 0).mean()))} of the advantages are positive",
        f"A  mean {signed(float(advantages.mean()), 3)}  std {figure(float(advantages.std()), 3)}",
        knobs,
        "",
        "A > 0: better than expected, made likelier.",
        "A < 0: worse, made less likely.",
    )


def _copy(state: AppState, snapshot: Snapshot) -> Sequence[str]:
    row = state.before
    before = figure(row.success_probability if row else None)
    greedy = figure(row.greedy_success_probability if row else None)
    return (
        f"exact   before {before}  now {figure(snapshot.exact.sampling)}",
        f"greedy  before {greedy}  now {figure(snapshot.exact.greedy)}",
        f"KL is {figure(change_between(state), 4)} now, 0 after the copy",
    )


def _what_next(state: AppState, snapshot: Snapshot) -> Sequence[str]:
    ice = "s slippery ice" if state.config.slip == 0 else "s firm ice"
    end_counts = snapshot.demo.end_counts if snapshot.demo else None
    walked = (
        f"demo: {end_counts.goals:,} of {end_counts.episodes:,} reached the goal"
        if end_counts
        else "d shows what was learned"
    )
    return (
        walked,
        f"r another seed   {ice}",
        "space or . goes on past the limit",
        "",
        "p other knobs, and presets",
    )
