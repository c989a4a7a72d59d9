"""Steps and views of a table, as `mlcore.tables` does them, for who asks over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlcore.errors import ConfigError
from mlcore.sanitize import sanitize
from mlcore.tables.chain import Chain
from mlcore.tables.format import Format
from mlcore.tables.steps import Step
from mlcore.tables.table import Table
from mlcore.worker.commands import Tabled
from mlcore.worker.tabled import TableText

if TYPE_CHECKING:
    from pandas import DataFrame


def read(path: Path, format: Mapping[str, Any]) -> Table:
    """The table in a file. Raises ConfigError for a format there is none of, DataError, StorageError."""
    from mlcore.tables import reading

    try:
        said = msgspec.convert(dict(format), Format)
    except msgspec.ValidationError as error:
        raise ConfigError(f"dataset.format: {sanitize(error)}", where="dataset.format") from None
    return reading.read(path, said)


def step(plain: Mapping[str, Any]) -> Step:
    """A step of plain values. Raises ConfigError in the step's own words."""
    (found,) = Chain.of([plain], "steps").steps
    return found


def applied(frame: DataFrame, plain: Mapping[str, Any]) -> DataFrame:
    """The table behind one more step. Raises ConfigError, DataError."""
    return step(plain).apply(frame)


def lines(of: Tabled) -> tuple[str, ...]:
    """Pandas that does the same, a line for each step."""
    return tuple(step(each).code() for each in of.steps)


def written(of: Tabled, read: str, target: str) -> TableText:
    """The steps as a part of a recipe, and as a script. read: the lines of pandas that read the table into `df`."""
    chain = Chain.of(of.steps)
    dataset: dict[str, Any] = {"kind": "file", "path": of.path}
    dataset |= {"target": target} if target else {}
    dataset |= {"format": of.format} if of.format else {}
    return TableText(chain.to_toml(dataset), chain.script(read))
