"""The screen of a program with a fault, driven by its keys and the mouse."""

import pytest
from support.fake_session import FakeSession, changed, make_snapshot, settle
from support.screens import screen_text
from textual.events import Key

from lakeppo.errors import Message
from lakeppo.faults.spotting import FirstNumber, Spot
from lakeppo.faults.table import BEYOND_THE_END, FAULTS, NO_RATIO
from lakeppo.lessons.progress import Progress
from lakeppo.moment import Moment, Phase
from lakeppo.session.lesson_commands import LeaveLesson, OpenSpot
from lakeppo.session.source import faulty_run
from lakeppo.tui import start
from lakeppo.tui.app import LakeApp
from lakeppo.tui.rebinding import read_keymap
from lakeppo.tui.screens.main import MainScreen
from lakeppo.tui.screens.spot import SpotScreen
from lakeppo.tui.settings import read_preferences

FIRST = FirstNumber(Moment(0, Phase.IMPROVE, 0), Message("the advantage of step 63"), -0.2075, -0.0196)


def app_for(fault=BEYOND_THE_END) -> LakeApp:
    return LakeApp(FakeSession(changed(make_snapshot(status="paused"), spot=Spot(fault, FIRST))))


async def opened(pilot) -> SpotScreen:
    await settle(pilot)
    await pilot.press("X")
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, SpotScreen)
    return screen


async def press(pilot, *keys: str) -> str:
    await pilot.press(*keys)
    await settle(pilot)
    return "\n".join(line.rstrip() for line in screen_text(pilot.app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_run_with_a_fault_is_not_explained_as_a_right_one(size):
    app = app_for()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        text = " ".join("".join(screen_text(app)).replace("│", " ").split())
        assert "One line is wrong: X shows the files, c the right program beside it." in text
        assert "stop pushing" not in text


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_a_typed_number_finds_the_line_and_the_answer_follows(size):
    app = app_for()
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        assert "Line 38 of trainer.py is" in await press(pilot, "3", "8", "enter")
        assert "gae.py" in await press(pilot, "tab")
        assert screen.file == "gae"
        assert "line 38" in await press(pilot, "3", "9", "backspace", "8")
        text = await press(pilot, "enter")
        assert "Yes: line 38 of gae.py" in text
        assert screen.spotting.guesses == 2
        assert app.preferences.progress == Progress(("spot-3",), ("spot-3",))
        if size[1] >= 24:
            assert "the advantage of step 63" in text
            assert "the right program has -0.2075, this one -0.0196" in " ".join(text.split())
            assert "- return rewards + gamma * next_values - values" in text
            assert "+ return rewards + gamma * next_values * (~terminated)" in text


async def test_the_arrows_choose_a_line_and_what_was_done_is_kept():
    app = app_for()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        text = await press(pilot, "right", "end", "up", "enter")
        assert "Line 42 of gae.py is as it should be" in text
        await press(pilot, "left", "right")
        assert screen.source.highlighted == 41
        await press(pilot, "escape")
        assert isinstance(app.screen, MainScreen)
        again = await opened(pilot)
        assert again is screen
        assert (screen.file, screen.spotting.guesses) == ("gae", 1)
        await press(pilot, "X")
        assert isinstance(app.screen, MainScreen)


async def test_a_line_and_a_file_can_be_clicked():
    app = app_for(NO_RATIO)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        row = next(y for y, line in enumerate(screen_text(app)) if " objective.py " in line)
        await pilot.click(offset=(screen_text(app)[row].index("objective"), row))
        await settle(pilot)
        assert screen.file == "objective"
        await press(pilot, "2", "4")
        row = next(y for y, line in enumerate(screen_text(app)) if line.lstrip().startswith("22 "))
        await pilot.click(offset=(20, row))
        await settle(pilot)
        assert screen.spotting.found


async def test_a_hint_costs_nothing_and_the_answer_ends_it():
    app = app_for()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert "What can still come after" in await press(pilot, "h")
        assert screen.spotting.guesses == 0
        assert "line 38 of gae.py" in await press(pilot, "a")
        assert not screen.spotting.found
        assert app.preferences.progress == Progress(("spot-3",), ())
        assert "line 38 of gae.py" in await press(pilot, "h", "tab", "1", "a")


async def test_a_number_beyond_the_file_is_no_guess():
    app = app_for()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert "trainer.py has the lines 1 to " in await press(pilot, "2", "3", "4", "5", "enter")
        assert "trainer.py has the lines 1 to " in await press(pilot, "0", "enter")
        assert screen.spotting.guesses == 0


async def test_a_key_goes_back_to_the_own_run_where_one_waits():
    session = FakeSession(changed(make_snapshot(status="paused"), spot=Spot(BEYOND_THE_END, FIRST, aside=True)))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert any("b: own run" in line for line in screen_text(pilot.app))
        await press(pilot, "b")
        assert isinstance(pilot.app.screen, MainScreen)
    assert session.sent == [LeaveLesson()]


async def test_the_list_of_lessons_opens_a_fault():
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = await press(pilot, "l", "end")
        assert "spot the bug 10" in text
        assert "two runs of three end" in " ".join(text.split())
        await press(pilot, "up", "enter")
        assert isinstance(pilot.app.screen, MainScreen)
        fault = list(FAULTS.values())[8]
        session.queue.append(changed(make_snapshot(status="paused"), spot=Spot(fault, FIRST, aside=True)))
        await settle(pilot)
        assert isinstance(pilot.app.screen, SpotScreen)
        assert pilot.app.screen.spot == Spot(fault, FIRST, aside=True)
        text = await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MainScreen), "once"
    assert session.sent == [OpenSpot(9)]


async def test_a_fault_chosen_again_waits_for_its_new_run():
    before = changed(make_snapshot(status="paused"), spot=Spot(BEYOND_THE_END, FIRST))
    session = FakeSession(before)
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        pilot.app.main_screen._take_lesson(BEYOND_THE_END)
        session.queue.append(changed(before, notice_count=1))
        await settle(pilot)
        assert isinstance(pilot.app.screen, MainScreen)
        session.queue.append(changed(before, spot=Spot(BEYOND_THE_END, FIRST, aside=True)))
        await settle(pilot)
        assert isinstance(pilot.app.screen, SpotScreen)
        assert pilot.app.screen.spot.aside


async def test_the_key_does_nothing_without_a_fault():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "X")
        assert isinstance(app.screen, MainScreen)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_every_fault_fits_the_smallest_terminal_in_common_use(fault):
    app = app_for(fault)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.source.size.height >= 10
        await press(pilot, "h")
        assert screen.source.size.height >= 10
        await press(pilot, "a")
        assert screen.solution.size.height <= 20


@pytest.mark.parametrize("name", ["3", "beyond_the_end"])
def test_a_fault_is_opened_paused_in_its_own_settings(monkeypatch, tmp_path, name):
    opened_with = []

    class Nothing:
        return_code = 0
        opening = ""

        def __init__(self, worker, **options):
            opened_with.append((worker.config, worker.seed, worker._paused))
            self.run = worker.start

    monkeypatch.setattr(start, "LakeApp", Nothing)
    preferences = read_preferences({"saves": tmp_path / "saves"}, {"LAKEPPO_CONFIG": str(tmp_path / "settings.toml")})
    assert start.show(faulty_run(name, 4), True, preferences) == 0
    assert opened_with == [(BEYOND_THE_END.symptom.config(), 4, True)]
    assert not list(tmp_path.rglob("*.pt"))


async def burst(pilot, *keys: str, apart: float = 0.03) -> str:
    """Press keys so fast that the same one would count as held down; return the text on the screen."""
    for count, key in enumerate(keys):
        event = Key(key, key if len(key) == 1 else None)
        event.time += count * apart
        pilot.app.post_message(event)
    return await press(pilot)


async def test_equal_digits_of_a_number_all_count():
    async with app_for().run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "line 99" in await burst(pilot, "9", "9")
        assert "Line 99 of trainer.py is" in await burst(pilot, "enter")
        assert "line 111" in await burst(pilot, "1", "1", "1")


async def test_the_key_that_opens_it_is_not_repeated_while_held():
    async with app_for().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await burst(pilot, *["X"] * 6)
        assert isinstance(pilot.app.screen, SpotScreen)


async def test_its_keys_are_those_of_the_keymap():
    keymap, problems = read_keymap(
        {"spot_next": "j", "spot_hint": "5", "spot_answer": "f5", "spot_close": ["c", "esc"]}
    )
    assert problems == []
    app = app_for()
    app.set_keymap(keymap)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        text = await press(pilot, "j")
        assert screen.file == "gae"
        assert "j: file   up, down: line   enter: guess   5: hint   f5: answer" in text
        assert "c closes" in text
        assert "What can still come after" in await press(pilot, "5")
        assert "line 4" in await press(pilot, "4")
        assert not screen.spotting.over
        await press(pilot, "a", "h", "tab")
        assert (screen.file, screen.spotting.over) == ("gae", False)
        await press(pilot, "f5")
        assert screen.spotting.over
        await press(pilot, "c")
        assert isinstance(app.screen, MainScreen)


def test_a_key_of_its_own_cannot_be_shared():
    _keymap, problems = read_keymap({"spot_hint": "a"})
    assert [str(problem) for problem in problems] == ["keymap: spot_hint and spot_answer cannot share a"]
