"""The history of every agent of a fleet as CSV: a row for each agent and update, written while the fleet trains."""

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from lakeppo.config import KNOBS
from lakeppo.errors import SaveError, printable
from lakeppo.files import reason
from lakeppo.fleets.fleet import Agent, Fleet
from lakeppo.fleets.population import Population
from lakeppo.fleets.recorded import RecordedFleet
from lakeppo.fleets.walkers import Integers
from lakeppo.headless.fleet_request import FleetRequest
from lakeppo.i18n import _
from lakeppo.runs.statistics import DERIVED, OPTIONAL, Row
from lakeppo.storage.exports import EXISTS

ROW_BYTES = 350
"""About the length of a row."""
COUNTED = ("update", "env_steps", "episodes", "success_probability", "greedy_success_probability")
"""The figures of a row that the population knows, and the greedy success."""


class HistoryFile:
    """Writes the rows of every update to a new file at once; memory holds those of one update.

    An error ends the writing, not the training; `close` raises it.
    """

    def __init__(self, path: Path, request: FleetRequest) -> None:
        """Raises `SaveError` for a file that exists or cannot be written."""
        self._path, self._swept = path, list(request.sweep)
        self._error: SaveError | None = None
        try:
            self._file: TextIO = path.open("x", encoding="utf-8", newline="")
        except FileExistsError:
            raise SaveError(EXISTS, path=path) from None
        except (OSError, ValueError) as error:
            raise self._failed(error) from None
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._population: Population | None = None
        self._write([("seed", *self._swept, *Row._fields, *DERIVED)])

    def watch(self, population: Population) -> None:
        """Write the rows of a population, whose fleets are of the class `RecordedFleet`, from here on."""
        self._population = population
        population.note = self.note

    def note(self, fleet: Fleet, places: Integers, index: Integers) -> None:
        """Write the rows of an update."""
        assert isinstance(fleet, RecordedFleet)
        if self._error is None:
            self._write(self._rows(fleet, places, index))

    def close(self) -> None:
        """Close the file. Raises the `SaveError` that ended the writing, if there was one."""
        try:
            self._file.close()
        except OSError as error:
            self._error = self._error or self._failed(error)
        if self._error is not None:
            raise self._error

    def _rows(self, fleet: RecordedFleet, places: Integers, index: Integers) -> Iterator[tuple[object, ...]]:
        population = self._population
        assert population is not None
        greedy = fleet.greedy_success().cpu().numpy()[places].tolist()
        counts = (population.updates, population.env_steps, population.episodes, population.success)
        known = zip(*(column[index].tolist() for column in counts), greedy, strict=True)
        columns = {name: column[places].tolist() for name, column in fleet.figures.items()}
        names = list(columns)
        for place, (counted, figures) in enumerate(zip(known, zip(*columns.values(), strict=True), strict=True)):
            found: dict[str, Any] = dict(zip(COUNTED, counted, strict=True)) | dict(zip(names, figures, strict=True))
            found |= {name: None for name in OPTIONAL if math.isnan(found[name])}
            row = Row(**found)
            yield (*self._head(population.agents[index[place]]), *row, *(getattr(row, name) for name in DERIVED))

    def _head(self, agent: Agent) -> tuple[object, ...]:
        return (agent.seed, *(KNOBS[name].show(getattr(agent.config, name)) for name in self._swept))

    def _write(self, rows: Iterable[tuple[object, ...]]) -> None:
        try:
            self._csv.writerows(rows)
            self._file.flush()
        except OSError as error:
            self._error = self._failed(error)

    def plan(self, agents: int) -> str:
        """Return what the file costs, in one line."""
        template = _("history in {path}: about {size:,.1f} MB for every 100 updates of all agents")
        return template.format(path=printable(self._path), size=100 * agents * ROW_BYTES / 1e6)

    def _failed(self, error: OSError | ValueError) -> SaveError:
        return SaveError("cannot write {path}: {reason}", path=self._path, reason=reason(error))
