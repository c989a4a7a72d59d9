"""A plan bound to rows and to an arena, as C sees it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.backends.backend import Weights
from mlcore.backends.calls import Call
from mlcore.backends.lowering import LOSSES
from mlcore.backends.memory import aligned, at_cache_line, stored
from mlcore.backends.plan import Plan
from mlcore.backends.targets import targets_of, weights_of
from mlcore.datasets.dataset import Rows
from mlcore.layers.layer import Array

OPERANDS = (  # places in mlj_call
    *("x", "w", "b", "y", "dx", "dw", "db", "dy", "wt"),
    *("room", "mean", "variance", "where", "sums", "spread", "u", "b2", "du", "db2", "packed"),
)


class Program:
    """A plan bound to rows and to an arena, as C sees it. `weight`: what the rows count together.

    Raises DataError when rows and network do not fit.
    """

    def __init__(self, plan: Plan, data: Rows, factor: float, seed: int) -> None:
        from mlcore._native import ffi, lib

        self.ffi, self.lib, self.places, self.layout = ffi, lib, plan.places, plan.layout
        self._moments = plan.optimizer.moments
        self.kept: list[Any] = []  # C holds addresses into these
        self.arena = aligned((plan.size,), np.float32)
        self.arena[...] = 0
        for name, values in LOSSES[type(plan.loss)].tables(plan.loss, plan.stages[-1].outputs).items():
            self.array(name)[...] = values
        x = stored(data.x, plan.network.row)
        shuffled = plan.batch < len(x)
        if not shuffled and x.dtype == np.float32:
            x = at_cache_line(x)  # read in place
        output = plan.network.output_shape
        labels, targets = targets_of(plan.loss, data.y, len(x), output)
        weights = weights_of(plan.loss, data.y, data.w, output)
        self.weight = len(x) * plan.stages[-1].steps if weights is None else float(weights.sum(dtype=np.float64)) or 1.0
        order = np.zeros(len(x), np.int32) if shuffled else None
        self.calls = ffi.new("mlj_call[]", [self._call(call) for call in plan.calls])
        rows = {
            "rows": len(x),
            "is_uint8": x.dtype == np.uint8,
            "factor": factor,
            "x": self.address(x),
            "labels": self.address(labels, "int32_t[]"),
            "targets": self.address(targets, "float[]"),
            "weights": self.address(weights, "float[]"),
            "order": self.address(order, "int32_t[]"),
            "seed": seed,
            "epoch": -1,
        }
        self.plan = ffi.new("mlj_plan *", rows | self._layout(plan))

    def _layout(self, plan: Plan) -> dict[str, Any]:
        """What of mlj_plan follows from the network and the size of its batches."""
        answers, lengths = plan.stages[-1].steps, np.zeros(plan.block, np.int32) if plan.network.lengths else None
        return {
            "calls": self.calls,
            "count": len(plan.calls),
            "loss": plan.loss_call,
            "update": plan.update_call,
            "arena": self.address(self.arena, "float[]"),
            "input": plan.places["x0"].offset,
            "output": plan.places["z"].offset,
            "row_loss": plan.places["row_loss"].offset,
            "batch_targets": plan.places["targets"].offset,
            "batch_weights": plan.places["weights"].offset,
            "vector": plan.places["parameters"].offset,
            "moments": plan.places["moments"].offset,
            "size": plan.layout.size,
            "weights_end": plan.layout.weights,
            "panels": plan.layout.panels,
            "features": math.prod(plan.network.row),
            "outputs": math.prod(plan.network.output_shape),
            "answers": answers,
            "batch": plan.batch,
            "block": plan.block,
            "chunk": plan.chunk,
            "images": plan.images,
            "batch_labels": self.address(np.zeros(plan.block * answers, np.int32), "int32_t[]"),
            "lengths": self.address(lengths, "int32_t[]"),
            "count_up": self.address(np.arange(plan.block, dtype=np.int32), "int32_t[]"),
        }

    def mind(self, penalty: float, bounds: tuple[float, float] | None) -> None:
        """A penalty in the loss, and what the loss of a row is told as: see `Problem`."""
        self.plan.penalty = penalty
        self.plan.bounded = bounds is not None
        self.plan.least, self.plan.most = bounds or (0.0, 0.0)

    def give(self, orders: Array, first: int) -> None:
        """The orders of epochs from `first` on [epochs, rows] int32, which training takes in place of the seed's."""
        self._given = orders
        self.plan.given, self.plan.given_first = self.ffi.from_buffer("int32_t[]", orders), first

    def array(self, name: str) -> Array:
        """The buffer `name` of the plan, as a view into the arena."""
        place = self.places[name]
        return self.arena[place.offset : place.offset + int(np.prod(place.shape))].reshape(place.shape)

    def read(self, name: str, number: int = 0) -> Array:
        """Parameters, gradient or a moment as a flat vector [P], a copy."""
        return self.layout.unpack(self._vector(name, number))

    def write(self, name: str, vector: Array, number: int = 0) -> None:
        """Put a flat vector [P] in the place of parameters, gradient or a moment."""
        self.layout.pack(vector, self._vector(name, number))

    @property
    def numbers(self) -> int:
        """Floats from the first parameter to the last moment, which lie behind each other."""
        return self.places["moments"].offset - self.places["parameters"].offset + self._moments * self.layout.size

    def weights(self, state: Array, step: int) -> Weights:
        """Parameters and moments as they lie in the arena, as exchanged: copies."""
        unpack, size = self.layout.unpack, self.layout.size
        start = self.places["moments"].offset - self.places["parameters"].offset
        moments = np.empty((self._moments, self.layout.network.size), np.float32)
        for number in range(self._moments):
            moments[number] = unpack(state[start + number * size : start + (number + 1) * size])
        return Weights(unpack(state[:size]), moments, step)

    def _vector(self, name: str, number: int) -> Array:
        start = self.places[name].offset + number * self.layout.size
        return self.arena[start : start + self.layout.size]

    def _call(self, call: Call) -> dict[str, Any]:
        fields: dict[str, Any] = {**dict.fromkeys(OPERANDS, -1), "each": 1}
        fields |= {field: self.places[name].offset for field, name in call.operands.items()}
        words = {"opcode": call.opcode, "activation": call.activation.kind, "mask": call.mask.kind, "rule": call.rule}
        fields |= {field: getattr(self.lib, f"MLJ_{word.upper()}") for field, word in words.items()}
        bends = {"alpha": call.activation.alpha, "mask_alpha": call.mask.alpha, "constants": call.constants}
        numbers = dict(call.numbers)
        first = numbers.pop("first", 0)  # an update begins at this number
        return fields | numbers | bends | {"w": fields["w"] + first, "dw": fields["dw"] + first}

    def address(self, array: Array | None, kind: str = "char[]") -> Any:
        """Where an array lies; it is kept alive as long as the program."""
        if array is None:
            return self.ffi.NULL
        self.kept.append(array)
        return self.ffi.from_buffer(kind, array)
