"""What is measured of a network while it trains, and where a loss came from that is not a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcore import metrics, philox
from mlcore.backends.backend import Problem, Session
from mlcore.datasets.dataset import Rows, Task
from mlcore.events import Metrics
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.spec import kind_of

CHUNK = 8192  # rows evaluated at once


@np.errstate(over="ignore", invalid="ignore")  # weights of a run that diverged: what comes out says so
def measure(session: Session, split: str, rows: Rows, task: Task, chosen: Sequence[str], loss: Loss | None) -> Metrics:
    """Metrics of the present weights on some rows, and their loss if one is given: {"validation_accuracy": …}."""
    chunks = [session.predict(rows.x[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)]
    z = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    found = metrics.evaluate(*rows.own(z), task, chosen)
    if rows.growth is not None:
        found["mape"] = metrics.mape(*rows.own(z))
    if loss is not None:
        found = {"loss": loss(z, rows.y, rows.w)[0]} | found
    return {f"{split}_{name}": value for name, value in found.items()}


def cause(session: Session, problem: Problem, step: int) -> str:
    """Which layer gave the first number that is not finite for the batch of a step, in words."""
    epoch, place = divmod(step, problem.steps_per_epoch)
    n, size = len(problem.rows), problem.batch_size
    rows = slice(None) if size >= n else philox.order(problem.seed, epoch, n)[place * size : (place + 1) * size]
    batch = problem.rows.take(rows)
    if not np.isfinite(batch.x).all():
        return "the inputs are not all numbers"
    seen, largest = session.inspect(batch.x, batch.y), f"the largest weight is {_largest(session.weights().vector)}"
    for number, (layer, values) in enumerate(zip(problem.network.layers, seen.activations, strict=True), start=1):
        wrong = np.logical_not(np.isfinite(values).reshape(len(values), -1).all(axis=1))
        if wrong.any():
            name, some = (
                f"layer {number} ({kind_of(layer)} [{values[0].size}])",
                f"{wrong.sum():,} of {len(values):,}",
            )
            return f"{name} gave numbers that are not finite for {some} rows; {largest}"
    return f"the outputs are numbers up to {_largest(seen.activations[-1])}, too large for the loss; {largest}"


def _largest(values: Array) -> str:
    return f"{np.abs(values).max():.3g}"
