"""`mlj data filter, sort, group, top, make`: a table brought into another shape, shown and written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mlcore.commands.tables.printing import counted, show
from mlcore.commands.tables.saving import as_csv, save
from mlcore.commands.tables.source import Shaped, columns, ordered, shaped
from mlcore.errors import UsageError
from mlcore.sanitize import sanitize
from mlcore.storage import write_file
from mlcore.tables import lookup
from mlcore.tables.steps import Filter, Group, Sort, Top
from mlcore.tables.views.view import of_frame

SHOWN = 20  # rows, unless -n asks for more


def filter(args: argparse.Namespace) -> int:
    """The rows of which something is true."""
    return _table(args, ordered(shaped(args).then(Filter(args.expression)), args))


def sort(args: argparse.Namespace) -> int:
    """The rows in another order."""
    found = shaped(args)
    return _table(args, found.then(Sort(columns(args.by, found.frame, signed=True))))


def group(args: argparse.Namespace) -> int:
    """A row for each group, with figures of it."""
    found = shaped(args)
    by = columns(args.by, found.frame)
    step = Group(by, _figures(args.agg, columns(args.value, found.frame)) or ("count",))
    found = ordered(found.then(step), args)
    title = f"{counted(found.source.frame, found)} by {', '.join(sanitize(name, 40) for name in by)}"
    drawn = next((name for name, _, _ in step.figures if lookup.kind(found.frame[name]) == "number"), "")
    return _table(args, found, drawn, title)


def top(args: argparse.Namespace) -> int:
    """The values of a column with the largest sums of another."""
    found = shaped(args)
    (by,) = _one("--by", columns(args.by, found.frame))
    found = found.then(Top(by, args.value, args.n))
    title = f"top {len(found.frame)} of {sanitize(by, 40)} by the sum of {sanitize(args.value, 40)}"
    return _table(args, found, args.value, title, numbered=False)


def make(args: argparse.Namespace) -> int:
    """A bundled table written to a file, or to stdout."""
    from mlcore.tables import sales

    frame = sales.make(args.rows, args.seed)
    if args.out == "-":
        sys.stdout.write(as_csv(frame))
        return 0
    path = Path(args.out)
    if path.exists() and not args.force:
        raise UsageError(f"{sanitize(args.out)} is there already", hint="--force replaces it")
    write_file(path.absolute(), as_csv(frame, "\t" if path.suffix == ".tsv" else ",").encode())
    print(f"wrote {sanitize(args.out)}: {len(frame):,} rows", file=sys.stderr)
    return 0


def _table(
    args: argparse.Namespace, found: Shaped, bars: str = "", title: str = "", numbered: bool | None = None
) -> int:
    """Write a table where it is asked for, or show its first rows."""
    if save(args, found):
        return 0
    most = args.n or (None if args.json else SHOWN)
    if numbered is None:
        numbered = not args.json and not bars
    view = of_frame(found.frame, title or counted(found.frame, found), "df", most, bars, numbered)
    if not len(found.frame):
        view = view._replace(answer="no row is left")
    return show(args, found, [view])


def _figures(figures: Sequence[str], values: Sequence[str]) -> tuple[str, ...]:
    """The figures of groups. Those that name no column are of each of `values`; sums where there are none such."""
    if not values:
        return tuple(figures)
    alone = [how for how in figures if ":" not in how]
    return (*(f"{how}:{name}" for name in values for how in alone or ("sum",)), *(f for f in figures if f not in alone))


def _one(option: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) != 1:
        raise UsageError(f"{option}: expected one column, got {len(names)}")
    return names
