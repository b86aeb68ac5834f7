"""Every agent of a fleet equals the single run of its seed and config."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium.envs.toy_text.frozen_lake import generate_random_map

from lakeppo.config import MAPS, make_config
from lakeppo.fleets.batched_ppo import BatchSums, Coefficients, NetworkStack, Rates, improve, improve_traced
from lakeppo.fleets.compiler import CompilerUnavailable, compiled_pass
from lakeppo.fleets.exact import ExactSuccess, counted_steps
from lakeppo.fleets.fleet import NO_CLIP, Agent, Fleet
from lakeppo.fleets.interruption import Interrupted
from lakeppo.lake.environment import Lake, transition_table
from lakeppo.lake.exact import success_probability
from lakeppo.lake.maps import find_map
from lakeppo.moment import Phase
from lakeppo.ppo.objective import policy_objective
from lakeppo.ppo.trainer import Trainer
from lakeppo.presets import SLIPPERY
from lakeppo.runs.run import exact_success, probabilities

UPDATES = 12


def single_run(agent: Agent, updates: int) -> Trainer:
    trainer = Trainer(agent.config, agent.seed)
    while trainer.updates < updates:
        trainer.unit()
    return trainer


def copied(stack: NetworkStack) -> NetworkStack:
    return NetworkStack(*([tensor.clone() for tensor in tensors] for tensors in stack))


def agents(preset: str = "classic", **knobs) -> list[Agent]:
    return [Agent(seed, make_config(preset, **knobs)) for seed in (0, 7, 12345)]


OWN_KNOBS = [
    {"learning_rate": 0.003, "learning_rate_end": 0.0001, "anneal_steps": 500},
    {"critic_learning_rate": 0.1, "learning_rate_end": 0.0001, "anneal_steps": 500},
    {"clip_coef": None, "ent_coef": 0.1, "ent_coef_end": 0.0, "anneal_steps": 300},
    {"gamma": 0.99, "gae_lambda": 0.5, "vf_coef": 2.0, "clip_coef": 0.05, "slip": 0.2},
    {"init": "orthogonal", "slip": SLIPPERY},
]
CASES = {
    "classic": agents(),
    "each with its own knobs": [Agent(5, make_config("classic", **knobs)) for knobs in OWN_KNOBS],
    "normalised, tanh, slippery": agents("steady", norm_adv=True, slip=SLIPPERY),
    "cut off early": agents(max_episode_steps=3, batch_size=50, epochs=2),
    "8x8": [Agent(2, replace(make_config("8x8"), map="8x8", map_rows=MAPS["8x8"], epochs=3))],
    "longer than a chunk": agents("slippery", batch_size=1100, epochs=3),
}


@pytest.mark.parametrize("name", CASES)
def test_agent_k_equals_its_single_run(name, float64):
    fleet = Fleet(CASES[name])
    for _ in range(UPDATES):
        fleet.update()
    policies, values = fleet.log_policy(), fleet.values()
    for k, agent in enumerate(CASES[name]):
        trainer = single_run(agent, UPDATES)
        assert trainer.moment.phase is Phase.COLLECT
        assert (trainer.env_steps, trainer.episodes) == (fleet.env_steps, fleet.episodes[k])
        torch.testing.assert_close(policies[k], trainer.policy(), rtol=0, atol=1e-9)
        torch.testing.assert_close(values[k], trainer.values(), rtol=0, atol=1e-9)
        success, _ = exact_success(agent.config, probabilities(trainer.policy()))
        assert fleet.success()[k].item() == pytest.approx(success, abs=1e-9)


EDGES = [
    {}, {"learning_rate": 1e-300}, {"learning_rate": 1.0}, {"learning_rate_end": 1e3, "anneal_steps": 1},
    {"ent_coef": 0.0}, {"ent_coef": 1e3}, {"ent_coef_end": 1e3, "anneal_steps": 10**12},
    {"clip_coef": 1e-300}, {"clip_coef": 1.0}, {"clip_coef": 1e9}, {"clip_coef": None, "gae_lambda": 1.0},
    {"vf_coef": 0.0}, {"vf_coef": 1e3}, {"vf_coef": 0.0, "gae_lambda": 1.0}, {"gamma": 0.0}, {"gamma": 1.0},
    {"gae_lambda": 0.0}, {"gae_lambda": 1.0}, {"batch_size": 1}, {"batch_size": 1, "clip_coef": 1e-300},
    {"batch_size": 1, "norm_adv": True}, {"epochs": 1}, {"epochs": 40}, {"norm_adv": True}, {"activation": "tanh"},
    {"init": "orthogonal"}, {"slip": 1.0}, {"max_episode_steps": 1}, {"max_episode_steps": 1_000_000},
]  # fmt: skip


@pytest.mark.parametrize("knobs", EDGES, ids=str)
def test_agent_k_equals_its_single_run_at_every_knobs_ends(knobs, float64):
    """With the largest learning rate a policy becomes certain, and the ratio of what it no longer does overflows."""
    agent = Agent(50061, make_config("classic", **({"learning_rate": 1e3} | knobs)))
    fleet, trainer = Fleet([agent], improve=improve_traced if "clip_coef" in knobs else None), single_run(agent, 0)
    for update in range(1, 16):
        fleet.update()
        while trainer.updates < update:
            trainer.unit()
        assert fleet.episodes[0] == trainer.episodes
        assert all(weights.isfinite().all() for net in (trainer.actor, trainer.critic) for weights in net.parameters())
        assert fleet.finite().all()
        torch.testing.assert_close(fleet.log_policy()[0], trainer.policy(), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(fleet.values()[0], trainer.values(), rtol=1e-4, atol=1e-4)


def test_an_action_not_taken_adds_nothing_whatever_its_ratio():
    fleet = Fleet([Agent(0, make_config("classic"))])
    old = fleet.log_policy().clone()
    old[:, 0] = torch.tensor([-1e5, 0.0, -1e5, -1e5])
    none, visits = torch.zeros_like(old), torch.full(old.shape[:2], 1 / 16, dtype=torch.float64)
    taken = none.clone()
    taken[:, 0, 1] = 1.0
    sums = BatchSums(old, taken, none, visits, visits)
    zero, one = torch.zeros(2, dtype=torch.float64), torch.ones((), dtype=torch.float32)
    for clip in (0.2, NO_CLIP):
        coefficients = Coefficients(torch.full((2, 1, 1), clip, dtype=torch.float64), zero, zero + 1)
        steps = []
        for pass_over in (improve, improve_traced):
            stacks = copied(fleet.actor), copied(fleet.critic)
            rates = Rates(torch.full((2, 1, 1), 0.01), torch.full((2, 1, 1), 0.02))
            pass_over(*stacks, fleet.activation, sums, coefficients, rates, one)
            assert all(tensor.isfinite().all() for stack in stacks for tensors in stack for tensor in tensors)
            steps.append(stacks[0].parameters[-1])
        torch.testing.assert_close(*steps)
        assert not torch.equal(steps[0], fleet.actor.parameters[-1])


def test_a_huge_step_leaves_an_agent_of_a_fleet_finite():
    """In float32 the new probability of an action that seed 50061 never took exceeds the old one beyond measure."""
    fleet = Fleet([Agent(seed, make_config("classic", learning_rate=1.0)) for seed in (50061, 50062)])
    for _ in range(40):
        fleet.update()
    assert fleet.success().isfinite().all()
    assert fleet.finite().all()


def test_no_bit_of_an_agent_depends_on_the_other_agents():
    """In float32 too: the order of sums must not change with the size of the fleet."""
    seeds = (7, *range(100, 140))
    parts = (seeds, seeds[:1], seeds[:7])
    fleets = [Fleet([Agent(seed, make_config("8x8")) for seed in part]) for part in parts]
    for _ in range(4):
        for fleet in fleets:
            fleet.update()
        fleets[0].select(np.flatnonzero(np.arange(len(fleets[0].agents)) % 3 == 0))  # the first stays the first
    results = [(fleet.log_policy()[0], fleet.values()[0], fleet.success()[0]) for fleet in fleets]
    assert all(torch.equal(a, b) for result in results[1:] for a, b in zip(results[0], result, strict=True))


def test_removing_agents_changes_nothing_for_the_others():
    whole, part = (Fleet(agents("steady", batch_size=32)) for _ in range(2))
    for fleet in (whole, part):
        fleet.update()
    part.select(np.array([0, 2]))
    for fleet in (whole, part):
        fleet.update()
    assert torch.equal(whole.log_policy()[[0, 2]], part.log_policy())
    assert whole.episodes[[0, 2]].tolist() == part.episodes.tolist()


@pytest.mark.parametrize("slip", [0.0, 0.1, 0.2, 0.7, SLIPPERY, 1.0])
def test_slips_have_the_thresholds_of_the_single_lake(slip):
    config = make_config("classic", slip=slip)
    assert Fleet([Agent(0, config)]).walkers.edges[:, 0, 0].tolist() == list(Lake(*config.lake)._edges)


def test_no_clip_equals_the_unclipped_objective_and_gradient():
    logratio = torch.linspace(-40, 40, 9, dtype=torch.float64, requires_grad=True)
    for advantage in (-2.0, -1e-300, 0.0, 1e-300, 3.0):
        advantages = torch.full((9,), advantage, dtype=torch.float64)
        objectives = [policy_objective(logratio, advantages, clip) for clip in (None, NO_CLIP)]
        gradients = [torch.autograd.grad(objective.sum(), logratio)[0] for objective in objectives]
        assert torch.equal(*objectives)
        assert torch.equal(*gradients)


def test_agents_on_different_maps_are_rejected():
    with pytest.raises(ValueError, match="map_rows"):
        Fleet([Agent(0, make_config("classic")), Agent(0, make_config("8x8"))])


def test_exact_success_on_a_large_map_equals_the_single_one():
    rows = tuple(generate_random_map(12, seed=3))
    policy = torch.rand(2, 144, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).softmax(dim=-1)
    batched = ExactSuccess(rows, torch.tensor([0.0, 0.5], dtype=torch.float64), 300)
    exact = [
        success_probability(transition_table(rows, slip), policy[k].numpy(), 300) for k, slip in ((0, 0.0), (1, 0.5))
    ]
    assert np.abs(batched.success(policy).numpy() - exact).max() < 1e-14
    assert min(exact) > 1e-9


slow_compile = [
    pytest.mark.slow,
    pytest.mark.skipif("LAKEPPO_SEEDS" not in os.environ, reason="compiling takes half a minute"),
]


@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=slow_compile)])
def test_a_compiled_agent_equals_its_single_run(float64, tmp_path, monkeypatch, backend):
    """With "aot_eager" the pass is traced, with "inductor" it is compiled as well."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    config = make_config("classic", clip_coef=0.05)
    try:
        improve = compiled_pass([(config, 3)], "cpu", backend)
    except CompilerUnavailable as error:
        pytest.skip(str(error))
    fleet = Fleet([Agent(seed, config) for seed in range(3)], improve=improve)
    for _ in range(4):
        fleet.update()
    for k in (0, 2):
        torch.testing.assert_close(fleet.log_policy()[k], single_run(fleet.agents[k], 4).policy(), rtol=0, atol=1e-9)


def test_the_traceable_pass_equals_the_eager_pass(float64):
    eager, traced = Fleet(CASES["each with its own knobs"]), Fleet(CASES["each with its own knobs"])
    traced.improve = improve_traced
    for fleet in (eager, traced):
        fleet.update()
        fleet.update()
    torch.testing.assert_close(eager.log_policy(), traced.log_policy(), rtol=0, atol=1e-12)
    torch.testing.assert_close(eager.values(), traced.values(), rtol=0, atol=1e-12)


def test_a_missing_compiler_is_reported(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CompilerUnavailable, match="no C\\+\\+ compiler"):
        compiled_pass([(make_config("classic"), 3)], "cpu")


def test_a_failing_compiler_is_reported_in_one_line():
    def broken(graph, inputs):
        raise PermissionError("no way\nand more lines")

    with pytest.raises(CompilerUnavailable, match=r"^torch cannot compile here \(.*no way\)$"):
        compiled_pass([(make_config("classic"), 3)], "cpu", broken)


def test_no_block_holds_a_single_agent(monkeypatch):
    agents = [Agent(seed, make_config("8x8", epochs=2)) for seed in range(5)]
    whole = Fleet(agents)
    monkeypatch.setattr("lakeppo.fleets.fleet.BLOCK", 4)
    blocks = Fleet(agents)
    for fleet in (whole, blocks):
        fleet.update()
        fleet.update()
    assert torch.equal(whole.values(), blocks.values())


def test_blocks_and_padding_change_no_bit(monkeypatch):
    whole = Fleet(agents())
    monkeypatch.setattr("lakeppo.fleets.fleet.BLOCK", 2)
    blocks = Fleet(agents(), improve=improve)
    assert len(blocks.agents) == 4
    for fleet in (whole, blocks):
        fleet.update()
        fleet.update()
    assert torch.equal(whole.log_policy(), blocks.log_policy()[:3])
    blocks.select(np.array([2]))
    assert blocks.agents[0] == whole.agents[2]
    assert len(blocks.agents) == 2


@pytest.mark.parametrize(("name", "exactly"), [("8x8", True), ("random:9:3", False)])
def test_exact_success_within_an_endless_time_limit(monkeypatch, name, exactly):
    """Small lakes take a power of the policy's chain, as a single run does; large ones are followed for a while."""
    monkeypatch.setattr("lakeppo.fleets.exact.MAX_STEPS", 40)
    monkeypatch.setattr("lakeppo.fleets.exact.MAX_SWEEPS", 300)
    _, rows = find_map(name, 0)
    slips, limit = np.array([0.3, 0.6]), 100_000
    tables = np.random.default_rng(0).dirichlet(np.ones(4), (2, len(rows) ** 2))
    found = ExactSuccess(rows, torch.from_numpy(slips), limit).success(torch.from_numpy(tables))
    counted = counted_steps(rows, limit)
    assert counted == (limit if exactly else 300)
    for k in range(2):
        alone = success_probability(transition_table(rows, slips[k]), tables[k], counted)
        assert found[k] == pytest.approx(alone, abs=1e-12)
        assert not exactly or found[k] == alone


def test_a_long_computation_looks_for_interruptions():
    def interrupt():
        raise Interrupted

    fleet = Fleet([Agent(seed, make_config("classic")) for seed in range(2)], check=interrupt)
    for method in (fleet.update, fleet.success):
        with pytest.raises(Interrupted):
            method()


def test_exact_success_does_not_depend_on_slower_policies():
    logits = torch.randn(24, 16, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    policy = (logits * torch.linspace(0, 8, 24, dtype=torch.float64)[:, None, None]).softmax(dim=-1)
    slips = torch.full((24,), 0.5, dtype=torch.float64)
    single = [ExactSuccess(MAPS["4x4"], slips[:1], 200).success(policy[k : k + 1]) for k in range(24)]
    assert torch.equal(ExactSuccess(MAPS["4x4"], slips, 200).success(policy), torch.cat(single))
