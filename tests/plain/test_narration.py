"""What is told of an update: its figures are those of the run."""

import re

import pytest
from support.plain import told
from support.session import moment, run_to

from lakeppo.config import make_config
from lakeppo.figures import figure
from lakeppo.i18n import use_language
from lakeppo.moment import Phase
from lakeppo.ppo.objective import three_groups


def numbers(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


def find(lines: list[str], beginning: str) -> str:
    return next(line for line in lines if line.startswith(beginning))


def test_an_update_is_told_phase_by_phase(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, "go 4\nnarrate pass\nstep update\n")[-15:]
    run = run_to(moment(4, Phase.COPY))
    ends = [step for step in run.trainer.transitions if step.terminated or step.truncated]
    goals = sum(step.reward > 0 for step in ends)
    timeouts = sum(step.truncated for step in ends)
    expected = [64, len(ends), goals, len(ends) - goals - timeouts, timeouts]
    assert numbers(find(lines, "Collect: ")) == expected
    raw = run.trainer.judgement.advantages
    assert numbers(find(lines, "Judge: "))[:3] == [int((raw > 0).sum()), 64, int((raw < 0).sum())]
    success = run.success()[0]
    assert f" to {figure(success)}; " in find(lines, "What moved most")
    run.unit()
    assert f"exact success {figure(success)}, greedy {figure(run.success()[1])}" in find(lines, "Copy: ")


@pytest.mark.parametrize("clip", [0.05, None])
def test_each_pass_tells_its_ratios_and_what_the_clip_stopped(monkeypatch, capsys, tmp_path, clip):
    config = make_config("classic", clip_coef=clip)
    lines = told(monkeypatch, capsys, tmp_path, "narrate pass\nstep update\n", config=config)
    run = run_to(moment(0, Phase.COPY), config=config)
    trainer = run.trainer
    nothing = "" if clip is None else ", so the clip did nothing"
    assert find(lines, "Pass 1 of 5").startswith(f"Pass 1 of 5: every ratio was exactly 1{nothing}. ")
    for number, one in enumerate(trainer.passes[1:], 2):
        ratio = (one.log_policy - trainer.old_log_policy)[trainer.batch.states, trainer.batch.actions].exp()
        line = find(lines, f"Pass {number} of 5")
        assert f"ratios from {figure(ratio.min().item(), 2)} to {figure(ratio.max().item(), 2)}" in line
        if clip is None:
            assert "and the clip is off" in line
        else:
            _, returning, stopped = three_groups(ratio, trainer.judgement.used_advantages, clip)
            assert f"the clip stopped {int(stopped.sum())} of 64 samples" in line
            assert (f"and {int(returning.sum())} more outside" in line) == bool(returning.any())


def test_the_reason_of_an_update_can_be_read_after_its_copy(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, "step update\nwhy\nwhere\nbranches\n")
    why = lines[lines.index("> why") + 1 : lines.index("> where")]
    assert why[0] == "Update 0:"
    assert why[1].startswith("What moved most in this update: ")
    assert find(why, "Exact success went from ") == find(lines, "What moved most").partition(". ")[2]
    assert why[why.index("Now:") + 1].startswith("The copy has made old and new equal")
    assert "Now at update 1, collect, step 0 of 64. Exact" in "\n".join(lines[lines.index("> where") :])
    assert lines[-2] == "There is only one branch so far: main."


def test_two_runs_are_told_beside_each_other(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, "go 2\nback update\ntry epochs 1\nstep update\ngo start\ngo end\n")
    one, other = (run_to(moment(2), config=make_config("classic")), run_to(moment(1)))
    other.change("epochs", 1)
    while other.moment < moment(2):
        other.unit()
    expected = f"B: exact success {figure(other.success()[0])}; main: {figure(one.success()[0])}."
    assert lines.count(expected) == 2  # after the passes and at the end
    assert sum(line.startswith("First difference: update 1, ") for line in lines) == 3
    assert sum(line.startswith("No difference up to ") for line in lines) > 1


def test_chinese_sentences_stand_together(monkeypatch, capsys, tmp_path):
    use_language("zh")
    lines = told(monkeypatch, capsys, tmp_path, "narrate pass\nstep update\nstep goal\ntour\n\n\nleave\n")
    assert [line for line in lines if re.search("[。；！？] ", line)] == []
    assert sum(line.count("。") > 1 for line in lines) > 3
