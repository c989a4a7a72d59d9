"""How fast single operations are, beside PyTorch and NumPy: `python -m benchmarks.operations`.

Softmax cross-entropy with its gradient, one step of Adam over one flat vector, activations. One thread, processor time,
everybody in turn; what calling costs is in the figures. "native" is the compiled function with addresses at hand, as a
loop that keeps its arrays calls it; "kernels" is the same through our Python, which examines every argument.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from benchmarks import peers
from benchmarks.goals import Goal, write
from benchmarks.interleaved import measure
from benchmarks.products import repeated
from mlcore import kernels
from mlcore._native import ffi, lib
from mlcore.kernels.activations import ACTIVATIONS

Call: TypeAlias = Callable[[], Any]
NAMES = {"kernels": "through Python", "torch": "PyTorch", "torch fused": "PyTorch, fused", "numpy": "NumPy"}
RATE = 1e-3


class Operation(NamedTuple):
    """An operation, everybody's call of it, how close their results have to be, and times faster than whom."""

    name: str
    calls: Mapping[str, Call]
    targets: Mapping[str, float]


def operations(libraries: Sequence[str]) -> Iterator[Operation]:
    """All of them."""
    for rows, classes in ((128, 10), (1000, 10), (128, 1000)):
        targets = {"torch": 25.0, "numpy": 10.0} if (rows, classes) == (128, 10) else {}
        name = f"softmax cross-entropy and gradient, {rows} x {classes}"
        yield Operation(name, _cross_entropy(rows, classes, libraries), targets)
    for size, least in ((10_000, 15.0), (1_000_000, 3.0)):
        yield Operation(f"Adam, {size:,} parameters", _adam(size, libraries), {"torch fused": least})
    for kind in ("relu", "tanh", "sigmoid"):
        yield Operation(f"{kind}, 100,000 numbers", _activation(kind, libraries), {})


def _cross_entropy(rows: int, classes: int, libraries: Sequence[str]) -> dict[str, Call]:
    """The mean loss and the gradient of the logits."""
    random = np.random.default_rng(1)
    z = random.standard_normal((rows, classes), dtype=np.float32) * 3
    labels = random.integers(0, classes, rows).astype(np.int32)
    dz, row_loss = np.empty_like(z), np.empty(rows, np.float32)
    loss, room = lib.mlj_parallel_softmax_cross_entropy, addresses(dz, row_loss)
    places = (*addresses(z, labels), ffi.NULL, ffi.NULL, *room)
    calls: dict[str, Call] = {
        "native": lambda: (loss(rows, classes, *places), dz),
        "kernels": lambda: kernels.softmax_cross_entropy(z, labels),
    }
    if "numpy" in libraries:
        calls["numpy"] = lambda: _cross_entropy_of_numpy(z, labels)
    if "torch" in libraries:
        import torch

        logits, classes_of = torch.from_numpy(z).requires_grad_(), torch.from_numpy(labels.astype(np.int64))

        def step() -> tuple[Any, Any]:
            loss = torch.nn.functional.cross_entropy(logits, classes_of)
            return loss, torch.autograd.grad(loss, logits)[0]

        calls["torch"] = step
    return calls


def _cross_entropy_of_numpy(z: Any, labels: Any) -> tuple[float, Any]:
    """A plain good one: two arrays, everything else in place."""
    dz = z - z.max(axis=1, keepdims=True)
    each = np.arange(len(z))
    own = dz[each, labels]
    np.exp(dz, out=dz)
    total = dz.sum(axis=1, keepdims=True)
    dz /= total
    dz[each, labels] -= 1
    dz *= np.float32(1 / len(z))
    return float((np.log(total[:, 0]) - own).mean()), dz


def _adam(size: int, libraries: Sequence[str]) -> dict[str, Call]:
    """One step over one flat vector; each has its own, and goes on with it."""
    random = np.random.default_rng(1)
    first, g = random.standard_normal((2, size), dtype=np.float32)
    calls: dict[str, Call] = {"native": _adam_bound(first.copy(), g), "kernels": _adam_of_kernels(first.copy(), g)}
    if "numpy" in libraries:
        calls["numpy"] = _adam_of_numpy(first.copy(), g)
    if "torch" in libraries:
        calls["torch"] = _adam_of_torch(first.copy(), g, fused=False)
        calls["torch fused"] = _adam_of_torch(first.copy(), g, fused=True)
    return calls


def _adam_bound(w: Any, g: Any) -> Call:
    m, v, made = np.zeros_like(w), np.zeros_like(w), iter(range(1, 1 << 40))
    places, size = addresses(w, g, m, v), w.size

    def call() -> Any:
        t = next(made)
        rule = lib.mlj_rule_adam(RATE, 0.9, 0.999, 1e-8, 1 - 0.9**t, 1 - 0.999**t)
        lib.mlj_parallel_update(ffi.addressof(rule), size, *places)
        return w

    return call


def _adam_of_kernels(w: Any, g: Any) -> Call:
    m, v, made = np.zeros_like(w), np.zeros_like(w), iter(range(1 << 40))

    def call() -> Any:
        kernels.adam(w, g, m, v, RATE, next(made))
        return w

    return call


def _adam_of_numpy(w: Any, g: Any) -> Call:
    m, v, room, step = np.zeros_like(w), np.zeros_like(w), np.empty_like(w), iter(range(1, 1 << 40))

    def call() -> Any:
        t = next(step)
        np.multiply(m, np.float32(0.9), out=m)
        np.multiply(g, np.float32(0.1), out=room)
        np.add(m, room, out=m)
        np.multiply(v, np.float32(0.999), out=v)
        np.multiply(g, g, out=room)
        np.multiply(room, np.float32(0.001), out=room)
        np.add(v, room, out=v)
        np.multiply(v, np.float32(1 / (1 - 0.999**t)), out=room)
        np.sqrt(room, out=room)
        np.add(room, np.float32(1e-8), out=room)
        np.divide(m, room, out=room)
        np.multiply(room, np.float32(RATE / (1 - 0.9**t)), out=room)
        np.subtract(w, room, out=w)
        return w

    return call


def _adam_of_torch(w: Any, g: Any, fused: bool) -> Call:
    import torch

    parameter = torch.nn.Parameter(torch.from_numpy(w))
    parameter.grad = torch.from_numpy(g)
    optimizer = torch.optim.Adam([parameter], lr=RATE, fused=fused)

    def call() -> Any:
        optimizer.step()
        return w

    return call


def _activation(kind: str, libraries: Sequence[str]) -> dict[str, Call]:
    """Into an array that is there."""
    x = np.random.default_rng(1).standard_normal(100_000, dtype=np.float32)
    out, kernel = np.empty_like(x), getattr(kernels, kind)
    places, number, activate = addresses(x, out), ACTIVATIONS[kind], lib.mlj_parallel_activate

    def native() -> Any:
        activate(number, 0.0, x.size, *places)
        return out

    calls: dict[str, Call] = {"native": native, "kernels": lambda: kernel(x, out=out)}
    if "numpy" in libraries:
        plain: dict[str, Call] = {
            "relu": lambda: np.maximum(x, 0, out=out),
            "tanh": lambda: np.tanh(x, out=out),
            "sigmoid": lambda: np.reciprocal(np.add(np.exp(np.negative(x, out=out), out=out), 1, out=out), out=out),
        }
        calls["numpy"] = plain[kind]
    if "torch" in libraries:
        import torch

        tensor, room = torch.from_numpy(x), torch.from_numpy(out)
        eager: dict[str, Call] = {
            "relu": lambda: torch.clamp_min(tensor, 0, out=room).numpy(),
            "tanh": lambda: torch.tanh(tensor, out=room).numpy(),
            "sigmoid": lambda: torch.sigmoid(tensor, out=room).numpy(),
        }
        calls["torch"] = eager[kind]
    return calls


def addresses(*arrays: Any) -> tuple[Any, ...]:
    """Where arrays of float32 and int32 lie, as the compiled functions take them."""
    return tuple(ffi.from_buffer("int32_t[]" if x.dtype == np.int32 else "float[]", x) for x in arrays)


def agree(operation: Operation) -> None:
    """Raises when somebody's first result is another than the native one."""
    expected = numbers(operation.calls["native"]())
    for name, call in operation.calls.items():
        if name != "native" and not np.allclose(numbers(call()), expected, rtol=1e-4, atol=1e-5):
            raise AssertionError(f"{operation.name}: {name} computes something else")


def numbers(result: Any) -> Any:
    """A result, or a loss and its gradient, as one flat copy."""
    parts = result if isinstance(result, tuple) else (result,)
    plain = [part.detach().numpy() if hasattr(part, "detach") else np.asarray(part) for part in parts]
    return np.concatenate([np.ravel(part).astype(np.float64) for part in plain])


def run(operation: Operation) -> tuple[dict[str, Any], list[Goal]]:
    """One operation, measured and printed."""
    agree(operation)
    report = measure({name: repeated(call) for name, call in operation.calls.items()}, 0.02, 11).report("native")
    ratios = report["times_slower_than_native"]
    told = ", ".join(f"{NAMES[name]} {ratio['median']:.3g} times slower" for name, ratio in ratios.items())
    print(f"{operation.name}: native {report['microseconds_a_step']['native']['median']:.3g} us; {told}", flush=True)
    goals = [
        Goal(operation.name, f"beside {NAMES[name]}", ratios[name]["median"], least)
        for name, least in operation.targets.items()
        if name in ratios
    ]
    return {"operation": operation.name, **report}, goals


def main(words: Sequence[str] | None = None) -> None:
    """Measure every operation and write results/operations.json."""
    libraries = peers.installed(peers.asked(words, __doc__).against)
    if "torch" in libraries:
        import torch

        torch.set_num_threads(1)
    results, goals = [], []
    for operation in operations(libraries):
        result, hoped = run(operation)
        results.append(result)
        goals += hoped
    write("operations", {"results": results}, goals, "torch", "cffi")


if __name__ == "__main__":
    main()
