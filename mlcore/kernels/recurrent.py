"""A step of a recurrent cell and the way back, as the pages of `layers.RNN`, `GRU` and `LSTM` have them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mlcore.errors import DataError
from mlcore.kernels.arrays import Array, as_floats, same_shape
from mlcore.kernels.library import at, ffi, library

GATES = {"rnn": 1, "gru": 3, "lstm": 4}  # in the order of their numbers in C


class Step(NamedTuple):
    """What a step made: the state [1 or 2, B, H] before and after it, its gates [B, G, H] (of a GRU a fourth: u + c of
    its candidate), and tanh of an LSTM's memory [B, H]."""

    kind: str
    before: Array
    after: Array
    gates: Array
    shown: Array


def cell(kind: str, a: ArrayLike, state: ArrayLike, u: ArrayLike = (), bias: ArrayLike = ()) -> Step:
    """The step of an rnn, a gru or an lstm from a [B, G, H] and its state [1, B, H], of an lstm [2, B, H].

    a is x W + b + h U; of a gru only x W + b, beside which are u = h U [B, 3, H] and the bias c [H] inside.
    """
    if kind not in GATES:
        raise DataError(f"kind: expected one of {', '.join(GATES)}, got {kind!r}")
    given, before = as_floats(a, "a", 3), as_floats(state, "state", 3)
    rows, _, units = given.shape
    same_shape("a", given, (rows, GATES[kind], units))
    same_shape("state", before, (1 + (kind == "lstm"), rows, units))
    gates = np.zeros((rows, 4 if kind == "gru" else GATES[kind], units), np.float32)
    gates[:, : GATES[kind]] = given
    step = Step(kind, before, np.empty_like(before), gates, np.empty((rows, units), np.float32))
    fields = _fields(step)
    if kind == "gru":
        inside, c = as_floats(u, "u", 3), as_floats(bias, "bias", 1)
        same_shape("u", inside, (rows, 3, units))
        same_shape("bias", c, (units,))
        fields |= {"u": at(inside), "bias": at(c)}
    library().mlj_ops_now().cell(ffi.new("mlj_cell *", fields))
    return step


def cell_backward(step: Step, d: ArrayLike) -> tuple[Array, Array, Array]:
    """da and du [B, G, H] from d, the gradient of the state after, and what of that before does not come through u."""
    handed = as_floats(d, "d", 3).copy()
    same_shape("d", handed, step.after.shape)
    rows, units = step.shown.shape
    held = step._replace(gates=step.gates.copy())
    du = np.empty((rows, 3, units), np.float32)
    fields = _fields(held) | {"du": at(du), "dh": at(handed[0]), "dc": at(handed[-1])}
    library().mlj_ops_now().cell_backward(ffi.new("mlj_cell *", fields))
    if step.kind != "gru":
        handed[0] = 0  # all of it comes through u
    da = held.gates[:, : GATES[step.kind]]
    return da, du if step.kind == "gru" else da, handed


def _fields(step: Step) -> dict[str, object]:
    rows, units = step.shown.shape
    fields: dict[str, object] = {"kind": list(GATES).index(step.kind), "rows": rows, "units": units, "h_row": units}
    fields |= {"gates": at(step.gates), "h0": at(step.before[0]), "h1": at(step.after[0])}
    return fields | {"c0": at(step.before[-1]), "c1": at(step.after[-1]), "shown": at(step.shown)}
