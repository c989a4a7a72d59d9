"""How fast matrix products are, beside OpenBLAS (NumPy) and MKL (PyTorch): `python -m benchmarks.products`.

The products of training multilayer perceptrons, rows being samples: forward X W, dW = Xᵀ dZ, dX = dZ Wᵀ (not of a first
layer: nobody needs it), and squares. One thread, processor time, everybody in turn; each writes into an array that is
there (`out=`), by the call a person would write. "native" is the compiled function with addresses at hand, as a loop
that keeps its arrays calls it; "kernels.matmul" is the same through our Python, which examines every argument. The peak
of the core is measured in the same rounds.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks import limits, peers
from benchmarks.goals import Goal, write
from benchmarks.interleaved import Contender, measure
from mlcore import kernels

LAYERS = ((784, 128), (128, 10), (784, 512), (512, 256), (256, 10), (2, 16), (16, 16))
FIRST = (784, 2)  # inputs of first layers
BATCHES = (32, 64, 128, 256, 512, 1024)
SQUARES = (256, 512, 768, 1024)
BLAS = {"numpy": "OpenBLAS", "torch": "MKL"}
LEAST = {"numpy": 1.2, "torch": 1.5}  # geometric mean over the shapes of training
PYTHON = "kernels.matmul"
WORST, SQUARE_PEAK = 0.95, 0.85
LARGE = 1e6  # operations from which what a call costs is hidden


class Product(NamedTuple):
    """C [m, n] = A [m, k] B [k, n]. form: NN, TN (A lies transposed) or NT (B does)."""

    name: str
    form: str
    m: int
    n: int
    k: int

    @property
    def flops(self) -> int:
        """A multiplication and an addition for each of m n k."""
        return 2 * self.m * self.n * self.k

    def arrays(self) -> tuple[Any, Any, Any]:
        """A, B and room for C, as training has them."""
        random = np.random.default_rng(1)
        left = (self.k, self.m) if self.form == "TN" else (self.m, self.k)
        right = (self.n, self.k) if self.form == "NT" else (self.k, self.n)
        a, b = (random.standard_normal(shape, dtype=np.float32) for shape in (left, right))
        out = np.empty((self.m, self.n), np.float32)
        return a.T if self.form == "TN" else a, b.T if self.form == "NT" else b, out


def of_training() -> Iterator[Product]:
    """Every layer at every size of a batch, three products each."""
    for inputs, outputs in LAYERS:
        for batch in BATCHES:
            name = f"{inputs}-{outputs}, batch {batch}"
            yield Product(f"forward {name}", "NN", batch, outputs, inputs)
            yield Product(f"dW {name}", "TN", inputs, outputs, batch)
            if inputs not in FIRST:
                yield Product(f"dX {name}", "NT", batch, inputs, outputs)


def squares(sizes: Sequence[int] = SQUARES) -> Iterator[Product]:
    """Products of square matrices."""
    for size in sizes:
        yield Product(f"square {size}", "NN", size, size, size)


def contenders(product: Product, libraries: Sequence[str]) -> dict[str, Contender]:
    """The same product by everybody, into the same place."""
    a, b, out = product.arrays()
    found = {"native": repeated(bound(a, b, out)), PYTHON: repeated(lambda: kernels.matmul(a, b, out=out))}
    if "numpy" in libraries:
        found["numpy"] = repeated(lambda: np.matmul(a, b, out=out))
    if "torch" in libraries:
        import torch

        torch.set_num_threads(kernels.threads())
        left, right, place = map(torch.from_numpy, (a, b, out))
        found["torch"] = repeated(lambda: torch.mm(left, right, out=place))
    return found


def bound(a: Any, b: Any, out: Any) -> Callable[[], object]:
    """The product as one call of the compiled function, addresses and distances taken before."""
    from mlcore._native import ffi, lib

    def place(x: Any) -> tuple[Any, int, int]:
        whole = x if x.flags.c_contiguous else x.T
        return ffi.from_buffer("float[]", whole), x.strides[0] // x.itemsize, x.strides[1] // x.itemsize

    sizes, left, right = (a.shape[0], b.shape[1], a.shape[1]), place(a), place(b)
    multiply, room = lib.mlj_parallel_matmul, ffi.from_buffer("float[]", out)
    return lambda: multiply(*sizes, *left, *right, room, ffi.NULL, 0)


def repeated(call: Callable[[], object]) -> Contender:
    """A call as a contender: a step is one of them."""

    def run(steps: int) -> None:
        for _ in range(steps):
            call()

    return run


def agree(product: Product, runs: dict[str, Contender]) -> None:
    """Raises when two contenders do not compute the same product."""
    place = product.arrays()
    exact = place[0].astype(np.float64) @ place[1].astype(np.float64)
    limit = (product.k + 2) * 2.0**-24 * (np.abs(place[0]) @ np.abs(place[1]))
    bound(*place)()
    if not (np.abs(place[2] - exact) <= limit).all() or not np.array_equal(place[2], kernels.matmul(*place[:2])):
        raise AssertionError(f"{product.name}: the native product is wrong")
    for run in runs.values():
        run(1)


def run(product: Product, libraries: Sequence[str], peak: limits.Against | None) -> dict[str, Any]:
    """One product, measured: GF/s of everybody, ratios to native, share of the peak."""
    runs = contenders(product, libraries)
    agree(product, runs)
    found = measure(runs | ({"peak": peak.peak} if peak else {}), seconds=0.006, rounds=7)
    times = dict(found.seconds)
    gflops = {name: round(product.flops / float(np.median(times[name])) / 1e9, 2) for name in runs}
    peers_of = [name for name in runs if name not in ("native", PYTHON)]
    ratios = {name: round(float(np.median(found.ratio(name, "native"))), 3) for name in peers_of}
    python = {name: round(float(np.median(found.ratio(name, PYTHON))), 3) for name in peers_of}
    share = round(peak.share(times, "native", product.flops), 3) if peak else None
    shape = f"{product.m}x{product.n}x{product.k} {product.form}"
    return {"product": product.name, "shape": shape, "flops": product.flops, "gflops": gflops, "faster": ratios,
            "faster_through_python": python, "share_of_peak": share}  # fmt: skip


def summary(results: Sequence[dict[str, Any]], peer: str) -> dict[str, Any]:
    """Geometric mean of the ratios, also by form and of large products; the worst; how many lose."""
    ratios = {result["product"]: result["faster"][peer] for result in results}
    forms = {form: [r for r in results if r["shape"].endswith(form)] for form in ("NN", "TN", "NT")}
    large = [r["faster"][peer] for r in results if r["flops"] >= LARGE]
    worst = min(ratios, key=lambda name: ratios[name])
    return {
        "geometric_mean": mean(list(ratios.values())),
        "by_form": {form: mean([r["faster"][peer] for r in rows]) for form, rows in forms.items() if rows},
        "at_least_a_million_operations": mean(large),
        "worst": [worst, ratios[worst]],
        f"below_{WORST}": sum(ratio < WORST for ratio in ratios.values()),
        "products": len(ratios),
        "geometric_mean_through_python": mean([r["faster_through_python"][peer] for r in results]),
    }


def mean(ratios: Sequence[float]) -> float | None:
    """The geometric mean, None of nothing."""
    return round(float(np.exp(np.mean(np.log(ratios)))), 3) if len(ratios) else None


def goals_of(training: Sequence[dict[str, Any]], square: Sequence[dict[str, Any]]) -> Iterator[Goal]:
    """The bounds of both tables, for each BLAS that took part."""
    for peer, blas in BLAS.items():
        if not training or peer not in training[0]["faster"]:
            continue
        found = summary(training, peer)
        what = f"{len(training)} products of training"
        yield Goal(f"{what}, geometric mean", f"beside {blas}", found["geometric_mean"], LEAST[peer])
        yield Goal(f"{what}, worst ({found['worst'][0]})", f"beside {blas}", found["worst"][1], WORST)
        slowest = min(square, key=lambda result: result["faster"][peer])
        yield Goal(f"squares, worst ({slowest['product']})", f"beside {blas}", slowest["faster"][peer], 1.0)
    shares = {result["product"]: result["share_of_peak"] for result in square if result["share_of_peak"]}
    if shares:
        least = min(shares, key=lambda name: shares[name])
        yield Goal(f"squares, worst ({least})", "of the peak of one core", shares[least], SQUARE_PEAK, kind="share")


def main(words: Sequence[str] | None = None) -> None:
    """Measure every product, print the summaries, write results/products.json."""
    libraries = [name for name in peers.installed(peers.asked(words, __doc__).against) if name in BLAS]
    peak = limits.against()
    training = [run(product, libraries, peak) for product in of_training()]
    square = [run(product, libraries, peak) for product in squares()]
    summaries = {BLAS[name]: summary(training, name) for name in libraries}
    for blas, found in summaries.items():
        print(f"beside {blas}: {found['geometric_mean']} times faster over {found['products']} products of training;")
        print(f"  through kernels.matmul {found['geometric_mean_through_python']} times;")
        print(f"  by form {found['by_form']}; of a million operations and more "
              f"{found['at_least_a_million_operations']}; worst {found['worst']}")  # fmt: skip
    for result in square:
        print(f"  {result['product']}: GF/s {result['gflops']}, {result['share_of_peak'] or 0:.0%} of the peak")
    content = {"summaries": summaries, "training": training, "squares": square}
    write("products", content, list(goals_of(training, square)), "torch", "cffi")


if __name__ == "__main__":
    main()
