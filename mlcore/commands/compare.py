"""`mlj compare`: what differs between runs, what each reached, their curves together, a verdict with an interval."""

from __future__ import annotations

import argparse

from mlcore.commands import loops, table
from mlcore.commands.drawing import Paper, curves
from mlcore.comparison import MOST, Comparison
from mlcore.report import json_line
from mlcore.runs import open_run


def compare(args: argparse.Namespace) -> int:
    """The runs beside each other."""
    runs = list({run.id: run for run in (open_run(name, args.runs_dir) for name in args.runs)}.values())
    if 1 < len(runs) <= MOST and any(run.loop for run in runs):
        return loops.compare(runs, args)
    found = Comparison(runs, args.what)
    if args.json:
        print(json_line(found.plain()))
        return 0
    said = found.verdicts()
    print("\n".join(table.lines(found.rows(), ("", *found.names))))
    bands = dict(zip(found.names, found.bands(), strict=False))
    print(f"\n{curves(bands, Paper.asked(args), found.curve.replace('_', ' '))}\n" if bands else "")
    for one in said:
        print(one.words + (f"\n  {one.how}" if one.how else ""))
    print("\n".join(found.parted()))
    return 0
