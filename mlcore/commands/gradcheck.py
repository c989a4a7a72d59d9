"""`mlj gradcheck`: what backpropagation says beside central differences, the worst array first."""

from __future__ import annotations

import argparse
from typing import Any

from mlcore import gradients
from mlcore.commands import table
from mlcore.commands.experiment import chosen, named_run
from mlcore.commands.story import plural
from mlcore.config import Config
from mlcore.gradients import ArrayCheck, GradientCheck
from mlcore.model import Model
from mlcore.report import json_line


def gradcheck(args: argparse.Namespace) -> int:
    """Exit code 0 when every array is right, 1 when one is not."""
    run = named_run(args)
    subject: Model | Config = run.model() if run is not None else chosen(args)
    found = gradients.gradcheck(subject, rows=args.rows, most=args.numbers)
    if args.json:
        arrays = [_plain(array) for array in found.arrays]
        said = {"ok": found.ok, "rows": found.rows, "loss": found.loss, "error": found.error, "native": found.native}
        print(json_line(said | {"skipped": found.skipped, "arrays": arrays}))
        return 0 if found.ok else 1
    print(f"{plural(found.rows, 'training row')}, loss {found.loss:.6g}; central differences in float64\n")
    header = ("array", "layer", "tried", "kinks", "error", "at", "analytic", "numeric", "in C")
    print("\n".join(table.lines(map(_cells, found.arrays), header, right=(2, 3, 4, 6, 7, 8))))
    print(f"\n{_verdict(found)}")
    return 0 if found.ok else 1


def _cells(array: ArrayCheck) -> tuple[str, ...]:
    return (
        array.name,
        f"{array.layer} {array.kind}",
        str(array.moved),
        str(array.kinks),
        f"{array.error:.1e}" if array.error else "0",
        ",".join(map(str, array.place)),
        f"{array.analytic:.4g}",
        f"{array.numeric:.4g}",
        "" if array.native is None else f"{array.native:.0e}",
    )


def _verdict(found: GradientCheck) -> str:
    wrong = [array.name for array in found.arrays if not array.ok]
    right = f"{found.worst}, {gradients.LIMIT:g} is allowed"
    native = f"not asked: {found.skipped}" if found.native is None else f"within {found.native:.1e} of float64"
    head = f"failed in {', '.join(wrong)}" if wrong else "ok"
    return f"{head}: {right}\nthe C kernels: {native}"


def _plain(array: ArrayCheck) -> dict[str, Any]:
    return array._asdict() | {"shape": list(array.shape), "place": list(array.place), "ok": array.ok}
