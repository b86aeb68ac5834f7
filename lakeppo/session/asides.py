"""Commands that leave the run as it stands. Only the worker thread imports this."""

from typing import assert_never

from lakeppo.errors import InvalidValue
from lakeppo.session import commands, notices
from lakeppo.session.controller import Controller
from lakeppo.session.navigation import caption


def carry_out(controller: Controller, command: commands.Note) -> None:
    """Note what a person wants to be kept, watched or written."""
    match command:
        case commands.CaptionBookmark():
            _caption(controller, command)
        case commands.RenameBranch():
            _rename_branch(controller, command)
        case commands.WatchBatch(on, part):
            controller.watched = part if on else None
        case commands.StopWhen(text):
            controller.stop_when(text)
        case commands.CycleSiblings():
            controller.siblings.cycle(controller.timeline, controller.limit)
        case commands.Save():
            controller.saver.on_demand()
        case commands.Export():
            controller.saver.export()
        case _:
            assert_never(command)


def _caption(controller: Controller, command: commands.CaptionBookmark) -> None:
    try:
        controller.notify(caption(controller.timeline, command.moment, command.caption))
    except InvalidValue as error:
        controller.notify(error.message)


def _rename_branch(controller: Controller, command: commands.RenameBranch) -> None:
    branches = controller.timeline.branches[command.index :]
    if not branches:  # of a run that has made way for another meanwhile
        return
    before = branches[0].name
    try:
        controller.timeline.rename(branches[0], command.name.strip())
    except InvalidValue as error:
        controller.notify(error.message)
    else:
        controller.notify(notices.branch_renamed(before, branches[0].name))
