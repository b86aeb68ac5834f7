"""Legends: each sign has the glyph and the style of what it stands for, and they differ without colours too."""

import pytest
from rich.style import Style
from support.fake_session import FakeSession, changed, make_fan, make_snapshot, settle
from support.screens import alone, compared, opened

from lakeppo.i18n import use_language
from lakeppo.moment import Moment, Phase
from lakeppo.runs.events import Event, Kind
from lakeppo.tui.app import LakeApp
from lakeppo.tui.drawing.lines import Line, filled, length, less_last, shortened
from lakeppo.tui.panels.comparison_chart import ComparisonChart
from lakeppo.tui.panels.events import EventList
from lakeppo.tui.panels.success import Success
from lakeppo.tui.panels.timeline import Timeline
from lakeppo.tui.text.events import GLYPHS
from lakeppo.tui.theme import DOTS_SIGN, LINE_SIGN, NOW, make_palette

KINDS = [Kind.FIRST_GOAL, Kind.SOLVED, Kind.FALL, Kind.RISE, Kind.KL, Kind.BOOKMARK]
EVENTS = tuple(Event(Moment(3 * at + 2, Phase.COLLECT, 0), kind) for at, kind in enumerate(KINDS))
PAUSED = make_snapshot(status="paused", events=EVENTS)


def styles(line: Line, glyphs: str) -> dict[str, Style]:
    """The style of each of these glyphs that a line has, by the glyph; the last one counts."""
    return {character: style for text, style in line for character in text if character in glyphs}


def drawn(panel) -> list[Line]:
    return panel.body(panel._model, *panel.size)


def shown(app: LakeApp, kind: type):
    return next(panel for panel in app.screen.query(kind) if panel.display and panel.region.area)


def hue(style: Style) -> object:
    return style.color


@pytest.mark.parametrize("size", [(120, 40), (200, 50)])
async def test_marks_have_one_colour_on_track_axis_and_in_lists(size):
    app = LakeApp(FakeSession(PAUSED))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        glyphs = "".join({GLYPHS[kind] for kind in KINDS})
        palette = app.palette
        expected = {glyph: palette.mark(glyph) for glyph in glyphs}
        assert len({hue(style) for style in expected.values()}) == 3
        timeline, chart = shown(app, Timeline), shown(app, Success)
        [line, *_] = drawn(timeline)
        end = next(at for at, (text, _) in enumerate(line) if "┥" in text)
        track, legend = line[:end], line[end:]
        assert styles(legend, glyphs) == expected
        assert styles(track, glyphs).items() <= expected.items()
        assert len(styles(track, glyphs)) > 1
        axis = next(line for line in drawn(chart) if any("└" in text for text, _ in line))
        assert styles(axis, glyphs).items() <= expected.items()
        assert styles(axis, glyphs)
        await pilot.press("9")
        await settle(pilot)
        rows = [row for row in drawn(app.screen.query_one(EventList))[1:] if len(row) > 1]
        assert {g: s for row in rows for g, s in styles(row, glyphs).items()}.items() <= expected.items()
        assert len(rows) >= len(KINDS) - 1


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
@pytest.mark.parametrize("siblings", [False, True])
async def test_the_legend_of_the_chart_has_its_signs(code, size, siblings):
    use_language(code)
    app = LakeApp(FakeSession(changed(PAUSED, siblings=make_fan() if siblings else None)))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        chart, palette = shown(app, Success), app.palette
        title = chart._whole_title(chart._model)
        assert length(title) <= chart.title_width
        signs = dict(title)
        if size == (200, 50) or (size == (120, 40) and not siblings):
            assert signs[LINE_SIGN] == palette.strong + palette.green
            assert signs[DOTS_SIGN] == palette.normal
        if siblings and size[0] > 80:
            bands = {palette.band(tone)[1] for tone in (1, 2)}
            assert bands <= {style for _text, style in title}
        assert NOW not in "".join(signs)


async def test_the_two_runs_of_a_comparison_are_named_in_their_colours():
    session = FakeSession(alone(compared()))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, session)
        chart = shown(app, ComparisonChart)
        title = dict(chart._whole_title(chart._model))
        assert title[f"{LINE_SIGN} B"] == app.palette.strong + app.palette.green
        assert title[f"{LINE_SIGN} main"] == app.palette.blue
        app.palette = make_palette(app.get_css_variables(), "truecolor", ansi=False, colourless=True, ascii=False)
        plain = [text for text, _style in chart._whole_title(chart._model)]
        assert f"{LINE_SIGN} B" in plain
        assert f"{LINE_SIGN} main" not in plain
        glyphs = {text for line in drawn(chart) for text, _style in line}
        assert any(text.endswith("main") and text[0] in glyphs for text in plain)


def test_a_filled_template_keeps_order_and_styles():
    bold, green = Style(bold=True), Style(color="green")
    line = filled("{b} of {a}: all", bold, a=("x", green), b=("y", Style.null()))
    assert line == [("y", Style.null()), (" of ", bold), ("x", green), (": all", bold)]


def test_a_line_loses_what_follows_its_last_wide_gap():
    plain, shade = Style.null(), Style(bgcolor="red")
    line = [("A  b", plain), ("  ", shade), (" c", plain)]
    assert less_last(line) == [("A", plain)]
    assert less_last([("A", plain), ("  ", shade)]) == []


def test_a_shortened_line_keeps_its_styles():
    green = Style(color="green")
    line = [("exact", green), (" is the line of the chart", Style.null())]
    assert shortened(line, 99) == line
    cut = shortened(line, 12)
    assert length(cut) <= 12
    assert cut[0] == ("exact", green)
    assert "".join(text for text, _style in cut).endswith("…")
