"""Every documented exit code is provoked by a real cause, with one sentence and a way out on stderr."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from mlcore import cli
from mlcore.runs import open_run
from mlcore.storage import Lock

QUICK = ("train circles --backend reference --epochs 2 --no-progress", "--set", "dataset.n_samples=100")
SENTENCE = re.compile(r"mlj: error\[[A-Z_]+\]: [^\n]+\n(  hint: [^\n]+\n)?")


def failed(said, code: int, name: str) -> None:
    """One sentence, the code, nothing on stdout."""
    assert (said.code, said.out) == (code, "")
    assert SENTENCE.fullmatch(said.err), said.err
    assert f"error[{name}]" in said.err


def test_0_for_a_run_that_did_what_was_asked(mlj) -> None:
    said = mlj(*QUICK)
    assert said.code == 0 and said.out.startswith("finished: 2 epochs") and said.err == ""


def test_1_for_a_goal_not_reached(mlj) -> None:
    said = mlj(*QUICK, "--goal", "validation_accuracy >= 1.5")
    assert said.code == 1 and said.err.startswith("mlj: goal not reached: validation_accuracy >= 1.5, got 0.")


def test_0_for_a_goal_reached_early(mlj) -> None:
    said = mlj(*QUICK, "--epochs", 50, "--goal", "validation_accuracy >= 0.1")
    assert said.code == 0 and said.out.startswith("goal reached: 1 epoch,")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--set", "optimizer.learning_rate=-1"], "CONFIG_VALUE"),
        (["--set", "no equals sign"], "USAGE"),
        (["--max-time", "soon"], "USAGE"),
        (["--goal", "be good"], "CONFIG_VALUE"),
        (["--set", "layers=8 swish"], "CONFIG_UNKNOWN"),
    ],
)
def test_2_for_an_experiment_that_cannot_be(words: list[str], name: str, mlj) -> None:
    failed(mlj("train circles", *words), 2, name)


def test_2_for_configurations_that_are_missing_or_broken(mlj, tmp_path: Path) -> None:
    failed(mlj("train", tmp_path / "none.toml"), 2, "CONFIG_NOT_FOUND")
    (tmp_path / "broken.toml").write_text("layers = [")
    failed(mlj("train", tmp_path / "broken.toml"), 2, "CONFIG_SYNTAX")


def test_3_for_data_that_are_not_there(mlj, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLJ_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    failed(mlj("train mnist-mlp"), 3, "DATA_NOT_FOUND")


def test_4_for_a_checkpoint_that_is_damaged(mlj) -> None:
    mlj(*QUICK)
    for path in open_run("last").checkpoints().values():
        path.write_bytes(path.read_bytes()[:-1])
    failed(mlj("resume last --epochs 4"), 4, "CKPT_CORRUPT")


def test_5_for_a_run_that_is_not_there(mlj) -> None:
    failed(mlj("resume brave-otter"), 5, "RUN_NOT_FOUND")
    failed(mlj("watch last"), 5, "RUN_NOT_FOUND")


def test_5_for_a_run_that_has_made_all_its_epochs(mlj) -> None:
    mlj(*QUICK)
    failed(mlj("resume last"), 5, "RUN_ENDED")
    failed(mlj("ctl last pause"), 5, "RUN_LOST")


def test_5_for_a_run_somebody_else_writes(mlj) -> None:
    mlj(*QUICK)
    lock = Lock(open_run("last").folder / "lock")
    try:
        failed(mlj("resume last --epochs 4"), 5, "RUN_LOCKED")
    finally:
        lock.release()


def test_6_for_a_disk_that_refuses(mlj, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = mlj(*QUICK, "--runs-dir", tmp_path / "file" / "runs")
    assert said.code == 6 and "error[STORAGE_" in said.err
    mlj(*QUICK)
    failed(mlj("predict last --out", tmp_path / "none" / "a.csv"), 6, "STORAGE_IO")
    if os.path.exists("/dev/full"):
        failed(mlj("predict last --out /dev/full"), 6, "STORAGE_FULL")


def test_7_for_more_memory_than_there_is(mlj) -> None:
    layers = " | ".join(["65536 relu"] * 9)  # 137 GB
    failed(mlj("train circles --no-record --set", f"layers={layers}"), 7, "RESOURCE_MEMORY")


def test_8_for_a_loss_that_is_no_number(mlj) -> None:
    said = mlj("train line-relu6 --epochs 9 --no-progress --set optimizer.learning_rate=1e30", "--set", "layers=8 relu")
    assert said.code == 8 and said.out.startswith("diverged: ")
    assert re.search(
        r"error\[DIVERGED\]: .* step \d+: layer 3 \(dense \[1\]\) .*\n  hint: .*--set optimizer.learning_rate=0.01",
        said.err,
    )


def test_a_diverged_run_ends_its_json_with_its_end(mlj) -> None:
    said = mlj("train line-relu6 --epochs 9 --json --set optimizer.learning_rate=1e30", "--set", "layers=8 relu")
    assert said.code == 8 and said.lines[-1]["reason"] == "diverged" and "error[DIVERGED]" in said.err


def test_9_for_a_device_that_is_not_there(mlj) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    said = mlj("train circles --device cuda")
    failed(said, 9, "BACKEND_UNAVAILABLE")
    assert "CUDA" in said.err


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_9_for_a_backend_that_has_no_such_device(backend: str, mlj) -> None:
    failed(mlj("train circles --device cuda --backend", backend), 9, "BACKEND_UNAVAILABLE")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--precision bf16 --backend native", "backend native: precision bf16 was asked for, which only PyTorch has"),
        ("--engine graph", "engine graph was asked for, which only PyTorch has"),
        ("--engine graph --backend torch --device cpu", "engine graph was asked for, and CUDA graphs need a GPU"),
        ("--precision tf32 --backend torch --device cpu", "tf32 was asked for, which only GPUs have"),
        ("--device cuda:7", "cuda:7 was asked for, but"),
    ],
)
def test_9_for_a_precision_or_an_engine_that_does_not_run_here(words: str, said: str, mlj, home: Path) -> None:
    pytest.importorskip("torch")
    found = mlj("train circles", *words.split())
    failed(found, 9, "BACKEND_UNAVAILABLE")
    assert said in found.err and not (home / "home").exists()


def test_2_for_a_word_that_is_no_engine(mlj) -> None:
    assert mlj("train circles --engine fast").code == 2


def test_nothing_is_left_on_disk_by_an_experiment_that_cannot_run(mlj, home: Path) -> None:
    mlj("train circles --device cuda --backend reference")
    assert not (home / "home").exists()


def test_70_for_a_bug_with_a_crash_file_and_one_sentence(mlj, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(cli, "_run", lambda words: 1 // 0)
    said = mlj("recipes")
    failed(said, 70, "INTERNAL")
    path = re.search(r"details are in (\S+)", said.err)
    assert path and "ZeroDivisionError" in Path(path[1]).read_text()


def test_a_bug_while_training_leaves_its_crash_file_in_the_run(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcore.commands.training.told", lambda *args: 1 // 0)
    assert mlj(*QUICK).code == 70
    assert list(open_run("last").folder.glob("mlj-crash-*.txt"))


def test_debug_shows_the_traceback(mlj) -> None:
    said = mlj("resume nothing --debug")
    assert said.code == 5 and "Traceback" in said.err and "error[RUN_NOT_FOUND]" in said.err


def test_json_errors_are_one_object_on_stdout(mlj) -> None:
    said = mlj("train mons --json")
    assert said.code == 2 and said.err == ""
    assert json.loads(said.out) == {
        "event": "error",
        "code": "CONFIG_UNKNOWN",
        "message": "unknown recipe 'mons'",
        "where": "",
        "hint": "did you mean 'moons'?",
    }


def test_hostile_words_come_back_visible_not_alive(mlj) -> None:
    said = mlj("train", "\x1b]52;c;aGk=\x07\u202e.toml")
    assert said.code == 2 and r"\x1b]52" in said.err and r"\u202e" in said.err
