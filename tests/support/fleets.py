"""A small sweep for the tests of shards and of the cluster."""

from lakeppo.config import make_config
from lakeppo.fleets.fleet import Agent
from lakeppo.fleets.population import Population
from lakeppo.headless.fleet_report import fleet_json, fleet_text
from lakeppo.headless.fleet_result import FleetResult

SETTINGS = [({"slip": slip}, make_config("steady", batch_size=32, epochs=2, slip=slip)) for slip in (0.0, 0.3)]
AGENTS = [Agent(place, SETTINGS[place // 9][1]) for place in range(18)]


def trained(population: Population, trainer=None) -> Population:
    """Update until all agents are done, with the population itself or another trainer."""
    while not population.done.all():
        (trainer or population).update()
    return population


def reported(population: Population) -> tuple[str, str]:
    """The whole report, as JSON and as text."""
    result = FleetResult(population, SETTINGS, len(population.agents) // len(SETTINGS), 1.0)
    return str(fleet_json(result)), fleet_text(result, "utf-8")
