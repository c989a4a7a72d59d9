"""A bound predictor: the model's own answers, in the caller's buffers, from the kernels or without them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from mlcore import Config, Model, kernels, train
from mlcore.errors import DataError

NETWORKS = {
    "moons": {"layers": "16 relu | 16 tanh", "dataset": {"kind": "moons", "n_samples": 100}},
    "wide": {"layers": "70 relu | 70 relu", "dataset": {"kind": "digits"}},
    "line": {"layers": "5 relu", "dataset": {"kind": "line"}},
    "norms and dropout": {
        "layers": "9 batch_norm gelu | drop .3 | 9 layer_norm elu",
        "stopping": {"patience": 9},
        "dataset": {"kind": "moons", "n_samples": 100},
        "epochs": 12,
    },
    "an activation first": {"layers": "tanh | 4 relu", "dataset": {"kind": "moons", "n_samples": 100}},
}


def trained(name: str) -> Model:
    *_, last = train(Config().with_settings({"epochs": 2, **NETWORKS[name]}))
    assert last.model is not None
    return last.model


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("rows", [1, 3, 300])
def test_it_answers_as_the_model_does(network: str, rows: int) -> None:
    model = trained(network)
    predictor = model.predictor(rows=rows)
    for seed in (1, 2):
        predictor.x[...] = np.random.default_rng(seed).normal(size=predictor.x.shape)
        predictor()
        np.testing.assert_allclose(predictor.out, model.outputs(predictor.x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("body", ["9 relu", "tanh | 4 relu"])
def test_smooth_clipping_is_done_before_the_first_layer(body: str) -> None:
    *_, last = train(Config().with_settings({**NETWORKS["moons"], "layers": body, "epochs": 2}))
    assert last.model is not None
    preparation = last.model.preparation
    bent = msgspec.structs.replace(preparation, scaling=preparation.scaling._replace(smooth=2))
    model = Model(last.model.config, last.model.network, last.model.loss, bent, last.model.vector)
    predictor = model.predictor(rows=20)
    predictor.x[...] = np.random.default_rng(1).normal(size=(20, 2)) * 30
    predictor()
    np.testing.assert_allclose(predictor.out, model.outputs(predictor.x), rtol=1e-4, atol=1e-5)
    assert np.abs(predictor.out - last.model.outputs(predictor.x)).max() > 0.01


def test_statistics_are_kept_with_the_best_weights_and_in_a_file(tmp_path: Path) -> None:
    model = trained("norms and dropout")
    network, file = model.network, tmp_path / "model.safetensors"
    statistics = model.vector[network.learned :]
    assert np.isfinite(statistics).all() and not np.array_equal(statistics, network.init(42, "he_normal")[-18:])
    model.save(file)
    x = np.random.default_rng(1).normal(size=(50, 2))
    assert Model.load(file).vector.tobytes() == model.vector.tobytes()
    assert np.array_equal(Model.load(file).outputs(x), model.outputs(x))
    apart = np.concatenate([model.outputs(row[None]) for row in x])  # no row depends on the others
    np.testing.assert_allclose(apart, model.outputs(x), rtol=1e-4, atol=1e-5)


def test_it_answers_without_kernels_too(monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained("moons")
    monkeypatch.setattr(kernels, "unavailable", lambda: "no compiler")
    predictor = model.predictor()
    predictor.x[...] = [[0.5, -0.25]]
    predictor()
    np.testing.assert_allclose(predictor.out, model.outputs(predictor.x), rtol=1e-5, atol=1e-6)


def test_the_buffers_are_the_callers_and_have_to_fit() -> None:
    model = trained("moons")
    x, out = np.ones((2, 2), np.float32), np.zeros((2, 1), np.float32)
    predictor = model.predictor(x, out)
    predictor()
    assert predictor.x is x and predictor.out is out
    np.testing.assert_allclose(out, model.outputs(x), rtol=1e-5)
    with pytest.raises(DataError, match=r"x: expected .* of shape \[2, 2\], got float64 \[2, 2\]"):
        model.predictor(np.ones((2, 2)))
    with pytest.raises(DataError, match=r"out: expected .* of shape \[2, 1\], got float32 \[2, 3\]"):
        model.predictor(x, np.zeros((2, 3), np.float32))


def test_later_training_does_not_reach_it() -> None:
    model = trained("moons")
    predictor = model.predictor()
    before = predictor.out.copy()
    predictor()
    model.vector[...] = 0
    again = predictor.out.copy()
    predictor()
    assert np.array_equal(predictor.out, again) and not np.array_equal(again, before)
