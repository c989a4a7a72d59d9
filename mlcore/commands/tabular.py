"""`mlj train FILE.csv`: the experiment a table stands for, by its recipe, and the columns that options name."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any

from mlcore.config import Config, load_recipe
from mlcore.datasets.own import Own
from mlcore.errors import DataError, StorageError, UsageError
from mlcore.sanitize import sanitize

TABLES = (".csv", ".tsv", ".parquet")  # how a table is called
SHOWN = 20  # columns named in a hint


def experiment(path: str) -> Config:
    """An experiment on a file or folder of one's own: a table by the recipe `table`, anything else as in `Config()`."""
    if not path.lower().endswith(TABLES):
        return Config().with_settings({"dataset": "file", "dataset.path": path})
    settings = {"dataset.path": str(Path(path)), "dataset.target": ""}
    return load_recipe("table").with_settings(settings)


def settings(config: Config, args: argparse.Namespace) -> dict[str, Any]:
    """What the options of tables ask for, by the dotted names of settings. Raises UsageError where there is no table."""
    found: dict[str, Any] = {}
    if not isinstance(config.dataset, Own):
        for option in ("target", "task", "keep"):
            if getattr(args, option, None) not in (None, []):
                hint = "mlj train FILE.csv --target COLUMN"
                raise UsageError(f"--{option} is about a table, and this is none", hint=hint)
    for option, name in (("target", "target"), ("task", "task"), ("keep", "keep"), ("folds", "split.folds")):
        value = getattr(args, option, None)
        if value not in (None, []):
            found[f"dataset.{name}"] = value
    return found


def aimed(config: Config, args: argparse.Namespace) -> Config:
    """The same experiment, its target named: without one it is the last column, which is said. `args` are of train.

    Raises DataError naming the nearest column where one is not there.
    """
    dataset = config.dataset
    if not hasattr(args, "target") or not isinstance(dataset, Own):  # another verb, or other data
        return config
    target, kept = args.target, args.keep
    if dataset.target != "" and target is None and not kept:
        return config
    try:
        names = dataset.names()
    except StorageError:  # which loading says better
        return config
    for name in (*([] if target is None else [target]), *kept):
        if names and name not in names:
            raise _no_column(name, names)
    if dataset.target != "" or not names:
        return config
    last = names[-1]
    if not (args.quiet or args.json):
        said = f"mlj: the target is {sanitize(last, 80)}, the last of {len(names)} columns"
        print(f"{said}; --target COLUMN names another", file=sys.stderr)
    return config.with_settings({"dataset.target": last})


def _no_column(name: str, names: tuple[str, ...]) -> DataError:
    """The error for a column that is not there, with the nearest that is, however it is capitalized."""
    lowered = {each.lower(): each for each in reversed(names)}
    near = difflib.get_close_matches(name.lower(), lowered, n=1)
    there = ", ".join(sanitize(each, 40) for each in names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    hint = f"did you mean {sanitize(lowered[near[0]], 40)!r}?" if near else f"there are: {there}"
    return DataError(f"no column {sanitize(name, 80)!r} in the table", code="DATA_SCHEMA", where="--target", hint=hint)
