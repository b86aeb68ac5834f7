"""The networks: their sizes, initial weights and Adam."""

import math
from copy import deepcopy

import pytest
import torch
from torch import nn

from lakeppo.config import MAPS, make_config
from lakeppo.ppo.networks import Adam, log_policy, make_actor, make_critic, state_values
from lakeppo.runs.trainer_state import adam_state, load_adam_state

CLASSIC = make_config("classic")
ORTHOGONAL = make_config("classic", init="orthogonal", activation="tanh")
BOTH = [CLASSIC, ORTHOGONAL]


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linears(net: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in net if isinstance(layer, nn.Linear)]


def sizes(net: nn.Sequential) -> list[int]:
    layers = linears(net)
    return [layers[0].in_features, *(layer.out_features for layer in layers)]


@pytest.mark.parametrize(("rows", "tiles"), [(MAPS["4x4"], 16), (MAPS["8x8"], 64), (("SFG",), 3)])
def test_the_sizes_follow_the_lake(rows, tiles):
    config = make_config("classic", ("test", rows))
    assert sizes(make_actor(config, drawn())) == [tiles, 32, 16, 4]
    assert sizes(make_critic(config, drawn())) == [tiles, 16, 1]


@pytest.mark.parametrize(("config", "kind"), [(CLASSIC, nn.ReLU), (ORTHOGONAL, nn.Tanh)])
def test_the_activation_is_between_layers_and_not_after_the_last(config, kind):
    assert [type(layer) for layer in make_actor(config, drawn())] == [nn.Linear, kind, nn.Linear, kind, nn.Linear]


@pytest.mark.parametrize("config", BOTH)
def test_initial_weights_come_from_the_generator_only(config):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = make_actor(config, drawn(7)).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    same, other = make_actor(config, drawn(7)).state_dict(), make_actor(config, drawn(8)).state_dict()
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_torchs_own_init_stays_within_its_bounds_and_fills_them():
    for layer in linears(make_actor(CLASSIC, drawn())):
        bound = 1 / math.sqrt(layer.in_features)
        assert 0.8 * bound < layer.weight.abs().max() <= bound
        assert layer.weight.min() < -0.8 * bound < 0.8 * bound < layer.weight.max()
        assert layer.bias.abs().max() <= bound


def test_orthogonal_gains():
    actor, critic = make_actor(ORTHOGONAL, drawn()), make_critic(ORTHOGONAL, drawn())
    gains = [math.sqrt(2), math.sqrt(2), 0.01, math.sqrt(2), 1.0]
    for layer, gain in zip(linears(actor) + linears(critic), gains, strict=True):
        weight = layer.weight if layer.out_features <= layer.in_features else layer.weight.T
        torch.testing.assert_close(weight @ weight.T, gain**2 * torch.eye(len(weight)), rtol=1e-5, atol=1e-6)
        assert not layer.bias.any()


@pytest.mark.parametrize("config", BOTH)
def test_the_tables_are_log_probabilities_and_values_in_float64(config):
    actor, critic, tiles = make_actor(config, drawn()), make_critic(config, drawn()), torch.eye(16)
    table, values = log_policy(actor, tiles), state_values(critic, tiles)
    assert table.dtype == values.dtype == torch.float64
    assert (table.shape, values.shape) == ((16, 4), (16,))
    torch.testing.assert_close(table.exp().sum(dim=1), torch.ones(16, dtype=torch.float64), rtol=0, atol=1e-14)
    torch.testing.assert_close(table.exp().float(), actor(tiles).softmax(dim=1), rtol=1e-5, atol=1e-6)


def pushed(net: nn.Sequential, step: int) -> float:
    """Give `net` the gradients of a loss that depends on `step`, and return their norm."""
    net.zero_grad(set_to_none=False)
    (net(torch.eye(16)) - step).square().mean().backward()
    return math.sqrt(sum(p.grad.square().sum().item() for p in net.parameters() if p.grad is not None))


def test_adam_is_torchs_adam():
    mine = make_actor(CLASSIC, drawn())
    theirs = deepcopy(mine)
    adam, reference = Adam(mine), torch.optim.Adam(theirs.parameters())
    for step in range(12):
        rate = 0.01 / (1 + step)
        norm = pushed(mine, step)
        assert adam.step(rate) == [pytest.approx(norm, rel=1e-5)]
        pushed(theirs, step)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=1e-6)


def test_adam_zeroes_gradients_and_continues_from_its_state():
    nets = [make_actor(CLASSIC, drawn()) for _ in range(2)]
    adams = [Adam(net) for net in nets]
    pushed(nets[0], 1)
    adams[0].step(0.01)
    assert not any(p.grad.any() for p in nets[0].parameters())
    nets[1].load_state_dict(nets[0].state_dict())
    taken = adam_state(adams[0])
    for step in (2, 3):  # two more steps must not reach into the state taken out
        pushed(nets[0], step)
        adams[0].step(0.01)
    load_adam_state(adams[1], taken)
    for step in (2, 3):
        pushed(nets[1], step)
        adams[1].step(0.01)
    assert all(torch.equal(p, q) for p, q in zip(nets[0].parameters(), nets[1].parameters(), strict=True))
