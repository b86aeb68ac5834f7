"""Texts that a stranger may put into a file, an argument or a field, and modules that lie in the current folder."""

from pathlib import Path

LABELS = {
    "escape": "\x1b[2J\x1b]0;owned\x07\x1b[31mred",
    "c1": "\x9b31m\x85\x7f",
    "newline": "4x4\nlakeppo: all is well\r\n",
    "bidi": "\u202egnp.exe\u2066\u200f",
    "invisible": "a\u200bb\u00adc\u2028d\ufeff\U000e0041",
    "markup": "[/x][bold]\\[red][@click=app.quit]x[/]",
    "emoji": "lr:100:a :snake: :warning-emoji:",
    "byte": "caf\udce9.txt",
    "surrogate": "\ud800",
    "long": "湖é[b]" * 2000,
    "wide": "湖🐧" * 150,
    "combining": "e\u0301\u0300\u0302" * 75,
    "template": "{0} {keys} %s {text!r}",
}
"""By what is wrong with them."""
NAMES = ("[/x]", "[bold]", ":100:", "[@click=a()]", "湖" * 12, "e" + 11 * "\u0301", "{0}%s\\n", "M" * 12)
"""Texts that a branch may be called."""

TOO_LONG = 30
"""Seconds of the processor that no file may take to read: each of these takes less than two, and took minutes, or for
ever, where a check was quadratic. Coverage and a busy machine slow a test down, but not to this."""


def forbidden(text: str) -> set[str]:
    """Return the characters of an output that a terminal would obey, other than the ends of its lines."""
    return {character for character in text if character != "\n" and not character.isprintable()}


NAMESAKES = "numbers random torch lakeppo numpy ray ctypes typing_extensions".split()


def write_namesakes(folder: Path) -> Path:
    """Write a module of each of `NAMESAKES` into a folder; return the file that exists once one has been executed."""
    executed = folder / "executed"
    for name in NAMESAKES:
        (folder / f"{name}.py").write_text(f"open({str(executed)!r}, 'a').write({name!r} + chr(10))\n")
    return executed
