"""The two lines at the top: the settings and the success of the run, and where it stands."""

from typing import NamedTuple

from lakeppo.session.snapshot import Exact
from lakeppo.tui.drawing.lines import Line, fit, length, name_width, shorten, spread
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import ceiling_words, figure, pace_words, position_words, rate_words, settings_words

SAMPLED_WIDTH = len(" sampled 1.00 ±.05 (100 episodes)")
"""Figures have room for their longest text, so that they keep their places as they change."""
LEAST_CONDITION, LONGEST_CONDITION = 14, 50
"""Cells of the condition at which the run stops, if it has any."""


class TitleModel(NamedTuple):
    settings: list[str]  # the map's name first
    exact: Exact
    sampled: str


class Title(Panel[TitleModel]):
    """Map, slip, seed and preset; exact success beside what can be reached."""

    def model(self, state: AppState) -> TitleModel:
        run = state.snapshot.run
        return TitleModel(settings_words(state), run.exact, f" sampled {rate_words(state)} ({run.window} episodes)")

    def body(self, model: TitleModel, width: int, height: int) -> list[Line]:
        palette, exact = self.palette, model.exact
        figures: list[Line] = [
            [("exact ", palette.faint), (f"{figure(exact.sampling):<5}", palette.strong)],
            [("greedy ", palette.faint), (f"{figure(exact.greedy):<5}", palette.normal)],
            [(f"{ceiling_words(exact):<13}", palette.faint)],
            [(f" optimum {figure(exact.optimum)}", palette.faint)],
            [(model.sampled.ljust(SAMPLED_WIDTH), palette.faint)],
        ]
        least = length(fit(figures[: 2 if width >= 80 else 1], width, " "))
        words = [shorten(model.settings[0], name_width(width)), *model.settings[1:]]
        pieces = [[(" lakeppo", palette.strong)], *([(word, palette.normal)] for word in words)]
        left = fit(pieces, width - least - 2)
        return [spread(left, fit(figures, width - length(left) - 2, " "), width, palette.normal)]


class StatusModel(NamedTuple):
    status: str
    pace: str
    rate: float | None  # environment steps per second, while the run plays
    moment: str
    end: str
    stop_when: str
    done: tuple[str, str]  # and the limit
    other: str
    best: str


class Status(Panel[StatusModel]):
    """The status, the pace, and the moment in words."""

    throttled = False

    def model(self, state: AppState) -> StatusModel:
        s, run = state.snapshot, state.snapshot.run
        rate = s.steps_per_second if state.status == "playing" else None
        end = f"end: now, #{s.position.end.update}" if s.position.rewound and s.position.end else ""
        done = f"{state.done:,}", str(state.limit)
        other = f"{run.episodes:,} episodes" if state.limit.unit == "steps" else f"{run.env_steps:,} steps"
        best = f"best {figure(run.best.success_probability)} at #{run.best.update}" if run.best else ""
        return StatusModel(
            state.status, pace_words(s.pace), rate, position_words(state), end, s.stop_when, done, other, best
        )

    def body(self, model: StatusModel, width: int, height: int) -> list[Line]:
        palette, wide = self.palette, width >= 100
        badge = palette.inverse + palette.orange if model.status == "failed" else palette.inverse
        measured = ""
        if model.rate is not None:
            measured = f"({'measured ' if wide else ''}{model.rate:,.0f}/s)".ljust(19 if wide else 10)
        place: list[Line] = [
            [(" ", palette.normal), (f" {model.status.upper()} ", badge)],
            [(model.pace, palette.normal)],
            [(measured, palette.faint)],
            [(model.moment, palette.normal)],
            [(model.end, palette.strong)],
        ]
        room = min(LONGEST_CONDITION, width - length(fit(place, width)) - 2)
        stop = shorten(f"stops when {model.stop_when}", room) if model.stop_when and room >= LEAST_CONDITION else ""
        counts: list[Line] = [
            [(stop, palette.blue)],
            [((" of " if wide else "/").join(model.done), palette.faint)],
            [(model.other, palette.faint)],
            [(model.best, palette.faint)],
        ]
        return [fit([*place, *counts], width)]
