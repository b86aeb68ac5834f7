"""Draw the README's animation from the real app: `python tests/support/animation.py`.

A film strip of screens that a style sheet moves; lines that several screens share are drawn once. The run is `classic`,
seed 0, and everything on the screens is what the app shows at the same keys.
"""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from rich.cells import cell_len
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from lakeppo.config import make_config
from lakeppo.moment import Phase
from lakeppo.presets import Limit
from lakeppo.session.worker import Worker
from lakeppo.storage.run_file import RunFile
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.knobs import KnobScreen

PLACE = Path(__file__).parents[2] / ".github" / "lakeppo.svg"
COLUMNS, LINES = 120, 40
CELL, LINE, FONT, EDGE = 8.0, 17, 13.3, 10
"""The width and height of a cell, the size of its font, and the edge around the screen, in pixels."""
PAPER, INK, HINT = ColorTriplet(18, 18, 18), ColorTriplet(224, 224, 224), "#ffa62b"
PATIENCE = 60.0
"""Seconds that a screen may take."""


class Shot(NamedTuple):
    """A screen: the keys that lead to it, when it is there, how many seconds it stays, and what is said of it."""

    keys: tuple[str, ...]
    there: Callable[[LakeApp], object]
    seconds: float
    caption: str


class Frame(NamedTuple):
    """What a screen shows."""

    strips: list[Strip]
    seconds: float
    caption: str


def at(update: int, phase: Phase = Phase.COLLECT, explained: bool = False) -> Callable[[LakeApp], object]:
    """Return whether the app shows this moment, with its explanation if there must be one."""

    def there(app: LakeApp) -> object:
        state = app.main_screen.state
        here = (state.moment.update, state.moment.phase) == (update, phase) and state.status != "stepping"
        return here and (state.snapshot.explanation is not None or not explained)

    return there


def compared(update: int) -> Callable[[LakeApp], object]:
    """Return whether the comparison shows both runs at an update."""
    return lambda app: app.main_screen.state.snapshot.comparison is not None and at(update)(app)


def shots() -> Iterator[Shot]:
    """Yield the screens: solve, fall, the event, why, branch, compare."""
    caption = "u: one update of PPO after another, until the lake is solved"
    yield Shot((), at(0), 1.0, caption)
    for update in range(3, 31, 3):
        yield Shot(("u",) * 3, at(update), 0.2, caption)
    caption = "... and then exact success falls, though nearly every episode reaches the goal"
    yield Shot(("u",) * 16, at(46), 0.4, caption)
    for update in range(47, 50):
        yield Shot(("u",), at(update), 0.5, caption)
    yield Shot(("u",) * 6, at(55), 0.5, caption)
    caption = "!: from the start to the next event, and the next: first goal, solved, large KL, the fall"
    yield Shot(("home",), at(0), 0.4, caption)
    yield Shot(("exclamation_mark",), at(1), 0.4, caption)
    for update in (10, 12, 19, 44):
        yield Shot(("exclamation_mark",), at(update, Phase.COPY), 0.35, caption)
    caption = "WHAT MOVED and WHY: the update is redone without each of its causes"
    yield Shot(("exclamation_mark",), at(48, Phase.COPY, explained=True), 3.2, caption)
    caption = "y: the pass in which this arrow turned, and whether it turns all the same"
    yield Shot(("y",), lambda app: app.main_screen.state.snapshot.arrow_explanation is not None, 2.3, caption)
    yield Shot(("escape", "left_curly_bracket"), at(39), 0.5, "{: ten updates back")
    yield Shot(("p", "down", "down", "down"), lambda app: isinstance(app.screen, KnobScreen), 0.5, "p: the knobs")
    yield Shot(tuple(".001"), lambda app: isinstance(app.screen, KnobScreen), 0.9, "a tenth of the learning rate")
    yield Shot(("b",), compared(39), 0.7, "b: branch here and compare")
    for update in range(42, 49, 3):
        yield Shot(("u",) * 3, compared(update), 0.4, "u: both branches in lock-step")
    yield Shot(("u",), compared(49), 3.0, "with the smaller learning rate it does not fall")


def main() -> None:
    """Write the animation."""
    frames = asyncio.run(play(shots()))
    PLACE.write_text(svg(frames), encoding="utf-8")
    print(f"{PLACE}: {PLACE.stat().st_size / 1e3:.0f} kB, {sum(frame.seconds for frame in frames):.1f} s")


async def play(shots: Iterable[Shot]) -> list[Frame]:
    """Return the screens of the app on `classic`, seed 0."""
    config = make_config("classic")
    frames = list[Frame]()
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(RunFile(0, config).timeline, config, 0, Limit("episodes", 2000), Path(folder), paused=True)
        app = LakeApp(worker, saves=Path(folder))
        async with app.run_test(size=(COLUMNS, LINES)) as pilot:
            await wait_for(pilot, lambda: app.main_screen.state.status == "paused", "the start")
            for shot in shots:
                for key in shot.keys:
                    await pilot.press(key)
                await wait_for(pilot, partial(shot.there, app), shot.caption)
                await pilot.pause(0.3)
                frames.append(Frame(app.screen._compositor.render_strips(), shot.seconds, shot.caption))
    return frames


async def wait_for(pilot: Pilot[None], condition: Callable[[], object], what: str) -> None:
    for _ in range(round(PATIENCE / 0.05)):
        await pilot.pause(0.05)
        try:
            if condition():
                return
        except AssertionError:  # there is no main screen yet
            pass
    raise TimeoutError(f"waited in vain for {what} at {pilot.app.main_screen.state.moment}")


def svg(frames: list[Frame]) -> str:
    """Return the frames as one animated image."""
    height = (LINES + 2) * LINE + 2 * EDGE
    width = round(COLUMNS * CELL) + 2 * EDGE
    lines, strip = dict[str, str](), list[str]()
    for number, frame in enumerate(frames):
        uses = [f'<text class="c" x="0" y="{-0.4 * LINE:.1f}">{escape(frame.caption)}</text>']
        for y, cells in enumerate(frame.strips):
            name = lines.setdefault(drawn(cells), f"l{len(lines)}")
            uses.append(f'<use href="#{name}" y="{y * LINE}"/>')
        strip.append(f'<g transform="translate({EDGE},{number * height + EDGE + 2 * LINE})">{"".join(uses)}</g>')
    definitions = "".join(f'<g id="{name}">{line}</g>' for line, name in lines.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f"<style>{style(frames, height)}</style><defs>{definitions}</defs>"
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER.hex}"/><g id="film">{"".join(strip)}</g></svg>\n'
    )


def style(frames: list[Frame], height: int) -> str:
    """Return the style sheet; where no motion is wanted, the longest shot stands still."""
    total = sum(frame.seconds for frame in frames)
    starts = [0.0, *accumulate(frame.seconds for frame in frames)]
    places = [f"transform:translateY({-k * height}px)" for k in range(len(frames))]
    keys = "".join(f"{100 * start / total:.3f}%{{{place}}}" for start, place in zip(starts, places, strict=False))
    still = max(range(len(frames)), key=lambda k: frames[k].seconds)
    return (
        f"text{{font:{FONT}px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre;fill:{INK.hex}}}"
        f".c{{fill:{HINT};font-size:15px}}.b{{font-weight:bold}}"
        f"#film{{animation:film {total:.2f}s step-end infinite}}@keyframes film{{{keys}}}"
        f"@media(prefers-reduced-motion:reduce){{#film{{animation:none;{places[still]}}}}}"
    )


def drawn(strip: Strip) -> str:
    """Return a line of the screen: the backgrounds that differ from the paper, and the texts over them."""
    back, front, x = list[str](), list[str](), 0
    for text, look, _ in strip.simplify():
        ink, paper = colours(look or Style.null())
        width = cell_len(text)
        place = f'x="{x * CELL:g}"'
        if paper != PAPER:
            back.append(f'<rect {place} width="{width * CELL:g}" height="{LINE}" fill="{paper.hex}"/>')
        if text.strip():
            shown = text.rstrip()
            start = len(shown) - len(shown.lstrip())
            length = cell_len(shown[start:])
            kind = ' class="b"' if look and look.bold else ""
            fill = "" if ink == INK else f' style="fill:{ink.hex}"'
            front.append(
                f'<text{kind}{fill} x="{(x + start) * CELL:g}" y="{FONT:g}" textLength="{length * CELL:g}">'
                f"{escape(shown[start:])}</text>"
            )
        x += width
    return "".join([*back, *front])


def colours(look: Style) -> tuple[ColorTriplet, ColorTriplet]:
    """Return the colours of the characters and of what is behind them."""
    ink = look.color.get_truecolor() if look.color and not look.color.is_default else INK
    paper = look.bgcolor.get_truecolor(foreground=False) if look.bgcolor and not look.bgcolor.is_default else PAPER
    return (paper, ink) if look.reverse else (ink, paper)


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    os.environ["COLORTERM"] = "truecolor"
    main()
