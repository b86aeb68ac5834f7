"""The two lines at the top: what is run, how well it does, and where it stands."""

from typing import Any

from lakeppo.tui.drawing.lines import Line, fit, length, spread
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import (
    ceiling_words,
    figure,
    longest_moment,
    map_words,
    moment_words,
    pace_words,
    rate_words,
    seed_words,
    slip_words,
)

SAMPLED = len(" sampled 1.00 ±.05 (100 episodes)")
"""Figures keep their places in the title as they grow: each has room for its longest."""


class Title(Panel[Any]):
    """Map, slip, seed and preset; exact success beside what is the best there is."""

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        snapshot = state.snapshot
        return (
            state.config,
            map_words(state),
            seed_words(state),
            snapshot and (snapshot.exact, snapshot.success_rate, snapshot.window),
        )

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette, config = self.palette, state.config
        words = [map_words(state), f"slip {slip_words(config)}", seed_words(state), config.preset]
        left = fit([[(" lakeppo", palette.strong)], *([(word, palette.normal)] for word in words)], width)
        return [spread(left, fit(self._figures(state), width - length(left) - 2, " "), width, palette.normal)]

    def _figures(self, state: AppState) -> list[Line]:
        palette, snapshot = self.palette, state.snapshot
        if snapshot is None:
            return []
        exact = snapshot.exact
        sampled = f" sampled {rate_words(state)} ({snapshot.window} episodes)"
        return [
            [("exact ", palette.faint), (f"{figure(exact.sampling):<5}", palette.strong)],
            [("greedy ", palette.faint), (f"{figure(exact.greedy):<5}", palette.normal)],
            [(f"{ceiling_words(exact):<13}", palette.faint)],
            [(f" optimum {figure(exact.optimum)}", palette.faint)],
            [(sampled.ljust(SAMPLED), palette.faint)],
        ]


class Status(Panel[Any]):
    """The state, the pace, and the moment in words."""

    throttled = False

    def looks_at(self, state: AppState) -> tuple[object, ...]:
        s = state.snapshot
        return (
            state.status,
            state.limit,
            state.sample,
            s and (s.pace, s.steps_per_second, s.moment, s.episodes, s.env_steps, s.best, s.rewound, s.end),
        )

    def body(self, state: AppState, width: int, height: int) -> list[Line]:
        palette, snapshot = self.palette, state.snapshot
        status = state.status.upper()
        style = palette.inverse + palette.orange if status == "FAILED" else palette.inverse
        left: list[Line] = [[(" ", palette.normal), (f" {status} ", style)]]
        if snapshot is None:
            waiting = "the worker has stopped" if state.failure else "loading torch ..."
            return [fit([*left, [(waiting, palette.normal)]], width)]
        moment = moment_words(state).ljust(longest_moment(state))
        done = f"{state.done:,}{' of ' if width >= 100 else '/'}{state.limit}"
        other = f"{snapshot.env_steps:,} steps" if state.limit.unit != "steps" else f"{snapshot.episodes:,} episodes"
        best = f"best {figure(snapshot.best.success_probability)} at #{snapshot.best.update}" if snapshot.best else ""
        pieces: list[Line] = [
            [(pace_words(snapshot.pace), palette.normal)],
            [(self._measured(state, width), palette.faint)] if state.status == "playing" else [],
            [(moment, palette.normal)],
            [(f"end: now, #{snapshot.end.update}", palette.strong)] if snapshot.rewound and snapshot.end else [],
            [(done, palette.faint)],
            [(other, palette.faint)],
            [(best, palette.faint)] if best else [],
        ]
        return [fit([*left, *pieces], width)]

    @staticmethod
    def _measured(state: AppState, width: int) -> str:
        rate = state.snapshot.steps_per_second if state.snapshot else 0
        return f"({'measured ' if width >= 100 else ''}{rate:,.0f}/s)".ljust(19 if width >= 100 else 10)
