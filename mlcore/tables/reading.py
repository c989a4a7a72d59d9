"""Tables from files: text of any delimiter, gzip'd or not, and Parquet; checked first, then read by pandas.

A column whose fields are all numbers, or missing, is numbers; one whose texts are all dates of one form is dates; any
other is texts, true and false too. Nothing is guessed that cannot be told: 03/04/2025 stays a text until it is said how
dates are written.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from mlcore.errors import DataError
from mlcore.tables import content, dates, dialect, parsing
from mlcore.tables.cells import MISSING
from mlcore.tables.content import Text
from mlcore.tables.format import AUTO, Dialect, Format
from mlcore.tables.scan import LONGEST, Scan, check, scan
from mlcore.tables.table import Table

WIDEST = 10_000  # columns
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}


def read(path: str | Path, format: Format = AUTO, texts: Collection[str] = ()) -> Table:
    """The table in a file. A first line without any number names the columns; else they are column_0, column_1, …

    texts: columns that are texts whatever they hold. Raises DataError naming the line, StorageError where the file
    cannot be read.
    """
    path = Path(path)
    if content.starts(path, len(content.PARQUET)) == content.PARQUET:
        from mlcore.tables import parquet

        return parquet.read(path, texts)
    with content.text(path, format.encoding) as text:
        return _table(path, text, format, texts)


def _table(path: Path, text: Text, format: Format, texts: Collection[str]) -> Table:
    """The table an open text holds."""
    where, start = str(path), text.read(0, dialect.SAMPLE + 1)
    way = dialect.sense(start[: dialect.SAMPLE], len(start) > dialect.SAMPLE, format)
    seen = scan(text, way)
    raw = _head(text.read(seen.first, seen.body - seen.first or LONGEST), way)
    head = [cell.strip() for cell in raw]
    if len(head) > WIDEST:
        hint = "keep the columns you need"
        raise _error(f"has {len(head):,} columns, more than the {WIDEST:,} allowed", "DATA_LIMIT", where, hint)
    check(seen, text, way, where)
    if not seen.records:
        raise _error("has no rows", "DATA_EMPTY", where, "name a file that has some")
    names = _names(head, format, way, where)
    named = names is not None
    names = names or tuple(f"column_{place}" for place in range(len(head)))
    if seen.records == named:
        raise _error("has a header and no rows", "DATA_EMPTY", where, "write rows under it")
    if seen.returns:
        text, seen = _returned(text, seen)
    dated = dates.dotted(
        dialect.records(start[: dialect.SAMPLE].decode(errors="replace"), *way[:2])[named:], names, way, format
    ) - set(texts)
    table, as_texts, mended = parsing.frame(text, way, names, named, seen, {*texts, *dated})
    table, formed = dates.parsed(table, format, where, set(texts))
    notes = (_told(way, text.encoding), *dates.told(formed))
    as_texts = (*as_texts, *sorted(dated))
    called = names if not named or raw != head else ()
    lines = [_code(path.name, way, text.encoding, named, called, as_texts), *(each.code(way) for each in mended)]
    code = "\n".join(lines) + dates.code(formed)
    return Table(where, table, np.arange(len(table)), named, notes, code)


def _error(what: str, code: str, where: str, hint: str) -> DataError:
    return DataError(f"{where} {what}", code=code, where=where, hint=hint)


def _head(record: bytes, way: Dialect) -> list[str]:
    """The fields of the first record."""
    text = record.decode(errors="replace")
    first = next(iter(dialect.records(text.replace("\t", " ") if way.delimiter == " " else text, *way[:2])), [])
    if way.delimiter == " ":
        first = [cell for cell in first if cell]
    return first


def _names(first: list[str], format: Format, way: Dialect, where: str) -> tuple[str, ...] | None:
    """The names a first record gives, or None where it is a row like the others."""
    numbers = any(parsing.value(cell, way) is not None for cell in first if cell)
    if format.header == "no" or (format.header == "auto" and numbers):
        return None
    known = set[str]()
    for place, name in enumerate(first):
        if not name:
            hint = "name it; a table pandas wrote has its row numbers there: write it with index=False"
            raise _error(f"has no name for column {place} in its first line", "DATA_SCHEMA", where, hint)
        if name in known:
            hint = "give each a name of its own"
            raise _error(f"has more than one column called {name!r:.80}", "DATA_SCHEMA", where, hint)
        known.add(name)
    return tuple(first)


def _returned(text: Text, seen: Scan) -> tuple[Text, Scan]:
    """The text with line feeds for carriage returns, as on very old Macintoshes: pandas reads some lines twice."""
    data = text.read(0, seen.byte).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Text(io.BytesIO(data), text.encoding), seen._replace(byte=len(data))


def _told(way: Dialect, encoding: str) -> str:
    """What was found out: `semicolons, decimal comma, UTF-8`."""
    said = [DELIMITERS[way.delimiter], "decimal comma" if way.decimal == "," else "decimal point"]
    said += [f"{way.thousands!r} between thousands"] if way.thousands else []
    said += [] if way.quote == '"' else [f"quotes are {way.quote}" if way.quote else "no quotes"]
    return ", ".join([*said, encoding.upper() if encoding.startswith("utf") else encoding])


def _code(name: str, way: Dialect, encoding: str, named: bool, names: Sequence[str], as_texts: Sequence[str]) -> str:
    """The line of pandas that reads the same. names: the columns, unless pandas finds them as they are."""
    said = [repr(name)]
    said += [f"sep={way.delimiter!r}"] if way.delimiter not in ", " else [r'sep=r"\s+"'] * (way.delimiter == " ")
    said += [f"quotechar={way.quote!r}"] if way.quote == "'" else ["quoting=3"] * (not way.quote)
    said += ["decimal=','"] if way.decimal == "," else []
    said += [f"thousands={way.thousands!r}"] if way.thousands else []
    said += [] if encoding.startswith("utf-8") else [f"encoding={encoding!r}"]
    said += ["header=None"] if not named else ["header=0"] if names else []
    said += [f"names={list(names)!r}"] if names else []
    said += ["skipinitialspace=True"] * (way.delimiter not in "\t ")
    plain = way.missing == MISSING
    said += ["na_values='?'"] if plain else ["keep_default_na=False", f"na_values={sorted(way.missing)!r}"]
    said += [f"dtype={dict.fromkeys(as_texts, 'str')!r}"] if as_texts else []
    return f"df = pd.read_csv({', '.join([*said, 'index_col=False'])})"
