"""The question of the present phase, and the figures that answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual.events import Click
from textual.message import Message

from lakeppo.cells import wrapped
from lakeppo.figures import figure, percent, signed, small_figure
from lakeppo.i18n import N_, _
from lakeppo.moment import Phase
from lakeppo.presets import Limit
from lakeppo.runs.statistics import Row
from lakeppo.session.snapshot import EndCounts, RunView
from lakeppo.tui.drawing.histogram import Histogram
from lakeppo.tui.drawing.lines import Line, styled
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import value_in_force
from lakeppo.tui.text.sample import SIGNS

QUESTIONS = {
    Phase.COLLECT: N_("COLLECT  how does the old actor fare?"),
    Phase.JUDGE: N_("JUDGE  was it better than expected?"),
    Phase.IMPROVE: N_("IMPROVE  how far may the actor move?"),
    Phase.COPY: N_("COPY  is the new policy better?"),
}


class QuestionModel(NamedTuple):
    status: str
    failure: str | None
    limit: Limit
    run: RunView
    before: Row | None  # of the update before, if it can be compared
    sample: int | None
    keys: Mapping[str, str]  # their names
    greedy: bool | None  # the policy demonstrated; None without a demonstration
    end_counts: EndCounts  # of the demonstration, else of the batch


class Question(Panel[QuestionModel]):
    """One question at a time, by the phase; or the end of the run, a demonstration or a failure."""

    sided = True
    _drawn: tuple[Histogram, int, int] | None = None  # the histogram, the lines above it and its own

    @dataclass
    class RatiosPicked(Message):
        """Posted when a column of the histogram is clicked."""

        ratios: tuple[float, float]
        sign: str

    about = N_("what the phase asks; while improving, how many samples have which ratio: A > 0 above, A < 0 below")

    def model(self, state: AppState) -> QuestionModel:
        run, shown = state.snapshot.run, (state.previous_row, state.sample, state.keys)
        demo = (state.demo.greedy, state.demo.end_counts) if state.demo else (None, run.end_counts)
        return QuestionModel(state.status, state.failure, state.limit, run, *shown, *demo)

    def title(self, model: QuestionModel) -> str:
        if model.status == "failed":
            return _("THE WORKER HAS FAILED")
        if model.status == "finished":
            return _("FINISHED  {limit}").format(limit=model.limit)
        if model.greedy is not None:
            return _("DEMONSTRATION  what has been learned?")
        if model.run.moment.phase is Phase.IMPROVE and model.run.moment.index:
            return _("IMPROVE  how far has the actor moved?")
        return _(QUESTIONS[model.run.moment.phase])

    def body(self, model: QuestionModel, width: int, height: int) -> list[Line]:
        palette = self.palette
        self._drawn = None
        if model.failure:
            return styled(model.failure, width, palette.red)
        lines: list[Line] = [[(line, palette.normal)] for line in _whole(_answer(model), width, height)]
        judged, newest = model.run.judged, model.run.last_pass
        if model.greedy is not None or judged is None or newest is None:
            return lines[:height]
        histogram = Histogram(newest.ratios, judged.advantages, newest.clip_coef, palette, model.sample, judged.name)
        if model.run.moment.phase is Phase.IMPROVE:
            above: list[Line] = [*lines, []] if height >= len(lines) + 8 else []
            high = min(20, height - len(above)) if above else height
        elif height >= len(lines) + 3:
            above, high = lines, 3
        else:
            return lines[:height]
        self._drawn = histogram, len(above), high
        return [*above, *histogram.lines(width, high)]

    def on_click(self, event: Click) -> None:
        """Pick the samples behind a column of the histogram."""
        super().on_click(event)
        offset = event.get_content_offset(self)
        if self._drawn is None or offset is None or event.chain > 1:
            return
        histogram, above, high = self._drawn
        y = offset.y - above - (not self.gutter.height)  # the title is a line, or in the border
        picked = histogram.picked(offset.x, y, self.size.width, high)
        if picked is not None:
            ratios, sign = picked
            self.post_message(self.RatiosPicked(ratios, SIGNS[sign < 0]))


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
        policy, where = _("actions drawn from the policy"), _("its success: exact, at the top   {demo}: the next")
        if m.greedy:
            policy, where = _("always the likeliest action"), _("its success: greedy, at the top   {demo}: the next")
        return policy, _ends(m.end_counts), where.format(demo=m.keys["demo"])
    if m.run.moment.phase is Phase.COPY:
        row = m.before
        old, greedy = _("The old one had exact success {exact},"), _("greedy {greedy}; the new one's is at the top.")
        return (
            old.format(exact=figure(row and row.success_probability)),
            greedy.format(greedy=figure(row and row.greedy_success_probability)),
            _("KL(old||new) {kl}, 0 after the copy").format(kl=small_figure(m.run.kl, 4)),
        )
    return {Phase.COLLECT: _collect, Phase.JUDGE: _judge, Phase.IMPROVE: _improve}[m.run.moment.phase](m)


def _ends(counts: EndCounts) -> str:
    return _("goals {goals:,}  holes {holes:,}  time-outs {timeouts:,}").format(**counts._asdict())


def _collect(m: QuestionModel) -> Sequence[str]:
    done, config = _("step {step} of {size}   episodes ended {episodes}"), m.run.config
    limit = _("cut off after {limit} steps, now at {step}")
    return (
        done.format(step=m.run.moment.index, size=config.batch_size, episodes=m.end_counts.episodes),
        _ends(m.end_counts),
        limit.format(limit=config.max_episode_steps, step=m.run.walk.elapsed),
        "",
        _("One frozen policy collects the batch, so that its samples can be compared."),
    )


def _judge(m: QuestionModel) -> Sequence[str]:
    gamma, gae_lambda, norm_adv = (value_in_force(m.run, k) for k in ("gamma", "gae_lambda", "norm_adv"))
    steps = _("{size} steps to judge, {goals} into the goal")
    return (
        steps.format(size=m.run.config.batch_size, goals=m.end_counts.goals),
        _("A = sum of (γλ)^k (r + γV' - V)"),
        f"γ {gamma}  λ {gae_lambda}  norm_adv {norm_adv}",
        "",
        _("V is the critic's guess, V' the next tile's."),
    )


def _improve(m: QuestionModel) -> Sequence[str]:
    clip, rate = (value_in_force(m.run, name) for name in ("clip_coef", "learning_rate"))
    knobs = _("clip ε {clip}  lr {rate}  pass {number} of {epochs}").format(
        clip=clip, rate=rate, number=m.run.moment.index, epochs=m.run.config.epochs
    )
    if m.run.judged is None:
        return (knobs,)
    a, name = m.run.judged.advantages, _(m.run.judged.name)
    better = _("{name} > 0: better than expected, made likelier.")
    if m.run.judged.name != "A":
        better = _("{name} > 0: better than the batch, made likelier.")
    mean = _("{name}  mean {mean}  std {std}")
    return (
        _("{share} of the advantages are positive").format(share=percent(float((a > 0).mean()))),
        mean.format(name=name, mean=signed(float(a.mean()), 3), std=figure(float(a.std()), 3)),
        knobs,
        "",
        better.format(name=name),
        _("{name} < 0: worse, made less likely.").format(name=name),
    )


def _finished(m: QuestionModel) -> Sequence[str]:
    shown = _("{demo} shows what was learned")
    if m.greedy is not None:
        shown = _("demo: {goals:,} of {episodes:,} reached the goal")
    ice = _("{new_seed} another seed   {slip_switch} slippery ice")
    if m.run.config.slip:
        ice = _("{new_seed} another seed   {slip_switch} firm ice")
    on, knobs = _("{toggle} or {unit} goes on past the limit"), _("{knobs} other knobs, and presets")
    values = {**m.keys, "goals": m.end_counts.goals, "episodes": m.end_counts.episodes}
    return tuple(text.format(**values) for text in (shown, ice, on, "", knobs))
