"""Which of many networks train at once, as one program or one call; what cannot run here is refused first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from mlcore import backends
from mlcore.backends.backend import Problem
from mlcore.config import Config
from mlcore.datasets.dataset import Data
from mlcore.model import blueprint
from mlcore.state import check_goal
from mlcore.sweeps import Member


def groups(members: Iterable[Member], data: Data) -> Iterator[list[Member]]:
    """The members that train at once, group by group, those of the first member first.

    Raises ConfigError or BackendError, before the first group, where one of them cannot be run here.
    """
    sizes: dict[Hashable, int] = {}
    alike: dict[Hashable, list[Member]] = {}
    known: dict[str, tuple[Hashable, int]] = {}  # by what a seed does not change
    for member in members:
        told = str(member.settings)
        if told not in known:
            known[told] = _kind(member.config, data)
        kind, size = known[told]
        sizes[kind] = size
        alike.setdefault(kind, []).append(member)
    for kind, found in alike.items():
        for begin in range(0, len(found), sizes[kind]):
            yield found[begin : begin + sizes[kind]]


def _kind(config: Config, data: Data) -> tuple[Hashable, int]:
    """What networks must have in common to train at once, and how many of this kind do so."""
    network, loss = blueprint(config, data)
    check_goal(config.stopping, data)
    backend = backends.choose(config, network, loss).backend
    problem = Problem.of(config, data, network, loss)
    size = backends.at_once(backend.name, backend.device, network.size)
    same = backend.name, backend.device, config.precision, config.engine, size
    return (*same, backends.alike(backend.name, problem) if size > 1 else ()), size
