"""The processes of one training: what the first tells the others, and sums over all of them.

Orders go over gloo, which notices at once when a process is gone. The others wait for the next one as long as it takes;
the first waits for who does not take one no longer than for a sum. Gradients go over NCCL between GPUs and over gloo
between CPUs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, NamedTuple, TypeAlias

import torch
import torch.distributed as dist

from mlcore import world
from mlcore.backends.backend import Problem, Weights
from mlcore.errors import BackendError
from mlcore.layers.layer import Array
from mlcore.world import World

Tensor: TypeAlias = Any
TIMEOUT = 600.0  # seconds a process may be late for a sum: the first measures a whole split meanwhile
FOREVER = timedelta(days=365)  # a run may be paused


class Lost(BackendError):
    """Another process of this training has gone."""

    default_code = "BACKEND_LOST"


class Opening(NamedTuple):
    """What a session of another process is opened on."""

    problem: Problem
    device: str
    precision: str
    threads: int


class Order(NamedTuple):
    """Steps that every process trains now, on a new session or from other weights where there are any."""

    opening: Opening | None
    weights: Weights | None
    first_step: int
    steps: int
    rates: Array


class Team:
    """This process among those of `world`.

    session: the one the others have a copy of; busy: an order was given and has not come to its end.
    """

    def __init__(self, among: World) -> None:
        self.world = among
        self.session: object = None
        self.busy = False
        if torch.cuda.is_available() and among.local < torch.cuda.device_count():
            torch.cuda.set_device(among.local)
        gpus = torch.cuda.is_available() and dist.is_nccl_available()
        with self._others():
            limit = timedelta(seconds=TIMEOUT)
            dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=limit)
            self._orders = dist.new_group(backend="gloo", timeout=FOREVER if among.rank else limit)
            self._errands = dist.new_group(backend="gloo", timeout=FOREVER)

    @contextmanager
    def _others(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:  # gloo has no class of its own for a connection that was closed
            late = f"has gone, or was more than {TIMEOUT:g} s late"
            hint = "mlj resume goes on from the last checkpoint, with any number of processes"
            raise Lost(f"one of the {self.world.size} processes of this training {late}", hint=hint) from error

    # ---- orders ----

    def tell(self, order: object) -> None:
        """Tell the other processes what is next: an order, something `follow` hands on, None: that there is no more."""
        with self._others():
            dist.broadcast_object_list([order], src=0, group=self._orders, device=torch.device("cpu"))

    def hear(self) -> object:
        """What the first process tells."""
        told: list[object] = [None]
        with self._others():
            dist.broadcast_object_list(told, src=0, group=self._orders, device=torch.device("cpu"))
        return told[0]

    @contextmanager
    def all_train(self, order: Order) -> Iterator[None]:
        """While this process does as ordered, all do. An error leaves the team busy: the others cannot be told."""
        self.tell(order)
        self.busy = True
        yield
        self.busy = False

    @contextmanager
    def apart(self) -> Iterator[None]:
        """While it lasts this process trains by itself."""
        world.join(World())
        try:
            yield
        finally:
            world.join(self.world)

    def send(self, errand: object) -> None:
        """Tell the others what to do by themselves; until they have handed in what came of it they hear nothing."""
        self.tell(errand)
        self.busy = True

    def gather(self, mine: list[Any]) -> list[list[Any]]:
        """What every process has to hand in, at the first; nothing at the others. It waits for the last of them."""
        found: list[Any] | None = [None] * self.world.size if self.world.rank == 0 else None
        with self._others():
            dist.gather_object(mine, found, dst=0, group=self._errands)
        self.busy = False
        return found or []

    def leave(self) -> None:
        """Dismiss the others and be alone again. Who waits for a sum hears of it when this process has ended."""
        if self.busy:
            return
        with suppress(Lost):
            if self.world.rank == 0:
                self.tell(None)
        dist.destroy_process_group()

    # ---- sums ----

    def share(self, rows: int) -> slice:
        """The rows of a batch that are this process's: as many as others have, or one more or less; maybe none."""
        rank, size = self.world.rank, self.world.size
        return slice(rows * rank // size, rows * (rank + 1) // size)

    def add(self, values: Tensor) -> Tensor:
        """Values become their sum over all processes."""
        with self._others():
            dist.all_reduce(values)
        return values

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, as something that has a derivative."""
        found: Tensor = _Sum.apply(values, self)  # type: ignore[no-untyped-call]
        return found


class _Sum(torch.autograd.Function):
    """y = sum of all x, so each dx is the sum of all dy: every process goes on with y, to a loss of its own."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, team: Team) -> Tensor:
        ctx.team = team
        return team.add(values.clone(memory_format=torch.contiguous_format))

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, None]:
        return ctx.team.add(above[0].clone(memory_format=torch.contiguous_format)), None


_team: Team | None = None


def present() -> Team | None:
    """The team this process is in."""
    return _team


@contextmanager
def joined(among: World) -> Iterator[Team]:
    """While it lasts, this process is one of these, and the first one's sessions train on all."""
    global _team
    team = _team = Team(among)
    world.join(among)
    try:
        yield team
    finally:
        _team = None
        world.join(World())
        team.leave()
