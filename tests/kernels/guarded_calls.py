"""Random calls of every kernel between guard pages: `python -m tests.kernels.guarded_calls TIER CALLS SEED`.

A process of its own, because a kernel that reads or writes outside ends it. Before each call it notes on standard error
which call that is; the test reads the last lines. After each call: outputs wholly written, inputs unchanged, and the
room between rows of an output untouched.
"""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Callable

import numpy as np

from mlcore._native import ffi, lib
from tests.kernels import guarded_images
from tests.kernels.guarded import POISON, Guarded
from tests.kernels.guarded_cells import cell

SIZES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 30, 31, 32, 33, 47, 63, 64, 65)
LARGE = (100, 129, 200, 300, 600)


class Call:
    """The arrays of one call: made, handed to C as pointers, examined afterwards, given back."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.inputs: list[tuple[Guarded, bytes]] = []
        self.outputs: list[tuple[Guarded, int]] = []

    def size(self, large: bool = False) -> int:
        """A size at which vectors begin or end; now and then a large one."""
        return int(self.rng.choice(LARGE if large and self.rng.random() < 0.08 else SIZES))

    def kind(self) -> int:
        """An activation."""
        return int(self.rng.integers(0, lib.MLJ_ACTIVATIONS))

    def read(self, *shape: int) -> object:
        """A pointer to random numbers that must not change."""
        return self._input(self.rng.standard_normal(shape).astype(np.float32), "float *")

    def choice(self, below: int, count: int) -> object:
        """A pointer to `count` random int32 from 0 to below - 1."""
        return self._input(self.rng.integers(0, max(below, 1), count, dtype=np.int32), "int32_t *")

    def bytes(self, *shape: int) -> object:
        """A pointer to random bytes."""
        return self._input(self.rng.integers(0, 256, shape, dtype=np.uint8), "uint8_t *")

    def write(self, rows: int, cols: int, row: int | None = None) -> object:
        """A pointer to a poisoned [rows, cols] result, `row` numbers from one row to the next (the last is short)."""
        row = cols if row is None else row
        held = Guarded(((rows - 1) * row + cols if rows else 0,), at_end=self._side())
        held.array[...] = POISON
        self.outputs.append((held, row - cols))
        self.columns = cols
        return ffi.cast("float *", held.address)

    def change(self, count: int) -> object:
        """A pointer to numbers that are changed in place: positive, so that roots of them are numbers."""
        held = Guarded((count,), at_end=self._side())
        held.array[...] = self.rng.random(count)
        self.outputs.append((held, 0))
        self.columns = count
        return ffi.cast("float *", held.address)

    def examine(self) -> None:
        """Every number of every output was written, nothing between their rows, and no input changed."""
        for held, gap in self.outputs:
            written = held.array.view(np.uint32) != POISON.view(np.uint32)
            columns = np.arange(held.array.size) % (self.columns + gap) if self.columns + gap else np.zeros(0)
            if gap:
                assert not written[columns >= self.columns].any(), "wrote between rows"
                assert written[columns < self.columns].all(), "left numbers unwritten"
            else:
                assert written.all(), "left numbers unwritten"
        for held, before in self.inputs:
            assert held.array.tobytes() == before, "changed an input"

    def close(self) -> None:
        for held, _ in (*self.inputs, *self.outputs):
            held.close()

    def _side(self) -> bool:
        return bool(self.rng.random() < 0.6)

    def _input(self, values: np.ndarray, kind: str) -> object:
        held = Guarded(values.shape, values.dtype, at_end=self._side())
        held.array[...] = values
        self.inputs.append((held, values.tobytes()))
        return ffi.cast(kind, held.address)


def matmul(c: Call) -> None:
    m, n, k = c.size(True), c.size(True), c.size(True)
    pads = c.rng.integers(0, 4, 4) * (c.rng.random(4) < 0.3)
    turned = bool(c.rng.random() < 0.5)
    a_rows, a_cols = (k, m) if turned else (m, k)
    a_row, c_row, y_row = a_cols + int(pads[0]), n + int(pads[2]), n + int(pads[3])
    p = ffi.new("mlj_matmul *")
    p.m, p.n, p.k = m, n, k
    p.a = c.read((a_rows - 1) * a_row + a_cols if a_rows and a_cols else 0)
    p.a_row, p.a_col = (1, a_row) if turned else (a_row, 1)
    b_rows, b_cols = (n, k) if c.rng.random() < 0.3 else (k, n)
    b_row = b_cols + int(pads[1])
    p.b = c.read((b_rows - 1) * b_row + b_cols if k and n else 0)
    p.b_row, p.b_col = (b_row, 1) if b_rows == k and b_cols == n else (1, b_row)
    p.c, p.c_row = c.write(m, n, c_row), c_row
    if c.rng.random() < 0.4:
        p.bias = c.read(n)
    p.activation, p.alpha, p.mask_alpha = c.kind(), 0.5, 0.5
    if c.rng.random() < 0.4:
        p.mask_y, p.mask_y_row = c.read((m - 1) * y_row + n if m and n else 0), y_row
        p.mask_activation = c.kind()
    ops = lib.mlj_ops_now()
    middle = int(c.rng.integers(0, m + 1))
    ops.matmul(p, 0, middle)
    ops.matmul(p, middle, m)


def transpose(c: Call) -> None:
    rows, cols, pad = c.size(True), c.size(True), int(c.rng.integers(0, 3))
    lib.mlj_parallel_transpose(rows, cols, c.read(rows, cols), cols, c.write(cols, rows, rows + pad), rows + pad)


def column_sum(c: Call) -> None:
    rows, cols = c.size(), c.size(True)
    lib.mlj_parallel_column_sum(rows, cols, c.read(rows, cols), cols, c.write(1, cols), 0)


def activate(c: Call) -> None:
    n = c.size(True)
    lib.mlj_parallel_activate(c.kind(), 0.5, n, c.read(n), c.write(1, n))


def activate_backward(c: Call) -> None:
    n = c.size(True)
    lib.mlj_parallel_activate_backward(c.kind(), 0.5, n, c.read(n), c.read(n), c.write(1, n))


def dropout(c: Call) -> None:
    n, chance = c.size(True), ffi.new("mlj_chance *", {"seed": 3, "keep": 1 << 23, "scale": 2.0})
    lib.mlj_ops_now().dropout(chance, int(c.rng.integers(0, 40)), n, c.read(n), c.write(1, n), c.write(1, n))


def moments(c: Call) -> None:
    rows, cols, ops = 1 + c.size(), 1 + c.size(True), lib.mlj_ops_now()
    row = cols + int(c.rng.integers(0, 3))
    ops.column_moments(rows, cols, c.read((rows - 1) * row + cols), row, c.write(1, cols), c.write(1, cols))
    ops.row_moments(rows, cols, c.read(rows, cols), c.write(1, rows), c.write(1, rows))


def normalize(c: Call) -> None:
    rows, cols, by_row = c.size(), c.size(True), bool(c.rng.random() < 0.5)
    own = rows if by_row else cols
    x, mean, inverse, gain = c.read(rows, cols), c.read(own), c.read(own), c.read(cols)
    lib.mlj_ops_now().normalize(rows, cols, x, mean, inverse, by_row, gain, c.read(cols), c.write(rows, cols))


def normalize_backward(c: Call) -> None:
    rows, cols, by_row, ops = c.size(), c.size(True), bool(c.rng.random() < 0.5), lib.mlj_ops_now()
    own = rows if by_row else cols
    x, dy, mean, inverse, gain = c.read(rows, cols), c.read(rows, cols), c.read(own), c.read(own), c.read(cols)
    if c.rng.random() < 0.5:
        ops.normalize_sums(rows, cols, x, dy, cols, mean, inverse, by_row, 0, c.write(1, cols), c.write(1, cols))
    elif by_row:
        ops.layer_norm_backward(rows, cols, x, dy, mean, inverse, gain, c.write(rows, cols))
    else:
        sums = c.read(cols), c.read(cols)
        ops.batch_norm_backward(rows, cols, x, dy, mean, inverse, gain, *sums, 0.5, c.write(rows, cols))


def softmax(c: Call) -> None:
    rows, n = c.size(), c.size(True)
    lib.mlj_parallel_softmax(rows, n, c.read(rows, n), c.write(rows, n))


def softmax_backward(c: Call) -> None:
    rows, n = c.size(), c.size(True)
    lib.mlj_parallel_softmax_backward(rows, n, c.read(rows, n), c.read(rows, n), c.write(rows, n))


def _dz(c: Call, rows: int, n: int) -> object:
    return c.write(rows, n) if c.rng.random() < 0.7 else ffi.NULL


def _w(c: Call, rows: int) -> object:
    return c.read(rows) if c.rng.random() < 0.4 else ffi.NULL


def softmax_cross_entropy(c: Call) -> None:
    rows, n = c.size(), c.size(True)
    labels = c.choice(n + 2, rows)  # some outside: their loss is NaN, and nothing is read there
    z, dz = c.read(rows, n), _dz(c, rows, n)
    soft = ffi.NULL
    if c.rng.random() < 0.5:
        soft = ffi.new("mlj_soft *", (0.9, 0.1 * c.rng.integers(0, 2), c.read(n), c.read(n)))
    lib.mlj_parallel_softmax_cross_entropy(rows, n, z, labels, soft, _w(c, rows), dz, c.write(1, rows))


def binary_cross_entropy(c: Call) -> None:
    n = c.size(True)
    z, y, dz = c.read(n), c.read(n), _dz(c, 1, n)
    lib.mlj_parallel_binary_cross_entropy(n, z, y, 0.1 * c.rng.integers(0, 2), _w(c, n), dz, c.write(1, n))


def row_loss(c: Call) -> None:
    rows, n = c.size(), c.size(True)
    z, y, dz = c.read(rows, n), c.read(rows, n), _dz(c, rows, n)
    kernel = str(c.rng.choice(["squared_error", "absolute_error", "huber", "kl_divergence", "poisson_deviance"]))
    own = (0.5,) if kernel == "huber" else ()
    getattr(lib, f"mlj_parallel_{kernel}")(rows, n, z, y, *own, _w(c, rows), dz, c.write(1, rows))


def update(c: Call) -> None:
    n, kind = c.size(True), int(c.rng.integers(0, 5))
    rule, moments = _rule(kind), [c.change(n) if kind >= least else ffi.NULL for least in (1, 4)]
    lib.mlj_parallel_update(ffi.addressof(rule), n, c.change(n), c.read(n), *moments)


def _rule(kind: int) -> object:
    """Plain sgd, momentum, rmsprop, adagrad, adam: none, one, one, one and two moments."""
    if kind < 2:
        rule = lib.mlj_rule_sgd(0.1, 0.9 * kind, kind)
    elif kind < 4:
        rule = lib.mlj_rule_rmsprop(0.1, 0.9, 1e-8) if kind == 2 else lib.mlj_rule_adagrad(0.1, 1e-10)
    else:
        return lib.mlj_rule_adam(0.1, 0.9, 0.99, 1e-8, 0.1, 0.01)
    lib.mlj_penalise(ffi.addressof(rule), 0.01, 0.02)
    return rule


def sum_of_squares(c: Call) -> None:
    assert lib.mlj_ops_now().sum_of_squares(n := c.size(True), c.read(n)) >= 0


def matmul_from_panels(c: Call) -> None:
    m, n, k = c.size(True), c.size(True), c.size(True)
    p = ffi.new("mlj_matmul *", {"m": m, "n": n, "k": k, "a_row": k, "a_col": 1, "b_row": n, "b_col": 1, "c_row": n})
    p.a, p.c = c.read(m, k), c.write(m, n)
    p.b, p.b_panel = c.read(-(-n // 16), k, 16), 16 * k
    lib.mlj_ops_now().matmul(p, 0, m)


def matmul_to_panels(c: Call) -> None:
    m, n, k, kind = c.size(True), c.size(True), c.size(True), int(c.rng.integers(0, 5))
    size, move = -(-n // 16) * m * 16, bool(c.rng.random() < 0.6)
    p = ffi.new(
        "mlj_matmul *", {"m": m, "n": n, "k": k, "a_row": 1, "a_col": m, "b_row": n, "b_col": 1, "c_panel": 16 * m}
    )
    p.a, p.b, p.c, p.accumulate = c.read(k, m), c.read(k, n), c.change(size), int(c.rng.integers(0, 2))
    rule = ffi.new("mlj_rule *", _rule(kind))
    if move:
        p.rule, p.w = rule, c.change(size)
        p.moment1, p.moment2 = (c.change(size) if kind >= least else ffi.NULL for least in (1, 4))
    middle = int(c.rng.integers(0, m + 1))
    lib.mlj_ops_now().matmul(p, 0, middle)
    lib.mlj_ops_now().matmul(p, middle, m)


def gather(c: Call) -> None:
    count, features, rows, pad = c.size(), c.size(True), 1 + c.size(), int(c.rng.integers(0, 3))
    small = bool(c.rng.random() < 0.5)
    x = c.bytes(rows, features) if small else c.read(rows, features)
    out = c.write(count, features, features + pad)
    lib.mlj_parallel_gather(count, features, c.choice(rows, count), x, small, 0.5, out, features + pad)


def order_and_words(c: Call) -> None:
    n = c.size(True)
    ops = lib.mlj_ops_now()
    ops.order(7, 3, n, ffi.cast("int32_t *", c.write(1, n)))
    ops.words(7, 2, 0, 0, 0, 0, n, ffi.cast("uint32_t *", c.write(1, n)))


KERNELS: tuple[Callable[[Call], None], ...] = (
    *(matmul, matmul, matmul, matmul, transpose, column_sum, activate, activate_backward, softmax, softmax_backward),
    *(softmax_cross_entropy, binary_cross_entropy, row_loss, row_loss, update, gather, order_and_words),
    *(sum_of_squares, row_loss, row_loss, matmul_from_panels, matmul_to_panels, matmul_to_panels),
    *(dropout, moments, normalize, normalize_backward, cell, *guarded_images.KERNELS),
)


def main(tier: str, calls: int, seed: int) -> None:
    faulthandler.enable()
    assert lib.mlj_select(tier.encode()) == 0
    for number in range(calls):
        kernel = KERNELS[number % len(KERNELS)]
        print(f"{tier} {kernel.__name__}, call {number} of seed {seed}", file=sys.stderr)
        call = Call(np.random.default_rng([seed, number]))
        kernel(call)
        call.examine()
        call.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
