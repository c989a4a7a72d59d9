"""Parquet files, through pyarrow, an extra: what a file would become in memory is counted before it is read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from mlcore.errors import DataError
from mlcore.regular import opened
from mlcore.sanitize import sanitize
from mlcore.tables.frames import checked
from mlcore.tables.table import Table

LARGEST = 2 << 30  # bytes of all columns, decoded
WIDEST = 10_000  # columns
BATCH = 4096  # rows decoded at once
TEXT = 64  # bytes a text takes at least, as an object of Python with its pointer
INSTALL = 'pip install "mlj-tui[parquet]"'


def read(path: Path, texts: Collection[str] = ()) -> Table:
    """The table in a Parquet file. Raises DataError where it is none, too large, or pyarrow is missing."""
    where = str(path)
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        message = f"{path} is a Parquet file, which takes pyarrow to read"
        raise DataError(message, code="DATA_FORMAT", where=where, hint=INSTALL) from None
    with opened(path) as file:
        try:
            found = parquet.ParquetFile(file)
            _check(found, where)
            frame = _batches(found, where).to_pandas()
        except DataError:
            raise
        except (pyarrow.ArrowException, ValueError, OSError) as error:
            if getattr(error, "errno", None):
                raise
            message = f"{path} is a Parquet file that cannot be read: {sanitize(error)}"
            raise DataError(message, code="DATA_FORMAT", where=where, hint="write it again") from None
    if not isinstance(frame.index, type(frame.reset_index(drop=True).index)):  # a named index is a column as well
        frame = frame.reset_index()
    frame = checked(frame, where)
    for name in frame.columns.intersection(list(texts)):
        known = frame[name].notna()
        frame[name] = frame[name].astype("str").where(known)
    code = f"df = pd.read_parquet({path.name!r})"
    return Table(
        where, frame, np.arange(len(frame)), True, (f"Parquet, {found.metadata.num_row_groups} row groups",), code
    )


def _batches(found: Any, where: str) -> Any:
    """The rows, some at a time: texts may be longer than was thought."""
    import pyarrow

    batches, size = [], 0
    for batch in found.iter_batches(BATCH, use_threads=False):
        size += sum(map(_size, batch.columns))
        if size > LARGEST:
            raise _too_large(f"{where} becomes more than the {LARGEST:,} bytes allowed", where)
        batches.append(batch)
    return pyarrow.Table.from_batches(batches, found.schema_arrow)


def _size(column: Any) -> int:
    """Bytes of a column of a batch, decoded: of a dictionary each value as often as it is there."""
    from pyarrow import compute, types

    if not types.is_dictionary(column.type):
        return int(column.nbytes)
    words = column.dictionary
    if not (types.is_string(words.type) or types.is_large_string(words.type)):
        return len(column) * _width(words.type)
    lengths = compute.binary_length(words).cast("int64").take(column.indices)
    return int(compute.sum(lengths).as_py() or 0) + len(column) * TEXT


def _too_large(message: str, where: str) -> DataError:
    return DataError(message, code="DATA_LIMIT", where=where, hint="keep the rows and columns you need")


def _check(found: Any, where: str) -> None:
    """Raise DataError for more than there is room for, decoded: a few bytes may stand for any number of rows."""
    from pyarrow import types

    kinds, rows = found.schema_arrow.types, found.metadata.num_rows
    for name, kind in zip(found.schema_arrow.names, kinds, strict=True):
        if types.is_nested(kind):
            message = f"{where}: {sanitize(name, 80)} holds {sanitize(kind, 80)}, which is not read"
            raise DataError(message, code="DATA_DTYPE", where=where, hint="a column holds one value a row")
    if len(kinds) > WIDEST:
        raise _too_large(f"{where} has {len(kinds):,} columns, more than the {WIDEST:,} allowed", where)
    width = sum(map(_width, kinds))
    if rows * width > LARGEST:
        raise _too_large(f"{where} has {rows:,} rows of {width:,} bytes, more than the {LARGEST:,} allowed", where)


def _width(kind: Any) -> int:
    """Bytes a value takes in memory."""
    try:
        return max(int(kind.bit_width) // 8, 1)
    except ValueError:  # texts, nested and dictionary types have no width
        return TEXT
