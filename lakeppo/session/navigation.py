"""The ladder of steps, forwards and backwards, and the other keys of time."""

from collections.abc import Callable

from lakeppo.moment import Moment, Phase
from lakeppo.runs.timeline import Timeline
from lakeppo.session.channel import Command
from lakeppo.wording import moment_words, short_moment

FAR = 60
"""Updates that are lived again before anything else is done; what lies further away is travelled to in sight."""
Result = str | Moment | None
"""A line when nothing changed or something was made; a moment that is still to be reached; or nothing to say."""


def travel(timeline: Timeline, command: Command) -> Result:
    """Carry a command of time out."""
    if command.startswith("go:"):
        return _go(timeline, int(command.removeprefix("go:")))
    if command.startswith("line:"):
        return _branch(timeline, command.removeprefix("line:"))
    return COMMANDS[command](timeline)


def is_travel(command: Command) -> bool:
    return command in COMMANDS or command.startswith(("go:", "line:"))


def _go(timeline: Timeline, update: int) -> Result:
    return timeline.go_to(Moment(max(0, update), Phase.COLLECT, 0), FAR)


def _by(updates: int) -> Callable[[Timeline], Result]:
    def go(timeline: Timeline) -> Result:
        here = timeline.run.moment
        if updates > 0 and not timeline.rewound:
            return "this is now; u goes on"
        if updates < 0 and here > Moment(here.update, Phase.COLLECT, 0):
            return _go(timeline, here.update + updates + 1)
        return _go(timeline, here.update + updates)

    return go


def _back(command: Command) -> Callable[[Timeline], str | None]:
    def go(timeline: Timeline) -> str | None:
        there = STEPS[command]
        return None if timeline.back(lambda phase: there(timeline, phase)) else "this is the beginning"

    return go


def _reaches_goal(timeline: Timeline, phase: Phase) -> bool:
    if phase is not Phase.COLLECT:
        return False
    step = timeline.run.trainer.transitions[-1]
    return step.terminated and timeline.run.config.tile(step.next_state) == "G"


def _end(timeline: Timeline) -> Result:
    return timeline.go_to(timeline.branch.end, FAR)


def _bookmark(timeline: Timeline) -> str:
    marks, moment = timeline.branch.bookmarks, timeline.run.moment
    words = moment_words(moment, timeline.run.trainer.batch_size, timeline.run.trainer.epochs)
    if moment in marks:
        marks.remove(moment)
        return f"bookmark taken away at {words}"
    marks.append(moment)
    marks.sort()
    return f"bookmark at {words}"


def _add_branch(timeline: Timeline) -> str:
    branch = timeline.add_branch()
    where = short_moment(timeline.run.moment)
    return f"branch {branch.name} leaves {branch.parent} at {where}; change something and go on; c compares"


def _next_line(timeline: Timeline) -> Result:
    branches = timeline.branches
    if len(branches) == 1:
        return "there is only one line yet; b branches"
    return _branch(timeline, branches[(branches.index(timeline.branch) + 1) % len(branches)].name)


def _branch(timeline: Timeline, name: str) -> Result:
    """To the end of a line, by its name."""
    branches = {branch.name: branch for branch in timeline.branches}
    if name not in branches:
        return f"there is no line named {name}"
    far = timeline.switch(branches[name], FAR)
    return far or f"this is {name}, one of {len(branches)} lines"


STEPS: dict[Command, Callable[[Timeline, Phase], bool]] = {
    "unit": lambda timeline, phase: True,
    "pass": lambda timeline, phase: phase is Phase.IMPROVE,
    "phase": lambda timeline, phase: timeline.run.moment.index == 0,
    "update": lambda timeline, phase: phase is Phase.COPY,
    "goal": _reaches_goal,
}
"""The ladder: whether a step ends where the timeline stands, asked right after a unit of `phase`."""
COMMANDS: dict[Command, Callable[[Timeline], Result]] = {
    **{f"back_{command}": _back(command) for command in STEPS},
    "earlier": _by(-1),
    "later": _by(1),
    "earlier10": _by(-10),
    "later10": _by(10),
    "start": lambda timeline: _go(timeline, 0),
    "end": _end,
    "bookmark": _bookmark,
    "branch": _add_branch,
    "next_line": _next_line,
}
