"""A file of rows to predict from: .npy or a text table, checked before anything is believed."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.commands.tables import written as asked
from mlcore.datasets import columns, matching, npy
from mlcore.datasets.dataset import Dataset, Notice
from mlcore.datasets.own import Own
from mlcore.datasets.series import Series
from mlcore.errors import DataError, UsageError
from mlcore.model import Preparation
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
    format = _asked_of(format, {column.name for column in wanted})
    return matching.raw(reading.read(path, format, texts=texts), wanted)


def _asked_of(format: Format, names: Collection[str]) -> Format:
    """A format that says nothing of columns a model does not read: a table to predict from need not have them."""
    said = format.by_column()
    if set(said) <= {*names, "*"}:
        return format
    own = "; ".join(f"{name}={form}" for name, form in said.items() if name in names)
    return asked.so(format, {"dates": own or "none"})


def unasked(args: argparse.Namespace) -> None:
    """Raise UsageError where it is said how a file is written and none is named."""
    for option, value in (("--encoding", args.encoding), ("--set", args.set)):
        if value and args.data is None:
            raise UsageError(f"{option} is of a file of rows", hint="name the file: --data FILE")


def written(dataset: Dataset, encoding: str | None, settings: Sequence[str] = ()) -> Format:
    """How a table to predict from is written: as the one trained on, unless something else is said."""
    said = dataset.format if isinstance(dataset, Own | Series) else AUTO
    other = {} if encoding is None else {"encoding": encoding}
    return asked.so(said, asked.settings(settings) | other)


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
