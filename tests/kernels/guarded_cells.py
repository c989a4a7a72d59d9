"""Random steps of recurrent cells for `guarded_calls.py`, there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcore._native import ffi, lib

if TYPE_CHECKING:
    from tests.kernels.guarded_calls import Call


def cell(c: Call) -> None:
    kind, rows, units, pad, ops = int(c.rng.integers(0, 3)), c.size(), c.size(True), c.size(), lib.mlj_ops_now()
    p = ffi.new("mlj_cell *", {"kind": kind, "rows": rows, "units": units, "h_row": units + pad})
    p.gates = c.change(rows * units * (1 if kind == 0 else 4))
    p.dh, p.dc, p.h0 = (c.change(n) for n in (rows * units, rows * units, rows * (units + pad)))
    p.u, p.bias, p.c0 = c.read(rows, 3 * units), c.read(units), ffi.cast("float *", c.read(rows, units))
    if kind == 1:
        p.du = c.write(rows, 3 * units)
    if kind == 2:
        p.c1, p.shown = c.write(rows, units), c.write(rows, units)
    p.h1 = c.write(rows, units, units + pad)
    ops.cell(p)
    ops.cell_backward(p)
