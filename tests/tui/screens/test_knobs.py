"""The screen of knobs: what is typed there becomes one command, and what a knob cannot do is said."""

import asyncio

import pytest
from support.fake_session import FakeSession, make_snapshot, settle
from textual.events import Key
from textual.widgets import Input, OptionList, Static

from lakeppo.config import make_config
from lakeppo.session.commands import SetKnob, StartOver, StartPreset, TogglePlay
from lakeppo.tui.app import LakeApp
from lakeppo.tui.key_presses import REPEAT
from lakeppo.tui.screens.help import HelpScreen
from lakeppo.tui.screens.knobs import KnobScreen


async def opened(pilot, name: str) -> KnobScreen:
    await settle(pilot)
    await pilot.press("p")
    board = pilot.app.screen
    assert isinstance(board, KnobScreen)
    options = board.query_one(OptionList)
    options.highlighted = options.get_option_index(name)
    await settle(pilot)
    return board


@pytest.mark.parametrize(
    ("name", "value", "keys", "sent"),
    [
        ("clip_coef", "off", ["enter"], [SetKnob("clip_coef", None)]),
        ("gamma", "0.5", ["enter"], [SetKnob("gamma", 0.5)]),
        ("gamma", "0.5", ["ctrl+o"], [StartOver("gamma", 0.5)]),
        ("activation", "tanh", ["enter"], [StartOver("activation", "tanh")]),
        ("gamma", "1.5", ["enter"], []),
        ("epochs", "many", ["enter"], []),
        ("gamma", "0.5", ["escape", "escape"], []),
    ],
)
async def test_a_value_typed_is_one_command(name, value, keys, sent):
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        board = await opened(pilot, name)
        await pilot.press("enter")
        board.query_one(Input).value = value
        await pilot.press(*keys)
        await settle(pilot)
        assert isinstance(pilot.app.screen, KnobScreen) == (not sent and "escape" not in keys)
    assert session.sent == sent


async def test_a_preset_starts_over():
    session = FakeSession(make_snapshot(status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot, "preset:slippery")
        await pilot.press("enter")
        await settle(pilot)
    assert session.sent == [StartPreset("slippery")]


async def test_what_a_knob_cannot_do_is_said_where_it_stands():
    session = FakeSession(make_snapshot(make_config("classic", epochs=1), status="paused"))
    async with LakeApp(session).run_test(size=(80, 24)) as pilot:
        board = await opened(pilot, "clip_coef")
        assert "the clip cannot act" in str(board.query_one("#knob_meaning", Static).render())
        options = board.query_one(OptionList)
        options.highlighted = options.get_option_index("vf_coef")
        await settle(pilot)
        assert "Adam of its own" in str(board.query_one("#knob_meaning", Static).render())


async def test_p_and_q_close_the_list_and_are_letters_in_the_field():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("p", "q"):
            board = await opened(pilot, "gamma")
            box = board.query_one(Input)
            await pilot.press("enter", key)
            assert key in box.value
            await pilot.press("escape", "question_mark")
            assert isinstance(app.screen, HelpScreen)
            await pilot.press("escape", key)
            assert app.screen is app.main_screen
            await asyncio.sleep(REPEAT)  # sooner it would be the same key, held down


async def test_what_is_typed_in_one_burst_acts_in_its_order():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        board = await opened(pilot, "gamma")
        await pilot.press("enter")
        for key in ("ctrl+u", "0", "full_stop", "3", "backspace", "4", "enter"):
            app.post_message(Key(key, {"full_stop": "."}.get(key, key if len(key) == 1 else None)))
        await settle(pilot)
        assert not board.is_attached
    assert session.sent == [SetKnob("gamma", 0.4)]


async def test_a_number_can_be_typed_at_once():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "gamma")
        for key in ("0", "full_stop", "5"):
            app.post_message(Key(key, {"full_stop": "."}.get(key, key)))
        await settle(pilot)
        assert app.screen.query_one(Input).value == "0.5"
        await pilot.press("enter")
        await settle(pilot)
    assert session.sent == [SetKnob("gamma", 0.5)]


@pytest.mark.parametrize("size", [(80, 24), (88, 1)])
async def test_keys_in_a_burst_act_one_after_the_other(size):
    async with LakeApp(FakeSession(make_snapshot())).run_test(size=(80, 24)) as pilot:
        await opened(pilot, "gamma")
        await pilot.press("5")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        for _ in range(2):  # from the field to the list, from the list to the main screen
            pilot.app.post_message(Key("escape", None))
        await settle(pilot)
        assert pilot.app.screen is pilot.app.main_screen


@pytest.mark.parametrize("place", ["list", "field"])
async def test_the_run_plays_and_pauses_beside_the_dock(place):
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        board = await opened(pilot, "gamma")
        if place == "field":
            await pilot.press("enter")
        await pilot.press("space")
        assert session.sent == [TogglePlay()]
        assert board.query_one(Input).value == "0.9"
        assert app.screen is board


async def test_an_action_on_a_character_of_values_leaves_it_to_the_field():
    session = FakeSession(make_snapshot(status="paused"))
    app = LakeApp(session)
    app.set_keymap({"play_beside": "5", "start_over": "k"})
    async with app.run_test(size=(80, 24)) as pilot:
        board = await opened(pilot, "gamma")
        await pilot.press("enter", "5", "0")
        assert board.query_one(Input).value.endswith("50")
        assert session.sent == []
        board.query_one(Input).value = "0.5"
        await pilot.press("k")
        await settle(pilot)
    assert session.sent == [StartOver("gamma", 0.5)]


async def test_a_lesson_opens_no_second_dock_over_the_first():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "gamma")
        await app.run_action("knobs('epochs')", app.main_screen)
        await settle(pilot)
        assert len(app.screen_stack) == 2


async def test_the_same_digit_twice_in_a_burst_is_two_digits():
    app = LakeApp(FakeSession(make_snapshot(status="paused")))
    async with app.run_test(size=(80, 24)) as pilot:
        board = await opened(pilot, "batch_size")
        for count in range(2):
            event = Key("9", "9")
            event.time += 0.03 * count
            app.post_message(event)
        await settle(pilot)
        assert board.query_one(Input).value == "99"
