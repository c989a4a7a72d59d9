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
from mlcore.commands.tables.source import Shaped, shaped
from mlcore.errors import UsageError
from mlcore.report import json_line
from mlcore.sanitize import sanitize
from mlcore.tables import lookup, monthly
from mlcore.tables.views import relations
from mlcore.tables.views import season as seasons
from mlcore.tables.views.classes import labels
from mlcore.tables.views.components import pca as components

FEW = 8  # columns whose correlations are shown as a square


def season(args: argparse.Namespace) -> int:
    """Which months or weekdays are usually higher or lower, and whether that is more than chance."""
    found = shaped(args)
    years = "" if lookup.of_kind(found.frame, "date") else monthly.found(found.frame)
    date = args.date or years or _only(found, "date", "--date")
    value = args.value or _only(found, "number", "--value", monthly.parts(date), found.source.target)
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


def _only(found: Shaped, kind: lookup.Kind, option: str, but: Sequence[str] = (), likely: str = "") -> str:
    """The likely column of a kind, or the only one besides some. Raises UsageError where there is none or several."""
    names = [name for name in lookup.of_kind(found.frame, kind) if name not in but]
    if likely in names or len(names) == 1:
        return likely if likely in names else names[0]
    what = lookup.HOLDS[kind]
    if names:
        listed = ", ".join(sanitize(name, 40) for name in names[:10])
        raise UsageError(f"{option}: which column of {what}? There are {len(names)}", hint=f"one of {listed}")
    hint = "say how they are written, --set format.dates=%d.%m.%Y, or name two: --date YEAR+MONTH"
    raise UsageError(
        f"{option}: no{' other' if but else ''} column holds {what}",
        hint=hint if kind == "date" else "mlj data describe FILE",
    )
