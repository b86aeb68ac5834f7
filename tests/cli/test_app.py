"""The command line: its output, its exit status, and one line for bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lakeppo import __version__

DATA = Path(__file__).parents[1] / "data"
TRAIN_KEYS = (
    "seed map map_rows slip preset overrides episodes env_steps updates seconds steps_per_second success_rate "
    "success_probability greedy_success_probability optimal_success_probability stationary_ceiling "
    "first_goal_episode best last weights_sha256 state_sha256"
).split()
REPLAY_KEYS = (
    "save map slip episodes successes holes timeouts success_rate success_rate_interval mean_steps "
    "success_probability greedy"
).split()
INSPECT_KEYS = (
    "format lakeppo_version seed config changes moment episodes env_steps updates policy old_policy values "
    "success_probability greedy_success_probability weights_sha256 state_sha256"
).split()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def process(*words: str, **more) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", "from lakeppo.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_train_prints_strict_json_with_every_key(lakeppo):
    status, out, _ = lakeppo("train", "--updates", "2", "--json", "--quiet")
    result = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not strict JSON"))
    assert status == 0
    assert set(TRAIN_KEYS) <= set(result)
    assert (result["updates"], result["env_steps"]) == (2, 128)
    assert result["last"]["save"] == "saves/last.pt"
    assert result["last"]["update"] == 2
    assert result["stationary_ceiling"] == 1.0


def test_equal_seeds_have_equal_hashes_and_others_do_not(lakeppo):
    def hashes(seed: str, folder: str) -> tuple[str, str]:
        result = json.loads(lakeppo("train", "--seed", seed, "--updates", "3", "--json", "--saves", folder)[1])
        return result["weights_sha256"], result["state_sha256"]

    assert hashes("4", "a") == hashes("4", "b")
    assert hashes("4", "c")[0] != hashes("5", "d")[0]


def test_inspect_prints_the_state_in_which_train_ended(lakeppo):
    trained = json.loads(lakeppo("train", "--steps", "100", "--json")[1])
    status, out, _ = lakeppo("inspect", "saves/last.pt", "--json")
    inspected = json.loads(out)
    assert status == 0
    assert set(INSPECT_KEYS) <= set(inspected)
    for key in ("weights_sha256", "state_sha256", "success_probability", "episodes", "env_steps"):
        assert inspected[key] == trained[key]
    assert inspected["moment"] == {"update": 1, "phase": "collect", "index": 36}
    assert len(inspected["policy"]) == 16
    assert all(abs(sum(row) - 1) < 1e-12 for row in inspected["policy"])


def test_a_resumed_run_equals_an_uninterrupted_run(lakeppo):
    whole = json.loads(lakeppo("train", "--seed", "3", "--updates", "8", "--saves", "whole", "--json")[1])
    lakeppo("train", "--seed", "3", "--steps", "300", "--saves", "half")
    resumed = json.loads(lakeppo("train", "--resume", "half/last.pt", "--updates", "8", "--saves", "half", "--json")[1])
    for key in ("weights_sha256", "state_sha256", "episodes", "first_goal_episode", "success_rate"):
        assert resumed[key] == whole[key]
    assert resumed["best"]["update"] == whole["best"]["update"]
    assert not Path("half/kept").exists()


def test_replay_counts_every_episode_beside_the_exact_success(lakeppo):
    lakeppo("train", "--updates", "10", "--slip", "1/3")
    status, out, _ = lakeppo("replay", "saves/last.pt", "--episodes", "400", "--json")
    result = json.loads(out)
    assert status == 0
    assert set(REPLAY_KEYS) <= set(result)
    assert result["successes"] + result["holes"] + result["timeouts"] == result["episodes"] == 400
    low, high = result["success_rate_interval"]
    assert 0 < low < result["success_rate"] < high < 1
    assert abs(result["success_rate"] - result["success_probability"]) < 2.5 * (high - low)


def test_replay_renders_frames_and_plays_greedily(lakeppo):
    lakeppo("train", "--updates", "2")
    assert "FHFH" in lakeppo("replay", "saves/last.pt", "--episodes", "1", "--render")[1]
    figures = [
        json.loads(lakeppo("replay", "saves/last.pt", "--json", *mode)[1])["success_probability"]
        for mode in ([], ["--greedy"])
    ]
    assert figures[0] != figures[1]
    assert figures[1] in (0.0, 1.0)  # greedy on firm ice is one path


def test_output_without_a_terminal_has_no_control_codes(lakeppo):
    _, out, err = lakeppo("train", "--updates", "40")
    assert "\x1b" not in out + err
    assert "exact" in out
    assert "episode" in err


def test_quiet_prints_nothing_on_standard_error(lakeppo):
    assert lakeppo("train", "--updates", "2", "--quiet", "--slippery")[2] == ""


def test_classic_on_slippery_ice_recommends_the_slippery_preset(lakeppo):
    assert "--preset slippery" in lakeppo("train", "--updates", "1", "--slippery")[2]


def test_options_override_the_preset_and_are_reported(lakeppo):
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
def test_an_invalid_value_is_one_line_and_status_2(lakeppo, words):
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
def test_an_invalid_map_file_is_one_line_and_status_1(lakeppo, text):
    Path("lake.txt").write_bytes(text.encode("latin-1"))
    status, out, err = lakeppo("train", "--map", "lake.txt")
    assert (status, out) == (1, "")
    assert err.startswith("lakeppo: lake.txt")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["replay", "inspect", "train --resume", "tui --resume"])
@pytest.mark.parametrize("kind", ["missing", "empty", "cut short", "foreign", "a folder"])
def test_an_invalid_checkpoint_is_one_line_and_status_1(lakeppo, command, kind):
    path = Path("x.pt")
    if kind == "empty":
        path.touch()
    elif kind == "cut short":
        lakeppo("train", "--updates", "1")
        path.write_bytes(Path("saves/last.pt").read_bytes()[:5000])
    elif kind == "foreign":
        path.write_text("hello")
    elif kind == "a folder":
        path.mkdir()
    status, out, err = lakeppo(*command.split(), "x.pt")
    assert (status, out) == (1, "")
    assert err.startswith("lakeppo: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["train --run", "tui --run"])
def test_an_invalid_run_file_is_one_line_and_status_1(lakeppo, monkeypatch, command):
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    Path("x.toml").write_text("seed = 1\n")
    status, out, err = lakeppo(*command.split(), "x.toml")
    assert (status, out) == (1, "")
    assert err.startswith("lakeppo: x.toml")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["--gamma", "0.5"], ["--seed", "1"], ["--map", "4x4"], ["--slippery"], ["--norm-adv"]]
)
def test_resume_rejects_options_that_the_checkpoint_sets(lakeppo, words):
    status, _, err = lakeppo("train", "--resume", "x.pt", *words)
    assert status == 2
    name = "--slippery" if "--slippery" in words else words[0]
    assert name in err


def test_a_folder_that_cannot_be_written_fails_before_training(lakeppo):
    Path("saves").write_text("a file in place of the folder")
    status, out, err = lakeppo("train")
    assert (status, out) == (1, "")
    assert "saves" in err
    assert "episode" not in err


def test_tui_without_a_terminal_is_an_error(lakeppo):
    status, out, err = lakeppo("tui")
    assert (status, out) == (1, "")
    assert "terminal" in err


def test_lakeppo_alone_prints_the_help(lakeppo):
    status, out, err = lakeppo()
    assert (status, err) == (0, "")
    assert all(command in out for command in ("tui", "train", "replay", "inspect"))


def test_version_prints_the_version(lakeppo):
    assert lakeppo("--version")[1].startswith("lakeppo 0.")


def test_help_lists_every_knob_with_its_range_and_every_preset(lakeppo):
    from lakeppo.cli.options import flag
    from lakeppo.config import KNOBS
    from lakeppo.presets import PRESETS

    out = lakeppo("train", "--help")[1]
    assert all(flag(name) in out for name in KNOBS)
    assert all(f"\n    {name}  (to " in out for name in PRESETS)
    assert "(0, 1000]" in out


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGUSR1, 138)]
)
def test_a_signal_ends_training_with_a_save_and_a_report(number, status):
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


def test_a_closed_pipe_prints_no_traceback():
    running = process("inspect", "--help")
    assert running.stdout is not None
    running.stdout.close()
    assert running.stderr is not None
    assert "Traceback" not in running.stderr.read()
    running.wait()


PRINT_LOADED = """
import json, sys
from lakeppo.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["lakeppo", *words]
    try:
        main()
    except SystemExit as end:
        assert not end.code
print("loaded", *({"torch", "textual"} & set(sys.modules)), file=sys.stderr)
"""


def loaded_by(*commands: list[str], **environment: str) -> tuple[set[str], str]:
    """Run commands in a fresh interpreter; return which of torch and textual they load, and their output."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    command = [sys.executable, "-c", PRINT_LOADED, json.dumps(commands)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    word, *modules = done.stderr.splitlines()[-1].split()
    assert word == "loaded"
    return set(modules), done.stdout


def test_help_and_version_load_neither_torch_nor_textual():
    modules, out = loaded_by(["--help"], ["--version"], ["train", "--help"])
    assert modules == set()
    assert __version__ in out


def test_a_command_without_a_screen_never_loads_textual():
    modules, out = loaded_by(
        ["train", "--updates", "1", "--quiet"],
        ["fleet", "--updates", "1", "--agents", "2", "--quiet"],
        ["replay", str(DATA / "midway.pt"), "--episodes", "1"],
        ["inspect", str(DATA / "midway.pt")],
    )
    assert modules == {"torch"}
    assert out.count("\n") > 20


def test_completion_loads_neither_torch_nor_textual():
    completion = {"_LAKEPPO_COMPLETE": "complete_bash", "COMP_WORDS": "lakeppo train --preset ", "COMP_CWORD": "3"}
    modules, out = loaded_by([], **completion)
    assert modules == set()
    assert "classic" in out


@pytest.mark.parametrize("command", ["inspect", "replay"])
def test_the_report_on_a_checkpoint_is_as_recorded(lakeppo, command):
    """`LAKEPPO_GOLDEN=1 pytest tests/cli/test_app.py` records it again; then review the difference."""
    Path("save.pt").write_bytes((DATA / "midway.pt").read_bytes())
    out = lakeppo(command, "save.pt")[1]
    golden = DATA / f"{command}-midway.txt"
    if os.environ.get("LAKEPPO_GOLDEN"):
        golden.write_text(out)
    assert out == golden.read_text()


def test_a_full_disk_does_not_end_training_but_sets_the_status(lakeppo, monkeypatch):
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
    ("command", "status", "message"),
    [
        ("tui <&-", 1, "lakeppo: tui needs an interactive terminal"),
        ("tui >&-", 1, "lakeppo: tui needs an interactive terminal"),
        ("train --updates 1 --quiet <&- >&-", 0, ""),
        ("train --updates 0 2>&-", 2, ""),
    ],
)
def test_a_closed_standard_stream_is_no_error(tmp_path, command, status, message):
    script = f"exec {sys.executable} -c 'from lakeppo.cli import main; main()' {command}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == status
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == (message != "")


def test_reports_are_printed_in_any_encoding(tmp_path):
    name = os.fsdecode(b"\xff.txt")
    (tmp_path / name).write_text("SFF\nFFG\n")
    reports = []
    for encoding, words in (
        ("ascii", ["train", "--updates", "2", "--map", name]),
        ("latin-1", ["replay", "saves/last.pt"]),
        ("ascii", ["inspect", "saves/last.pt"]),
    ):
        running = process(*words, env={**os.environ, "PYTHONIOENCODING": encoding}, encoding=encoding)
        reports.append(running.communicate()[0])
        assert running.returncode == 0
    assert "\\xff.txt, firm ice" in reports[0]
    assert "100 episodes" in reports[1]
    assert any(arrow in reports[2] for arrow in ("< ", "> ", "v ", "^ "))


@pytest.mark.parametrize("module", ["torch", "typer"])
def test_an_interrupt_during_an_import_ends_at_once(tmp_path, module):
    killed = "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(60)"
    (tmp_path / f"{module}.py").write_text(killed)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    running = process("inspect", "no.pt", env={**os.environ, "PYTHONPATH": path})
    assert running.communicate() == ("", "")
    assert running.returncode == -signal.SIGINT


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--spot", "3", "--slip", "0.5"], "--slip cannot be given with --spot: the fault sets it"),
        (["--spot", "3", "--resume", "a.pt"], "--resume and --spot each name a run; give one of them"),
    ],
)
def test_a_fault_is_shown_in_its_own_settings(lakeppo, words, error):
    assert lakeppo("tui", *words) == (2, "", f"lakeppo: {error}\n")
