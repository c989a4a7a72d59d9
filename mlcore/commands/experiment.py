"""The experiment a command line means: a recipe or a file, then the environment, then the options."""

from __future__ import annotations

import argparse
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcore import datasets
from mlcore.catalogue import unknown
from mlcore.commands import tabular
from mlcore.config import Config, load_config, load_recipe, recipes
from mlcore.errors import ConfigError, DataError, RunError, StorageError, UsageError
from mlcore.regular import opened
from mlcore.spec import changed
from mlcore.world import joined

if TYPE_CHECKING:
    from mlcore.runs import Run

VARIABLES = {"backend": "MLJ_BACKEND", "device": "MLJ_DEVICE", "seed": "MLJ_SEED"}  # settings made by the environment
ROWS = (*tabular.TABLES, ".npz", "-ubyte", "-ubyte.gz")  # how a file of rows is called
PACKED = (b"\x1f\x8b", b"PK", b"PA", b"\0\0", b"\x93N", *(bytes((0x80, each)) for each in range(2, 6)))  # gzip … pickle
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def chosen(args: argparse.Namespace, runs: bool = False, layers: str | None = None) -> Config:
    """The experiment of `args`: what is named, changed by environment, options and `--set`, in that order.

    runs: a run may be named as well. layers: nothing is named; the default experiment with these layers is meant.
    """
    config = _named(args, runs) if layers is None else Config().with_settings({"layers": layers})
    config = tabular.ahead(config, args)
    for name, variable in VARIABLES.items():
        if os.environ.get(variable):
            try:
                config = config.with_settings({name: value_of(os.environ[variable])})
            except ConfigError as error:
                error.where = variable
                raise
    return placed(tabular.aimed(config.with_settings(tabular.settings(config, args) | settings(args)), args))


def placed(config: Config) -> Config:
    """The same experiment, wherever somebody goes on with it: its paths are of the working directory."""
    return changed(config, dataset=config.dataset.beside(Path.cwd()))  # type: ignore[no-any-return]


def _named(args: argparse.Namespace, runs: bool) -> Config:
    try:
        return named(args.experiment)
    except ConfigError as error:
        if not runs or error.code != "CONFIG_UNKNOWN":
            raise
        from mlcore.runs import open_run

        try:
            return open_run(args.experiment, args.runs_dir).config
        except RunError:
            raise error from None


def named_run(args: argparse.Namespace) -> Run | None:
    """The run that `args.experiment` names, or None where it is a recipe, a file, or nothing there is.

    Raises UsageError for settings: what a run was trained with is not changed afterwards.
    """
    try:
        named(args.experiment)
    except ConfigError as error:
        if error.code != "CONFIG_UNKNOWN":
            raise
    else:
        return None
    from mlcore.runs import open_run

    try:
        run = open_run(args.experiment, args.runs_dir)
    except RunError:
        return None
    if args.set or args.seed is not None:
        raise UsageError("a run is taken as it is", hint="leave out --set and --seed, or name its recipe or file")
    return run.single()


def named(text: str) -> Config:
    """A recipe by its name or the last part of it, a configuration file, a kind of data set, or rows: a file or folder.

    What is not said of an experiment on data that have no recipe is as in `Config()`. Raises errors naming the
    nearest recipe or data set.
    """
    if text.endswith(".toml"):
        return load_config(text)
    if text.lower().endswith(ROWS):
        return tabular.experiment(text)
    kinds = datasets.CATALOGUE.names()
    try:
        return load_recipe(text)
    except ConfigError as error:
        if text in kinds:
            return Config().with_settings({"dataset": text})
        if not os.path.exists(text):
            if "/" in text:
                raise
            short = (name.rpartition("/")[2] for name in recipes())
            found = unknown("recipe", text, tuple(dict.fromkeys((*short, *kinds))))
            raise found if error.code == found.code else error from None
    if os.path.isdir(text) or _packed(text):
        return tabular.experiment(text)
    try:
        return load_config(text)
    except ConfigError as error:
        if error.code == "CONFIG_SYNTAX":
            error.hint = f"a table is known by its name: {', '.join(tabular.TABLES[:3])} … {tabular.TABLES[-2]}"
        raise


def _packed(path: str) -> bool:
    """Whether a file begins as files of rows do that are no text, or as what is refused in their place."""
    try:
        with opened(Path(path)) as file:
            return file.read(2) in PACKED
    except (DataError, StorageError):
        return False


def settings(args: argparse.Namespace) -> dict[str, Any]:
    """Dotted names and values the options ask for."""
    found: dict[str, Any] = {}
    for name in ("backend", "device", "precision", "engine", "seed", "epochs"):
        value = getattr(args, name, None)
        if value is not None:
            found[name] = value
    if getattr(args, "goal", None):
        found["stopping.goal"] = args.goal
    if getattr(args, "max_time", None):
        found["stopping.max_seconds"] = _seconds(args.max_time)
    for text in args.set:
        name, value = assignment(text)
        found[name] = value
    return found


def assignment(text: str) -> tuple[str, Any]:
    """`a.b=v` as a name and a value. Raises UsageError when there is no name."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"expected NAME=VALUE, got {text!r}", hint="e.g. optimizer.learning_rate=0.01")
    return name.strip(), value_of(value.strip())


def value_of(text: str) -> Any:
    """A value as a configuration file would write it, or the words themselves: 3, 0.1, true, ["x1"], 16 relu."""
    try:
        found = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # no TOML, or a number with thousands of digits
        found = {}
    if len(found) == 1 and isinstance(found["value"], bool | int | float | str | list | dict):
        return found["value"]
    try:
        return float(text)  # .5 and 1. are no TOML
    except ValueError:
        return text


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)([smh]?)", text)
    if not found or not float(found[1]):
        raise UsageError(f"--max-time: expected a time like 60, 60s, 5m or 1h, got {text!r}")
    return float(found[1]) * SECONDS[found[2]]


def use_threads(count: int | None, config: Config, many: bool = False) -> None:
    """Let the backend use that many threads, if somebody said how many. many: networks, of which none is shared."""
    if count is None:
        return
    if config.backend == "torch" or config.device.startswith("cuda") or (joined().size > 1 and not many):
        from mlcore.backends import pytorch

        pytorch.use_threads(count)
    elif config.backend != "reference":  # which has one thread
        from mlcore import kernels

        try:
            kernels.set_threads(count)
        except DataError as error:
            raise UsageError(f"--{error}") from None
