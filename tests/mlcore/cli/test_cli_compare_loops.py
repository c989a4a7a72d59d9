"""`mlj compare` of somebody's own loops: single ones, repeats as groups, beside runs of mlj, nothing in common."""

from __future__ import annotations

import json
import math
import re

import pytest

from mlcore import live
from mlcore.comparing_loops import LoopComparison, better, better_when_less, comparison, groups
from mlcore.errors import UsageError
from mlcore.runs import open_repeats


def looped(name: str, end: float = 0.1, seed: int = 0, steps: int = 40, every: int = 1, **settings: object) -> str:
    """A loop whose loss falls from 1 to `end`."""
    with live(name, settings={"seed": seed, **settings}) as run:
        for step in range(1, steps + 1):
            run.log(step, loss=1 - (1 - end) * step / steps)
            if step % every == 0:
                run.log(
                    step, val_loss=1.5 - (1.5 - end) * step / steps + 0.001 * seed, val_acc=step / steps * (1 - end)
                )
    return run.id


def test_of_two_loops_the_numbers_are_said_and_that_no_verdict_is_one(mlj) -> None:
    looped("plain", 0.25, lr=0.1)
    looped("wide", 0.125, every=4, lr=0.01)
    said = mlj("compare plain wide --width 70 --height 8")
    assert said.code == 0 and said.out.isascii()
    assert re.search(r"^lr +0.1 +0.01$", said.out, re.M) and "validation accuracy:  * plain 0.75" in said.out
    assert "validation accuracy of wide and plain: last 87.50% and 75.00%, 12.50 points higher; best" in said.out
    assert "only repeats, loops of the same name and settings, tell it from luck" in said.out
    assert "wide and plain: apart by more than two standard deviations from step" in said.out
    (line,) = mlj("compare plain wide --what loss --json").lines
    assert line["metric"] == "loss" and line["differences"]["lr"] == [0.1, 0.01]
    assert [run["last_validation_loss"] for run in line["runs"]] == [[pytest.approx(0.25)], [pytest.approx(0.125)]]
    assert "told" not in line["verdicts"][0]


def test_loops_of_one_name_are_repeats_and_several_give_a_verdict_with_an_interval(mlj) -> None:
    for seed in range(3):
        looped("good", 0.1 + 0.01 * seed, seed)
        looped("bad", 0.5 + 0.01 * seed, seed)
        looped("alike", 0.1 + 0.01 * seed + 0.001, seed)
    said = mlj("compare bad good alike --what loss --height 6").out
    assert re.search(
        r"^good is better than bad: last validation loss 0.4 lower \(97.5 % interval [\d.]+ to [\d.]+\), "
        r"3 and 3 repeats\n"
        r"  repeats, Welch 1947; wide enough for all 2 to hold together, Dunn 1961; by the numbers the loops logged",
        said,
        re.M,
    )
    assert "no difference between good and alike can be told from 3 and 3 repeats" in mlj("compare good alike").out
    assert "bad is better" not in said and re.search(r"^last validation_loss +0.511 \(0.5 to 0.522\)", said, re.M)
    looped("single", 0.3)
    assert "good and single are 3 and 1 repeats: give both several of the same name" in mlj("compare good single").out
    looped("stopped", 0.3)
    with live("stopped", settings={"seed": 1}) as run:
        run.log(1, val_loss=0.9, val_acc=0.5)
        run.stop = True
    assert "not all ran to their end unchanged" in mlj("compare good stopped").out


def test_loops_of_one_name_alone_or_with_other_settings_are_compared_one_by_one(mlj) -> None:
    ids = [looped("same", 0.1 * n) for n in (1, 2)]
    assert f"of {ids[1]} and {ids[0]}: last" in mlj("compare same").out
    looped("same", 0.3, lr=0.5)
    assert len(LoopComparison(open_repeats("same")).found) == 2
    assert [len(group) for group in groups(open_repeats("same"))] == [2, 1]
    with pytest.raises(UsageError, match="2 to 8 different runs, got 1"):
        comparison(open_repeats(ids[0]))


def test_a_loop_beside_a_run_of_mlj_is_over_steps(mlj) -> None:
    assert mlj("train circles -q --epochs 5 --name ours").code == 0
    looped("theirs", 0.2)
    said = mlj("compare ours theirs --height 6")
    assert said.code == 0 and "validation accuracy of theirs and ours: last" in said.out


def test_loops_with_nothing_in_common_or_no_finite_number_are_told_so(mlj) -> None:
    with live("one") as run:
        run.log(1, reward=1.0)
    with live("\x1b[31mtwo[bold]") as run:
        run.log(1, foo=2.0)
    with live("empty") as run:
        pass
    said = mlj(f"compare one {run.id}")
    assert said.code == 0 and "no metric that all of them logged" in said.out
    found = comparison([*open_repeats("one"), *open_repeats("\x1b[31mtwo[bold]")])
    assert found.curve == "" and found.whats == () and "\x1b" not in "".join(found.names)
    assert "run one has no loss" in mlj("compare one empty --what loss").err
    for name, loss in (("nan", math.nan), ("nan2", math.nan)):
        with live(name) as run:
            for step in range(30):
                run.log(step, loss=loss)
    with live("fine") as run:
        run.log(1, loss=1.0)
        run.log(1, loss=0.5)
    assert "nothing to judge nan by: its train loss was never a finite number" in mlj("compare fine nan").out
    assert "nothing to judge nan by" in mlj("compare nan nan2 fine").out
    assert comparison([*open_repeats("fine"), *open_repeats("one")]).verdicts()[0].verdict is None


def test_steps_that_go_back_and_leap_are_survived(mlj) -> None:
    looped("straight")
    with live("zigzag") as run:
        for step in (5, 1, 9, 9, 2, 10**15, 3):
            run.log(step, loss=1.0, val_acc=0.5, val_loss=1.0)
    assert mlj("compare straight zigzag").code == 0
    assert json.loads(mlj("compare straight zigzag --json").out)["metric"] == "accuracy"


def test_which_way_a_metric_gets_better_is_known_or_left_open() -> None:
    assert better_when_less("validation_loss") and better_when_less("val/MAE") and not better_when_less("validation_f1")
    assert better("test_accuracy") and not better("temperature") and not better_when_less("closs")
