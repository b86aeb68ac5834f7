"""The clipped objective, its gradient, and the groups of samples."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lakeppo.ppo.objective import approx_kl, entropy, kl_divergence, policy_objective, three_groups, value_loss

CLIP = 0.2
logits = st.lists(st.floats(-8, 8), min_size=4, max_size=4)
rounded = st.floats(-5, 5).map(lambda a: round(a, 9))  # halving a subnormal loses its last bit
samples = st.lists(st.tuples(st.floats(-2, 2), rounded), min_size=1, max_size=30)


def tensor(values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def gradient(logratio: torch.Tensor, advantages: torch.Tensor, clip: float | None) -> torch.Tensor:
    leaf = logratio.clone().requires_grad_()
    policy_objective(leaf, advantages, clip).sum().backward()
    assert leaf.grad is not None
    return leaf.grad


@pytest.mark.parametrize("advantage", [2.0, -2.0])
@pytest.mark.parametrize("ratio", [0.5, 0.9, 1.0, 1.1, 1.5])
def test_the_gradient_stops_in_two_quadrants_and_is_plain_elsewhere(advantage, ratio):
    slope = gradient(tensor([math.log(ratio)]), tensor([advantage]), CLIP).item()
    stopped = (ratio > 1 + CLIP and advantage > 0) or (ratio < 1 - CLIP and advantage < 0)
    assert slope == (0.0 if stopped else pytest.approx(ratio * advantage))


@pytest.mark.parametrize(
    ("ratio", "advantage", "expected"),
    [(1.5, 1, 1.2), (1.5, -1, -1.5), (0.5, 1, 0.5), (0.5, -1, -0.8), (1.1, 1, 1.1), (0.9, -1, -0.9)],
)
def test_the_value_is_the_smaller_of_the_two(ratio, advantage, expected):
    value = policy_objective(tensor([math.log(ratio)]), tensor([advantage]), CLIP)
    assert value.item() == pytest.approx(expected)


@given(samples)
def test_the_gradient_agrees_with_finite_differences(pairs):
    logratio, advantages = (tensor(column) for column in zip(*pairs, strict=True))
    band = (math.log(1 - CLIP), math.log(1 + CLIP))
    away_from_kinks = torch.stack([(logratio - edge).abs() for edge in band]).amin(dim=0) > 1e-4
    step = 1e-6
    up, down = (policy_objective(logratio + sign * step, advantages, CLIP) for sign in (1, -1))
    numeric = (up - down) / (2 * step)
    torch.testing.assert_close(
        gradient(logratio, advantages, CLIP)[away_from_kinks], numeric[away_from_kinks], rtol=1e-6, atol=1e-6
    )


@given(samples)
def test_at_ratio_1_clip_and_no_clip_are_the_same_bits(pairs):
    advantages = tensor([a for _, a in pairs])
    ones = torch.zeros_like(advantages)
    assert policy_objective(ones, advantages, CLIP).tolist() == policy_objective(ones, advantages, None).tolist()
    assert gradient(ones, advantages, CLIP).tolist() == gradient(ones, advantages, None).tolist()


@given(samples, st.floats(0.01, 2))
def test_groups_partition_samples_and_stopped_has_gradient_0(pairs, clip):
    logratio, advantages = (tensor(column) for column in zip(*pairs, strict=True))
    groups = three_groups(logratio.exp(), advantages, clip)
    assert (torch.stack(groups).sum(dim=0) == 1).all()
    pushes = advantages.abs() > 1e-300
    assert ((gradient(logratio, advantages, clip) == 0) == groups.stopped)[pushes].all()
    assert (groups.inside == ((logratio.exp() - 1).abs() <= clip))[
        ((logratio.exp() - 1).abs() - clip).abs() > 1e-9
    ].all()


def test_outside_with_no_advantage_is_not_stopped():
    groups = three_groups(tensor([3.0, 0.1]), tensor([0.0, 0.0]), CLIP)
    assert groups.returning.tolist() == [True, True]


def test_the_edges_of_the_band_are_inside():
    edges, advantages = tensor([1 + CLIP, 1 - CLIP]), tensor([1.0, -1.0])
    assert three_groups(edges, advantages, CLIP).inside.all()


def test_without_a_clip_all_are_inside():
    groups = three_groups(tensor([0.01, 1.0, 50.0]), tensor([-1.0, 0.0, 1.0]), None)
    assert groups.inside.all()
    assert not groups.returning.any()
    assert not groups.stopped.any()


@given(logits, logits)
def test_kl_is_never_negative_and_0_from_itself(one, other):
    old, new = tensor(one).log_softmax(dim=-1), tensor(other).log_softmax(dim=-1)
    by_hand = sum(p * (math.log(p) - q) for p, q in zip(old.exp().tolist(), new.tolist(), strict=True))
    assert kl_divergence(old, new).item() == pytest.approx(by_hand, abs=1e-12)
    assert kl_divergence(old, new).item() >= -1e-14
    assert kl_divergence(old, old).item() == 0


@given(logits, logits)
def test_approx_kl_is_never_negative_and_right_on_average(one, other):
    old, new = tensor(one).log_softmax(dim=-1), tensor(other).log_softmax(dim=-1)
    estimate = approx_kl(new - old)
    assert (estimate >= 0).all()
    torch.testing.assert_close((old.exp() * estimate).sum(), kl_divergence(old, new), rtol=1e-9, atol=1e-12)


def test_kl_has_a_direction():
    old, new = tensor([0.7, 0.1, 0.1, 0.1]).log(), tensor([0.25] * 4).log()
    assert kl_divergence(old, new).item() == pytest.approx(math.log(4) - entropy(old).item())
    assert kl_divergence(old, new).item() != pytest.approx(kl_divergence(new, old).item())


@given(logits)
def test_entropy_lies_between_0_and_log_4(values):
    assert -1e-15 <= entropy(tensor(values).log_softmax(dim=-1)).item() <= math.log(4) + 1e-12


def test_entropy_of_a_uniform_and_of_a_certain_policy():
    assert entropy(torch.zeros(2, 4, dtype=torch.float64).log_softmax(dim=-1)).tolist() == pytest.approx(
        [math.log(4)] * 2
    )
    assert entropy(tensor([800.0, 0, 0, 0]).log_softmax(dim=-1)).item() == 0


def test_the_value_loss_is_each_samples_squared_error():
    values, returns = tensor([[1.0, 0.0], [2.0, 0.0]]), tensor([[2.0, 0.0], [0.0, 4.0]])
    assert value_loss(values, returns).tolist() == [[1.0, 0.0], [4.0, 16.0]]


def test_a_ratio_on_the_edge_of_the_band_is_inside():
    ratio, advantages = torch.tensor([0.75, 1.25], dtype=torch.float64), torch.tensor([-1.0, 1.0], dtype=torch.float64)
    inside, returning, stopped = three_groups(ratio, advantages, 0.25)
    assert inside.all()
    assert not (returning | stopped).any()
