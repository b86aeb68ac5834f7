"""`lakeppo train --tensorboard`: TensorBoard's own reader finds the history in the event files."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from lakeppo.headless import event_files
from lakeppo.headless.event_files import FIGURES, TAGS
from lakeppo.storage.checkpoint import read_save

WORDS = ("train", "--preset", "steady", "--updates", "12", "--quiet", "--json")
CLEANRL = (
    "charts/episodic_return", "charts/learning_rate", "losses/value_loss", "losses/policy_loss", "losses/entropy",
    "losses/old_approx_kl", "losses/approx_kl", "losses/clipfrac", "losses/explained_variance",
)  # fmt: skip
needs_tensorboard = pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="`lakeppo[tensorboard]` is not installed"
)


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The steps and values of every tag, as TensorBoard reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return {tag: [(event.step, event.value) for event in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


@needs_tensorboard
def test_tensorboard_reads_the_history_back(lakeppo, tmp_path):
    status, _, err = lakeppo(*WORDS, "--saves", str(tmp_path), "--tensorboard", str(tmp_path / "events"))
    assert (status, err) == (0, "")
    save, read = read_save(tmp_path / "last.pt"), scalars(tmp_path / "events")
    assert set(CLEANRL) <= set(read)
    for name in FIGURES:
        known = [(row.env_steps, getattr(row, name)) for row in save.history if getattr(row, name) is not None]
        steps, values = zip(*read[TAGS.get(name, f"lakeppo/{name}")], strict=True)
        assert list(steps) == [step for step, _ in known]
        assert list(values) == np.float32([value for _, value in known]).tolist()
    batch = save.config.batch_size
    rates = [save.config.annealed("learning_rate", row.env_steps - batch) for row in save.history]
    assert [value for _, value in read["charts/learning_rate"]] == np.float32(rates).tolist()
    episodes = read["charts/episodic_return"]
    assert len(episodes) == save.history[-1].episodes
    assert np.mean([value for _, value in episodes[-100:]]) == pytest.approx(save.history[-1].success_rate)
    assert not any("SPS" in tag for tag in read)


@needs_tensorboard
def test_the_bits_of_a_run_do_not_depend_on_the_event_files(lakeppo, tmp_path):
    for words in ([], ["--tensorboard", str(tmp_path / "events")]):
        lakeppo(*WORDS, "--saves", str(tmp_path / f"saves{len(words)}"), *words)
    with_events, without = (read_save(tmp_path / name / "last.pt") for name in ("saves2", "saves0"))
    assert with_events.history == without.history


@needs_tensorboard
def test_a_resumed_run_adds_a_file_and_no_step_twice(lakeppo, tmp_path):
    words = ["--saves", str(tmp_path), "--tensorboard", str(tmp_path / "events"), "--quiet"]
    lakeppo("train", "--updates", "3", *words)
    lakeppo("train", "--resume", str(tmp_path / "last.pt"), "--updates", "6", *words)
    assert len(list((tmp_path / "events").iterdir())) == 2
    assert [step for step, _ in scalars(tmp_path / "events")["lakeppo/kl"]] == [64 * k for k in range(1, 7)]


@needs_tensorboard
def test_a_full_disk_ends_the_event_file_and_not_the_run(lakeppo, tmp_path, monkeypatch):
    class Full:
        name = "full"

        def write(self, data):
            raise OSError(28, "No space left on device")

        flush = close = lambda self: None

    monkeypatch.setattr(event_files, "_new_file", lambda folder: Full())
    status, out, err = lakeppo(*WORDS, "--saves", str(tmp_path), "--tensorboard", str(tmp_path / "events"))
    assert (status, err) == (1, "lakeppo: cannot write full: no space left on device\n")
    assert '"updates": 12' in out
    assert read_save(tmp_path / "last.pt").moment.update == 12


def test_without_tensorboard_the_error_names_what_to_install(lakeppo, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    status, out, err = lakeppo(*WORDS, "--saves", str(tmp_path), "--tensorboard", str(tmp_path / "events"))
    assert (status, out) == (2, "")
    assert err == "lakeppo: --tensorboard: TensorBoard is not installed; run `pip install 'lakeppo[tensorboard]'`\n"
    assert not (tmp_path / "events").exists()
