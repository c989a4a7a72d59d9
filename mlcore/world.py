"""The processes that torchrun has started, as one of them sees them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple


class World(NamedTuple):
    """Which process this is: `rank` of `size`, of which 0 leads, and `local` of the `near` on this machine."""

    rank: int = 0
    size: int = 1
    local: int = 0
    near: int = 1

    @classmethod
    def launched(cls, environment: Mapping[str, str] = os.environ) -> World:
        """As torchrun tells it; alone where nobody does."""
        if "MASTER_ADDR" not in environment:
            return cls()
        try:
            rank, size = (int(environment[name]) for name in ("RANK", "WORLD_SIZE"))
            local, near = (int(environment.get(f"LOCAL_{name}", "0")) for name in ("RANK", "WORLD_SIZE"))
        except (KeyError, ValueError):
            return cls()
        return cls(rank, size, local, near or size)


_joined = World()


def joined() -> World:
    """Those this process trains one network with; itself alone unless it has joined others."""
    return _joined


def join(world: World) -> None:
    """From now on this process is one of these."""
    global _joined
    _joined = world
