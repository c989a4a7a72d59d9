"""The runs on disk: making, finding and listing them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from mlcore import repeats
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.errors import RunError
from mlcore.recording import record
from mlcore.run import Point, Run
from mlcore.status import Status
from mlcore.storage import runs_root
from mlcore.sweeps import Sweep
from mlcore.training import train

__all__ = ["Point", "Run", "Status", "children", "fit", "list_runs", "open_repeats", "open_run", "record", "runs_root"]


def list_runs(root: str | Path | None = None) -> list[Run]:
    """Every run, the newest first. A folder that is not a run is passed over."""
    found = []
    for folder in folders(root):
        with suppress(RunError):
            found.append(Run.open(folder))
    return found


def folders(root: str | Path | None = None) -> list[Path]:
    """What may be runs, the newest first: not the bin."""
    try:
        found = sorted(runs_root(root).iterdir(), reverse=True)
    except OSError:
        return []
    return [folder for folder in found if not folder.name.startswith(".")]


def children(run: Run, root: str | Path | None = None) -> list[Run]:
    """The runs a run of many networks stands for, in their order; those that have begun."""
    found = {each.id: each for each in list_runs(root) if each.id in run.children} if run.children else {}
    return [found[name] for name in run.children if name in found]


def open_run(which: str | Path, root: str | Path | None = None) -> Run:
    """A run by its id, a part of it that no other begins with, its name, the word `last`, or its folder.

    `last` is the newest; of many seeds, the run that stands for them.
    Raises RunError naming the nearest one.
    """
    text = str(which)
    if isinstance(which, Path) or "/" in text:
        return Run.open(which)
    runs = list_runs(root)
    if text == "last" and runs:
        parents = {run.id for run in runs if run.children}
        return next((run for run in runs if run.parent not in parents), runs[0])
    for found in ([r for r in runs if r.id == text], [r for r in runs if text in (r.name, r.id.rpartition("-")[2])]):
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(text, found)
    found = [r for r in runs if text and r.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    raise _ambiguous(text, found) if found else _not_found(text, runs)


def open_repeats(which: str | Path, root: str | Path | None = None) -> list[Run]:
    """A run, or all of somebody's own loops that share a name: the oldest first. Raises what `open_run` raises."""
    try:
        return [open_run(which, root)]
    except RunError as error:
        called = [run for run in reversed(list_runs(root)) if run.name == which]
        if error.code != "RUN_AMBIGUOUS" or not called or not all(run.loop for run in called):
            raise
        return called


def _ambiguous(text: str, found: list[Run]) -> RunError:
    hint = "name one by id: " + ", ".join(run.id for run in found[:5])
    return RunError(f"{text!r} is the name of {len(found)} runs", code="RUN_AMBIGUOUS", hint=hint)


def _not_found(text: str, runs: list[Run]) -> RunError:
    import difflib

    near = difflib.get_close_matches(text, [word for run in runs for word in (run.name, run.id)], n=1)
    hint = f"did you mean {near[0]!r}?" if near else "mlj runs lists them" if runs else "there are none yet: mlj train"
    return RunError(f"no run called {text!r}", hint=hint)


def fit(
    config: Config,
    root: str | Path | None = None,
    *,
    sweep: Sweep | None = None,
    name: str = "",
    controls: Controls | None = None,
) -> Run:
    """Train an experiment to its end, recorded. Raises what `train` raises.

    With `repeats` above 1 every seed, with a `sweep` every combination, {"optimizer.l1": [0, 0.1]}: the run returned
    names its `children`, a run each.
    """
    data = config.dataset.load()
    if config.repeats > 1 or sweep:
        parent = repeats.begin(config, root, sweep=sweep, name=name, data=data)
        for _ in repeats.train_many(config, sweep=sweep, controls=controls, data=data, parent=parent):
            pass
        return parent
    run = Run.create(config, root, name=name, data=data)
    for _ in record(train(config, controls=controls, data=data), run):
        pass
    return run
