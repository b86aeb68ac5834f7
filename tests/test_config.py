"""Knobs, presets, schedules and limits."""

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import LABELS

from lakeppo.config import KNOBS, LONGEST_LABEL, MAPS, Config, advice, edited_label, make_config, read_config
from lakeppo.errors import InvalidValue
from lakeppo.knob import parse_seed
from lakeppo.moment import Change, Moment, Phase
from lakeppo.presets import PRESETS, SLIPPERY, Limit

BEGINNING = Moment(0, Phase.COLLECT, 0)
WIDE = ("wide", ("SFFHF", "FFFFG"))
RANGED = [knob for knob in KNOBS.values() if knob.kind in ("number", "whole")]


def test_classic_is_the_tutorials_own_numbers():
    config = make_config("classic")
    assert (config.learning_rate, config.batch_size, config.epochs, config.clip_coef) == (0.01, 64, 5, 0.2)
    assert (config.ent_coef, config.vf_coef, config.gamma, config.gae_lambda) == (0.01, 0.5, 0.9, 0.95)
    assert (config.map_rows, config.slip, config.max_episode_steps) == (MAPS["4x4"], 0.0, 100)
    assert (config.activation, config.init, config.norm_adv, config.anneal_steps) == ("relu", "torch", False, 0)
    assert PRESETS["classic"].limit == Limit("episodes", 2000)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("batch_size", 1, 65_536), ("epochs", 1, 1000), ("ent_coef", 0, 1e3), ("vf_coef", 0, 1e3), ("gamma", 0, 1),
     ("gae_lambda", 0, 1), ("slip", 0, 1)],
)  # fmt: skip
def test_the_ranges_hold_their_ends(name, low, high):
    assert KNOBS[name].parse(str(low)) == low
    assert KNOBS[name].parse(f"{high:.0f}") == high


@pytest.mark.parametrize(("name", "high"), [("learning_rate", 1e3), ("clip_coef", 1e9)])
def test_some_ranges_are_open_at_0(name, high):
    assert KNOBS[name].parse("1e-9") == 1e-9
    assert KNOBS[name].parse(f"{high:.0f}") == high
    with pytest.raises(InvalidValue, match=name):
        KNOBS[name].parse("0")


@pytest.mark.parametrize("knob", RANGED, ids=lambda knob: knob.name)
@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "1e999", "-1", "1" + "0" * 400, "9" * 5000, "", "x", "1/0", "1/2/3"]
)
def test_an_invalid_number_is_refused_with_the_name_and_range(knob, text):
    with pytest.raises(InvalidValue) as caught:
        knob.parse(text)
    assert str(caught.value).startswith(f"{knob.name} must be ")
    assert knob.span in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, "1", True, [], None])
def test_values_from_a_save_are_checked_by_type(value):
    for knob in RANGED:
        if value is None and knob.word:
            assert knob.check(value) is None
            continue
        with pytest.raises(InvalidValue, match=knob.name):
            knob.check(value)


def test_a_seed_of_thousands_of_digits_is_refused():
    assert parse_seed(f" {2**63 - 1} ") == 2**63 - 1
    for text in ("9" * 5000, str(2**63), "-1", "1.5", ""):
        with pytest.raises(InvalidValue, match="seed must be a whole number"):
            parse_seed(text)


def test_fractions_words_and_switches_are_read():
    assert KNOBS["slip"].parse("2/3") == SLIPPERY
    assert KNOBS["gamma"].parse(" 9/10 ") == 0.9
    assert KNOBS["clip_coef"].parse("OFF") is None
    assert KNOBS["learning_rate_end"].parse("same") is None
    assert KNOBS["norm_adv"].parse("on") is True
    assert KNOBS["norm_adv"].parse("no") is False
    assert KNOBS["activation"].parse("Tanh") == "tanh"
    for name, text in [
        ("norm_adv", "maybe"),
        ("activation", "gelu"),
        ("epochs", "2.5"),
        ("epochs", "5/2"),
        ("gamma", "off"),
    ]:
        with pytest.raises(InvalidValue, match=name):
            KNOBS[name].parse(text)


@given(st.sampled_from(list(KNOBS.values())), st.data())
def test_a_value_shown_can_be_typed_again(knob, data):
    if knob.kind == "choice":
        value = data.draw(st.sampled_from(knob.choices))
    elif knob.kind == "switch":
        value = data.draw(st.booleans())
    elif knob.kind == "whole":
        value = data.draw(st.integers(int(knob.low), int(knob.high)))
    else:
        value = data.draw(st.floats(knob.low, knob.high, exclude_min=knob.open_low) | st.sampled_from([SLIPPERY, 0.5]))
        if not knob.low + knob.open_low * 1e-300 <= value <= knob.high:
            return
    assert knob.parse(knob.show(knob.check(value))) == (
        pytest.approx(value, rel=1e-3) if knob.kind == "number" else value
    )


def test_every_knob_has_a_meaning_and_a_range():
    assert all(knob.meaning and knob.span for knob in KNOBS.values())
    assert KNOBS["epochs"].alias == "times_per_update"
    assert [name for name, knob in KNOBS.items() if knob.startup_only] == ["activation", "init"]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_a_config_with_nothing_overridden(preset):
    config = make_config(preset)
    assert config.preset == preset
    assert config.overrides() == {}
    assert PRESETS[preset].reaches
    assert PRESETS[preset].limit.count > 0
    assert not config.norm_adv
    assert advice(config) is None


def test_overrides_are_what_differs_from_the_preset():
    config = make_config("classic", WIDE, gamma=0.5, max_episode_steps=9, epochs=5)
    assert config.overrides() == {"map": "wide", "max_episode_steps": 9, "gamma": 0.5}


def test_explicit_knobs_override_the_preset_and_are_checked():
    assert make_config("slippery", gamma=0.5, slip=0.0).overrides() == {"gamma": 0.5, "slip": 0.0}
    for bad in ({"gamma": 2}, {"no_such": 1}, {"epochs": 1.5}):
        with pytest.raises(InvalidValue, match=next(iter(bad))):
            make_config("classic", **bad)
    with pytest.raises(InvalidValue, match="classic"):
        make_config("nonsense")


def test_a_slippery_lake_under_classic_gets_one_line_of_advice():
    for lake, better in (("4x4", "slippery"), ("8x8", "8x8-slippery")):
        line = str(advice(make_config("classic", (lake, MAPS[lake]), slip=0.5)))
        assert line.count("\n") == 0
        assert f"--preset {better} " in line
        assert better in PRESETS


def test_a_large_firm_lake_under_classic_gets_one_line_of_advice():
    large = ("8x8", MAPS["8x8"])
    assert "--preset 8x8 " in str(advice(make_config("classic", large)))
    assert advice(make_config("8x8", large)) is None
    assert advice(make_config("classic", ("wide", ("SFFFG",)))) is None


def test_the_schedule_is_linear_then_flat():
    config = make_config("classic", learning_rate=0.1, learning_rate_end=0.02, ent_coef_end=0.0, anneal_steps=100)
    assert [config.annealed("learning_rate", steps) for steps in (0, 50, 100, 10**9)] == pytest.approx(
        [0.1, 0.06, 0.02, 0.02]
    )
    assert config.annealed("ent_coef", 25) == pytest.approx(0.0075)


@pytest.mark.parametrize("knobs", [{"anneal_steps": 0, "learning_rate_end": 0.5}, {"anneal_steps": 100}])
def test_without_an_end_or_a_length_the_schedule_is_constant(knobs):
    assert make_config("classic", **knobs).annealed("learning_rate", 70) == 0.01


@pytest.mark.parametrize("preset", PRESETS)
def test_a_config_survives_json(preset):
    config = make_config(preset, WIDE, clip_coef=None, slip=SLIPPERY)
    assert read_config(json.loads(json.dumps(config.as_json(), allow_nan=False))) == config


def test_a_config_of_the_wrong_values_is_refused():
    for name, value in (("preset", "none"), ("gamma", 7), ("batch_size", 0), ("activation", "none"), ("norm_adv", 1)):
        with pytest.raises(InvalidValue, match=name):
            read_config({**make_config("classic").as_json(), name: value})


def test_changes_are_applied_to_the_config_in_order():
    config = make_config("classic")
    changes = [Change(BEGINNING, "slip", 0.5), Change(BEGINNING, "slip", 0.25)]
    assert config.changed(changes) == dataclasses.replace(config, slip=0.25)
    assert config.changed([]) == config


def test_a_config_cannot_be_written_to():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_config("classic").gamma = 0.5  # type: ignore[misc]


def test_tiles_are_named_by_their_state():
    config = Config(map_rows=WIDE[1])
    assert (config.shape, config.tiles) == ((2, 5), 10)
    assert "".join(config.tile(state) for state in range(10)) == "SFFHFFFFFG"


def test_limits_are_printed_as_text():
    assert str(Limit("steps", 200_000)) == "200,000 steps"


@pytest.mark.parametrize("text", LABELS.values(), ids=LABELS)
def test_a_map_of_any_name_has_a_label_that_can_be_shown_and_encoded(text):
    config = dataclasses.replace(make_config("classic"), map=text)
    assert config.map.isprintable()
    assert config.map.encode()
    assert len(config.map) <= LONGEST_LABEL
    edited = dataclasses.replace(config, map=edited_label(config.map))
    assert edited.map.endswith(", edited")
    for one in (config, edited):
        assert dataclasses.replace(one, map=one.map) == one
    assert dataclasses.replace(edited, map=edited_label(edited.map)) == edited
