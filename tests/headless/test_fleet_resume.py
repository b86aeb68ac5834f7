"""`lakeppo fleet --resume`: an interrupted or killed fleet goes on to the same bits, from files that are checked."""

import contextlib
import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
import torch
from support.saves import members_of, mutant, mutated, saved, zipped

from lakeppo.config import make_config
from lakeppo.errors import LakeppoError, SaveError
from lakeppo.fleets.population import Population
from lakeppo.headless import fleet_folder
from lakeppo.headless.cluster import Cluster
from lakeppo.headless.fleet import Output, fleet
from lakeppo.headless.fleet_folder import FleetFolder, agents_of
from lakeppo.headless.fleet_request import FleetRequest
from lakeppo.presets import Limit
from lakeppo.storage.archive import read_archive

SWEEP = ("fleet", "--agents", "4", "--episodes", "25", "--batch-size", "32", "--slip", "0.2", "--quiet")
SWEEP += ("--sweep", "epochs=1,3")
REQUEST = FleetRequest(
    make_config("steady", batch_size=16, slip=0.3), {"epochs": [1, 2]}, 3, 4, Limit("episodes", 20), "cpu", False
)
KILLS = int(os.environ.get("LAKEPPO_KILLS", "20"))
MUTANTS = int(os.environ.get("LAKEPPO_MUTANTS", "60"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lakeppo.fleets.significance.RESAMPLES", 100)  # they take most of the time


@pytest.fixture
def interrupt(monkeypatch):
    """Send a signal to this process after so many updates of the fleets that follow."""
    update, left = Population.update, [-1]

    def counted(self):
        update(self)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Population, "update", counted)
    return lambda updates: left.__setitem__(0, updates)


def results(folder: str) -> set[str]:
    """The tables in a folder, and the JSON objects without what differs between runs; a fleet has one of each."""
    found = {path.read_text() for path in Path(folder).glob("fleet-*.csv")}
    for path in Path(folder).glob("fleet-*.json"):
        fields = json.loads(path.read_text())
        found.add(json.dumps({k: v for k, v in fields.items() if k not in ("seconds", "steps_per_second", "resumed")}))
    return found


def unfinished(interrupt, lakeppo, updates: int = 11) -> Path:
    """The folder of a fleet that was interrupted after a finished shard, within the second one."""
    interrupt(updates)
    assert lakeppo(*SWEEP, "--saves", "part")[0] == 143
    return Path("part/fleet-1")


@pytest.mark.parametrize("stops", [[1], [5, 2, 4], [8, 1, 1], [15]])
def test_an_interrupted_fleet_goes_on_to_the_same_bits(lakeppo, interrupt, stops):
    report = lakeppo(*SWEEP, "--saves", "whole")[1]
    interrupt(stops[0])
    assert lakeppo(*SWEEP, "--saves", "part")[0] == 143
    for updates in stops[1:]:
        interrupt(updates)
        assert lakeppo("fleet", "--resume", "part", "--quiet")[0] == 143
        assert not Path("part/fleet-1.json").exists()
    interrupt(-1)
    status, out, _ = lakeppo("fleet", "--resume", "part/fleet-1", "--quiet", "--csv", "table.csv")
    assert status == 0
    lines = [line for line in out.splitlines() if not line.startswith(("  resumed", "  done"))]
    assert lines == [line for line in report.splitlines() if not line.startswith("  done")]
    assert results("part") == results("whole")
    assert sorted(path.name for path in Path("part").iterdir()) == ["fleet-1.csv", "fleet-1.json"]
    assert Path("table.csv").read_bytes() == Path("whole/fleet-1.csv").read_bytes()


def test_it_is_said_how_to_go_on(lakeppo, interrupt):
    interrupt(3)
    words = [word for word in SWEEP if word != "--quiet"]
    status, out, err = lakeppo(*words, "--saves", "a b", "--csv", "out.csv")
    assert (status, err.splitlines()[-1]) == (143, "interrupted; to go on: lakeppo fleet --resume 'a b/fleet-1'")
    assert "stopped    0 of 8 agents" in out
    assert not Path("out.csv").exists()
    err = lakeppo("fleet", "--resume", "a b")[2]
    assert "going on: 0 of 8 agents are done, 4 started\n" in err
    interrupt(3)
    assert "nothing is kept: --saves" in lakeppo(*words)[2]


def test_two_interrupted_fleets_have_folders_of_their_own(lakeppo, interrupt):
    for _ in range(2):
        interrupt(3)
        lakeppo(*SWEEP, "--saves", "part")
    interrupt(-1)
    status, out, err = lakeppo("fleet", "--resume", "part")
    assert (status, out) == (1, "")
    assert err == "lakeppo: part holds 2 unfinished fleets: give the folder of one, such as part/fleet-1\n"
    assert lakeppo("fleet", "--resume", "part/fleet-2", "--quiet")[0] == 0
    assert sorted(path.name for path in Path("part").iterdir()) == ["fleet-1", "fleet-2.csv", "fleet-2.json"]
    assert lakeppo("fleet", "--resume", "part", "--quiet")[0] == 0
    assert Path("part/fleet-1.csv").read_bytes() == Path("part/fleet-2.csv").read_bytes()


def train(folder: Path) -> None:
    """Start or go on with `REQUEST` in a folder, writing the state after every update."""
    fleet_folder.INTERVAL = fleet_folder.SHARE = 0.0
    fleet_folder.SHARE = 1e9
    found = FleetFolder.open(folder) if any(folder.glob("*/fleet.pt")) else None
    fleet(REQUEST, None, Output(None if found else folder, None, False, True), found)


def stamps(folder: Path) -> set[tuple[str, int]]:
    return {(path.name, path.stat().st_mtime_ns) for path in folder.glob("fleet-*/*.pt")}


def killed(folder: Path, seconds: float) -> int:
    """Train in a process that is killed some time after it has written something, and return its status."""
    before, child = stamps(folder), os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            train(folder)
            os._exit(0)
        finally:
            os._exit(4)
    with contextlib.suppress(FileNotFoundError):  # a file was replaced or removed meanwhile
        while stamps(folder) == before and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.001)
    time.sleep(seconds)  # paces the kill; nothing is asserted about time
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_fleet_killed_at_any_time_goes_on_to_the_same_bits():
    train(Path("whole"))
    generator, ended = random.Random(2), 0
    for kill in range(KILLS):
        status = killed(Path("part"), generator.uniform(0, 0.05))
        assert status in (-signal.SIGKILL, 0), kill
        if any(Path("part").glob("*.csv")) and not any(Path("part").glob("*/fleet.pt")):
            assert results("part") == results("whole")
            shutil.rmtree("part")
            ended += 1
    if Path("part").exists():
        train(Path("part"))
        assert results("part") == results("whole")
    assert ended or KILLS < 100


@pytest.mark.parametrize(
    "words",
    [
        ["--seed", "1"], ["--agents", "256"], ["--updates", "5"], ["--episodes", "5"], ["--steps", "5"],
        ["--sweep", "gamma=0.5,0.6"], ["--preset", "classic"], ["--map", "4x4"], ["--slippery"], ["--compile"],
        ["--device", "cpu"], ["--clip-coef", "0.2"], ["--saves", "other"],
    ],
)  # fmt: skip
def test_an_option_that_the_fleet_sets_is_refused_by_name(lakeppo, words):
    status, out, err = lakeppo("fleet", "--resume", "part", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"{words[0]} cannot be given with --resume: the fleet sets it" in err


def test_what_is_no_unfinished_fleet_is_one_line(lakeppo):
    Path("empty").mkdir()
    Path("file").write_text("x")
    Path("fifo").mkdir()
    os.mkfifo("fifo/fleet.pt")
    Path("other").mkdir()
    Path("other/fleet.pt").write_bytes(saved({"magic": "lakeppo save", "format": 2}))
    Path("newer").mkdir()
    Path("newer/fleet.pt").write_bytes(saved({"magic": "lakeppo fleet", "format": 2}))
    messages = {
        "empty": "empty holds no unfinished fleet", "file": "file: there is a file where a folder should be",
        "fifo": "fleet.pt is not a regular file", "other": "is not a lakeppo fleet", "newer": "does not read",
        "gone\x1b[2J": "gone\\x1b[2J: no such file",
    }  # fmt: skip
    for folder, message in messages.items():
        status, out, err = lakeppo("fleet", "--resume", folder)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert message in err


def test_a_folder_in_use_is_refused(lakeppo, interrupt):
    folder = unfinished(interrupt, lakeppo)
    with FleetFolder.open(folder):
        status, _, err = lakeppo("fleet", "--resume", "part")
    assert (status, err) == (1, "lakeppo: part/fleet-1 is in use: another program goes on with that fleet\n")


def test_a_shard_of_another_fleet_is_refused(lakeppo, interrupt):
    folder = unfinished(interrupt, lakeppo)
    interrupt(3)
    lakeppo(*SWEEP, "--seed", "9", "--saves", "other")
    shutil.copy("other/fleet-1/current.pt", folder)
    interrupt(-1)
    status, out, err = lakeppo("fleet", "--resume", "part")
    assert (status, out, err) == (1, "", "lakeppo: part/fleet-1/current.pt is a shard of another fleet\n")


def test_a_fleet_of_another_machine_is_remarked_on(lakeppo, interrupt):
    folder = unfinished(interrupt, lakeppo)
    path = folder / "shard-1.pt"
    content = read_archive(path.read_bytes())
    content["fingerprint"] = {"torch": "9.9\x1b[2J", "cpu": "ABACUS", "run": "0" * 64}
    path.write_bytes(saved(content))
    interrupt(-1)
    status, _, err = lakeppo("fleet", "--resume", "part")
    assert status == 0
    remarks = [line for line in err.splitlines() if "its results may differ" in line]
    assert len(remarks) == 1
    assert remarks[0].startswith("made with torch 9.9\\x1b[2J on ABACUS; here")


@pytest.mark.parametrize("closed", ["part", "part/fleet-1"])
def test_a_folder_that_cannot_be_written_is_refused_at_once(lakeppo, interrupt, monkeypatch, closed):
    unfinished(interrupt, lakeppo)

    def check(folder):
        if folder == Path(closed):
            raise SaveError("cannot write into {folder}", folder=folder)

    monkeypatch.setattr("lakeppo.headless.fleet.check_folder", check)
    monkeypatch.setattr(Population, "update", lambda self: pytest.fail("it trains"))
    assert lakeppo("fleet", "--resume", "part") == (1, "", f"lakeppo: cannot write into {closed}\n")


def test_a_fleet_that_cannot_begin_leaves_no_folder(lakeppo, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fleet_folder, "write_atomically", full)
    status, out, err = lakeppo(*SWEEP, "--saves", "whole")
    assert (status, out) == (1, "")
    assert err == "lakeppo: cannot write into whole/fleet-1: no space left on device\n"
    assert not any(Path("whole").iterdir())


def test_a_failed_write_is_said_once_and_ends_nothing(lakeppo, monkeypatch):
    def full(path, data):
        if path.name != "fleet.pt":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(fleet_folder, "write_atomically", full)
    monkeypatch.setattr(fleet_folder, "INTERVAL", 0.0)
    words = [word for word in SWEEP if word != "--quiet"]
    status, _, err = lakeppo(*words, "--saves", "whole")
    assert status == 0
    assert err.count("cannot write into whole/fleet-1: no space left on device; what is trained now is not kept") == 1
    assert Path("whole/fleet-1.csv").exists()


def test_a_cluster_goes_on_with_the_shards_that_are_done(lakeppo, interrupt):
    folder = unfinished(interrupt, lakeppo)
    interrupt(-1)
    found = FleetFolder.open(folder)
    shards, agents = found.read().shards, agents_of(found.request)
    population = Cluster("a cluster", 1, "cpu").population(agents, found.request.limit, shards)
    assert [shard.state is None for shard in shards] == [True, False]
    assert population.done.tolist() == [True] * 4 + [False] * 4
    assert [index.tolist() for index in population.fleets] == [[4, 5, 6, 7]]
    whole = Population(agents, found.request.limit)
    for one in (population, whole):
        while not one.done.all():
            one.update()
    assert population.success.tobytes() == whole.success.tobytes()


NAN, INF = float("nan"), float("inf")
CURRENT = [
    (("fleet",), 1, "fleet"), (("fleet",), "x\x1b[2J", "another fleet"), (("seconds",), -1.0, "seconds"),
    (("seconds",), NAN, "seconds"), (("fingerprint",), {}, "torch"), (("fingerprint", "run"), "x" * 10**6, "100"),
    (("index",), [5, 6, 7, 8, 9], "index"), (("index", 0), 99.0, "index"), (("index", 0), 5.0, "one fleet"),
    (("index", 0), 0.5, "index"), (("index", 0), 3.0, "one fleet"), (("results",), {}, "updates"),
    (("results", "updates", 0), NAN, "updates"), (("results", "updates", 0), 1.0, "differ"),
    (("results", "env_steps", 0), -1.0, "env_steps"), (("results", "episodes", 0), 1e9, "episodes"),
    (("results", "success", 1), 2.0, "success"), (("results", "success", 1), NAN, "success"),
    (("results", "solved_step", 1), 1e12, "solved_step"), (("results", "solved_step", 1), 1.0, "differ"),
    (("results", "diverged", 0), -INF, "diverged"), (("steps", 0), 1.0, "history"), (("steps", 1), 0.0, "history"),
    (("steps", 1), INF, "steps"), (("rows", (0, 0)), NAN, "history"), (("rows",), torch.zeros(2, 2), "rows"),
    (("state",), None, "not done"), (("state",), [], "state"), (("state", "places", 0), 1.0, "places"),
    (("state", "places", 0), -1.0, "places"), (("state", "updates"), 10**9, "update"),
    (("state", "updates"), True, "updates"), (("state", "networks"), [], "networks"),
    (("state", "networks", 0), None, "network"), (("state", "networks", 0, (0, 0)), NAN, "finite"),
    (("state", "networks", 0), torch.zeros(4, 3), "network"), (("state", "networks", 13, (0, 0)), -1.0, "negative"),
    (("state", "tiles", 0), 5.0, "hole"), (("state", "tiles", 0), 16.0, "tiles"), (("state", "tiles", 0), NAN, "tiles"),
    (("state", "elapsed", 0), 100.0, "elapsed"), (("state", "episodes", 0), 1e6, "episodes"),
    (("state", "episodes", 0), 24.0, "episodes"),
]  # fmt: skip
FLEET = [
    (("config",), None, "config"), (("config", "slip"), 7.0, "slip"), (("config", "map_rows"), ["SFH"], "goal"),
    (("sweep",), {}, "sweep"), (("sweep", 0, 0), "nothing", "no knob"), (("sweep", 0, 1), [], "no value"),
    (("sweep", 0, 1), [1, 1], "twice"), (("sweep", 0, 1), list(range(1, 300)), "200"),
    (("sweep", 0, 1), [{}], "epochs"), (("seed",), -1, "seed"), (("agents",), 10**9, "agents"),
    (("agents",), 0, "agents"), (("limit",), ["days", 5], "limit"), (("limit",), ["updates", 0], "limit"),
    (("limit",), ["updates"], "limit"), (("device",), "abacus", "device"), (("compile",), 1, "compile"),
    (("version",), 1, "version"), (("fingerprint",), None, "fingerprint"),
]  # fmt: skip


def crafted(data: bytes, path: tuple, value: object) -> bytes:
    """The same file with another value at a path of keys and places."""
    content = read_archive(data)
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return saved(content)


def test_every_field_of_a_folder_is_checked(lakeppo, interrupt):
    folder = unfinished(interrupt, lakeppo)
    interrupt(-1)
    for name, cases in (("current.pt", CURRENT), ("fleet.pt", FLEET)):
        sound = (folder / name).read_bytes()
        for path, value, message in cases:
            (folder / name).write_bytes(crafted(sound, path, value))
            status, out, err = lakeppo("fleet", "--resume", "part")
            assert (status, out, err.count("\n"), message in err) == (1, "", 1, True), (path, err)
            assert "\x1b" not in err
            assert "internal error" not in err
        (folder / name).write_bytes(sound)
    shutil.copy(folder / "shard-1.pt", folder / "shard-2.pt")
    assert "another shard has its agents too" in lakeppo("fleet", "--resume", "part")[2]
    shutil.copy(folder / "current.pt", folder / "shard-2.pt")
    assert "another kind of shard" in lakeppo("fleet", "--resume", "part")[2]
    (folder / "shard-2.pt").unlink()
    assert lakeppo("fleet", "--resume", "part", "--quiet")[0] == 0


def test_a_mutated_folder_is_refused_or_goes_on(lakeppo, interrupt):
    """LAKEPPO_MUTANTS sets another number."""
    folder = unfinished(interrupt, lakeppo)
    interrupt(-1)
    refusals = []
    for seed in range(MUTANTS):
        chooser = random.Random(seed)
        path = folder / chooser.choice(["current.pt", "current.pt", "shard-1.pt", "fleet.pt"])
        sound = path.read_bytes()
        path.write_bytes(mutant(sound, chooser) if "/data/" in str(members_of(sound)) else mutated(sound, chooser))
        try:
            found = FleetFolder.open(folder)
            kept = found.read()
            population = Population(agents_of(found.request), found.request.limit, shards=kept.shards)
            if population.fleets:
                population.update()
        except LakeppoError as error:
            refusals.append(str(error))
        path.write_bytes(sound)
    assert len(refusals) > 0.5 * MUTANTS
    assert not [refusal for refusal in refusals if "\n" in refusal or len(refusal) > 1000]


def test_compressed_and_endless_files_are_refused(lakeppo, interrupt):
    folder = unfinished(interrupt, lakeppo)
    interrupt(-1)
    path = folder / "current.pt"
    path.write_bytes(zipped(members_of(path.read_bytes()), compression=8))
    assert "current.pt is damaged: its members are compressed\n" in lakeppo("fleet", "--resume", "part")[2]
    content = read_archive((folder / "shard-1.pt").read_bytes())
    path.write_bytes(saved(content | {str(k): torch.zeros(1) for k in range(300)}))
    assert "current.pt is damaged: it has over 200 members\n" in lakeppo("fleet", "--resume", "part")[2]
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "current.pt is not a regular file\n" in lakeppo("fleet", "--resume", "part")[2]
