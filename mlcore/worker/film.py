"""The film of a run: its state after every epoch, thinned so that it always fits in memory."""

from __future__ import annotations

import numpy as np

from mlcore.errors import RunError
from mlcore.layers.layer import Array
from mlcore.state import State

FRAMES = 200
BYTES = 64 << 20


class Film:
    """States by epoch: all of them at first, then every second, every fourth; the first and the last are always there.

    At most `FRAMES` states and `BYTES` bytes (but never fewer than two states).
    """

    def __init__(self) -> None:
        self.states: dict[int, State] = {}
        self.metrics: dict[int, dict[str, float]] = {}  # of those states that were measured
        self.stride = 1
        self._last = -1

    def add(self, state: State, metrics: dict[str, float] | None = None) -> None:
        """Take the state of an epoch that ended (or of the start) with what was measured of it."""
        if self._last % self.stride and self._last in self.states and len(self.states) > 1:
            del self.states[self._last]  # it was there only as the last one
            self.metrics.pop(self._last, None)
        self.states[state.epoch] = state
        if metrics:
            self.metrics[state.epoch] = metrics
        self._last = state.epoch
        while len(self.states) > 2 and self._too_much(state):
            self._thin()

    def _too_much(self, state: State) -> bool:
        return len(self.states) > FRAMES or len(self.states) * _size(state) > BYTES

    def _thin(self) -> None:
        self.stride *= 2
        first = next(iter(self.states))
        self.states = {e: s for e, s in self.states.items() if e % self.stride == 0 or e in (first, self._last)}
        self.metrics = {e: m for e, m in self.metrics.items() if e in self.states}

    def epochs(self) -> Array:
        """The epochs there are, ascending, int32."""
        return np.fromiter(self.states, np.int32, len(self.states))

    def at(self, epoch: int) -> State:
        """The state at an epoch, or the nearest before it. Raises RunError when the film starts later."""
        before = [e for e in self.states if e <= epoch]
        if not before:
            raise RunError(f"epoch {epoch}: the film has no state so early", code="RUN_NO_EPOCH")
        return self.states[before[-1]]

    def until(self, epoch: int) -> Film:
        """The part of the film up to an epoch: what a branch shares with its parent."""
        part = Film()
        part.stride = self.stride
        part.states = {e: s for e, s in self.states.items() if e <= epoch}
        part.metrics = {e: m for e, m in self.metrics.items() if e <= epoch}
        part._last = max(part.states, default=-1)
        return part


def _size(state: State) -> int:
    best = 0 if state.best_vector is None else state.best_vector.nbytes
    return state.weights.vector.nbytes + state.weights.moments.nbytes + best
