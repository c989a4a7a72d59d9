"""The callbacks of docs/callbacks in the libraries they are for, as far as those are installed.

pip install -c constraints.txt lightning keras skorch
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlcore
from mlcore.worker import protocol
from tests.mlcore.test_callbacks import curves, load, order

EPOCHS, BATCHES = 6, 8

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries' own


@pytest.fixture(autouse=True)
def home(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLJ_HOME", str(root.parent))
    monkeypatch.setenv("KERAS_BACKEND", "torch")


@pytest.fixture
def rows() -> tuple[Any, Any]:
    x = np.random.default_rng(0).normal(size=(16 * BATCHES, 2)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(np.int64)


class Steering:
    """Of any library: at one step the rate is set from outside, at another the run is stopped."""

    def __init__(self, rate: int = 0, stop: int = 0) -> None:
        self.at, self.rate, self.halt = 0, rate, stop

    def count(self, *_: Any, **__: Any) -> None:
        self.at += 1
        if self.at == self.rate:
            order(protocol.Set(name="learning_rate", value=0.25))
        if self.at == self.halt:
            order(protocol.Stop())


def lightning_fit(rows: tuple[Any, Any], *more: Any, root: Path, fails: bool = False) -> Any:
    lightning = pytest.importorskip("lightning")
    import torch

    class Module(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Linear(2, 2)

        def training_step(self, batch: Any, index: int) -> Any:
            if fails and index == 3:
                raise ValueError("boom")
            loss = torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])
            self.log("train_loss", loss)
            self.log(
                "train_acc", (self.net(batch[0]).argmax(1) == batch[1]).float().mean(), on_step=False, on_epoch=True
            )
            return loss

        def validation_step(self, batch: Any, index: int) -> None:
            self.log("val_loss", torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1]))

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.125)

    class Live(load("lightning").LiveCallback, lightning.Callback):  # type: ignore[misc, name-defined]
        pass

    data = torch.utils.data.TensorDataset(*map(torch.from_numpy, rows))
    loader = torch.utils.data.DataLoader(data, len(data) // BATCHES)
    trainer = lightning.Trainer(
        max_epochs=EPOCHS, callbacks=[Live("lit"), *more], logger=False, enable_checkpointing=False, accelerator="cpu",
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=root, val_check_interval=0.5,
    )  # fmt: skip
    trainer.fit(Module(), loader, torch.utils.data.DataLoader(data, len(data)))
    return trainer


def test_lightning_logs_each_number_when_it_is_new(rows: tuple[Any, Any], tmp_path: Path) -> None:
    lightning_fit(rows, root=tmp_path)
    found, total = curves(), EPOCHS * BATCHES
    assert found["train_loss"][0] == list(range(1, total + 1))
    assert found["validation_loss"][0] == list(range(4, total + 1, 4))  # the look before the training is not one
    assert found["train_accuracy"][0] == list(range(BATCHES, total + 1, BATCHES))
    status = mlcore.open_run("last").status
    assert (status.state, status.epochs) == ("finished", total)


def test_lightning_is_steered(rows: tuple[Any, Any], tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning")

    class Steer(Steering, lightning.Callback):  # type: ignore[misc, name-defined]
        on_train_batch_start = Steering.count

    trainer = lightning_fit(rows, Steer(5, 12), root=tmp_path)
    assert trainer.optimizers[0].param_groups[0]["lr"] == 0.25
    assert curves()["train_loss"][0] == list(range(1, 13))
    assert mlcore.open_run("last").status.state == "stopped"


def test_lightning_that_fails_leaves_a_failed_run(rows: tuple[Any, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="boom"):
        lightning_fit(rows, root=tmp_path, fails=True)
    status = mlcore.open_run("last").status
    assert (status.state, status.step, status.message) == ("failed", 3, "ValueError: boom")


def keras_fit(rows: tuple[Any, Any], *more: Any, rate: Any = 0.125) -> tuple[Any, Any]:
    keras = pytest.importorskip("keras")

    class Live(load("keras").LiveCallback, keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        pass

    model = keras.Sequential([keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate), loss, metrics=["accuracy"])
    live = Live("keras")
    model.fit(
        *rows,
        epochs=EPOCHS,
        batch_size=len(rows[0]) // BATCHES,
        verbose=0,
        validation_data=rows,
        callbacks=[live, *more],
    )
    return model, live


def test_keras_logs_batches_and_epochs(rows: tuple[Any, Any]) -> None:
    keras_fit(rows)
    found, total = curves(), EPOCHS * BATCHES
    assert found["train_loss"][0] == found["train_accuracy"][0] == list(range(1, total + 1))
    assert found["validation_loss"][0] == list(range(BATCHES, total + 1, BATCHES))
    status = mlcore.open_run("last").status
    assert (status.state, status.epochs) == ("finished", total)


@pytest.mark.parametrize("scheduled", [False, True])
def test_keras_is_steered_as_far_as_no_schedule_does_it(rows: tuple[Any, Any], scheduled: bool) -> None:
    keras = pytest.importorskip("keras")

    class Steer(Steering, keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def __init__(self, **steps: int) -> None:
            keras.callbacks.Callback.__init__(self)
            Steering.__init__(self, **steps)

        on_train_batch_begin = Steering.count

    if scheduled:  # its rate cannot be set, and nobody is told it can
        steer = Steer(rate=5)
        with pytest.raises(mlcore.MljError, match="asks for no learning_rate"):
            keras_fit(rows, steer, rate=keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    else:
        model, _ = keras_fit(rows, Steer(rate=5, stop=12))
        assert float(model.optimizer.learning_rate) == 0.25
        assert curves()["train_loss"][0] == list(range(1, 13))
        assert mlcore.open_run("last").status.state == "stopped"


def test_keras_that_failed_and_is_fitted_again_makes_two_runs(rows: tuple[Any, Any], root: Path) -> None:
    keras = pytest.importorskip("keras")

    class Fails(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise ValueError("boom")

    model, live = keras_fit(rows)
    with pytest.raises(ValueError, match="boom"):
        model.fit(*rows, verbose=0, callbacks=[live, Fails()])
    model.fit(*rows, verbose=0, callbacks=[live])
    states = [run.status.state for run in mlcore.list_runs(root)]
    assert states == ["finished", "interrupted", "finished"]


def skorch_net(*more: Any) -> Any:
    skorch = pytest.importorskip("skorch")
    import torch

    return skorch.NeuralNetClassifier(
        torch.nn.Linear(2, 2), criterion=torch.nn.CrossEntropyLoss, lr=0.125, max_epochs=EPOCHS, verbose=0,
        callbacks=[FromSkorch("skorch"), *more],
    )  # fmt: skip


try:
    from skorch.callbacks import Callback
except ImportError:
    Callback = object


class FromSkorch(load("skorch").LiveCallback, Callback):  # type: ignore[misc]
    """Where pickle finds it."""


class Steer(Steering, Callback):  # type: ignore[misc]
    on_epoch_begin = Steering.count


def test_skorch_logs_every_epoch_and_is_steered(rows: tuple[Any, Any]) -> None:
    skorch_net().fit(*rows)
    found = curves()
    assert {*found} >= {"train_loss", "validation_loss", "validation_accuracy"}
    assert found["validation_accuracy"][0] == list(range(1, EPOCHS + 1))
    net = skorch_net(Steer(2, 4)).fit(*rows)
    assert net.optimizer_.param_groups[0]["lr"] == 0.25
    assert len(curves()["train_loss"][0]) == len(net.history) == 4
    assert mlcore.open_run("last").status.state == "stopped"


def test_a_fitted_skorch_net_is_pickled_and_searched(rows: tuple[Any, Any], root: Path) -> None:
    from sklearn.model_selection import GridSearchCV

    net = skorch_net().fit(*rows)
    assert np.array_equal(pickle.loads(pickle.dumps(net)).predict(rows[0]), net.predict(rows[0]))
    GridSearchCV(net, {"lr": [0.1, 0.2]}, cv=2).fit(*rows)
    assert len(mlcore.list_runs(root)) == 1 + 2 * 2 + 1
