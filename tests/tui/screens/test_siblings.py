"""The list of the siblings."""

from dataclasses import replace

from support.fake_session import FakeSession, make_fan, make_snapshot, settle
from support.screens import screen_text

from lakeppo.session.commands import CycleSiblings, OpenSibling
from lakeppo.tui.app import LakeApp
from lakeppo.tui.screens.siblings import SiblingScreen


def text_of(app: LakeApp) -> str:
    return "\n".join(screen_text(app))


async def test_the_list_is_sorted_and_opens_the_chosen_sibling():
    fan = make_fan(12, seed=7)
    session = FakeSession(make_snapshot(siblings=fan))
    app = LakeApp(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("F")
        await settle(pilot)
        assert isinstance(app.screen, SiblingScreen)
        family = app.screen.rows
        successes = [sibling.success for sibling in family._model.listed]
        assert successes == sorted(successes, reverse=True)
        assert (len(family.ids), family.selected) == (13, 7)
        await pilot.press("enter")
        assert "This is the run on screen" in text_of(app)
        await pilot.press("home")
        best = family.ids[0]
        assert family.position == 0
        await pilot.press("f", "enter")
        await settle(pilot)
        assert session.sent == [CycleSiblings(), OpenSibling(best)]
        assert app.screen is app.main_screen


async def test_the_chosen_sibling_stays_chosen_when_the_order_changes():
    fan = make_fan(12, seed=7)
    turned = replace(fan, success=fan.success[:, ::-1], known=fan.known, outdated="branch")
    session = FakeSession(make_snapshot(siblings=fan))
    app = LakeApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("F", "end", "up")
        await settle(pilot)
        family = app.screen.query_one("SiblingList")
        selected = family.selected
        session.queue.append(make_snapshot(siblings=turned))
        await settle(pilot)
        assert family.selected == selected
        assert family.position != 11
        assert "another branch of the run" in text_of(app)
        await pilot.click("SiblingList", offset=(5, 2))
        assert family.position == 0
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is app.main_screen


async def test_without_siblings_a_message_names_the_key():
    app = LakeApp(FakeSession(make_snapshot()))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("F")
        await settle(pilot)
        assert "f trains some" in text_of(app)
        assert app.screen is app.main_screen


async def test_the_label_of_f_is_what_it_does_next():
    fan = make_fan(64)
    seen = {}
    for name, shown in (
        ("none", None),
        ("first", fan),
        ("all", make_fan(64, later=192)),
        ("old", replace(fan, outdated="change")),
    ):
        app = LakeApp(FakeSession(make_snapshot(siblings=shown)))
        async with app.run_test(size=(200, 50)) as pilot:
            await settle(pilot)
            seen[name] = text_of(app).splitlines()[-1]
    assert "f 256 siblings" in seen["first"]
    assert "f no siblings" in seen["all"]
    assert "f siblings" in seen["none"]
    assert "f siblings" in seen["old"]
    assert "F list them" not in seen["none"]
    assert "F list them" in seen["first"]
