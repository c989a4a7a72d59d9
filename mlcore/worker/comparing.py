"""Runs beside each other as a client is told: thinned curves, a table of words, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlcore.comparing_loops import comparison
from mlcore.contestants import Contestant
from mlcore.runs import open_run
from mlcore.worker.protocol import Band, Compared

POINTS = 1000  # of a curve, at most


def compared(folders: Sequence[str], what: str | None, *, judged: bool) -> Compared:
    """The comparison of the runs in some folders. Raises UsageError, RunError, DataError or CheckpointError."""
    found = comparison([open_run(Path(folder)) for folder in folders], what)
    return Compared(
        names=tuple(found.names),
        what=found.what,
        whats=found.curved,
        curve=found.curve,
        bands=tuple(_band(each, found.curve) for each in found.found) if found.curve else (),
        rows=tuple(found.rows()),
        verdicts=tuple(f"{one.words}. {one.how}".rstrip(". ") for one in found.verdicts()) if judged else (),
        parted=tuple(found.parted()),
        unit=found.unit,
        folders=tuple(tuple(str(run.folder) for run in each.asked) for each in found.found),
        running=any(run.status.state == "running" for each in found.found for run in each.seeds),
    )


def _band(contestant: Contestant, curve: str) -> Band:
    _, y, *edges = contestant.band(curve)
    stride = max(1, -(-len(y) // POINTS))
    kept = np.unique(np.r_[np.arange(0, len(y), stride), len(y) - 1]) if y else np.arange(0)
    axes = contestant.axes(curve)
    columns = [np.array(axes[name], np.float64) for name in ("epoch", "step", "seconds")]
    parts = [np.resize(column, len(y))[kept] for column in columns]
    return Band(*parts, *(np.array(each, np.float64)[kept] for each in (y, *edges)))
