"""The shelf: every run at a glance, picked by a filter, sorted, and put into the bin and back.

A glance reads four small files of a run and builds nothing, so that hundreds cost a fraction of a second.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from mlcore import filters, labels, names, status
from mlcore.errors import RunError, UsageError
from mlcore.filters import Filter, parse
from mlcore.form import data_name
from mlcore.labels import Labels
from mlcore.layers import ACTIVATIONS
from mlcore.metrics import GROWING
from mlcore.repeats import numbered
from mlcore.run import Run
from mlcore.runs import children, folders, list_runs, open_run
from mlcore.sections import flat
from mlcore.status import Status
from mlcore.storage import read_file, runs_root, storing, sync_folder

__all__ = [
    "Filter",
    "Glance",
    "Labels",
    "binned",
    "discard",
    "label",
    "look",
    "picked",
    "prune",
    "rename",
    "restore",
    "wanted",
]

BIN = ".trash"  # a folder among the runs: moving a run there is one rename, which no crash can leave half done
KEPT = 30.0  # days a run stays in the bin
ACCURACIES = ("test_accuracy", "validation_accuracy", "train_accuracy")
OWN = (
    *("name", "id", "state", "reason", "tag", "note", "pinned", "parent", "began"),
    *("epoch", "epochs", "step", "seconds", "accuracy", "activation"),
)


class Glance:
    """What a run's small files say. `config` is empty where the experiment cannot be read."""

    def __init__(self, run: Run) -> None:
        self.run, self.key = run, str(run.folder.absolute())
        self.labels = labels.read(run.folder)

    @cached_property
    def status(self) -> Status:
        """Where it is."""
        return status.read(self.run.folder / "status.json")

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The experiment as plain values, as it was written down; of somebody's own loop that it is one."""
        if self.run.loop:
            return {"dataset": {"kind": ""}, "layers": "own loop"}
        try:
            plain = msgspec.json.decode(read_file(self.run.folder / "config.json")).get("config")
        except (OSError, ValueError, AttributeError, RecursionError):
            return {}
        return plain if isinstance(plain, dict) and isinstance(plain.get("dataset"), dict) else {}

    @property
    def broken(self) -> bool:
        """Whether its experiment cannot be read."""
        return not self.config

    @property
    def began(self) -> str:
        """The day it was made, 2026-01-31; nothing for a folder with a name of its own."""
        stamp = self.run.id
        return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}" if stamp[:8].isdigit() else ""

    @cached_property
    def accuracy(self) -> float:
        """Of the test rows, else validation, else training; NaN where it has none."""
        found = self.status.metrics
        return next((found[name] for name in ACCURACIES if name in found), math.nan)

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """Everything a filter may ask for, by name."""
        run, where, said, data = self.run, self.status, self.labels, self.config.get("dataset", {})
        words = str(self.config.get("layers", "")).split()
        bends = tuple(dict.fromkeys(word for word in words if word in ACTIVATIONS)) or ("none",)
        own: dict[str, Any] = {
            "name": run.name,
            "id": run.id,
            "state": "broken" if self.broken else where.state,
            "reason": where.reason,
        }
        own |= {"tag": said.tags, "note": said.note, "pinned": said.pinned, "parent": run.parent, "began": self.began}
        own["dataset.kind"] = tuple({str(data.get("kind", "")): 0, data_name(data): 0})
        own |= {"epoch": where.epoch, "step": where.step, "seconds": where.seconds, "activation": bends}
        known = {} if math.isnan(self.accuracy) else {"accuracy": self.accuracy}
        return flat(self.config) | where.metrics | known | own


def look(root: str | Path | None = None, known: Iterable[Glance] = ()) -> list[Glance]:
    """Every run, the newest first; of many seeds only the one that stands for them.

    known: of an earlier look; those that were over then are not read again.
    """
    before = {each.key: each for each in known if each.status.state != "running"}
    found: list[Glance] = []
    for folder in folders(root):
        with suppress(RunError):
            found.append(before.get(str(folder.absolute())) or Glance(Run.open(folder)))
    parents = {each.run.id for each in found if each.run.children}
    return [each for each in found if each.run.parent not in parents]


def picked(found: Sequence[Glance], text: str = "") -> list[Glance]:
    """Those a filter lets through. Raises UsageError saying what in it cannot be."""
    wanted = parse(text)
    if not wanted.terms:
        return list(found)
    wanted.check(_known(found))
    return [each for each in found if wanted.matches(each.facts)]


def wanted(found: Sequence[Glance], sort: str = "", reverse: bool = False) -> list[Glance]:
    """Sorted, pinned ones first: of a metric the best first, of a date the newest, else from low to high or a to z.

    Those without it come last either way. Raises UsageError for a name no run has.
    """
    order = list(found)
    if sort:
        name = filters.full_name(sort, _known(found))
        known = [each for each in order if _has(each.facts.get(name))]
        down = name.endswith(GROWING) or name == "began"
        known.sort(key=lambda each: _sortable(each.facts[name]), reverse=down != reverse)
        order = known + [each for each in order if not _has(each.facts.get(name))]
    elif reverse:
        order.reverse()
    return sorted(order, key=lambda each: not each.labels.pinned)


def _has(value: Any) -> bool:
    return value is not None and value != () and value == value and value != ""


def _sortable(value: Any) -> tuple[int, Any]:
    """Numbers before words, so that a name that is both can be sorted."""
    if isinstance(value, int | float):
        return 0, float(value)
    return 1, str(value if isinstance(value, str) else ",".join(map(str, value))).lower()


def _known(found: Iterable[Glance]) -> set[str]:
    """Every name that is of something: of any of these runs, or of a plain experiment."""
    from mlcore.config import Config
    from mlcore.metrics import CATALOGUE

    metrics = {f"{split}_{name}" for split in ("train", "validation", "test") for name in ("loss", *CATALOGUE.names())}
    return {*OWN, *metrics, *flat(Config().to_dict()), *(name for each in found for name in each.facts)}


def label(run: Run, change: Callable[[Labels], Labels]) -> Labels:
    """Change the labels of a run: `change` makes new ones of those there are. Raises UsageError or StorageError."""
    said = change(labels.read(run.folder))
    labels.write(run.folder, said)
    return said


def rename(run: Run, name: str, root: str | Path | None = None) -> None:
    """Call a run something else, and the runs it stands for after it; safe while it trains.

    Somebody's own loops may share a name, as repeats do. Raises UsageError for what is no name, RunError for one that
    is taken (RUN_AMBIGUOUS), StorageError.
    """
    name, old = names.proper(name), run.name
    for other in list_runs(root or run.folder.parent):
        taken = name in (other.name, other.id, other.id.rpartition("-")[2])
        if taken and other.folder.name != run.folder.name and not (run.loop and other.loop and name == other.name):
            hint = "names are how runs are found: take another, or rename that one first"
            raise RunError(f"{name!r:.60} is run {other.id} already", code="RUN_AMBIGUOUS", hint=hint)
    run.rename(name)
    known = dict(zip(run.children, run.numbers, strict=True))
    for each in children(run, root or run.folder.parent):
        if each.name == numbered(old, known[each.id]):
            each.rename(numbered(name, known[each.id]))


# ---- the bin ----


def discard(run: Run, root: str | Path | None = None) -> list[Run]:
    """Put a run into the bin, with those it stands for; they can be restored. Raises RunError while one is running.

    root: the folder of runs, if it is not the one the run lies in.
    """
    together = [run, *children(run, root or run.folder.parent)]
    for each in together:
        if each.status.state == "running":
            raise RunError(f"{each.name} is running", code="RUN_LOCKED", hint=f"stop it first: mlj ctl {each.id} stop")
    for each in reversed(together):  # the one that stands for the others last: until then it finds them
        bin = each.folder.parent / BIN
        with storing("cannot move into", bin):
            bin.mkdir(exist_ok=True)
            target = bin / each.folder.name
            if target.exists():
                shutil.rmtree(target)
            os.utime(each.folder)  # since when it lies there
            os.rename(each.folder, target)
            sync_folder(bin)
            sync_folder(bin.parent)
        each.folder = target
    prune(run.folder.parent.parent, KEPT)
    return together


def binned(root: str | Path | None = None) -> list[Run]:
    """The runs in the bin, the one put there last first."""
    return sorted(list_runs(runs_root(root) / BIN), key=lambda run: -_since(run.folder))


def restore(which: str, root: str | Path | None = None) -> list[Run]:
    """Take a run out of the bin, with those it stands for; `last` is the one put there last.

    Raises RunError when it is not there or its place is taken.
    """
    place, there = runs_root(root), binned(root)
    if not there:
        raise RunError(f"{which!r:.80} is not in the bin: it is empty", hint="mlj runs lists the runs there are")
    run = there[0] if which == "last" else open_run(which, place / BIN)
    together = [run, *children(run, place / BIN)]
    for each in together:
        target = place / each.folder.name
        if target.exists():
            raise RunError(f"{target} is there already", code="RUN_AMBIGUOUS", hint="move it away first")
        with storing("cannot restore", target):
            os.rename(each.folder, target)
            sync_folder(place)
        each.folder = target
    return together


def prune(root: str | Path | None = None, days: float = 0.0) -> list[Run]:
    """Delete for good what has lain in the bin for so many days. Raises StorageError."""
    if not days >= 0:
        raise UsageError(f"days: expected 0 or more, got {days:g}")
    gone = []
    for run in binned(root):
        if time.time() - _since(run.folder) >= days * 86_400:
            run.delete()
            gone.append(run)
    with suppress(OSError):
        (runs_root(root) / BIN).rmdir()  # once nothing is left in it
    return gone


def _since(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return math.inf
