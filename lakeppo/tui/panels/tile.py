"""The inspector: one tile with its actions under both policies and its values; or the selected sample."""

from typing import NamedTuple

import numpy as np

from lakeppo.cells import padded
from lakeppo.config import Config
from lakeppo.figures import figure, fitted, signed, small_figure
from lakeppo.i18n import N_, _, ngettext
from lakeppo.lake.transition import ACTIONS, ARROWS
from lakeppo.session.snapshot import BatchColumns, JudgedView, RunView
from lakeppo.tui.drawing.lines import Line, fit, longest, styled
from lakeppo.tui.panels.base import Panel
from lakeppo.tui.panels.moved import MovedCard, MovedModel, moved_model
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import steps_words
from lakeppo.tui.text.parts import sample_words, tile_effect
from lakeppo.tui.text.sample import (
    cell_words,
    delta_words,
    normalised,
    objective_words,
    path_words,
    verdict,
    with_current_values,
)
from lakeppo.tui.text.words import named
from lakeppo.tui.theme import Palette

LONG, FULL = 12, 16
"""Lines from which a tile or a sample is shown in full, and a tile with its advantages."""
KINDS = {"S": N_("start"), "F": N_("ice"), "H": N_("hole"), "G": N_("goal")}
ENDS = {"H": N_("The episode ends here, in a hole."), "G": N_("The episode ends here, with reward 1.")}


class TileModel(NamedTuple):
    tile: int
    owner: str  # agent or cursor
    run: RunView
    hint: str
    without: tuple[float, float] | None  # exact success without the tile's steps, and as it is

    @property
    def kind(self) -> str:
        return self.run.config.tile(self.tile)

    @property
    def values(self) -> list[str]:
        """The critic's, the true and the optimal V."""
        return [figure(float(v[self.tile])) for v in (self.run.values, self.run.true_values, self.run.optimal_values)]


class SampleModel(NamedTuple):
    row: BatchColumns  # the batch's columns, cut down to this sample
    samples: int  # in the batch
    config: Config
    hint: str
    did: str  # exact success as it is, and without what the step did


class TilePanel(Panel[TileModel | SampleModel | MovedModel]):
    """The tile under the cursor or the selected sample; else what moved most in this update, or the agent's tile."""

    about = N_(
        "the tile under the cursor: its policy, old and new, its values; or the selected sample; else what moved most "
        "in this update, or the agent's tile"
    )

    def model(self, state: AppState) -> TileModel | SampleModel | MovedModel:
        owner = _("agent") if state.cursor is None else _("cursor")
        hint = _("{cursor_up} or click; {back}: agent").format(**state.keys)
        tile, run = state.shown_tile, state.snapshot.run
        without = tile_effect(tile, state.snapshot.explanation)
        return sample_model(state) or moved_model(state) or TileModel(tile, owner, run, hint, without)

    def title(self, model: TileModel | SampleModel | MovedModel) -> str:
        if isinstance(model, MovedModel):
            return MovedCard(model, self.palette).title()
        long = self.size.height >= LONG
        if isinstance(model, SampleModel):
            return SampleCard(model, self.palette).title(self.size.width, long)
        order = "" if long or model.kind in ENDS else "  " + _("old ▸ new")
        tile = cell_words(model.tile, model.run.config)
        title = _("TILE {tile} {kind}  ({owner})").format(tile=tile, kind=_(KINDS[model.kind]), owner=model.owner)
        return title + order

    def body(self, model: TileModel | SampleModel | MovedModel, width: int, height: int) -> list[Line]:
        if isinstance(model, MovedModel):
            return MovedCard(model, self.palette).lines(width, height)
        if isinstance(model, SampleModel):
            return SampleCard(model, self.palette).lines(width, height)
        if model.kind in ENDS:
            return styled(_(ENDS[model.kind]), width, self.palette.normal)[:height]
        lines = self._long(model, height) if height >= LONG else self._short(model)[:height]
        return [*lines, [(model.hint, self.palette.faint)]] if height >= FULL else lines

    def _short(self, model: TileModel) -> list[Line]:
        faint, strong, (value, true, best) = self.palette.faint, self.palette.strong, model.values
        more = " " + _("best") + f" {best}  ", _("visits") + f" {model.run.visits[model.tile]}"
        gap: Line = [("  ", self.palette.normal)]
        of, exact = named("V, true V"), faint + named("optimal V")
        label = " " + _("true") + " "
        values: Line = [("V ", faint + of), (value, strong + of), (label, faint + of), (true, strong + of)]
        if model.without is None:
            first = fit([values, [(more[0], exact)], [(more[1], faint + named("visits"))]], self.size.width, "")
        else:
            steps = " " + steps_words(int(model.run.visits[model.tile])) + ": " + _("no A") + " "
            without: Line = [(steps, faint + named("no δ, no A"))]
            without.append((small_figure(model.without[0]), strong + named("no δ, no A")))
            first = fit([values, without, [(more[0].rstrip(), exact)]], self.size.width, "")
        return [first, *(self._change(model, a) + gap + self._change(model, b) for a, b in ((0, 2), (3, 1)))]

    def _change(self, model: TileModel, action: int) -> Line:
        """Return an action's probability, old and new: `down  .62 ▸ .64`."""
        old, new = model.run.old_policy[model.tile], model.run.policy[model.tile]
        style = self.palette.strong if action == new.argmax() else self.palette.normal
        before, now = (fitted(float(policy[action]), 4) for policy in (old, new))
        return [(padded(_(ACTIONS[action]), 6), style), (f"{before:>4} ▸ ", self.palette.faint), (f"{now:<5}", style)]

    def _long(self, model: TileModel, height: int) -> list[Line]:
        faint, normal, strong = self.palette.faint, self.palette.normal, self.palette.strong
        names, words = (_("V (critic)"), _("true V"), _("optimal V")), ("V, true V", "V, true V", "optimal V")
        values, heads = (
            zip(names, model.values, words, strict=True),
            zip((_("old"), _("new"), _("pass")), (5, 6, 7), strict=True),
        )
        visits = _("{visits:,} in batch").format(visits=model.run.visits[model.tile])
        lines: list[Line] = [
            [(f"{'':<8}{''.join(padded(head, width, 'right') for head, width in heads)}", faint)],
            *(self._policies(model, action) for action in range(4)),
            [],
            *([(padded(name, 12), faint + named(word)), (value, strong)] for name, value, word in values),
            [(padded(_("visits"), 12), faint + named("visits")), (visits, normal)],
            *self._without(model),
        ]
        if height >= FULL:
            title = padded(_("A raw") if model.run.config.norm_adv else "A", 8)
            title += padded(_("sampled"), 7, "right") + padded(_("exact"), 7, "right")
            lines += [[], [(title, faint + named("A"))], *(self._advantages(model, a) for a in range(4))]
        return lines if len(lines) <= height else [line for line in lines if line]

    def _without(self, model: TileModel) -> list[Line]:
        """Return what exact success would be without the tile's steps, and what it is."""
        if model.without is None:
            return []
        faint, strong = self.palette.faint, self.palette.strong
        without, actual = map(small_figure, model.without)
        steps = int(model.run.visits[model.tile])
        words = ngettext("without its one step", "without its {count:,} steps", steps).format(count=steps)
        return [
            [(_("exact success") + " ", faint + named("exact")), (actual, strong)],
            [(f"  {words} ", faint), (without, strong)],
        ]

    def _policies(self, model: TileModel, action: int) -> Line:
        """Return an action's probability, old and new, and its change by the newest pass."""
        run, faint, at = model.run, self.palette.faint, (model.tile, action)
        old, new, change = float(run.old_policy[at]), float(run.policy[at]), "-"
        if run.last_pass is not None:
            change = signed(new - float(run.last_pass.policy[at]), 3)
        style = self.palette.strong if action == run.policy[model.tile].argmax() else self.palette.normal
        figures = (f"{figure(old):>5} ", faint), (f"{figure(new):>5} ", style), (f"{change:>6}", faint)
        return [(f"{ARROWS[action]} {padded(_(ACTIONS[action]), 6)}", style), *figures]

    def _advantages(self, model: TileModel, action: int) -> Line:
        """Return an action's advantage: the batch's mean and the exact one."""
        palette, exact = self.palette, round(float(model.run.true_advantages[model.tile, action]), 3)
        sampled = sampled_advantage(model.run.judged, model.tile, action)
        style = palette.blue if exact > 0 else palette.normal if exact < 0 else palette.faint
        return [
            (f"{ARROWS[action]} {padded(_(ACTIONS[action]), 6)}", palette.normal),
            (f"{'-' if sampled is None else fitted(sampled, 7, 3, signed):>7}", palette.faint),
            (f"{fitted(exact, 7, 3, signed):>7}", style),
        ]


def sampled_advantage(judged: JudgedView | None, tile: int, action: int) -> float | None:
    """Return the mean of GAE's advantages of an action on a tile; None if the batch has none."""
    if judged is None:
        return None
    found = judged.raw[(judged.states == tile) & (judged.actions == action)]
    return float(found.mean()) if len(found) else None


def sample_model(state: AppState) -> SampleModel | None:
    """Return the selected sample; while it is not judged, by the critic's present values."""
    if state.sampled is None:
        return None
    batch, t = state.sampled
    row = {name: column[t : t + 1] for name, column in batch.items()}
    row_now = with_current_values(row, state.snapshot.run.values, state.config.gamma)
    hint = _("{key}: its row in the batch").format(key=state.key("batch"))
    did = sample_words(batch, t, state.snapshot.explanation)
    return SampleModel(row_now, len(batch["t"]), state.config, hint, did)


class SampleCard:
    """A sample, the most important first: its step, its advantage, and its term of the objective."""

    def __init__(self, model: SampleModel, palette: Palette) -> None:
        self.row, self.config, self.hint, self.palette = model.row, model.config, model.hint, palette
        self.did = model.did
        stopped = "group" in model.row and model.row["group"][0] == "stopped"
        self.style = palette.strong + (palette.orange if stopped else palette.normal)
        self.name = _("SAMPLE {number} of {all}").format(number=model.row["t"][0] + 1, all=model.samples)

    def title(self, width: int, long: bool) -> str:
        """Return `SAMPLE 317 of 1024`, with the tile and the action if the body is short."""
        place = f"{cell_words(int(self.row['state'][0]), self.config)} {self._action()}"
        return longest((f"{self.name}  {place}", self.name), width) if not long else self.name

    def lines(self, width: int, height: int) -> list[Line]:
        """Return at most `height` lines."""
        return (self._long(width) if height >= LONG else self._short(width))[:height]

    def _action(self) -> str:
        action, went = (ARROWS[self.row[name][0]] for name in ("action", "went"))
        return action if action == went else f"{action} " + _("slipped") + f" {went}"

    def _figure(self, label: str, name: str, places: int = 3) -> Line:
        """Return a column's value with its label; a log-probability as the probability."""
        value = float(self.row[name][0])
        text = figure(float(np.exp(value)) if name.endswith("logprob") else value, places)
        if name in ("delta", "advantage", "weight"):
            text = signed(value, places)
        elif name == "reward":
            text = f"{value:g}"
        elif name == "next_value" and self.row["terminated"][0]:
            text = _("end")
        return [(label, self.palette.faint), (text, self.palette.strong)]

    def _short(self, width: int) -> list[Line]:
        odds = self._figure("π ", "old_logprob", 2)
        figures = [odds]
        if "ratio" in self.row:
            odds += self._figure(" ▸ ", "new_logprob", 2)
            figures += [self._figure(_("ratio") + " ", "ratio", 2), self._figure("A ", "weight")]
            figures += [self._figure(_("raw") + " ", "advantage")] if normalised(self.row) else []
        error = zip(("r ", "V ", "V' ", "δ "), ("reward", "value", "next_value", "delta"), strict=True)
        last = fit([self._figure(label, name) for label, name in error], width)
        parts: list[Line] = [[(part, self.style)] for part in verdict(self.row, 0).split("; ")]
        return [fit(parts, width, "; "), fit(figures, width, " "), last]

    def _long(self, width: int) -> list[Line]:
        palette, row = self.palette, self.row
        lines: list[Line] = [
            [(path_words(row, 0, self.config), palette.normal)],
            fit(
                [[(_("chose") + " ", palette.faint), (self._action(), palette.strong)], self._figure("r ", "reward")],
                width,
            ),
            fit([self._figure("V ", "value", 4), self._figure("V' ", "next_value", 4)], width),
            *styled(delta_words(row, 0), width, palette.normal, "  "),
        ]
        if "ratio" not in row:
            text = _("Not judged yet. Judging adds up this δ and those after it to A.")
            return [*lines, *styled(text, width, palette.normal, "  ")]
        lines.append([*self._figure("A ", "advantage", 4), (" " + _("as GAE gave it"), palette.strong)])
        if normalised(self.row):
            lines.append([*self._figure("A ", "weight", 4), (" " + _("normalised"), palette.strong)])
        old = self._figure(_("π old") + " ", "old_logprob")
        lines.append(old + self._figure("  " + _("new") + " ", "new_logprob"))
        lines.append(self._figure(_("ratio") + " ", "ratio", 4))
        lines += styled(objective_words(row, 0), width, palette.normal, "  ")
        lines += styled(verdict(row, 0), width, self.style)
        lines += styled(self.did, width, palette.normal, "  ")
        return [*lines, [(self.hint, palette.faint)]]
