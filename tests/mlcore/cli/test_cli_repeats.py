"""`mlj train --set repeats=5`: what is printed, what is on the disk, and the exit code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcore import kernels
from tests.mlcore.cli.conftest import Said

WORDS = ["--set", "dataset.n_samples=100", "--set", "layers=5 tanh", "--epochs", "6"]


@pytest.fixture
def three(mlj: Callable[..., Said]) -> Said:
    return mlj("train circles --set repeats=3 --name trio", *WORDS)


def test_each_metric_has_a_line_with_median_and_range(three: Said) -> None:
    assert three.code == 0, three.err
    lines = three.out.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == ["seed 42", "seed 43", "seed 44"]
    assert lines[3].startswith("finished: seeds 42 to 44 in ")
    for metric in ("train loss", "validation loss", "test loss"):
        median, low, high = numbers(next(line for line in lines if line.startswith(f"  {metric}")))
        assert low <= median <= high
    assert sum(line.startswith("  validation accuracy") for line in lines) == 1
    assert lines[-1].split() == ["try", "mlj", "runs", "show", "trio"]


def numbers(line: str) -> list[float]:
    words = line.translate(str.maketrans("()%", "   ")).split()
    return [float(word) for word in words if word[0].isdigit()]


def test_the_same_command_again_prints_the_same_numbers(three: Said, mlj: Callable[..., Said]) -> None:
    again = mlj("train circles --set repeats=3 --name trio", *WORDS)
    assert without_time(again) == without_time(three)


def without_time(said: Said) -> list[str]:
    return [line for line in said.out.splitlines() if not line.startswith("finished")]


def test_the_list_shows_the_parent_with_its_spread_and_hides_the_children(
    three: Said, mlj: Callable[..., Said]
) -> None:
    listed = mlj("runs").out.splitlines()
    assert len(listed) == 2 and listed[1].startswith("trio (3 seeds)") and " to " in listed[1]
    assert len(mlj("runs --json").lines) == 4
    shown = mlj("runs show trio").out
    assert all(f"trio-{seed}" in shown for seed in (42, 43, 44))


@pytest.mark.parametrize("verb", ["predict", "evaluate", "resume", "watch", "plot --what boundary"])
def test_a_verb_that_wants_one_network_says_how_to_name_it(verb: str, three: Said, mlj: Callable[..., Said]) -> None:
    verb, _, more = verb.partition(" ")
    refused = mlj(f"{verb} last {more}")
    assert refused.code == 5
    assert "error[RUN_MANY]: run trio is 3 networks, one a seed\n  hint: name one, e.g. trio-42;" in refused.err


@pytest.mark.parametrize("words", ["predict trio-43 --rows 0:2", "evaluate trio-43", "watch trio-43", "plot trio-43"])
def test_every_verb_understands_a_child(words: str, three: Said, mlj: Callable[..., Said]) -> None:
    assert mlj(words).code == 0


def test_a_child_goes_on_like_any_run(three: Said, mlj: Callable[..., Said]) -> None:
    assert mlj("resume trio-44 --epochs 8").code == 0
    assert mlj("runs show trio-44 --json").lines[0]["epoch"] == 8


def test_removing_the_parent_removes_its_children(three: Said, mlj: Callable[..., Said]) -> None:
    assert mlj("runs rm trio --yes").code == 0
    assert mlj("runs --json").lines == []


def test_as_json_there_is_one_started_one_ended_and_seeds_between(mlj: Callable[..., Said]) -> None:
    said = mlj("train circles --set repeats=3 --json", *WORDS)
    lines = said.lines
    assert said.code == 0 and said.err == ""
    kinds = [line["event"] for line in lines]
    assert kinds[0] == "started" and kinds[-1] == "ended"
    assert kinds.count("started") == kinds.count("ended") == 1
    assert kinds.count("epoch") == 18 and kinds.count("seed_ended") == 3
    assert lines[0]["run"] == lines[-1]["run"] and lines[0]["config"]["repeats"] == 3
    assert {line["seed"] for line in lines if line["event"] == "epoch"} == {42, 43, 44}
    losses = sorted(line["validation_loss"] for line in lines if line["event"] == "seed_ended")
    found = {"low": losses[0], "median": losses[1], "high": losses[2], "seeds": 3}
    assert lines[-1]["spread"]["validation_loss"] == found
    children = {line["run"] for line in lines if line["event"] == "seed_ended"}
    assert children == set(mlj("runs show last --json").lines[0]["children"])


def test_quiet_prints_the_parent_and_no_record_leaves_nothing(mlj: Callable[..., Said]) -> None:
    silent = mlj("train circles --set repeats=2 -q --no-record", *WORDS)
    assert (silent.code, silent.out) == (0, "") and mlj("runs --json").lines == []
    quiet = mlj("train circles --set repeats=2 -q", *WORDS)
    assert quiet.out.strip() == mlj("runs show last --json").lines[0]["run"]


def test_a_goal_that_some_seed_misses_is_exit_1(mlj: Callable[..., Said]) -> None:
    said = mlj("train circles --set repeats=2 --goal", "train_loss <= 0.0001", *WORDS)
    assert said.code == 1
    assert "goal not reached by 2 of 2 seeds, the first 42: train_loss <= 0.0001" in said.err
    assert mlj("train circles --set repeats=2 --goal", "train_loss <= 99", *WORDS).code == 0


def test_a_seed_that_diverges_is_exit_8_and_named(mlj: Callable[..., Said]) -> None:
    rate = "--set optimizer.kind=sgd --set optimizer.learning_rate=1e30"
    said = mlj(f"train moons --set repeats=2 --epochs 3 {rate}")
    assert said.code == 8
    assert "error[DIVERGED]: seed 42 and 1 more: the loss is not a number at step" in said.err


def test_every_network_has_its_own_line_of_losses(mlj: Callable[..., Said]) -> None:
    pattern = r"^seed (\d+) \| Epoch (\d+) \| Training Loss: (\d\.\d{5}) \| Testing Loss: (\d\.\d{5})$"
    for words in ("circles", "line-relu6 --backend reference"):  # the second has no validation split
        said = mlj(f"train {words} --set repeats=2 --log-every 4 --no-record --epochs 6", "--set", "layers=5 tanh")
        found = re.findall(pattern, said.out, re.M)
        assert sorted((seed, epoch) for seed, epoch, *_ in found) == [(s, e) for s in ("42", "43") for e in ("0", "4")]
        assert len({(first, second) for *_, first, second in found}) == 4 and "seed 42:" not in said.out


def test_a_fold_s_line_of_losses_is_of_its_own_test_rows(mlj: Callable[..., Said], tmp_path: Path) -> None:
    path = tmp_path / "own.csv"  # whose folds have other columns: rare words are features of some training rows only
    rows = [f"{n % 7},{'abcdefgh'[n % 8] if n % 8 < 6 or n < 20 else 'a'},{n % 5 + n / 8}\n" for n in range(60)]
    path.write_text("x,word,y\n" + "".join(rows), encoding="utf-8")
    words = f"train {path} --target y --folds 3 --epochs 2 --set dataset.split.validation=0"
    said = mlj(f"{words} --log-every 1")
    lines = re.findall(r"^fold (\d) \| Epoch 1 \| Training Loss: \S+ \| Testing Loss: (\S+)$", said.out, re.M)
    assert said.code == 0, said.err
    ends = mlj(f"{words} --json").lines
    losses = {str(each["fold"] + 1): each["test_loss"] for each in ends[-1]["each"]}
    assert {fold: float(loss) for fold, loss in lines} == pytest.approx(losses, abs=1e-5)


@pytest.mark.parametrize("backend", ["auto", "reference"])
def test_ctrl_c_keeps_a_checkpoint_of_every_seed_that_had_begun(
    backend: str, home: Path, mlj: Callable[..., Said]
) -> None:
    command = ["train", "circles", "--set", "repeats=3", "--epochs", "1000000", "--backend", backend, "--json"]
    environment = os.environ | {"MLJ_HOME": str(home / "home"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "mlcore", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        for line in process.stdout:
            if b'"epoch": 3,' in line:
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in err
    assert b'"event": "ended", "reason": "interrupted"' in out.splitlines()[-1]
    runs = mlj("runs --json").lines
    begun = [run for run in runs if "parent" in run]
    assert len(begun) == (3 if backend == "auto" and kernels.unavailable() is None else 1)
    assert {run["state"] for run in runs} == {"interrupted"} and {run["exit_code"] for run in runs} == {130}
    assert all(list((Path(run["folder"]) / "ckpt").iterdir()) for run in begun)
    assert f"mlj resume {min(run['name'] for run in begun)}" in err.decode()
    assert mlj("resume", begun[0]["name"], "--epochs", begun[0]["epoch"] + 1).code == 0
