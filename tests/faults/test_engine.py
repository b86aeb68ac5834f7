"""The engine with a fault: one place each, and nothing else is touched."""

import inspect

import pytest
from support.runs import advance, bits, small

from lakeppo.errors import InvalidValue
from lakeppo.faults.engine import fleet_class, trainer_class
from lakeppo.faults.fault import FILES, Edit, Fault, FaultError, Symptom, faulty_source, source
from lakeppo.faults.table import FAULTS, NO_RATIO, find_fault, number
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.fleets.population import Population
from lakeppo.ppo import gae, networks, objective, trainer
from lakeppo.ppo.trainer import Trainer
from lakeppo.presets import Limit
from lakeppo.runs.run import Run


def made_up(name: str, right: str, faulty: str) -> Fault:
    """A fault of the trainer."""
    symptom = Symptom("success", 1, 1, right=(0, 1), faulty=(0, 1))
    return Fault(name, "trainer", (Edit(right, faulty),), "", "", "", "", symptom)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_fault_changes_its_own_lines_and_no_other(fault):
    changed = []
    for file in FILES:
        lines = zip(source(file).splitlines(), faulty_source(fault, file).splitlines(), strict=True)
        changed += [(file, k) for k, (right, faulty) in enumerate(lines, 1) if right != faulty]
    assert changed == [(fault.file, line) for line in fault.lines()]
    assert len(changed) == len(fault.edits)


@pytest.mark.parametrize("right", ["no such line", "with torch.no_grad():"])
def test_a_line_that_does_not_occur_once_is_an_error(right):
    fault = made_up("lost", right, "pass")
    with pytest.raises(FaultError, match=r"the fault lost does not fit: trainer.py has its line \d times"):
        faulty_source(fault, "trainer")
    with pytest.raises(FaultError):
        trainer_class(fault)


def test_a_copy_without_a_fault_gives_the_bits_of_the_trainer():
    copy, real = Run(small(), 3, trainer_class(None)), Run(small(), 3)
    assert type(copy.trainer) is not Trainer
    assert bits(advance(copy, 4).trainer) == bits(advance(real, 4).trainer)


def test_a_copy_without_a_fault_gives_the_bits_of_the_fleet():
    agents = [Agent(seed, small()) for seed in range(3)]
    fleets = [cls(agents) for cls in (Fleet, fleet_class(None))]
    for fleet in fleets:
        fleet.update()
        fleet.update()
    assert fleets[0].log_policy().equal(fleets[1].log_policy())


def test_the_real_modules_stay_untouched():
    before = {module: dict(vars(module)) for module in (gae, networks, objective, trainer)}
    for fault in FAULTS.values():
        Run(small(), 0, trainer_class(fault)).unit()
    assert all(vars(module) == names for module, names in before.items())
    assert inspect.getmodule(Trainer) is trainer


def test_a_run_that_begins_again_keeps_its_trainer():
    run = Run(small(), 3, trainer_class(NO_RATIO))
    assert type(run.again().trainer) is type(run.trainer) is trainer_class(NO_RATIO)


def test_a_population_trains_fleets_with_a_fault():
    agents = [Agent(seed, small()) for seed in range(3)]
    right, faulty = (Population(agents, Limit("updates", 2), fleet=c) for c in (Fleet, fleet_class(NO_RATIO)))
    right.update()
    faulty.update()
    assert (right.env_steps == faulty.env_steps).all()
    assert (right.success != faulty.success).all()


def test_no_fleet_has_a_fault_of_the_trainer():
    fault = made_up("own", "self.updates += 1", "self.updates += 2")
    with pytest.raises(FaultError, match=r"no fleet can have the fault own of trainer\.py"):
        fleet_class(fault)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("time_out_end", "there is no fault named time_out_end; did you mean time_out_ends?"),
        ("\x1b[2J", r"there is no fault named \\x1b\[2J"),
        ("0", "the faults are numbered 1 to 10, not 0"),
        ("²", "there is no fault named ²"),
    ],
)
def test_an_unknown_name_is_an_error(name, error):
    with pytest.raises(InvalidValue, match=error):
        find_fault(name)


def test_every_fault_is_found_by_its_name_and_by_its_number():
    assert [find_fault(str(number(fault))) for fault in FAULTS.values()] == list(map(find_fault, FAULTS))
    assert len(FAULTS) == 10


@pytest.mark.parametrize("fault", [fault for fault in FAULTS.values() if fault.symptom.fleet], ids=lambda f: f.name)
def test_a_fleet_with_a_fault_differs_from_the_right_one(fault):
    agents = [Agent(seed, fault.symptom.config()) for seed in range(2)]
    right, faulty = Fleet(agents), fleet_class(fault)(agents)
    for fleet in (right, faulty):
        fleet.update()
        fleet.update()
    assert not right.log_policy().equal(faulty.log_policy())
