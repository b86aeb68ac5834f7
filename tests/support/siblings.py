"""Siblings trained in this process, and made-up results of siblings."""

import numpy as np

from lakeppo.fleets.siblings import SiblingFleet, SiblingReport, SiblingRequest
from lakeppo.session.sibling_results import SiblingReports, SiblingResults


def train_siblings(request: SiblingRequest) -> SiblingReport:
    """Return the report of a request's siblings from before their first update to the limit."""
    fleet = SiblingFleet(request)
    while not fleet.done:
        fleet.update()
    return fleet.report()


def results_of(*groups: np.ndarray, ended: list[int] | None = None) -> SiblingResults:
    """Return the results of groups with these success curves `(U + 1, N)`; group g has the seeds from 100 g on."""
    reports = SiblingReports()
    for number, curves in enumerate(groups):
        count = curves.shape[1]
        reports.begin(tuple(range(100 * number, 100 * number + count)))
        reports.add(number, curves, np.ones(curves.shape, np.int32), np.array(ended or [-1] * count))
    results = reports.results()
    assert results is not None
    return results
