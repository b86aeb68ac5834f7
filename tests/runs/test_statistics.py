"""A row of the history against the same figures computed sample by sample."""

import math
import re
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.runs import advance, small

from lakeppo.moment import Phase
from lakeppo.runs.run import Run
from lakeppo.runs.statistics import COUNTS, DERIVED, STATS, Row, success_rate, wilson_interval


def update_by_hand(run: Run) -> dict[str, float | None]:
    """Every figure of an update after its last pass, in plain Python."""
    trainer, config = run.trainer, run.config
    assert trainer.judgement is not None
    old = trainer.old_log_policy.tolist()
    weights, returns, values = (
        getattr(trainer.judgement, name).tolist() for name in ("used_advantages", "returns", "values")
    )
    ratios, surrogate, kls, k3, entropies = [], [], [], [], []
    inside = returning = stopped = 0
    for each in trainer.passes:
        new = each.log_policy.tolist()
        for step, weight in zip(trainer.transitions, weights, strict=True):
            s, a = step.state, step.action
            ratio = math.exp(new[s][a] - old[s][a])
            ratios.append(ratio)
            kls.append(sum(math.exp(p) * (p - q) for p, q in zip(old[s], new[s], strict=True)))
            k3.append(ratio - 1 - math.log(ratio))
            entropies.append(-sum(math.exp(q) * q for q in new[s]))
            eps = config.clip_coef if config.clip_coef is not None else math.inf
            surrogate.append(min(ratio * weight, min(max(ratio, 1 - eps), 1 + eps) * weight))
            if 1 - eps <= ratio <= 1 + eps:
                inside += 1
            elif (ratio > 1) == (weight > 0) and weight != 0:
                stopped += 1
            else:
                returning += 1
    size = len(trainer.transitions)
    by_pass = [ratios[start : start + size] for start in range(0, len(ratios), size)]
    residuals = [r - v for r, v in zip(returns, values, strict=True)]
    outcomes = list(trainer.outcomes)
    rate = fmean(outcomes) if outcomes else None
    return {
        "policy_loss": -fmean(surrogate),
        "entropy": fmean(entropies),
        "approx_kl": fmean(k3),
        "kl": fmean(kls),
        "ratio_mean": fmean(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "inside": inside / len(ratios),
        "returning": returning / len(ratios),
        "stopped": stopped / len(ratios),
        "explained_variance": 1 - pvariance(residuals) / pvariance(returns) if pvariance(returns) else None,
        "value_loss": fmean(p.value_loss for p in trainer.passes),
        "actor_grad_norm": fmean(p.actor_grad_norm for p in trainer.passes),
        "critic_grad_norm": fmean(p.critic_grad_norm for p in trainer.passes),
        "success_rate": rate,
        "success_error": None if rate is None else math.sqrt(rate * (1 - rate) / len(outcomes)),
        "success_probability": run.success()[0],
        "greedy_success_probability": run.success()[1],
        "effective_sample_size": fmean(sum(r) ** 2 / (size * sum(x * x for x in r)) for r in by_pass),
        "clipfrac": (returning + stopped) / len(ratios),
        "old_approx_kl": -fmean(map(math.log, ratios)),
    }


@pytest.mark.parametrize(
    "config",
    [
        small(("SFG", "FHF"), batch_size=24, epochs=6),
        small(("SFG", "FHF"), batch_size=24, epochs=6, norm_adv=True, clip_coef=0.02),
        small(("SFG", "FHF"), batch_size=24, epochs=6, clip_coef=None),
    ],
)
def test_a_row_describes_the_whole_update(config):
    run = Run(config, 0)
    for _ in range(8):
        while run.moment.phase is not Phase.COPY:
            run.unit()
        expected = update_by_hand(run)
        run.unit()
        row = run.history[-1]._asdict() | {name: getattr(run.history[-1], name) for name in DERIVED}
        assert {name: row[name] for name in expected} == {
            name: value if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)
            for name, value in expected.items()
        }
        assert [row[name] for name in COUNTS] == [len(run.history), run.trainer.env_steps, run.trainer.episodes]
    if config.clip_coef == 0.02:
        assert any(row.stopped for row in run.history)
        assert any(row.returning for row in run.history)


def test_the_first_value_loss_is_the_critics_error_when_judging():
    run = Run(small(), 0)
    while run.moment.phase is not Phase.COPY:
        run.unit()
    judged = run.trainer.judgement
    assert judged is not None
    errors = [(r - v) ** 2 for r, v in zip(judged.returns.tolist(), judged.values.tolist(), strict=True)]
    assert run.trainer.passes[0].value_loss == pytest.approx(fmean(errors))


def test_constant_returns_have_no_explained_variance():
    run = advance(Run(small(("SFFFFFFG",), gamma=0.0, gae_lambda=0.0, max_episode_steps=2), 0), 1)
    assert run.history[0].explained_variance is None


def test_before_the_first_episode_ends_there_is_no_success_rate():
    run = advance(Run(small(("SFFFFFFG",), max_episode_steps=1000, slip=0.0), 0), 1)
    assert (run.history[0].success_rate, run.history[0].success_error) == (None, None)


@pytest.mark.parametrize(
    ("outcomes", "rate", "error"), [([True] * 4, 1, 0), ([True, False], 0.5, 0.5 / 2**0.5), ([False] * 9, 0, 0)]
)
def test_the_rate_and_its_standard_error(outcomes, rate, error):
    assert success_rate(outcomes) == (rate, pytest.approx(error))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_limits_are_those_of_the_score_test(pair):
    hits, count = pair
    for end in wilson_interval(hits, count):
        distance, variance = hits / count - end, end * (1 - end) / count
        assert distance**2 == pytest.approx(1.959963984540054**2 * variance, abs=1e-12)


def test_the_interval_of_64_of_64_is_not_empty():
    assert wilson_interval(64, 64) == (pytest.approx(0.9434, abs=1e-4), 1.0)


def test_every_figure_of_a_row_has_its_meaning_and_healthy_range():
    assert [name for name in Row._fields if name not in COUNTS] == list(STATS)
    for stat in STATS.values():
        assert stat.meaning
        assert stat.healthy
        assert stat.low is None or stat.high is None or stat.low < stat.high
        limits = re.match("(under|above) ([0-9.]+)", stat.healthy)
        if limits is not None:
            assert float(limits[2]) == (stat.high if limits[1] == "under" else stat.low)
