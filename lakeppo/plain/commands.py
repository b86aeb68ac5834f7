"""The table of commands: their words, what they do, and which keys of the app do the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lakeppo.errors import InvalidValue, nearest
from lakeppo.i18n import N_, _
from lakeppo.plain import changing, guiding, looking, running, spotting
from lakeppo.plain.shell import Shell
from lakeppo.tui.keymap import BY_ID

Run = Callable[[Shell, list[str]], None]


@dataclass(frozen=True)
class Typed:
    """A command that a person types: its first word, how it is written, and what it does."""

    name: str
    usage: str
    help: str
    run: Run


def help_on(shell: Shell, words: list[str]) -> None:
    """Say every command, or what one command or one word means."""
    if not words:
        for command in COMMANDS.values():
            shell.out.say(_("{usage}: {help}").format(usage=command.usage, help=_(command.help)))
        shell.out.say(_("Commands may be shortened. {key} says what a word means.").format(key='"help WORD"'))
        return
    if len(words) == 1 and (word := words[0].lower()) in COMMANDS:
        command = COMMANDS[word]
        keys = [shell.keys[id] for id, line in KEY_LINES.items() if line.split()[0] == word and id in shell.keys]
        pressed = _("; keys: {keys}").format(keys=" ".join(dict.fromkeys(keys))) if keys else ""
        shell.out.say(_("{usage}: {help}").format(usage=command.usage, help=_(command.help)) + pressed)
        return
    shell.out.say(looking.explained_word(" ".join(words)))


def single_keys(shell: Shell, words: list[str]) -> None:
    """Say what the keys do."""
    if not shell.keys:
        shell.out.say(_("Single keys work where standard input is a terminal."))
    for id, line in KEY_LINES.items():
        if id in shell.keys and (meaning := BY_ID[id].help):
            template, typed = _('{key}: {help} ("{line}")'), line.removesuffix(" ...")
            template = _("{key} or Enter: type a command") if typed == "..." else template
            meaning = COMMANDS[line.split()[0]].help if id in OTHERWISE else meaning
            shell.out.say(template.format(key=shell.keys[id], help=_(meaning), line=typed))


ENTRIES: tuple[tuple[str, str, str, Run], ...] = (
    ("step", "step [unit, pass, phase, update or goal] [N]", N_("go on and say what happens"), running.step),
    ("back", "back [unit, pass, phase, update or goal] [N]", N_("the same backwards, exactly"), running.back),
    ("play", "play [unit, pass, phase or update]", N_("go on to the run's limit, or until a key"), running.play),
    ("pause", "pause", N_("rest"), running.pause),
    ("go", "go 48, go 48 pass 3, go +10, go -10, go start, go end, go event 2, go BRANCH",
     N_("go to a moment, an event or a branch"), running.go),
    ("next", "next [event, branch or caption]", N_("to the next event, branch or caption"), running.following),
    ("previous", "previous [event or caption]", N_("to the one before"), running.previous),
    ("where", "where", N_("the run in short"), looking.where),
    ("why", "why [TILE]", N_("why this happened, or why the arrow on a tile points where it does; again: what "
                             "came before"), looking.why),
    ("lake", "lake [words]", N_("the map, row by row"), looking.lake),
    ("policy", "policy [TILE]", N_("the likeliest action on each tile; all four of one tile"), looking.policy),
    ("values", "values", N_("the critic's value of each tile, and the exact one"), looking.values),
    ("visits", "visits", N_("the steps of this batch on each tile"), looking.visits),
    ("moved", "moved", N_("what the passes have changed on each tile"), looking.moved),
    ("optimal", "optimal", N_("the best actions on each tile"), looking.optimal),
    ("view", "view [arrows, values, value error, visits, old and new or optimal]",
     N_("one of these; without a name the next"), looking.view),
    ("tile", "tile [TILE]", N_("everything about a tile, by its number or row,column"), looking.tile),
    ("sample", "sample [N]", N_("everything about step N of the batch, or about the next"), looking.sample),
    ("batch", "batch [by episode, tile or cell] [stopped, inside or returning] [positive or negative] [tile TILE] "
              "[episode N] [by COLUMN] [down] [FROM]",
     N_("the samples of the batch, or its episodes, tiles or cells (tile and action), and what each did"),
     looking.batch),
    ("figures", "figures", N_("the figures of the last update, and their healthy ranges"), looking.figures),
    ("history", "history [FIGURE]", N_("a figure over the whole run"), looking.history),
    ("events", "events", N_("the events of this branch"), looking.events),
    ("knobs", "knobs [KNOB]", N_("every knob and its value; what one does"), looking.knobs),
    ("set", "set KNOB VALUE, set seed N", N_("change a knob and keep the weights; in the past on a new branch"),
     changing.set_knob),
    ("try", "try KNOB VALUE", N_("branch here, change the knob there, and compare"), changing.try_out),
    ("slip", "slip [less, more or P]", N_("firm or slippery ice, or how slippery"), changing.slip),
    ("make", "make [TILE] ice, hole or goal", N_("change a tile of the map"), changing.make_tile),
    ("new", "new [seed N, preset NAME, or KNOB VALUE]", N_("start another run"), changing.new),
    ("branch", "branch [NAME]", N_("start a branch here"), changing.branch),
    ("branches", "branches", N_("the branches of this run"), looking.branches),
    ("rename", "rename [BRANCH] NAME", N_("rename a branch"), changing.rename),
    ("compare", "compare [NAME, next, difference or close]", N_("compare with another branch or an earlier run"),
     changing.compare),
    ("bookmark", "bookmark", N_("set a bookmark here, or remove it"), changing.bookmark),
    ("caption", "caption TEXT", N_("set a bookmark with a caption here"), changing.caption),
    ("captions", "captions", N_("the captions"), looking.captions),
    ("show", "show [next or previous]", N_("from caption to caption"), running.show),
    ("stop", "stop when CONDITION, stop never, stop back", N_("stop where a condition becomes true, such as "
                                                              "exact < .5 after solved"), changing.stop),
    ("siblings", "siblings [list, wait, open SEED or none]", N_("train the same run with other seeds beside it"),
     looking.siblings),
    ("demo", "demo [greedy]", N_("walk one episode with the policy as it is, without learning"), looking.demo),
    ("pace", "pace [N or full]", N_("environment steps a second while it plays"), running.pace),
    ("faster", "faster", N_("a faster pace"), running.faster),
    ("slower", "slower", N_("a slower pace"), running.slower),
    ("narrate", "narrate [unit, pass, phase or update]", N_("what gets a line of its own"), running.narrate),
    ("cursor", "cursor up, down, left or right", N_("another tile"), looking.cursor),
    ("source", "source [FILE] [LINE]", N_("a program with a fault: what is wrong, and its files"), spotting.source),
    ("guess", "guess FILE LINE", N_("whether this line is the faulty one"), spotting.guess),
    ("hint", "hint", N_("a hint, which costs nothing"), spotting.hint),
    ("answer", "answer", N_("the faulty line, why, and the first number that differs"), spotting.answer),
    ("lesson", "lesson [NAME]", N_("take a lesson: predict, run, compare; without a name list them"),
     guiding.lesson),
    ("tour", "tour", N_("six texts on the run, and what they are about"), guiding.tour),
    ("on", "on", N_("go on with the lesson or the tour; an empty line does the same"), guiding.go_on),
    ("leave", "leave", N_("leave the lesson or the tour"), guiding.leave),
    ("language", "language [en or zh]", N_("another language"), looking.language),
    ("save", "save", N_("save now"), changing.save),
    ("export", "export", N_("write batch and history as CSV, the run as TOML"), changing.export),
    ("help", "help [WORD]", N_("all commands; what a command or a word means"), help_on),
    ("keys", "keys", N_("what single keys do"), single_keys),
    ("words", "words [WORD]", N_("what the words and figures mean"), looking.words),
    ("quit", "quit", N_("save and quit"), changing.quit_run),
)  # fmt: skip
COMMANDS: Mapping[str, Typed] = {name: Typed(name, usage, text, run) for name, usage, text, run in ENTRIES}
SYNONYMS = {
    "lessons": "lesson",
    "exit": "quit", "seeds": "siblings", "status": "where", "forward": "step", "preset": "new", "?": "help",
    "samples": "batch", "statistics": "figures", "readouts": "figures", "map": "lake", "arrows": "policy",
    "ice": "slip",
}  # fmt: skip
KEY_LINES: Mapping[str, str] = {
    "toggle": "play", "unit": "step", "pass": "step pass", "phase": "step phase", "update": "step update",
    "goal": "step goal", "slip_switch": "slip", "demo": "demo", "siblings": "siblings",
    "sibling_list": "siblings list", "view": "view", "tile": "make ...", "batch": "batch", "why_there": "why cursor",
    "histories": "history", "help": "keys", "words": "words", "quit": "quit", "slower": "slower", "faster": "faster",
    "stop_when": "stop when ...", "slip_down": "slip less", "slip_up": "slip more", "back_unit": "back",
    "back_pass": "back pass", "back_phase": "back phase", "back_update": "back update", "back_goal": "back goal",
    "earlier": "go -1", "later": "go +1", "earlier10": "go -10", "later10": "go +10", "start": "go start",
    "end": "go end", "next_event": "next event", "previous_event": "previous event", "events": "events",
    "bookmark": "bookmark", "caption": "caption ...", "branch": "branch", "compare": "compare",
    "branches": "branches", "next_branch": "next branch", "knobs": "set ...", "show": "show", "new_seed": "new seed",
    "save": "save", "export": "export", "cursor_up": "cursor up", "cursor_down": "cursor down",
    "cursor_left": "cursor left", "cursor_right": "cursor right", "back": "where", "large_lake": "lake",
    "large_question": "where", "large_tile": "tile", "large_readouts": "figures", "large_success": "history exact",
    "large_why": "why", "large_knobs": "knobs", "large_phases": "narrate", "large_timeline": "events",
    "palette": "...", "batch_part": "batch by tile", "batch_order": "batch by", "batch_turn": "batch down",
    "batch_group": "batch stopped",
    "batch_sign": "batch positive", "batch_cell": "batch tile", "batch_tile": "tile", "compare_next": "compare next",
    "first_difference": "compare difference", "compare_close": "compare close", "branches_name": "rename",
    "branches_compare": "compare", "show_next": "show next", "show_previous": "show previous", "event_open": "go event",
    "event_caption": "caption ...", "sibling_open": "siblings open", "change_here": "set ...",
    "branch_and_compare": "try ...", "start_over": "new ...", "tile_ice": "make ice", "tile_hole": "make hole",
    "tile_goal": "make goal", "play_beside": "play", "spot": "source", "spot_next": "source ...",
    "spot_previous": "source ...", "spot_hint": "hint", "spot_answer": "answer", "lessons": "lesson", "tour": "tour",
    "language": "language",
}  # fmt: skip
"""What is typed for each entry of the table of keys; `...` asks for the rest."""
OTHERWISE = frozenset(
    "unit back_unit demo siblings sibling_list view tile batch histories help words show export cursor_up back "
    "large_lake".split()
)
"""Entries whose help is about a screen: the command's own help says what it does here."""
VISUAL = frozenset(
    "large_next redraw suspend interrupt batch_close batch_leave batch_left batch_right row_up row_down row_page_up "
    "row_page_down row_top row_bottom compare_side branches_close show_close events_close siblings_close "
    "histories_close close_knobs less more close_help leave_tile earlier_condition later_condition "
    "leave_condition lessons_close spot_erase spot_back spot_close".split()
)
"""Entries without a command: they arrange or close what is on a screen, or are the terminal's own."""


def find(line: str) -> tuple[Typed, list[str]]:
    """Return the command that a line begins with, and its other words. Raises `InvalidValue`."""
    first, *words = line.split()
    word = SYNONYMS.get(first.lower(), first.lower())
    if word in COMMANDS:
        return COMMANDS[word], ["preset", *words] if first.lower() == "preset" else words
    found = [name for name in COMMANDS if name.startswith(word)]
    if len(found) == 1:
        return COMMANDS[found[0]], words
    if found:
        raise InvalidValue("{word} could be {names}", word=first, names=", ".join(found))
    near = nearest(word, [*COMMANDS, *SYNONYMS])
    template = N_("there is no command {word}; is it {near}?")
    if near is None:
        template = N_("there is no command {word}; help lists them all")
    raise InvalidValue(template, word=first, near=near)


def typed_names() -> dict[str, str]:
    """Return what is typed for each entry of the table of keys, as messages name it."""
    return {id: f'"{KEY_LINES[id].removesuffix(" ...")}"' if id in KEY_LINES else "" for id in BY_ID}
