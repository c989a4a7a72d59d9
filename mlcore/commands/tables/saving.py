"""A table after its steps, and the steps themselves, written to files."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcore.commands.tables.printing import program
from mlcore.commands.tables.source import Shaped
from mlcore.errors import UsageError
from mlcore.sanitize import cell, sanitize
from mlcore.storage import write_file
from mlcore.tables import lookup
from mlcore.tables.chain import saving

if TYPE_CHECKING:
    from pandas import DataFrame


def save(args: argparse.Namespace, found: Shaped) -> bool:
    """Write what `--out`, `--save` and `--script` ask for. Returns whether the table went to stdout."""
    if args.save:
        _write(args.save, found.steps.to_toml(_dataset(found.source.dataset, Path(args.save))), found)
    if args.script:
        after = saving(args.out) if args.out and args.out != "-" else "print(df)"
        _write(args.script, program(found, after), found)
    if not args.out:
        return False
    text = as_csv(found.frame, "\t" if args.out.lower().endswith((".tsv", ".tab")) else ",")
    if args.out == "-":
        sys.stdout.write(text)
        return True
    _write(args.out, text, found)
    return False


def as_csv(frame: DataFrame, separator: str = ",") -> str:
    """A frame as a text table: missing cells empty, dates as ISO 8601, no text that a spreadsheet runs."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow([cell(name) for name in frame.columns])
    columns = [[_plain(value) for value in frame.iloc[:, place].tolist()] for place in range(frame.shape[1])]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def _plain(value: Any) -> Any:
    found = lookup.plain(value)
    return "" if found is None else cell(found) if isinstance(found, str) else found


def _dataset(plain: dict[str, Any], toml: Path) -> dict[str, Any]:
    """The keys of a data set whose path is looked for beside the file that names it."""
    if not plain:
        return {}
    path = Path(os.path.expanduser(plain["path"]))
    return plain | {"path": str(path) if path.is_absolute() else os.path.relpath(path, toml.parent)}


def _write(name: str, text: str, found: Shaped) -> None:
    path = Path(name)
    if found.source.kind == "file" and path.exists() and os.path.samefile(path, os.path.expanduser(found.source.name)):
        raise UsageError(f"{sanitize(name)} is the table that is read", hint="write to another file")
    write_file(path.absolute(), text.encode("utf-8", "backslashreplace"))
    print(f"wrote {sanitize(name)}", file=sys.stderr)
