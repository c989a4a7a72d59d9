"""Recurrent layers of every kind, in both directions and on each other, as every target writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlcore import from_torch, to_torch
from mlcore.errors import CheckpointError, ConfigError
from mlcore.layers.line import parse
from mlcore.model import Model
from mlcore.network import Network
from tests.contracts.models import model_of, raw_rows
from tests.contracts.test_every_exporter import RUN, examine

BODIES = (
    "lstm 5 bi | gru 4 | rnn 6 bi last",
    "gru 5 bi | lstm 3 bi last | 7 sigmoid",
    "rnn 4 bi | tanh | flatten",
    "gru 3 | gru 4 last",
)


def of(body: str) -> Model:
    return model_of(Network.build(parse(body), (6, 3), 3), "softmax_cross_entropy")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("target", [name for name in RUN if name != "sklearn"])
def test_a_generated_file_reads_sequences_as_the_model_does(target: str, body: str, tmp_path: Path) -> None:
    examine(of(body), target, tmp_path)


@pytest.mark.parametrize("body", BODIES)
def test_a_module_of_torch_goes_there_and_back(body: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = of(body)
    module, x = to_torch(model), raw_rows(model)
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(x)).numpy(), model.outputs(x), rtol=0, atol=1e-5)
    assert from_torch(module, model).vector.tobytes() == model.vector.tobytes()


def test_what_torch_has_learned_in_its_second_bias_is_added_to_ours() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = of(BODIES[0])
    module, x = to_torch(model), raw_rows(model)
    with torch.no_grad():
        for name, value in module.named_parameters():
            if "bias_hh" in name:
                value += torch.linspace(-1, 1, len(value))
        expected = module(torch.from_numpy(x)).numpy()
    again = from_torch(module, model)
    np.testing.assert_allclose(again.outputs(x), expected, rtol=0, atol=1e-5)
    assert not np.allclose(expected, model.outputs(x), atol=1e-3)


def test_modules_that_mean_something_else_are_refused_in_words() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    model = of("gru 4 last")
    for other in (torch.nn.GRU(3, 4, batch_first=True), torch.nn.LSTM(3, 4)):
        module = to_torch(model, raw=False)
        module[1] = other
        with pytest.raises((CheckpointError, ConfigError), match="layer 1"):
            from_torch(module, model)
    mine = to_torch(of("gru 4 | flatten"), raw=False)
    with pytest.raises(CheckpointError, match=r"layer 1: expected GRU\(3, 4, batch_first=True, last=True\)"):
        from_torch(mine, model)
