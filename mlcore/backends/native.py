"""C kernels: a plan that runs whole slices of training in one call, without the interpreter lock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcore import kernels
from mlcore.backends.backend import Closed, Inspection, Problem, Watch, Weights
from mlcore.backends.lowering import LOSSES, Call
from mlcore.backends.measured import Measured, measurable
from mlcore.backends.memory import aligned, at_cache_line, stored
from mlcore.backends.plan import Plan, lower, outputs, unsupported
from mlcore.backends.targets import targets_of, weights_of
from mlcore.datasets.dataset import Rows
from mlcore.errors import DataError
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer

if TYPE_CHECKING:
    from mlcore.backends.many import ManySession

STATES = 1 << 20  # numbers of the states of epochs a call may leave behind


class Native:
    """The compiled kernels on this CPU, in float32."""

    name = "native"
    device = "cpu"

    def __init__(self, device: str = "cpu", precision: str = "float32") -> None:
        self.asked, self.precision = device, precision

    def unavailable(self) -> str | None:
        if self.asked not in ("auto", "cpu"):
            return f"the C kernels run on the CPU, and {self.asked} was asked for"
        if self.precision != "float32":
            return f"the C kernels compute in float32, and {self.precision} was asked for"
        return kernels.unavailable()

    def unsupported(self, network: Network, loss: Loss, optimizer: Optimizer) -> list[str]:
        return unsupported(network, loss, optimizer)

    def open(self, problem: Problem) -> NativeSession:
        kernels.threads()  # the first question decides how many there are
        return NativeSession(problem)

    def open_many(self, problems: Sequence[Problem]) -> ManySession:
        """Networks that train at once: a session for each problem, and one call for all."""
        from mlcore.backends.many import ManySession

        return ManySession([self.open(problem) for problem in problems])


class NativeSession:
    """A compiled plan. NumPy arrays own all memory; C is given their addresses once.

    Another thread may read `progress.step` while `train` runs, and end it after the step in hand by `stop()`.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        network, loss, rows = problem.network, problem.loss, problem.rows
        if not len(rows):
            raise DataError("there are no rows to train on", hint="give the training split at least one row")
        plan = lower(network, loss, problem.optimizer, min(problem.batch_size, len(rows)))
        self.program = Program(plan, rows, problem.factor, problem.seed)
        self.progress = self.program.ffi.new("mlj_progress *")
        self._measured: Measured | None = None

    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        losses = np.empty(steps, dtype=np.float32)
        p, pointer = self.program, self.program.ffi.from_buffer
        rates = pointer("double[]", _each(steps, rates))
        made = p.lib.mlj_train(p.plan, first_step, steps, rates, pointer("float[]", losses), self.progress)
        return losses[:made]

    def watch(self, watch: Watch) -> int:
        if not measurable(self.problem, watch):
            return 0
        self._measured = Measured(self.program, self.problem, watch)
        return max(1, STATES // self.program.numbers)

    def measured(self) -> dict[str, float]:
        assert self._measured is not None
        p, splits = self.program, self._measured.splits
        sums = np.empty((len(splits), self._measured.width))
        for number, row in enumerate(sums):
            p.lib.mlj_measure(p.plan, splits + number, p.ffi.from_buffer("double[]", row))
        return self._measured.metrics(sums)

    def train_epochs(self, first_step: int, steps: int, rates: Array) -> tuple[Array, list[Closed]]:
        assert self._measured is not None
        p, pointer, measured, whole = self.program, self.program.ffi.from_buffer, self._measured, self.problem
        many = (first_step + steps) // whole.steps_per_epoch - first_step // whole.steps_per_epoch
        losses = np.empty(steps, np.float32)
        sums, states = np.empty((many, len(measured.splits), measured.width)), np.empty((many, p.numbers), np.float32)
        updates = p.plan.updates
        made = p.lib.mlj_train_epochs(
            p.plan,
            first_step,
            steps,
            pointer("double[]", _each(steps, rates)),
            pointer("float[]", losses),
            self.progress,
            measured.splits,
            len(measured.splits),
            pointer("double[]", sums),
            p.numbers,
            pointer("float[]", states),
        )
        closed = []
        step = updates - first_step % whole.steps_per_epoch
        for each, state in zip(sums, states, strict=True):
            step += whole.steps_per_epoch
            if step > p.plan.updates:
                break  # a loss was not finite, or somebody stopped it: that epoch has not ended
            closed.append(Closed(measured.metrics(each), p.weights(state, step)))
        return losses[:made], closed

    def together(self, sessions: Sequence[NativeSession]) -> ManySession:
        from mlcore.backends.many import ManySession

        return ManySession(sessions)

    def stop(self) -> None:
        """End the call of `train` that runs, or the next one, after one step."""
        self.progress.stop = 1

    def inspect(self, x: Array, y: Array) -> Inspection:
        problem, rows = self.problem, len(x)
        plain = lower(problem.network, problem.loss, problem.optimizer, rows, fuse=False)
        program = Program(plain, Rows(x, y), problem.factor, problem.seed)
        program.write("parameters", self.program.read("parameters"))
        for number in range(program.plan.update):
            program.lib.mlj_run_call(program.plan, number, rows, -1, 0.0)
        x0 = x * np.float32(problem.factor) if np.asarray(x).dtype == np.uint8 else np.asarray(x, np.float32)
        values = (x0 if name == "x0" else program.array(name) for name in outputs(plain))  # x0 may be read in place
        shapes = problem.network.shapes[1:]
        shaped = tuple(value.reshape(rows, *shape) for value, shape in zip(values, shapes, strict=True))
        loss = program.array("row_loss").sum(dtype=np.float64) / program.weight
        return Inspection(float(loss), shaped, program.read("gradient"))

    def predict(self, x: Array) -> Array:
        p, network = self.program, self.problem.network
        x = stored(x, network.row)
        z = np.empty((len(x), *network.output_shape), dtype=np.float32)
        p.lib.mlj_predict(p.plan, p.ffi.from_buffer(x), x.dtype == np.uint8, len(x), p.ffi.from_buffer("float[]", z))
        return z

    def weights(self) -> Weights:
        start = self.program.places["parameters"].offset
        now = self.program.arena[start : start + self.program.numbers]
        return self.program.weights(now, self.program.plan.updates)

    def parameters(self) -> Array:
        return self.program.read("parameters")

    def restore(self, weights: Weights) -> None:
        self.program.write("parameters", weights.vector)
        for number, moment in enumerate(weights.moments):
            self.program.write("moments", moment, number)
        self.program.plan.updates = weights.step

    def close(self) -> None:
        self._measured = None
        del self.program


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
            "panels": plan.layout.panels,
            "features": math.prod(plan.network.row),
            "outputs": math.prod(plan.network.output_shape),
            "answers": answers,
            "batch": plan.batch,
            "block": plan.block,
            "batch_labels": self.address(np.zeros(plan.block * answers, np.int32), "int32_t[]"),
            "lengths": self.address(lengths, "int32_t[]"),
            "count_up": self.address(np.arange(plan.block, dtype=np.int32), "int32_t[]"),
        }

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


def _each(steps: int, rates: Array) -> Array:
    """A learning rate for each step, float64."""
    if len(rates) < steps:
        raise ValueError(f"rates: expected one for each of {steps} steps, got {len(rates)}")
    return np.ascontiguousarray(rates, dtype=np.float64)


# Places in mlj_call.
OPERANDS = ("x", "w", "b", "y", "dx", "dw", "db", "dy", "wt", "room", "mean", "variance", "u", "b2", "du", "db2")
