"""Commands that leave the run as it stands. Only the worker thread imports this."""

from typing import assert_never

from lakeppo.session import commands
from lakeppo.session.controller import Controller


def carry_out(controller: Controller, command: commands.Note) -> None:
    """Note what a person wants to be kept, watched or written."""
    match command:
        case commands.CaptionBookmark():
            controller.caption(command)
        case commands.RenameBranch():
            controller.rename_branch(command)
        case commands.WatchBatch(on):
            controller.batch_watched = on
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
