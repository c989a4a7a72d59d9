"""`mlj predict --generate`: texts a trained network makes up, one a line."""

from __future__ import annotations

import argparse

from mlcore import generating, report
from mlcore.errors import UsageError
from mlcore.model import Model
from mlcore.sanitize import sanitize

LONGEST = 10_000  # characters of a text printed
ROWS = (
    "rows",
    "show",
    "data",
    "proba",
    "backend",
    "device",
    "precision",
)  # what is asked about rows, and here are none


def generate(args: argparse.Namespace, model: Model) -> str:
    """What is printed: a text a line, or a JSON object."""
    named = [name for name in ROWS if getattr(args, name)]
    if named:
        hint = f"leave out --{named[0]}, or --generate"
        raise UsageError(f"--generate makes texts up and takes no rows, got --{named[0]}", hint=hint)
    seed = 0 if args.seed is None else args.seed
    heat = 1.0 if args.temperature is None else args.temperature
    texts = generating.generate(model, args.generate, seed, heat)
    if not args.json:
        return "".join(f"{sanitize(text, LONGEST)}\n" for text in texts)
    facts = {"seed": seed, "temperature": heat}
    return "".join(f"{report.json_line({'text': text, **facts})}\n" for text in texts)


def unasked(args: argparse.Namespace) -> None:
    """Raises UsageError for settings of --generate without it."""
    for name in ("temperature", "seed"):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name} is of --generate N, which is missing", hint=f"leave out --{name}")
