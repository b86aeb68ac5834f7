"""The commands as Typer makes them, with `--lang`."""

from typing import Annotated, Any

from typer import Option, Typer
from typer.main import get_command

from lakeppo.i18n import N_
from lakeppo.language import OPTION

LANGUAGE = Option(
    OPTION, help=N_("Language: English or Chinese; auto: that of the system."), metavar="en|zh|auto",
    expose_value=False,
)  # fmt: skip


def command(app: Typer) -> Any:
    """Return the command of an app; it and each of its commands accept `--lang`, which `start_language` has read."""
    group: Any = get_command(app)
    for one in (group, *group.commands.values()):
        one.params.append(_language())
    return group


def _language() -> Any:
    """Return the option, made by Typer: the arguments of its class differ between releases."""
    app = Typer(add_completion=False)

    @app.command()
    def only(lang: Annotated[str | None, LANGUAGE] = None) -> None:
        pass

    made: Any = get_command(app)
    return made.params[0]
