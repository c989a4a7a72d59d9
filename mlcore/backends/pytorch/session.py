"""A session in PyTorch: the program of one network, and the few moments at which the host waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch

from mlcore.backends.backend import Closed, Inspection, Problem, Watch, Weights
from mlcore.backends.pytorch import engines, losses
from mlcore.backends.pytorch.measured import Measured
from mlcore.backends.pytorch.program import Program, pieces
from mlcore.backends.pytorch.reading import Reading, matmul_precision
from mlcore.backends.pytorch.together import TogetherSession
from mlcore.layers.layer import Array

Tensor: TypeAlias = Any
STATES = 1 << 20  # numbers of the states of epochs a call may leave behind
EPOCHS = 64  # that a call may have at most


class TorchSession:
    """A network on a device: data, weights and moments live there; a batch is gathered there by the trainer's order.

    synchronisations: how often the host has waited for the device.
    """

    def __init__(self, problem: Problem, device: str, precision: str, engine: str) -> None:
        device = f"cuda:{torch.cuda.current_device()}" if device == "cuda" else device
        self.problem, self.precision, self.device = problem, precision, torch.device(device)
        self.program = self._program()
        self.asked = engine
        self.engine = engines.make(engine, self.program)
        self.step = 0  # updates made
        self.synchronisations = 0
        self._measured: Measured | None = None

    def _program(self) -> Program:
        return Program([self.problem], self.precision, self.device, lanes=False)

    def facts(self) -> dict[str, str]:
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else ""
        return {"device": str(self.device), "device_name": name, "engine": self.engine.name}

    # ---- training ----

    def train(self, first_step: int, steps: int, rates: Array) -> Array:
        found, _ = self._trained(first_step, steps, rates, measuring=False)
        return found

    def train_epochs(self, first_step: int, steps: int, rates: Array) -> tuple[Array, list[Closed]]:
        return self._trained(first_step, steps, rates, measuring=True)

    def _trained(self, first_step: int, steps: int, rates: Array, measuring: bool) -> tuple[Array, list[Closed]]:
        """The steps and what was measured at the end of each epoch. The host waits once, when all is on its way.

        A loss that is not finite is seen then: the call is made again from where it began, up to that step.
        """
        if not steps:
            return np.zeros(0, np.float32), []
        if len(rates) < steps:
            raise ValueError(f"rates: expected one for each of {steps} steps, got {len(rates)}")
        rates = np.asarray(rates, np.float64)[:steps]
        before = self.program.snapshot()
        with matmul_precision(self.precision):
            out, ends = self._enqueue(first_step, steps, rates, self._measured if measuring else None)
        numbers = self._read(out, *(part for _, *parts in ends for part in parts))
        values = numbers.pop(0).astype(np.float32)
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            self.program.go_back(before)
            bad = int(wrong[0])
            again, closed = self._trained(first_step, bad, rates, measuring)
            return np.append(again, values[bad]), closed
        closed = []
        for update, *_ in ends:
            sums, vector, moments = numbers[:3]
            del numbers[:3]
            assert self._measured is not None
            closed.append(Closed(self._measured.metrics(sums), Weights(vector, moments, self.step + update)))
        self.step += steps
        return values, closed

    def _enqueue(
        self, first_step: int, steps: int, rates: Array, measured: Measured | None
    ) -> tuple[Tensor, list[tuple[Any, ...]]]:
        """Everything is on its way to the device: losses [steps], and of each epoch that ends, when and what."""
        program, whole = self.program, self.problem.steps_per_epoch
        out = torch.empty(steps, dtype=self.program.dtype, device=self.device)
        done, ends = 0, []
        for piece in pieces(first_step, steps, program.rows, program.size):
            last = piece.first + piece.steps
            for first in range(piece.first, last, whole if measured and not program.shuffled else piece.steps):
                count = min(last - first, whole if measured and not program.shuffled else piece.steps)
                part = piece._replace(first=first, steps=count)
                self.engine.run(
                    program.tables(part, rates[done : done + count], self.step + done), out[done : done + count]
                )
                done += count
                if measured and (first + count) % whole == 0:
                    ends.append((done, measured.sums(), program.vector.clone(), program.moments.clone()))
        if program.shuffled and (first_step + steps) % whole == 0:
            program.order((first_step + steps) // whole)  # made while the device is at work
        return out, ends

    def _read(self, *values: Tensor) -> list[Array]:
        self.synchronisations += self.device.type == "cuda"
        return Reading(values).done()

    # ---- measuring ----

    def watch(self, watch: Watch) -> int:
        self._measured = Measured.of(self.program, watch)
        if self._measured is None:
            return 0
        numbers = self.problem.network.size * (1 + self.problem.optimizer.moments)
        return min(EPOCHS, max(1, STATES // max(1, numbers)))

    def measured(self) -> dict[str, float]:
        assert self._measured is not None
        with matmul_precision(self.precision):
            return self._measured.metrics(self._read(self._measured.sums())[0])

    # ---- looking ----

    def inspect(self, x: Array, y: Array) -> Inspection:
        step, vector = self.program.step, self.program.vector
        with matmul_precision(self.precision):
            inputs = step.inputs(self._rows(x))
            leaf = vector.detach().clone().requires_grad_()
            outputs = step.outputs(leaf, inputs)
            problem = self.problem
            targets = losses.targets(problem.loss, y, None, problem.network.output_shape, vector)
            loss = losses.mean(problem.loss, outputs[-1], targets)
            (gradient,) = torch.autograd.grad(loss, leaf)
        value, gradient, *activations = self._read(loss, gradient, *(output.to(step.dtype) for output in outputs))
        return Inspection(float(value), tuple(activations), gradient)

    def predict(self, x: Array) -> Array:
        step = self.program.step
        with torch.no_grad(), matmul_precision(self.precision):
            outputs = step.outputs(self.program.vector, step.inputs(self._rows(x)))
        return self._read(outputs[-1])[0].astype(np.float32, copy=False)

    def _rows(self, x: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(self.problem.network.rows(x))).to(self.device)

    # ---- weights ----

    def weights(self) -> Weights:
        vector, moments = self._read(self.program.vector, self.program.moments)
        return Weights(vector, moments, self.step)

    def parameters(self) -> Array:
        return self._read(self.program.vector)[0]

    def restore(self, weights: Weights) -> None:
        for part, value in ((self.program.vector, weights.vector), (self.program.moments, weights.moments)):
            part.copy_(torch.from_numpy(np.ascontiguousarray(value)))
        self.step = weights.step

    def settle(self, vector: Tensor, moments: Tensor) -> None:
        """Live on in these tensors, which hold the same numbers: lanes of a program of many networks."""
        self.program.vector, self.program.moments = vector, moments
        self.engine = engines.make(self.asked, self.program)

    def together(self, sessions: Sequence[TorchSession]) -> TogetherSession:
        return TogetherSession(sessions)

    def close(self) -> None:
        self._measured = None
        del self.engine, self.program
