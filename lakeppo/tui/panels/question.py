"""The question of the present phase, and the figures that answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakeppo.config import KNOBS, Config, Limit
from lakeppo.moment import Moment, Phase
from lakeppo.runs.statistics import Row
from lakeppo.session.snapshot import EndCounts, Exact, PassView
from lakeppo.tui.drawing.histogram import Floats, Histogram
from lakeppo.tui.drawing.lines import Line, wrapped
from lakeppo.tui.panels.base import Model, Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import figure, percent, policy_kl, signed, value_in_force

QUESTIONS = {
    Phase.COLLECT: "COLLECT  how does the old actor fare?",
    Phase.JUDGE: "JUDGE  was it better than expected?",
    Phase.IMPROVE: "IMPROVE  how far may the actor move?",
    Phase.COPY: "COPY  is the new policy better?",
}


@dataclass(frozen=True, eq=False)
class QuestionModel(Model):
    status: str
    failure: str | None
    limit: Limit
    config: Config
    moment: Moment
    greedy: bool | None  # the policy demonstrated; None without a demonstration
    end_counts: EndCounts  # of the demonstration, else of the batch
    elapsed: int  # steps of the episode
    learning_rate: str  # in force
    exact: Exact
    before: Row | None  # of the update before, if it can be compared
    kl: float  # of the new actor from the old, before the copy
    advantages: Floats | None  # None in a demonstration
    newest: PassView | None
    sample: int | None
    keys: Mapping[str, str]  # their names


class Question(Panel[QuestionModel]):
    """One question at a time, by the phase; or the end of the run, a demonstration or a failure."""

    sided = True

    def model(self, state: AppState) -> QuestionModel:
        run, demo = state.snapshot.run, state.demo
        return QuestionModel(
            status=state.status,
            failure=state.failure,
            limit=state.limit,
            config=run.config,
            moment=run.moment,
            greedy=demo.greedy if demo else None,
            end_counts=demo.end_counts if demo else run.end_counts,
            elapsed=run.walk.elapsed,
            learning_rate=value_in_force(state, "learning_rate"),
            exact=run.exact,
            before=state.before,
            kl=policy_kl(state) if run.moment.phase is Phase.COPY else 0.0,
            advantages=run.judged.advantages if run.judged and not demo else None,
            newest=run.last_pass,
            sample=state.sample,
            keys=state.keys,
        )

    def title(self, model: QuestionModel) -> str:
        if model.status == "failed":
            return "THE WORKER HAS FAILED"
        if model.status == "finished":
            return f"FINISHED  {model.limit}"
        if model.greedy is not None:
            return "DEMONSTRATION  what has been learned?"
        if model.moment.phase is Phase.IMPROVE and model.moment.index:
            return "IMPROVE  how far has the actor moved?"
        return QUESTIONS[model.moment.phase]

    def body(self, model: QuestionModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        if model.failure:
            return [[(line, palette.orange)] for line in wrapped(model.failure, width)]
        lines: list[Line] = [[(line, palette.normal)] for line in _whole(_answer(model), width, height)]
        if model.advantages is None or (newest := model.newest) is None:
            return lines[:height]
        histogram = Histogram(newest.ratios, model.advantages, newest.clip_coef, palette, model.sample)
        if model.moment.phase is Phase.IMPROVE:
            if height >= len(lines) + 8:
                return [*lines, [], *histogram.lines(width, min(20, height - len(lines) - 1))]
            return histogram.lines(width, height)
        return [*lines, *histogram.lines(width, 3)] if height >= len(lines) + 3 else lines[:height]


def _whole(texts: Sequence[str], width: int, height: int) -> list[str]:
    """Return the first of `texts`, wrapped, that fit whole into `height` lines."""
    lines: list[str] = []
    for text in texts:
        more = wrapped(text, width) or [""]
        if len(lines) + len(more) > height:
            break
        lines += more
    return lines


def _answer(m: QuestionModel) -> Sequence[str]:
    if m.status == "finished":
        return _finished(m)
    if m.greedy is not None:
        policy = "always the likeliest action" if m.greedy else "actions drawn from the policy"
        success = figure(m.exact.greedy if m.greedy else m.exact.sampling)
        return (policy, _ends(m.end_counts), f"exact success of this {success}   {m.keys['demo']}: the next")
    if m.moment.phase is Phase.COPY:
        row = m.before
        return (
            f"exact   before {figure(row and row.success_probability)}  now {figure(m.exact.sampling)}",
            f"greedy  before {figure(row and row.greedy_success_probability)}  now {figure(m.exact.greedy)}",
            f"KL is {figure(m.kl, 4)} now, 0 after the copy",
        )
    return {Phase.COLLECT: _collect, Phase.JUDGE: _judge, Phase.IMPROVE: _improve}[m.moment.phase](m, m.moment.index)


def _ends(counts: EndCounts) -> str:
    return f"goals {counts.goals:,}  holes {counts.holes:,}  time-outs {counts.timeouts:,}"


def _collect(m: QuestionModel, step: int) -> Sequence[str]:
    return (
        f"step {step} of {m.config.batch_size}   episodes ended {m.end_counts.episodes}",
        _ends(m.end_counts),
        f"cut off after {m.config.max_episode_steps} steps, now at {m.elapsed}",
        "",
        "One frozen policy collects the batch, so that its samples can be compared.",
    )


def _judge(m: QuestionModel, _: int) -> Sequence[str]:
    gamma, gae_lambda, norm_adv = (KNOBS[k].show(getattr(m.config, k)) for k in ("gamma", "gae_lambda", "norm_adv"))
    return (
        f"{m.config.batch_size} steps to judge, {m.end_counts.goals} into the goal",
        "A = sum of (γλ)^k (r + γV' - V)",
        f"γ {gamma}  λ {gae_lambda}  norm_adv {norm_adv}",
        "",
        "V is the critic's guess, V' the next tile's.",
    )


def _improve(m: QuestionModel, done: int) -> Sequence[str]:
    clip = KNOBS["clip_coef"].show(m.config.clip_coef)
    knobs = f"clip ε {clip}  lr {m.learning_rate}  pass {done} of {m.config.epochs}"
    if (a := m.advantages) is None:
        return (knobs,)
    return (
        f"{percent(float((a > 0).mean()))} of the advantages are positive",
        f"A  mean {signed(float(a.mean()), 3)}  std {figure(float(a.std()), 3)}",
        knobs,
        "",
        "A > 0: better than expected, made likelier.",
        "A < 0: worse, made less likely.",
    )


def _finished(m: QuestionModel) -> Sequence[str]:
    ends, keys = m.end_counts, m.keys
    demonstration = f"demo: {ends.goals:,} of {ends.episodes:,} reached the goal"
    return (
        demonstration if m.greedy is not None else f"{keys['demo']} shows what was learned",
        f"{keys['new_seed']} another seed   {keys['slip_switch']} {'slippery' if m.config.slip == 0 else 'firm'} ice",
        f"{keys['toggle']} or {keys['unit']} goes on past the limit",
        "",
        f"{keys['knobs']} other knobs, and presets",
    )
