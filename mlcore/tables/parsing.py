"""A checked text handed to pandas, and what pandas makes of its columns put right.

pandas takes true and false for numbers of their own, keeps the blanks around texts, and calls a column of numbers texts
where some are longer than 64 bits or written as Python alone knows them.
"""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from mlcore.errors import DataError
from mlcore.tables.cells import number
from mlcore.tables.content import Text
from mlcore.tables.format import BETWEEN, Dialect
from mlcore.tables.scan import Scan


class Mended(NamedTuple):
    """What was put right of a column that pandas reads as texts.

    blanks: those around texts were taken away. words: that stand for a missing value once they are. numbers: its texts
    are numbers.
    """

    name: str
    blanks: bool
    words: tuple[str, ...]
    numbers: bool

    def code(self, way: Dialect) -> str:
        """The lines of pandas that do the same to `df`."""
        column = f"df[{self.name!r}]"
        lines = [f"{column} = {column}.str.strip()"] if self.blanks else []
        lines += [f"{column} = {column}.mask({column}.isin({list(self.words)!r}))"] if self.words else []
        if self.numbers:
            marks = BETWEEN.get(way.thousands, "")
            plain = "".join(f".str.replace({mark!r}, '', regex=False)" for mark in marks)
            plain += ".str.replace(',', '.', regex=False)" if way.decimal == "," else ""
            lines.append(f"{column} = {column}{plain}.astype('float64')")
        return "\n".join(lines)


class _Feed:
    """So many bytes handed on to pandas' C reader as they are: it need not decode what it encodes again."""

    def __init__(self, text: Text, size: int) -> None:
        self.file, self.left = text.file, size
        text.rewind()

    def read(self, size: int = -1) -> bytes:
        part = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(part)
        return part

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        raise StopIteration


def _source(text: Text, size: int) -> str | _Feed:
    """A whole file by a name of its own, which pandas from 3.1 on reads in several threads; else its bytes in turn.

    The name is that of the open file, so that it is the one that was checked, whatever its path leads to by now.
    """
    if not text.start and not isinstance(text.file, io.BytesIO):
        name, whole = f"/proc/self/fd/{text.file.fileno()}", os.fstat(text.file.fileno()).st_size == size
        if whole and os.path.exists(name):
            return name
    return _Feed(text, size)


def frame(
    text: Text, way: Dialect, names: Sequence[str], named: bool, seen: Scan, texts: Collection[str]
) -> tuple[Any, tuple[str, ...], tuple[Mended, ...]]:
    """The frame of a text, which of its columns had to be called texts, and what was mended.

    Without being called texts they would be truths, or numbers beyond 64 bits.
    """
    import pandas as pd

    options: dict[str, Any] = {
        "sep": r"\s+" if way.delimiter == " " else way.delimiter,
        "decimal": way.decimal,
        "thousands": way.thousands or None,
        "header": 0 if named else None,
        "names": list(names),
        "index_col": False,
        "skipinitialspace": seen.padded and way.delimiter not in "\t ",  # it costs a quarter of the time
        "keep_default_na": False,
        "na_values": sorted(way.missing),
        "engine": "c",
        "compression": None,
        **({"quotechar": way.quote} if way.quote else {"quoting": csv.QUOTE_NONE}),
    }
    if int(pd.__version__.split(".")[0]) < 3:  # since 3 every number is the nearest one
        options["float_precision"] = "round_trip"

    def parse(**more: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                return pd.read_csv(_source(text, seen.byte), **options, **more)
            except pd.errors.DtypeWarning:  # a column changes its type between two blocks of rows
                return pd.read_csv(_Feed(text, seen.byte), low_memory=False, **options, **more)

    wanted = [name for name in names if name in texts]
    found = parse(dtype=dict.fromkeys(wanted, "str"))
    if found.shape != (seen.records - named, seen.fields):
        counts = f"{len(found):,} rows of {found.shape[1]:,} fields"
        message = f"pandas found {counts}, expected {seen.records - named:,} of {seen.fields:,}"
        raise DataError(message, code="DATA_FORMAT", hint="say how it is written: mlj help format")
    kinds = found.dtypes
    truths = [name for name in names if kinds[name].kind in "bO"]
    truths = [name for name in truths if not isinstance(kinds[name], pd.StringDtype)]
    if truths:
        again = parse(dtype=dict.fromkeys(truths, "str"), usecols=truths)
        for name in truths:
            found[name] = again[name]
    mended = []
    for name in names:
        if isinstance((column := found[name]).dtype, pd.StringDtype):
            values, how = _cleaned(column, way, seen.padded, name not in wanted)
            if values is not column:
                found[name] = values
            mended += [] if how is None else [how._replace(name=name)]
    return found, tuple(truths), tuple(mended)


def _cleaned(texts: Any, way: Dialect, strip: bool, try_numbers: bool) -> tuple[Any, Mended | None]:
    """A column of texts without blanks around them, or of numbers where all its texts are some pandas does not know.

    With it what was put right, None where nothing was.

    Where whole numbers exceed 64 bits pandas leaves every field as it is, missing ones too.
    """
    import pandas as pd

    first = "" if (known := texts.first_valid_index()) is None else texts[known]
    if not strip and not (try_numbers and (first in way.missing or value(first.strip(), way) is not None)):
        return texts, None
    codes, words = pd.factorize(texts)
    said = [word.strip() for word in words]
    gone = tuple(dict.fromkeys(word for word in said if word in way.missing))
    absent = np.array([word in way.missing for word in said] + [True])  # the last one is what factorize calls -1
    if try_numbers:
        values = [value(word, way) if not none else np.nan for word, none in zip(said, absent, strict=False)]
        if None not in values:
            blanks = bool(gone) and said != list(words)
            made = pd.Series(np.array([*values, np.nan], np.float64)[codes], texts.index)
            return made, Mended("", blanks, gone, True)
    cleaned = [None if none else word for word, none in zip([*said, ""], absent, strict=True)]
    blanks = said != list(words)
    how = Mended("", blanks, gone, False) if blanks or gone else None
    return pd.Series(pd.array(cleaned, dtype=texts.dtype).take(codes), texts.index), how


def value(cell: str, way: Dialect) -> float | None:
    """What a field says, if that is a number."""
    if way.thousands:
        for mark in BETWEEN[way.thousands]:
            cell = cell.replace(mark, "")
    if way.decimal == ",":
        cell = cell.replace(".", "_").replace(",", ".")
    return None if cell in way.missing else number(cell)
