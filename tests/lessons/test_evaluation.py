"""The language of promises, against brute force on small arrays."""

import math
from statistics import median

import numpy as np
import pytest

from lakeppo.conditions.expression import Name
from lakeppo.config import make_config
from lakeppo.lessons.evaluation import Evaluation, p_larger
from lakeppo.lessons.language import over_seeds, parse_figure, parse_promise, words_of

ARMS = {"A": make_config("classic"), "B": make_config("steady")}
DICE = np.random.default_rng(3)
UPDATES, SEEDS = 7, 5
A, B, KL = (DICE.random((UPDATES, SEEDS)) for _ in range(3))
A[0, 0] = math.nan
SOLVED = (A > 0.8).astype(float)
SERIES = {"A": {Name("exact"): A, Name("kl"): KL, Name("solved"): SOLVED}, "B": {Name("exact"): B}}
LAST = A[-1]


def value(text: str, since: int = 1, last: int | None = None):
    return Evaluation(SERIES, since, last).value(parse_figure(text, ARMS))


def holds(text: str, since: int = 1) -> bool:
    return bool(Evaluation(SERIES, since).value(parse_promise(text, ARMS)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("median(A.exact)", median(LAST)),
        ("mean(B.exact)", B[-1].mean()),
        ("share(A.exact < .5)", (LAST < 0.5).mean()),
        ("count(A.exact < B.exact)", (B[-1] > LAST).sum()),
        ("share(not A.solved)", 1 - SOLVED[-1].mean()),
        ("abs(median(A.exact) - 1)", abs(median(LAST) - 1)),
        ("median(A.exact - B.exact)", median(LAST - B[-1])),
        ("median(A.exact) / 0", math.nan),
        ("1 - 2 - 3 * 4 / 2", -7),
        ("(1 - (2 - 3)) * 4", 8),
        ("seeds", SEEDS),
        ("median(max(B.exact))", median(B.max(axis=0))),
        ("median(min(B.exact))", median(B.min(axis=0))),
        ("median(average(B.exact))", median(B.mean(axis=0))),
        ("median(first(A.kl))", median(KL[0])),
        ("median(before(A.kl))", median(KL[-2])),
        ("share(ever(A.solved))", SOLVED.any(axis=0).mean()),
        ("share(ever(A.exact < .5 and A.kl < .5))", ((A < 0.5) & (KL < 0.5)).any(axis=0).mean()),
        ("max(A.exact)", np.nanmax(A[:, 0])),
        ("p_larger(A.exact, B.exact, 1)", (LAST[:, None] > B[-1][None, :]).mean()),
    ],
)
def test_values_are_those_of_numpy(text, expected):
    assert value(text) == pytest.approx(expected, nan_ok=True)


def test_functions_of_updates_begin_at_since_and_end_at_last():
    assert value("median(max(B.exact))", since=3, last=5) == pytest.approx(median(B[2:5].max(axis=0)))
    assert value("median(A.kl)", last=2) == pytest.approx(median(KL[1]))


def test_the_last_value_at_a_condition_and_the_least_since_it():
    lasts, leasts = [], []
    for seed in range(SEEDS):
        held = [u for u in range(UPDATES) if KL[u, seed] > 0.5]
        if held:
            lasts.append(B[held[-1], seed])
            leasts.append(B[held[0] :, seed].min())
    assert value("median(at_last(B.exact, A.kl > .5))") == pytest.approx(median(lasts))
    assert value("median(min_since(B.exact, A.kl > .5))") == pytest.approx(median(leasts))


def test_after_looks_at_earlier_updates_of_the_same_seed():
    expected = [any(A[u, seed] < 0.5 and (SOLVED[:u, seed] > 0).any() for u in range(UPDATES)) for seed in range(SEEDS)]
    assert 0 < sum(expected) < SEEDS
    assert value("share(ever(A.exact < .5 after A.solved))") == pytest.approx(np.mean(expected))


def test_after_is_the_same_whichever_update_is_looked_at_first():
    texts = "share(A.exact < .9 after A.solved)", "share(ever(A.exact < .9 after A.solved))"
    evaluation = Evaluation(SERIES)
    for last in range(UPDATES, 0, -1):
        evaluation.last = last
        for text in texts:
            assert evaluation.value(parse_figure(text, ARMS)) == value(text, last=last)


def test_evaluating_looks_for_a_reason_to_give_up():
    def give_up():
        raise KeyError

    with pytest.raises(KeyError):
        Evaluation(SERIES, check=give_up).value(parse_figure("median(max(A.exact))", ARMS))


def test_a_correlation_is_that_of_the_updates_of_each_seed():
    each = [np.corrcoef(KL[:, seed], B[:, seed])[0, 1] for seed in range(SEEDS)]
    assert value("median(correlation(A.kl, B.exact))") == pytest.approx(median(each))


def test_a_figure_without_a_value_is_left_out_of_medians():
    assert value("median(first(A.exact))") == pytest.approx(median([A[1, 0], *A[0, 1:]]))
    assert value("median(at_last(A.exact, A.kl > 2))") is None
    assert not holds("median(at_last(A.exact, A.kl > 2)) < 1")


def test_promises_hold_or_fail_as_written():
    assert holds(f"median(B.exact) == {float(median(B[-1]))!r}")
    assert holds("0 < median(B.exact) < 1 and not median(B.exact) > 1")
    assert not holds("share(B.exact >= 0) < 1")


def test_means_of_more_seeds_are_compared_the_same_way_each_time():
    rare, common = np.array([1.0] * 3 + [0.0]), np.full(4, 0.9)
    exact = p_larger(rare, common, 1)
    assert exact == 0.75
    assert p_larger(rare, common, 2) == pytest.approx(0.75**2, abs=0.02)
    assert p_larger(rare, common, 2) == p_larger(rare, common, 2)


def test_words_are_found_inside_of_functions():
    found = parse_figure("median(max(A.kl) - B.exact) + A.p(3, left)", ARMS)
    assert words_of(found, ARMS) == {"A": {"kl", "p"}, "B": {"exact"}}
    assert over_seeds(found)
    assert not over_seeds(parse_figure("max(A.kl)", ARMS))
