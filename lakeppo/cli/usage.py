"""Help and usage errors in the language in use.

Typer makes them in English, in words that differ a little between its releases: they are recognised and translated.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from lakeppo.cells import folded, padded, widest
from lakeppo.cli.language import OPTION
from lakeppo.cli.options import HELP_TEMPLATES, flag, knob_help, preset_list
from lakeppo.config import ALIASES, KNOBS
from lakeppo.i18n import N_, _, language

COMMANDS: Mapping[str, str] = {
    "": N_(
        "Watch PPO learn to cross FrozenLake, one step and one gradient pass at a time, in your terminal.\n\n"
        "Start with `lakeppo tui` and press `?` for help. `lakeppo train` makes the same runs without a screen."
    ),
    "tui": N_(
        "Watch PPO learn in the terminal.\n\n"
        "Keys, unless the settings bind others: space pauses, . e n u step, s changes the ice, ? shows the help. "
        "Theme, pace and view are remembered once a key has changed them; see `lakeppo settings --help`. The "
        "first time a tour of one minute comes first; esc leaves it."
    ),
    "train": N_(
        "Train without a screen and print a report.\n\n"
        "Training stops at the end of the update that reaches the preset's limit, or with --run at the end of "
        "that run, unless another limit is given: then within an update as well. So may --stop-when."
    ),
    "fleet": N_(
        "Train many agents at once and report how their results vary.\n\n"
        "Each agent equals its single run but for rounding. It stops at the end of the update in which it reaches "
        "the limit."
    ),
    "replay": N_(
        "Play episodes of a saved policy in Gymnasium.\n\n"
        "The report counts how they end and gives the policy's exact success beside it."
    ),
    "inspect": N_(
        "Print the content of a checkpoint.\n\n"
        "This is the run, the moment, the policy and its exact success; with --batch, the steps of its batch; "
        "with --history, the figures of every update of its branch."
    ),
    "settings": N_(
        "Show the settings in force, and where each comes from.\n\n"
        "An option comes before the environment, that before the file, that before the default. LAKEPPO_CONFIG "
        "names another file. What is wrong in the file is left out and named on standard error; the status is "
        "then 1."
    ),
    "lesson": N_(
        "Take a lesson: predict, run, compare, try.\n\n"
        "A lesson is one TOML file with texts in both languages; --new writes one to start from."
    ),
}
"""The help of each command, and of the program; the first paragraph is its line in the list of commands."""
TEMPLATES = (
    *HELP_TEMPLATES,
    N_("Invalid value for {hint}: {message}"),
    N_("Invalid value: {message}"),
    N_("Missing argument {hint}."),
    N_("Missing option {hint}."),
    N_("Missing command."),
    N_("No such option: {name} (Possible options: {names})"),
    N_("No such option: {name} Did you mean {names}?"),
    N_("No such option: {name}"),
    N_("No such option {name}. (Did you mean one of: {names}?)"),
    N_("No such option {name}. Did you mean {names}?"),
    N_("No such option {name}."),
    N_("No such command {name}. Did you mean {names}?"),
    N_("No such command {name}."),
    N_("Got unexpected extra argument(s) ({words})"),
    N_("Got unexpected extra argument ({words})"),
    N_("Got unexpected extra arguments ({words})"),
    N_("Option {name} requires an argument."),
    N_("Option {name} does not take a value."),
    N_("Input should be a valid integer, unable to parse string as an integer"),
    N_("Input should be greater than or equal to {least}"),
    N_("Input should be less than or equal to {most}"),
    N_("{value} is not a valid integer range."),
    N_("{value} is not a valid integer."),
    N_("{value} is not in the range {span}."),
    N_("default: {default}"),
)
"""Typer's sentences, of which the first that fits is the one meant."""
WORDS = (
    N_("Arguments"), N_("Options"), N_("Commands"), N_("[OPTIONS]"), N_("COMMAND [ARGS]..."), N_("required"),
    N_("Show this message and exit."), N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)  # fmt: skip
"""Typer's words, which are translated by themselves."""
EXTRA = re.compile(r"(.*?)(?:  \\?\[([^]]*)\])?", re.DOTALL)
"""The help of an option, and what Typer adds to it: default, range, whether it is required."""
FIRST_COLUMN = 30
"""Cells of an option's name and metavar, beside which its help begins."""
LANGUAGE = typer.Option(
    OPTION, help=N_("Language: English or Chinese; auto: that of the system."), metavar="en|zh|auto",
    expose_value=False,
)  # fmt: skip


def translated(text: str) -> str:
    """Return one of Typer's texts in the language in use; any other text as it is."""
    if (known := _(text)) != text:
        return known
    for template in TEMPLATES:
        if match := _pattern(template).fullmatch(text):
            return _(template).format(**{name: translated(part) for name, part in match.groupdict().items()})
    return text


def refusal(error: Any) -> str:
    """Return what a usage error says; to one of the tutorial's names, what the option is called here."""
    word = getattr(error, "option_name", "")
    own = {flag(alias): flag(name) for alias, name in ALIASES.items()}.get(word)
    if own is not None and own in {name for one in error.ctx.command.params for name in one.opts}:
        return _("{word} is called {own} here").format(word=word, own=own)
    return translated(error.format_message())


@lru_cache
def _pattern(template: str) -> re.Pattern[str]:
    """Return what matches the texts that a template makes."""
    parts = re.split(r"\{(\w+)\}", template)
    shown = (re.escape(part) if place % 2 == 0 else f"(?P<{part}>.*?)" for place, part in enumerate(parts))
    return re.compile("".join(shown), re.DOTALL)


_Formatter: Any = typer.Context.formatter_class


class HelpFormatter(_Formatter):  # type: ignore[misc]  # Typer's own Click; its module differs between releases
    """Writes help in the language in use: English as Click lays it out, others by cells."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or _("Usage: "))

    def write_heading(self, heading: str) -> None:
        super().write_heading(_(heading))

    def write_text(self, text: str) -> None:
        if language() == "en":
            super().write_text(text)
            return
        indent = " " * self.current_indent
        for place, paragraph in enumerate(text.split("\n\n")):
            raw = paragraph.removeprefix("\b\n")
            lines = raw.splitlines() if raw != paragraph else folded(paragraph, self.width - self.current_indent)
            self.write("\n" * bool(place) + "".join(f"{indent}{line}\n" for line in lines))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = FIRST_COLUMN, col_spacing: int = 2) -> None:
        rows = [(first, _described(second)) for first, second in rows]
        if language() == "en":
            super().write_dl(rows, col_max, col_spacing)
            return
        column = min(widest(first for first, _second in rows), col_max)
        rest = " " * (self.current_indent + column + col_spacing)
        for first, second in rows:
            lines = folded(second, max(self.width - column - col_spacing - 2, 10)) or [""]
            name = " " * self.current_indent + padded(first, column + col_spacing)
            start = name if widest([first]) <= column else f"{name}\n{rest}"
            self.write("".join(f"{line.rstrip()}\n" for line in (start + lines[0], *(rest + one for one in lines[1:]))))


def _described(text: str) -> str:
    """Return the second column of a list of options or commands in the language in use."""
    match = EXTRA.fullmatch(text)
    assert match is not None
    extras = f"  [{'; '.join(map(translated, match[2].split('; ')))}]" if match[2] else ""
    return translated(match[1]) + extras


def command(app: typer.Typer) -> Any:
    """Return the command of an app, which says everything in the language in use.

    It and each of its commands accept `--lang`, which `start_language` has read.
    """
    group: Any = get_command(app)
    for name, one in {"": group, **group.commands}.items():
        one.params.append(_language())
        one.help = _(COMMANDS[name])
        one.short_help = one.help.partition("\n\n")[0]
        one.options_metavar = _(one.options_metavar)
        one.context_class = type("Context", (one.context_class,), {"formatter_class": HelpFormatter})
        for parameter in one.params:
            if parameter.metavar:
                parameter.metavar = _(parameter.metavar)
            if one.epilog and parameter.name in KNOBS:
                parameter.help = knob_help(KNOBS[parameter.name])
        if one.epilog:  # a command with knobs
            one.epilog = preset_list()
    group.subcommand_metavar = _(group.subcommand_metavar)
    return group


def _language() -> Any:
    """Return the option, made by Typer: the arguments of its class differ between releases."""
    app = typer.Typer(add_completion=False)

    @app.command()
    def only(lang: Annotated[str | None, LANGUAGE] = None) -> None:
        pass

    made: Any = get_command(app)
    return made.params[0]
