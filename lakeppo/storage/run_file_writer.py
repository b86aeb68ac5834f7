"""Writing a run file: the TOML text of a run and all its branches, which `run_file` reads."""

import errno
import json
from collections.abc import Mapping

from lakeppo import __version__
from lakeppo.config import KNOBS, matching_preset
from lakeppo.errors import InvalidValue
from lakeppo.i18n import N_, _
from lakeppo.moment import Moment
from lakeppo.runs.branch import Branch
from lakeppo.runs.fingerprint import fingerprint
from lakeppo.runs.timeline import Timeline
from lakeppo.storage.fields import Allowance
from lakeppo.storage.run_file import FORMAT, MOST

HEAD = N_("# A lakeppo run. Open it with `lakeppo tui --run FILE`, or repeat it with `lakeppo train --run FILE`.")


def to_toml(timeline: Timeline) -> str:
    """Return the run file of a run and all its branches. Raises `OSError` if it could not be read."""
    run, values = timeline.run, {**timeline.run.origin.as_json(), "preset": matching_preset(timeline.run.origin)}
    knobs = {name: KNOBS[name].word if value is None else value for name, value in values.items()}
    head = {"format": FORMAT, "lakeppo": __version__, "seed": run.seed, "line": timeline.branch.name}
    lines = [_(HEAD), *_pairs(head), "", "[made_with]", *_pairs(fingerprint()), "", "[config]", *_pairs(knobs)]
    for branch in timeline.branches:
        left = {"parent": branch.parent, "left_at": branch.left_at} if branch.left_at is not None else {}
        bookmarks = [_captioned(moment, branch.captions.get(moment)) for moment in branch.bookmarks]
        pairs = {"name": branch.name, "end": branch.end, **left, "bookmarks": bookmarks}
        lines += ["", "[[lines]]", *_pairs(pairs)]
        for change in branch.changes:
            value = KNOBS[change.name].word if change.value is None else change.value
            lines += ["", "[[lines.changes]]", *_pairs({"at": change.moment, "name": change.name, "value": value})]
    text = "\n".join([*lines, ""])
    _check_size(timeline.branches, len(text.encode()))
    return text


def _check_size(branches: list[Branch], size: int) -> None:
    """Raise `OSError` for more than a run file may hold."""
    allowance = Allowance()
    try:
        allowance.take("branches", len(branches))
        allowance.take("changes", sum(len(branch.changes) for branch in branches))
        for branch in branches:
            allowance.take_marks(len(branch.bookmarks), branch.captions.values())
        if size > MOST:
            raise InvalidValue("it has over {most:,} bytes", most=MOST)
    except InvalidValue as error:
        raise OSError(errno.EFBIG, _("the run is too long for a run file: {error}").format(error=error)) from None


def _captioned(moment: Moment, caption: str | None) -> object:
    """Return a bookmark as a run file has it: a moment, or a table of a moment and its caption."""
    return moment if caption is None else {"at": moment, "caption": caption}


def _pairs(values: Mapping[str, object]) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in values.items()]


def _toml(value: object) -> str:
    if isinstance(value, Moment):
        value = value.as_json()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(part)}" for name, part in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
