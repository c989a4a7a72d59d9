"""Engines: how the body of a program is run. Eagerly, compiled, or as CUDA graphs that are captured once.

A graph is right for every step because everything a step needs lies at places of its own (`Tables`), which are filled
before each replay. It is captured once for each number of steps and of rows; whatever else changes (batch size, decay,
layers, device) opens a new session, with a new program and new graphs, so that no stale one is ever replayed.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import torch

from mlcore.backends.pytorch.program import Program, Tables
from mlcore.errors import BackendError

Tensor: TypeAlias = Any
Body: TypeAlias = Callable[[], None]
Capture: TypeAlias = Callable[[Body, Body], Body]  # (one step to warm up with, what is captured) -> replay
SIZES = (32, 8, 1)  # steps of a graph
WARMING = 3  # times the body runs before a capture: libraries make their plans and take their memory


class Engine(Protocol):
    """Runs chunks of a program's steps."""

    name: str

    def run(self, tables: Tables, out: Tensor) -> None:
        """All steps of a piece; losses go to out [steps, L]. Nothing is waited for on a GPU."""
        ...


class Eager:
    """The body as it is written: the reference of the others."""

    name = "eager"

    def __init__(self, program: Program) -> None:
        self.program = program

    def run(self, tables: Tables, out: Tensor) -> None:
        most = self.program.most(self.program.size_of(tables))
        for first in range(0, len(out), most):
            count = min(most, len(out) - first)
            self.program.body(tables.part(first, count), out[first : first + count])


class Graph:
    """The body in graphs of 32 steps, 8 steps and one, each captured when it is first needed."""

    name = "graph"

    def __init__(self, program: Program, capture: Capture) -> None:
        self.program, self._capture = program, capture
        self._captured: dict[tuple[int, int], Captured] = {}

    def run(self, tables: Tables, out: Tensor) -> None:
        size = self.program.size_of(tables)
        most, first = self.program.most(size), 0
        while first < len(out):
            count = next(each for each in SIZES if each <= min(most, len(out) - first))
            own = tables.part(first, count)
            graph = self._captured.get((count, size))
            if graph is None:
                graph = self._captured[count, size] = Captured(self.program, own, out[:count], self._capture)
            graph.replay(own, out[first : first + count])
            first += count


class Captured:
    """One graph, and the places it reads and writes."""

    def __init__(self, program: Program, like: Tables, out: Tensor, capture: Capture) -> None:
        self.tables = Tables(*(None if part is None else part.clone() for part in like))
        self.out = torch.empty_like(out)
        self.kept = program.data, program.vector, program.moments  # a graph holds addresses, not the tensors
        before = program.snapshot()
        short = self.tables.part(0, 1), self.out[:1]
        self._replay = capture(lambda: program.body(*short), lambda: program.body(self.tables, self.out))
        program.go_back(before)  # warming up has trained the network: it leaves no trace

    def replay(self, tables: Tables, out: Tensor) -> None:
        """Run its steps on these tables."""
        for own, given in zip(self.tables, tables, strict=True):
            if own is not None:
                own.copy_(given)
        self._replay()
        out.copy_(self.out)


def cuda_graphs(device: torch.device) -> Capture:
    """How CUDA captures: on a stream of its own, warmed up there, all graphs of a program in one pool of memory."""
    pool = torch.cuda.graph_pool_handle()

    def capture(short: Body, body: Body) -> Body:
        side: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(side):
            for _ in range(WARMING):
                short()
        torch.cuda.current_stream(device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        captured = torch.cuda.graph(graph, pool=pool, stream=side, capture_error_mode="thread_local")
        with own_workspace(), undisturbed(), captured:
            body()
        return graph.replay

    return capture


@contextmanager
def own_workspace() -> Iterator[None]:
    """Products captured inside work in memory of the graph's own pool.

    cuBLAS keeps a workspace for each stream, which anybody may free (torch.compile's own graphs do): a graph that was
    captured with it would go on writing there.
    """
    clear = getattr(torch._C, "_cuda_clearCublasWorkspaces", lambda: None)
    clear()
    try:
        yield
    finally:
        clear()


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage is collected inside: an old graph that is freed while another is captured spoils the capture."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def compiled(program: Program) -> None:
    """Let the program's step be one compiled function: forward, backward and update in as few kernels as it can.

    It is built when it is first run, which raises BackendError where there is no compiler, or one that fails.
    """
    program.plain()
    if not program.lanes:
        program.gradient = program.step.pure  # type: ignore[method-assign]
    step = torch.compile(program._one, fullgraph=True, dynamic=False)

    def one(*given: Any, **named: Any) -> Any:
        try:
            return step(*given, **named)
        except torch._dynamo.exc.BackendCompilerFailed as error:
            told = f"engine compile: PyTorch cannot build this step here: {str(error).partition(chr(10))[0]}"
            raise BackendError(told, hint="engine eager needs no compiler") from error

    program.one = one


def make(name: str, program: Program) -> Engine:
    """The engine of that name: eager, graph, compile (a graph of it on a GPU), auto (graph on a GPU, else eager)."""
    cuda = program.device.type == "cuda"
    if name == "compile":
        compiled(program)
    engine: Engine = Graph(program, cuda_graphs(program.device)) if cuda and name != "eager" else Eager(program)
    engine.name = "compile" if name == "compile" else engine.name
    return engine
