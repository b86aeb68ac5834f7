"""The texts of the tour: true of the run on screen, whichever it is, and short enough for 80 columns."""

from dataclasses import replace

import numpy as np
import pytest
from support.fake_session import changed, make_snapshot, state_of

from lakeppo.config import make_config
from lakeppo.i18n import use_language
from lakeppo.lake.transition import Transition
from lakeppo.moment import Moment, Phase
from lakeppo.session.commands import ChangeSlip, CycleSiblings, SetKnob, TogglePlay
from lakeppo.session.pace import update_length
from lakeppo.session.snapshot import PACES, Exact, Walk
from lakeppo.tui.drawing.lines import wrapped
from lakeppo.tui.guides.guide import pace_for
from lakeppo.tui.guides.tour import TOUR

FALL, JUDGE, FIRST_PASS, CLIP, SOLVED, TRY = TOUR
PASSING = Moment(3, Phase.IMPROVE, 4)
CONFIGS = [
    make_config("classic"), make_config("classic", clip_coef=None), make_config("classic", epochs=1),
    make_config("slippery"), make_config("classic", batch_size=65536, epochs=1000),
]  # fmt: skip
EXACT = Exact(0.0172, 0.0, 1.0, 1.0, False)


def seen(config=None, moment=PASSING, **more):
    return state_of(make_snapshot(config or make_config("classic"), moment, "paused", **{"exact": EXACT, **more}))


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_every_text_has_two_lines_at_80_columns(config):
    for more in ({}, {"episodes": 0}, {"episodes": 1_234_567}, {"exact": Exact(0.9999, 1.0, 1.0, None, True)}):
        state = seen(config, **more)
        for page in TOUR:
            text = page.text(state)
            assert len(wrapped(f"{page.name}  {text}", 78)) <= 2, text


def test_how_often_the_goal_is_reached_is_that_of_the_run():
    assert FALL.text(seen(episodes=0)) == (
        "This agent has never walked: it goes wherever chance has it go. It reaches the goal 1 time in 58."
    )
    trained = seen(episodes=1200, exact=replace(EXACT, sampling=0.973))
    assert FALL.text(trained) == "This agent has walked 1,200 episodes. It reaches the goal 97 times in 100."
    assert "practically never" in FALL.text(seen(exact=replace(EXACT, sampling=0.0)))


@pytest.mark.parametrize(
    ("end", "words"),
    [((5, True, False), "Step 4 was into a hole."), ((15, True, False), "Step 4 was into the goal!"),
     ((6, False, True), "After 4 steps its time was up."), ((6, False, False), "It walks until")],
)  # fmt: skip
def test_the_end_of_the_episode_is_the_one_that_was_seen(end, words):
    last = Transition(1, 1, 1, 0.0, *end)
    assert JUDGE.text(seen(walk=Walk(end[0], (), last, 4))).startswith(words)


def test_the_counts_are_those_of_the_batch():
    state = seen()
    judged, last = state.snapshot.run.judged, state.snapshot.run.last_pass
    assert FIRST_PASS.text(state).startswith(f"{(judged.advantages > 0).sum()} of 64 steps")
    assert SOLVED.text(state).startswith(f"{last.stopped} of 64 steps are stopped")
    none = state_of(changed(state.snapshot, last_pass=replace(last, stopped=0, inside=64)))
    assert SOLVED.text(none).startswith("So far no step")


def test_a_run_without_a_clip_or_with_one_pass_is_told_so():
    assert "Without a clip nothing stops" in CLIP.text(seen(CONFIGS[1]))
    assert "the clip never acts" in CLIP.text(seen(CONFIGS[2]))
    free = seen(CONFIGS[1]).snapshot
    free = state_of(changed(free, last_pass=replace(free.run.last_pass, stopped=0)))
    assert SOLVED.text(free).startswith("Now new becomes old")
    for config in CONFIGS[1:3]:
        assert not CLIP.enough(seen(config))
        assert CLIP.enough(seen(config, Moment(3, Phase.COPY, 0)))


def test_more_passes_are_made_until_some_are_stopped():
    state = seen()
    assert CLIP.enough(state)
    last = state.snapshot.run.last_pass
    assert not CLIP.enough(state_of(changed(state.snapshot, last_pass=replace(last, stopped=0))))


def test_a_run_that_does_not_solve_is_not_called_solved():
    unsolved = "Not solved after 2,000 episodes: exact success .017, at best 1.000."
    assert TRY.text(seen(episodes=2000)).startswith(unsolved)
    assert TRY.text(seen(exact=replace(EXACT, sampling=0.96), episodes=129)).startswith("Solved after 129 episodes")
    unreachable = Exact(0.0, 0.0, 0.0, 0.0, False)
    assert "no way leads to the goal here" in SOLVED.text(seen(exact=unreachable))
    assert TRY.text(seen(exact=unreachable)).startswith("Not solved")


def test_each_trial_is_a_change_of_the_run():
    paused = seen()
    assert [choice.commands for choice in TRY.choices(paused)] == [
        (SetKnob("clip_coef", None), TogglePlay()), (ChangeSlip(0), TogglePlay()), (CycleSiblings(),),
    ]  # fmt: skip
    playing = state_of(replace(seen(CONFIGS[1]).snapshot, status="playing"))
    assert [choice.commands for choice in TRY.choices(playing)][:2] == [(SetKnob("clip_coef", 0.2),), (ChangeSlip(0),)]
    assert [choice.words for choice in TRY.choices(seen(CONFIGS[3]))][1] == "firm ice"


def test_a_motion_takes_a_few_seconds_whatever_the_batch():
    assert PACES[pace_for(64, 2)] == 60
    assert PACES[pace_for(2048, 2)] == np.inf
    assert update_length(make_config("classic")) == 64 + 4 + 5 * 4 + 4


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_chinese_sentences_follow_each_other_without_a_blank(config):
    use_language("zh")
    for more in ({}, {"episodes": 0}, {"exact": Exact(0.9999, 1.0, 1.0, None, True)}):
        texts = [page.text(seen(config, **more)) for page in TOUR]
        assert [text for text in texts if "。 " in text] == []
        assert sum(text.count("。") > 1 for text in texts) >= 4
