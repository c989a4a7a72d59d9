"""Logs that other programs write, read as records of ours, also while they grow.

    log = find_log("logs/metrics.csv")
    for record in log.poll().records: ...

CSV files with a header (Keras, Lightning), JSON lines, and TensorBoard's event files. A record is
{"epoch": x, "step": step, "seconds": seconds, metric: number, …}; epoch is the step where there is one, for it is what
curves are drawn over. Columns are guessed by their names (`mlcore.terms`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from mlcore.errors import RunError
from mlcore.foreign.log import File, Folder, Log, News, Reader, Record
from mlcore.foreign.tables import Table
from mlcore.foreign.tail import Tail
from mlcore.foreign.texts import Lines
from mlcore.foreign.tfevents import Events
from mlcore.terms import EPOCHS, KINDS, SPLITS, STEPS, metric, word

__all__ = ["Log", "News", "Record", "find_log", "is_log"]

ENDINGS: dict[str, Callable[[], Reader]] = {".csv": Table, ".tsv": Table, ".jsonl": Lines, ".ndjson": Lines}
EVENTS = "tfevents"
COUNTED = {*STEPS, *EPOCHS}
KNOWN = {"learning_rate", *(f"{split}_{kind}" for split in SPLITS.values() for kind in KINDS.values())}
WIDEST = 1 << 16  # characters of a header that are looked at
DEEPEST = 4  # folders below the one named in which logs are looked for
MOST = 32  # files of a folder that are read as one log


def kind(path: Path) -> Callable[[], Reader] | None:
    """Who reads a file of that name; None for one that is no log."""
    return Events if EVENTS in path.name else ENDINGS.get(path.suffix.lower())


def find_log(text: str | Path) -> Log | None:
    """The log a person means, or None where the name is not one of a log: then it may be a run's.

    A folder is that of its event files, each part of the training by itself (train, validation), else of its newest
    file that tells of a training. Raises RunError (LOG_NOT_FOUND) for a log that is not there.
    """
    path = Path(text)
    reader = kind(path)
    if os.path.isdir(path):  # which no name is too long for, as it is for Path
        return None if (path / "run.json").exists() else _folder(path)
    if reader is None:
        return None
    if not os.path.isfile(path):
        what = "not a regular file" if os.path.exists(path) else "not there"
        raise RunError(
            f"{path} is {what}", code="LOG_NOT_FOUND", where=str(path), hint="name a CSV, JSONL or event file"
        )
    return File(Tail(path), reader())


def is_log(path: Path) -> bool:
    """Whether a file tells of a training rather than holds rows to learn from: both are often tables.

    A table is a log when a column counts steps or epochs, or is a loss, an accuracy or a learning rate by its name.
    """
    if kind(path) is not Table or not os.path.isfile(path):
        return kind(path) is not None
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            names = [name.strip(' "\n') for name in re.split("[,;\t]", file.readline(WIDEST))]
    except OSError:
        return True  # whoever reads it says what is wrong
    return any(word(name) in COUNTED or metric(name) in KNOWN for name in names)


def _folder(path: Path) -> Log | None:
    events = sorted(each for each in _below(path, DEEPEST) if EVENTS in each.name)
    if events:
        parts = [File(Tail(each), Events(_split(each, path))) for each in events[-MOST:]]
        return Folder(path, parts)
    logs = [each for each in _below(path, DEEPEST) if not each.stat().st_size or is_log(each)]  # or will once it begins
    if not logs:
        return None
    return find_log(max(logs, key=lambda each: each.stat().st_mtime))


def _below(path: Path, depth: int) -> list[Path]:
    found: list[Path] = []
    try:
        entries = sorted(path.iterdir())
    except OSError:  # somebody else's
        return found
    for each in entries:
        if each.is_file():
            found.append(each)
        elif depth and each.is_dir() and not each.is_symlink():
            found += _below(each, depth - 1)
    return found


def _split(file: Path, root: Path) -> str:
    """The part of the training a file of events is of, where its folder says so: train, validation."""
    name = file.parent.name.lower() if file.parent != root else ""
    return SPLITS.get(name, "") if name else ""
