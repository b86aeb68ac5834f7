"""Commands and moments with short names, and waits for a worker thread."""

import time
from collections.abc import Callable

from lakeppo.config import Config, make_config
from lakeppo.errors import InvalidValue, Message
from lakeppo.moment import Moment, Phase
from lakeppo.runs.run import Run
from lakeppo.runs.trainer_state import state_sha256, trainer_state, weights_sha256
from lakeppo.session.commands import ChangePace, Command, GoTo, SetKnob, Step, Unit
from lakeppo.session.snapshot import Snapshot
from lakeppo.session.worker import Worker
from lakeppo.storage.checkpoint import Save, read_save

CLASSIC = make_config("classic")
UNIT, PASS, PHASE, UPDATE, GOAL, _ = (Step(unit) for unit in Unit)
SLOWER, FASTER = ChangePace(-1), ChangePace(1)
CLIP_OFF = SetKnob("clip_coef", None)


def moment(update: int, phase: Phase = Phase.COLLECT, index: int = 0) -> Moment:
    return Moment(update, phase, index)


def go(update: int) -> GoTo:
    return GoTo(moment(update))


def wait_for(condition: Callable[[], object], seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def send(worker: Worker, *commands: Command) -> None:
    """Queue commands at once, as a burst of keys does while the worker is behind."""
    for command in commands:
        worker._channel.commands.put(command)


def see(worker: Worker, condition: Callable[[Snapshot], object]) -> Snapshot:
    """Return the first snapshot that meets the condition."""
    seen: list[Snapshot] = []

    def look() -> bool:
        assert worker.failure is None, worker.details
        snapshot = worker.take()
        if snapshot is not None:
            seen.append(snapshot)
        return bool(snapshot and condition(snapshot))

    wait_for(look)
    return seen[-1]


def answers(snapshot: Snapshot) -> tuple[Message, ...]:
    """Return the notices that answer a command: all but those of events."""
    return tuple(notice for notice in snapshot.notices if "what" not in notice.arguments)


def see_notice(worker: Worker, notice: Message) -> Snapshot:
    """Return the first snapshot with this notice, or with one of its template."""
    return see(worker, lambda s: notice in s.notices)


def quit_and_read(worker: Worker) -> Save:
    """Quit after the commands sent so far, and return what the worker saved.

    Commands that wait longer than the worker's patience after the wish to quit would be dropped.
    """
    wait_for(worker._channel.commands.empty)
    worker.stop(drop=False)
    wait_for(worker.stopped)
    assert worker.failure is None, worker.details
    assert worker.ending.saved is not None
    return read_save(worker.ending.saved)


def run_to(end: Moment, *, clip_off_at: Moment | None = None, seed: int = 0, config: Config = CLASSIC) -> Run:
    """Return a run driven straight to a moment, without its clip from another on."""
    run = Run(config, seed)
    while run.moment < end:
        run.unit()
        if run.moment == clip_off_at:
            run.change("clip_coef", None)
    return run


def refusal(function: Callable[..., object], *arguments: object) -> Message:
    """Return the notice of the `InvalidValue` that a call raises."""
    try:
        function(*arguments)
    except InvalidValue as error:
        return error.message
    raise AssertionError("nothing was refused")


def hashes(run_or_save: Run | Save) -> tuple[str, str]:
    state = trainer_state(run_or_save.trainer) if isinstance(run_or_save, Run) else run_or_save.state
    return weights_sha256(state), state_sha256(run_or_save.seed, run_or_save.config, state)
