"""Your own training loop as a run: watched, steered and kept like one of mlj's.

from mlcore import live

with live("resnet on cats", steps=9000) as run:
    for step, batch in enumerate(batches):
        loss = train_step(batch, lr=run.value("learning_rate", 0.1))
        run.log(step, loss=loss, validation_loss=…)
        if run.stop:
            break
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcore.loop.handle import LARGEST, Live

if TYPE_CHECKING:
    from mlcore.run import Run

__all__ = ["Live", "Run", "live"]


def live(
    name: str = "",
    *,
    steps: float = 0,
    settings: Mapping[str, Any] | None = None,
    root: str | os.PathLike[str] | None = None,
    enabled: bool = True,
) -> Live:
    """A run for a loop of your own; it begins at once, and ends with the `with` statement, `close` or the program.

    steps: how many there will be, for the time left; settings: what you want to remember and compare, as plain values;
    root: the folder of runs; enabled: False makes every method do nothing (all but one process of many, say).
    A folder that cannot be written is said once, in a warning: your loop goes on, unrecorded.
    """
    known = int(steps) if 0 < steps < LARGEST else 0  # in some trainers it is infinite
    return Live(name, known, dict(settings or {}), None if root is None else Path(root), enabled)
