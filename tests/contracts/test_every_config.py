"""Any experiment the catalogues allow survives the round trip through TOML and JSON, and so does each of its kinds."""

from __future__ import annotations

import json
import tomllib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import datasets, initializers, layers, losses, optimizers, schedules
from mlcore.catalogue import Catalogue
from mlcore.config import Config, Recording, Stopping, from_dict, load_config, load_recipe, recipes
from mlcore.errors import ConfigError
from mlcore.spec import Spec, fields, kind_of

CATALOGUES = {
    "dataset": datasets.CATALOGUE,
    "layer": layers.CATALOGUE,
    "loss": losses.CATALOGUE,
    "optimizer": optimizers.CATALOGUE,
    "schedule": schedules.CATALOGUE,
}
KINDS = [(what, entry.name) for what, catalogue in CATALOGUES.items() for entry in catalogue]
NAMES = tuple(entry.name for entry in initializers.CATALOGUE)


def values(kind) -> st.SearchStrategy:
    """Values of a field's type, within its range."""
    match msgspec.inspect.type_info(kind):
        case msgspec.inspect.IntType(ge=ge, gt=gt, le=le, lt=lt):
            low = ge if ge is not None else (gt + 1 if gt is not None else -(2**31))
            high = le if le is not None else (lt - 1 if lt is not None else 2**31)
            return st.integers(low, high)
        case msgspec.inspect.FloatType(ge=ge, gt=gt, le=le, lt=lt):
            low, high = (ge if ge is not None else gt), (le if le is not None else lt)
            ends = {"exclude_min": gt is not None, "exclude_max": lt is not None}
            return st.floats(low, high, allow_nan=False, allow_infinity=False, **ends)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.LiteralType(values=options):
            return st.sampled_from(options)
        case msgspec.inspect.StructType(cls=cls):
            return specs(cls)
        case _:
            return st.nothing()  # text with a meaning of its own: the default stands


def specs(cls: type[Spec]) -> st.SearchStrategy:
    """Specs of a class: each field its default or any value it may have; what a spec refuses as a whole is left out."""
    choices = {field.name: values(field.type) for field in fields(cls)}
    return st.fixed_dictionaries({}, optional={k: v for k, v in choices.items() if not v.is_empty}).flatmap(
        lambda given: _made(cls, given)
    )


def _made(cls: type[Spec], given: dict) -> st.SearchStrategy:
    try:
        return st.just(cls(**given))
    except ConfigError:
        return st.nothing()


def of(catalogue: Catalogue) -> st.SearchStrategy:
    return st.sampled_from(catalogue.names()).flatmap(lambda name: specs(catalogue.find(name).load()))


LAYERS = of(layers.CATALOGUE)
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**32 - 1000),
        "repeats": st.integers(1, 1000),
        "layers": st.lists(LAYERS, max_size=6).map(tuple),
        "init": st.sampled_from(NAMES),
        "epochs": st.integers(1, 10_000_000),
        "batch_size": st.integers(1, 2**20) | st.just("full"),
        "device": st.sampled_from(["auto", "cpu", "cuda", "cuda:3"]),
        "precision": st.sampled_from(["float32", "float64", "tf32", "bf16"]),
        "engine": st.sampled_from(["auto", "eager", "graph", "compile"]),
        "dataset": of(datasets.CATALOGUE),
        "loss": of(losses.CATALOGUE),
        "optimizer": of(optimizers.CATALOGUE),
        "schedule": of(schedules.CATALOGUE),
        "stopping": specs(Stopping),
        "recording": specs(Recording),
    },
).map(lambda given: Config(**given))


@settings(max_examples=150, deadline=None)
@given(CONFIGS)
def test_a_configuration_survives_toml(config: Config) -> None:
    assert from_dict(tomllib.loads(config.to_toml())) == config


@settings(max_examples=150, deadline=None)
@given(CONFIGS)
def test_a_configuration_survives_json(config: Config) -> None:
    assert from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(("what", "name"), KINDS)
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_every_kind_survives_being_plain_values(what: str, name: str, data: st.DataObject) -> None:
    cls = CATALOGUES[what].find(name).load()
    spec = data.draw(specs(cls))
    plain = json.loads(json.dumps(msgspec.to_builtins(spec)))
    assert msgspec.convert(plain, cls) == spec and kind_of(spec) == name


def test_a_file_gives_the_configuration_that_wrote_it(tmp_path) -> None:
    config = Config().with_settings({"optimizer": "sgd", "optimizer.momentum": 0.9, "layers": "16 tanh | 3"})
    path = tmp_path / "mine.toml"
    path.write_text(config.to_toml())
    assert load_config(path) == config


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_survives_the_round_trip(name: str) -> None:
    config = load_recipe(name)
    assert from_dict(tomllib.loads(config.to_toml())) == config
