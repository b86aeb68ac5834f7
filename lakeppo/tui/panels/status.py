"""The two lines at the top: the settings and the success of the run, and where it stands."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from lakeppo.cells import padded
from lakeppo.i18n import N_, _, ngettext
from lakeppo.session.snapshot import Best
from lakeppo.tui.drawing.lines import Line, fit, length, name_width, shorten, spread
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import pace_words, position_words, settings_words, status_word, steps_words
from lakeppo.tui.text.words import named
from lakeppo.tui.theme import Palette

PLAY, SLOWER, FASTER = (Style(meta={"@click": f"screen.send('{id}')"}) for id in ("toggle", "slower", "faster"))
"""What a click on the status and on the two ends of the pace does."""

LEAST_CONDITION, LONGEST_CONDITION = 14, 50
"""Cells of the condition at which the run stops, if it has any."""


class TitleModel(NamedTuple):
    settings: list[str]  # the map's name first
    success: float  # exact
    change: float | None  # by this update's passes, before the first one by the last update
    greedy: float
    best: Best | None


class Title(Panel[TitleModel]):
    """Map, slip, seed and preset; and the one place of exact success, with its change."""

    about = N_("the run, and the exact success of its new actor, whose own place this is")

    def model(self, state: AppState) -> TitleModel:
        run = state.snapshot.run
        return TitleModel(settings_words(state), run.exact.sampling, success_change(state), run.exact.greedy, run.best)

    def body(self, model: TitleModel, width: int, height: int) -> list[Line]:
        palette, change = self.palette, model.change
        badge = palette.inverse + palette.green
        best = best_words(points(model.best.success_probability), model.best.update) if model.best else ""
        moved = padded(change_words(change), cell_len(change_words(-1)))  # room for the longest: it keeps its place
        best = padded(best, cell_len(best_words("100.0%", 9999)))
        figures: list[Line] = [
            [(" " + _("exact") + f" {points(model.success):>6} ", badge + named("exact"))],
            [(moved, change_style(change, palette) + named("points"))],
            [(_("greedy") + " ", palette.faint + named("greedy")), (f"{points(model.greedy):<6}", palette.normal)],
            [(best, palette.faint + named("best"))],
        ]
        least = length(fit(figures[: 2 if width >= 80 else 1], width, " "))
        words = [shorten(model.settings[0], name_width(width)), *model.settings[1:]]
        pieces = [[(" lakeppo", palette.strong)], *([(word, palette.normal)] for word in words)]
        left = fit(pieces, width - least - 2)
        return [spread(left, fit(figures, width - length(left) - 2, " "), width, palette.normal)]


def success_change(state: AppState) -> float | None:
    """Return by how much exact success has changed: by the passes of this update, before them by the last update."""
    run, rows = state.snapshot.run, state.rows
    if run.last_pass is not None:
        return None if state.previous_row is None else run.exact.sampling - state.previous_row.success_probability
    if len(rows) < 2 or any(change.moment.update >= rows[-2].update for change in run.changes):
        return None
    return rows[-1].success_probability - rows[-2].success_probability


def points(share: float) -> str:
    """Return a share in percent with one decimal, `100%` and `0%` only where it is exactly that."""
    text = f"{100 * share:.1f}%"
    rounded = {"100.0%": ">99.9%", "0.0%": "<0.1%"} if 0 < share < 1 else {"100.0%": "100%", "0.0%": "0%"}
    return rounded.get(text, text)


def change_words(change: float | None) -> str:
    """Return a change of success in points: `▾ 67.4 points`; empty for none."""
    if change is None or abs(change) < 0.0005:
        return ""
    mark, size = "▴" if change > 0 else "▾", 100 * abs(change)
    return _("{mark} {points:.1f} points").format(mark=mark, points=size)


def best_words(success: str, update: int) -> str:
    """Return the best success so far and the policy that had it: `best 99.8% #41`."""
    return _("best {success} #{update}").format(success=success, update=update)


def change_style(change: float | None, palette: Palette) -> Style:
    """Return the colour of a rise or a fall."""
    return palette.strong + (palette.green if (change or 0) > 0 else palette.red)


class StatusModel(NamedTuple):
    status: str
    pace: str
    rate: float | None  # environment steps per second, while the run plays
    moment: str
    end: str
    stop_when: str
    done: tuple[str, str]  # and the limit
    other: str


class Status(Panel[StatusModel]):
    """The status, the pace, and the moment in words."""

    throttled = False
    about = N_("the status, the pace and the moment; a click on the status plays or pauses")

    def model(self, state: AppState) -> StatusModel:
        s, run = state.snapshot, state.snapshot.run
        rate = s.steps_per_second if state.status == "playing" else None
        end = ""
        if s.position.rewound and s.position.end:
            end = _("end: now, #{update}").format(update=s.position.end.update)
        done = f"{state.progress:,}", str(state.limit)
        other = steps_words(run.env_steps)
        if state.limit.unit == "steps":
            other = ngettext("{count:,} episode", "{count:,} episodes", run.episodes).format(count=run.episodes)
        return StatusModel(state.status, pace_words(s.pace), rate, position_words(state), end, s.stop_when, done, other)

    def body(self, model: StatusModel, width: int, height: int) -> list[Line]:
        palette, wide = self.palette, width >= 100
        badge = palette.inverse + palette.red if model.status == "failed" else palette.inverse
        measured = ""
        if model.rate is not None:
            template = _("(measured {rate:,.0f}/s)") if wide else _("({rate:,.0f}/s)")
            measured = padded(template.format(rate=model.rate), 19 if wide else 10)
        place: list[Line] = [
            [(" ", palette.normal), (f" {status_word(model.status).upper()} ", badge + PLAY)],
            [
                ("◂ " * wide, palette.normal + SLOWER),
                (model.pace, palette.normal + FASTER),
                (" ▸" * wide, palette.normal + FASTER),
            ],
            [(measured, palette.faint)],
            [(model.moment, palette.normal)],
            [(model.end, palette.strong)],
        ]
        room = min(LONGEST_CONDITION, width - length(fit(place, width)) - 2)
        stop = ""
        if model.stop_when and room >= LEAST_CONDITION:
            stop = shorten(_("stops when {condition}").format(condition=model.stop_when), room)
        done = _("{done} of {limit}") if wide else "{done}/{limit}"
        counts: list[Line] = [
            [(stop, palette.blue)],
            [(done.format(done=model.done[0], limit=model.done[1]), palette.faint)],
            [(model.other, palette.faint)],
        ]
        return [fit([*place, *counts], width)]
