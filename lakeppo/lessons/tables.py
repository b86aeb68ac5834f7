"""The tables of a lesson file, and the JSON schema that follows from them. No torch."""

import json

from lakeppo.config import KNOBS
from lakeppo.faults.table import FAULTS
from lakeppo.i18n import N_
from lakeppo.lessons.language import FIGURE_NAMES, MEANINGS, OVER_SEEDS, OVER_UPDATES
from lakeppo.lessons.language import OWN as FIGURES_OF_LESSONS
from lakeppo.lessons.model import ARMS, FORMAT, LANGUAGES, LETTERS
from lakeppo.lessons.schema import (
    KNOB_TABLE,
    PRESET,
    Bilingual,
    Choice,
    Field,
    KnobValue,
    Line,
    ListOf,
    Map,
    Named,
    Prose,
    Sentences,
    Table,
    Whole,
)
from lakeppo.moment import Phase
from lakeppo.runs.statistics import STATS

PANELS = tuple("lake question tile readouts success why knobs phases timeline batch".split())
"""The panels of the main screen, and the table of the batch."""
VIEWS = ("arrows", "values", "value error", "visits", "old and new", "optimal")
MOST_UPDATES, MOST_SEEDS = 2000, 512
SEED, UPDATES = Whole(0, 2**63 - 1), Whole(1, MOST_UPDATES)
ARM_NAME = Choice(ARMS)
CONDITION = Line(300)
CHANGE = Table({
    "update": Field(Whole(0, MOST_UPDATES), "the update at whose start the knob changes"),
    "knob": Field(Choice(tuple(name for name, knob in KNOBS.items() if not knob.startup_only)), "the knob"),
    "value": Field(KnobValue(), "its new value"),
})  # fmt: skip
ARM = Table({
    "label": Field(Bilingual(40), "what distinguishes this arm, in a few words"),
    "preset": Field(PRESET, "the preset to start from; classic without one", needed=False),
    "map": Field(Map(), "rows of S, F, H and G; the preset's map without them", needed=False),
    "knobs": Field(KNOB_TABLE, "knobs that differ from the preset's", needed=False),
    "changes": Field(ListOf(CHANGE, 1, 20), "knobs that change during the run", needed=False),
    "fault": Field(Choice(tuple(FAULTS)), "a fault of the program", needed=False),
})  # fmt: skip
ANSWER = Table({
    **{name: Field(Prose(200), "the answer", needed=False) for name in LANGUAGES},
    "why": Field(Bilingual(400), "what is wrong with it, or why it is right"),
})  # fmt: skip
PREDICT = Table({
    "question": Field(Bilingual(500), "the question before anything moves"),
    **{letter: Field(ANSWER, "an answer") for letter in LETTERS},
    "right": Field(Choice(LETTERS), "the right answer"),
})  # fmt: skip
MOMENT = Table({
    "update": Field(Whole(0, MOST_UPDATES), "copies so far"),
    "phase": Field(Choice(tuple(phase.name.lower() for phase in Phase)), "collect without one", needed=False),
    "index": Field(Whole(0, 65_536), "steps done in collect, passes done in improve", needed=False),
})  # fmt: skip
RUN = Table({
    "arms": Field(ListOf(ARM_NAME, 1, 2), "the arms that run side by side"),
    "seed": Field(SEED, "the seed of both; 0 without one", needed=False),
    "until": Field(CONDITION, "a condition of the app on one arm, at whose first moment both stop", needed=False),
    "watched": Field(ARM_NAME, "that arm; the last one without it", needed=False),
    "at": Field(MOMENT, "the moment at which the run stops; with until, where that was when it was measured"),
    "most": Field(UPDATES, "the update by which until must be met; twice the moment's without one", needed=False),
    "panel": Field(Choice(PANELS), "the panel that is in view"),
    "view": Field(Choice(VIEWS), "what the lake shows", needed=False),
    "text": Field(Bilingual(500), "what to look at", needed=False),
})  # fmt: skip
ROW = Table({
    "figure": Field(CONDITION, "a figure without its arm: exact, max(ratio_max) ..."),
    "label": Field(Bilingual(40), "its name in the comparison"),
})  # fmt: skip
REVEAL = Table({
    "rows": Field(ListOf(ROW, 1, 6), "the figures to compare"),
    "seeds": Field(Whole(2, MOST_SEEDS), "seeds whose success is shown as dots", needed=False),
    "updates": Field(UPDATES, "their updates; those of the run without it", needed=False),
    "arms": Field(ListOf(ARM_NAME, 1, 6), "their arms; those of the run without it", needed=False),
    "text": Field(Bilingual(500), "what the comparison says", needed=False),
})  # fmt: skip
FIGURES = Named(CONDITION, "[a-z][a-z0-9_]{0,30}", N_("words of small letters, digits and _"), 30)
PART = Table({
    "predict": Field(PREDICT, "the question and its three answers"),
    "run": Field(RUN, "what runs then, and to which moment"),
    "reveal": Field(REVEAL, "the measured pair"),
    "figures": Field(FIGURES, "figures by the names that the sentences use", needed=False),
    "say": Field(Sentences(300), "three sentences"),
})  # fmt: skip
NOW_YOU = Table({
    "text": Field(Bilingual(600), "what to try"),
    "arm": Field(ARM_NAME, "the arm whose settings the run has"),
    "seed": Field(SEED, "the seed of the run; 0 without one", needed=False),
    "knob": Field(Choice(tuple(KNOBS)), "the knob that is unlocked"),
    "values": Field(ListOf(KnobValue(), 2, 12), "values worth trying"),
    "goal": Field(CONDITION, "a condition of the app that the run should meet"),
    "updates": Field(UPDATES, "by which update"),
})  # fmt: skip
PROMISE = Table({
    "condition": Field(CONDITION, "what holds over many seeds"),
    "seeds": Field(Whole(2, MOST_SEEDS), "how many seeds"),
    "updates": Field(UPDATES, "the updates of each"),
    "since": Field(UPDATES, "the first update that functions over updates look at; 1 without one", needed=False),
})  # fmt: skip
LESSON = Table({
    "format": Field(Whole(FORMAT, FORMAT), "of lesson files"),
    "order": Field(Whole(0, 999), "the place in the list of lessons; 999 without one", needed=False),
    "title": Field(Bilingual(40), "the title"),
    "belief": Field(Bilingual(200), "the wrong belief that the lesson is about", needed=False),
    "intro": Field(Bilingual(1000), "what is read before the question"),
    "arms": Field(Named(ARM, "[A-H]", N_("the letters A to H"), len(ARMS), 1), "settings by the letters of their arms"),
    "parts": Field(ListOf(PART, 1, 4), "questions and their experiments, one after another"),
    "now_you": Field(NOW_YOU, "what the learner tries alone", needed=False),
    "promises": Field(ListOf(PROMISE, 1, 12), "what a check proves", needed=False),
})  # fmt: skip


def json_schema() -> str:
    """Return the JSON schema of a lesson file, for editors; it also says what the figures and functions are."""
    meanings = {**{name: stat.meaning for name, stat in STATS.items()}, **FIGURES_OF_LESSONS}
    calls = {
        f"{name}({', '.join(parameter.name for parameter in function.parameters)})": {"description": MEANINGS[name]}
        for name, function in {**OVER_SEEDS, **OVER_UPDATES}.items()
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A lesson of lakeppo"}
    figures = {name: {"description": meanings.get(name, name)} for name in FIGURE_NAMES}
    return json.dumps({**head, **LESSON.schema(), "$defs": {**figures, **calls}}, indent=2)
