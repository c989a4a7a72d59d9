"""The callbacks of docs/callbacks: short, free of their libraries' imports, and right about the hooks they live on.

scikit-learn and PyTorch run here. Of Lightning, Keras and skorch, which nobody needs to have, fakes call the hooks they
document, in their order, with their arguments; test_callbacks_in_libraries.py runs them where they are installed.
"""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import mlcore
from mlcore import live, worker
from mlcore.worker import protocol

FOLDER = Path(__file__).parents[2] / "docs" / "callbacks"
FILES = sorted(FOLDER.glob("*.py"))


@pytest.fixture(autouse=True)
def home(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLJ_HOME", str(root.parent))


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"live_{name}", FOLDER / f"live_{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def order(*orders: protocol.Command) -> None:
    """Orders of somebody who watches the newest run."""
    with worker.attach(mlcore.open_run("last")) as client:
        for each in orders:
            client.ask(each)


def curves() -> dict[str, Any]:
    found = mlcore.open_run("last")
    assert found.status.state in ("finished", "stopped")
    return found.curves


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_is_at_most_thirty_lines_and_imports_mlj_at_most(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {getattr(node, "module", None) for node in nodes} <= {"mlcore"}
    assert file.name in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert file.stem.startswith("live_"), "keras.py beside a program would be what `import keras` finds"


def test_a_pytorch_loop_is_logged_its_rate_set_and_stopped() -> None:
    import torch

    torch.manual_seed(0)
    x = torch.randn(64, 3)
    y = x @ torch.tensor([[1.0], [2.0], [3.0]])
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with live("torch") as run:
        for step, (a, b) in load("pytorch").steps(run, list(zip(x.split(8), y.split(8), strict=True)), optimizer, 100):
            loss = torch.nn.functional.mse_loss(model(a), b)
            loss.backward()
            optimizer.step()
            run.log(step, loss=loss)
            if step == 40:
                order(protocol.Set(name="learning_rate", value=0.01))
            if step == 60:
                assert optimizer.param_groups[0]["lr"] == 0.01
                order(protocol.Stop())
    steps, losses = curves()["train_loss"]
    assert steps == list(range(1, 61)) and losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("kind", ["MLPClassifier", "SGDClassifier", "SGDRegressor"])
def test_partial_fit_of_scikit_learn_is_logged_and_its_rate_set(kind: str) -> None:
    from sklearn.linear_model import SGDClassifier, SGDRegressor
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = (x[:, 0] > 0).astype(int) if "Classifier" in kind else x[:, 0] * 2
    models = {
        "MLPClassifier": MLPClassifier((8,), random_state=0),
        "SGDClassifier": SGDClassifier(learning_rate="constant", eta0=0.1, random_state=0),
        "SGDRegressor": SGDRegressor(learning_rate="constant", eta0=0.01, random_state=0),
    }
    model = models[kind]
    with live("sklearn") as run:
        run.set_by_hand["learning_rate"] = 0.02
        load("scikit_learn").partial_fit(run, model, x, y, 12, (x, y))
    found = curves()
    if "Classifier" in kind:
        assert found["validation_accuracy"] == found["train_accuracy"] and found["train_accuracy"][1][-1] > 0.8
        assert ("train_loss" in found) == (kind == "MLPClassifier")
    else:
        assert found["train_r2"][1][-1] > 0.5
    assert getattr(model, "_optimizer", model).get_params()["eta0"] == 0.02 if kind != "MLPClassifier" else True
    if kind == "MLPClassifier":
        assert model._optimizer.learning_rate_init == 0.02


class Hooks:
    """A library's own base class: every hook it documents, doing nothing."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.model: Any = None


def test_lightning_calls_it_by_its_hooks() -> None:
    import torch

    class Live(load("lightning").LiveCallback, Hooks):  # type: ignore[misc]
        pass

    group = {"lr": 0.1}
    trainer = SimpleNamespace(
        estimated_stepping_batches=float("inf"), is_global_zero=True, global_step=0, should_stop=False,
        callback_metrics={}, optimizers=[SimpleNamespace(param_groups=[group])],
    )  # fmt: skip
    callback = Live("lit")
    callback.on_train_start(trainer, None)
    for step in range(1, 4):
        trainer.global_step = step
        trainer.callback_metrics = trainer.callback_metrics | {"train_loss": torch.tensor(1 / step)}
        callback.on_train_batch_end(trainer, None, None, None, step - 1)
        if step == 1:
            trainer.callback_metrics = trainer.callback_metrics | {"val/loss": torch.tensor(2.0)}
            callback.on_validation_end(trainer, None)
        if step == 2:
            order(protocol.Set(name="learning_rate", value=0.01), protocol.Stop())
    assert trainer.should_stop and group["lr"] == 0.01
    callback.on_train_end(trainer, None)
    assert curves()["train_loss"] == ([1, 2, 3], pytest.approx([1, 1 / 2, 1 / 3]))
    assert curves()["validation_loss"] == ([1], [2.0])
    again = Live("broken")
    again.on_train_start(trainer, None)
    again.on_exception(trainer, None, ValueError("boom"))
    again.on_train_end(trainer, None)
    assert mlcore.open_run("broken").status.state == "failed"


def test_keras_calls_it_by_its_hooks() -> None:
    class Live(load("keras").LiveCallback, Hooks):  # type: ignore[misc]
        pass

    callback = Live("keras")
    callback.params = {"epochs": 2, "steps": 3}
    optimizer = SimpleNamespace(learning_rate=np.float32(0.5), get_config=lambda: {"learning_rate": 0.5})
    callback.model = SimpleNamespace(optimizer=optimizer, stop_training=False)
    callback.on_train_begin({})
    for epoch in range(2):
        for batch in range(3):
            callback.on_train_batch_end(batch, {"loss": 1.0 / (batch + 1), "accuracy": np.float32(0.5)})
        callback.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.75})
        order(protocol.Set(name="learning_rate", value=0.25))
    callback.on_train_batch_end(0, {"loss": 0.1})
    assert callback.model.optimizer.learning_rate == 0.25 and not callback.model.stop_training
    callback.on_train_end({})
    assert mlcore.open_run("last").status.epochs == 6
    assert curves()["validation_loss"] == ([3, 6], [0.75, 0.75])
    assert len(curves()["train_loss"][0]) == 7


def test_skorch_calls_it_by_its_hooks() -> None:
    class Live(load("skorch").LiveCallback, Hooks):  # type: ignore[misc]
        pass

    group = {"lr": 0.1}
    net = SimpleNamespace(max_epochs=5, history=[], optimizer_=SimpleNamespace(param_groups=[group]))
    callback = Live("skorch")
    callback.on_train_begin(net, X=None, y=None)
    for epoch in range(1, 4):
        row = {"epoch": epoch, "train_loss": 1.0 / epoch, "valid_loss": 2.0, "valid_acc": np.float64(0.5)}
        net.history.append(row | {"valid_loss_best": True, "batches": [], "dur": 0.1})
        if epoch < 3:
            callback.on_epoch_end(net, dataset_train=None, dataset_valid=None)
    order(protocol.Stop(), protocol.Set(name="learning_rate", value=0.01))
    with pytest.raises(KeyboardInterrupt):  # on which skorch stops its loop
        callback.on_epoch_end(net, dataset_train=None, dataset_valid=None)
    callback.on_train_end(net, X=None, y=None)
    assert group["lr"] == 0.01
    found = curves()
    assert found["train_loss"][0] == [1, 2, 3] and found["validation_accuracy"][1] == [0.5] * 3
    assert "valid_loss_best" not in found
