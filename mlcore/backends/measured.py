"""What sessions measure at the end of an epoch without Python: sums over rows as metrics, splits as C reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcore import metrics
from mlcore.backends.backend import Problem, Watch
from mlcore.backends.memory import stored
from mlcore.backends.targets import targets_of, weights_of
from mlcore.layers.layer import Array
from mlcore.losses import compared

if TYPE_CHECKING:
    from mlcore.backends.program import Program

CLASSES, NUMBERS = ("accuracy",), metrics.NUMBERS  # what sums over rows can tell


def summable(watch: Watch) -> bool:
    """Whether sums over rows tell all that is asked; of an answer at every step, or of logarithms, they do not."""
    known = NUMBERS if watch.task.kind == "regression" else CLASSES
    measured = bool(watch.splits) and set(watch.metrics) <= set(known) and all(map(len, watch.splits.values()))
    return measured and not watch.task.steps and len(watch.task.units) < 3


def measurable(problem: Problem, watch: Watch) -> bool:
    """Whether C can measure these splits: sums tell all that is asked, and rows lie as those trained on."""
    if not summable(watch):
        return False
    inputs = {rows.x.dtype == np.uint8 for rows in (problem.rows, *watch.splits.values())}
    labels = all(rows.y.ndim == 1 and rows.y.dtype.kind in "iu" for rows in watch.splits.values())
    return len(inputs) == 1 and (labels or watch.task.kind == "regression")


class Sums:
    """The numbers that sums over the rows of each split stand for.

    Of a split: the weighted losses, rows that are right, absolute errors, and squared ones of each output [3 + O].
    """

    def __init__(self, problem: Problem, watch: Watch) -> None:
        self._watch = watch
        self.outputs = int(np.prod(problem.network.output_shape))
        self.width = 3 + self.outputs
        self._weights: dict[str, float] = {}
        self._spread: dict[str, Array] = {}
        for name, rows in watch.splits.items():
            if name in watch.losses:
                weights = weights_of(problem.loss, rows.y, rows.w)
                self._weights[name] = len(rows) if weights is None else float(weights.sum(dtype=np.float64)) or 1.0
            if watch.task.kind == "regression":
                exact = self.numbers(rows.y).astype(np.float64)
                self._spread[name] = np.square(exact - exact.mean(axis=0)).sum(axis=0)

    def numbers(self, y: Array) -> Array:
        """Targets [n, outputs] float32 as outputs are compared with them."""
        return np.require(compared(y, self._watch.task.units).reshape(len(y), self.outputs), np.float32, ("C", "A"))

    def metrics(self, sums: Array) -> dict[str, float]:
        """The metrics of one epoch from its sums [splits, 3 + outputs] of `mlj_measure`."""
        found: dict[str, float] = {}
        for (name, rows), row in zip(self._watch.splits.items(), sums, strict=True):
            if name in self._weights:
                found[f"{name}_loss"] = float(row[0]) / self._weights[name]
            each = self._of(name, len(rows), row)
            found |= {f"{name}_{metric}": each[metric] for metric in self._watch.metrics}
        return found

    def _of(self, name: str, rows: int, row: Array) -> Mapping[str, float]:
        if name not in self._spread:
            return {"accuracy": float(row[1]) / rows}
        missed, many = row[3:], rows * self.outputs
        r2 = metrics.explained(missed, self._spread[name])
        factor = self._watch.task.units[1] if self._watch.task.units else 1.0
        return {"mse": float(missed.sum()) / many / factor**2, "mae": float(row[2]) / many / factor, "r2": r2}


class Measured(Sums):
    """The splits of a program of C kernels."""

    def __init__(self, program: Program, problem: Problem, watch: Watch) -> None:
        super().__init__(problem, watch)
        splits = [self._split(program, problem, name) for name in watch.splits]
        self.splits = program.ffi.new("mlj_split[]", splits)

    def _split(self, program: Program, problem: Problem, name: str) -> dict[str, Any]:
        rows, loss = self._watch.splits[name], problem.loss
        labels = targets = weights = classes = numbers = None
        if name in self._watch.losses:
            labels, targets = targets_of(loss, rows.y, len(rows), problem.network.output_shape)
            weights = weights_of(loss, rows.y, rows.w)
        if self._watch.task.kind == "regression":
            numbers = self.numbers(rows.y)
        else:
            classes = np.require(rows.y, np.int32, ("C", "A"))
        return {
            "rows": len(rows),
            "x": program.address(stored(rows.x, problem.network.row)),
            "labels": program.address(labels, "int32_t[]"),
            "targets": program.address(targets, "float[]"),
            "weights": program.address(weights, "float[]"),
            "classes": program.address(classes, "int32_t[]"),
            "numbers": program.address(numbers, "float[]"),
        }
