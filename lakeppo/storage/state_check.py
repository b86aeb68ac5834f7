"""Checks a trainer's state from a foreign file: every field, and that they can be the state of one moment."""

import math
from operator import and_
from typing import Any

import torch

from lakeppo.config import KNOBS, Config
from lakeppo.errors import InvalidValue, Message
from lakeppo.i18n import _
from lakeppo.lake.transition import ACTION_COUNT, Transition
from lakeppo.moment import Change, Moment, Phase
from lakeppo.ppo.trainer import WINDOW, Judgement, Pass, Trainer
from lakeppo.runs.trainer_state import trainer_state
from lakeppo.storage.fields import (
    Allowance,
    Where,
    fields,
    number,
    refuse,
    scalar,
    sequence,
    tensor,
    typed,
    whole,
    within,
)

MOST = 10**12
"""The most updates, steps or episodes of a run."""
COLUMNS: dict[str, set[type]] = {name: {int} for name in Transition._fields}
COLUMNS |= {"reward": {int, float}, "terminated": {bool}, "truncated": {bool}}
"""The types of a transition's fields."""
OPTIMISED = {"actor": ("actor", "old_actor"), "critic": ("critic",)}
"""The networks whose weights come from each Adam."""


class StateCheck:
    """Checks the states of a run that began with the config `origin`."""

    def __init__(self, origin: Config, allowance: Allowance) -> None:
        self.origin, self.allowance = origin, allowance
        weights = trainer_state(Trainer(origin, 0))["weights"]
        self.shapes = {
            network: {name: tuple(value.shape) for name, value in tensors.items()}
            for network, tensors in weights.items()
        }

    def check(self, where: Where, state: Any, changes: tuple[Change, ...], moment: Moment) -> None:
        """Check the state at `moment`, after `changes`, which have been checked. Raises `InvalidValue`."""
        weights, adams, counts, transitions, passes = fields(
            where, state, "weights", "adams", "counts", "transitions", "passes"
        )
        settings = _Settings(self.origin, changes)
        steps = self._transitions(within(where, "transitions"), transitions)
        sequence(within(where, "passes"), passes, list)
        finite = self._networks(where, weights, adams)
        updates, env_steps, episodes = self._counts(where, counts, steps)
        self._episodes(where, state, env_steps, episodes)
        self._position(where, state, settings)
        self._batch(where, state, finite, settings)
        _adam_steps(where, adams, updates, len(passes))
        if _moment(where, state, updates, settings) != moment:
            raise InvalidValue("{where} is of another moment", where=where)

    def _tensor(self, where: Where, value: Any, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        self.allowance.take("tensors", 1)
        self.allowance.take("numbers in its tensors", math.prod(shape))
        return tensor(where, value, shape, dtype)

    def _networks(self, where: Where, weights: Any, adams: Any) -> bool:
        """Check weights and Adam's moments, and return whether all are finite.

        Adam's moments stay infinite or NaN once they are. A weight becomes so through them only, when a run diverges.
        """
        fields(within(where, "weights"), weights, *self.shapes)
        fields(within(where, "adams"), adams, *OPTIMISED)
        finite = True
        for adam, networks in OPTIMISED.items():
            first, second = (self._moments(where, adams[adam], adam, name) for name in ("first", "second"))
            if any((value < 0).any() for value in second):
                raise InvalidValue("{where}: Adam's second moment must not be negative", where=where)
            sound = [a.isfinite() & b.isfinite() for a, b in zip(first, second, strict=True)]
            finite = finite and all(bool(value.all()) for value in sound)
            for network in networks:
                self._weights(within(where, network), weights[network], self.shapes[network], sound)
        return finite

    def _moments(self, where: Where, adam: Any, network: str, name: str) -> list[torch.Tensor]:
        shapes = list(self.shapes[network].values())
        (values,) = fields(where, adam, name)
        where = Message("{where}: Adam's {name} moment", where=where, name=name)
        sequence(where, values, list, len(shapes))
        pairs = zip(values, shapes, strict=True)
        return [self._tensor(where, value, shape, torch.float32) for value, shape in pairs]

    def _weights(
        self, where: Where, weights: Any, shapes: dict[str, tuple[int, ...]], sound: list[torch.Tensor]
    ) -> None:
        fields(where, weights, *shapes)
        if list(weights) != list(shapes):
            raise InvalidValue("{where} must have the layers {names}", where=where, names=", ".join(shapes))
        for (name, shape), may_be_used in zip(shapes.items(), sound, strict=True):
            value = self._tensor(within(where, name), weights[name], shape, torch.float32)
            if (may_be_used & ~value.isfinite()).any():
                raise InvalidValue("{where}: its weights are not finite", where=where)

    def _transitions(self, where: Where, steps: Any) -> list[Any]:
        sequence(where, steps, list)
        self.allowance.take("steps", len(steps))
        if not all(type(step) is tuple and len(step) == len(Transition._fields) for step in steps):
            refuse(where, Message("tuples of {count}", count=len(Transition._fields)), _("others"))
        columns = list(zip(*steps, strict=True))
        counts = {
            "state": self.origin.tiles,
            "next_state": self.origin.tiles,
            "action": ACTION_COUNT,
            "went": ACTION_COUNT,
        }
        for (name, kinds), column in zip(COLUMNS.items(), columns, strict=False):
            if not set(map(type, column)) <= kinds or not set(column) <= set(range(counts.get(name, 2))):
                raise InvalidValue("{where}: there is no such {name}", where=where, name=name)
        if columns and any(map(and_, columns[5], columns[6])):
            raise InvalidValue("{where}: a step is both terminated and truncated", where=where)
        return list(steps)

    def _counts(self, where: Where, counts: Any, steps: list[Any]) -> tuple[int, int, int]:
        sequence(within(where, "counts"), counts, list, 3)
        env_steps = whole(within(where, "env_steps"), counts[1], len(steps), MOST)
        updates = whole(within(where, "updates"), counts[0], 0, env_steps - len(steps))
        ended = sum(step[5] or step[6] for step in steps)
        return updates, env_steps, whole(within(where, "episodes"), counts[2], ended, env_steps)

    def _episodes(self, where: Where, state: Any, env_steps: int, episodes: int) -> None:
        outcomes, first_goal = fields(where, state, "outcomes", "first_goal_episode")
        sequence(within(where, "outcomes"), outcomes, list)
        if len(outcomes) > min(WINDOW, episodes) or any(type(outcome) is not bool for outcome in outcomes):
            refuse(
                within(where, "outcomes"),
                Message("at most {most} times true or false", most=min(WINDOW, episodes)),
                outcomes,
            )
        if first_goal is not None or any(outcomes):
            whole(within(where, "first_goal_episode"), first_goal, 1, episodes)

    def _position(self, where: Where, state: Any, settings: "_Settings") -> None:
        tile, env, generator = fields(where, state, "state", "env", "generator")
        s, last, went, elapsed, ice = fields(
            within(where, "env"), env, "s", "lastaction", "went", "elapsed", "generator"
        )
        whole(within(where, "state"), tile, 0, self.origin.tiles - 1)
        if whole(within(where, "env.s"), s, 0, self.origin.tiles - 1) != tile:
            raise InvalidValue("{where}: the environment is at another tile than the agent", where=where)
        if settings.config.tile(tile) in "HG":
            raise InvalidValue("{where}: the agent stands on a hole or a goal", where=where)
        whole(within(where, "env.went"), went, 0, ACTION_COUNT - 1)
        if whole(within(where, "env.elapsed"), elapsed, 0, max(settings.limits) - 1) > 0:
            whole(within(where, "env.lastaction"), last, 0, ACTION_COUNT - 1)
        else:
            typed(within(where, "env.lastaction"), last, type(None))
        _generator(within(where, "generator"), generator)
        _generator(within(where, "env.generator"), ice)

    def _batch(self, where: Where, state: Any, finite: bool, settings: "_Settings") -> None:
        judgement, passes, in_force = fields(where, state, "judgement", "passes", "in_force")
        sequence(within(where, "in_force"), in_force, list, 4)
        for name, value in zip(("learning_rate", "ent_coef"), in_force, strict=False):
            number(within(where, name), value, 0, 1000)
        settings.check(where, in_force[2], in_force[3])
        tables = []
        if judgement is not None:
            columns = sequence(within(where, "judgement"), judgement, list, len(Judgement._fields))
            shape = (len(state["transitions"]),)
            tables += [self._tensor(within(where, "judgement"), c, shape, torch.float64) for c in columns]
        for one in passes:
            policy, *losses, clip = sequence(within(where, Message("a pass")), one, tuple, len(Pass._fields))
            table = (self.origin.tiles, ACTION_COUNT)
            tables.append(self._tensor(within(where, Message("a pass")), policy, table, torch.float64))
            if (tables[-1] > 0).any():
                raise InvalidValue("{where}: a pass has a probability over 1", where=where)
            for loss in losses:
                typed(within(where, Message("a pass")), loss, float)
            KNOBS["clip_coef"].check(scalar(within(where, "clip_coef"), clip))
        if finite and not all(bool(table.isfinite().all()) for table in tables):
            raise InvalidValue("{where}: the figures of its batch are not finite", where=where)


class _Settings:
    """The config in force, and every value that some knobs have had: a batch or an episode may keep an earlier one."""

    def __init__(self, origin: Config, changes: tuple[Change, ...]) -> None:
        self.config = origin.changed(changes)
        self.sizes, self.epochs, self.limits = (
            {getattr(origin, name), *(change.value for change in changes if change.name == name)}
            for name in ("batch_size", "epochs", "max_episode_steps")
        )

    def check(self, where: Where, batch_size: Any, epochs: Any) -> None:
        for name, value, values in (("batch_size", batch_size, self.sizes), ("epochs", epochs, self.epochs)):
            if whole(within(where, name), value, 1, 65_536) not in values:
                raise InvalidValue("{where}: {name} was never {value}", where=where, name=name, value=value)


def _generator(where: Where, state: Any) -> None:
    kind, inner, has_half, half = fields(where, state, "bit_generator", "state", "has_uint32", "uinteger")
    if typed(where, kind, str) != "PCG64":
        refuse(where, "PCG64", kind)
    position, increment = fields(where, inner, "state", "inc")
    whole(where, position, 0, 2**128 - 1)
    if whole(where, increment, 0, 2**128 - 1) % 2 == 0:
        refuse(within(where, "inc"), Message("odd"), increment)
    whole(where, has_half, 0, 1)
    whole(where, half, 0, 2**32 - 1)


def _adam_steps(where: Where, adams: Any, updates: int, passes: int) -> None:
    """Check the number of passes so far; format 1 has it as tensors, one for each parameter."""
    for adam in OPTIMISED:
        (steps,) = fields(where, adams[adam], "steps")
        for count in sequence(within(where, Message("Adam's steps")), steps, list) or [None]:
            plain = int(count) if isinstance(count, torch.Tensor) and count.numel() == 1 and count.isfinite() else count
            whole(within(where, Message("Adam's steps")), plain, updates + passes, 1000 * updates + passes)
            if plain != int(adams["actor"]["steps"][0]):
                raise InvalidValue("{where}: Adam's steps differ", where=where)


def _moment(where: Where, state: Any, updates: int, settings: _Settings) -> Moment:
    """Return the moment of a state, as `Trainer.moment` does, after checking that its parts are of one phase."""
    steps, judged, passes = len(state["transitions"]), state["judgement"] is not None, len(state["passes"])
    _, _, batch_size, epochs = state["in_force"]
    if steps > max(settings.sizes) or passes > max(settings.epochs):
        raise InvalidValue("{where}: its batch is too long", where=where)
    if (judged and steps < batch_size) or (passes and not judged):
        raise InvalidValue("{where}: its batch is improved before it is judged", where=where)
    if steps < batch_size:
        return Moment(updates, Phase.COLLECT, steps)
    if not judged:
        return Moment(updates, Phase.JUDGE, 0)
    return Moment(updates, Phase.IMPROVE, passes) if passes < epochs else Moment(updates, Phase.COPY, 0)
