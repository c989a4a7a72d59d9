"""The contract between the trainer and whatever does the arithmetic."""

from __future__ import annotations

import time
from typing import NamedTuple, Protocol

from mlcore.datasets.dataset import Rows
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer


class Weights(NamedTuple):
    """Everything a session needs to go on as if it had never stopped.

    vector [P] float32 (float64 where the session computes in it), moments [M, P], step: updates made so far.
    """

    vector: Array
    moments: Array
    step: int


class Problem(NamedTuple):
    """What a session is opened on. `factor` multiplies uint8 inputs; `seed` chooses batch order and dropout."""

    network: Network
    loss: Loss
    optimizer: Optimizer
    rows: Rows
    factor: float
    batch_size: int
    seed: int

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


class Session(Protocol):
    """A network loaded on a device; everything slow happens here. It starts at zero weights: call `restore` first."""

    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        """Run steps first_step … first_step + steps - 1, one learning rate each [steps].

        Step s takes batch s mod steps_per_epoch of `philox.order(seed, s // steps_per_epoch, n)` (rows in their own
        order where one batch holds them all). Returns the mean loss of each step before its update, float32. A loss
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

    def restore(self, weights: Weights) -> None:
        """Go on from these weights."""
        ...

    def close(self) -> None:
        """Give memory and threads back; the session is not used again."""
        ...


class Work:
    """A slice of training that a session is asked for; `losses` (None until then) and `seconds` are the answer."""

    def __init__(self, session: Session, first_step: int, steps: int, rates: Array) -> None:
        self.session, self.first_step, self.steps, self.rates = session, first_step, steps, rates
        self.losses: Array | None = None
        self.seconds = 0.0

    def done(self) -> Array:
        """The losses; the session is asked now if nobody has answered for it."""
        if self.losses is None:
            began = time.perf_counter()
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
