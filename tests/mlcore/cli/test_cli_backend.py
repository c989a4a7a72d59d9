"""`mlj predict` and `mlj evaluate` on another backend or device: the same answers, or the reason there are none."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mlcore import examining
from mlcore.backends import CATALOGUE
from mlcore.backends.pytorch.verified import VERIFIED
from mlcore.errors import BackendError
from mlcore.runs import fit, open_run
from tests.mlcore.little_runs import config

BACKENDS = [*CATALOGUE.names(), "auto"]
TRAIN = "train moons --backend reference --epochs 2 -q --name otter --set dataset.n_samples=200"


@pytest.fixture
def trained(mlj):
    """A short run called otter, then any command."""
    assert mlj(TRAIN, "--set", "layers=9 batch_norm relu | drop .2 | 5 gelu").code == 0
    return mlj


def here(backend: str) -> str:
    """The backend, if it is here."""
    reason = None if backend == "auto" else CATALOGUE.find(backend).load()().unavailable()
    if reason:
        pytest.skip(reason)
    return backend


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_gives_the_same_answers(backend: str, trained, tmp_path: Path) -> None:
    data = open_run("otter").config.dataset.load()
    np.save(tmp_path / "rows.npy", data.scaling.undo(data.test.x))
    for words in ("predict otter --proba --json", f"predict otter --proba --json --data {tmp_path / 'rows.npy'}"):
        expected, found = trained(words).lines, trained(words, "--backend", here(backend)).lines
        assert [list(line) for line in found] == [list(line) for line in expected]
        for ours, theirs in zip(found, expected, strict=True):
            assert ours["prediction"] == theirs["prediction"]
            assert ours["p_1"] == pytest.approx(theirs["p_1"], abs=1e-5)
    told = trained("evaluate otter").out
    assert trained("evaluate otter --device cpu --backend", backend).out == told
    shown = trained("predict otter --rows 0:2 --show").out
    assert trained("predict otter --rows 0:2 --show --backend", backend).out == shown


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "settings",
    [
        {"dataset": "plane", "loss": "huber"},
        {"dataset": "iris", "dataset.n_samples": None},
        {"dataset": "blobs", "loss": "kl_div"},
        {"dataset": "iris", "dataset.n_samples": None, "loss.class_weight": "balanced"},
    ],
    ids=lambda settings: " ".join(map(str, settings.values())),
)
def test_outputs_are_the_same_for_every_task_and_any_number_of_rows(
    backend: str, settings: dict, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = config(epochs=1).with_settings({key: value for key, value in settings.items() if value is not None})
    model = fit(chosen, root).model()
    monkeypatch.setattr(examining, "CHUNK", 700)
    x = np.random.default_rng(1).normal(size=(1801, model.network.shapes[0][0])).astype(np.float32)
    expected = examining.outputs(model, x)
    found = examining.outputs(model, x, examining.forward(model, here(backend)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_a_network_in_float64_is_refused_where_numbers_are_shorter(root: Path) -> None:
    model = fit(config(epochs=1, precision="float64"), root).model()
    x = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    for backend in ("reference", "torch", "auto"):
        found = examining.outputs(model, x, examining.forward(model, here(backend)))
        np.testing.assert_allclose(found, examining.outputs(model, x), atol=1e-6)
    with pytest.raises(BackendError, match="the C kernels compute in float32, and float64 was asked for"):
        examining.forward(model, "native")


def test_a_backend_that_is_not_here_is_the_reason_and_exit_9(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = re.compile(r"mlj: error\[BACKEND_UNAVAILABLE\]: backend \w+: [^\n]+\n  hint: [^\n]+\n")
    for words, why in (
        ("--backend native --device cuda", "the C kernels run on the CPU, and cuda was asked for"),
        ("--backend reference --device cuda:1", "it runs on the CPU, not on cuda:1"),
    ):
        for verb in ("predict otter", "evaluate otter"):
            said = trained(verb, *words.split())
            assert (said.code, said.out) == (9, "") and sentence.fullmatch(said.err) and why in said.err
    monkeypatch.setitem(sys.modules, "torch", None)
    for words in ("--backend torch", "--device cuda"):
        said = trained("predict otter", *words.split())
        assert (said.code, said.out) == (9, "") and sentence.fullmatch(said.err)
        assert 'PyTorch is not installed; pip install "mlj-tui[torch]" brings it' in said.err


def test_a_gpu_that_is_not_here_is_said_by_its_name(trained) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    said = trained("predict otter --device cuda:99")
    assert (said.code, said.out) == (9, "") and "cuda:99 was asked for, but" in said.err
    if torch.cuda.is_available():
        assert trained("predict otter --device cuda --json").lines


@pytest.mark.parametrize("words", ["--device gpu", "--backend jax", "--device cuda:x"])
def test_what_is_no_backend_and_no_device_is_a_wrong_word(words: str, trained) -> None:
    said = trained("predict otter", *words.split())
    assert (said.code, said.out) == (2, "") and words.split()[1] in said.err


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_run_trained_in_bf16_answers_in_float32_on_every_backend_and_in_bf16_where_that_is_asked(
    precision: str, root: Path
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    model = fit(config(backend="torch", device="cpu", precision="bf16", epochs=2), root).model()
    x = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    expected = examining.outputs(model, x)
    for backend in ("reference", "torch"):
        np.testing.assert_allclose(examining.outputs(model, x, examining.forward(model, backend)), expected, atol=1e-5)
    found = examining.outputs(model, x, examining.forward(model, "torch", "cpu", precision))
    far = float(np.abs(found - expected).max())
    assert far < 1e-5 if precision == "float32" else 1e-5 < far < 0.2


def test_a_precision_of_pytorch_is_asked_of_pytorch(trained) -> None:
    said = trained("predict otter --precision bf16")
    assert (said.code, said.out) == (9, "") and "precision bf16 was asked for, which only PyTorch has" in said.err
    assert trained("predict otter --precision bf16 --backend torch --device cpu --json").lines


def test_a_run_on_pytorch_says_its_engine_its_precision_and_why_it_is_on_this_device(mlj) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    said = mlj("train moons --backend torch --engine eager --epochs 2 --no-progress").out
    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    why = " is there" if torch.cuda.is_available() else f"PyTorch {torch.__version__}"
    assert f"torch (eager, float32) on {device}" in said and why in said.replace("\n", " ")
    named = mlj("train moons --backend torch --engine eager --device cpu --epochs 2 --no-progress").out
    assert "torch (eager, float32) on cpu\n" in named


def test_info_tells_gpus_engines_and_precisions_once_pytorch_is_asked(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (none,) = mlj("info --torch --json").lines
    assert (none["gpus"], none["engines"]) == ([], ["eager", "compile"])
    assert none["precisions"] == ["float32", "float64", "bf16"] and "device auto is cpu, since" in none["torch"]
    card = SimpleNamespace(name="NVIDIA H100 80GB HBM3", total_memory=80 << 30)
    for name, answer in (("is_available", True), ("device_count", 2)):
        monkeypatch.setattr(torch.cuda, name, lambda answer=answer: answer)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: card)
    said = mlj("info --torch").out
    assert "NVIDIA H100 80GB HBM3 (80 GiB), NVIDIA H100 80GB HBM3 (80 GiB)" in said
    assert "eager, graph, compile" in said and "float32, float64, tf32, bf16" in said
    assert "device auto is cuda:0, since cuda:0 (NVIDIA H100 80GB HBM3) is there" in said and VERIFIED in said
