"""A run on disk: a folder that is readable at any moment, however the run ended.

run.json         what a run is: id, when, command, versions, parent; its name, which alone may change
config.json      the whole experiment, every default written out
data.json        what the data were: rows, names, checksums
status.json      where the run is, rewritten as a whole
metrics.jsonl    one line an epoch          events.jsonl    changes, warnings, starts and ends
ckpt/            states to go on from       snapshots/      weights by epoch
model.safetensors                           the weights kept, once the run has ended
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mlcore import checkpoints, journal, names, status
from mlcore.checkpoints import Checkpoint
from mlcore.config import Config, from_dict
from mlcore.datasets.dataset import Data
from mlcore.errors import CheckpointError, RunError, StorageError
from mlcore.manifest import RUN, dump, facts, filled, manifest, read, same, sha256
from mlcore.model import Model
from mlcore.state import State
from mlcore.status import Status
from mlcore.storage import make_folder, numbered, probe, runs_root, storing, write_file

SETTINGS = ("optimizer", "epochs", "stopping", "recording")  # what may differ when a run goes on


class Point(NamedTuple):
    """Where a run goes on: what to give `train`. state is None for a run that never wrote a checkpoint."""

    config: Config
    state: State | None
    data: Data
    warnings: tuple[str, ...] = ()


class Run:
    """One run: its folder, and what can be read from it.

    id: when it was made and six letters; name: two words, or what a person called it.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self.folder, self.facts = folder, facts
        self.changes: dict[str, Any] = {}
        self.warnings: tuple[str, ...] = ()
        self.socket = ""
        self.exit_code = 130  # of an interrupted run
        self.discarded = False  # its folder is about to be deleted

    @classmethod
    def create(
        cls,
        config: Config,
        root: str | Path | None = None,
        *,
        parent: str = "",
        name: str = "",
        data: Data | None = None,
        run_id: str = "",
        children: Sequence[str] = (),
        sweep: Mapping[str, Sequence[Any]] | None = None,
    ) -> Run:
        """A new run, its folder written. Raises StorageError before anything was trained when the disk refuses.

        children: the ids of the runs it stands for, each made with its `run_id` and this one as `parent`; sweep: what
        they differ in beside their seeds.
        """
        run_id = run_id or names.new_id()
        folder = runs_root(root) / run_id
        data = data or config.dataset.load()
        size = checkpoints.expected_size(config, data)
        make_folder(folder)
        run = cls(folder, facts(run_id, name, parent, config.seed, children, sweep))
        try:
            probe(folder, size)
            run._begin(config, manifest(config, data))
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)  # half a run is none
            raise
        return run

    def _begin(self, config: Config, data: Mapping[str, Any]) -> None:
        """Write what a run has before it is trained; run.json last, for a folder without one is no run."""
        plain = config.to_dict()
        self._write("config.json", {"schema": "mlj.config/1", "config": plain, "sha256": sha256(dump(plain))})
        self._write("data.json", data)
        with storing("cannot write in", self.folder):
            for part in ("ckpt", "snapshots"):
                (self.folder / part).mkdir()
            (self.folder / "metrics.jsonl").touch()
            (self.folder / "events.jsonl").touch()
        self._write("run.json", self.facts)

    @classmethod
    def open(cls, folder: str | Path) -> Run:
        """The run in a folder. Raises RunError when there is none, or one of a newer mlj."""
        folder = Path(folder)
        found = read(folder / "run.json")
        if str(found.get("schema")) != RUN:
            raise RunError(f"{folder} was written by another mlj: {found.get('schema')}", code="SCHEMA_NEWER")
        if not (isinstance(found.get("run_id"), str) and isinstance(found.get("name"), str)):
            raise RunError(f"{folder / 'run.json'} is damaged: no id or no name", code="RUN_CORRUPT", where=str(folder))
        return cls(folder, found)

    def _write(self, file: str, plain: Mapping[str, Any]) -> None:
        write_file(self.folder / file, dump(plain))

    @property
    def id(self) -> str:
        """When it was made and six letters."""
        return str(self.facts["run_id"])

    @property
    def name(self) -> str:
        """What people call it. Text of a person: sanitize it before it is shown."""
        return str(self.facts["name"])

    @property
    def parent(self) -> str:
        """The id of the run this one was branched from, or nothing."""
        return str(self.facts.get("parent", ""))

    @property
    def children(self) -> tuple[str, ...]:
        """The ids of the runs this one stands for; none for a run that trained a network itself."""
        found = self.facts.get("children")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def sweep(self) -> dict[str, list[Any]]:
        """The settings its children differ in, and their values; nothing where they differ in their seeds alone."""
        found = self.facts.get("sweep")
        return found if isinstance(found, dict) else {}

    @property
    def numbers(self) -> range:
        """What each of its children is known by: its seed, or in a sweep its place."""
        first = 1 if self.sweep else int(self.facts.get("seed") or 0)
        return range(first, first + len(self.children))

    def single(self) -> Run:
        """This run, if it trained a network itself. Raises RunError naming the runs it stands for."""
        if not self.children:
            return self
        hint = f"name one, e.g. {self.name}-{self.numbers[0]}; mlj runs show {self.id} lists them"
        count = f"{len(self.children)} networks"
        many = f"a sweep of {count}" if self.sweep else f"{count}, one a seed"
        raise RunError(f"run {self.name} is {many}", code="RUN_MANY", hint=hint)

    @property
    def loop(self) -> bool:
        """Whether somebody's own loop trained it, of which mlj knows no configuration, data or weights."""
        return bool(self.facts.get("loop"))

    @property
    def settings(self) -> dict[str, Any]:
        """What the author of a loop said of it."""
        found = self.facts.get("settings")
        return found if isinstance(found, dict) else {}

    @property
    def config(self) -> Config:
        """The experiment as it was started. Raises RunError (RUN_LOOP) for somebody's own loop, which has none."""
        self._ours()
        path = self.folder / "config.json"
        plain = read(path).get("config")
        if not isinstance(plain, dict):
            raise RunError(f"{path} is damaged: no experiment in it", code="RUN_CORRUPT", where=str(path))
        return from_dict(plain, where=str(path))

    @property
    def status(self) -> Status:
        """Where it is. A run that says it is running although its process is gone is `lost`."""
        return status.read(self.folder / "status.json")

    @property
    def history(self) -> dict[str, list[Any]]:
        """Every epoch as columns: epoch, step, seconds, and one a metric (NaN where an epoch lacks it)."""
        records = journal.read(self.folder / "metrics.jsonl")
        columns = dict.fromkeys(key for record in records for key in record)
        return {key: [record.get(key, math.nan) for record in records] for key in columns}

    @property
    def curves(self) -> dict[str, tuple[list[int], list[float]]]:
        """Each metric where it was measured: epochs (of a loop: its steps) and values."""
        return journal.curves(journal.read(self.folder / "metrics.jsonl"))

    @property
    def events(self) -> list[dict[str, Any]]:
        """What happened besides epochs: starts, changes, warnings, the end."""
        return journal.read(self.folder / "events.jsonl")

    def checkpoints(self) -> dict[int, Path]:
        """The checkpoints there are, by step, ascending."""
        return numbered(self.folder / "ckpt", "step-")

    def snapshots(self) -> dict[int, Path]:
        """The snapshots of weights there are, by epoch, ascending."""
        return numbered(self.folder / "snapshots", "epoch-")

    def model(self, epoch: int | None = None) -> Model:
        """The weights kept at the end (of a run that has not ended: the newest), or those of an epoch.

        Raises CheckpointError naming the epochs there are.
        """
        self.single()
        if epoch is None:
            kept = self.folder / "model.safetensors"
            return checkpoints.load_model(kept) if kept.exists() else self._newest()[0].model
        found = self.snapshots()
        if epoch in found:
            return checkpoints.load_model(found[epoch])
        return self._of_epoch(epoch, tuple(found)).model

    def state(self, epoch: int | None = None) -> State:
        """The newest state to go on from, or that after an epoch. Raises CheckpointError naming those there are."""
        self.single()
        return (self._newest()[0] if epoch is None else self._of_epoch(epoch)).state

    def _ours(self) -> None:
        if self.loop:
            hint = "what there is of it: mlj watch, runs show, plot, compare, doctor"
            message = f"run {self.name} is somebody's own loop: mlj knows its curves, not its network or data"
            raise RunError(message, code="RUN_LOOP", hint=hint)

    def _of_epoch(self, epoch: int, others: tuple[int, ...] = ()) -> Checkpoint:
        there = set(others)
        for path in self.checkpoints().values():
            checkpoint = checkpoints.load_checkpoint(path)
            if checkpoint.state.epoch == epoch and checkpoint.state.place == 0:
                return checkpoint
            there.add(checkpoint.state.epoch)
        listed = ", ".join(map(str, sorted(there))) or "none yet"
        raise CheckpointError(
            f"run {self.name} has nothing of epoch {epoch}", code="CKPT_MISSING", hint=f"there are epochs: {listed}"
        )

    def _newest(self) -> tuple[Checkpoint, tuple[str, ...]]:
        """The newest checkpoint that is whole, and a sentence for each newer one that is not."""
        self._ours()
        warnings: list[str] = []
        for path in reversed(self.checkpoints().values()):
            try:
                return checkpoints.load_checkpoint(path), tuple(warnings)
            except (CheckpointError, StorageError) as error:
                warnings.append(str(error))
        if warnings:
            raise CheckpointError(f"run {self.name} has no checkpoint that is whole: {warnings[0]}")
        raise CheckpointError(f"run {self.name} has no checkpoint yet", code="CKPT_MISSING")

    def change(self, name: str, value: Any) -> None:
        """Remember that a setting was changed. The order counts: a new kind of optimizer has its own defaults."""
        self.changes.pop(name, None)
        self.changes[name] = value

    def restore(self, settings: Mapping[str, Any] | None = None) -> Point:
        """Where to go on, from the newest whole checkpoint, with some settings changed (more epochs, another rate).

        Raises CheckpointError naming what differs when configuration or data are not those of the checkpoint.
        """
        config, state = self.single().config, None
        warnings: tuple[str, ...] = ()
        if self.checkpoints():
            checkpoint, warnings = self._newest()
            state, self.changes = checkpoint.state, dict(checkpoint.changes)
            same("configuration", config.with_settings(self.changes).to_dict(), checkpoint.model.config.to_dict())
            config = checkpoint.model.config
        data = config.dataset.load()
        same("data", json.loads(dump(manifest(config, data))), filled(read(self.folder / "data.json")))
        self.warnings = warnings
        for name in settings or {}:
            if name.partition(".")[0] not in SETTINGS:
                hint = "start a new run, or branch from this one"
                raise CheckpointError(f"{name} cannot change when a run goes on", code="CKPT_MISMATCH", hint=hint)
            self.change(name, (settings or {})[name])
        changed = config.with_settings(settings or {})
        return Point(changed, state and state.between(config.optimizer, changed.optimizer), data, warnings)

    def rename(self, name: str) -> None:
        """Give it another name, also while it trains: nothing else writes run.json. Raises RunError or StorageError."""
        self.facts = read(self.folder / "run.json") | {"name": name}
        self._write("run.json", self.facts)

    def delete(self) -> None:
        """Delete the run's folder."""
        self.discarded = True
        with storing("cannot delete", self.folder):
            shutil.rmtree(self.folder)

    def __repr__(self) -> str:
        return f"Run({self.id}, {self.name!r})"
