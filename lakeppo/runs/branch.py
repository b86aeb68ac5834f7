"""A branch of a run: its changes, its end, its bookmarks and its history. Importing this needs no torch."""

from dataclasses import dataclass, field

from lakeppo.errors import InvalidValue
from lakeppo.moment import BEGINNING, Change, Moment, Phase
from lakeppo.runs.history import History

LONGEST_NAME = 12
"""The longest name of a branch, in characters."""
LONGEST_CAPTION = 200
"""The longest caption of a bookmark, in characters."""


@dataclass
class Branch:
    """A branch: its changes since the run's beginning, its last moment, and the moment at which it left its parent.

    `history` has a row for every update computed so far; a branch read from a run file has none. `diverged` is the
    moment after the first pass that diverged, as far as it was seen; it is in no file.
    """

    name: str
    changes: list[Change] = field(default_factory=list)
    end: Moment = BEGINNING
    history: History = field(default_factory=History)
    bookmarks: list[Moment] = field(default_factory=list)
    parent: str | None = None
    left_at: Moment | None = None
    diverged: Moment | None = field(default=None, compare=False, repr=False)
    captions: dict[Moment, str] = field(default_factory=dict)  # of some of the bookmarks
    edited: set[Moment] = field(default_factory=set, compare=False, repr=False)
    """Whose bookmark or caption a person has taken away or changed; in no file."""

    @property
    def computed_end(self) -> Moment:
        """The last moment computed so far: `end`, except on a branch read from a run file."""
        return self.end if len(self.history) >= self.end.update else Moment(len(self.history), Phase.COLLECT, 0)

    def covers(self, other: "Branch") -> bool:
        """Return whether everything computed of `other` is also on this branch, and its marks unless taken away."""
        end, count = other.computed_end, len(other.changes)
        same = end <= self.computed_end and other.changes == self.changes[:count]
        marks = ((moment, other.captions.get(moment)) for moment in other.bookmarks if moment not in self.edited)
        kept = all(moment in self.bookmarks and words in (None, self.captions.get(moment)) for moment, words in marks)
        return same and kept and all(change.moment >= end for change in self.changes[count:])


def check_name(name: str) -> str:
    """Return `name` if it is a valid name of a branch. Raises `InvalidValue` if not."""
    if not name.isprintable() or name != name.strip() or not 0 < len(name) <= LONGEST_NAME:
        raise InvalidValue("a branch's name has 1 to {longest} characters, not '{name}'",
                           longest=LONGEST_NAME, name=name[:40])  # fmt: skip
    return name


def check_caption(caption: str) -> str:
    """Return `caption` if it is a valid caption of a bookmark. Raises `InvalidValue` if not."""
    if not caption.isprintable() or caption != caption.strip() or not 0 < len(caption) <= LONGEST_CAPTION:
        raise InvalidValue("a caption has 1 to {longest} characters, not '{caption}'",
                           longest=LONGEST_CAPTION, caption=caption[:40])  # fmt: skip
    return caption
