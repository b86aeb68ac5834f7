"""What moved most in the present update, and exact success in worlds without a part of it."""

from typing import NamedTuple

from lakeppo.causes.results import InWorlds, Movement
from lakeppo.cells import padded
from lakeppo.config import Config
from lakeppo.figures import figure
from lakeppo.i18n import N_, _
from lakeppo.lake.transition import ACTIONS, ARROWS
from lakeppo.session.snapshot import RunView
from lakeppo.tui.drawing.lines import Line, fit
from lakeppo.tui.state import AppState
from lakeppo.tui.text.sample import cell_words
from lakeppo.tui.theme import Palette

WORLDS = {
    "empty": N_("no advantages"), "momentum_alone": N_("momentum alone"), "no_bonus": N_("no entropy bonus"),
    "forgotten": N_("no momentum"), "neither": N_("no bonus/momentum"), "no_clip": N_("no clip"),
}  # fmt: skip
"""Exact success after the update redone without a part of it. These are no shares of the change."""
LONG = 12
"""Lines from which all worlds are listed."""


class MovedModel(NamedTuple):
    movement: Movement
    worlds: InWorlds  # exact success in each
    run: RunView
    hint: str

    @property
    def config(self) -> Config:
        return self.run.config


def moved_model(state: AppState) -> MovedModel | None:
    """Return what moved most, unless a person looks at a tile or a sample; None before the first pass."""
    found = state.explanation
    if found is None:
        return None
    hint = _("{key}: why this arrow").format(key=state.key("why_there"))
    return MovedModel(found.movement, found.success, state.snapshot.run, hint)


class MovedCard:
    """The tile and the action whose probability changed most, and what that did to exact success."""

    def __init__(self, model: MovedModel, palette: Palette) -> None:
        self.model, self.palette = model, palette

    def title(self) -> str:
        return _("WHAT MOVED {tile}").format(tile=cell_words(self.model.movement.tile, self.model.config))

    def lines(self, width: int, height: int) -> list[Line]:
        """Return at most `height` lines."""
        return (self._long() if height >= LONG else self._short(width))[:height]

    def _change(self, label: str, before: float, after: float) -> Line:
        return [(padded(label, 14), self.palette.normal), (f"{figure(before):>5} ▸ ", self.palette.faint),
                (figure(after), self.palette.strong)]  # fmt: skip

    def _short(self, width: int) -> list[Line]:
        moved, worlds = self.model.movement, self.model.worlds
        action = f"{ARROWS[moved.action]} {_(ACTIONS[moved.action])}"
        worlds_line: list[Line] = [
            [(f"{_(WORLDS[name])} ", self.palette.faint), (figure(getattr(worlds, name)), self.palette.strong)]
            for name in ("empty", "no_bonus", "forgotten", "no_clip")
        ]
        return [
            self._change(action, moved.before, moved.after),
            self._change(_("exact success"), moved.success_before, moved.success_after),
            fit(worlds_line, width),
        ]

    def _long(self) -> list[Line]:
        model, faint, strong = self.model, self.palette.faint, self.palette.strong
        moved, tile = model.movement, model.movement.tile
        old, new = model.run.old_policy[tile].tolist(), model.run.policy[tile].tolist()
        order = sorted(range(4), key=lambda action: action != moved.action)
        actions = [self._change(f"{ARROWS[a]} {_(ACTIONS[a])}", old[a], new[a]) for a in order]
        worlds: list[Line] = [
            [(f"  {padded(_(name), 17)}", faint), (f"{figure(getattr(model.worlds, field)):>5}", strong)]
            for field, name in WORLDS.items()
        ]
        return [
            *actions,
            [],
            self._change(_("exact success"), moved.success_before, moved.success_after),
            [(_("this update, redone with"), faint)],
            *worlds,
            [],
            [(model.hint, faint)],
        ]
