"""The lake and what is known of its tiles, row by row in words."""

from collections.abc import Callable, Iterable

import numpy as np

from lakeppo.figures import figure, percent, signed
from lakeppo.i18n import _
from lakeppo.lake.transition import ACTIONS
from lakeppo.plain.words import action_words, kind_words, listed, tile_name
from lakeppo.tui.state import VIEWS, AppState, LakeView
from lakeppo.tui.text.formatting import rule_words
from lakeppo.tui.text.parts import tile_effect, without_words

Cell = Callable[[int], str]
ENDS = "HG"


def lake_lines(state: AppState, in_words: bool = False) -> list[str]:
    """Return the map row by row, as letters or as words, and where the agent is."""
    config, walk = state.config, state.walk
    legend = "" if in_words else _("S is the start, F ice, H a hole, G the goal; rows and columns count from 0.")
    names = kind_words if in_words else str
    rows = [
        _row(row, (names(letter) for letter in letters), ", " if in_words else " ")
        for row, letters in enumerate(config.map_rows)
    ]
    agent = _("The agent is on {tile}, {kind}.").format(
        tile=tile_name(walk.agent, config), kind=kind_words(config.tile(walk.agent))
    )
    return [*rule_words(config), legend, *rows, agent]


def _row(number: int, cells: Iterable[str], gap: str = ", ") -> str:
    return _("row {number}: {cells}").format(number=number, cells=gap.join(cells))


def _table(state: AppState, head: str, cell: Cell) -> list[str]:
    """Return a line about each row of the lake; holes and goals are named."""
    config, columns = state.config, state.config.shape[1]

    def words(tile: int) -> str:
        return kind_words(config.tile(tile)) if config.tile(tile) in ENDS else cell(tile)

    rows = range(config.shape[0])
    return [head, *(_row(row, map(words, range(row * columns, (row + 1) * columns))) for row in rows)]


def policy_lines(state: AppState) -> list[str]:
    policy = state.snapshot.run.policy

    def cell(tile: int) -> str:
        best = int(policy[tile].argmax())
        return f"{action_words(best)} {percent(float(policy[tile, best]))}"

    return _table(state, _("The likeliest action of the new actor on each tile, and how likely it is:"), cell)


def value_lines(state: AppState) -> list[str]:
    run = state.snapshot.run
    head = _("The critic's value of each tile, and in brackets the exact one under the new policy:")
    return _table(state, head, lambda tile: f"{_figure(run.values[tile])} ({_figure(run.true_values[tile])})")


def error_lines(state: AppState) -> list[str]:
    run = state.snapshot.run
    head = _("The critic's value less the exact one, on each tile:")
    return _table(state, head, lambda tile: signed(float(run.values[tile] - run.true_values[tile])))


def visit_lines(state: AppState) -> list[str]:
    visits = state.snapshot.run.visits
    return _table(state, _("The steps of this batch taken on each tile:"), lambda tile: f"{visits[tile]:,}")


def moved_lines(state: AppState) -> list[str]:
    run = state.snapshot.run

    def cell(tile: int) -> str:
        most = int(np.abs(run.policy[tile] - run.old_policy[tile]).argmax())
        old, new = _figure(run.old_policy[tile, most]), _figure(run.policy[tile, most])
        if old == new:
            return _("unchanged")
        return _("{action} {old} to {new}").format(action=action_words(most), old=old, new=new)

    return _table(state, _("What has changed most on each tile, from the old actor to the new one:"), cell)


def optimal_lines(state: AppState) -> list[str]:
    actions = state.snapshot.run.optimal_actions

    def cell(tile: int) -> str:
        best = [action_words(action) for action in range(4) if actions[tile, action]]
        return _("any") if len(best) == 4 else _(" or ").join(best)

    return _table(state, _("The best actions on each tile:"), cell)


LINES: dict[LakeView, Callable[[AppState], list[str]]] = {
    "arrows": policy_lines, "values": value_lines, "value error": error_lines, "visits": visit_lines,
    "old and new": moved_lines, "optimal": optimal_lines,
}  # fmt: skip


def view_lines(state: AppState, view: LakeView) -> list[str]:
    """Return what the lake shows in a view."""
    return LINES[view](state)


def next_view(view: LakeView) -> LakeView:
    return VIEWS[(VIEWS.index(view) + 1) % len(VIEWS)]


def tile_lines(state: AppState, tile: int) -> list[str]:
    """Return everything that is known of a tile."""
    run, config = state.snapshot.run, state.config
    name, kind = tile_name(tile, config), kind_words(config.tile(tile))
    head = _("{tile}: {kind}.").format(tile=name[:1].upper() + name[1:], kind=kind)
    if config.tile(tile) in ENDS:
        return [head, _("Episodes end here.")]
    values = _("V {value}, exactly {true}, at best {best}; {visits:,} steps of this batch.").format(
        value=_figure(run.values[tile]), true=_figure(run.true_values[tile]), best=_figure(run.optimal_values[tile]),
        visits=run.visits[tile],
    )  # fmt: skip
    lines = [head, *(_action_line(state, tile, action) for action in range(len(ACTIONS))), values]
    if (effect := tile_effect(tile, state.snapshot.explanation)) is not None:
        lines.append(without_words(int(run.visits[tile]), *effect))
    return lines


def _action_line(state: AppState, tile: int, action: int) -> str:
    run = state.snapshot.run
    parts = [_("{action}: {new}, old {old}").format(
        action=action_words(action), new=_figure(run.policy[tile, action]), old=_figure(run.old_policy[tile, action])
    )]  # fmt: skip
    judged = run.judged
    if judged is not None and (rows := (judged.states == tile) & (judged.actions == action)).any():
        template = _("A {mean} on average over {count:,} steps")
        parts.append(template.format(mean=signed(float(judged.raw[rows].mean())), count=int(rows.sum())))
    parts.append(_("exactly A {exact}").format(exact=signed(float(run.true_advantages[tile, action]))))
    return listed(parts)


def _figure(value: object) -> str:
    return figure(float(value))  # type: ignore[arg-type]  # a NumPy number
