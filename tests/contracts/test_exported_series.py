"""A network that learnt a series, as every target writes it: the file foretells values, or says how they follow."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import mlcore
from mlcore.exporters.stages import growths
from tests.contracts.test_every_exporter import READERS, module, put

PYTHON = ("numpy", "pytorch", "sklearn")


@pytest.fixture(params=[0, -150], ids=["logarithms", "differences"])
def learnt(request, tmp_path):
    """A model of ten years of months, and the table it learnt from."""
    months = [f"{2010 + k // 12}-{1 + k % 12:02d}" for k in range(120)]
    sold = [round(100 + k + 20 * np.sin(k * np.pi / 6) + request.param, 2) for k in range(120)]
    frame = pd.DataFrame({"month": months, 'so"ld': sold, "shop": "x"})
    frame.to_csv(tmp_path / "months.csv", index=False)
    lags = 30 if request.param else 0
    dataset = {"kind": "series", "path": str(tmp_path / "months.csv"), "horizon": 15, "lags": lags}
    config = mlcore.Config().with_settings({"dataset": dataset, "layers": "4 tanh", "epochs": 3})
    *_, last = (event for event in mlcore.train(config) if event.kind == "epoch")
    return last.model, frame


@pytest.mark.parametrize("target", PYTHON)
def test_a_python_file_foretells_what_the_model_foretells(target: str, learnt, tmp_path) -> None:
    if target == "pytorch":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    model, frame = learnt
    expected = model.foretell(frame).values
    path = put(model, target, tmp_path)
    found = module(path)
    np.testing.assert_allclose(found.foretell(frame['so"ld'].to_numpy()), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="values or more, got 23"):
        found.foretell(frame['so"ld'][:23].tolist())
    if target == "numpy":
        words = [sys.executable, str(path), str(tmp_path / "months.csv")]
        said = subprocess.run(words, capture_output=True, check=True, text=True).stdout
        np.testing.assert_allclose([float(line) for line in said.split()], expected, rtol=1e-5)


@pytest.mark.parametrize("target", ["c", "onnx"])
def test_other_files_give_growths_of_which_they_say_how_they_are_values(target: str, learnt, tmp_path) -> None:
    model, frame = learnt
    seen = len(model.preparation.feature_names)
    u = frame['so"ld'].to_numpy()[-12 - seen :]
    u = np.log(u) if model.preparation.growing.log else u
    path = put(model, target, tmp_path)
    growth = READERS[target](path, model, (u[12:] - u[:-12])[None].astype(np.float32))[0][0]
    h = np.arange(15)
    grown = u[seen + h % 12] + growth
    expected = model.foretell(frame).values
    np.testing.assert_allclose(np.exp(grown) if model.preparation.growing.log else grown, expected, rtol=1e-5)
    assert "u[i] + out[h]" in growths(model) and f"for h from 0 to 14, i = {seen} + h % 12" in growths(model)
    assert b"It learnt a series: of its last" in path.read_bytes()
