"""Every layer of the catalogue: the shape it declares is the shape it makes, its gradient is its derivative."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import initializers, layers
from mlcore.differences import differences
from mlcore.doctor.units import curved
from mlcore.initializers import Place
from mlcore.layers.layer import Mode, Param
from mlcore.layers.line import parse, write
from mlcore.spec import changed
from tests.contracts.problems import INITIALIZERS, LAYERS, made, shapes_of, tokens_of, with_tokens

MODES = (Mode(), Mode(training=True, seed=3, epoch=1, step=4, layer=2))


EVERY = [(name, shape) for name in LAYERS for shape in shapes_of(name)]


def test_every_layer_takes_rows_images_or_sequences() -> None:
    assert {name for name, _ in EVERY} == set(LAYERS)


def between_kinks(shape, seed: int) -> np.ndarray:
    """Numbers around zero at least 0.1 away from every integer, where piecewise functions bend."""
    random = np.random.default_rng(seed)
    return random.integers(-3, 8, size=shape) + random.uniform(0.1, 0.9, size=shape)


def setting(name: str, shape):
    layer = made(layers.CATALOGUE, name)
    p = {key: between_kinks(param.shape, 5) * 0.3 for key, param in layer.params(shape).items()}
    for key, param in layer.params(shape).items():
        if param.role == "statistic":
            p[key] = np.abs(p[key])
    return layer, p, with_tokens(layer, between_kinks((3, *shape), 6), np.random.default_rng(6))


@pytest.mark.parametrize(("name", "shape"), EVERY)
@pytest.mark.parametrize("rows", [1, 3])
def test_the_declared_shape_is_the_produced_shape(name: str, shape, rows: int) -> None:
    layer, p, x = setting(name, shape)
    y, saved = layer.forward(p, x[:rows], Mode())
    assert y.shape == (rows, *layer.output_shape(shape))
    dx, own = layer.backward(p, saved, np.ones_like(y))
    assert dx.shape == x[:rows].shape
    assert {key: value.shape for key, value in own.items()} == {
        key: param.shape for key, param in layer.params(shape).items() if param.role != "statistic"
    }


@pytest.mark.parametrize(("name", "shape"), EVERY)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_a_layer_computes_in_the_type_it_is_given(name: str, shape, precision) -> None:
    layer, p, x = setting(name, shape)
    y, saved = layer.forward({k: v.astype(precision) for k, v in p.items()}, x.astype(precision), Mode())
    dx, own = layer.backward({k: v.astype(precision) for k, v in p.items()}, saved, y)
    assert {a.dtype for a in (y, dx, *own.values())} == {np.dtype(precision)}


@pytest.mark.parametrize("mode", MODES, ids=["inference", "training"])
@pytest.mark.parametrize(("name", "shape"), EVERY)
def test_the_gradient_of_a_layer_equals_central_differences(name: str, shape, mode: Mode) -> None:
    layer, p, x = setting(name, shape)
    y, saved = layer.forward(p, x, mode)
    direction = np.random.default_rng(8).normal(size=y.shape)
    dx, own = layer.backward(p, saved, direction)
    many = tokens_of(layer, x.shape[-1])
    assert not many or not dx[..., -many:].any()  # a name cannot be moved
    end = x.shape[-1] - many
    for key, value, gradient in [("x", x[..., :end], dx[..., :end]), *((k, p[k], own[k]) for k in own)]:

        def along(changed, key=key):
            inputs = np.concatenate([changed, x[..., end:]], axis=-1) if key == "x" else x
            return (layer.forward(p | {key: changed}, inputs, mode)[0] * direction).sum()

        np.testing.assert_allclose(gradient, differences(along, value), rtol=1e-6, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_survives_being_written_as_a_line(name: str) -> None:
    layer = layers.CATALOGUE.find(name).load()()
    assert parse(write([layer])) == (layer,)
    for flag in layer.flags:
        assert parse(write([changed(layer, **{flag: True})])) == (changed(layer, **{flag: True}),)


@pytest.mark.parametrize("name", LAYERS)
def test_the_doctor_takes_activations_and_nothing_else_for_bends(name: str) -> None:
    assert curved(made(layers.CATALOGUE, name)) == (name in layers.ACTIVATIONS)


@pytest.mark.parametrize("name", LAYERS)
def test_every_parameter_has_a_role_and_fans(name: str) -> None:
    for param in made(layers.CATALOGUE, name).params(shapes_of(name)[0]).values():
        assert param.role in ("weight", "bias", "gain", "statistic")
        assert param.role != "weight" or (param.fan_in > 0 and param.fan_out > 0)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_fills_every_role_with_finite_numbers_from_its_seed_alone(name: str) -> None:
    for role in ("weight", "bias", "gain"):
        param = Param((20, 30), role, fan_in=20, fan_out=30)

        def fill(seed: int, param=param):
            stream = np.random.RandomState(seed)
            place = Place(param.shape, param.role, param.fan_in, param.fan_out, seed, 1, stream)
            return np.broadcast_to(initializers.find(name).fill(place), param.shape)

        assert np.isfinite(fill(3)).all()
        assert np.array_equal(fill(3), fill(3))
