"""Runs and what goes wrong: a second writer, a process that vanished, a disk that refuses, an error while training."""

from __future__ import annotations

import errno
import itertools
import math
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from mlcore import storage
from mlcore.errors import CheckpointError, ConfigError, RunError, StorageError
from mlcore.events import Event
from mlcore.runs import Run, record
from mlcore.training import train
from tests.mlcore.little_runs import config


def test_a_second_writer_is_refused_and_told_who_writes(tmp_path: Path) -> None:
    run = Run.create(config(), tmp_path)
    first = record(train(config()), run)
    next(first)
    with pytest.raises(RunError, match=f"process {os.getpid()}") as caught:
        next(record(train(config()), Run.open(run.folder)))
    assert caught.value.code == "RUN_LOCKED" and caught.value.exit_code == 5
    first.close()
    list(record(train(config()), Run.open(run.folder)))


def test_a_forked_child_does_not_keep_its_parents_run_locked(tmp_path: Path) -> None:
    lock = storage.Lock(tmp_path / "lock")
    (up, say), (done, finish) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(finish)
        os.write(say, b"!")
        os.read(done, 1)  # until the parent is done
        os._exit(0)
    os.read(up, 1)
    lock.release()
    storage.Lock(tmp_path / "lock").release()  # raises while anybody holds it
    os.close(finish)
    assert os.waitpid(child, 0)[1] == 0


def test_a_run_whose_process_vanished_is_lost(tmp_path: Path) -> None:
    run = Run.create(config(), tmp_path)
    child = os.fork()
    if child == 0:
        recorded = record(train(config(epochs=100_000)), run)
        for event in recorded:
            if event.kind == "epoch":
                os._exit(0)
    os.waitpid(child, 0)
    assert run.status.state == "lost" and run.status.pid == child


def test_a_run_that_diverged_is_not_lost(tmp_path: Path) -> None:
    run = Run.create(config(dataset="line", layers="8 relu", **{"optimizer.learning_rate": 1e30}), tmp_path)
    list(record(train(run.config), run))
    status = Run.open(run.folder).status
    assert (status.state, status.exit_code, status.epochs) == ("diverged", 8, 6)
    assert not math.isfinite(status.metrics["train_loss"])
    assert not math.isfinite(run.events[-1]["metrics"]["train_loss"])
    assert "null" not in (run.folder / "events.jsonl").read_text() + (run.folder / "status.json").read_text()


@pytest.mark.parametrize(("reason", "code"), [("diverged", 8), ("epochs", CheckpointError.exit_code)])
def test_weights_that_are_not_numbers_are_a_warning_and_an_error_where_nothing_else_is(
    tmp_path: Path, reason: str, code: int
) -> None:
    def training(run: Run) -> Iterator[Event]:
        for event in train(run.config):
            if event.kind == "snapshot":
                event.state.weights.vector[0] = math.nan
            yield msgspec.structs.replace(event, reason=reason) if event.kind == "ended" else event

    run = Run.create(config(), tmp_path)
    with nullcontext() if reason == "diverged" else pytest.raises(CheckpointError, match="not numbers"):
        list(record(training(run), run))
    assert Run.open(run.folder).status.exit_code == code
    assert not run.checkpoints()
    told = [event["code"] for event in run.events if event["event"] == "warned"]
    assert told and set(told) == {"CKPT_NONFINITE"}


def refuse(monkeypatch: pytest.MonkeyPatch, folder: str, error: int, times: int = 10**9) -> list[str]:
    """Let the disk refuse to write into folders whose path contains `folder`, so many times; who was refused."""
    real, refused = os.open, []

    def opened(path, flags, *more, **kinds):
        if folder in str(path) and flags & os.O_WRONLY and len(refused) < times:
            refused.append(str(path))
            raise OSError(error, os.strerror(error))
        return real(path, flags, *more, **kinds)

    monkeypatch.setattr(os, "open", opened)
    return refused


@pytest.mark.parametrize(
    ("error", "code"),
    [(errno.ENOSPC, "STORAGE_FULL"), (errno.EROFS, "STORAGE_READ_ONLY"), (errno.EACCES, "STORAGE_PERMISSION")],
)
def test_a_disk_that_refuses_is_found_out_before_anything_is_trained(
    error: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, str(tmp_path), error)
    with pytest.raises(StorageError) as caught:
        Run.create(config(), tmp_path)
    assert (caught.value.code, caught.value.exit_code) == (code, 6) and caught.value.hint


def test_a_disk_without_room_for_three_checkpoints_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="needed for checkpoints"):
        storage.probe(tmp_path, 1 << 60)


def test_a_network_too_large_for_the_disk_is_refused_before_it_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    Run.create(config(), tmp_path)
    with pytest.raises(StorageError, match=r"1,024 KiB free, [\d,]{5,} KiB needed") as caught:
        Run.create(config(layers="300 relu | 300 relu"), tmp_path)
    assert caught.value.code == "STORAGE_FULL" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.usefixtures("eager")
def test_a_checkpoint_that_fails_is_a_warning_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(config(), tmp_path)
    refused = refuse(monkeypatch, "ckpt/.step", errno.ENOSPC, times=1)
    events = list(record(train(config()), run))
    assert len(refused) == 1
    assert [e.code for e in events if e.kind == "warned"] == ["STORAGE_FULL"]
    assert run.status.exit_code == 0 and run.state().epoch == 6
    assert any(e["event"] == "warned" for e in run.events)


def test_a_final_checkpoint_that_fails_ends_with_the_disks_error_after_the_run_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, events = Run.create(config(), tmp_path), []
    refuse(monkeypatch, "ckpt/.step", errno.ENOSPC)
    with pytest.raises(StorageError) as caught:
        events.extend(record(train(config()), run))
    assert events[-1].kind == "ended" and caught.value.exit_code == 6
    assert run.status.exit_code == 6


def test_no_snapshot_is_passed_on_before_it_is_on_the_disk(tmp_path: Path) -> None:
    run = Run.create(config(), tmp_path)
    for event in record(train(config()), run):
        if event.kind == "snapshot":
            assert event.step in Run.open(run.folder).checkpoints()


def test_an_error_while_training_leaves_its_sentence_in_the_status(tmp_path: Path) -> None:
    def broken() -> Iterator[Event]:
        yield from itertools.islice(train(config()), 3)
        raise ConfigError("the layers fell apart")

    run = Run.create(config(), tmp_path)
    with pytest.raises(ConfigError, match="fell apart"):
        list(record(broken(), run))
    assert (run.status.state, run.status.exit_code) == ("failed", 2) and "layers" in run.status.message
