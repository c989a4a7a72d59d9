"""What `mlj-tui WHAT` means: a recipe, a file, rows, a run, a log, `last`, or the circles everybody begins with."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tui.text import plural

if TYPE_CHECKING:
    from mlcore import Config, Run
    from mlcore.form import Choice
    from mlcore.worker import Launched

FIRST = "journey/circles"
TEXTS = (".csv", ".tsv", ".tab", ".txt")
TABLES = (*TEXTS, *(f"{ending}.gz" for ending in TEXTS), ".parquet", ".pq")  # how a table is called
ROWS = (*TABLES, ".npz", "-ubyte", "-ubyte.gz")  # how a file of rows is called
PICTURES = (".png", ".pgm", ".ppm")  # how a picture is called
NAMED = 5  # files of a folder that are named


class Options(NamedTuple):
    """What was asked for. target: a recipe, a file, a run, `last`, or nothing; launch: starts the first worker.

    table: a file that is looked at before anything is learned from it.
    """

    target: str = ""
    runs_dir: Path | None = None
    demo: bool = False
    trace: Path | None = None
    read_only: bool = False
    table: str = ""
    launch: Callable[[], Launched] | None = None  # called once the screen stands: before, both would wait for the other


class Opened(NamedTuple):
    """An experiment, the run it is of when it is one, and whether a person chose it (then its epochs stay).

    going_on: the run was not at its end, and is to go on.

    Somebody's own loop is a run without an experiment; a log of another program is a file, and has neither.
    """

    config: Config | None
    run: Run | None = None
    chosen: bool = False
    going_on: bool = False
    log: str = ""

    @property
    def place(self) -> str:
        """The folder of the run, or the log; nothing for an experiment that nobody has trained."""
        return self.log or (str(self.run.folder.absolute()) if self.run is not None else "")


def resolve(target: str, runs_dir: Path | None = None) -> Opened:
    """The experiment or run a person named. Raises ConfigError or RunError naming what is near."""
    import mlcore

    if not target:
        return Opened(mlcore.load_recipe(FIRST))
    if target.endswith(".toml"):
        return Opened(mlcore.load_config(target), chosen=True)
    if any(target in (name, name.rpartition("/")[2]) for name in mlcore.recipes()):
        return Opened(mlcore.load_recipe(target), chosen=True)
    path = Path(target)
    if path.name.lower().endswith(ROWS) and os.path.isfile(path) and not mlcore.is_log(path):
        return _of_rows(path)
    if mlcore.find_log(target) is not None:
        return Opened(None, log=str(path.absolute()))
    if os.path.isdir(path) and not (path / "run.json").exists():
        return _of_folder(path)
    run = mlcore.open_run(target, runs_dir).single()
    return Opened(None if run.loop else run.config, run, chosen=True)


def _of_folder(path: Path) -> Opened:
    """The experiment of `mlj train FOLDER`, with a folder of pictures for each class. Raises UsageError for another."""
    from mlcore import UsageError

    try:
        names = sorted(each.name for each in path.iterdir())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="name a folder that you may read") from error
    tables = [name for name in names if name.lower().endswith(ROWS)]
    if tables:
        more = [f"{len(tables) - NAMED} more"] if len(tables) > NAMED else []
        one = shlex.quote(str(path / tables[0]))
        what = f"{path} is a folder of {plural(len(tables), 'file')} of rows: {', '.join(tables[:NAMED] + more)}"
        raise UsageError(what, hint=f"name one: mlj-tui {one} learns it, mlj-tui data {one} shows it first")
    if any(each.suffix.lower() in PICTURES for each in path.glob("*/*")):
        return _of_rows(path)
    hint = "name a run, a log, a file of rows, or a folder with a folder of pictures for each class"
    raise UsageError(f"{path} is a folder with none of these in it: a run, a log, rows, pictures", hint=hint)


def _of_rows(path: Path) -> Opened:
    """The experiment of `mlj train FILE`: of a table the last column is learned."""
    import mlcore

    own = {"dataset": "file", "dataset.path": str(path.absolute())}
    if not path.name.lower().endswith(TABLES):
        return Opened(mlcore.Config().with_settings(own), chosen=True)
    config = mlcore.load_recipe("table").with_settings({"dataset.path": own["dataset.path"], "dataset.target": ""})
    try:
        names = config.dataset.names()  # type: ignore[attr-defined]
    except mlcore.MljError:  # which the worker says better
        names = ()
    return Opened(config.with_settings({"dataset.target": names[-1]}) if names else config, chosen=True)


def last(present: str, runs_dir: Path | None = None) -> Opened:
    """The newest run but the present one, to go on with unless it is at its end. Raises RunError when there is none."""
    from mlcore import shelf

    runs = [each.run for each in shelf.look(runs_dir) if each.run.id != present]
    found = resolve(str(runs[0].folder) if runs else "last", runs_dir)
    assert found.run is not None
    status = found.run.status
    return found._replace(going_on=status.state != "finished" and status.epoch < max(status.epochs, 1))


def recipes_by_data() -> dict[str, Config]:
    """For each data set of the catalogue that has a recipe, in its order, the recipe with the fewest layers."""
    import mlcore

    first: dict[str, Config] = {}
    for name in mlcore.recipes():
        config = mlcore.load_recipe(name)
        kind = str(config.to_dict()["dataset"]["kind"])
        if kind not in first or len(config.layers) < len(first[kind].layers):
            first[kind] = config
    return {name: first[name] for name in mlcore.datasets.CATALOGUE.names() if name in first}


def recipe_lines() -> dict[str, str]:
    """The recipes and their first lines."""
    import mlcore

    return mlcore.recipes()


def choices() -> tuple[Choice, ...]:
    """Every entry of every catalogue."""
    from mlcore import form

    return form.choices()
