"""A file of rows to predict from: .npy or a text table, checked before anything is believed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.datasets import columns, matching, npy
from mlcore.datasets.dataset import Dataset, Notice
from mlcore.datasets.own import Own
from mlcore.errors import DataError, UsageError
from mlcore.model import Preparation
from mlcore.spec import changed
from mlcore.tables import reading
from mlcore.tables.format import AUTO, Format


def read(path: str | Path, preparation: Preparation, format: Format = AUTO) -> tuple[NDArray[Any], tuple[Notice, ...]]:
    """The rows of a file as a model takes them [n, features], and what should be known of them.

    A table may have a header: then its columns are found by name and others are left out. Raises DataError saying what,
    where and the way out, StorageError when the file cannot be read.
    """
    path = Path(path)
    if path.suffix == ".npy":
        return _array(path, preparation.feature_names), ()
    wanted = preparation.wanted
    texts = {column.name for column in wanted if columns.kind_of(column) == "category"}
    return matching.raw(reading.read(path, format, texts=texts), wanted)


def unasked(args: argparse.Namespace) -> None:
    """Raise UsageError where an encoding is named and no file."""
    if args.encoding is not None and args.data is None:
        raise UsageError("--encoding is of a file of rows", hint="name the file: --data FILE")


def written(dataset: Dataset, encoding: str | None) -> Format:
    """How a table to predict from is written: as the one trained on, unless its encoding is named."""
    said = dataset.format if isinstance(dataset, Own) else AUTO
    found: Format = said if encoding is None else changed(said, encoding=encoding)
    return found


def _array(path: Path, names: tuple[str, ...]) -> NDArray[Any]:
    found = npy.read(path)
    if found.dtype.kind not in "fiub":
        message = f"{path}: expected real numbers, got dtype {found.dtype}"
        raise DataError(message, code="DATA_DTYPE", where=str(path))
    if found.ndim != 2 or found.shape[1] != len(names):
        message = f"{path}: expected rows of {len(names)} features, got an array of shape {list(found.shape)}"
        raise DataError(message, code="DATA_SCHEMA", where=str(path), hint=f"the features are {matching.listed(names)}")
    if not len(found):
        raise DataError(f"{path} has no rows", code="DATA_EMPTY", where=str(path))
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        row, column = bad[0]
        many = "1 value is" if len(bad) == 1 else f"{len(bad)} values are"
        message = f"{path}: {many} not finite, the first is {names[column]} in row {row} (rows count from 0)"
        raise DataError(message, code="DATA_NONFINITE", where=str(path), hint="leave such rows out or fill them in")
    return found
