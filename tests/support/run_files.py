"""Run files and maps that nobody should write: mutated at random from sound ones."""

import json
import random
import re
import time
import warnings
from pathlib import Path
from typing import Any

from lakeppo.config import KNOBS, make_config
from lakeppo.errors import LakeppoError
from lakeppo.lake.maps import find_map
from lakeppo.runs.run import Run
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.run_file import KEYS, read_run_file

from .saves import go_on, memory

SHORT = 'format = 1\nseed = "7"\n[config]\npreset = "steady"\nslip = "2/3"\nmap_rows = ["s f f g", "f,h,f,f"]\n'
CAPTIONED = (
    SHORT
    + """
[[lines]]
name = "main"
end = { update = 3 }
bookmarks = [{ at = { update = 1, phase = "judge" }, caption = "it falls \\"[b] 界" }, { update = 2 }]
"""
)
SOUND = [*(p.read_text() for p in sorted((Path(__file__).parents[1] / "data").glob("run-*.toml"))), SHORT, CAPTIONED]
MAPS = [
    '["SFFF", "FHFH", "FFFH", "HFFG"]', "SFFF\nFHFH\nFFFH\nHFFG\n", "# lake\nS F F F\nF H F H\nF F F H\nH F F G",
    "[['S', 'F', 'F', 'G'],\n ['F', 'H', 'F', 'F'],]", "s,f,f,f\r\nf,h,f,g", "S\tF\tG\nF\tH\tF",
    "\n".join(["S" + "F" * 31, *["F" * 32] * 30, "F" * 31 + "G"]),
]  # fmt: skip
VALUES = [
    "true", "-1", "0", "1", "1.5", "1e400", "nan", "-inf", '"off"', '""', "''", "[]", "{}", "[[1]]", "1979-05-27",
    f"0x{'f' * 5000}", "9" * 5000, f"[0x{'f' * 5000}]", f'"{"x" * 5000}"', '"\\u001b[2J\\u202e\\n"', '"[/x]"', '"2/3"',
    '"1/0"', f'"{"9" * 5000}"', "65536", "1000000000000", "9223372036854775807", '["SG"]', '["SFFG", "FHFF"]',
    '["HFFF", "FSFF", "FFFF", "FFFG"]', '["SFFF", "FHFH", "FFFH", "HFFG"]', '["SHFF", "HHFF", "FFFF", "FFFG"]',
    "{ update = 3 }", '{ update = 1, phase = "judge", index = 9 }', '{ update = 0, phase = "copy" }', '"main"', '"B"',
    '"slippery"', '"8x8"', '"random:4:1"', '"map_rows"', '"seed"', "[" * 3000, "{ a = " * 3000, '"""a""""', "\\",
    "[" + "{ update = 1 }, " * 99 + "]", "{ " + "a." * 3000 + "a = 1 }",
    '{ x = """\n""", ' + "a." * 3000 + 'a = 1, y = "" }',
]  # fmt: skip
NUMBERS = ["0", "1", "2", "3", "4", "5", "9", "64", "0.5", "1.0", "1e-9", "1000", "1000000", "1e9"]
NAMES = [
    *KNOBS,
    *(key for keys in KEYS.values() for key in keys),
    "clip_coeff",
    "success_rate",
    "a.b",
    '"é"',
    "a" * 500,
]
ENCODINGS = ["utf-8"] * 40 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"]


def mutated_line(line: str, chooser: random.Random) -> str:
    """The same line with another value, another key, or a few characters changed."""
    kind = chooser.choice("value value number number number part key flip cut nest".split())
    if kind == "value":
        return re.sub(r"(?<== )[^\n]*", lambda _: chooser.choice(VALUES), line, count=1)
    if kind == "number":
        return re.sub(r"\b[0-9.]+\b", lambda _: chooser.choice(NUMBERS), line, count=chooser.choice([1, 1, 0]))
    if kind == "part":
        return re.sub(r'"[^"]*"|\b[0-9.]+\b', lambda _: chooser.choice(VALUES), line, count=chooser.choice([1, 1, 0]))
    if kind == "key":
        return re.sub(r"\b[a-z_]+\b", lambda _: chooser.choice(NAMES), line, count=1)
    place = chooser.randrange(len(line) + 1)
    if kind == "flip":
        return line[:place] + chr(chooser.choice([*range(256), 0x2028, 0x1F600])) + line[place + 1 :]
    if kind == "cut":
        return line[:place] + line[chooser.randrange(len(line) + 1) :]
    return line[:place] + chooser.choice("[{(\"'#") * chooser.choice([1, 3, 400]) + line[place:]


def mutated_text(text: str, chooser: random.Random) -> bytes:
    """The same text with a few lines changed, lost, repeated, moved or taken from elsewhere, in some encoding."""
    lines = text.split("\n")
    for _ in range(chooser.choice([1] * 6 + [2, 4, 12])):
        place, other = chooser.randrange(len(lines)), chooser.randrange(len(lines))
        kind = chooser.choice("line line line line lose repeat swap splice".split())
        if kind == "line":
            lines[place] = mutated_line(lines[place], chooser)
        elif kind == "lose":
            lines[place : place + chooser.choice([1, 1, 5])] = [""]
        elif kind == "repeat":
            lines[place:place] = lines[other : other + 6] * chooser.choice([1, 1, 2, 600])
        elif kind == "swap":
            lines[place], lines[other] = lines[other], lines[place]
        else:
            lines[place:place] = chooser.choice([*SOUND, *MAPS]).split("\n")[other : other + chooser.choice([1, 9])]
    data = bytearray("\n".join(lines).encode(chooser.choice(ENCODINGS), "replace"))
    for _ in range(chooser.choice([0] * 18 + [1, 3])):
        place = chooser.randrange(len(data) + 1)
        data[place : place + 1] = [chooser.randrange(256)]
    return bytes(data)


def try_mutant(path: Path, seed: int) -> dict[str, Any]:
    """Read a mutated run file or map and, if that works, go on from it and on its other branches."""
    chooser = random.Random(seed)
    is_map = chooser.random() < 0.3
    path.write_bytes(mutated_text(chooser.choice(MAPS if is_map else SOUND), chooser))
    start = time.process_time()
    try:
        if is_map:
            timeline = Timeline(Run(make_config("classic", find_map(str(path), 0)), 0))
        else:
            timeline = read_run_file(path).timeline()
    except LakeppoError as error:
        return {"seconds": time.process_time() - start, "refusal": str(error)}
    seconds, done = time.process_time() - start, go_on(timeline)
    for branch in timeline.branches[:3]:
        timeline.switch(branch, max_updates=2)
    return {"seconds": seconds, "refusal": None, "done": done}


def try_mutants(folder: str, first: int, count: int) -> None:
    """Try `count` mutants and print what happened as JSON; anything but our own error ends the process."""
    warnings.simplefilter("error")
    path, results = Path(folder) / "mutant", []
    go_on(Timeline(Run(make_config("classic", find_map("random:4:1", 0)), 0)))  # what is loaded once does not count
    before = memory()
    for seed in range(first, first + count):
        try:
            results.append(try_mutant(path, seed))
        except Exception as error:
            raise RuntimeError(f"mutant {seed}") from error
    refusals = [result["refusal"] for result in results if result["refusal"] is not None]
    print(json.dumps({
        "refused": len(refusals), "read": count - len(refusals), "done": sum(r.get("done", False) for r in results),
        "seconds": max(result["seconds"] for result in results), "memory": memory() - before,
        "longest": max(map(len, refusals)), "unprintable": sum(not refusal.isprintable() for refusal in refusals),
    }))  # fmt: skip
