"""Figures, sentences and the texts on siblings: what several panels show."""

from dataclasses import replace

import pytest
from support.fake_session import make_fan, make_row, make_snapshot, state_of
from support.states import state_of as state_of_run

from lakeppo.config import make_config
from lakeppo.moment import Moment, Phase
from lakeppo.runs.history import History
from lakeppo.runs.run import Run
from lakeppo.tui.drawing.lines import longest
from lakeppo.tui.state import AppState
from lakeppo.tui.text.formatting import pace_words, phase_words, rate_words, siblings_words, value_in_force

HISTORY = History(make_row(update) for update in range(1, 401))


def state_at(phase: Phase, index: int = 0, update: int = 3, **fields: object) -> AppState:
    return state_of(make_snapshot(moment=Moment(update, phase, index), history=HISTORY, **fields))


def test_a_pace_is_named_by_its_rate():
    assert [pace_words(i) for i in (0, 1, 5, 7)] == ["1/2 step/s", "1 step/s", "250 steps/s", "full speed"]


def test_the_sentence_of_each_phase_is_true_of_it():
    assert phase_words(state_at(Phase.COLLECT)) == "The old actor collects the batch. Nothing is learned now."
    assert "expected" in phase_words(state_at(Phase.JUDGE))
    assert "exactly 1" in phase_words(state_at(Phase.IMPROVE, 0)) == phase_words(state_at(Phase.IMPROVE, 1))
    assert "stop pushing" in phase_words(state_at(Phase.IMPROVE, 2))
    assert phase_words(state_at(Phase.COPY)) == "The new actor becomes the old one. The batch is discarded."
    unclipped = phase_words(state_at(Phase.IMPROVE, 2, config=make_config("classic", clip_coef=None)))
    assert "every sample keeps pushing" in unclipped


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("index", [0, 1, 2])
def test_no_sentence_is_longer_than_a_small_terminal_is_wide(phase: Phase, index: int):
    assert len(phase_words(state_at(phase, index))) <= 78


def test_few_episodes_have_a_wide_interval():
    def words(rate: float | None, window: int) -> str:
        return rate_words(state_at(Phase.COLLECT, 5, success_rate=rate, window=window))

    assert words(1.0, 1) == "1.00 (.21 to 1.00)"
    assert words(0.0, 3) == ".00 (.00 to .56)"
    assert words(0.38, 100) == ".38 (.29 to .48)"
    assert words(None, 0) == "-"


def test_the_texts_on_siblings_count_as_numpy_does_and_fit():
    siblings = make_fan(64, 60)
    beaten = int((siblings.success[22] < HISTORY[21].success_probability).sum())
    assert 0 < beaten < 64

    def texts(update: int = 22, **fields: object) -> tuple[str, ...]:
        return siblings_words(state_at(Phase.IMPROVE, 2, update, siblings=replace(siblings, **fields)))

    assert texts()[0] == f"better than {beaten} of 64 siblings (other seeds) at update 22"
    assert texts(diverged_at=9)[1].endswith("siblings; left its own at #9")
    assert texts(update=300)[0].endswith("at update 60")
    assert texts(update=0)[0] == "64 siblings: this run with other seeds"
    assert "f: new ones" in texts(outdated="branch")[0]
    assert siblings_words(state_at(Phase.IMPROVE, 2)) == ()
    for shown in (texts(), texts(diverged_at=9), texts(update=0), texts(outdated="branch")):
        assert list(shown) == sorted(shown, key=len, reverse=True)
    assert all(len(longest(texts(), width)) <= width for width in range(80))


def test_a_scheduled_knob_is_shown_as_in_force_in_this_update():
    run = Run(make_config("steady"), 0)
    while run.moment != Moment(0, Phase.IMPROVE, 1):
        run.unit()
    shown = state_of_run(run).snapshot.run  # 64 steps into the schedule, which the first update does not follow yet
    names = ("learning_rate", "ent_coef", "gamma")
    assert [value_in_force(shown, name) for name in names] == ["0.01", "0.02", "0.9"]
