"""`mlj train --sweep`: the table, what is on the disk, what `runs` and `compare` make of it, the exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mlcore.cli.conftest import Said

WORDS = ["--set", "dataset.n_samples=100", "--epochs", "6", "--set", "layers=5 tanh"]
RATES = "--sweep optimizer.learning_rate=0.001,0.03,0.1"
GRID = f"{RATES} --sweep optimizer.weight_decay=0,.1"


@pytest.fixture
def grid(mlj: Callable[..., Said]) -> Said:
    return mlj(f"train circles {GRID} --name grid", *WORDS)


def table(said: Said) -> list[list[str]]:
    """The rows of the table, each as its words."""
    parts = said.out.split("\n\n")[1].splitlines()
    return [line.split() for line in parts if line.split()[0].isdigit()]


def test_the_table_has_a_row_for_each_combination_the_best_first_and_fits_80_columns(
    grid: Said, mlj: Callable[..., Said]
) -> None:
    assert grid.code == 0, grid.err
    lines, rows = grid.out.splitlines(), table(grid)
    assert [line.partition(":")[0] for line in lines[:2]] == [
        "learning_rate=0.001, weight_decay=0",
        "learning_rate=0.001, weight_decay=0.1",
    ]
    assert lines[6].startswith("finished: 6 combinations in ")
    assert sorted(row[0] for row in rows) == list("123456") and all(row[4].endswith("%") for row in rows)
    losses = [float(row[3]) for row in rows]
    assert losses == sorted(losses) and max(map(len, lines[7:])) <= 80
    assert f"  best                learning_rate={rows[0][1]}, weight_decay={rows[0][2]}" in lines
    assert f"  validation loss     {rows[0][3]}" in lines
    assert lines[-2].split() == ["try", "mlj", "runs", "show", f"grid-{rows[0][0]}"]
    assert lines[-1].split() == ["mlj", "compare", f"grid-{rows[0][0]}", f"grid-{rows[1][0]}"]
    assert mlj(lines[-1].strip().removeprefix("mlj ")).code == 0


def test_with_repeats_a_row_has_the_medians_of_its_seeds(mlj: Callable[..., Said]) -> None:
    said = mlj(f"train circles {RATES} --set repeats=3 --name grid", *WORDS)
    assert "finished: 3 combinations of 3 seeds each in " in said.out
    rows = table(said)
    assert sorted(" ".join(row[:3]) for row in rows) == ["1 to 3", "4 to 6", "7 to 9"]
    place, loss = int(rows[0][0]), rows[0][4]
    losses = sorted(mlj(f"runs show grid-{place + n} --json").lines[0]["metrics"]["validation_loss"] for n in range(3))
    assert loss == f"{losses[1]:.5f}"


def test_runs_shows_the_sweep_in_place_of_its_networks_and_what_was_swept(grid: Said, mlj: Callable[..., Said]) -> None:
    listed = mlj("runs").out.splitlines()
    assert len(listed) == 2 and listed[1].startswith("grid (sweep of 6)")
    shown = mlj("runs show grid")
    assert "  swept               optimizer.learning_rate = 0.001, 0.03, 0.1\n" in shown.out
    assert table(shown) == table(grid)
    plain = mlj("runs show grid --json").lines[0]
    assert plain["sweep"] == {"optimizer.learning_rate": [0.001, 0.03, 0.1], "optimizer.weight_decay": [0, 0.1]}
    assert len(plain["children"]) == 6 and mlj("runs show grid-4").code == 0


def test_a_verb_that_wants_one_network_says_how_to_name_it(grid: Said, mlj: Callable[..., Said]) -> None:
    for words in ("predict grid", "resume grid", "compare grid grid-1", "plot grid"):
        refused = mlj(words)
        assert refused.code == 5 and "run grid is a sweep of 6 networks\n  hint: name one, e.g. grid-1;" in refused.err


def test_it_is_renamed_and_removed_with_its_networks(grid: Said, mlj: Callable[..., Said]) -> None:
    assert mlj("runs rename grid net").code == 0 and mlj("runs show net-3").code == 0
    assert mlj("runs rm net --yes").code == 0 and mlj("runs --json").lines == []


def test_as_json_every_network_has_its_number_and_the_end_has_the_combinations(mlj: Callable[..., Said]) -> None:
    said = mlj(f"train circles {RATES} --set repeats=2 --json", *WORDS)
    lines = said.lines
    kinds = [line["event"] for line in lines]
    assert said.code == 0 and said.err == ""
    assert kinds.count("started") == kinds.count("ended") == 1 and kinds.count("member_ended") == 6
    assert lines[0]["sweep"] == {"optimizer.learning_rate": [0.001, 0.03, 0.1]} and lines[0]["config"]["repeats"] == 2
    assert {line["member"] for line in lines if line["event"] == "epoch"} == {1, 2, 3, 4, 5, 6}
    ends = {line["member"]: line for line in lines if line["event"] == "member_ended"}
    assert ends[4]["settings"] == {"optimizer.learning_rate": 0.03} and ends[4]["seed"] == 43
    end = lines[-1]
    assert end["reason"] == "finished" and end["monitor"] == "validation_loss" and end["ended"] == 6
    losses = [each["validation_loss"] for each in end["combinations"]]
    assert losses == sorted(losses) and {*end["combinations"][0]} >= {"settings", "members", "test_loss"}
    assert {end["run"] for end in ends.values()} == set(mlj("runs show last --json").lines[0]["children"])


def test_layers_and_words_are_values_too(mlj: Callable[..., Said]) -> None:
    said = mlj(
        "train circles --epochs 2 --json", "--sweep", "layers=4 relu,4 relu | 3 tanh", "--sweep", "batch_size=9,full"
    )
    assert said.lines[0]["sweep"] == {"layers": ["4 relu", "4 relu | 3 tanh"], "batch_size": [9, "full"]}
    listed = mlj("train circles --epochs 2 --json", "--sweep", "loss.class_weight=[1, 2],[2, 1]")
    assert listed.lines[0]["sweep"] == {"loss.class_weight": [[1, 2], [2, 1]]}


def test_many_settings_are_one_column_and_many_combinations_are_cut(mlj: Callable[..., Said]) -> None:
    more = "--sweep init=he_normal,he_uniform --sweep batch_size=16,32 --sweep optimizer.l1=0,0.1"
    said = mlj(f"train circles {GRID} {more} --epochs 1 --no-progress --no-record", *WORDS[:2])
    found = said.out.split("\n\n")[1].splitlines()
    assert "settings" in found[0] and found[-1] == "  and 28 more" and max(map(len, found)) <= 80


def test_one_that_diverges_is_a_row_and_only_all_of_them_are_exit_8(mlj: Callable[..., Said]) -> None:
    some = mlj("train moons --epochs 2 --set optimizer.kind=sgd --sweep optimizer.learning_rate=0.1,1e38")
    assert some.code == 0 and table(some)[1][-1] == "diverged"
    none = mlj("train moons --epochs 2 --set optimizer.kind=sgd --sweep optimizer.learning_rate=1e37,1e38 -q")
    assert none.code == 8 and "error[DIVERGED]: all 2 networks of the sweep diverged" in none.err


def test_a_goal_is_missed_where_no_network_reaches_it(mlj: Callable[..., Said]) -> None:
    missed = mlj(f"train circles {RATES} --no-progress --goal", "train_loss <= 0.0001", *WORDS)
    assert missed.code == 1 and "mlj: goal not reached by any network: train_loss <= 0.0001" in missed.err
    assert mlj(f"train circles {RATES} --no-progress --goal", "train_loss <= 99", *WORDS).code == 0


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ("optimizer.learning_rat=1,2", "unknown setting 'optimizer.learning_rat'\n  hint: did you mean 'optimizer.l"),
        ("optimizer.learning_rate=", "--sweep: optimizer.learning_rate has no value\n"),
        ("optimizer.learning_rate=1,,2", "--sweep: optimizer.learning_rate has no value between two commas"),
        ("optimizer.learning_rate", "--sweep: expected NAME=VALUE,VALUE, got 'optimizer.learning_rate'"),
        ("optimizer.learning_rate=1,no", "optimizer.learning_rate: expected a number above 0, got 'no'"),
        ("dataset.noise=0,0.1", "dataset.noise cannot be swept: all networks of a sweep learn the same data"),
        ("epochs=" + ",".join(map(str, range(1, 1002))), "a sweep has at most 1,000 networks, got 1,001 combinations"),
    ],
    ids=lambda text: text[:30],
)
def test_what_cannot_be_swept_is_exit_2_and_a_sentence(sweep: str, message: str, mlj: Callable[..., Said]) -> None:
    refused = mlj("train circles", "--sweep", sweep)
    assert (refused.code, refused.out) == (2, "") and message in refused.err
    assert mlj("runs --json").lines == []


def test_the_same_setting_twice_is_refused(mlj: Callable[..., Said]) -> None:
    refused = mlj(f"train circles {RATES} {RATES}")
    assert refused.code == 2 and "--sweep: optimizer.learning_rate is there twice" in refused.err


def test_ctrl_c_names_a_network_to_go_on_with(home: Path, mlj: Callable[..., Said]) -> None:
    command = ["train", "circles", *GRID.split(), "--epochs", "1000000", "--backend", "reference", "--json"]
    environment = os.environ | {"MLJ_HOME": str(home / "home"), "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-m", "mlcore", *command, "--name", "grid"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if b'"epoch": 3,' in line)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"of 1 network; each has a checkpoint, and 5 had not begun\n" in err
    assert b"  hint: go on with each: mlj resume grid-1\n" in err
    assert mlj("runs show grid --json").lines[0]["state"] == "interrupted"
    assert "interrupted" in mlj("runs show grid").out
    epoch = mlj("runs show grid-1 --json").lines[0]["epoch"]
    assert mlj("resume grid-1 --epochs", epoch + 1).code == 0
