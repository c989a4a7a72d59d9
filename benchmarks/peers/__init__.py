"""The same training, written well in other libraries: same first weights, same batches, data in memory, float32.

Networks are Dense and ReLU in turn with softmax or binary cross-entropy, moved by SGD or Adam. A contender is called
with a number of steps, keeps its place, and goes on where it stopped; `losses` holds the loss of each step it made.
`unit`, where it has one, is how many steps it can only make together.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

LIBRARIES = {"numpy": "NumPy", "sklearn": "scikit-learn", "torch": "PyTorch", "jax": "JAX"}
PEERS = {
    "numpy": "NumPy",
    "sklearn": "scikit-learn",
    "torch": "PyTorch",
    "torch fused": "PyTorch, fused optimizer",
    "torch compiled": "PyTorch, compiled",
    "torch last": "PyTorch, channels last, fused optimizer",
    "torch last compiled": "PyTorch, channels last, compiled",
    "jax": "JAX, scanned epoch",
}
BRINGS = {"jax": "pip install -r benchmarks/requirements.txt", "torch": 'pip install "mlj-tui[torch]"'}


def library_of(peer: str) -> str:
    """`torch fused` is of `torch`."""
    return peer.split()[0]


def asked(words: Sequence[str] | None = None, about: str | None = None) -> argparse.Namespace:
    """The command line of a benchmark: `--against torch,jax` names the libraries to be compared with."""
    parser = argparse.ArgumentParser(description=about)
    add_against(parser)
    return parser.parse_args(words)


def add_against(parser: argparse.ArgumentParser) -> None:
    """The option every program that has peers takes."""
    names = ",".join(LIBRARIES)
    line = f"libraries to compare with, of {names} (those that are installed)"
    parser.add_argument("--against", type=_chosen, default=list(LIBRARIES), metavar="NAMES", help=line)


def _chosen(text: str) -> list[str]:
    found = [word.strip() for word in text.split(",") if word.strip()]
    wrong = [word for word in found if word not in LIBRARIES]
    if wrong:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is unknown; there are {', '.join(LIBRARIES)}")
    return found


def installed(libraries: Sequence[str]) -> list[str]:
    """Those that are here; for each of the others, a line that says so and how to get it."""
    found = []
    for name in libraries:
        if find_spec(name):
            found.append(name)
        else:
            print(f"{LIBRARIES[name]} is not installed and is left out ({BRINGS.get(name, f'pip install {name}')})")
    return found


def contenders(work: Any, libraries: Sequence[str], threads: int = 1) -> Iterator[tuple[str, Any]]:
    """Every peer of these libraries that trains the workload, by name."""
    p, rate, adam = work.problem(), work.rate, work.adam
    if "numpy" in libraries:
        from benchmarks.peers.numpy_steps import NumPy

        yield "numpy", NumPy(p, rate, adam)
    if "sklearn" in libraries:
        from benchmarks.peers.scikit_learn import ScikitLearn

        yield "sklearn", ScikitLearn(p, rate, adam)
    if "torch" in libraries:
        from benchmarks.peers.pytorch import Torch

        yield "torch", Torch(p, rate, adam, threads=threads)
        if adam:
            yield "torch fused", Torch(p, rate, adam, fused=True, threads=threads)
        if work.compiled:
            yield "torch compiled", Torch(p, rate, adam, fused=True, compiled=True, threads=threads)
    if "jax" in libraries:
        from benchmarks.peers.scanned_jax import ScannedJax

        yield "jax", ScannedJax(p, rate, adam)
