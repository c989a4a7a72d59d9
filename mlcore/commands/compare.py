"""`mlj compare`: what differs between runs, what each reached, their curves together, a verdict with an interval."""

from __future__ import annotations

import argparse

from mlcore.commands import table
from mlcore.commands.drawing import Paper, curves
from mlcore.comparing_loops import comparison
from mlcore.report import json_line
from mlcore.runs import open_repeats


def compare(args: argparse.Namespace) -> int:
    """The runs beside each other."""
    found = comparison([run for name in args.runs for run in open_repeats(name, args.runs_dir)], args.what)
    if args.json:
        print(json_line(found.plain()))
        return 0
    said = found.verdicts()
    print("\n".join(table.lines(found.rows(), ("", *found.names))))
    bands = {name: band for name, band in zip(found.names, found.bands(), strict=False) if band[1]}
    print(f"\n{curves(bands, Paper.asked(args), found.curve.replace('_', ' '))}\n" if bands else "")
    for one in said:
        print(one.words + (f"\n  {one.how}" if one.how else ""))
    print("\n".join(found.parted()))
    return 0
