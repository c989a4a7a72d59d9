"""Every kernel at a size that is measured, beside what its page makes of the same in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from mlcore import layers, losses, optimizers, philox
from mlcore.kernels import activations, batches, images, norms, products, recurrent
from mlcore.kernels import losses as fast
from mlcore.kernels import optimizers as moves
from mlcore.kernels.arrays import Array
from mlcore.layers.layer import INFERENCE, Mode
from mlcore.losses.several import PoissonDeviance


class Case(NamedTuple):
    """One kernel at one size: `check` gives a result, `run` is timed.

    `exact` and `scale` are float64; `work` is floating-point operations or bytes of a call.
    """

    name: str
    size: str
    check: Callable[[], Array]
    run: Callable[[], object]
    exact: Array
    scale: Array
    limit: float
    work: float
    unit: str


def cases() -> Iterator[Case]:
    """Every kernel."""
    rng = np.random.default_rng(1)
    yield from _products(rng)
    yield from _activations(rng)
    yield from _norms(rng)
    yield from _losses(rng)
    yield from _optimizers(rng)
    yield from _batches(rng)
    yield from _images(rng)
    yield from _cells(rng)


def _floats(rng: np.random.Generator, *shape: int) -> Array:
    return rng.standard_normal(shape).astype(np.float32)


def _products(rng: np.random.Generator) -> Iterator[Case]:
    for form, m, n, k in (("NN", 128, 128, 784), ("TN", 784, 128, 128), ("NT", 128, 784, 128), ("NN", 32, 16, 16)):
        a, b, out = _floats(rng, m, k), _floats(rng, k, n), np.empty((m, n), np.float32)
        left, right = (np.asfortranarray(x) if turned == "T" else x for turned, x in zip(form, (a, b), strict=True))
        scale = np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64)
        exact = a.astype(np.float64) @ b.astype(np.float64)
        run = _bound(products.matmul, left, right, out=out)
        yield Case(f"matmul {form}", f"{m}x{n}x{k}", run, run, exact, scale, k + 2, 2 * m * n * k, "GF/s")
    x = _floats(rng, 784, 512)
    out = np.empty((512, 784), np.float32)
    run = _bound(products.transpose, x, out=out)
    yield Case("transpose", "784x512", run, run, x.T, np.abs(x.T), 0, 8 * x.size, "GB/s")
    scale = np.abs(x).sum(axis=0, dtype=np.float64)
    run = _bound(products.column_sum, x, out=np.empty(512, np.float32))
    yield Case("column_sum", "784x512", run, run, x.sum(axis=0, dtype=np.float64), scale, 784, 4 * x.size, "GB/s")


def _activations(rng: np.random.Generator) -> Iterator[Case]:
    x, dy, out = _floats(rng, 100_000) * 4, _floats(rng, 100_000), np.empty(100_000, np.float32)
    pages = {name: layers.CATALOGUE.find(name).load()() for name in activations.KINDS[1:]}
    exact = {name: page.value(x.astype(np.float64)) for name, page in pages.items()}
    limits = {"relu": 0, "relu6": 0, "softplus": 6, "silu": 8, "gelu": 12}
    for name in pages:
        run, limit = _bound(getattr(activations, name), x, out=out), limits.get(name, 4)
        size = np.abs(exact[name])
        scale = np.where(size < np.finfo(np.float32).tiny, 1, size)  # silu, gelu … are zero there
        yield Case(name, "100000", run, run, exact[name], scale, limit, 8 * x.size, "GB/s")
    for name, page in pages.items():
        told = x if page.told_by_input else exact[name].astype(np.float32)
        slope = page.slope(told.astype(np.float64))
        run = _bound(getattr(activations, f"{name}_backward"), told, dy, out=out)
        yield Case(f"{name}_backward", "100000", run, run, dy * slope, np.abs(dy), 10, 12 * x.size, "GB/s")


def _norms(rng: np.random.Generator) -> Iterator[Case]:
    x, dy, gain, bias = *_floats(rng, 2, 128, 512), *_floats(rng, 2, 512)
    p = {"gain": gain, "bias": bias, "mean": np.zeros(512), "variance": np.ones(512)}
    for name in ("batch_norm", "layer_norm"):
        page, run = layers.CATALOGUE.find(name).load()(), _bound(getattr(norms, name), x, gain, bias)
        exact, saved = page.forward(p, x.astype(np.float64), Mode(training=True))
        scale = np.abs(exact) + np.abs(gain) + 1
        yield Case(name, "128x512", _first(run), run, exact, scale, 64, 16 * x.size, "GB/s")
        back = _bound(getattr(norms, f"{name}_backward"), x, dy, gain, *run()[1:])
        exact, _ = page.backward(p, saved, dy.astype(np.float64))
        scale = np.abs(exact) + np.abs(gain) + 1
        yield Case(f"{name}_backward", "128x512", _first(back), back, exact, scale, 64, 20 * x.size, "GB/s")
    exact, _ = layers.CATALOGUE.find("dropout").load()(0.2).forward({}, x.astype(np.float64), Mode(training=True))
    run = _bound(norms.dropout, x, 0.2)
    yield Case("dropout", "128x512", _first(run), run, exact, np.abs(exact), 2, 12 * x.size, "GB/s")


def _images(rng: np.random.Generator) -> Iterator[Case]:
    x, w, b = _floats(rng, 16, 12, 12, 16), _floats(rng, 32, 16, 5, 5), _floats(rng, 32)
    page, p, paged = layers.CATALOGUE.find("conv2d").load()(32, kernel=5), {"w": w, "b": b}, _channels_first
    exact, saved = page.forward({name: each.astype(np.float64) for name, each in p.items()}, paged(x), INFERENCE)
    bound, _ = page.forward({name: abs(each).astype(np.float64) for name, each in p.items()}, paged(abs(x)), INFERENCE)
    run, work = _bound(images.conv2d, x, w, b), 2 * exact.size * w[0].size
    yield Case("conv2d", "12x12x16 k5", lambda: paged(run()), run, exact, bound, w[0].size + 2, work, "GF/s")
    dy = _floats(rng, 16, 8, 8, 32)
    back, (_, own) = _bound(images.conv2d_backward, x, w, dy), page.backward(p, saved, paged(dy))
    scale = np.full(own["w"].shape, np.abs(x).max() * np.abs(dy).sum(axis=(0, 1, 2)).max())
    yield Case("conv2d_backward", "12x12x16 k5", lambda: back()[1], back, own["w"], scale, 64, 2 * work, "GF/s")
    y, where = images.max_pool2d(x)
    windows = x.astype(np.float64).reshape(16, 6, 2, 6, 2, 16)
    kinds: dict[str, tuple[Array, tuple[Array, ...]]] = {
        "max_pool2d": (windows.max(axis=(2, 4)), (where, y)),
        "avg_pool2d": (windows.mean(axis=(2, 4)), (y,)),
    }
    for name, (exact, told) in kinds.items():
        run = _bound(getattr(images, name), x)
        check = _first(run) if name == "max_pool2d" else run
        yield Case(name, "12x12x16", check, run, exact, np.abs(windows).mean(axis=(2, 4)) + 1, 4, 8 * x.size, "GB/s")
        run = _bound(getattr(images, f"{name}_backward"), x, *told)
        spread = y.repeat(2, axis=1).repeat(2, axis=2).astype(np.float64)
        exact = spread / 4 if name == "avg_pool2d" else spread * (x == spread)
        yield Case(f"{name}_backward", "12x12x16", run, run, exact, np.abs(spread), 2, 8 * x.size, "GB/s")


def _channels_first(x: Array) -> Array:
    return x.transpose(0, 3, 1, 2).astype(np.float64)


def _cells(rng: np.random.Generator) -> Iterator[Case]:
    rows, units = 32, 64
    for kind, gates in recurrent.GATES.items():
        page, states = layers.CATALOGUE.find(kind).load()(units), 1 + (kind == "lstm")
        a, state, u, d = (_floats(rng, 1, rows, n, units)[0] for n in (gates, states, 3, states))
        state, d, bias = state.swapaxes(0, 1).copy(), d.swapaxes(0, 1).copy(), _floats(rng, 1, units)[0]
        before, wide = state.astype(np.float64), a.astype(np.float64)
        inside = u.astype(np.float64) if kind == "gru" else np.zeros_like(wide)
        after, kept = page.cell({"c": bias.astype(np.float64)}, wide, inside, before)
        run = partial(recurrent.cell, kind, a, state, u, bias)
        size, moved = f"{kind} {rows}x{units}", 4 * (2 * a.size + 2 * state.size)
        yield Case("cell", size, _state(run), run, after, np.ones(1), 8, moved, "GB/s")
        back = partial(recurrent.cell_backward, run(), d)
        exact = page.cell_back(kept, before, after, d.astype(np.float64))[0]
        yield Case("cell_backward", size, _first(back), back, exact, 1 + np.abs(exact), 30, moved, "GB/s")


def _losses(rng: np.random.Generator) -> Iterator[Case]:
    for rows, n in ((128, 10), (128, 1000)):
        z, dy, size = _floats(rng, rows, n) * 3, _floats(rng, rows, n), f"{rows}x{n}"
        exact = losses.SoftmaxCrossEntropy().probabilities(z.astype(np.float64))
        y, out = exact.astype(np.float32), np.empty((rows, n), np.float32)
        run = _bound(fast.softmax, z, out=out)
        yield Case("softmax", size, run, run, exact, exact, 64, 8 * z.size, "GB/s")
        back = exact * (dy - (exact * dy).sum(axis=1, keepdims=True))
        scale = exact * (np.abs(dy) + (exact * np.abs(dy)).sum(axis=1, keepdims=True))
        run = _bound(fast.softmax_backward, y, dy, out=out)
        yield Case("softmax_backward", size, run, run, back, scale, 16, 12 * z.size, "GB/s")
        labels = rng.integers(0, n, rows).astype(np.int32)
        yield _loss("softmax_cross_entropy", losses.SoftmaxCrossEntropy(), z, labels)
        yield _loss("… softened", losses.SoftmaxCrossEntropy(label_smoothing=0.1, confidence_penalty=0.1), z, labels)
    yield _loss(
        "binary_cross_entropy", losses.BinaryCrossEntropy(), _floats(rng, 10_000, 1), np.ones((10_000, 1), "f4")
    )
    z, y = _floats(rng, 2, 1000, 10)
    yield _loss("squared_error", losses.MSE(), z, y)
    yield _loss("absolute_error", losses.MAE(), z, y)
    yield _loss("huber", losses.Huber(), z, y)
    yield _loss("poisson_deviance", PoissonDeviance(), z, np.floor(np.exp(np.abs(y))))
    yield _loss("kl_divergence", losses.KLDivergence(), z, losses.SoftmaxCrossEntropy().probabilities(y * 2))


def _loss(name: str, page: losses.Loss, z: Array, y: Array) -> Case:
    """A loss: value and gradient as one array, the gradient in the scale of the largest possible one."""
    kernel = getattr(fast, name, _softened)
    loss, dz = page(z.astype(np.float64), y)
    scale = np.append(np.full(dz.size, (1 + np.abs(dz).max() * len(z)) / len(z)), 1 + abs(loss))

    def run() -> Array:
        value, slope = kernel(z, y)
        return np.append(slope.astype(np.float64), value)

    size = "x".join(str(length) for length in z.shape)
    return Case(name, size, run, run, np.append(dz, loss), scale, 32, 8 * z.size, "GB/s")


def _softened(z: Array, y: Array) -> tuple[float, Array]:
    return fast.softmax_cross_entropy(z, y, label_smoothing=0.1, confidence_penalty=0.1)


def _optimizers(rng: np.random.Generator) -> Iterator[Case]:
    n = 100_000
    w, g, m, v = _floats(rng, 4, n)
    v *= v
    for name, page, bytes_moved in (
        ("sgd", optimizers.SGD(momentum=0.9), 20),
        ("rmsprop", optimizers.RMSProp(), 20),
        ("adagrad", optimizers.Adagrad(), 20),
        ("adam", optimizers.Adam(), 28),
        ("adamw", optimizers.AdamW(l1=0.01), 28),
    ):
        exact, state = w.astype(np.float64), np.array([m, v] if page.moments == 2 else [v], np.float64)
        page.update(exact, g.astype(np.float64), state, step=9, rate=0.01, weights=n)
        check, run = _fresh(_step, name, w, g, m, v), _bound(_step, name, w.copy(), g, m.copy(), v.copy())
        yield Case(name, str(n), check, run, exact, np.abs(w) + np.abs(exact - w), 8, bytes_moved * n, "GB/s")
    factor = np.array(1 / (np.linalg.norm(g.astype(np.float64)) + 1e-6))
    run = _bound(lambda: np.array(moves.clip(g, 1.0)))
    yield Case("clip", str(n), run, run, factor, factor, 2, 4 * n, "GB/s")


def _step(name: str, w: Array, g: Array, m: Array, v: Array) -> Array:
    """Moves w, m and v in place by one step."""
    if name == "sgd":
        moves.sgd(w, g, v, 0.01, 0.9)
    elif name in ("rmsprop", "adagrad"):
        getattr(moves, name)(w, g, v, 0.01)
    elif name == "adam":
        moves.adam(w, g, m, v, 0.01, 9)
    else:
        moves.adamw(w, g, m, v, 0.01, 9, l1=0.01)
    return w


def _batches(rng: np.random.Generator) -> Iterator[Case]:
    x, pixels = _floats(rng, 1000, 784), rng.integers(0, 256, (1000, 784), dtype=np.uint8)
    rows, out = rng.integers(0, 1000, 128).astype(np.int32), np.empty((128, 784), np.float32)
    run = _bound(batches.gather, x, rows, out=out)
    yield Case("gather", "128x784", run, run, x[rows], x[rows], 0, 8 * out.size, "GB/s")
    exact = pixels[rows] / 255.0
    run = _bound(batches.gather, pixels, rows, 1 / 255, out=out)
    yield Case("gather bytes", "128x784", run, run, exact, exact, 2, 5 * out.size, "GB/s")
    exact = philox.order(1, 2, 60_000).astype(np.float64)
    run = _bound(batches.order, 1, 2, 60_000)
    yield Case("order", "60000", run, run, exact, exact, 0, 4 * 60_000, "GB/s")
    exact = philox.words(1, philox.Purpose.INIT, 60_000).astype(np.float64)
    run = _bound(batches.words, 1, philox.Purpose.INIT, 60_000)
    yield Case("words", "60000", run, run, exact, exact, 0, 4 * 60_000, "GB/s")


def _state(run: Callable[[], recurrent.Step]) -> Callable[[], Array]:
    """The state after a step."""
    return lambda: run().after


def _first(run: Callable[[], tuple[Array, ...]]) -> Callable[[], Array]:
    """The first result of a call that gives several."""
    return lambda: run()[0]


def _fresh(kernel: Callable[..., Array], name: str, *arrays: Array) -> Callable[[], Array]:
    """The call on copies of the arrays."""
    return lambda: kernel(name, *(array.copy() for array in arrays))


def _bound(kernel: Callable[..., Any], *arguments: object, **named: object) -> Callable[[], Any]:
    """The call, to be made later and often."""
    return lambda: kernel(*arguments, **named)
