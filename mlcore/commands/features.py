"""A file of features to predict from: .npy or .csv, checked before anything is believed."""

from __future__ import annotations

import csv
import io
import math
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import DataError

LARGEST = 4 << 30  # bytes of a file


def read(path: str | Path, names: Sequence[str]) -> NDArray[Any]:
    """The rows of a file [n, features], columns in the order of `names`.

    A .csv may have a header: then its columns are found by name and others are left out. Raises DataError saying what,
    where and the way out, and OSError when the file cannot be read.
    """
    path = Path(path)
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path} is not a regular file", code="DATA_NOT_REGULAR", where=str(path))
    if status.st_size > LARGEST:
        raise DataError(f"{path} has {status.st_size:,} bytes, more than {LARGEST:,}", code="DATA_LIMIT")
    if not status.st_size:
        raise DataError(f"{path} is empty", code="DATA_EMPTY", where=str(path))
    found = _npy(path) if path.suffix == ".npy" else _csv(path, names)
    if found.ndim != 2 or found.shape[1] != len(names):
        raise DataError(
            f"{path}: expected rows of {len(names)} features, got an array of shape {list(found.shape)}",
            code="DATA_SCHEMA",
            hint="the features are " + ", ".join(names[:20]) + (" …" if len(names) > 20 else ""),
        )
    if not len(found):
        raise DataError(f"{path} has no rows", code="DATA_EMPTY", where=str(path))
    return _finite(path, found, names)


def _finite(path: Path, found: NDArray[Any], names: Sequence[str]) -> NDArray[Any]:
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        row, column = bad[0]
        many = "1 value is" if len(bad) == 1 else f"{len(bad)} values are"
        message = f"{path}: {many} not finite, the first is {names[column]} in row {row} (rows count from 0)"
        raise DataError(message, code="DATA_NONFINITE", hint="remove these rows or fill the values in")
    return found


def _npy(path: Path) -> NDArray[Any]:
    """An array of real numbers; its header is held against the file's size before memory is asked for."""
    with path.open("rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
            shape, _, dtype = read_header[version](file)
        except Exception:  # the parser of the header raises what it pleases
            message = f"{path} is not an .npy file, or its header is damaged"
            raise DataError(message, code="DATA_FORMAT", where=str(path)) from None
        if dtype.hasobject or dtype.kind not in "fiub":
            message = f"{path}: expected real numbers, got dtype {dtype}"
            raise DataError(message, code="DATA_UNSAFE" if dtype.hasobject else "DATA_DTYPE", where=str(path))
        expected, left = math.prod(shape) * dtype.itemsize, os.fstat(file.fileno()).st_size - file.tell()
        if expected != left or math.prod(max(side, 1) for side in shape) > LARGEST:
            message = f"{path}: its header promises {expected:,} bytes of numbers, the file has {left:,}"
            raise DataError(message, code="DATA_TRUNCATED", where=str(path))
        file.seek(0)
        found: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return found


def _csv(path: Path, names: Sequence[str]) -> NDArray[Any]:
    rows = _rows(path)
    header = None if _numbers(rows[0][1]) else [cell.strip() for cell in rows[0][1]]
    body = rows[1:] if header else rows
    if not body:
        raise DataError(f"{path} has a header and no rows", code="DATA_EMPTY", where=str(path))
    columns = _columns(path, header, names)
    width = len(rows[0][1])
    found = np.empty((len(body), width if columns is None else len(columns)))
    for place, (line, cells) in enumerate(body):
        if len(cells) != width:
            message = f"{path}:{line}: expected {width} fields, found {len(cells)}"
            raise DataError(message, code="DATA_RAGGED", where=f"{path}:{line}")
        picked = cells if columns is None else [cells[column] for column in columns]
        numbers = _numbers(picked)
        if numbers is None:
            message = f"{path}:{line}: expected numbers, got {', '.join(picked)!r:.80}"
            raise DataError(message, code="DATA_VALUE", where=f"{path}:{line}")
        found[place] = numbers
    return found


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of every line that is not empty."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 at byte {error.start}", code="DATA_ENCODING", where=str(path)) from None
    if "\0" in text:
        raise DataError(f"{path} has a NUL in it", code="DATA_NUL", where=str(path))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        where = f"{path}:{reader.line_num}"
        raise DataError(f"{where}: {error}", code="DATA_QUOTE", where=where) from None
    if not rows:
        raise DataError(f"{path} has no rows", code="DATA_EMPTY", where=str(path))
    return rows


def _numbers(cells: Sequence[str]) -> list[float] | None:
    try:
        return [float(cell) for cell in cells] if "_" not in "".join(cells) else None  # Python's own 1_000 is no number
    except ValueError:
        return None


def _columns(path: Path, header: list[str] | None, names: Sequence[str]) -> list[int] | None:
    """Where each feature stands, or None where there is no header to say."""
    if header is None:
        return None
    missing = [name for name in names if name not in header]
    if missing:
        message = f"{path}: no column called {', '.join(missing[:10])}; it has {', '.join(header[:10])}"
        raise DataError(message, code="DATA_SCHEMA", where=str(path))
    twice = [name for name in names if header.count(name) > 1]
    if twice:
        raise DataError(f"{path}: more than one column called {twice[0]}", code="DATA_SCHEMA", where=str(path))
    return [header.index(name) for name in names]
