"""What the tests of the screens share."""

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input

PARSED: dict[object, list[RuleSet]] = {}
parse_rules = Stylesheet._parse_rules


def parsed_once(sheet, css, *place, **more):
    """Return the rules of a text, parsed once for all apps of this process: Textual parses it once for each.

    That takes a quarter of what an app with an empty test takes.
    """
    key = css, place, tuple(sorted(more.items())), tuple(sorted(sheet._variables.items()))
    if key not in PARSED:
        PARSED[key] = parse_rules(sheet, css, *place, **more)
    return PARSED[key]


Stylesheet._parse_rules = parsed_once
Input._toggle_cursor = lambda _input: None  # a picture of a prompt must not depend on the time of its taking
