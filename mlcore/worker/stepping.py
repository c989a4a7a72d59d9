"""Steps and views of a table, as `mlcore.tables` does them, for who asks over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcore.catalogue import unknown
from mlcore.errors import ConfigError
from mlcore.sanitize import sanitize
from mlcore.tables.chain import KINDS, Chain, reading
from mlcore.tables.steps import Step
from mlcore.worker.commands import Tabled
from mlcore.worker.tabled import TableText

if TYPE_CHECKING:
    from pandas import DataFrame


def read(path: Path, format: Mapping[str, Any]) -> tuple[str, DataFrame]:
    """The table in a file, as it is called, and its rows. Raises DataError, StorageError."""
    import pandas

    from mlcore.datasets import delimited

    table = delimited.read(path)
    frame = pandas.DataFrame(dict(zip(table.names, table.columns, strict=True)), index=table.rows)
    return table.where, frame


def step(plain: Mapping[str, Any]) -> Step:
    """A step of plain values. Raises ConfigError in the step's own words."""
    values = dict(plain)
    word = str(values.pop("kind", ""))
    if word not in KINDS:
        raise unknown("step", sanitize(word), tuple(KINDS))
    try:
        return KINDS[word](**values)
    except TypeError:
        raise ConfigError(f"{word}: a step of other keys", hint="both ends must be of the same version") from None


def applied(frame: DataFrame, plain: Mapping[str, Any]) -> DataFrame:
    """The table behind one more step. Raises ConfigError, DataError."""
    return step(plain).apply(frame)


def lines(of: Tabled) -> tuple[str, ...]:
    """Pandas that does the same, a line for each step."""
    return tuple(step(each).code() for each in of.steps)


def written(of: Tabled, target: str) -> TableText:
    """The steps as a part of a recipe, and as a script."""
    chain = Chain(tuple(map(step, of.steps)))  # type: ignore[arg-type]  # KINDS holds these and no others
    dataset: dict[str, Any] = {"kind": "file", "path": of.path}
    dataset |= {"target": target} if target else {}
    return TableText(chain.to_toml(dataset), chain.script(reading(of.path)))
