"""`mlj data season, corr, pca, told`: what is found in a table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore.commands.drawing import Paper, points
from mlcore.commands.tables.looking import target
from mlcore.commands.tables.printing import lines, program, show
from mlcore.commands.tables.source import shaped
from mlcore.errors import UsageError
from mlcore.report import json_line
from mlcore.sanitize import sanitize
from mlcore.tables import lookup, monthly
from mlcore.tables.views import relations
from mlcore.tables.views import season as seasons
from mlcore.tables.views.classes import labels
from mlcore.tables.views.components import pca as components

UNDATED = "say how they are written, --set format.dates=%d.%m.%Y, or name two: --date YEAR+MONTH"
FEW = 8  # columns whose correlations are shown as a square


def season(args: argparse.Namespace) -> int:
    """Which months or weekdays are usually higher or lower, and whether that is more than chance."""
    found = shaped(args)
    timed = monthly.timed(found.frame)
    yearly = [] if timed else monthly.yearly(found.frame)
    if yearly and args.date in ("", *yearly):
        message = f"--date: {sanitize(yearly[0], 40)} holds years alone, and a season lies within a year"
        hint = "name a column of months too, --date YEAR+MONTH; what comes next: mlj train FILE --horizon N"
        raise UsageError(message, hint=hint)
    date = args.date or _only(timed, "dates", "--date", UNDATED)
    numbers = [name for name in lookup.of_kind(found.frame, "number") if name not in monthly.parts(date)]
    likely = [name for name in numbers if name == found.source.target]
    value = args.value or _only(likely or numbers, "numbers", "--value", "mlj data describe FILE")
    return show(args, found, [seasons.season(found.frame, date, value, args.period, args.agg)])


def corr(args: argparse.Namespace) -> int:
    """How columns of numbers grow and fall together."""
    found = shaped(args)
    square = relations.corr(found.frame, args.method)
    if args.json or args.pandas or len(square.rows) <= FEW:
        return show(args, found, [square])
    return show(args, found, [square, relations.pairs(found.frame, args.method)])


def pca(args: argparse.Namespace) -> int:
    """The main directions in which the rows of a table differ."""
    found = shaped(args)
    colour = args.target or (found.source.target if found.source.kind == "dataset" else "")
    parts = components(found.frame, left_out=colour)
    if args.pandas:
        print(program(found, parts.variances.code), end="")
        return 0
    if args.json:
        made = {row["column"]: {k: v for k, v in row.items() if k != "column"} for row in parts.loadings.plain()}
        for row in parts.variances.plain():
            name = f"component {row['component']}"
            print(json_line(row | {"made of": {c: v[name] for c, v in made.items() if name in v}}))
        return 0
    paper = Paper.asked(args)
    x, y = parts.plane
    label: NDArray[Any] = np.zeros(len(x), int)
    names: tuple[str, ...] = ("rows",)
    if colour:
        label, names = labels(found.frame.iloc[parts.rows], lookup.named(found.frame, colour))
    print(points(x, y, label, names, paper._replace(height=max(6, paper.height - len(parts.variances.rows) - 3))))
    print("\n".join([*lines(parts.variances), "", *lines(parts.loadings)]))
    return 0


def told(args: argparse.Namespace) -> int:
    """What each column tells of the target."""
    found = shaped(args)
    return show(args, found, [relations.told(found.frame, args.target or target(found))])


def _only(names: Sequence[str], what: str, option: str, hint: str) -> str:
    """The only one of some columns. Raises UsageError where there is none or several."""
    if not names:
        raise UsageError(f"{option}: no column holds {what}", hint=hint)
    if len(names) > 1:
        listed = ", ".join(sanitize(name, 40) for name in names[:10])
        raise UsageError(f"{option}: which column of {what}? There are {len(names)}", hint=f"one of {listed}")
    return names[0]
