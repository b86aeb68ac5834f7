"""The commands that go on, go back, and go elsewhere."""

import math
from dataclasses import replace

from lakeppo.errors import InvalidValue
from lakeppo.i18n import _
from lakeppo.moment import BEGINNING, Moment, Phase
from lakeppo.plain.lists import event_lines
from lakeppo.plain.player import Level
from lakeppo.plain.shell import Shell, chosen, whole
from lakeppo.session.commands import (
    Back,
    Command,
    GoBy,
    GoTo,
    GoToBranch,
    GoToEnd,
    GoToEvent,
    NextBranch,
    NextEvent,
    Unit,
)
from lakeppo.session.snapshot import PACES
from lakeppo.tui.shared_settings import PACE
from lakeppo.tui.state import AppState
from lakeppo.tui.text.explanations import explain
from lakeppo.tui.text.formatting import pace_words

UNITS = {unit.value: unit for unit in Unit}
LEVELS = {level.value: level for level in Level}
MOST_TIMES = 10_000


def step(shell: Shell, words: list[str]) -> None:
    """Go on by so many units, the next one without words."""
    unit, times = _unit_and_times(words)
    for _time in range(times):
        if not shell.player.step(unit, shell.step_level):
            break
        shell.interrupted = shell.conductor.interrupted()
        if shell.interrupted:
            break


def back(shell: Shell, words: list[str]) -> None:
    unit, times = _unit_and_times(words)
    for time in range(times):
        before = shell.state.moment
        if time == times - 1:
            shell.travel(Back(unit))
        elif shell.do(Back(unit)).moment == before or shell.conductor.interrupted():
            break


def _unit_and_times(words: list[str]) -> tuple[Unit, int]:
    unit, times = Unit.NEXT, 1
    for word in words:
        if word.isdecimal():
            times = min(whole(word, 1), MOST_TIMES)
        else:
            unit = UNITS[chosen(word.removesuffix("s") if word.lower() != "pass" else word, UNITS)]
    return unit, times


def play(shell: Shell, words: list[str]) -> None:
    """Go on until the run has reached its limit, a condition is met, or a person presses a key."""
    past, limit = at_limit(shell), shell.state.limit
    level = shell.play_level if not words else LEVELS[chosen(words[0], LEVELS)]

    def ended(before: AppState, after: AppState) -> bool:
        """Whether the run stands at the end of the update that has reached its limit, as `train` leaves it."""
        return not past and after.progress >= limit.count and not any(after.moment[1:])

    beyond = past and not shell.commands.interactive  # a script would play for ever
    if beyond or shell.player.go(ended, level, paced=True):
        finished(shell)
    else:
        _stopped(shell)


def at_limit(shell: Shell) -> bool:
    return shell.state.progress >= shell.state.limit.count


def _stopped(shell: Shell) -> None:
    if not shell.state.snapshot.met:
        shell.interrupted = True
        shell.out.say(_("Paused."))


def finished(shell: Shell) -> None:
    """Say what the run has come to at its limit."""
    state = shell.state
    ended = replace(state, snapshot=replace(state.snapshot, status="finished", demo=None))
    shell.out.say_all(explain(ended))


def pause(shell: Shell, words: list[str]) -> None:
    """The run rests whenever no command goes on."""
    shell.out.say(_("Paused."))


def narrate(shell: Shell, words: list[str]) -> None:
    """Set what gets a line of its own, in steps and while the run plays."""
    if words:
        shell.step_level = shell.play_level = LEVELS[chosen(words[0], LEVELS)]
    template = _("A line for each {level} in steps, for each {other} while it plays.")
    shell.out.say(template.format(level=shell.step_level.value, other=shell.play_level.value))


def pace(shell: Shell, words: list[str]) -> None:
    """Set the pace: `15`, `full`."""
    if words:
        value = PACE.parse(words[0])
        shell.player.pace = PACES.index(math.inf if isinstance(value, str) else float(value))  # type: ignore[arg-type]  # a number
    shell.out.say(_("Pace: {pace}.").format(pace=pace_words(shell.player.pace)))


def faster(shell: Shell, words: list[str]) -> None:
    _change_pace(shell, 1)


def slower(shell: Shell, words: list[str]) -> None:
    _change_pace(shell, -1)


def _change_pace(shell: Shell, by: int) -> None:
    shell.player.pace = max(0, min(len(PACES) - 1, shell.player.pace + by))
    pace(shell, [])


def go(shell: Shell, words: list[str]) -> None:
    """Go to an update, by updates, to the start or the end, to an event, or to the end of a branch."""
    if not words:
        raise InvalidValue("where to? {key}, go +10, go -10, go start, go end, go event 2, go BRANCH", key="go 48")
    first, names = words[0], [branch.name for branch in shell.state.snapshot.position.branches]
    if len(words) == 1 and first in names:
        shell.travel(GoToBranch(first))
    elif first[0] in "+-" and first[1:].isdecimal():
        _go_by(shell, whole(first[1:]) * (-1 if first[0] == "-" else 1))
    elif first.isdecimal():
        go_to(shell, read_moment(words))
    else:
        targets = ["start", "end", "event", "branch", *names]
        target = chosen(first, targets)
        if target == "event":
            _go_to_event(shell, words[1:])
        elif target == "branch":
            shell.travel(GoToBranch(" ".join(words[1:])) if words[1:] else NextBranch())
        else:
            ends: dict[str, Command] = {"start": GoTo(BEGINNING), "end": GoToEnd()}
            shell.travel(ends.get(target) or GoToBranch(target))


def _go_by(shell: Shell, by: int) -> None:
    position, here = shell.state.snapshot.position, shell.state.moment
    if by > 0 and not (position.rewound and position.end is not None and here.update + by <= position.end.update):
        go_to(shell, Moment(here.update + by, Phase.COLLECT, 0))
    else:
        shell.travel(GoBy(by))


def read_moment(words: list[str]) -> Moment:
    """Return the moment that words name: `48`, `48 pass 3`, `48 step 12`, `48 copy`. Raises `InvalidValue`."""
    update = whole(words[0])
    if len(words) == 1:
        return Moment(update, Phase.COLLECT, 0)
    phases = {"step": Phase.COLLECT, "collect": Phase.COLLECT, "judge": Phase.JUDGE, "pass": Phase.IMPROVE,
              "improve": Phase.IMPROVE, "copy": Phase.COPY}  # fmt: skip
    phase = phases[chosen(words[1], phases)]
    counted = phase in (Phase.COLLECT, Phase.IMPROVE) and len(words) > 2
    return Moment(update, phase, whole(words[2]) if counted else 0)


def go_to(shell: Shell, moment: Moment) -> None:
    """Go to a moment of this branch; what has not been computed yet is played and told by the update."""
    end = shell.state.snapshot.position.end
    if end is not None and moment > end > shell.state.moment:
        shell.do(GoToEnd())
    if moment <= shell.state.moment or (end is not None and moment <= end):
        shell.travel(GoTo(moment))
        return
    while (here := shell.state.moment) < moment:
        level = shell.play_level if here.update < moment.update else Level.PHASE
        level = Level.UNIT if here[:2] == moment[:2] else level
        if not shell.player.go(lambda before, after: after.moment >= moment or after.moment.index == 0, level):
            _stopped(shell)
            return


def _go_to_event(shell: Shell, words: list[str]) -> None:
    events = shell.state.snapshot.position.events
    if not words or not events:
        shell.out.say_all(event_lines(shell.state))
        return
    number = whole(words[0], 1)
    if number > len(events):
        raise InvalidValue("there are {count} events, and no number {number}", count=len(events), number=number)
    shell.travel(GoToEvent(events[number - 1]))


def following(shell: Shell, words: list[str]) -> None:
    """Go to the next event or branch."""
    what = chosen(words[0] if words else "event", ["event", "branch", "caption"])
    if what == "caption":
        show(shell, ["next"])
    else:
        shell.travel(NextEvent(1) if what == "event" else NextBranch())


def previous(shell: Shell, words: list[str]) -> None:
    if words and chosen(words[0], ["event", "caption"]) == "caption":
        show(shell, ["previous"])
    else:
        shell.travel(NextEvent(-1))


def show(shell: Shell, words: list[str]) -> None:
    """Go from one captioned moment to another, and say its caption."""
    captions = shell.state.snapshot.position.captions
    if not captions:
        raise InvalidValue("no moment has a caption yet; {keys[caption]} gives this one a caption")
    by = -1 if words and chosen(words[0], ["next", "previous"]) == "previous" else 1
    shell.caption = max(0, min(len(captions) - 1, shell.caption + by))
    one = captions[shell.caption]
    shell.travel(GoTo(one.moment, one.branch))
    shell.out.say(one.text)
