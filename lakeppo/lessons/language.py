"""The words of promises and figures: those of the app's conditions for each arm, and functions of updates and seeds.

`A.exact` is the exact success of one seed of arm A at the moment that is looked at. No torch: files are checked here.
"""

from collections.abc import Iterable, Iterator, Mapping

from lakeppo.conditions.expression import Call, Expression, Name, parts
from lakeppo.conditions.parser import NUMBER, TRUTH, Function, Parameter, Vocabulary, parse
from lakeppo.config import Config
from lakeppo.errors import InvalidValue
from lakeppo.i18n import N_
from lakeppo.lake.transition import ACTIONS
from lakeppo.runs.vocabulary import ACTION, NAMES, PROBABILITY

OWN: Mapping[str, str] = {
    "goals": "goals reached so far",
    "ceiling": "highest success that is known to be reachable on the lake",
    "random": "success of choosing each action at random",
    "cut": "episodes that the time limit has cut off so far",
    "entropy_after": "mean entropy of the policy right after the update, over the states of its batch",
    "batch_goals": "goals in the batch of this update",
    "batch_episodes": "episodes that ended in the batch of this update",
    "pass_kl": "KL(old || new) in the last pass of the update",
    "pass_ratio_min": "smallest ratio in the last pass",
    "pass_ratio_max": "largest ratio in the last pass",
    "pass_moved": "samples whose ratio is not 1 in the last pass",
    "pass_inside": "samples inside the clip band in the last pass",
    "pass_returning": "samples outside it in the last pass whose gradient points back",
    "pass_stopped": "samples outside it in the last pass without a gradient",
    "halted": "samples stopped in a pass that has another one after it, all passes taken together",
    "farther": "those of them that are farther out one pass later",
    "advantage_sd": "standard deviation of the raw advantages of the batch",
    "weight_max": "largest size of an advantage as the objective uses it",
    "heard": "steps of the first goal's episode, in its batch, with an advantage over 0.2; 0 before that batch",
    "heard_of": "all steps of that episode in its batch",
}
"""Figures of an update besides those of the app's conditions, and what they are."""
WHOLE = {
    "update", "env_steps", "episodes", "goals", "cut", "batch_goals", "batch_episodes", "pass_moved", "pass_inside",
    "pass_returning", "pass_stopped", "halted", "farther", "heard", "heard_of",
}  # fmt: skip
"""The figures that are whole numbers."""
FLEET_NAMES = {"exact", "solved", "goals", "episodes", "env_steps", "update", "ceiling", "random"}
"""The figures that many seeds trained together give; for the others each seed is run by itself."""
WITHIN = "within"
SEEDS = "seeds"
"""The number of seeds that are looked at."""
_X, _CONDITION = Parameter("figure"), Parameter("condition", TRUTH)
OVER_SEEDS: Mapping[str, Function] = {
    "median": Function((_X,)),
    "mean": Function((_X,)),
    "share": Function((_CONDITION,)),
    "count": Function((_CONDITION,)),
    "p_larger": Function((_X, Parameter("figure"), Parameter("seeds", last=100))),
}
"""Functions that evaluate their argument for each seed."""
OVER_UPDATES: Mapping[str, Function] = {
    "max": Function((_X,)),
    "min": Function((_X,)),
    "average": Function((_X,)),
    "first": Function((_X,)),
    "before": Function((_X,)),
    "ever": Function((_CONDITION,), TRUTH),
    "correlation": Function((_X, Parameter("figure"))),
    "at_last": Function((_X, _CONDITION)),
    "min_since": Function((_X, _CONDITION)),
}
"""Functions that evaluate their argument at each update looked at, from `since` on."""
MEANINGS: Mapping[str, str] = {
    "median": "median over the seeds that have a value",
    "mean": "mean over the seeds that have a value",
    "share": "share of the seeds for which the condition holds",
    "count": "number of seeds for which the condition holds",
    "p_larger": "how often the mean of so many seeds of the first figure is larger than that of the second",
    "max": "largest value of the updates of a seed",
    "min": "smallest value of the updates of a seed",
    "average": "mean over the updates of a seed",
    "first": "value at the first update that has one",
    "before": "value at the update before",
    "ever": "whether the condition held at some update",
    "correlation": "correlation of two figures over the updates of a seed",
    "at_last": "value at the last update at which the condition held",
    "min_since": "smallest value from the first update on at which the condition held",
}
"""What the functions of seeds and of updates give."""
PLAIN: Mapping[str, Function] = {"abs": Function((_X,))}
FIGURE_NAMES = (*(name for name, kind in NAMES.items() if kind != ACTION), *OWN)


def vocabulary(arms: Mapping[str, Config]) -> Vocabulary:
    """Return the words of an expression on these arms; one named "" is the only one, and its names have no prefix."""
    names, functions = {SEEDS: NUMBER, **dict.fromkeys(ACTIONS, ACTION)}, {**OVER_SEEDS, **OVER_UPDATES, **PLAIN}
    for arm, config in arms.items():
        prefix = f"{arm}." if arm else ""
        kinds = NAMES | dict.fromkeys(OWN, NUMBER)
        names |= {f"{prefix}{name}": kind for name, kind in kinds.items() if kind != ACTION}
        tile = Parameter("tile", last=config.tiles - 1)
        functions[f"{prefix}{PROBABILITY}"] = Function((tile, Parameter("action", ACTION)))
        functions[f"{prefix}{WITHIN}"] = Function((Parameter("steps", last=100_000),))
    return Vocabulary(names, functions)


def parse_promise(text: str, arms: Mapping[str, Config]) -> Expression:
    """Return a condition over many seeds. Raises `InvalidValue`."""
    found = parse(text, vocabulary(arms))
    if (name := next(_of_one_seed(found), None)) is not None:
        template = N_("{name} is a figure of each seed: write median({name}) or share({name} ...)")
        raise InvalidValue(template, name=name)
    return found


def parse_figure(text: str, arms: Mapping[str, Config]) -> Expression:
    """Return a figure of the lesson's run, or of many seeds. Raises `InvalidValue`."""
    return parse(text, vocabulary(arms), NUMBER)


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield all parts of an expression, arguments of functions included."""
    for part in parts(expression):
        yield part
        if isinstance(part, Call):
            for argument in part.arguments:
                yield from walk(argument)


def over_seeds(expression: Expression) -> bool:
    """Return whether an expression looks at many seeds."""
    return any((isinstance(part, Call) and part.name in OVER_SEEDS) or part == Name(SEEDS) for part in walk(expression))


def words_of(expression: Expression, arms: Iterable[str]) -> dict[str, set[str]]:
    """Return the names and functions, without their prefix, that an expression uses of each arm."""
    used: dict[str, set[str]] = {}
    for part in walk(expression):
        if isinstance(part, Name | Call) and "." in part.name:
            arm, _, word = part.name.partition(".")
            if arm in arms:
                used.setdefault(arm, set()).add(word)
    return used


def _of_one_seed(expression: Expression) -> Iterator[str]:
    """Yield the figures of an expression that belong to one seed, and stand outside every function over seeds."""
    for part in parts(expression):
        if isinstance(part, Name) and "." in part.name:
            yield part.name
        if isinstance(part, Call) and part.name not in OVER_SEEDS:
            if "." in part.name:
                yield part.name
            for argument in part.arguments:
                yield from _of_one_seed(argument)
