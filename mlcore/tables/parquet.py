"""Parquet files, through pyarrow, an extra: what a file would become in memory is counted before it is read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from mlcore.errors import DataError
from mlcore.regular import opened
from mlcore.tables.frames import checked
from mlcore.tables.table import Table

LARGEST = 2 << 30  # bytes of all columns, decoded
WIDEST = 10_000  # columns
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
            frame = found.read(use_threads=False).to_pandas()
        except pyarrow.ArrowException as error:
            message = f"{path} is a Parquet file that cannot be read: {error!s:.200}"
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


def _check(found: Any, where: str) -> None:
    """Raise DataError for more than there is room for, decoded: a few bytes may stand for any number of rows."""
    width, rows = sum(map(_width, found.schema_arrow.types)), found.metadata.num_rows
    if len(found.schema_arrow.types) > WIDEST:
        message = f"{where} has {len(found.schema_arrow.types):,} columns, more than the {WIDEST:,} allowed"
        raise DataError(message, code="DATA_LIMIT", where=where, hint="keep the columns you need")
    if rows * width > LARGEST:
        message = f"{where} has {rows:,} rows of {width} bytes, more than the {LARGEST:,} bytes allowed"
        raise DataError(message, code="DATA_LIMIT", where=where, hint="keep the rows or columns you need")


def _width(kind: Any) -> int:
    """Bytes a value takes in memory."""
    try:
        return max(int(kind.bit_width) // 8, 1)
    except ValueError:  # texts, nested and dictionary types have no width
        return TEXT
