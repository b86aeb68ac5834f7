"""Trainers and fleets with a fault: the engine's files are compiled again with it, as private modules.

The real modules are neither changed nor replaced: the copies import one another, and the real ones of all else.
"""

import builtins
from functools import cache
from types import ModuleType
from typing import Any, cast

from lakeppo.faults.fault import FILES, Fault, FaultError, faulty_source, source
from lakeppo.fleets.fleet import Fleet
from lakeppo.ppo.trainer import Trainer

FLEET_FILES = ("fleets.batched_ppo", "fleets.fleet")
"""The modules of a fleet that import the engine's files."""


_faults: dict[type[Trainer], Fault] = {}


@cache
def trainer_class(fault: Fault | None) -> type[Trainer]:
    """Return the trainer with a fault, or without one a copy of the real trainer. Raises `FaultError`."""
    found = cast(type[Trainer], _modules(fault)["lakeppo.ppo.trainer"].Trainer)
    if fault is not None:
        _faults[found] = fault
    return found


def fault_of(trainer: Trainer) -> Fault | None:
    """Return the fault of a trainer, None for the real one."""
    return _faults.get(type(trainer))


@cache
def fleet_class(fault: Fault | None) -> type[Fleet]:
    """Return the fleet with a fault. Raises `FaultError`, also for a fault of what only a single run uses."""
    if fault is not None and not fault.symptom.fleet:
        raise FaultError("no fleet can have the fault {name} of {file}.py", name=fault.name, file=fault.file)
    modules = dict(_modules(fault))
    for file in FLEET_FILES:
        modules[f"lakeppo.{file}"] = _compiled(f"lakeppo.{file}", source(file), fault, modules)
    return cast(type[Fleet], modules["lakeppo.fleets.fleet"].Fleet)


@cache
def _modules(fault: Fault | None) -> dict[str, ModuleType]:
    """Return copies of the engine's modules by the names of the real ones."""
    modules: dict[str, ModuleType] = {}
    for file in FILES:
        text = source(file) if fault is None else faulty_source(fault, file)
        modules[f"lakeppo.ppo.{file}"] = _compiled(f"lakeppo.ppo.{file}", text, fault, modules)
    return modules


def _compiled(name: str, text: str, fault: Fault | None, copies: dict[str, ModuleType]) -> ModuleType:
    """Return a module of this text in which an import of one of `copies` finds the copy."""

    def find(wanted: str, globals: Any = None, locals: Any = None, names: Any = (), level: int = 0) -> ModuleType:
        if names and wanted in copies:
            return copies[wanted]
        return builtins.__import__(wanted, globals, locals, names, level)

    module = ModuleType(f"{name} with {fault.name}" if fault is not None else f"{name} again")
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": find}
    exec(compile(text, f"<{module.__name__}>", "exec"), module.__dict__)
    return module
