"""The batch in words, by its episodes, tiles and cells: the figures are those of the update redone without them."""

import re

import numpy as np
from support.plain import told
from support.updates import judged, run_to

from lakeppo.causes.explanation import explain
from lakeppo.causes.results import Lens, Part
from lakeppo.config import make_config
from lakeppo.figures import small_figure
from lakeppo.moment import Moment, Phase
from lakeppo.runs.batch_table import batch_of
from lakeppo.tui.text.parts import labels, part_table

THERE = "go +2\nstep phase\nstep phase\nstep pass 3\n"


def answers(lines: list[str], command: str) -> list[str]:
    """The lines between a command and the next one."""
    start = lines.index(f"> {command}") + 1
    return lines[start : next(at for at in range(start, len(lines)) if lines[at].startswith(("> ", "Saved. ")))]


def test_the_batch_is_listed_by_its_parts(monkeypatch, capsys, tmp_path):
    commands = ["batch by tile", "samples by episode by steps down", "batch by cell by did_push"]
    lines = told(monkeypatch, capsys, tmp_path, THERE + "\n".join([*commands, "tile 0", "sample 5", "quit"]))
    run = run_to(make_config("classic"), 0, Moment(2, Phase.IMPROVE, 3))
    update, batch = judged(run), batch_of(run)
    explanation = explain(update)
    assert explanation is not None
    actual = small_figure(explanation.success.actual)
    for command, part in zip(commands, (Part.TILE, Part.EPISODE, Part.CELL), strict=True):
        table = part_table(batch, part, explanation, update.episodes_before)
        said = answers(lines, command)
        assert f" {len(table['key'])} in this batch" in said[0]
        assert said[1] == f"Exact success is {actual}."
        size = {"batch by tile": -np.abs(table["did_push"]), "batch by cell by did_push": table["did_push"]}
        order = np.argsort(size.get(command, -table["steps"]), kind="stable")[:20]
        for k, line in zip(order.tolist(), said[2:], strict=False):
            assert f" {table['steps'][k]} step" in line
            assert f"without its push {small_figure(table['without_push'][k])}" in line
            assert f"without its surprise {small_figure(table['without_surprise'][k])}" in line
    without = small_figure(explanation.success_without(Lens.PUSH, Part.TILE, 0))
    count = int((batch["state"] == 0).sum())
    [said] = [line for line in answers(lines, "tile 0") if "exact success" in line]
    assert said.startswith(f"Without its {count} steps exact success would be ")
    assert without in said
    said = answers(lines, "sample 5")[-1]
    assert f" push {small_figure(explanation.success_without(Lens.PUSH, Part.STEP, 4))}" in said
    episode = int(labels(batch, Part.EPISODE)[4])
    assert f" episode {small_figure(explanation.success_without(Lens.PUSH, Part.EPISODE, episode))}" in said


def test_the_samples_of_an_episode_are_listed(monkeypatch, capsys, tmp_path):
    script = THERE + "batch by episode\nbatch episode 99\nquit"
    first = answers(told(monkeypatch, capsys, tmp_path / "a", script), "batch by episode")[2]
    number, start, end = map(int, re.findall(r"episode (\d+),.*samples (\d+) to (\d+)", first)[0])
    lines = told(monkeypatch, capsys, tmp_path / "b", f"{THERE}batch episode {number}\nquit")
    listed = [int(line.partition(":")[0]) for line in answers(lines, f"batch episode {number}")[2:22]]
    assert listed == list(range(start, end + 1))[: len(listed)] != []


def test_before_the_first_pass_no_effect_is_told(monkeypatch, capsys, tmp_path):
    lines = told(monkeypatch, capsys, tmp_path, "step 9\nbatch by tile\nquit")
    said = answers(lines, "batch by tile")
    assert "computed after the first pass" in said[1]
    assert not any("without" in line for line in said)
