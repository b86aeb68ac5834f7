"""`lakeppo fleet`: its output, its files and its exit status."""

import csv
import io
import json
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lakeppo.config import make_config
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.fleets.population import Population
from lakeppo.headless.fleet_report import fleet_csv, fleet_text
from lakeppo.headless.fleet_result import FleetResult
from lakeppo.presets import PRESETS, Limit

KEYS = "agents env_steps updates seconds steps_per_second solved_share episodes_to_solve success_probability".split()
SMALL = ("--agents", "4", "--updates", "3")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_json_is_strict_and_has_one_entry_for_each_agent(lakeppo):
    status, out, err = lakeppo("fleet", *SMALL, "--seed", "5", "--json", "--quiet")
    result = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not strict JSON"))
    assert (status, err) == (0, "")
    assert set(KEYS) <= set(result)
    assert (result["agents"], result["updates"], result["env_steps"]) == (4, 3, 4 * 3 * 64)
    assert result["seeds"] == [5, 6, 7, 8]
    assert result["episodes_to_solve"] == [None] * 4
    assert all(0 <= success <= 1 for success in result["success_probability"])


def test_an_agents_success_is_that_of_train(lakeppo):
    fleet = json.loads(lakeppo("fleet", *SMALL, "--json", "--slip", "0.1")[1])
    train = json.loads(lakeppo("train", "--seed", "2", "--updates", "3", "--json", "--slip", "0.1")[1])
    assert fleet["success_probability"][2] == pytest.approx(train["success_probability"], abs=1e-5)


def test_a_single_agent_is_written_in_the_singular(lakeppo):
    _, out, err = lakeppo("fleet", "--agents", "1", "--updates", "1", "--seed", "7")
    assert "1 agent, seed 7, each to 1 update\n" in err
    assert "preset classic: 1 agent\n" in out


def test_the_report_has_its_statistics_and_no_control_codes(lakeppo):
    status, out, err = lakeppo("fleet", "--agents", "8", "--episodes", "300", "--preset", "steady")
    assert status == 0
    assert "\x1b" not in out + err
    assert "MB" in err
    for word in ("solved", "95 % interval", "never", "median", "worst", "possible 1.0000", "mean", "a tenth at"):
        assert word in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_sweep_has_a_table_a_heat_map_and_conclusions(lakeppo):
    sweep = ("--sweep", "clip-coef=0.1,off", "--sweep", "epochs=1,3")
    _, out, _ = lakeppo("fleet", *SMALL, *sweep)
    rows = [line.strip(" *~").split() for line in out.splitlines()]
    assert [row[:2] for row in rows if row[:1] in (["0.1"], ["off"])][:4] == [
        ["0.1", "1"], ["0.1", "3"], ["off", "1"], ["off", "3"],
    ]  # fmt: skip
    assert any(row[:1] == ["clip_coef"] and row[1:] == ["1", "3"] for row in rows)
    assert "every ratio is exactly 1" in out
    assert "clip_coef matters most with epochs=3" in out
    result = json.loads(lakeppo("fleet", *SMALL, *sweep, "--json")[1])
    assert [s["knobs"] for s in result["settings"]][:2] == [
        {"clip_coef": 0.1, "epochs": 1},
        {"clip_coef": 0.1, "epochs": 3},
    ]
    assert len(result["success_probability"]) == result["agents"] == 16
    assert len(result["chances"]) == 6
    assert all(0 <= chance[p] <= 1 for chance in result["chances"] for p in ("p", "p_of_means"))
    for settings in result["settings"]:
        low, high = settings["success_probability_mean_interval"]
        assert low <= settings["success_probability_mean"] <= high
        assert settings["success_probability_worst"] <= settings["success_probability_lowest_tenth"]
        assert "success_probability_middle_mean_interval" in settings
    assert max(map(len, out.splitlines())) <= 80


def test_a_sweep_ranks_by_the_mean_and_names_the_safest():
    settings = [({"ent_coef": value}, make_config("classic", ent_coef=value)) for value in (0.0, 0.01, 1e-5)]
    population = Population([Agent(seed, config) for _, config in settings for seed in range(40)], Limit("updates", 1))
    spread = np.linspace(0, 0.01, 40)
    population.success = np.concatenate([np.where(spread < 0.002, 0.0, 0.999), 0.97 + spread, 0.9 + spread])
    result = FleetResult(population, settings, 40, 1.0)
    text = fleet_text(result, "utf-8")
    assert "Best of 3: ent_coef=0.01, mean 0.975, a tenth at 0.971 or below." in text
    assert "All 2 others are significantly worse." in text
    population.success[:40] = np.where(spread < 0.0012, 0.95, 0.999)
    population.success[80:] = population.success[:40] - 1e-4
    text = fleet_text(FleetResult(population, settings, 40, 1.0), "utf-8")
    assert "Best of 3: ent_coef=0, mean 0.993, a tenth at 0.950 or below." in text
    assert "Highest tenth: ent_coef=0.01, 0.971 (mean 0.975)." in text
    assert "1 of the 2 others is significantly worse." in text
    assert "Not significantly different: ent_coef=1e-05." in text
    pair = Population(population.agents[:80], population.limit)
    pair.success = population.success[:80]
    assert "  The other is significantly worse." in fleet_text(FleetResult(pair, settings[:2], 40, 1.0), "utf-8")


def test_conclusions_keep_words_whole():
    values = [k * 1e-5 for k in range(1, 30)]
    settings = [({"ent_coef": v, "vf_coef": 1e-5}, make_config("classic", ent_coef=v)) for v in values]
    population = Population([Agent(0, config) for _, config in settings], Limit("updates", 1))
    population.success = np.full(len(settings), 0.5)
    lines = fleet_text(FleetResult(population, settings, 1, 1.0), "utf-8").splitlines()
    assert not any(line.endswith("-") and "---" not in line for line in lines)


def test_agents_that_diverged_are_counted_and_named(lakeppo, monkeypatch):
    update = Fleet.update

    def diverging(self):
        update(self)
        if self.updates == 2:
            self.critic.parameters[0][1, 0, 0] = torch.inf

    monkeypatch.setattr(Fleet, "update", diverging)
    out = lakeppo("fleet", *SMALL, "--seed", "7", "--csv", "out.csv")[1]
    assert "diverged   1 of 4: weights no longer finite" in out
    assert "seed 8 (update 2)" in " ".join(out.split())
    assert "solved     0 of 4" in out
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    assert [row["diverged"] for row in rows] == ["", "2.0", "", ""]
    result = json.loads(lakeppo("fleet", *SMALL, "--json", "--sweep", "gamma=0.5,0.9")[1])
    assert result["diverged"] == [None, 2, *[None] * 6]
    assert sum(settings["diverged"] for settings in result["settings"]) == 1
    assert "1 of 4 with gamma=0.5: weights" in lakeppo("fleet", *SMALL, "--sweep", "gamma=0.5,0.9")[1]


def test_no_agent_solves_a_goal_beyond_the_time_limit(lakeppo):
    _, out, err = lakeppo("fleet", *SMALL, "--max-episode-steps", "5")
    assert "no policy can reach a goal within the time limit" in err
    assert "solved     0 of 4" in out
    assert "no policy can reach a goal within the limit of 5 steps" in out
    out = lakeppo("fleet", *SMALL, "--sweep", "max_episode_steps=5,9")[1]
    assert "No policy can reach a goal within the time limit: max_episode_steps=5." in out


def test_the_chart_of_a_large_slippery_lake_names_the_optimum(lakeppo):
    words = "fleet", "--agents", "2", "--updates", "1", "--slip", "0.1", "--map"
    assert " optimum" in lakeppo(*words, "random:9:3")[1]
    assert " ceiling" in lakeppo(*words, "8x8")[1]


def test_files_have_one_row_for_each_agent_and_are_never_replaced(lakeppo):
    words = ("fleet", *SMALL, "--sweep", "norm_adv=on,off", "--csv", "out.csv", "--saves", "results")
    assert lakeppo(*words)[0] == 0
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    assert [(row["seed"], row["norm_adv"]) for row in rows[3:5]] == [("3", "on"), ("0", "off")]
    status, _, err = lakeppo(*words)
    assert status == 1
    assert "out.csv exists already" in err
    assert lakeppo(*words[:-4], "--saves", "results")[0] == 0
    assert sorted(path.name for path in Path("results").iterdir()) == [
        "fleet-1.csv", "fleet-1.json", "fleet-2.csv", "fleet-2.json",
    ]  # fmt: skip
    assert Path("results/fleet-1.csv").read_text() == Path("out.csv").read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [("dangling", "dangling exists already"), ("n" * 300, "file name too long"), ("results", "exists already")],
    ids=["link", "name", "folder"],
)
def test_a_table_that_cannot_be_new_is_refused_before(lakeppo, monkeypatch, name, message):
    Path("dangling").symlink_to("nowhere")
    Path("results").mkdir()
    monkeypatch.setattr(Population, "update", lambda self: pytest.fail("it has trained"))
    status, out, err = lakeppo("fleet", *SMALL, "--csv", name, "--quiet")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert message in err


def test_a_table_may_have_the_name_of_a_result(lakeppo):
    assert lakeppo("fleet", *SMALL, "--saves", "results", "--csv", "results/fleet-1.csv", "--quiet")[0] == 0
    assert sorted(path.name for path in Path("results").iterdir()) == ["fleet-1.csv", "fleet-2.csv", "fleet-2.json"]


def test_csv_on_standard_output_moves_the_report_away(lakeppo):
    status, out, err = lakeppo("fleet", *SMALL, "--csv", "-", "--saves", "results")
    assert status == 0
    assert [row["seed"] for row in csv.DictReader(io.StringIO(out))] == ["0", "1", "2", "3"]
    assert "preset classic: 4 agents" in err
    assert Path("results/fleet-1.csv").read_text() == out
    assert lakeppo("fleet", *SMALL, "--csv", "-", "--quiet") == (0, out, "")
    assert not Path("-").exists()
    status, out, err = lakeppo("fleet", *SMALL, "--csv", "-", "--json")
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_two_fleets_in_one_folder_lose_nothing(lakeppo, monkeypatch):
    def taken(result):
        for name in ("fleet-1.json", "fleet-2.csv"):
            Path("results", name).write_text("of another")
        return fleet_csv(result)

    monkeypatch.setattr("lakeppo.headless.fleet.fleet_csv", taken)
    assert lakeppo("fleet", *SMALL, "--saves", "results")[0] == 0
    assert sorted(path.name for path in Path("results").iterdir()) == [
        "fleet-1.json",
        "fleet-2.csv",
        "fleet-3.csv",
        "fleet-3.json",
    ]
    assert Path("results/fleet-1.json").read_text() == "of another"


@pytest.mark.parametrize(
    ("preset", "limit"),
    [("slippery", Limit("steps", 2 * 2048)), ("classic", Limit("episodes", 30)), ("8x8", Limit("updates", 2))],
)
def test_a_presets_limit_is_the_same_for_train_and_fleet(lakeppo, monkeypatch, preset, limit):
    monkeypatch.setitem(PRESETS, preset, PRESETS[preset]._replace(limit=limit))
    train = json.loads(lakeppo("train", "--preset", preset, "--json")[1])
    fleet = json.loads(lakeppo("fleet", "--preset", preset, "--agents", "1", "--json")[1])
    assert train["updates"] == fleet["updates"]
    assert (train["env_steps"], [train["episodes"]]) == (fleet["env_steps"], fleet["episodes"])
    assert train["success_probability"] == pytest.approx(fleet["success_probability"][0], abs=1e-4)
    stopped = json.loads(lakeppo("train", "--preset", preset, "--steps", "7", "--saves", "short", "--json")[1])
    assert stopped["env_steps"] == 7
    again = json.loads(lakeppo("train", "--resume", "saves/last.pt", "--json")[1])
    assert again["updates"] == train["updates"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sweep", "x=1"], "no knob named x"),
        (["--sweep", "gamma"], "KNOB=v1,v2"),
        (["--sweep", "gamma="], "KNOB=v1,v2"),
        (["--sweep", "gamma=0.9,2"], "gamma must be a number in [0, 1]"),
        (["--sweep", "gamma=0.9,0.90"], "the same value twice"),
        (["--sweep", "gamma=0.9,0.8", "--sweep", "gamma=0.7"], "given twice"),
        (["--gamma", "0.9", "--sweep", "gamma=0.9,0.8"], "an option of its own"),
        (["--slippery", "--sweep", "slip=0.1,0.2"], "an option of its own"),
        (["--sweep", f"gamma={','.join(str(k / 1000) for k in range(300))}"], "the limit of 200"),
        (["--device", "abacus"], "cpu or cuda"),
        (["--sweep", "gamma=0.9,"], "KNOB=v1,v2"),
        (["--sweep", "=0.9"], "KNOB=v1,v2"),
        (["--agents", "0"], "agents"),
        (["--agents", "500001", "--sweep", "gamma=0.9,0.8"], "the limit of 1,000,000"),
        (["--episodes", "2", "--steps", "3"], "give one of"),
    ],
)
def test_an_invalid_request_is_one_line_and_status_2(lakeppo, words, message):
    status, out, err = lakeppo("fleet", *words)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_files_are_written_even_if_standard_output_is_closed(lakeppo, monkeypatch):
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    monkeypatch.setattr(os, "dup2", lambda *given: None)
    assert lakeppo("fleet", *SMALL, "--saves", "results")[0] == 1
    assert json.loads(Path("results/fleet-1.json").read_text())["agents"] == 4
    assert len(Path("results/fleet-1.csv").read_text().splitlines()) == 5


def test_a_full_disk_leaves_no_partial_file(tmp_path):
    """A limit on file sizes stands in for the full disk."""
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); from lakeppo.cli import main; main()"
    words = sys.executable, "-c", limited, "fleet", *SMALL, "--csv", str(tmp_path / "out.csv"), "--quiet"
    ended = subprocess.run(words, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, f"lakeppo: cannot write {tmp_path / 'out.csv'}: file too large\n")
    assert "4 agents" in ended.stdout
    assert not (tmp_path / "out.csv").exists()


def test_a_map_name_that_is_not_utf8_is_escaped_in_json(lakeppo):
    name = os.fsdecode(b"\xff.txt")
    Path(name).write_text("SFF\nFFG\n")
    status, out, err = lakeppo("fleet", *SMALL, "--map", name, "--json", "--saves", "results", "--quiet")
    assert (status, err) == (0, "")
    assert json.loads(out)["map"] == json.loads(Path("results/fleet-1.json").read_text())["map"] == "\\xff.txt"


def test_the_plan_names_the_memory_of_large_results(lakeppo, monkeypatch):
    monkeypatch.setattr("lakeppo.fleets.population.RESOLUTION", 100_000)
    assert "; 2 MB for all results\n" in lakeppo("fleet", *SMALL)[2]


def test_a_signal_before_training_exits_at_once(lakeppo, monkeypatch):
    def interrupted(config):
        os.kill(os.getpid(), signal.SIGTERM)
        return 1.0

    monkeypatch.setattr("lakeppo.fleets.population.solved_success", interrupted)
    assert lakeppo("fleet", *SMALL) == (143, "", "")


def test_ctrl_c_prints_the_report_so_far():
    words = "fleet", "--agents", "4", "--updates", "1000000"
    running = subprocess.Popen(
        [sys.executable, "-c", "from lakeppo.cli import main; main()", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while "solved" not in running.stderr.readline():
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "stopped    0 of 4 agents" in out
    assert "Traceback" not in err


@pytest.mark.parametrize("part", ["walkers.Walkers.collect", "exact.ExactSuccess.success"])
def test_a_signal_gives_up_an_update_that_takes_long(lakeppo, monkeypatch, part):
    whole, calls = pkgutil.resolve_name(f"lakeppo.fleets.{part}"), []

    def interrupted(self, *given):
        calls.append(part)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return whole(self, *given)

    monkeypatch.setattr(f"lakeppo.fleets.{part}", interrupted)
    monkeypatch.setattr("lakeppo.headless.signal_catcher.GRACE", -1.0)
    status, out, err = lakeppo("fleet", *SMALL, "--max-episode-steps", "1000000", "--saves", "results")
    assert status == 143
    assert f"done       {4 * 64 * (2 - ('exact' in part)):,} steps" in out
    assert "interrupted before anything could be kept" in err
    assert list(Path("results").iterdir()) == []


def test_wide_tables_and_heat_maps_keep_80_columns_and_words(lakeppo, monkeypatch):
    monkeypatch.setattr("lakeppo.fleets.significance.RESAMPLES", 100)
    gammas = ",".join(str(k / 100) for k in range(80, 93))
    out = lakeppo("fleet", *SMALL, "--sweep", "learning_rate_end=0.001,same", "--sweep", f"gamma={gammas}")[1]
    lines = out.splitlines()
    assert max(map(len, lines)) < 80
    heads = [line.split() for line in lines if line.startswith("  learning_rate_end  0.")]
    assert [head[1:] for head in heads] == [gammas.split(",")[:5], gammas.split(",")[5:10], gammas.split(",")[10:]]
    knobs = {"learning_rate_end": "0.001,same", "max_episode_steps": "50,200000", "gae_lambda": "0.123,0.4567"}
    knobs["ent_coef_end"] = "0.01,same"
    sweeps = [word for name, values in knobs.items() for word in ("--sweep", f"{name}={values}")]
    out = lakeppo("fleet", *SMALL, *sweeps)[1]
    assert max(map(len, out.splitlines())) < 80
    words = set(out.replace(";", " ").replace(",", " ").replace(".\n", " ").split())
    shown = [f"{name}={value}" for name, values in knobs.items() for value in values.split(",")]
    assert set(shown) <= words


def test_charts_are_ascii_where_unicode_cannot_be_encoded(lakeppo, monkeypatch):
    class Latin(io.StringIO):
        encoding = "latin-1"

    written = Latin()
    monkeypatch.setattr(sys, "stdout", written)
    lakeppo("fleet", *SMALL)
    assert "median" in written.getvalue()
    assert written.getvalue().isascii()


def test_a_large_lake_is_trained_with_a_note_of_its_cost(lakeppo):
    status, _, err = lakeppo("fleet", "--agents", "2", "--updates", "1", "--map", "random:32:1")
    assert status == 0
    assert "up to 3,200 steps after every update" in err
    assert "MB" in err


def test_a_fleet_trains_without_a_compiler_and_notes_it(lakeppo, monkeypatch):
    monkeypatch.setenv("PATH", "")
    status, _, err = lakeppo("fleet", *SMALL, "--compile")
    assert status == 0
    assert "continuing without" in err
