"""What can be drawn of somebody's own loops, which have curves but no configuration."""

from __future__ import annotations

import argparse

from mlcore.commands.charts import listed, of_curves
from mlcore.commands.drawing import Paper, curves
from mlcore.commands.sitters import Drawing, captioned
from mlcore.errors import RunError, UsageError
from mlcore.runs import Run
from mlcore.sanitize import sanitize


def plot(run: Run, args: argparse.Namespace, paper: Paper) -> Drawing:
    """Loss or accuracy by step. Raises RunError naming what was logged instead, UsageError for what takes a network."""
    if args.what not in ("loss", "accuracy"):
        hint = "mlj plot --what loss or accuracy"
        raise UsageError(f"run {run.name} is somebody's own loop: {args.what} takes a network", hint=hint)
    found = run.curves
    bands = {
        split: found[f"{split}_{args.what}"] for split in ("train", "validation") if f"{split}_{args.what}" in found
    }
    if not bands:
        bands = {sanitize(name, 24): curve for name, curve in found.items() if args.what in name}
    if not bands:
        hint = f"it logged {', '.join(sanitize(name, 40) for name in found)}" if found else "nothing was logged"
        raise RunError(f"run {run.name} has no {args.what} to plot", code="RUN_EMPTY", hint=hint)
    return captioned(
        lambda room: curves(bands, room, args.what, args.log, args.epoch),
        of_curves(bands, args.what, "step"),
        listed(bands, run.name),
        paper,
    )
