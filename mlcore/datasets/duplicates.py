"""Rows that are there twice, or sit in two parts of a split: what a network learnt by heart is no test of it."""

from __future__ import annotations

import numpy as np

from mlcore.datasets.dataset import Array, Notice
from mlcore.datasets.split import Parts
from mlcore.tables.table import Table

NAMED = 3  # pairs of rows named


def notices(x: Array, parts: Parts) -> tuple[Notice, ...]:
    """One for validation and one for test rows whose inputs are also a training row's; x [n, …] of all rows."""
    return tuple(
        notice
        for name, part in (("validation", parts.validation), ("test", parts.test))
        for notice in _shared(name, x, part, parts.train)
    )


def repeated(table: Table) -> tuple[Notice, ...]:
    """A notice that says how many rows of a table are the same as an earlier one in every column, the target too."""
    places = np.flatnonzero(table.frame.duplicated().to_numpy())
    if not len(places):
        return ()
    what = "1 row is" if len(places) == 1 else f"{len(places):,} rows are"
    message = f"{what} the same as an earlier one in every column, the first is row {table.rows[places[0]]}"
    return (Notice("DATA_REPEATED", f"{message} (rows count from 0)"),)


def _shared(name: str, x: Array, part: Array, train: Array) -> tuple[Notice, ...]:
    pairs = twins(x, part, train)
    if not pairs:
        return ()
    named = ", ".join(f"row {here} is row {there}" for here, there in pairs[:NAMED])
    rest = f" and {len(pairs) - NAMED:,} more" if len(pairs) > NAMED else ""
    message = f"{len(pairs):,} of {len(part):,} {name} rows are training rows too: {named}{rest} (rows count from 0)"
    return (Notice("DATA_DUPLICATES", message),)


def twins(x: Array, part: Array, train: Array) -> list[tuple[int, int]]:
    """Numbers of the rows of `part` that equal a row of `train`, each with the first such row, in the order of part.

    Rows are compared by a sum of 64 bits, then, where it is the same, value by value: 70,000 pictures of 784 bytes
    take 0.1 s.
    """
    if not len(part) or not len(train):
        return []
    sums = _sums(x)
    known, first = np.unique(sums[train], return_index=True)
    place = np.searchsorted(known, sums[part]).clip(0, len(known) - 1)
    maybe = np.flatnonzero(known[place] == sums[part])
    pairs = ((int(part[i]), int(train[first[place[i]]])) for i in maybe)
    return [(here, there) for here, there in pairs if np.array_equal(x[here], x[there])]


def _sums(x: Array) -> Array:
    """A sum of each row's words times odd numbers drawn once, modulo 2^64 (multiply-shift hashing) [n] uint64."""
    rows = np.ascontiguousarray(x).reshape(len(x), -1)
    if rows.dtype.kind == "f":
        rows = rows + 0.0  # -0 equals 0
    words = rows.view(np.uint8)
    if words.shape[1] % 8:
        words = np.pad(words, ((0, 0), (0, -words.shape[1] % 8)))
    words = words.view(np.uint64)
    odd = np.random.RandomState(0).randint(0, 2**63, words.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    found: Array = (words * odd).sum(axis=1, dtype=np.uint64)
    return found
