"""Repeats and sweeps under torchrun: each process trains its share of them by itself, and hands in how they ended."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mlcore import repeats
from mlcore.commands.experiment import use_threads
from mlcore.commands.signals import stopped_by_signals
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.events import Ended, Warned
from mlcore.repeats import Told
from mlcore.run import Run
from mlcore.sweeps import Sweep
from mlcore.world import joined

if TYPE_CHECKING:
    from mlcore.backends.pytorch.team import Team


class Errand(NamedTuple):
    """An experiment of which every process trains its share, the folder of the parent run, and the threads to use."""

    config: Config
    sweep: Sweep
    folder: Path | None
    threads: int | None


@contextmanager
def apart() -> Iterator[Team | None]:
    """While it lasts this process trains by itself; the team it is in, if it is in one."""
    if joined().size == 1:
        yield None
        return
    from mlcore.backends.pytorch import team

    found = team.present()
    assert found is not None
    with found.apart():
        yield found


def shared_out(
    team: Team, config: Config, sweep: Sweep, parent: Run | None, threads: int | None
) -> Callable[..., Iterator[Told]]:
    """`repeats.train_many` of this process's share; all others begin theirs now, and are asked for them at the end."""
    team.send(Errand(config, sweep, parent.folder if parent else None, threads))
    return partial(repeats.train_many, world=team.world, others=lambda: itertools.chain(*team.gather([])))


def train_own(team: Team, errand: Errand) -> list[Told]:
    """This process's share, trained and recorded as ever: how each ended, and what it warned of."""
    controls, told = Controls(), []
    with team.apart(), stopped_by_signals(lambda number: controls.stop("interrupted")):
        use_threads(errand.threads, errand.config)
        parent = Run.open(errand.folder) if errand.folder else None
        many = repeats.train_many(errand.config, sweep=errand.sweep, controls=controls, parent=parent, world=team.world)
        for number, event in many:
            if isinstance(event, Ended):
                event = msgspec.structs.replace(event, model=None)
            if isinstance(event, Ended | Warned):
                told.append(Told(number, event))
    return told
