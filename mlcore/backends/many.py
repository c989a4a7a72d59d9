"""Many networks at once: the sessions of the native backend, trained by one call into C."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlcore.backends.backend import Members, of_each
from mlcore.layers.layer import Array

if TYPE_CHECKING:
    from mlcore.backends.native import NativeSession


class ManySession(Members):
    """Networks of any kind that make the same steps, a whole network a thread, each with the bits it has alone.

    `sessions` are the members: predict, weights and restore work on each as ever, between two calls of `train`.
    """

    def __init__(self, sessions: Sequence[NativeSession]) -> None:
        if not sessions:
            raise ValueError("sessions: expected one or more, got none")
        self.sessions = tuple(sessions)
        ffi = self.sessions[0].program.ffi
        self._plans = ffi.new("mlj_plan *[]", [session.program.plan for session in self.sessions])
        self._progress = ffi.new("mlj_progress *[]", [session.progress for session in self.sessions])
        self._lock, self._stopping = threading.Lock(), False

    def train(self, first_step: int, steps: int, rates: Array | Sequence[Array]) -> list[Array]:
        count = len(self.sessions)
        rates = np.ascontiguousarray(of_each(count, steps, rates))
        losses, made = np.empty((count, steps), dtype=np.float32), np.zeros(count, dtype=np.int64)
        program = self.sessions[0].program
        double, single, whole = (
            program.ffi.from_buffer(kind, array)
            for kind, array in (("double[]", rates), ("float[]", losses), ("int64_t[]", made))
        )
        program.lib.mlj_train_many(self._plans, count, first_step, steps, double, single, whole, self._progress)
        self._forget()
        return [row[:number] for row, number in zip(losses, made.tolist(), strict=True)]

    def stop(self) -> None:
        """End the call of `train` that runs, or the next one, after one step of each member that is not done."""
        with self._lock:
            self._stopping = True
            for session in self.sessions:
                session.stop()

    def _forget(self) -> None:
        """A stop that some member has seen is over for all, those too that were done before it came."""
        with self._lock:
            if self._stopping and not all(session.progress.stop for session in self.sessions):
                for session in self.sessions:
                    session.progress.stop = 0
                self._stopping = False
