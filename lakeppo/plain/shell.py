"""Takes commands one by one, carries them out, and says what has happened."""

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from lakeppo.errors import FileError, InvalidValue, LakeppoError, nearest, printable
from lakeppo.faults.spotting import Spotting
from lakeppo.i18n import N_, _
from lakeppo.plain.conductor import Conductor, SessionEnded
from lakeppo.plain.input import LONGEST, PROMPT, Commands
from lakeppo.plain.narration import compared_words, place_words
from lakeppo.plain.output import Output
from lakeppo.plain.player import Level, Player
from lakeppo.plain.words import sentence
from lakeppo.session.commands import Command, SetKnob, SetSeed
from lakeppo.settings import Value
from lakeppo.storage.settings_file import change_settings, find_settings
from lakeppo.tui.state import AppState, LakeView

MOST_NOTICES = 8


class OpenGuide(Protocol):
    """A lesson or a tour, on one of its pages."""

    @property
    def letters(self) -> list[str]: ...

    @property
    def asks(self) -> bool: ...

    def choose(self, letter: str) -> None: ...

    def trial(self, change: SetKnob | SetSeed) -> bool: ...

    def leave(self) -> None: ...


class Shell:
    """A run, and what a person has chosen: how finely it is told, the pace, the tile under the cursor.

    A lesson uses it too: `execute` takes a command, `out.say` a line.
    """

    def __init__(
        self, conductor: Conductor, commands: Commands, out: Output, levels: tuple[Level, Level],
        keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """`levels`: what gets a line in a step, and what while the run plays. `keys`: the names of single keys."""
        self.conductor, self.commands, self.out, self.keys = conductor, commands, out, keys
        self.step_level, self.play_level = levels
        self.player = Player(conductor, self.tell, commands.waiting)
        self.view: LakeView = "arrows"
        self.cursor: int | None = None
        self.sample = 0  # the number of the one that was told last
        self.caption = -1  # the index of the one that was shown last
        self.interrupted = False  # a person has stopped what the last command did
        self.siblings = False  # some were asked for
        self.spotting: Spotting | None = None  # what was done to spot the fault of the program
        self.guide: OpenGuide | None = None
        self.left = False
        self._noticed = 0

    @property
    def state(self) -> AppState:
        return self.conductor.state

    def run(self) -> int:
        """Carry out commands until the last one or `quit`; return how many there were."""
        count = 0
        try:
            while not self.left and (line := self.commands.read()) is not None:
                line = line or ("on" if self.guide is not None else "")
                if line and not line.startswith("#"):
                    count += 1
                    self.execute(line)
        except SessionEnded:
            self.left = True
        return count

    def execute(self, line: str) -> None:
        """Carry out a command, and say what it has done or why it cannot be done, in one line."""
        from lakeppo.plain.commands import find

        if not self.commands.interactive:
            self.out.say(PROMPT + printable(line))
        try:
            if len(line) > LONGEST:
                raise InvalidValue("a command has at most {longest} characters", longest=LONGEST)
            if (guide := self.guide) is not None and (line.upper() in guide.letters or (guide.asks and len(line) == 1)):
                guide.choose(line.upper())
                return
            command, words = find(line)
            command.run(self, words)
        except LakeppoError as error:
            self.out.say(error.message.text(self.conductor.names))

    def tell(self, lines: Sequence[str], state: AppState) -> None:
        """Say lines, and the notices that have come since."""
        self.out.say_all(lines)
        snapshot = state.snapshot
        new = min(snapshot.notice_count - self._noticed, len(snapshot.notices), MOST_NOTICES)
        self._noticed = snapshot.notice_count
        for notice in snapshot.notices[len(snapshot.notices) - new :]:
            self.out.say(sentence(notice.text(self.conductor.names)))

    def do(self, *commands: Command) -> AppState:
        """Carry out commands of the worker's, with nothing in between, and say their notices."""
        state = self.conductor.carry_out(*commands)
        self.tell([], state)
        return state

    def travel(self, command: Command) -> None:
        """Go to another moment, and say where the run stands then."""
        before = self.state
        state = self.do(command)
        if state.moment_key != before.moment_key:
            self.out.say(place_words(state), *compared_words(state))

    def remember(self, values: Mapping[str, Value]) -> None:
        """Keep settings in the file of this person, if there can be one."""
        path = find_settings(os.environ).path
        try:
            if path is not None:
                change_settings(path, values)
        except (FileError, OSError) as error:
            self.out.say(_("This is not remembered: {error}").format(error=error))

    def ask(self, words: Sequence[str], prompt: str) -> str:
        """Return the words of a command, or what a person types instead of none. Raise `InvalidValue` in a script."""
        if not words and not self.commands.interactive:
            raise InvalidValue("{command} takes more words; help {command} says which", command=prompt.split()[0])
        return " ".join(words) or self.commands.ask(prompt)


def chosen(word: str, choices: Mapping[str, object] | Sequence[str]) -> str:
    """Return the choice that a word means: itself, or the only one that begins with it. Raises `InvalidValue`."""
    found = [choice for choice in choices if choice == word.lower()]
    found = found or [choice for choice in choices if choice.startswith(word.lower())]
    if len(found) == 1:
        return found[0]
    if word and found:
        raise InvalidValue("{word} could be {choices}", word=word, choices=", ".join(found))
    names = ", ".join(choices)
    if not word:
        raise InvalidValue("which one? {choices}", choices=names)
    near = nearest(word.lower(), choices)
    template = N_("{word} is none of {choices}; is it {near}?") if near else N_("{word} is none of {choices}")
    raise InvalidValue(template, word=word, choices=names, near=near)


def whole(word: str, least: int = 0) -> int:
    """Return the whole number that a word denotes. Raises `InvalidValue`."""
    if word.isascii() and word.isdecimal() and len(word) < 10 and int(word) >= least:
        return int(word)
    if not word:
        raise InvalidValue("a whole number from {least} on is missing", least=least)
    raise InvalidValue("{word} is no whole number from {least} on", word=word, least=least)
