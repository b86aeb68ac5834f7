"""The two lines at the top: what is run, how well it does, and where it stands."""

from lakeppo.tui.panels.panel import Line, Panel, fit, length, spread
from lakeppo.tui.state import Scene
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


class Title(Panel):
    """Map, slip, seed and preset; exact success beside what is the best there is."""

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        snapshot = scene.snapshot
        return (
            scene.config,
            map_words(scene),
            seed_words(scene),
            snapshot and (snapshot.exact, snapshot.success_rate, snapshot.window),
        )

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink, config = self.ink, scene.config
        words = [map_words(scene), f"slip {slip_words(config)}", seed_words(scene), config.preset]
        left = fit([[(" lakeppo", ink.strong)], *([(word, ink.normal)] for word in words)], width)
        return [spread(left, fit(self._figures(scene), width - length(left) - 2, " "), width, ink.normal)]

    def _figures(self, scene: Scene) -> list[Line]:
        ink, snapshot = self.ink, scene.snapshot
        if snapshot is None:
            return []
        exact = snapshot.exact
        sampled = f" sampled {rate_words(scene)} ({snapshot.window} episodes)"
        return [
            [("exact ", ink.faint), (f"{figure(exact.sampling):<5}", ink.strong)],
            [("greedy ", ink.faint), (f"{figure(exact.greedy):<5}", ink.normal)],
            [(f"{ceiling_words(exact):<13}", ink.faint)],
            [(f" optimum {figure(exact.optimum)}", ink.faint)],
            [(sampled.ljust(SAMPLED), ink.faint)],
        ]


class Status(Panel):
    """The state, the pace, and the moment in words."""

    calm = False

    def looks_at(self, scene: Scene) -> tuple[object, ...]:
        s = scene.snapshot
        return (
            scene.state,
            scene.limit,
            scene.sample,
            s and (s.pace, s.steps_per_second, s.moment, s.episodes, s.env_steps, s.best, s.rewound, s.end),
        )

    def body(self, scene: Scene, width: int, height: int) -> list[Line]:
        ink, snapshot = self.ink, scene.snapshot
        state = scene.state.upper()
        style = ink.inverse + ink.orange if state == "FAILED" else ink.inverse
        left: list[Line] = [[(" ", ink.normal), (f" {state} ", style)]]
        if snapshot is None:
            waiting = "the worker has stopped" if scene.failure else "loading torch ..."
            return [fit([*left, [(waiting, ink.normal)]], width)]
        moment = moment_words(scene).ljust(longest_moment(scene))
        done = f"{scene.done:,}{' of ' if width >= 100 else '/'}{scene.limit}"
        other = f"{snapshot.env_steps:,} steps" if scene.limit.unit != "steps" else f"{snapshot.episodes:,} episodes"
        best = f"best {figure(snapshot.best.success_probability)} at #{snapshot.best.update}" if snapshot.best else ""
        pieces: list[Line] = [
            [(pace_words(snapshot.pace), ink.normal)],
            [(self._measured(scene, width), ink.faint)] if scene.state == "playing" else [],
            [(moment, ink.normal)],
            [(f"end: now, #{snapshot.end.update}", ink.strong)] if snapshot.rewound and snapshot.end else [],
            [(done, ink.faint)],
            [(other, ink.faint)],
            [(best, ink.faint)] if best else [],
        ]
        return [fit([*left, *pieces], width)]

    @staticmethod
    def _measured(scene: Scene, width: int) -> str:
        rate = scene.snapshot.steps_per_second if scene.snapshot else 0
        return f"({'measured ' if width >= 100 else ''}{rate:,.0f}/s)".ljust(19 if width >= 100 else 10)
