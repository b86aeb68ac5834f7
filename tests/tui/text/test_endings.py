"""The texts of the end of a session."""

from pathlib import Path

import pytest

from lakeppo.session.channel import Ending
from lakeppo.session.commands import GoToEnd, Save, Step, Unit
from lakeppo.tui.text.endings import ending_text, resume_text


def test_a_session_that_ended_well_has_no_ending_text():
    assert ending_text(None, Ending(Path("last.pt"))) is None


def test_the_ending_names_the_dropped_commands():
    update = Step(Unit.COPY)
    text = ending_text(None, Ending(Path("last.pt"), None, (update, update, Save(), GoToEnd())))
    assert text == "quit after 2 s; dropped commands: Step x2, Save, GoToEnd"


def test_a_failure_comes_before_a_failed_save_and_dropped_commands():
    ending = Ending(None, "disk full; it is tried again", (Save(),))
    assert ending_text("ValueError: x", ending) == "the worker failed: ValueError: x"
    assert ending_text(None, ending) == "the run was not saved: disk full"


def test_a_saved_run_can_be_resumed_by_its_quoted_path():
    text = resume_text(None, Ending(Path("my saves/last.pt")))
    assert text == "Saved. To resume: lakeppo tui --resume 'my saves/last.pt'"


def test_a_failed_run_is_resumed_from_before_the_failure():
    text = resume_text("ValueError: x", Ending(Path("last.pt")))
    assert text == "last.pt is from before the failure. To resume: lakeppo tui --resume last.pt"


@pytest.mark.parametrize("failure", [None, "ValueError: x"])
def test_nothing_is_resumed_without_a_save(failure):
    assert resume_text(failure, Ending()) is None
