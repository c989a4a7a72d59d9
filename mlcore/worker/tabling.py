"""The table that is looked at: loaded once, its steps done one after another and kept, so that one back is at once."""

from __future__ import annotations

import threading
import traceback
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from mlcore.datasets.own import Own
from mlcore.errors import DataError, MljError, StorageError
from mlcore.sanitize import sanitize
from mlcore.worker import stepping
from mlcore.worker.commands import (
    DescribeColumn,
    DrawView,
    FindSeries,
    OpenTable,
    ReadRows,
    Tabled,
    TableQuestion,
    WriteSteps,
)
from mlcore.worker.errands import Errand
from mlcore.worker.tabled import AnyTabled, ColumnFacts, TableHead, TableRows

if TYPE_CHECKING:
    from pandas import DataFrame

    from mlcore.tables.table import Table

BUNDLED = "sales"  # the table to practise on
REMEMBERED = 8  # frames behind steps that are kept
LARGEST = 1 << 30  # bytes of them, besides the newest


class Loaded(NamedTuple):
    """A table in memory: which one was asked for, its file as it was then, and its rows."""

    key: bytes
    seen: tuple[int, int]  # of the file: when it was changed, how large it was
    table: Table


class Tables:
    """One table at a time. `answer` is called in the server's thread, the errands it raises are done in another."""

    def __init__(self) -> None:
        self._loaded: Loaded | None = None
        self._frames: OrderedDict[bytes, DataFrame] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, question: TableQuestion) -> AnyTabled:
        """Rows of a frame that is there, at once. Raises Errand for all that takes longer."""
        if isinstance(question, ReadRows):
            with self._lock:
                frame = self._frames.get(_key(question.of, len(question.of.steps)))
            if frame is not None:
                return _rows(frame, question)
        raise Errand(lambda: self._work(question))

    def _work(self, question: TableQuestion) -> AnyTabled:
        try:
            return self._found(question)
        except MljError:
            raise
        except MemoryError:
            hint = "leave columns out, or look at fewer rows"
            raise DataError("there is no memory left for this view", code="DATA_LIMIT", hint=hint) from None
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            traceback.print_exc()  # into worker.log: it may be a bug of ours
            what = sanitize(f"{type(error).__name__}: {error}", 160)
            raise DataError(f"this cannot be done with this table: {what}", code="DATA_VALUE") from None

    def _found(self, question: TableQuestion) -> AnyTabled:
        of = question.of
        frame = self._frame(of, again=isinstance(question, OpenTable) and question.again)
        match question:
            case ReadRows():
                return _rows(frame, question)
            case DescribeColumn():
                return _facts(frame, question.column)
            case DrawView():
                from mlcore.worker import picturing  # which takes the views and what they compute with

                return picturing.drawn(frame, question)
            case WriteSteps():
                assert self._loaded is not None
                return stepping.written(of, self._loaded.table.code, question.target)
            case FindSeries():
                from mlcore.worker import timing  # which takes the data set `series`

                assert self._loaded is not None
                return timing.series(of, self._loaded.table, question.target)
            case _:
                return self._head(of, frame)

    def _head(self, of: Tabled, frame: DataFrame) -> TableHead:
        from mlcore.tables import lookup

        assert self._loaded is not None
        return TableHead(
            where=sanitize(self._loaded.table.where),
            of=len(self._loaded.table.frame),
            rows=len(frame),
            names=tuple(map(str, frame.columns)),
            kinds=tuple(lookup.kind(frame.iloc[:, place]) for place in range(frame.shape[1])),
            lines=stepping.lines(of),
            notes=tuple(sanitize(note, 200) for note in self._loaded.table.notes),
        )

    def _frame(self, of: Tabled, again: bool = False) -> DataFrame:
        """The rows behind the steps; those before the last step are kept. Raises DataError, ConfigError."""
        base = self._base(of, again)
        done, frame = 0, base
        with self._lock:
            for count in range(len(of.steps), 0, -1):
                found = self._frames.get(_key(of, count))
                if found is not None:
                    done, frame = count, found
                    break
        for count in range(done, len(of.steps)):
            frame = stepping.applied(frame, of.steps[count])
            self._keep(_key(of, count + 1), frame)
        return frame

    def _keep(self, key: bytes, frame: DataFrame) -> None:
        with self._lock:
            self._frames[key] = frame
            self._frames.move_to_end(key)
            while len(self._frames) > 1 and (
                len(self._frames) > REMEMBERED
                or sum(int(each.memory_usage(index=False).sum()) for each in self._frames.values()) > LARGEST
            ):
                self._frames.popitem(last=False)

    def _base(self, of: Tabled, again: bool) -> DataFrame:
        """The whole table: the one in memory, unless another file is meant or the file is another now.

        A file that is gone or unreadable leaves the table in memory as it is, unless it is to be read `again`.
        """
        key, path = _key(of, 0), Own(path=of.path).place()
        if of.path == BUNDLED and not path.exists():
            path = practised()
        with self._lock:
            there = self._loaded
        if there is not None and there.key == key and (not again or _seen(path) == there.seen):
            return there.table.frame
        seen = _seen(path)
        table = stepping.read(path, of.format)
        with self._lock:
            self._loaded = Loaded(key, seen, table)
            self._frames.clear()
            self._frames[key] = table.frame
        frame: DataFrame = table.frame
        return frame


def _key(of: Tabled, steps: int) -> bytes:
    """What tells a table behind so many of its steps from others."""
    return msgspec.json.encode([of.path, of.format, of.steps[:steps]], order="deterministic")


def practised() -> Path:
    """The table to practise on as a file, so that it can be learned like any other: written once, in our own folder.

    Raises StorageError where it cannot be written.
    """
    from mlcore.datasets.files import own_folder
    from mlcore.storage import storing, write_file
    from mlcore.tables import sales

    path = own_folder(BUNDLED) / f"{BUNDLED}.csv"
    if not path.is_file():
        with storing("cannot make", path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, sales.make().to_csv(index=False).encode())
    return path


def _seen(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        message = f"{sanitize(path)} cannot be read: {error.strerror}"
        raise StorageError(message, code="STORAGE_IO", where=str(path), hint="is it still there?") from None
    return found.st_mtime_ns, found.st_size


def _rows(frame: DataFrame, asked: ReadRows) -> TableRows:
    """Some cells; none where there are no such rows or columns."""
    from mlcore.tables import shown

    some = frame.iloc[asked.first : asked.first + asked.rows, asked.left : asked.left + asked.columns]
    columns = [shown.texts(some.iloc[:, place]) for place in range(some.shape[1])]
    index = some.index.to_numpy()
    numbers = index if index.dtype.kind in "iu" else np.arange(asked.first, asked.first + len(some))
    return TableRows(
        first=asked.first,
        left=asked.left,
        numbers=numbers.astype(np.int64),
        cells=tuple(zip(*columns, strict=True)) if columns else ((),) * len(some),
    )


def _facts(frame: DataFrame, name: str) -> ColumnFacts:
    """What there is to know of a column. Raises DataError where there is no such column."""
    from mlcore.tables import facts

    if name not in frame.columns:
        message = f"there is no column {sanitize(repr(name), 80)} behind these steps"
        raise DataError(message, code="DATA_SCHEMA", hint="u takes the last step back")
    found = facts.facts(frame, name)
    return ColumnFacts(
        name=name,
        kind=found.kind,
        rows=found.rows,
        missing=found.missing,
        distinct=found.distinct,
        facts=found.told,
        counts=found.counts,
        low=found.low,
        high=found.high,
        often=found.often,
        line=facts.line(name, found.kind),
    )
