"""GAE against its definition as a double sum."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.advantages import Step, double_sum

from lakeppo.ppo.gae import gae, normalise

number = st.floats(-10, 10)
steps = st.lists(st.tuples(number, number, number, st.booleans(), st.booleans()), min_size=1, max_size=12)
unit = st.floats(0, 1)


def columns(rows: list[Step]) -> list[torch.Tensor]:
    numbers = [torch.tensor(column, dtype=torch.float64) for column in list(zip(*rows, strict=True))[:3]]
    return numbers + [torch.tensor(column) for column in list(zip(*rows, strict=True))[3:]]


@given(steps, unit, unit)
def test_equals_the_double_sum(rows, gamma, lam):
    advantages, returns = gae(*columns(rows), gamma, lam)
    expected = double_sum(rows, gamma, lam)
    assert advantages.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert returns.tolist() == pytest.approx([a + row[1] for a, row in zip(expected, rows, strict=True)], abs=1e-9)


@given(steps, unit)
def test_lambda_0_is_the_td_error(rows, gamma):
    rewards, values, next_values, terminated, _ = columns(rows)
    advantages, _ = gae(*columns(rows), gamma, 0.0)
    expected = rewards + torch.where(terminated, 0.0, gamma * next_values) - values
    torch.testing.assert_close(advantages, expected)


@given(st.lists(st.tuples(number, number), min_size=1, max_size=12), number, unit, st.sampled_from("goal cut".split()))
def test_lambda_1_is_the_discounted_return_minus_v(pairs, beyond, gamma, end):
    """One episode whose next values are the next rows' values, so that all but the rewards cancels."""
    values = [value for _, value in pairs]
    rows = [
        (reward, value, following, False, False)
        for (reward, value), following in zip(pairs, [*values[1:], beyond], strict=True)
    ]
    rows[-1] = (*rows[-1][:3], end == "goal", end == "cut")
    _, returns = gae(*columns(rows), gamma, 1.0)
    for t in range(len(rows)):
        discounted = sum(gamma**k * reward for k, (reward, _) in enumerate(pairs[t:]))
        bootstrap = gamma ** (len(rows) - t) * beyond if end == "cut" else 0.0
        assert returns[t].item() == pytest.approx(discounted + bootstrap, abs=1e-9)


@pytest.mark.parametrize(
    ("terminated", "truncated", "bootstraps", "goes_on"),
    [(False, False, True, True), (False, True, True, False), (True, False, False, False), (True, True, False, False)],
)
def test_termination_and_truncation_end_the_trace(terminated, truncated, bootstraps, goes_on):
    """A step with value 0 and next value 8, before a last one with δ 100; γ 0.5, λ 0.5."""
    rows = [(1.0, 0.0, 8.0, terminated, truncated), (100.0, 0.0, 0.0, False, False)]
    advantages, _ = gae(*columns(rows), 0.5, 0.5)
    assert advantages[0].item() == 1 + 4 * bootstraps + 25 * goes_on


def test_advantages_do_not_cross_an_episode_boundary():
    rows = [(0.5, 1.0, 2.0, False, False), (0.0, 2.0, 3.0, False, True), (1.0, 4.0, 5.0, False, False)]
    before, _ = gae(*columns(rows), 0.9, 0.95)
    rows[2] = (-7.0, 40.0, -50.0, True, False)
    after, _ = gae(*columns(rows), 0.9, 0.95)
    assert before[:2].tolist() == after[:2].tolist()
    assert before[2] != after[2]


def test_the_last_row_bootstraps_and_ends_the_trace():
    advantages, _ = gae(*columns([(0.0, 1.0, 10.0, False, False)]), 0.9, 0.95)
    assert advantages.item() == pytest.approx(0.9 * 10 - 1)


def test_a_batch_of_columns_equals_each_column_alone():
    generator = torch.Generator().manual_seed(0)
    numbers = [torch.randn(9, 2, 3, generator=generator, dtype=torch.float64) for _ in range(3)]
    ends = [torch.rand(9, 2, 3, generator=generator) < 0.3 for _ in range(2)]
    advantages, returns = gae(*numbers, *ends, 0.97, 0.9)
    assert advantages.dtype == returns.dtype == torch.float64
    for i in range(2):
        for j in range(3):
            alone, its_returns = gae(*(c[:, i, j] for c in numbers + ends), 0.97, 0.9)
            assert alone.tolist() == advantages[:, i, j].tolist()
            assert its_returns.tolist() == returns[:, i, j].tolist()


def test_each_column_is_normalised_to_mean_0_and_deviation_1():
    advantages = torch.randn(50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 7 + 3
    normal = normalise(advantages)
    torch.testing.assert_close(normal.mean(dim=0), torch.zeros(3, dtype=torch.float64))
    torch.testing.assert_close(normal.square().mean(dim=0), torch.ones(3, dtype=torch.float64))
    assert (normal.argsort(dim=0) == advantages.argsort(dim=0)).all()


def test_equal_advantages_normalise_to_0():
    assert normalise(torch.full((4,), 5.0, dtype=torch.float64)).tolist() == [0, 0, 0, 0]
