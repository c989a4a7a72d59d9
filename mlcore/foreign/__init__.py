"""Logs that other programs write, read as records of ours, also while they grow.

    log = find_log("logs/metrics.csv")
    for record in log.poll().records: ...

CSV files with a header (Keras, Lightning), JSON lines, and TensorBoard's event files. A record is
{"epoch": x, "step": step, "seconds": seconds, metric: number, …}; epoch is the step where there is one, for it is what
curves are drawn over. Columns are guessed by their names (`mlcore.terms`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlcore.errors import RunError
from mlcore.foreign.log import File, Folder, Log, News, Reader, Record
from mlcore.foreign.tables import Table
from mlcore.foreign.tail import Tail
from mlcore.foreign.texts import Lines
from mlcore.foreign.tfevents import Events
from mlcore.terms import SPLITS

__all__ = ["Log", "News", "Record", "find_log"]

ENDINGS: dict[str, Callable[[], Reader]] = {".csv": Table, ".tsv": Table, ".jsonl": Lines, ".ndjson": Lines}
EVENTS = "tfevents"
DEEPEST = 4  # folders below the one named in which logs are looked for
MOST = 32  # files of a folder that are read as one log


def kind(path: Path) -> Callable[[], Reader] | None:
    """Who reads a file of that name; None for one that is no log."""
    return Events if EVENTS in path.name else ENDINGS.get(path.suffix.lower())


def find_log(text: str | Path) -> Log | None:
    """The log a person means, or None where the name is not one of a log: then it may be a run's.

    A folder is that of its event files, each part of the training by itself (train, validation), else of its newest
    CSV file. Raises RunError (LOG_NOT_FOUND) for a log that is not there.
    """
    path = Path(text)
    reader = kind(path)
    if path.is_dir():
        return None if (path / "run.json").exists() else _folder(path)
    if reader is None:
        return None
    if not path.is_file():
        what = "not a regular file" if path.exists() else "not there"
        raise RunError(
            f"{path} is {what}", code="LOG_NOT_FOUND", where=str(path), hint="name a CSV, JSONL or event file"
        )
    return File(Tail(path), reader())


def _folder(path: Path) -> Log | None:
    events = sorted(each for each in _below(path, DEEPEST) if EVENTS in each.name)
    if events:
        parts = [File(Tail(each), Events(_split(each, path))) for each in events[-MOST:]]
        return Folder(path, parts)
    tables = [each for each in _below(path, DEEPEST) if kind(each) is not None]
    if not tables:
        return None
    return find_log(max(tables, key=lambda each: each.stat().st_mtime))


def _below(path: Path, depth: int) -> list[Path]:
    found: list[Path] = []
    for each in sorted(path.iterdir()):
        if each.is_file():
            found.append(each)
        elif depth and each.is_dir() and not each.is_symlink():
            found += _below(each, depth - 1)
    return found


def _split(file: Path, root: Path) -> str:
    """The part of the training a file of events is of, where its folder says so: train, validation."""
    name = file.parent.name.lower() if file.parent != root else ""
    return SPLITS.get(name, "") if name else ""
