"""`mlj train FILE.csv`: the experiment a table stands for, by its recipe, and the columns that options name."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any

from mlcore.config import Config, load_recipe
from mlcore.datasets.own import Own
from mlcore.datasets.series import Series
from mlcore.errors import DataError, StorageError, UsageError
from mlcore.sanitize import sanitize
from mlcore.spec import kind_of
from mlcore.tables import lookup

TEXTS = (".csv", ".tsv", ".tab", ".txt")  # how a table in a text file is called
TABLES = (*TEXTS, *(f"{ending}.gz" for ending in TEXTS), ".parquet", ".pq")  # how a table is called


def experiment(path: str) -> Config:
    """An experiment on a file or folder of one's own: a table by the recipe `table`, anything else as in `Config()`."""
    if not path.lower().endswith(TABLES):
        return Config().with_settings({"dataset": "file", "dataset.path": path})
    settings = {"dataset.path": str(Path(path)), "dataset.target": ""}
    return load_recipe("table").with_settings(settings)


def ahead(config: Config, args: argparse.Namespace) -> Config:
    """The experiment `--horizon` means: a table becomes a series, by its recipe; a series is foretold so far."""
    horizon = getattr(args, "horizon", None)
    if horizon is None:
        return config
    if isinstance(config.dataset, Own):
        of = config.to_dict()["dataset"]
        settings = {"dataset.horizon": horizon} | {f"dataset.{name}": of[name] for name in ("path", "format", "steps")}
        return load_recipe("series").with_settings(settings)
    if hasattr(config.dataset, "horizon"):
        return config.with_settings({"dataset.horizon": horizon})
    raise UsageError("--horizon is about a series, and this is none", hint="mlj train FILE.csv --horizon 12")


def settings(config: Config, args: argparse.Namespace) -> dict[str, Any]:
    """What the options of tables ask for, by dotted names. Raises UsageError where they mean nothing."""
    found: dict[str, Any] = {}
    takes = {Own: ("target", "task", "keep"), Series: ("target",)}.get(type(config.dataset), ())
    for option in ("target", "task", "keep"):
        value = getattr(args, option, None)
        if value in (None, []):
            continue
        if option not in takes:
            hint = "leave it out" if takes else "mlj train FILE.csv --target COLUMN"
            if kind_of(config.dataset) == "sales":
                hint = "the table called sales is another one: mlj data make sales -o sales.csv writes it"
            raise UsageError(f"--{option} is about a table, and this is {'a series' if takes else 'none'}", hint=hint)
        found[f"dataset.{option}"] = value
    folds = getattr(args, "folds", None)
    return found | ({} if folds is None else {"dataset.split.folds": folds})


def aimed(config: Config, args: argparse.Namespace) -> Config:
    """The same experiment, its target named: without one it is the last column, which is said. `args` are of train.

    Raises DataError naming the nearest column where one is not there.
    """
    dataset = config.dataset
    if not hasattr(args, "target") or not isinstance(dataset, Own | Series):  # another verb, or other data
        return config
    if not dataset.path or (dataset.target != "" and args.target is None and not args.keep):
        return config
    try:
        names = dataset.names()
        asked = [] if args.target is None else [("--target", args.target)]
        for option, name in (*asked, *(("--keep", kept) for kept in args.keep)):
            if names and name not in names:
                raise _no_column(option, name, names)
        last = dataset.aim() if isinstance(dataset, Series) else names[-1] if names else ""
    except StorageError:  # which loading says better
        return config
    if dataset.target != "" or not last:
        return config
    if not (args.quiet or args.json):
        which = f"the last of {len(names)} columns" if len(names) > 1 else "the only column"
        which = "the last column of numbers" if isinstance(dataset, Series) else which
        said = f"mlj: the target is {sanitize(last, 80)}, {which}; --target COLUMN names another"
        print(said, file=sys.stderr)
    return config.with_settings({"dataset.target": last})


def _no_column(option: str, name: str, names: tuple[str, ...]) -> DataError:
    """The error for a column that is not there, with the nearest that is, however it is capitalized."""
    lowered = {each.lower(): each for each in reversed(names)}
    near = difflib.get_close_matches(name.lower(), lowered, n=1)
    hint = f"did you mean {sanitize(lowered[near[0]], 40)!r}?" if near else lookup.there_are(names)
    return DataError(f"no column {sanitize(name, 80)!r} in the table", code="DATA_SCHEMA", where=option, hint=hint)
