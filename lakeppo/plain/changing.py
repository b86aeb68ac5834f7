"""The commands that change the run, mark a moment, compare, and write files."""

from lakeppo.config import KNOBS
from lakeppo.errors import InvalidValue
from lakeppo.i18n import _
from lakeppo.knob import Value, parse_seed
from lakeppo.moment import BEGINNING
from lakeppo.plain.lists import known_knob
from lakeppo.plain.narration import compared_words, place_words
from lakeppo.plain.shell import Shell, chosen
from lakeppo.plain.words import read_tile
from lakeppo.presets import PRESETS
from lakeppo.runs.branch import check_name
from lakeppo.session import commands
from lakeppo.session.snapshot import BranchView
from lakeppo.tui.text.comparison import comparison_summary
from lakeppo.tui.text.formatting import slip_words

TILES = {"ice": "F", "hole": "H", "goal": "G"}


def set_knob(shell: Shell, words: list[str]) -> None:
    """Change a knob, or the seed, and keep the weights."""
    line = shell.ask(words, "set")
    if line:
        change = _change(line.split())
        if shell.guide is None or not shell.guide.trial(change):
            shell.do(change)


def _change(words: list[str]) -> commands.SetKnob | commands.SetSeed:
    if len(words) < 2:
        raise InvalidValue("set takes a knob and its value, such as set clip_coef off")
    name, text = words[0], " ".join(words[1:])
    if name.lower() == "seed":
        return commands.SetSeed(parse_seed(text))
    knob = KNOBS[known_knob(name)]
    return commands.SetKnob(knob.name, knob.parse(text))


def slip(shell: Shell, words: list[str]) -> None:
    """Change the ice: firm or slippery, less, more, or a probability."""
    by = {"less": -1, "more": 1, "-": -1, "+": 1}
    if not words or words[0].lower() in by:
        branch = shell.state.snapshot.position.branch
        state = shell.do(commands.ChangeSlip(by[words[0].lower()] if words else 0))  # type: ignore[arg-type]  # -1, 0, 1
        if state.snapshot.position.branch == branch:  # else a notice has said it
            shell.out.say(_("{name} is {value}.").format(name="slip", value=slip_words(state.config)))
    else:
        shell.do(commands.SetKnob("slip", KNOBS["slip"].parse(words[0])))


def make_tile(shell: Shell, words: list[str]) -> None:
    """Make a tile ice, a hole or a goal: `make 6 hole`; without a number the one under the cursor, or the agent's."""
    words = shell.ask(words, "make").split()
    if not words:
        return
    kind = TILES[chosen(words[-1], TILES)]
    state = shell.state
    tile = state.walk.agent if shell.cursor is None else shell.cursor
    if len(words) > 1:
        tile = read_tile(" ".join(words[:-1]), state.config)
    shell.do(commands.EditTile(tile, kind))


def new(shell: Shell, words: list[str]) -> None:
    """Start another run: with the next seed, another one, a preset, or one knob changed."""
    if not words:
        start(shell, commands.StartSeed())
    elif words[0].lower() == "seed":
        start(shell, commands.StartSeed(parse_seed(words[1]) if len(words) > 1 else None))
    elif words[0].lower() == "preset":
        start(shell, commands.StartPreset(chosen(words[1] if len(words) > 1 else "", PRESETS)))
    elif len(words) > 1:
        knob = KNOBS[known_knob(words[0])]
        value: Value = knob.parse(" ".join(words[1:]))
        start(shell, commands.StartOver(knob.name, value))
    else:
        start(shell, commands.StartPreset(chosen(words[0], PRESETS)))


def start(shell: Shell, command: commands.Start) -> None:
    """Start another run, which rests at its beginning."""
    state = shell.do(command, commands.GoTo(BEGINNING))  # together: a new run plays at once
    shell.out.say(_("A new run: preset {preset}, seed {seed}.").format(preset=state.config.preset, seed=state.seed))


def branch(shell: Shell, words: list[str]) -> None:
    """Start a branch at this moment, with a name if one is given."""
    name = " ".join(words) and check_name(" ".join(words))
    if name and any(one.name == name for one in shell.state.snapshot.position.branches):
        raise InvalidValue('there is a branch named {name} already; "go {name}" goes to it', name=name)
    shell.do(commands.AddBranch())
    if name:
        _rename(shell, shell.state.snapshot.position.branch, name)


def rename(shell: Shell, words: list[str]) -> None:
    """Rename a branch: `rename B gentle`; with one name this one."""
    if not words:
        raise InvalidValue("rename takes the name of a branch and its new one")
    old = words[0] if len(words) > 1 else shell.state.snapshot.position.branch
    _rename(shell, old, " ".join(words[1:]) or words[0])


def _rename(shell: Shell, old: str, name: str) -> None:
    names = [one.name for one in _branches(shell)] or [shell.state.snapshot.position.branch]
    if old not in names:
        raise InvalidValue("there is no branch named {name}", name=old)
    shell.do(commands.RenameBranch(names.index(old), name))


def _branches(shell: Shell) -> tuple[BranchView, ...]:
    return shell.state.snapshot.position.branches


def compare(shell: Shell, words: list[str]) -> None:
    """Compare with a branch or an earlier run; in a comparison: the next one, the first difference, close."""
    state = shell.state
    comparing = state.snapshot.comparison is not None
    what = words[0].lower() if len(words) == 1 else ""
    if comparing and what in ("next", "difference", "close"):
        found: dict[str, commands.Command] = {
            "next": commands.CompareNext(), "difference": commands.GoToDifference(), "close": commands.EndComparison(),
        }  # fmt: skip
        shell.do(found[what])
    elif comparing and not words:
        shell.do(commands.EndComparison())
    else:
        if not state.snapshot.choices:
            raise InvalidValue(
                "nothing to compare with yet: {keys[branch]} makes a branch here, {keys[new_seed]} starts a new run"
            )
        shell.do(commands.Compare(" ".join(words) or None))
    _say_comparison(shell)


def _say_comparison(shell: Shell) -> None:
    state = shell.state
    if state.snapshot.comparison is None:
        shell.out.say(_("Nothing is compared any more."), place_words(state))
        return
    shell.out.say(comparison_summary(state)[0], place_words(state), *compared_words(state))


def try_out(shell: Shell, words: list[str]) -> None:
    """Branch here, change a knob there, and compare with the parent."""
    change = _change(words)
    shell.do(commands.AddBranch())
    shell.do(change)
    shell.do(commands.Compare())
    _say_comparison(shell)


def bookmark(shell: Shell, words: list[str]) -> None:
    shell.do(commands.ToggleBookmark())


def caption(shell: Shell, words: list[str]) -> None:
    """Set a bookmark with a caption here."""
    if text := shell.ask(words, "caption"):
        shell.do(commands.CaptionBookmark(shell.state.moment, text))


def stop(shell: Shell, words: list[str]) -> None:
    """Set or take away the condition at which the run stops; `stop back` goes back to where it was true."""
    rest = words[1:] if words and words[0].lower() == "when" else words
    if [word.lower() for word in words] in (["back"], ["when", "?"], ["?"]):
        shell.travel(commands.BackToCondition())
    elif [word.lower() for word in rest] == ["never"]:
        shell.do(commands.StopWhen(""))
    elif text := shell.ask(rest, "stop when"):
        if text == "?":
            shell.travel(commands.BackToCondition())
        else:
            shell.do(commands.StopWhen(text))


def save(shell: Shell, words: list[str]) -> None:
    shell.do(commands.Save())


def export(shell: Shell, words: list[str]) -> None:
    shell.do(commands.Export())


def quit_run(shell: Shell, words: list[str]) -> None:
    shell.left = True
