"""A table: rows of named columns, as a frozen value around a DataFrame of pandas."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Table(NamedTuple):
    """Columns by name. `frame` is not to be written to; its index counts its rows from 0.

    rows [n]: the numbers of its rows in the file, counted from 0 without the header. named: it has a header.
    notes: what was found out about the file, a line each. code: the lines of pandas that read it, into `df`.
    """

    where: str
    frame: Any
    rows: Array
    named: bool = True
    notes: tuple[str, ...] = ()
    code: str = ""

    @staticmethod
    def of(frame: Any, where: str = "DataFrame") -> Table:
        """The table of a DataFrame. Raises DataError for columns that hold neither numbers, texts nor dates."""
        from mlcore.tables.frames import checked

        frame = checked(frame, where)
        return Table(where, frame, np.arange(len(frame)), code="df = frame")

    @staticmethod
    def of_array(x: Array, names: tuple[str, ...], where: str) -> Table:
        """The table of numbers x [n, columns]."""
        import pandas as pd

        return Table(where, pd.DataFrame(x, columns=list(names), copy=False), np.arange(len(x)))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(str, self.frame.columns))

    def column(self, name: str) -> Array:
        """The values of a column [n].

        Numbers are float64 with NaN where missing, texts objects with None, dates datetime64[us] with NaT: nanoseconds
        end in 2262, and a date that means never is later.
        """
        series = self.frame[name]
        kind = getattr(series.dtype, "kind", "O")
        if kind in "iufb":
            values: Array = series.to_numpy(np.float64)
            return values
        if kind == "M":
            return np.asarray(series.to_numpy("datetime64[us]"))
        texts: Array = series.to_numpy(object, copy=True)
        texts[series.isna().to_numpy()] = None
        return texts

    def take(self, index: Array) -> Table:
        """The rows at `index`."""
        return self._replace(frame=self.frame.take(index).reset_index(drop=True), rows=self.rows[index])

    def renamed(self, names: tuple[str, ...]) -> Table:
        """The same columns under other names."""
        return self._replace(frame=self.frame.set_axis(list(names), axis=1))
