"""DataFrames from Python, as tables: what each column holds is checked, and nothing is stringified in silence."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.errors import DataError
from mlcore.sanitize import sanitize

TEXTS = ("string", "empty")
NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal")
WAYS = "numbers, texts, dates, truths and categories are read; leave the column out or convert it: .astype('str')"


def checked(frame: Any, where: str) -> Any:
    """A frame of plain columns: numbers, str, bool, datetime64 without zone; its index counts rows from 0.

    Categories become their values, nullable numbers float64 with NaN, dates with a zone UTC. Raises DataError for
    complex, nested or mixed columns (DATA_DTYPE), for names that are not alone (DATA_SCHEMA), for no rows or columns.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        message = f"{where}: expected a DataFrame of pandas, got {type(frame).__name__}"
        raise DataError(message, code="DATA_DTYPE", where=where, hint="pandas.DataFrame(rows, columns=names)")
    if isinstance(frame.columns, pd.MultiIndex):
        message = f"{where}: its columns have {frame.columns.nlevels} levels of names, expected one"
        raise DataError(message, code="DATA_SCHEMA", where=where, hint="frame.columns = ['_'.join(c) for c in frame]")
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        message = f"{where} has more than one column called {sanitize(twice, 80)!r}"
        raise DataError(message, code="DATA_SCHEMA", where=where, hint="give each a name of its own")
    if "" in names:
        message = f"{where} has no name for column {names.index('')}"
        raise DataError(message, code="DATA_SCHEMA", where=where, hint="name it")
    if not len(frame) or not names:
        raise DataError(f"{where} has no {'columns' if len(frame) else 'rows'}", code="DATA_EMPTY", where=where)
    made = {
        name: _plain(frame.iloc[:, place], f"{where}: {sanitize(name, 80)}", where) for place, name in enumerate(names)
    }
    return pd.DataFrame(made, copy=False).reset_index(drop=True)


def _plain(column: Any, what: str, where: str) -> Any:
    """A column of one of the plain kinds."""
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        of = dtype.categories.dtype
        column = column.astype("float64" if of.kind in "iub" and column.isna().any() else of)
        dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return column.astype("str")
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.tz_localize(None)
    if isinstance(dtype, pd.SparseDtype):
        column = column.sparse.to_dense()
        dtype = column.dtype
    kind = getattr(dtype, "kind", "O")
    if kind in "iufb" and pd.api.types.is_extension_array_dtype(dtype):
        return pd.Series(column.to_numpy("float64", na_value=np.nan), column.index)
    if kind == "f" and dtype.itemsize < 4:
        return column.astype("float32")  # pandas makes no groups of smaller ones
    if (kind in "iufb" and dtype.itemsize <= 8) or kind == "M":
        return column
    if dtype == np.object_:
        return _objects(column, what, where)
    raise DataError(f"{what} holds {dtype}, which is not read", code="DATA_DTYPE", where=where, hint=WAYS)


def _objects(column: Any, what: str, where: str) -> Any:
    """A column of Python objects that are all texts, all numbers or all dates."""
    import pandas as pd

    found = pd.api.types.infer_dtype(column, skipna=True)
    if found in TEXTS:
        return column.astype("str")
    if found in NUMBERS:
        return pd.to_numeric(column.where(column.notna(), np.nan).astype("float64"))
    if found in ("datetime64", "datetime", "date"):
        try:
            return pd.to_datetime(column)
        except (ValueError, OverflowError):
            found = "dates of several zones or beyond pandas' reach"
    raise DataError(f"{what} holds objects ({found}), which are not read", code="DATA_DTYPE", where=where, hint=WAYS)
