"""Places, figures and lists in words, as the narration and the lists say them."""

from collections.abc import Iterable

from lakeppo.causes.words import ACTION_WORDS
from lakeppo.config import Config
from lakeppo.errors import InvalidValue
from lakeppo.i18n import N_, _, pgettext
from lakeppo.moment import Moment, Phase
from lakeppo.tui.state import AppState
from lakeppo.tui.text.sample import cell_words

ENDS = (*".!?:。！？：", "")
"""What a sentence may end with."""


MOMENTS = {
    Phase.COLLECT: N_("update {update}, collect, step {index} of {count}"),
    Phase.JUDGE: N_("update {update}, judge"),
    Phase.IMPROVE: N_("update {update}, improve, pass {index} of {count}"),
    Phase.COPY: N_("update {update}, copy"),
}


def kind_words(letter: str) -> str:
    """Return what a tile is, by its letter on the map."""
    return {
        "S": pgettext("tile", "start"),
        "F": pgettext("tile", "ice"),
        "H": pgettext("tile", "hole"),
        "G": pgettext("tile", "goal"),
    }[letter]


def action_words(action: int) -> str:
    return str(ACTION_WORDS[action])


def tile_name(tile: int, config: Config) -> str:
    """Return a tile by its number, and its row and column: `tile 6 (1,2)`."""
    return _("tile {number} {place}").format(number=tile, place=cell_words(tile, config))


def moment_place(moment: Moment, config: Config) -> str:
    """Return a moment in full: `update 3, improve, pass 2 of 5`."""
    count = config.batch_size if moment.phase is Phase.COLLECT else config.epochs
    return _(MOMENTS[moment.phase]).format(update=moment.update, index=moment.index, count=count)


def place(state: AppState) -> str:
    """Return where the run stands, with its branch if there are several."""
    where = moment_place(state.moment, state.config)
    position = state.snapshot.position
    if position.branch_count < 2:
        return where
    return _("{moment}, branch {branch}").format(moment=where, branch=position.branch)


def sentence(text: str) -> str:
    """Return a text as a sentence, with a capital letter and a full stop."""
    whole = text[:1].upper() + text[1:]
    return whole if whole[-1:] in ENDS else _("{text}.").format(text=whole)


def listed(words: Iterable[str]) -> str:
    return _(", ").join(words)


def read_tile(text: str, config: Config) -> int:
    """Return the tile that a text names: `6`, or `1,2` by row and column. Raises `InvalidValue`."""
    parts = text.strip("()").replace(",", " ").split()
    rows, columns = config.shape
    if all(part.isascii() and part.isdecimal() and len(part) < 6 for part in parts):
        numbers = [int(part) for part in parts]
        if len(numbers) == 1 and numbers[0] < config.tiles:
            return numbers[0]
        if len(numbers) == 2 and numbers[0] < rows and numbers[1] < columns:
            return numbers[0] * columns + numbers[1]
    template = N_("a tile is a number from 0 to {last}, or row,column such as 1,2; not {text}")
    raise InvalidValue(template, last=config.tiles - 1, text=text or "nothing")
