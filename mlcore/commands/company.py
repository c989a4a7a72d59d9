"""`torchrun … -m mlcore train …`: the first process runs the command, the others help it to train."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

from mlcore.errors import BackendError, MljError
from mlcore.world import World

SHARED = (["train"], ["resume"])  # what others help with; everything else the first does alone


def run(words: list[str], world: World, alone: Callable[[list[str]], int]) -> int:
    """The exit code of the command in the first process; others end with 0, or with 9 when the first has vanished.

    Others say nothing, write nothing and leave it to the first to end: they are told, or find it gone.
    """
    if world.rank == 0 and words[:1] not in SHARED:
        return alone(words)
    if words[:1] not in SHARED:
        return 0
    if find_spec("torch") is None:
        raise BackendError('PyTorch is not installed; pip install "mlj-tui[torch]" brings it')
    from mlcore.backends.pytorch import distributed, team
    from mlcore.commands import sharing

    if world.rank == 0:
        with team.joined(world):
            return alone(words)
    for each in (signal.SIGINT, signal.SIGTERM):  # the first ends all; seeds of one's own are ended by either
        signal.signal(each, lambda number, frame: None)
    try:
        with team.joined(world) as found:
            distributed.follow(found, partial(sharing.train_own, found))
    except team.Lost as error:
        return error.exit_code
    except Exception as error:
        what = str(error) if isinstance(error, MljError) else f"{type(error).__name__}: {error}"
        raise BackendError(f"process {world.rank + 1} of {world.size}: {what}", code="BACKEND_FAILED") from error
    return 0
