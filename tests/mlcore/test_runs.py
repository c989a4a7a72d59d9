"""Runs on disk: readable by anybody, with the weights of their epochs, and found by any of their names."""

from __future__ import annotations

import json
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from mlcore import recording, runs
from mlcore.errors import CheckpointError, RunError
from mlcore.runs import Run, fit, list_runs, open_run, record
from mlcore.training import train
from tests.mlcore.little_runs import config


def test_a_run_tells_everything_about_itself(tmp_path: Path) -> None:
    run = fit(config(), tmp_path, name="first try")
    again = Run.open(run.folder)
    assert again.config == config() and again.name == "first try"
    assert again.history["epoch"] == [1, 2, 3, 4, 5, 6]
    assert {"train_loss", "validation_accuracy", "learning_rate"} <= set(again.history)
    status = again.status
    assert (status.state, status.reason, status.epoch, status.exit_code) == ("finished", "finished", 6, 0)
    assert "test_accuracy" in status.metrics
    assert [event["event"] for event in again.events] == ["started", "ended"]


def test_every_file_of_a_run_is_json_or_safetensors_that_says_its_schema(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    for file in ("run.json", "config.json", "data.json"):
        assert json.loads((run.folder / file).read_text())["schema"].startswith("mlj.")
    for line in (run.folder / "metrics.jsonl").read_text().splitlines():
        assert list(json.loads(line))[-1] == "crc"
    assert not list(run.folder.rglob(".*"))


def test_the_kept_weights_are_those_of_the_end_and_snapshots_those_of_their_epochs(tmp_path: Path) -> None:
    experiment, run, seen = config(), None, {}
    run = Run.create(experiment, tmp_path)
    for event in record(train(experiment), run):
        seen[event.kind, event.epoch if hasattr(event, "epoch") else 0] = getattr(event, "model", None)
    assert np.array_equal(run.model().vector, seen["ended", 6].vector)
    for epoch in (2, 4):
        assert np.array_equal(run.model(epoch).vector, seen["epoch", epoch].vector)
    with pytest.raises(CheckpointError, match="epoch 3") as caught:
        run.model(3)
    assert "2, 4, 6" in caught.value.hint


@pytest.mark.usefixtures("eager")
def test_the_last_checkpoints_are_kept_and_older_ones_deleted(tmp_path: Path) -> None:
    run = fit(config(**{"epochs": 10, "recording.keep": 2, "recording.snapshot_every": 1}), tmp_path)
    assert list(run.checkpoints()) == [27, 30]
    assert run.state(10).epoch == 10
    with pytest.raises(CheckpointError, match="epoch 3"):
        run.state(3)


def test_more_than_two_hundred_snapshots_are_thinned_to_every_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SNAPSHOTS", 10)
    run = fit(config(**{"epochs": 40, "recording.snapshot_every": 1}), tmp_path)
    found = list(run.snapshots())
    assert len(found) <= 10 and found[0] == 1 and found[-1] == 39


def test_two_runs_are_found_by_id_part_of_it_name_path_and_last(tmp_path: Path) -> None:
    older, newer = (Run.create(config(), tmp_path, name=name) for name in ("the first", "the second"))
    older.folder.rename(folder := tmp_path / ("20200101" + older.id[8:]))
    facts = json.loads((folder / "run.json").read_text()) | {"run_id": folder.name}
    (folder / "run.json").write_text(json.dumps(facts))
    assert [run.id for run in list_runs(tmp_path)] == [newer.id, folder.name]
    for which in (newer.id, newer.id[:9], newer.id[-6:], "the second", "last", newer.folder, str(newer.folder)):
        assert open_run(which, tmp_path).id == newer.id
    assert open_run("2020", tmp_path).id == folder.name


def test_a_run_that_is_not_there_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    Run.create(config(), tmp_path, name="brave-otter")
    with pytest.raises(RunError, match="brave-oter") as caught:
        open_run("brave-oter", tmp_path)
    assert "brave-otter" in caught.value.hint and caught.value.exit_code == 5
    with pytest.raises(RunError) as caught:
        open_run("last", tmp_path / "empty")
    assert caught.value.code == "RUN_NOT_FOUND"


def test_a_name_two_runs_have_is_refused_with_their_ids(tmp_path: Path) -> None:
    ids = [Run.create(config(), tmp_path, name="twin").id for _ in range(2)]
    with pytest.raises(RunError, match="2 runs") as caught:
        open_run("twin", tmp_path)
    assert all(run_id in caught.value.hint for run_id in ids)


def test_a_folder_that_is_no_run_and_one_with_a_damaged_file_are_passed_over_in_the_list(tmp_path: Path) -> None:
    run = Run.create(config(), tmp_path)
    (tmp_path / "stray").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    (tmp_path / "file").touch()
    assert [found.id for found in list_runs(tmp_path)] == [run.id]


def test_runs_of_a_newer_mlj_are_refused_by_that_name(tmp_path: Path) -> None:
    run = Run.create(config(), tmp_path)
    (run.folder / "run.json").write_text(json.dumps(dict(run.facts) | {"schema": "mlj.run/2"}))
    with pytest.raises(RunError) as caught:
        Run.open(run.folder)
    assert caught.value.code == "SCHEMA_NEWER"


HOSTILE = ["../../escaped", "/etc/passwd", "a/b", "\x1b[2J", "..", "con\0", "‮txt", "x" * 9999, " ", "-rf"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_data_and_never_a_path(name: str, tmp_path: Path) -> None:
    root = tmp_path / "inside" / "runs"
    run = Run.create(config(), root, name=name)
    assert Run.open(run.folder).name == name[:200]
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert [path.name for path in root.iterdir()] == [run.id]


def test_the_folder_of_runs_is_the_one_asked_for_or_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLJ_HOME", str(tmp_path))
    assert runs.runs_root() == tmp_path / "runs"
    assert runs.runs_root(tmp_path / "here") == tmp_path / "here"
    monkeypatch.delenv("MLJ_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert runs.runs_root().name == "runs"
    if sys.platform == "linux":
        assert runs.runs_root() == tmp_path / "data" / "mlj" / "runs"


def test_a_deleted_run_is_gone(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    run.delete()
    assert list_runs(tmp_path) == []


def test_files_of_a_run_that_are_not_utf_8_are_damaged_ones(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    for file in ("status.json", "config.json", "data.json"):
        path = run.folder / file
        path.write_bytes(path.read_bytes().replace(b"e", b"\xff"))
    assert run.status.state == "lost"
    body = b'{"epoch":1,"\xff":2'
    (run.folder / "metrics.jsonl").write_bytes(body + b',"crc":"%08x"}\n' % zlib.crc32(body) * 2)
    for read in (lambda: run.config, lambda: run.history, run.restore):
        with pytest.raises(RunError, match="damaged"):
            read()


def test_a_small_file_is_read_in_little_memory(tmp_path: Path) -> None:
    run = fit(config(), tmp_path)
    tracemalloc.start()
    assert run.history and run.status and run.config and run.events
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 << 20
