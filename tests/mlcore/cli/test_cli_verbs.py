"""What each verb answers: training, looking back, predicting, looking at data, explaining."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_moons

from mlcore.datasets.toys import Moons
from mlcore.runs import open_run

EPOCH = [
    "event", "epoch", "step", "seconds", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy",
    "learning_rate",
]  # fmt: skip
ENDED = [
    "event", "reason", "epoch", "step", "seconds", "train_loss", "validation_loss", "test_loss", "train_accuracy",
    "validation_accuracy", "test_accuracy", "best_epoch", "run",
]  # fmt: skip
TRAIN = "train circles --backend reference --no-progress --epochs 3"


@pytest.fixture
def trained(mlj):
    """A run of three epochs, named otter."""
    assert mlj(TRAIN, "--name", "otter").code == 0
    return mlj


def test_the_lines_of_a_training_run_keep_their_schema(mlj) -> None:
    said = mlj("train circles --backend reference --epochs 12 --json")
    lines = said.lines
    assert said.code == 0 and said.err == ""
    assert list(lines[0]) == [
        "event", "schema", "run", "config", "backend", "device", "precision", "threads", "parameters", "why",
    ]  # fmt: skip
    assert lines[0]["schema"] == 1 and lines[0]["config"]["epochs"] == 12 and lines[0]["parameters"] == 105
    epochs = [line for line in lines if line["event"] == "epoch"]
    assert [line["epoch"] for line in epochs] == list(range(1, 13)) and all(list(line) == EPOCH for line in epochs)
    assert {line["event"] for line in lines} == {"started", "epoch", "checkpoint", "ended"}
    assert list(lines[-1]) == ENDED and lines[-1]["reason"] == "finished" and lines[-1]["run"] == open_run("last").id
    assert 0 <= lines[-1]["test_accuracy"] <= 1


def test_an_unrecorded_run_leaves_nothing_and_has_no_checkpoints(mlj, home: Path) -> None:
    lines = mlj("train circles --backend reference --epochs 12 --json --no-record").lines
    assert {line["event"] for line in lines} == {"started", "epoch", "ended"}
    assert not any("run" in line for line in lines) and not (home / "home").exists()


def test_a_quiet_run_says_its_id_and_nothing_else(mlj) -> None:
    said = mlj("train circles --backend reference --epochs 2 -q")
    assert (said.code, said.out, said.err) == (0, open_run("last").id + "\n", "")
    assert mlj("train circles --backend reference --epochs 2 -q --no-record").out == ""


def test_the_article_lines_come_every_nth_epoch_and_differ_in_their_losses(mlj) -> None:
    said = mlj("train line-relu6 --backend reference --epochs 7 --log-every 3 --set", "layers=8 relu")
    found = re.findall(r"^Epoch (\d+) \| Training Loss: (\d\.\d{5}) \| Testing Loss: (\d\.\d{5})$", said.out, re.M)
    assert [epoch for epoch, _, _ in found] == ["0", "3", "6"]
    assert all(first != second for _, first, second in found)


def test_watching_a_run_without_validation_rows_says_only_the_loss_it_knows(mlj) -> None:
    assert mlj("train line-relu6 --backend reference -q --epochs 2 --set", "layers=8 relu").code == 0
    lines = mlj("watch last --log-every 1").out.splitlines()[:2]
    assert all(re.fullmatch(r"Epoch \d \| Training Loss: \d\.\d{5}", line) for line in lines)


def test_options_beat_the_environment_which_beats_the_recipe(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLJ_SEED", "7")
    monkeypatch.setenv("MLJ_BACKEND", "reference")
    assert mlj("train circles --epochs 1 --json --no-record").lines[0]["config"]["seed"] == 7
    config = mlj("train circles --epochs 1 --seed 8 --set seed=9 --json --no-record").lines[0]["config"]
    assert (config["seed"], config["backend"]) == (9, "reference")


def test_settings_are_typed_as_a_file_would_type_them(mlj) -> None:
    words = ["layers=4 tanh", "optimizer=sgd", "optimizer.nesterov=true", "optimizer.momentum=.9", "batch_size=full"]
    said = mlj(TRAIN, "--json", "--no-record", *[part for word in words for part in ("--set", word)])
    config = said.lines[0]["config"]
    assert config["layers"] == "4 tanh" and config["batch_size"] == "full"
    assert config["optimizer"]["kind"] == "sgd" and config["optimizer"]["nesterov"] is True
    assert config["optimizer"]["momentum"] == 0.9


def test_a_written_out_configuration_trains_the_same_network(mlj, tmp_path: Path) -> None:
    first = mlj(TRAIN, "--json").lines[-1]
    (tmp_path / "mine.toml").write_text(open_run("last").config.to_toml())
    again = mlj("train", tmp_path / "mine.toml", "--json", "--no-record").lines[-1]
    assert {key: again[key] for key in ENDED[5:-1]} == {key: first[key] for key in ENDED[5:-1]}


@pytest.mark.parametrize(
    ("words", "tried"),
    [
        ("", "mlj predict otter --rows 0:3 --show"),
        ("--set dataset.split.test=0", "mlj plot otter"),
        ("--set optimizer.learning_rate=1e30 --set loss=softmax_cross_entropy", "mlj runs show otter"),
    ],
)
def test_what_is_worth_trying_next_works(words: str, tried: str, mlj) -> None:
    said = mlj(f"{TRAIN} --name otter {words}")
    assert re.findall(r"  try +(.*)", said.out) == [tried], said.err
    assert mlj(tried.removeprefix("mlj ")).code == 0


def test_time_that_is_up_ends_a_run(mlj) -> None:
    last = mlj("train circles --backend reference --max-time .05s --epochs 1000000 --json --no-record").lines[-1]
    assert last["reason"] == "time"


def test_options_may_stand_before_the_second_word(trained, tmp_path: Path) -> None:
    assert trained("runs --json list").lines[0]["name"] == "otter"
    assert trained(f"runs --runs-dir {tmp_path / 'none'} list --json").out == ""
    assert trained(f"runs --runs-dir {tmp_path / 'none'} show otter").code == 5


def test_a_hostile_name_of_a_run_is_shown_not_obeyed(mlj) -> None:
    assert mlj(TRAIN, "--name", "\x1b[2J\u202eevil[/red]").code == 0
    for words in ("runs", "runs show last", "evaluate last", "watch last", "plot last"):
        said = mlj(words)
        assert said.code == 0 and "\u202e" not in said.out
    assert r"\x1b[2J\u202eevil[/red]" in mlj("runs").out


def test_resume_with_more_epochs_goes_on_where_it_was(trained) -> None:
    lines = trained("resume otter --epochs 5 --json").lines
    assert [line["epoch"] for line in lines if line["event"] == "epoch"] == [4, 5]
    assert open_run("otter").history["epoch"] == [1, 2, 3, 4, 5]
    assert trained("resume otter --epochs 9 --set layers=4").code == 4


def test_watch_tells_a_run_that_has_ended_as_it_was(trained) -> None:
    lines = trained("watch otter --json").lines
    assert [line["event"] for line in lines] == ["started", "epoch", "epoch", "epoch", "ended"]
    assert list(lines[1]) == EPOCH and list(lines[-1]) == ENDED
    told = trained("watch otter").out
    assert "finished: 3 epochs" in told and "2-8-8-1, 105 parameters" in told


def test_evaluate_repeats_what_training_measured_and_counts_mistakes(trained) -> None:
    ended = open_run("otter").status.metrics
    for split in ("train", "validation", "test"):
        (line,) = trained(f"evaluate otter --split {split} --json").lines
        assert line[f"{split}_accuracy"] == ended[f"{split}_accuracy"]
        assert line[f"{split}_loss"] == pytest.approx(ended[f"{split}_loss"], rel=1e-6)
        right = np.trace(line["confusion"]) / line["rows"]
        assert right == pytest.approx(line[f"{split}_accuracy"]) and np.sum(line["confusion"]) == line["rows"]
    text = trained("evaluate otter").out
    assert text.startswith("otter: 200 rows of the test split\n") and "best possible 97.7" in text
    assert "label (down) and prediction (across)" in text and "class  precision  recall" in text
    assert line["classes"]["0"]["rows"] + line["classes"]["1"]["rows"] == line["rows"]
    assert line["classes"]["1"]["f1"] == pytest.approx(line["test_f1"])
    (line,) = trained("evaluate otter --calibration --json").lines
    assert sum(count for count, *_ in line["calibration"]) == line["rows"]
    assert "confidence  accuracy" in trained("evaluate otter --calibration").out


def test_predict_shows_the_first_test_rows_in_file_order(trained) -> None:
    text = trained("predict otter --rows 0:3 --show").out
    data = open_run("otter").config.dataset.load()
    labels = re.findall(r"Prediction: \[[01]\]\nLabel: \[([01])\]", text)
    assert labels == [str(y) for y in data.test.y[:3]]
    x = data.scaling.undo(data.test.x[:1])[0]
    assert f"row 0\nx1  {x[0]:.4f}\nx2  {x[1]:.4f}\n" in text


def test_predict_writes_csv_and_json_with_the_same_answers(trained, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(trained("predict otter --rows 2:6 --proba").out)))
    assert list(rows[0]) == ["row", "prediction", "label", "p_0", "p_1"] and [r["row"] for r in rows] == list("2345")
    lines = trained("predict otter --rows 2:6 --json").lines
    assert [line["prediction"] for line in lines] == [row["prediction"] for row in rows]
    trained("predict otter --rows 2:6 --proba --out", tmp_path / "a.csv")
    assert list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text()))) == rows


def test_predict_takes_features_from_files(trained, tmp_path: Path) -> None:
    data = open_run("otter").config.dataset.load()
    raw = data.scaling.undo(data.test.x[:4])
    np.save(tmp_path / "a.npy", raw)
    swapped = "\n".join(["x2,x1", *(f"{b!r},{a!r}" for a, b in raw.tolist())])
    (tmp_path / "a.csv").write_text(swapped)
    expected = [line["prediction"] for line in trained("predict otter --rows 0:4 --json").lines]
    for name in ("a.npy", "a.csv"):
        lines = trained("predict otter --json --data", tmp_path / name).lines
        assert [line["prediction"] for line in lines] == expected and "label" not in lines[0]
    assert trained("predict otter --rows 0:1 --data", tmp_path / "a.npy").code == 2


@pytest.mark.parametrize("rows", ["a:b", "5:2", "1000000", "1:2:3", ""])
def test_rows_that_are_not_there_are_refused(rows: str, trained) -> None:
    assert trained("predict otter --rows", rows).code == 2


def test_regressions_are_predicted_and_evaluated_as_numbers(mlj) -> None:
    assert mlj("train line-relu6 --backend reference --epochs 2 -q --set", "layers=8 relu").code == 0
    text = mlj("predict last --rows 0:2 --show").out
    assert re.search(r"Prediction: \[-?\d+\.\d{4}\]\nLabel: \[0\.8600\]", text)
    assert isinstance(mlj("predict last --rows 0 --json").lines[0]["prediction"], float)
    assert "test_mse" in mlj("evaluate last --json").lines[0]


def test_digits_in_a_pipe_are_drawn_in_plain_characters(mlj) -> None:
    assert mlj("train digits --backend reference --epochs 1 -q").code == 0
    text = mlj("predict last --rows 0:2 --show").out
    assert text.isascii() and re.search(r"@.*\n.*\nPrediction: \[\d\]\nLabel: \[\d\]", text)


def test_plot_draws_both_curves_in_plain_characters(trained) -> None:
    for what in ("loss", "accuracy"):
        said = trained(f"plot otter --what {what} --width 60 --height 12")
        assert said.out.isascii() and said.out.startswith(f"{what}:  * train ") and "o validation" in said.out
        assert len(said.out.splitlines()) == 12 and all(len(line) <= 60 for line in said.out.splitlines())


def test_data_sets_are_listed_shown_and_headed(mlj) -> None:
    assert re.search(r"^moons +two interleaved half moons$", mlj("data list").out, re.M)
    assert {"dataset": "moons", "line": "two interleaved half moons"} in mlj("data list --json").lines
    text = mlj("data show circles").out
    assert "700 train, 100 validation, 200 test" in text and "97.72%" in text and re.search(r"noise +0.05", text)
    (line,) = mlj("data show circles --json --set noise=0.1").lines
    assert line["parameters"]["noise"] == 0.1 and line["classes"] == {"0": 500, "1": 500}


def test_the_head_of_a_generated_data_set_is_what_scikit_learn_makes(mlj) -> None:
    lines = mlj("data head journey/moons -n 5 --json").lines
    x, y = make_moons(3000, noise=0.5, random_state=43)
    assert [line["x"] for line in lines] == x[:5].tolist() and [line["y"] for line in lines] == y[:5].tolist()
    text = mlj("data head moons -n 2").out
    assert text.startswith("X[:2] and y[:2] of moons\n") and f"{Moons().drawn()[0][1, 0]:.8g}" in text


@pytest.mark.parametrize(("name", "signs"), [("circles", "o 0   x 1"), ("line", "o train   x test"), ("digits", "@")])
def test_every_kind_of_data_can_be_looked_at_in_a_pipe(name: str, signs: str, mlj) -> None:
    said = mlj(f"data plot {name} --width 70 --height 20")
    assert said.code == 0 and said.out.isascii() and signs in said.out
    assert all(len(line) <= 70 for line in said.out.splitlines())


def test_explain_prints_the_plan_of_a_recipe_a_file_and_a_run(trained, tmp_path: Path) -> None:
    text = trained("explain moons").out
    assert "dense + relu" in text and "adam" in text and "2-16-16-1: 337 parameters" in text
    assert "on reference (reference was asked for)" in trained("explain moons --backend reference").out
    assert "2-8-8-1: 105 parameters" in trained("explain otter").out
    assert trained("explain mons").code == 2


def test_recipes_are_listed_in_words_and_in_json(mlj) -> None:
    assert "journey/mnist-mlp" in mlj("recipes").out
    assert mlj("recipes --json").lines[0]["recipe"].startswith("journey/")


def test_info_is_complete_without_importing_torch(mlj, home: Path) -> None:
    before = "torch" in sys.modules
    (line,) = mlj("info --json").lines
    assert ("torch" in sys.modules) == before
    assert {"schema", "mlj", "python", "native", "torch", "cuda", "runs", "data", "packages"} <= set(line)
    assert line["runs"] == str(home / "home" / "runs")
    assert "numpy" in mlj("info").out


def test_tui_becomes_the_app_with_its_words(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []

    def become(path: str, words: list[str]) -> None:
        became.append(words)
        raise KeyboardInterrupt  # as nothing after it is reached

    monkeypatch.setattr(os, "execv", become)
    mlj("tui --demo last")
    assert became == [[sys.executable, "-m", "tui", "--demo", "last"]]


def test_json_lines_of_every_verb_are_strict_json(trained) -> None:
    for words in ("runs", "runs show last", "data list", "data show moons", "recipes", "info", "predict last"):
        for line in trained(f"{words} --json").out.splitlines():
            assert isinstance(json.loads(line), dict)
