"""`mlj compare`: only what differs, curves together, a verdict with an interval, and who cannot be compared."""

from __future__ import annotations

import re

import pytest

from mlcore.runs import open_run

TRAIN = "train circles -q --epochs 60 --set dataset.n_samples=400"
BAD = "--set optimizer.learning_rate=0.00001"
LINE = "train line-relu6 --backend reference -q --epochs 12"


@pytest.fixture
def two(mlj):
    """A network that has learnt, and one that hardly moved."""
    assert mlj(f"{TRAIN} --name quick").code == 0
    assert mlj(f"{TRAIN} --name slow {BAD}").code == 0
    return mlj


def test_only_what_differs_is_listed_beside_what_was_reached(two) -> None:
    said = two("compare quick slow --width 70 --height 12")
    lines = said.out.splitlines()
    assert said.code == 0 and said.out.isascii() and lines[0].split() == ["quick", "slow"]
    words = {re.split(r"  +", line)[0]: re.split(r"  +", line)[1:] for line in lines[1 : lines.index("")]}
    assert list(words) == [
        "optimizer.learning_rate", "best validation_accuracy", "last validation_accuracy", "test accuracy",
        "parameters", "epochs made", "seconds",
    ]  # fmt: skip
    assert words["optimizer.learning_rate"][1] == "1e-05" and words["parameters"] == ["105", "105"]
    recorded = open_run("quick").status.metrics["test_accuracy"]
    assert words["test accuracy"][0] == f"{recorded:.2%}"
    assert re.search(r"^validation accuracy:  \* quick [\d.]+   o slow [\d.]+$", said.out, re.M)


def test_the_verdict_names_the_better_one_and_its_interval_in_words(two) -> None:
    said = two("compare slow quick --what loss --height 6").out
    assert re.search(
        r"^quick is better than slow: test loss [\d.]+ lower \(95 % interval [\d.]+ to [\d.]+\), 80 test rows\n"
        r"  paired rows, 2000 bootstraps, Efron 1979; of these two networks",
        said,
        re.M,
    )
    for what in ("f1", "recall"):
        assert re.search(rf": test {what} [\d.]+ points ", two(f"compare quick slow --height 6 --what {what}").out)
    assert two(f"{TRAIN} --name twin").code == 0
    said = two("compare quick twin --height 6").out
    assert "no difference between quick and twin can be told from 80 test rows: test accuracy 0.00 points apart" in said
    assert "paired rows, Bonett and Price 2012" in said


def test_several_are_compared_with_the_first_and_all_intervals_hold_together(two) -> None:
    assert two(f"{TRAIN} --name third --seed 5").code == 0
    (line,) = two("compare quick slow third --json").lines
    assert [run["name"] for run in line["runs"]] == ["quick", "slow", "third"] and line["metric"] == "accuracy"
    assert line["differences"] == {"seed": [42, 42, 5], "optimizer.learning_rate": [0.005, 1e-05, 0.005]}
    first, second = line["verdicts"]
    assert first["confidence"] == second["confidence"] == 0.975 and first["told"] is True
    assert first["low"] < first["difference"] < first["high"] < 0
    assert "quick is better than slow" in first["words"]


def test_many_seeds_are_a_median_and_a_range_and_are_compared_over_their_seeds(mlj) -> None:
    small = "train circles -q --epochs 6 --set dataset.n_samples=200 --set repeats=3"
    assert mlj(f"{small} --name trio").code == 0
    assert mlj(f"{small} --name tardy {BAD}").code == 0
    said = mlj("compare trio tardy --height 10").out
    assert re.search(r"^test accuracy +[\d.]+% \([\d.]+% to [\d.]+%\)", said, re.M)
    assert re.search(r"from 3 and 3 seeds|, 3 and 3 seeds$", said, re.M) and "seeds, Welch 1947" in said
    (line,) = mlj("compare trio tardy --json").lines
    assert [len(run["test_accuracy"]) for run in line["runs"]] == [3, 3]
    assert mlj("train circles -q --epochs 6 --set dataset.n_samples=200 --name single").code == 0
    assert "they are 3 seeds and 1 seed; give both several" in mlj("compare trio single --height 6").out
    assert mlj("plot trio --height 8").out.startswith("loss:  * train ")


def test_numbers_are_compared_by_their_errors(mlj) -> None:
    for name, body in (("wide", "16 relu"), ("narrow", "2 relu")):
        assert mlj(f"{LINE} --name {name} --set", f"layers={body}").code == 0
    for what in ("mse", "r2", "loss"):
        said = mlj(f"compare wide narrow --height 6 --what {what}")
        assert said.code == 0 and f"test {what} " in said.out and "Efron 1979" in said.out
    assert "test mse" in mlj("compare wide narrow --height 6").out


def test_runs_that_cannot_be_compared_are_said_so(two) -> None:
    assert two(f"{TRAIN} --name noisy --set dataset.noise=0.2").code == 0
    assert two(f"{TRAIN} --name raw --set dataset.scale=none").code == 0
    assert two(f"{TRAIN} --name soft --set loss=softmax_cross_entropy").code == 0
    assert two(LINE, "--name", "line", "--set", "layers=2").code == 0
    assert two(f"{TRAIN} --name unseen --set dataset.split.validation=0").code == 0
    assert "dataset.split.validation is 0.1 and 0\n" in two("compare quick unseen --height 6").out
    said = two("compare quick noisy line --height 6")
    assert said.code == 0
    assert "noisy and quick cannot be compared: their data differ: dataset.noise is 0.05 and 0.2" in said.out
    assert "line and quick cannot be compared: their data differ: dataset.kind is circles and line" in said.out
    assert "cannot be compared" not in two("compare quick raw soft --height 6").out, "the rows are the same"
    assert "their losses are not the same" in two("compare quick soft --what loss --height 6").out


def test_what_is_no_comparison_is_one_sentence(two) -> None:
    for words, why in (
        ("compare quick", "2 to 8 different runs, got 1"),
        ("compare quick quick", "got 1"),
        ("compare quick slow --what mse", "run quick has no mse"),
        ("compare quick slwo", "did you mean 'slow'?"),
        ("compare quick slow --what brier", "unknown --what 'brier'"),
    ):
        said = two(words)
        assert said.code in (2, 5) and said.out == "" and why in said.err


def test_a_run_without_weights_is_listed_and_has_no_verdict(two) -> None:
    run = open_run("slow")
    (run.folder / "model.safetensors").unlink()
    for path in run.checkpoints().values():
        path.unlink()
    said = two("compare quick slow --height 6")
    assert said.code == 0 and "slow and quick cannot be compared: slow has no weights yet" in said.out
