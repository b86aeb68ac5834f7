"""`lakeppo settings`: the settings in force, a commented file of all, and their JSON schema."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lakeppo.cells import folded, padded, widest
from lakeppo.errors import SaveError, printable
from lakeppo.files import reason
from lakeppo.i18n import N_, _, capital, language, system_language
from lakeppo.settings import LANGUAGE, Given, Setting, show
from lakeppo.storage.atomic import write_new

Actions = Mapping[str, tuple[list[str], str]]
"""The actions that keys can be bound to: by id, the usual keys and what they do."""
KEYS_HELP = N_("""\
# Keys by action: a key, or a list of keys: pass = "k", pass = ["k", "f5"], quit = "ctrl+x", branch = ",".
# Names: space, enter, esc, tab, up, down, left, right, home, end, pgup, pgdn, backspace, delete, f1 to f24.
# No two actions of one screen can share a key.""")
SOURCES = {"default": N_("default"), "file": N_("file"), "option": N_("option")}
"""Where a value comes from, if it is not the name of a variable."""


def print_settings(
    path: Path | None, exists: bool, given: Mapping[str, Given], keys: Mapping[str, Given], *, as_json: bool
) -> None:
    """Print the values in force and their sources; of the keys those that are not the usual ones."""
    if as_json:
        print(_json(path, exists, given, keys))
        return
    note = "" if exists else "   " + _("(not there yet; --init writes it)")
    print(_("no folder for settings") if path is None else f"{printable(path)}{note}")
    rows = {**given, **{f"keymap.{id}": one for id, one in keys.items()}}
    texts = {name: printable(show(one.value)) for name, one in rows.items()}
    sources = {name: _(SOURCES.get(one.source, one.source)) for name, one in rows.items()}
    if given[LANGUAGE.name].value != language():  # auto, or one that the terminal cannot show
        texts[LANGUAGE.name] += f" ({language()})"
        sources[LANGUAGE.name] += ", " + (system_language(os.environ).variable or _("system"))
    names, values = widest(texts), widest(texts.values())
    for name, text in texts.items():
        print(f"  {name:<{names}}  {padded(text, min(values, 30))}  {sources[name]}")


def _json(path: Path | None, exists: bool, given: Mapping[str, Given], keys: Mapping[str, Given]) -> str:
    tables = [{name: one._asdict() for name, one in table.items()} for table in (given, keys)]
    result = {"file": path and printable(path), "exists": exists, **tables[0], "keymap": tables[1]}
    return json.dumps(result, indent=2, allow_nan=False)


def print_schema(settings: Sequence[Setting], actions: Actions) -> int:
    """Print the JSON schema of a settings file, in English as all JSON. Return the exit status."""
    key = {"type": "string", "minLength": 1}
    several = {"type": "array", "items": key, "minItems": 1, "maxItems": 10, "uniqueItems": True}
    keymap = {
        id: {"description": what, "anyOf": [key, several], "default": keys} for id, (keys, what) in actions.items()
    }
    tables = {"type": "object", "additionalProperties": False}
    table = {**tables, "description": "keys by the action they are bound to", "properties": keymap}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Settings of lakeppo", **tables,
        "properties": {**{setting.name: setting.schema() for setting in settings}, "keymap": table},
    }  # fmt: skip
    print(json.dumps(schema, indent=2))
    return 0


def write_commented(path: Path | None, settings: Sequence[Setting], actions: Actions) -> int:
    """Write a settings file in which everything is a comment. Raises `SaveError`; returns the exit status."""
    if path is None:
        raise SaveError("there is no folder for settings; LAKEPPO_CONFIG can name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, commented(settings, actions).encode())
    except FileExistsError:
        raise SaveError("{path} exists already", path=path) from None
    except (OSError, ValueError) as error:
        raise SaveError("cannot write {path}: {reason}", path=path, reason=reason(error)) from None
    print(printable(path))
    return 0


def commented(settings: Sequence[Setting], actions: Actions) -> str:
    """Return a settings file that says of every setting what it is for, and changes none."""
    lines = [_("# Settings of lakeppo. What follows a # is not in force; the values are the defaults.")]
    for setting in settings:
        if not setting.hidden:
            template = _("{meaning}: {span}; {variable} overrides it.")
            if not setting.environment:
                template = _("{meaning}: {span}.")
            sentence = template.format(
                meaning=capital(_(setting.meaning)), span=setting.span, variable=setting.environment
            )
            lines += ["", *(f"# {line}" for line in folded(sentence, 98))]
            lines.append(f"# {setting.name} = {json.dumps(setting.default)}")
    lines += ["", "[keymap]", _(KEYS_HELP), ""]
    for id, (keys, what) in actions.items():
        value = json.dumps(keys[0] if len(keys) == 1 else keys, ensure_ascii=False)
        lines.append(f"# {id} = {value}".ljust(36) + f"  # {_(what)}".rstrip(" #"))
    return "\n".join([*lines, ""])
