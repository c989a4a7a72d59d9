"""The columns of a table as `mlj data show` tells them: what each holds, what it is for, how it becomes features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlcore.commands import table
from mlcore.datasets.columns import kind_of, names
from mlcore.datasets.dataset import Column, Data
from mlcore.sanitize import sanitize

WIDEST = 40  # columns of a table told
HOLDS = {"number": "numbers", "category": "texts", "date": "dates"}
WAYS = {
    "quantile": "by its place among the training rows",
    "ordinal": "by the number of its category",
    "token": "as a token for an embedding",
}


def lines(data: Data) -> Iterator[str]:
    """A line for each column; of many the first ones."""
    by_name = {column.name: column for column in data.columns}
    body = [
        (sanitize(role.name, 40), HOLDS[role.kind], role.role, _told(role.why, by_name.get(role.name)))
        for role in data.roles[:WIDEST]
    ]
    yield from table.lines(body, ("column", "holds", "is", "how"))
    if len(data.roles) > WIDEST:
        yield f"… and {len(data.roles) - WIDEST:,} more columns"


def plain(data: Data) -> list[dict[str, Any]]:
    """The same as plain values, with the features that come of each column."""
    by_name = {column.name: column for column in data.columns}
    return [
        role._asdict() | {"features": list(names([by_name[role.name]])) if role.name in by_name else []}
        for role in data.roles
    ]


def _told(why: str, column: Column | None) -> str:
    """Why a column is left out, or what is made of it."""
    if column is None:
        return sanitize(why, 100)
    kind = kind_of(column)
    if column.way in WAYS:
        said = WAYS[column.way]
    elif column.way == "piecewise":
        said = f"{len(column.knots) - 1} bins"
    elif kind == "date":
        said = ", ".join(column.categories)
    elif kind == "category":
        said = f"{len(column.categories)} categories{', all others one together' if column.rest else ''}"
    else:
        said = "as it is, scaled"
    return said + _missing(column)


def _missing(column: Column) -> str:
    """What stands for missing values, where some are missing or may be."""
    if column.fill is None:
        return "; nothing may be missing"
    mark = " and a mark" if column.marked else ""
    if isinstance(column.fill, float):
        return f"; {column.fill:.6g}{mark} where missing"
    return (
        f"; {sanitize(column.fill, 30)!r}{mark} where missing" if column.fill else "; a mark where missing" * bool(mark)
    )
