"""The command line: what it prints, how it ends, and that bad input is one line and a failing status."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
TRAIN_KEYS = (
    "seed map map_rows slip preset overrides episodes env_steps updates seconds steps_per_second success_rate "
    "success_probability greedy_success_probability optimal_success_probability stationary_ceiling "
    "first_goal_episode best last weights_sha256 state_sha256"
).split()
REPLAY_KEYS = (
    "save map slip episodes successes holes timeouts success_rate standard_error mean_steps success_probability greedy"
).split()
INSPECT_KEYS = (
    "format lakeppo_version seed config changes moment episodes env_steps updates policy old_policy values "
    "success_probability greedy_success_probability weights_sha256 state_sha256"
).split()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def process(*words: str, **more) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", "from lakeppo.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_train_reports_strict_json_with_every_key(lakeppo):
    status, out, _ = lakeppo("train", "--updates", "2", "--json", "--quiet")
    result = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not strict JSON"))
    assert status == 0
    assert set(TRAIN_KEYS) <= set(result)
    assert (result["updates"], result["env_steps"]) == (2, 128)
    assert result["last"]["save"] == "saves/last.pt"
    assert result["last"]["update"] == 2
    assert result["stationary_ceiling"] == 1.0


def test_the_same_seed_prints_the_same_hashes_and_another_does_not(lakeppo):
    def hashes(seed: str, folder: str) -> tuple[str, str]:
        result = json.loads(lakeppo("train", "--seed", seed, "--updates", "3", "--json", "--saves", folder)[1])
        return result["weights_sha256"], result["state_sha256"]

    assert hashes("4", "a") == hashes("4", "b")
    assert hashes("4", "c")[0] != hashes("5", "d")[0]


def test_inspect_shows_what_train_ended_with(lakeppo):
    trained = json.loads(lakeppo("train", "--steps", "100", "--json")[1])
    status, out, _ = lakeppo("inspect", "saves/last.pt", "--json")
    seen = json.loads(out)
    assert status == 0
    assert set(INSPECT_KEYS) <= set(seen)
    for key in ("weights_sha256", "state_sha256", "success_probability", "episodes", "env_steps"):
        assert seen[key] == trained[key]
    assert seen["moment"] == {"update": 1, "phase": "collect", "index": 36}
    assert len(seen["policy"]) == 16
    assert all(abs(sum(row) - 1) < 1e-12 for row in seen["policy"])


def test_a_resumed_run_is_the_run_that_never_stopped(lakeppo):
    whole = json.loads(lakeppo("train", "--seed", "3", "--updates", "8", "--saves", "whole", "--json")[1])
    lakeppo("train", "--seed", "3", "--steps", "300", "--saves", "half")
    resumed = json.loads(lakeppo("train", "--resume", "half/last.pt", "--updates", "8", "--saves", "half", "--json")[1])
    for key in ("weights_sha256", "state_sha256", "episodes", "first_goal_episode", "success_rate"):
        assert resumed[key] == whole[key]
    assert resumed["best"]["update"] == whole["best"]["update"]
    assert not Path("half/kept").exists()


def test_replay_counts_every_episode_and_knows_the_exact_figure(lakeppo):
    lakeppo("train", "--updates", "10", "--slip", "1/3")
    status, out, _ = lakeppo("replay", "saves/last.pt", "--episodes", "400", "--json")
    result = json.loads(out)
    assert status == 0
    assert set(REPLAY_KEYS) <= set(result)
    assert result["successes"] + result["holes"] + result["timeouts"] == result["episodes"] == 400
    assert abs(result["success_rate"] - result["success_probability"]) < 5 * max(result["standard_error"], 0.01)


def test_replay_draws_frames_and_greedy_differs_from_sampled(lakeppo):
    lakeppo("train", "--updates", "2")
    assert "FHFH" in lakeppo("replay", "saves/last.pt", "--episodes", "1", "--render")[1]
    figures = [
        json.loads(lakeppo("replay", "saves/last.pt", "--json", *mode)[1])["success_probability"]
        for mode in ([], ["--greedy"])
    ]
    assert figures[0] != figures[1]
    assert figures[1] in (0.0, 1.0)  # greedy on firm ice is one path


def test_without_a_terminal_there_are_plain_lines_and_no_control_codes(lakeppo):
    _, out, err = lakeppo("train", "--updates", "40")
    assert "\x1b" not in out + err
    assert "exact" in out
    assert "episode" in err


def test_quiet_says_nothing_on_standard_error(lakeppo):
    assert lakeppo("train", "--updates", "2", "--quiet", "--slippery")[2] == ""


def test_classic_on_slippery_ice_names_the_preset_to_take(lakeppo):
    assert "--preset slippery" in lakeppo("train", "--updates", "1", "--slippery")[2]


def test_flags_beat_the_preset_and_are_reported_as_overrides(lakeppo):
    words = ["--preset", "steady", "--gamma", "0.8", "--no-norm-adv", "--clip-coef", "off", "--map", "8x8"]
    result = json.loads(lakeppo("train", "--steps", "1", "--json", *words)[1])
    assert result["overrides"] == {"map": "8x8", "gamma": 0.8, "clip_coef": None}
    assert result["preset"] == "steady"


BAD_VALUES = [
    ["--gamma", "1.01"], ["--gamma", "nan"], ["--gae-lambda", "-0.1"], ["--learning-rate", "0"],
    ["--learning-rate", "inf"], ["--batch-size", "0"], ["--batch-size", "65537"], ["--batch-size", "1.5"],
    ["--epochs", "1001"], ["--clip-coef", "0"], ["--clip-coef", "none"], ["--ent-coef", "1001"], ["--slip", "4/3"],
    ["--slip", "1/0"], ["--slip", "0.1", "--slippery"], ["--map", "nowhere"], ["--map", "random:33"],
    ["--map", "random:1"], ["--map", "random:4:x"], ["--preset", "nothing"], ["--seed", "-1"], ["--seed", "x"],
    ["--episodes", "0"], ["--episodes", "5", "--steps", "5"], ["--nonsense"], ["--activation", "gelu"],
    ["--max-episode-steps", "0"],
]  # fmt: skip


@pytest.mark.parametrize("words", BAD_VALUES, ids=" ".join)
def test_a_bad_value_is_one_line_and_status_2(lakeppo, words):
    status, out, err = lakeppo("train", *words)
    assert (status, out) == (2, "")
    assert err.startswith("lakeppo: ")
    assert err.count("\n") == 1
    assert not Path("saves").exists()


BAD_MAPS = {
    "no start": "FF\nFG\n",
    "two starts": "SS\nFG\n",
    "no goal": "SF\nFF\n",
    "unknown letter": "SX\nFG\n",
    "ragged": "SFF\nFG\n",
    "unreachable": "SH\nHG\n",
    "too large": ("S" + "F" * 31 + "G\n"),
    "empty": "",
    "not text": "\x00\xff\x80",
}


@pytest.mark.parametrize("text", BAD_MAPS.values(), ids=BAD_MAPS)
def test_a_bad_map_file_is_one_line_and_status_1(lakeppo, text):
    Path("lake.txt").write_bytes(text.encode("latin-1"))
    status, out, err = lakeppo("train", "--map", "lake.txt")
    assert (status, out) == (1, "")
    assert err.startswith("lakeppo: lake.txt")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["replay", "inspect", "train --resume", "tui --resume"])
@pytest.mark.parametrize("kind", ["missing", "empty", "cut short", "foreign", "a folder"])
def test_a_bad_save_is_one_line_and_status_1(lakeppo, command, kind):
    save = Path("x.pt")
    if kind == "empty":
        save.touch()
    elif kind == "cut short":
        lakeppo("train", "--updates", "1")
        save.write_bytes(Path("saves/last.pt").read_bytes()[:5000])
    elif kind == "foreign":
        save.write_text("hello")
    elif kind == "a folder":
        save.mkdir()
    status, out, err = lakeppo(*command.split(), "x.pt")
    assert (status, out) == (1, "")
    assert err.startswith("lakeppo: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["--gamma", "0.5"], ["--seed", "1"], ["--map", "4x4"], ["--slippery"], ["--norm-adv"]]
)
def test_resume_refuses_what_the_save_decides_and_names_it(lakeppo, words):
    status, _, err = lakeppo("train", "--resume", "x.pt", *words)
    assert status == 2
    name = "--slippery" if "--slippery" in words else words[0]
    assert name in err


def test_a_folder_that_cannot_be_written_is_said_before_training(lakeppo):
    Path("saves").write_text("a file stands where the folder should be")
    status, out, err = lakeppo("train")
    assert (status, out) == (1, "")
    assert "saves" in err
    assert "episode" not in err


def test_tui_without_a_terminal_says_so(lakeppo):
    status, out, err = lakeppo("tui")
    assert (status, out) == (1, "")
    assert "terminal" in err


def test_bare_lakeppo_prints_the_help_and_version_its_version(lakeppo):
    status, out, err = lakeppo()
    assert (status, err) == (0, "")
    assert all(command in out for command in ("tui", "train", "replay", "inspect"))
    assert lakeppo("--version")[1].startswith("lakeppo 0.")


def test_help_lists_every_knob_with_its_range_and_every_preset(lakeppo):
    from lakeppo.config import KNOBS, PRESETS
    from lakeppo.options import flag

    out = lakeppo("train", "--help")[1]
    assert all(flag(name) in out for name in KNOBS)
    assert all(f"\n    {name}  (to " in out for name in PRESETS)
    assert "(0, 1000]" in out


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_training_saved_and_summed_up(number, status):
    running = process("train", "--steps", "100000000", "--json")
    deadline = time.monotonic() + 60
    while not Path("saves/last.pt").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == status
    result = json.loads(out)
    assert "Traceback" not in err
    from lakeppo.runs.trainer_state import state_sha256
    from lakeppo.storage.checkpoint import read_save

    save = read_save(Path("saves/last.pt"))
    assert state_sha256(save.seed, save.config, save.state) == result["state_sha256"]


def test_a_reader_that_leaves_is_no_traceback():
    running = process("inspect", "--help")
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    assert "Traceback" not in running.stderr.read()
    running.wait()


@pytest.mark.parametrize(
    ("words", "forbidden"),
    [
        (["--help"], ["torch", "textual"]),
        (["--version"], ["torch", "textual"]),
        (["train", "--help"], ["torch", "textual"]),
        (["train", "--updates", "1", "--quiet"], ["textual"]),
        (["tui"], ["torch"]),
    ],
    ids=lambda x: " ".join(x),
)
def test_a_command_imports_only_what_it_needs(words, forbidden):
    script = (
        "import sys\nfrom lakeppo.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {forbidden!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True)
    assert done.stderr.rstrip().endswith("[]")


def test_completion_imports_neither_torch_nor_textual():
    script = (
        "import sys\nfrom lakeppo.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('torch', 'textual') if m in sys.modules], file=sys.stderr)"
    )
    asked = {"_LAKEPPO_COMPLETE": "complete_bash", "COMP_WORDS": "lakeppo train --preset ", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'lakeppo'\n{script}"],
        capture_output=True,
        text=True,
        env={**os.environ, **asked, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr.rstrip().endswith("[]")
    assert "classic" in done.stdout


@pytest.mark.parametrize("command", ["inspect", "replay"])
def test_what_is_printed_of_a_save_is_what_was_agreed(lakeppo, command):
    """Golden output: `LAKEPPO_GOLDEN=1 pytest tests/test_cli.py` writes it anew; then read the difference."""
    Path("save.pt").write_bytes((DATA / "midway.pt").read_bytes())
    out = lakeppo(command, "save.pt")[1]
    golden = DATA / f"{command}-midway.txt"
    if os.environ.get("LAKEPPO_GOLDEN"):
        golden.write_text(out)
    assert out == golden.read_text()


def test_a_disk_that_fills_does_not_end_training_but_its_status_tells(lakeppo, monkeypatch):
    import lakeppo.storage.save_folder as save_folder

    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(save_folder, "write_atomically", full)
    status, out, err = lakeppo("train", "--updates", "3", "--json")
    assert status == 1
    assert json.loads(out)["updates"] == 3
    assert json.loads(out)["last"] is None
    assert "no space left" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("tui <&-", 1, "lakeppo: tui needs a terminal"),
        ("tui >&-", 1, "lakeppo: tui needs a terminal"),
        ("train --updates 1 --quiet <&- >&-", 0, ""),
        ("train --updates 0 2>&-", 2, ""),
    ],
)
def test_a_closed_stream_breaks_nothing(tmp_path, command, status, said):
    script = f"exec {sys.executable} -c 'from lakeppo.cli import main; main()' {command}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == status
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == (said != "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_reports_are_written_in_whatever_can_be_written(tmp_path, encoding):
    name = os.fsdecode(b"\xff.txt")
    (tmp_path / name).write_text("SFF\nFFG\n")
    said = []
    for words in (
        ["train", "--updates", "2", "--map", name],
        ["replay", "saves/last.pt"],
        ["inspect", "saves/last.pt"],
    ):
        running = process(*words, env={**os.environ, "PYTHONIOENCODING": encoding}, encoding=encoding)
        said.append(running.communicate()[0])
        assert running.returncode == 0
    assert "?.txt, firm ice" in said[0]
    assert ("+-" if encoding == "ascii" else "±") in said[1]
    assert any(arrow in said[2] for arrow in ("< ", "> ", "v ", "^ "))


def test_an_interrupt_while_torch_is_imported_just_ends_it(tmp_path):
    (tmp_path / "torch.py").write_text("import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(60)")
    running = process("inspect", "no.pt", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert running.communicate() == ("", "")
    assert running.returncode == -signal.SIGINT
