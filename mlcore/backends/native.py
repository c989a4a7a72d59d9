"""C kernels: a plan that runs whole slices of training in one call, without the interpreter lock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcore import kernels
from mlcore.backends.backend import Closed, Inspection, Problem, Watch, Weights
from mlcore.backends.images import paged
from mlcore.backends.many import ManySession
from mlcore.backends.measured import Measured, measurable
from mlcore.backends.memory import stored
from mlcore.backends.plan import lower, outputs, unsupported
from mlcore.backends.program import Program
from mlcore.datasets.dataset import Rows
from mlcore.errors import DataError
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.optimizers import Optimizer

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
        self.program.mind(problem.penalty, problem.bounds)
        self.progress = self.program.ffi.new("mlj_progress *")
        self._measured: Measured | None = None

    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        losses = np.empty(steps, dtype=np.float32)
        self._give(first_step, steps)
        p, pointer = self.program, self.program.ffi.from_buffer
        rates = pointer("double[]", _each(steps, rates))
        made = p.lib.mlj_train(p.plan, first_step, steps, rates, pointer("float[]", losses), self.progress)
        return losses[:made]

    def _give(self, first_step: int, steps: int) -> None:
        """Hand C the orders of the epochs it comes by, where they are not its own."""
        whole = self.problem
        if whole.order is None or whole.batch_size >= len(whole.rows) or not steps:
            return
        first, last = first_step // whole.steps_per_epoch, (first_step + steps - 1) // whole.steps_per_epoch
        orders = [whole.order(epoch) for epoch in range(first, last + 1)]
        self.program.give(np.require(np.stack(orders), np.int32, ("C", "A")), first)

    def watch(self, watch: Watch) -> int:
        if not measurable(self.problem, watch):
            return 0
        self._measured = Measured(self.program, self.problem, watch)
        return max(1, STATES // self.program.numbers)

    def measured(self) -> dict[str, float]:
        assert self._measured is not None
        p, splits, sums = (
            self.program,
            self._measured.splits,
            np.empty((len(self._measured.splits), self._measured.width)),
        )
        for number, row in enumerate(sums):
            p.lib.mlj_measure(p.plan, splits + number, p.ffi.from_buffer("double[]", row))
        return self._measured.metrics(sums)

    def train_epochs(self, first_step: int, steps: int, rates: Array) -> tuple[Array, list[Closed]]:
        assert self._measured is not None
        self._give(first_step, steps)
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
        shaped = tuple(paged(value, shape) for value, shape in zip(values, shapes, strict=True))
        loss = program.array("row_loss").sum(dtype=np.float64) / program.weight
        return Inspection(float(loss), shaped, program.read("gradient"))

    def predict(self, x: Array) -> Array:
        p, network = self.program, self.problem.network
        x = stored(x, network.row)
        z = np.empty((len(x), *network.output_shape), dtype=np.float32)
        inputs, outputs = p.ffi.from_buffer(x), p.ffi.from_buffer("float[]", z)
        p.lib.mlj_predict(p.plan, inputs, x.dtype == np.uint8, len(x), outputs)
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


def _each(steps: int, rates: Array) -> Array:
    """A learning rate for each step, float64."""
    if len(rates) < steps:
        raise ValueError(f"rates: expected one for each of {steps} steps, got {len(rates)}")
    return np.ascontiguousarray(rates, dtype=np.float64)
