"""Streams that are closed, disks that are full, folders that were tampered with: said, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import mlcore
from mlcore import journal
from mlcore.errors import StorageError
from mlcore.runs import open_run
from tests.mlcore.cli.conftest import home, mlj
from tests.mlcore.refusals import SENTENCE, limit, process, refused

__all__ = ["home", "mlj"]  # fixtures

QUICK = ("train circles --backend reference --epochs 2 --no-progress", "--set", "dataset.n_samples=100")


@pytest.fixture
def trained(mlj):
    """A run of two epochs."""
    assert mlj(*QUICK, "--name", "otter").code == 0
    return mlj


def test_predictions_that_find_no_room_leave_the_old_file(trained, home: Path) -> None:
    out = home / "a.csv"
    out.write_text("precious\n")
    said = process(home, "predict otter --rows 0:20 --proba -o a.csv", before=lambda: limit(100))
    assert said.code == 6 and "name another file with --out" in said.err and out.read_text() == "precious\n"
    assert not list(home.glob(".*")), "a temporary file was left"


# ---- streams and folders ----


@pytest.mark.parametrize(("number", "code"), [(0, 0), (1, 141), (2, 0)])
def test_a_closed_stream_is_no_crash(number: int, code: int, home: Path) -> None:
    words = "train circles --backend reference --epochs 2"
    assert process(home, words, before=lambda: os.close(number)).code == code
    (run,) = mlcore.list_runs()
    assert run.status.state == ("stopped" if code else "finished") and run.status.epoch >= 1


def test_where_nobody_can_be_told_the_code_is_left(home: Path) -> None:
    assert process(home, "train nope", before=lambda: os.close(2)).code == 2
    assert process(home, "runs rm last", before=lambda: os.close(0)).code == 5
    assert process(home, "train nope --json", before=lambda: os.close(1)).code == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_output_that_finds_no_room_is_said(home: Path) -> None:
    def full(number: int) -> Callable[[], None]:
        return lambda: (os.dup2(os.open("/dev/full", os.O_WRONLY), number), None)[1]

    for words in ("recipes", "recipes --json", "train circles --epochs 2 --json --no-record"):
        said = process(home, words, before=full(1))
        assert said.code == 6 and "the output: No space left" in said.err
    assert process(home, "train nope", before=full(2)).code == 2


def test_a_disk_that_fills_up_ends_with_6_and_loses_nothing_that_was_written(mlj, home: Path) -> None:
    words = "train circles --backend reference --epochs 60 --no-progress"
    said = process(home, words, before=lambda: limit(9_000))
    assert said.code == 6 and "error[STORAGE_FULL]" in said.err
    assert mlj("resume last --no-progress --epochs 61").code == 0
    assert open_run("last").history["epoch"] == list(range(1, 62))


def test_a_run_that_cannot_be_begun_leaves_no_half_of_one(home: Path) -> None:
    said = process(home, "train circles --epochs 2", before=lambda: limit(300))
    assert said.code == 6 and "error[STORAGE_FULL]" in said.err
    assert list((home / "home" / "runs").iterdir()) == []


def test_a_disk_that_refuses_is_not_asked_again_at_every_line(tmp_path: Path, monkeypatch) -> None:
    written = journal.Journal(tmp_path / "metrics.jsonl")
    asked: list[int] = []

    def refuse(descriptor: int, data: bytes) -> None:
        asked.append(len(data))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "write_all", refuse)
        for number in range(2_000):
            try:
                written.add({"epoch": number})
            except StorageError:
                continue
    assert len(asked) < 100
    written.close()
    assert [record["epoch"] for record in journal.read(tmp_path / "metrics.jsonl")] == list(range(2_000))


def test_a_user_without_a_home_is_told_what_to_set(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*args: object, **options: object) -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("MLJ_HOME")
    monkeypatch.delenv("MLJ_DATA_HOME", raising=False)
    monkeypatch.setattr("platformdirs.user_data_path", nowhere)
    refused(mlj("runs"), 6, "no home folder", "MLJ_HOME")
    refused(mlj("train mnist-mlp"), 6, "MLJ_DATA_HOME")
    assert mlj("info").code == 0 and "nowhere: this user has no home folder" in mlj("info").out
    monkeypatch.setenv("MLJ_DATA_HOME", "~nobody-of-this-name/x")
    refused(mlj("train mnist-mlp"), 3, "~nobody-of-this-name/x/mnist")


# ---- runs that were tampered with ----

FILES = ("run.json", "config.json", "data.json", "status.json", "metrics.jsonl", "events.jsonl", "model.safetensors")
VERBS = (
    "runs", "runs --json", "runs show otter", "evaluate otter", "predict otter --rows 0:1", "watch otter", "plot otter",
    "explain otter", "ctl otter pause", "resume otter --epochs 3 --no-progress",
)  # fmt: skip


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 2),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "an empty object": lambda path: path.write_text("{}\n"),
    "deep": lambda path: path.write_text('{"a":' * 5000),
    "a pickle": lambda path: path.write_bytes(b"\x80\x04" + b"." * 99),
    "a FIFO": fifo,
    "a folder": folder,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_told_in_a_sentence_and_hides_no_other(damage: str, trained, home: Path) -> None:
    whole = open_run("otter").folder
    assert trained(*QUICK, "--name", "good").code == 0
    pristine = shutil.copytree(whole, home / "pristine")
    for file in FILES:
        shutil.rmtree(whole)
        shutil.copytree(pristine, whole)
        DAMAGES[damage](whole / file)
        for words in VERBS:
            said = trained(words)
            assert said.code in (0, 2, 3, 4, 5, 6), (file, words, said)
            assert not said.code or SENTENCE.search(said.err), (file, words, said)
        assert "good" in trained("runs").out


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("status.json", {"state": "running", "pid": 10**30}),
        ("status.json", {"state": "\x1b[2J", "reason": "\x1b[2J", "message": "\x1b[2J"}),
        ("run.json", {"run_id": None}),
        ("run.json", {"name": "\x1b[2J", "created": "\x1b[2J"}),
        ("config.json", {"config": []}),
        ("config.json", {"config": {"\x1b[2J": 1}}),
    ],
)
def test_forged_values_of_a_run_are_no_bugs(file: str, values: dict, trained) -> None:
    run = open_run("otter")
    path = run.folder / file
    path.write_text(json.dumps(json.loads(path.read_bytes()) | values))
    for words in VERBS:
        said = trained(words.replace("otter", str(run.folder)))
        assert said.code in (0, 2, 3, 4, 5, 6), (words, said)


def test_a_hint_names_a_run_as_a_shell_takes_it(mlj) -> None:
    for name in ("two words", "a/b", "last", "-q", "\x1b[2J", "$(id)"):
        said = mlj(*QUICK, f"--name={name}")
        run = open_run("last")
        assert said.code == 0 and f"mlj predict {run.id} --rows" in said.out
    assert "mlj predict brave.otter-2 --rows" in mlj(*QUICK, "--name", "brave.otter-2").out


def test_a_run_named_twice_is_removed_once(trained) -> None:
    assert trained("runs rm otter last --yes").code == 0
