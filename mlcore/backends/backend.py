"""The contract between the trainer and whatever does the arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from mlcore import philox
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows, Task
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import SGD, Optimizer


class Weights(NamedTuple):
    """Everything a session needs to go on as if it had never stopped.

    vector [P] float32 (float64 where the session computes in it), moments [M, P], step: updates made so far.
    """

    vector: Array
    moments: Array
    step: int

    @classmethod
    def first(cls, network: Network, config: Config) -> Weights:
        """Those an experiment begins with."""
        vector = network.init(config.seed, config.init)
        return cls(vector, np.zeros((config.optimizer.moments, len(vector)), vector.dtype), 0)


class Problem(NamedTuple):
    """What a session is opened on. `factor` multiplies uint8 inputs; `seed` chooses batch order and dropout.

    order: the rows of an epoch [n], int32, in place of the generator's order; asked again, it gives the same.
    penalised: the optimizer's decay is a penalty of the loss of a batch, and as such over what its rows weigh together:
    weight_decay / 2 |W|² / weight is added to the loss, and its slope to the gradient (scikit-learn's alpha).
    bounds: what the loss of a row is told as, at least and at most, whatever its slope; PyTorch tells it as it is.
    """

    network: Network
    loss: Loss
    optimizer: Optimizer
    rows: Rows
    factor: float
    batch_size: int
    seed: int
    order: Callable[[int], Array] | None = None
    penalised: bool = False
    bounds: tuple[float, float] | None = None

    @classmethod
    def of(cls, config: Config, data: Data, network: Network, loss: Loss) -> Problem:
        """An experiment on its training rows."""
        size = config.batch_of(len(data.train))
        return cls(network, loss, config.optimizer, data.train, data.factor, size, config.seed)

    @classmethod
    def asked(cls, network: Network, loss: Loss, rows: int = 256) -> Problem:
        """What a session that only predicts is opened on: so many rows at once, of which only the shape matters."""
        x = np.zeros((rows, *network.row), np.float32)
        asked = network.output_shape if loss.fits("regression") else network.output_shape[:-1]
        y = np.zeros((rows, *asked), np.float32 if loss.fits("regression") else np.int32)
        return cls(network, type(loss)(), SGD(), Rows(x, y), 1.0, rows, 0)

    @property
    def penalty(self) -> float:
        """The decay where it is a penalty of the loss, else 0."""
        return self.optimizer.weight_decay if self.penalised else 0.0

    def rows_of(self, epoch: int) -> Array:
        """The order of the rows in an epoch [n]."""
        return philox.order(self.seed, epoch, len(self.rows)) if self.order is None else self.order(epoch)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch, the last one short where the rows do not divide."""
        return -(-len(self.rows) // self.batch_size)


class Inspection(NamedTuple):
    """One plain forward and backward pass on a snapshot of the weights; nothing is changed.

    activations: output of each layer [B, …]; gradient [P]; loss of the rows.
    """

    loss: float
    activations: tuple[Array, ...]
    gradient: Array


class Watch(NamedTuple):
    """What is measured at the end of every epoch: `metrics` of each split, and the loss of those named in `losses`."""

    splits: Mapping[str, Rows]
    losses: tuple[str, ...]
    metrics: tuple[str, ...]
    task: Task


class Closed(NamedTuple):
    """The end of an epoch within a slice: what was measured there, {"validation_loss": …}, and the weights of then."""

    metrics: dict[str, float]
    weights: Weights


class Session(Protocol):
    """A network loaded on a device; everything slow happens here. It starts at zero weights: call `restore` first."""

    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        """Run steps first_step … first_step + steps - 1, one learning rate each [steps].

        Step s takes batch s mod steps_per_epoch of the order of epoch s // steps_per_epoch (rows in their own order
        where one batch holds them all). Returns the loss of each step before its update, float32 or wider. A loss
        that is not finite ends the call: it is the last one returned and its update is not made.
        """
        ...

    def inspect(self, x: Array, y: Array) -> Inspection:
        """Activations and gradients for the rows x, y on the present weights."""
        ...

    def predict(self, x: Array) -> Array:
        """Raw outputs z [B, O] for inputs x [B, …] (uint8 is scaled as in training), float32."""
        ...

    def weights(self) -> Weights:
        """A copy of vector, moments and step."""
        ...

    def parameters(self) -> Array:
        """A copy of the parameters [P] alone: who only looks needs no moments."""
        ...

    def restore(self, weights: Weights) -> None:
        """Go on from these weights."""
        ...

    def close(self) -> None:
        """Give memory and threads back; the session is not used again."""
        ...


@runtime_checkable
class Measuring(Session, Protocol):
    """A session that trains whole epochs and measures at the end of each by itself."""

    def watch(self, watch: Watch) -> int:
        """How many epochs `train_epochs` may train at most, measuring this at the end of each; 0: it cannot do so."""
        ...

    def measured(self) -> dict[str, float]:
        """What is `watch`ed, of the present weights."""
        ...

    def train_epochs(self, first_step: int, steps: int, rates: Array) -> tuple[Array, list[Closed]]:
        """As `train`, and what is `watch`ed at the end of each epoch. Only called where `watch` allows it."""
        ...


@runtime_checkable
class Telling(Session, Protocol):
    """A session that says on what it runs, and how."""

    def facts(self) -> dict[str, str]:
        """device (cuda:0), device_name (NVIDIA H100 80GB HBM3; empty for a CPU) and engine."""
        ...


class Together(Protocol):
    """Networks that make the same steps, trained by one call. `sessions` are the members, which work on as ever."""

    sessions: tuple[Session, ...]

    def train(self, first_step: int, steps: int, rates: Array | Sequence[Array]) -> list[Array]:
        """Run steps first_step … of every member, with rates [steps] for all or [members, steps].

        Returns the losses of each, as its own `train` would: a member whose loss is not finite ends with it, and the
        others go on.
        """
        ...


class Members:
    """What `Together` sessions share: each member goes on from weights of its own, all are closed at once."""

    sessions: tuple[Any, ...]

    def restore(self, weights: Sequence[Weights]) -> None:
        """Go on from these weights, one for each member."""
        for session, own in zip(self.sessions, weights, strict=True):
            session.restore(own)

    def close(self) -> None:
        """Close every member."""
        for session in self.sessions:
            session.close()


def of_each(count: int, steps: int, rates: Array | Sequence[Array]) -> Array:
    """The rates [steps] of all, or [count, steps] of each, as float64 [count, steps]. Raises ValueError for others."""
    found = np.asarray(rates, dtype=np.float64)
    if found.shape[-1:] < (steps,) or found.shape[:-1] not in ((), (count,)):
        wanted = f"one for each of {steps} steps, or of {count} networks and {steps} steps"
        raise ValueError(f"rates: expected {wanted}, got an array of shape {list(found.shape)}")
    return np.broadcast_to(found[..., :steps], (count, steps))


@runtime_checkable
class Joining(Session, Protocol):
    """A session that can be trained together with others of its kind."""

    def together(self, sessions: Sequence[Any]) -> Together:
        """These sessions, this one among them, as one that trains all at once."""
        ...


class Work:
    """A slice of training that a session is asked for; `losses` (None until then) and `seconds` are the answer.

    measured: the session is `Measuring` and `closed` gets the epochs that end within the slice.
    """

    def __init__(self, session: Session, first_step: int, steps: int, rates: Array, measured: bool = False) -> None:
        self.session, self.first_step, self.steps, self.rates = session, first_step, steps, rates
        self._measuring = session if measured and isinstance(session, Measuring) else None
        self.losses: Array | None = None
        self.closed: list[Closed] = []
        self.seconds = 0.0

    def done(self) -> Array:
        """The losses; the session is asked now if nobody has answered for it."""
        if self.losses is None:
            began = time.perf_counter()
            if self._measuring is not None:
                self.losses, self.closed = self._measuring.train_epochs(self.first_step, self.steps, self.rates)
            else:
                self.losses = self.session.train(self.first_step, self.steps, self.rates)
            self.seconds = time.perf_counter() - began
        return self.losses


class Backend(Protocol):
    """A way of doing the arithmetic: NumPy pages, C kernels, PyTorch."""

    name: str
    device: str

    def unavailable(self) -> str | None:
        """Why it cannot run here, in one sentence, or None when it can."""
        ...

    def unsupported(self, network: Network, loss: Loss, optimizer: Optimizer) -> list[str]:
        """What it cannot translate of this experiment, each in a few words; empty when it can run it."""
        ...

    def open(self, problem: Problem) -> Session:
        """A session for this problem."""
        ...
