"""A network goes to PyTorch, is trained further there, and comes back; what does not fit is told in one sentence."""

from __future__ import annotations

import copy
import io
import sys
from pathlib import Path

import numpy as np
import pytest

from mlcore import from_torch, live, to_torch
from mlcore.datasets.dataset import Scaling, Task
from mlcore.errors import BackendError, CheckpointError, ConfigError, MljError, RunError
from mlcore.layers.line import parse
from mlcore.losses import BinaryCrossEntropy, SoftmaxCrossEntropy
from mlcore.model import Model, Preparation, blueprint
from mlcore.network import Network
from mlcore.runs import fit
from tests.mlcore.little_runs import config

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("torch.nn.utils.prune")
nn, prune, parametrizations = torch.nn, torch.nn.utils.prune, torch.nn.utils.parametrizations

LAYERS = "5 batch_norm leaky_relu .3 | drop .2 | 4 gelu"


def model(layers: str = LAYERS, **settings) -> Model:
    """A network on circles that has not learned anything."""
    chosen = config(layers=layers, **settings)
    data = chosen.dataset.load()
    network, loss = blueprint(chosen, data)
    return Model(chosen, network, loss, Preparation.of(data), network.init(3, "he_normal"))


def test_names_and_layouts_are_those_of_torch() -> None:
    state = {name: tuple(tensor.shape) for name, tensor in to_torch(model()).state_dict().items()}
    numbers = {f"1.{name}": (5,) for name in ("weight", "bias", "running_mean", "running_var")}
    linear = {
        "0.weight": (5, 2),
        "0.bias": (5,),
        "4.weight": (4, 5),
        "4.bias": (4,),
        "6.weight": (1, 4),
        "6.bias": (1,),
    }
    scale = {"scale.shift": (2,), "scale.factor": (2,)}
    assert state == linear | numbers | scale | {"1.num_batches_tracked": ()}
    kinds = [type(part).__name__ for part in to_torch(model(), raw=False)]
    assert kinds == ["Linear", "BatchNorm1d", "LeakyReLU", "Dropout", "Linear", "GELU", "Linear"]
    assert next(name for name, _ in to_torch(model(**{"dataset.scale": "none"})).named_children()) == "0"


def test_a_module_is_a_copy_and_leaves_the_random_numbers_of_torch_alone() -> None:
    ours = model()
    before, drawn = ours.vector.copy(), torch.random.get_rng_state()
    network = to_torch(ours)
    assert torch.equal(torch.random.get_rng_state(), drawn)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(ours.vector, before)
    assert not from_torch(network, ours).vector[: ours.network.weights].any()


def test_a_run_is_trained_further_in_torch_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    run = fit(config(epochs=2), name="otter")
    data, network = run.config.dataset.load(), to_torch(run)
    x, y = torch.from_numpy(data.scaling.undo(data.train.x)), torch.from_numpy(data.train.y).float()
    optimizer, losses = torch.optim.Adam(network.parameters(), 0.02), []
    for _ in range(30):
        loss = nn.functional.binary_cross_entropy_with_logits(network(x)[:, 0], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    back = from_torch(network, run)
    z = back.outputs(x.numpy())
    np.testing.assert_allclose(z, network(x).detach().numpy(), rtol=0, atol=1e-5)
    assert BinaryCrossEntropy()(z, data.train.y)[0] < losses[0] and back.config == run.config
    back.save(tmp_path / "back.safetensors")
    for named in (run.folder, str(run.folder), run.id, "otter", "last", run.model(), tmp_path / "back.safetensors"):
        assert from_torch(network, named).vector.tobytes() == back.vector.tobytes()
        assert len(to_torch(named)) == len(network)


def test_a_whole_module_can_be_saved_copied_and_brought_back_from_another_precision() -> None:
    ours, file = model(), io.BytesIO()
    torch.save(to_torch(ours), file)
    file.seek(0)
    saved = torch.load(file, weights_only=False)
    for network in (saved, copy.deepcopy(saved), to_torch(ours).float(), to_torch(ours).double()):
        assert from_torch(network, ours).vector.tobytes() == ours.vector.tobytes()


def test_rows_become_images_for_a_network_that_takes_them() -> None:
    scaling = Scaling(np.arange(12.0), np.full(12, 0.5))
    preparation = Preparation(Task("multiclass", 3), scaling, 1.0, tuple("abcdefghijkl"), (3, 4))
    network = Network.build(parse("layer_norm tanh | conv 2 k2 | flatten | 5 relu"), (3, 4), 3)
    ours = Model(config(), network, SoftmaxCrossEntropy(), preparation, network.init(3, "he_normal"))
    x = np.random.default_rng(1).normal(size=(5, 12)).astype(np.float32)
    expected = network.forward(ours.vector, preparation.inputs(x).reshape(5, 3, 4))[0]
    made = to_torch(ours)
    assert [name for name, _ in made.named_children()][:3] == ["scale", "image", "0"]
    np.testing.assert_allclose(made(torch.from_numpy(x)).detach().numpy(), expected, atol=1e-5)
    for each in (made, to_torch(ours, raw=False), made[2:]):
        assert from_torch(each, ours).vector.tobytes() == ours.vector.tobytes()


def test_float64_weights_become_float32() -> None:
    ours = model("5 tanh")
    ours.vector = ours.vector.astype(np.float64) + 1e-12
    network = to_torch(ours)
    assert network[1].weight.dtype == torch.float32
    np.testing.assert_array_equal(from_torch(network, ours).vector, ours.vector.astype(np.float32))


def test_writing_over_the_input_is_no_difference() -> None:
    ours = model("5 relu | drop .2")
    network = to_torch(ours, raw=False)
    network[1], network[2] = nn.ReLU(inplace=True), nn.Dropout(0.2, inplace=True)
    assert from_torch(network, ours).vector.tobytes() == ours.vector.tobytes()
    assert from_torch(network, ours.config).config == ours.config


def changed(place: int | str, part: object):
    """A change of a module: another part in a place."""
    return lambda network: network.__setitem__(place, part)


def bent(network) -> None:
    network[0].weight = nn.Parameter(torch.zeros(5, 3))


CHANGES = {
    "layer 2: expected BatchNorm1d(5, eps=1e-05, momentum=0.1, affine=True": changed(1, nn.ReLU()),
    "got LeakyReLU(negative_slope=0.01)": changed(2, nn.LeakyReLU()),
    "layer 4: expected Dropout(p=0.2), got Dropout(p=0.5)": changed(3, nn.Dropout()),
    "layer 1: expected Linear(in_features=2, out_features=5, bias=True), got Linear(in_features=3, out_features=5,": (
        changed(0, nn.Linear(3, 5))
    ),
    "got Linear(in_features=2, out_features=5, bias=False)": changed(0, nn.Linear(2, 5, bias=False)),
    "layer 1, Linear: weight: expected [5, 2], got [5, 3]": bent,
    "layer 6: expected GELU(approximate='none'), got GELU(approximate='tanh')": changed(5, nn.GELU("tanh")),
    "got Sequential": changed(4, nn.Sequential(nn.Linear(5, 4))),
    "layer 7: expected Linear(in_features=4, out_features=1, bias=True), got nothing": lambda n: n.__delitem__(6),
    "layer 8: expected nothing, got Sigmoid()": lambda network: network.append(nn.Sigmoid()),
    "layer 1, Linear: weight: expected [5, 2], got no numbers": changed(0, nn.Linear(2, 5, device="meta")),
    "layer 5, Linear: weight: expected [4, 5], got no numbers": (
        lambda network: prune.random_unstructured(network[4], "weight", amount=0.5)
    ),
    "got ParametrizedLinear": lambda network: parametrizations.weight_norm(network[4]),
}


@pytest.mark.parametrize("sentence", CHANGES)
def test_a_module_of_other_layers_is_told_layer_expected_and_got(sentence: str) -> None:
    ours = model()
    network = to_torch(ours, raw=False)
    CHANGES[sentence](network)
    with pytest.raises(CheckpointError) as refused:
        from_torch(network, ours)
    assert sentence in str(refused.value) and "\n" not in str(refused.value)
    assert refused.value.code == "CKPT_MISMATCH"


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_numbers_go_neither_way(number: float) -> None:
    ours = model()
    network = to_torch(ours)
    network[2].running_var[3] = number
    with pytest.raises(CheckpointError, match="layer 2, BatchNorm1d: running_var has numbers that are not finite"):
        from_torch(network, ours)
    ours.vector[0] = number
    with pytest.raises(CheckpointError, match="not numbers"):
        to_torch(ours)


class Own(nn.Sequential):
    """A Sequential whose forward may do anything."""


@pytest.mark.parametrize("module", [nn.Linear(2, 1), Own(nn.Linear(2, 1)), "last", None, {}])
def test_what_is_no_sequential_is_refused(module: object) -> None:
    with pytest.raises(CheckpointError, match=f"expected an nn.Sequential, got {type(module).__name__}"):
        from_torch(module, model())


@pytest.mark.parametrize("wrong", [None, 3, {"layers": "8"}, nn.Sequential()])
def test_what_is_neither_model_nor_run_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigError, match=f"expected a model or a run, got {type(wrong).__name__}"):
        to_torch(wrong)
    with pytest.raises(ConfigError, match="expected a model or a run"):
        from_torch(nn.Sequential(), wrong)


def test_an_experiment_takes_the_layers_of_a_module_that_mlj_has_never_seen() -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(2, 6), nn.SiLU(), nn.LayerNorm(6), nn.Linear(6, 1)).eval()
    found = from_torch(network, config(layers="3"))
    assert found.config == config(layers="6 silu layer_norm")
    x = np.random.default_rng(1).normal(size=(9, 2))
    scaled = torch.from_numpy(found.preparation.inputs(x))
    np.testing.assert_allclose(found.outputs(x), network(scaled).detach().numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([nn.Linear(2, 6), nn.Mish(), nn.Linear(6, 1)], "layer 2: mlj has no layer for Mish()"),
        (
            [nn.Linear(2, 6), nn.ReLU()],
            "layer 2: expected Linear(in_features=6, out_features=1, bias=True), got ReLU()",
        ),
        ([nn.Linear(2, 6)], "layer 1: expected Linear(in_features=2, out_features=1, bias=True)"),
        ([], "layer 1: expected Linear(in_features=2, out_features=1, bias=True), got nothing"),
        ([nn.Linear(3, 6), nn.Linear(6, 1)], "layer 1: expected Linear(in_features=2"),
        (
            [nn.Linear(2, 6), nn.Dropout(1.0), nn.Linear(6, 1)],
            "Dropout.rate: expected a number from 0 below 1, got 1.0",
        ),
        ([nn.Linear(2, 6), nn.Softplus(2), nn.Linear(6, 1)], "layer 2: expected Softplus(beta=1.0"),
    ],
)
def test_a_module_no_experiment_can_have_is_told_by_its_layer(parts: list, sentence: str) -> None:
    with pytest.raises(MljError) as refused:
        from_torch(nn.Sequential(*parts), config())
    assert sentence in str(refused.value)


def test_inputs_that_are_scaled_otherwise_are_refused() -> None:
    ours, other = model(), model(**{"dataset.noise": 0.2})
    with pytest.raises(CheckpointError, match=r"scale.shift is not that of the model") as refused:
        from_torch(to_torch(other), ours)
    assert "module[1:]" in refused.value.hint
    assert from_torch(to_torch(other)[1:], ours).vector.tobytes() == other.vector.tobytes()


def test_a_loop_of_ones_own_and_many_seeds_have_no_network_to_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    with live("mine") as run:
        run.log(0, loss=1.0)
    for call in (lambda: to_torch("last"), lambda: from_torch(nn.Sequential(), "last")):
        with pytest.raises(RunError, match="somebody's own loop") as refused:
            call()
        assert refused.value.code == "RUN_LOOP"
    with pytest.raises(RunError) as refused:
        to_torch(fit(config(epochs=1, repeats=2)))
    assert refused.value.code == "RUN_MANY"
    with pytest.raises(RunError) as refused:
        to_torch("nobody")
    assert refused.value.code == "RUN_NOT_FOUND"


def test_without_pytorch_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for call in (lambda: to_torch(model()), lambda: from_torch(None, model())):
        with pytest.raises(BackendError, match=r'PyTorch is not installed; pip install "mlj-tui\[torch\]"') as refused:
            call()
        assert refused.value.exit_code == 9
