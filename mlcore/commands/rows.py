"""The data set a command is about: the experiment that loads it, its splits, its rows as they were given."""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcore import datasets
from mlcore.commands import tabular
from mlcore.commands.experiment import ROWS, assignment, named, placed
from mlcore.commands.parser import nearest
from mlcore.config import Config, recipes
from mlcore.datasets.dataset import Data, Rows
from mlcore.sanitize import sanitize

SPLITS = ("train", "validation", "test")


def chosen(args: argparse.Namespace) -> Config:
    """An experiment on the data set that is named, a recipe's or a file of one's own, with the parameters asked for."""
    kinds = datasets.CATALOGUE.names()
    known = [name.rpartition("/")[2] for name in recipes()]
    if args.data in kinds:
        config = Config().with_settings({"dataset": args.data})
    elif args.data.endswith(".toml") or args.data in recipes() or args.data in known:
        config = named(args.data)
    elif args.data.lower().endswith(ROWS) or os.path.exists(args.data):
        config = tabular.experiment(args.data)
    else:
        raise nearest("data set", args.data, tuple(dict.fromkeys([*kinds, *known])))
    changes = dict(assignment(text) for text in args.set)
    return placed(config.with_settings({f"dataset.{name.removeprefix('dataset.')}": v for name, v in changes.items()}))


def class_name(data: Data, number: int) -> str:
    """The name of a class, or its number, safe to print."""
    names = data.task.class_names
    return sanitize(names[number]) if number < len(names) else str(number)


def raw(data: Data, rows: Rows) -> NDArray[Any]:
    """Inputs in data units [n, features]."""
    return rows.x if rows.x.dtype == np.uint8 else data.scaling.undo(rows.x)


def splits(data: Data) -> dict[str, Rows]:
    """The splits there are, by name."""
    found = {name: getattr(data, name) for name in SPLITS}
    return {name: rows for name, rows in found.items() if rows is not None}
