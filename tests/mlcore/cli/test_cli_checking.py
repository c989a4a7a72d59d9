"""The verbs that check an experiment before it is trained and by its numbers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mlcore.layers.activations import Tanh
from mlcore.layers.dense import Dense
from mlcore.losses import BinaryCrossEntropy

EXAMPLE = Path(__file__).parents[3] / "docs" / "worked-example.toml"
WORKED = ["--set", "layers=2 sigmoid | 2 sigmoid", "--set", "loss=mse", "--set", "optimizer=sgd"]
WORKED += ["--set", "optimizer.learning_rate=0.5"]
DIGITS = ("--set", "dataset=digits")


@pytest.mark.parametrize(
    ("words", "layer", "expected", "got", "fix"),
    [
        (["10 rleu"], "layer 2, item 1", "expected units or a layer", "'rleu'", "'relu'"),
        (["10 relu | "], "layer 3, item 2", "expected units or a layer", "got nothing", "take one | away"),
        (["10 || 5"], "layer 2, item 2", "expected units or a layer", "got nothing", "take one | away"),
        (["0 relu"], "layer 1", "expected a whole number from 1 to 65,536", "got 0", "10 relu"),
        (["10 relu | -3 relu"], "layer 3, item 2", "expected a whole number from 1", "got -3", "10 relu"),
        (["70000"], "layer 1", "from 1 to 65,536", "got 70000", "10 relu"),
        (["dense relu"], "layer 1", "expected the units of dense", "got the word alone", "write the number alone"),
        (["10 softmax"], "layer 2", "expected units or a layer", "'softmax'", "part of the loss"),
        (["nn.Linear(2,10) relu"], "layer 1", "expected units", "'nn.Linear(2,10)'", "the number of units alone"),
        (["10, relu"], "layer 1", "expected units", "'10,'", "as in 10 relu"),
        (["10relu | 5"], "layer 1", "expected units", "'10relu'", "as in 10 relu"),
        (["1.5 tanh"], "layer 1", "expected units", "got 1.5", "write e.g. 10 relu"),
        (["10 relu | drop 1.5"], "layer 3, item 2", "expected a number from 0 below 1", "got 1.5", "mlj help dropout"),
        (["10 relu | drop p=.5"], "layer 3, item 2", "expected rate of dropout", "'p'", "write rate="),
        (["1 -> 10 relu -> 1"], "layer 1", "expects 1 feature", "dataset circles has 2", 'layers = "10 relu"'),
        (["2 -> 10 relu -> 3"], "layer 3, the output layer", "expected 1 output ", "got 3", 'layers = "10 relu"'),
        (["784-128-10", *DIGITS], "layer 1", "expects 784 features", "dataset digits has 64", '"128 relu"'),
        (["2 -> 10 -> relu"], "layer 3", "expected the number of outputs", "got 'relu'", "2 -> 10 relu -> 1"),
        (["10 relu", "--set", "loss=mse"], "output layer", "fits a binary task", "got mse", "binary_cross_entropy"),
        (["10", *DIGITS, "--set", "loss=mae"], "output layer", "a multiclass task", "got mae", "softmax_cross_entropy"),
        (["circles", "--set", "layers=[10, 5]"], "layers[0]", "expected a list", "got [10, 5]", "a line is shorter"),
        (["circles", "--set", "layers=true"], "layers", "expected a list", "got True", "a line is shorter"),
        (["circles", "--set", "layers=[{kind='dense',units='x'}]"], "layers[0]", "a whole number", "'x'", "units = 10"),
        (
            ["circles", "--set", "layers=[{kind='dense',unit=3}]"],
            "layers[0]",
            "layers[0].units",
            "unit'",
            "did you mean",
        ),
        (
            ["circles", "--set", "layers=[{kind='dense',in_features=1}]"],
            "layers[0]",
            "units",
            "in_features",
            "leave it",
        ),
        (["circles", "--set", "layers=[{units=3}]"], "layers[0]", "expected one of dense", "{'units': 3}", "kind ="),
        (["circles", "--set", "layers=[{kind='rleu'}]"], "layers[0].kind", "expected a layer", "'rleu'", "'relu'"),
        (["circles", "--set", "layers=8 rellu"], "layer 2, item 1", "expected units", "'rellu'", "'relu'"),
    ],
)
def test_a_wrong_architecture_names_layer_expected_got_and_the_fix(words, layer, expected, got, fix, mlj) -> None:
    said = mlj("arch check", *words)
    message, _, hint = said.err.partition("\n  hint: ")
    assert said.code == 2 and said.out == "" and message.startswith("mlj: error[CONFIG_")
    for part in (layer, expected, got):
        assert part in message
    assert fix in hint


def test_an_architecture_is_shown_layer_by_layer(mlj) -> None:
    said = mlj("arch check moons")
    assert said.code == 0 and "2-16-16-1: 337 parameters, 1,348 bytes" in said.out and "warning" not in said.out
    assert re.search(r"^3 +dense +16 -> 16 +w 16x16, b 16 +272$", said.out, re.M)
    assert mlj("arch check", "2 -> 16 relu -> 16 relu -> 1").out.split("\n\n")[1] == said.out.split("\n\n")[1]
    (line,) = mlj("arch check digits --json").lines
    assert line["parameters"] == 4810 and line["layers"][2]["parameters"] == {"w": [64, 10], "b": [10]}
    assert line["warnings"] == []


@pytest.mark.parametrize(
    ("layers", "settings", "codes"),
    [
        ("8 relu | 8", (), ["NO_BEND 3"]),
        ("8 | 8 relu", (), ["NO_BEND 1"]),
        ("8 | skip | 8 | add relu | 6 relu", (), []),
        ("8 | 8", (), ["NO_ACTIVATION 0"]),
        ("8 bn | drop .2 | 8 gelu", (), ["NO_BEND 1"]),
        ("", (), ["NO_HIDDEN_LAYER 0"]),
        ("16 relu | 10 sigmoid", DIGITS, ["LOSS_HAS_IT 4"]),
        ("16 relu | 1 sigmoid", (), ["BOTTLENECK 3", "LOSS_HAS_IT 4"]),
        ("16 relu | 10", DIGITS, ["HEAD_WRITTEN 3", "NO_BEND 3"]),
        ("relu 8 tanh", (), ["BEND_FIRST 1"]),
        ("8 relu tanh", (), ["BEND_TWICE 3"]),
        ("300 relu | 300 relu", (), ["MANY_PARAMETERS 0"]),
        ("8 tanh", ("--set", "init=zeros"), ["NO_START 0"]),
        ("8 bn relu | drop .2 | 8 relu", (), []),
    ],
)
def test_what_is_odd_about_an_architecture_is_said(layers, settings, codes, mlj) -> None:
    said = mlj("arch check circles --json --set", f"layers={layers}", *settings)
    found = said.lines[0]["warnings"]
    assert said.code == 0 and sorted(f"{each['code']} {each['layer']}" for each in found) == codes
    assert all(each["message"] and each["hint"] for each in found)


def test_gradients_are_checked_worst_first(mlj) -> None:
    said = mlj("gradcheck moons")
    assert said.code == 0 and "\nok: " in said.out and "within" in said.out
    (line,) = mlj("gradcheck spirals --rows 4 --numbers 20 --json").lines
    assert line["ok"] and line["error"] < 1e-7 and line["native"] < 1e-5 and line["rows"] == 4
    assert {array["name"] for array in line["arrays"]} == {"0.w", "0.b", "2.w", "2.b", "4.w", "4.b"}
    assert {array["moved"] for array in line["arrays"]} == {6, 20}


def test_a_wrong_gradient_is_found_and_ends_with_1(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tanh, "slope", lambda self, y: 1 - y)
    said = mlj("gradcheck spirals --numbers 10 --set", "layers=5 tanh")
    assert said.code == 1 and "failed in 0." in said.out and said.out.splitlines()[3].startswith("0.")


def test_the_worked_backpropagation_gives_nine_digits_through_the_verb(mlj, tmp_path: Path) -> None:
    words = ["trace line-relu6 --backward --json", *WORKED, "--given"]
    (line,) = mlj(*words, EXAMPLE).lines
    w1, b1, w2 = line["layers"][0]["updated"]["w"], line["layers"][0]["weights"]["b"], line["layers"][2]["updated"]["w"]
    assert line["layers"][1]["y"] == pytest.approx([0.593269992, 0.596884378], abs=5e-10)
    assert line["answer"] == pytest.approx([0.751365070, 0.772928465], abs=5e-10)
    assert line["loss"] == pytest.approx(0.298371109, abs=5e-10)
    new = [*np.array(w1).T.ravel(), *np.array(w2).T.ravel()]
    printed = [0.149780716, 0.199561432, 0.249751144, 0.299502287, 0.358916480, 0.408666186, 0.511301270, 0.561370121]
    assert new == pytest.approx(printed, abs=5e-10)
    text = EXAMPLE.read_text().replace("[[0.15, 0.25], [0.20, 0.30]]", str(w1))
    (tmp_path / "next.toml").write_text(text.replace("[[0.40, 0.50], [0.45, 0.55]]", str(w2)))
    assert b1 == [0.35, 0.35]
    assert mlj(*words, tmp_path / "next.toml").lines[0]["loss"] == pytest.approx(0.291027774, abs=5e-10)
    shown = mlj("trace line-relu6 --backward", *WORKED, "--given", EXAMPLE).out
    assert all(f"{number:.9f}" in shown for number in (*printed, 0.298371109, 0.751365070))


def test_a_trace_follows_a_run_and_shortens_what_is_large(mlj) -> None:
    assert mlj("train digits --epochs 2 --no-progress --name otter").code == 0
    said = mlj("trace otter --row 3 --split test --backward")
    assert said.code == 0 and "row 3 of the test split of digits, weights of otter" in said.out
    assert max(map(len, said.out.splitlines())) < 80 and "… 4,072 more numbers; --full prints them" in said.out
    assert "…" not in mlj("trace otter --full").out
    (line,) = mlj("trace otter --row 3 --split test --json").lines
    assert len(line["layers"][0]["weights"]["w"]) == 64 and sum(line["answer"]) == pytest.approx(1)
    assert "loss_after" not in line and "dy" not in line["layers"][0]
    assert mlj("trace otter --epoch 7").code == 4 and mlj("trace otter --set seed=1").code == 2


def test_a_step_against_the_gradient_lowers_the_loss_of_its_row(mlj) -> None:
    words = ["trace circles --backward --json --set", "optimizer=sgd"]
    for row in range(3):
        (line,) = mlj(*words, "--row", row).lines
        assert line["loss_after"] < line["loss"] and line["learning_rate"] == 0.01


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("x = [1, 2]", 2, "only one of them"),
        ("z = 1", 2, "got 'z'"),
        ("weights = 3", 2, "got weights = 3"),
        ("x = [1, 'a']\ny = 1", 2, "expected numbers"),
        ("x = [nan]\ny = 1", 2, "expected numbers"),
        ("x = [[1], [2, 3]]\ny = 1", 2, "expected numbers"),
        ("x = [1]\ny = 2", 2, "expected class 0 or 1"),
        ('[weights]\n"9.w" = [[1]]', 2, "no '9.w'"),
        ('[weights]\n"0.w" = [[1]]', 2, "layer 1: 0.w: expected shape [2, 8], got [1, 1]"),
        ("x = [", 2, "is not TOML"),
    ],
)
def test_given_numbers_that_cannot_be_are_refused_in_a_sentence(text, code, says, mlj, tmp_path: Path) -> None:
    (tmp_path / "given.toml").write_text(text)
    said = mlj("trace circles --given", tmp_path / "given.toml")
    assert said.code == code and says in said.err and said.out == "" and "bug" not in said.err


@pytest.mark.parametrize("words", ["--row 900", "--row -1", "--split validation --set dataset.split.validation=0"])
def test_a_row_that_is_not_there_is_refused(words: str, mlj) -> None:
    assert mlj(f"trace circles {words}").code in (2, 3)


def test_a_rate_is_suggested_and_drawn(mlj) -> None:
    said = mlj("lr-find blobs --width 70 --height 12")
    rate = float(re.search(r"suggestion +([0-9.e-]+)", said.out)[1])
    assert said.code == 0 and 0.003 < rate < 0.1 and "smoothed" in said.out.splitlines()[0]
    (line,) = mlj("lr-find blobs --json --seed 1").lines
    assert line["suggestion"] == pytest.approx(rate, rel=1) and line["rates"][0] == pytest.approx(1e-6)
    assert len(line["rates"]) == len(line["losses"]) == len(line["smoothed"]) <= 300


def test_where_no_rate_helps_there_is_no_suggestion(mlj) -> None:
    said = mlj("lr-find blobs --to 1e-5 --steps 40")
    assert said.code == 1 and "none: the loss does not fall" in said.out
    assert mlj("lr-find blobs --from 1 --to 0.1").code == 2 and mlj("lr-find blobs --from nan").code == 2


@pytest.mark.parametrize("words", ["circles", "spirals", "digits", "circles --set layers=16_bn_relu|drop_.3|8_elu"])
def test_experiments_that_learn_are_ready_to_be_trained(words: str, mlj) -> None:
    said = mlj("preflight", *(word.replace("_", " ") for word in f"{words} --json".split()))
    assert said.code == 0, said.out
    assert [line["name"] for line in said.lines] == [
        "shapes", "loss", "inputs", "first loss", "penalty", "by heart", "gradient", "kernels",
    ]  # fmt: skip
    assert {line["verdict"] for line in said.lines if line["name"] != "penalty"} == {"ok"}


@pytest.mark.parametrize(
    ("settings", "failed"),
    [
        ("loss=mse", "loss"),
        ("layers=", "by heart"),
        ("dataset.scale=none dataset.noise=10 layers=64 relu", "first loss"),
        ("optimizer.weight_decay=1000", "penalty"),
    ],
)
def test_what_will_not_learn_is_said_with_the_way_out(settings: str, failed: str, mlj) -> None:
    parts = [part for word in re.split(r" (?=\w+[.=])", settings) for part in ("--set", word)]
    said = mlj("preflight circles", *parts)
    lines = said.out.splitlines()
    assert said.code == 1
    place = next(n for n, line in enumerate(lines) if line.startswith(f"failed  {failed}"))
    assert lines[place + 1].strip().startswith("hint: ")


def test_every_sabotage_of_the_engine_is_caught(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    dense, loss = Dense.backward, BinaryCrossEntropy.rows

    def wrong_sign(self, z, y):
        return loss(self, z, y)[0], -loss(self, z, y)[1]

    def missing_mean(self, z, y, w=None):
        rows, dz = self.rows(z, y)
        return float(rows.mean(dtype=np.float64)), dz

    def wrong_axis(self, p, saved, dy):
        dx, own = dense(self, p, saved, dy)
        return dx, own | {"b": np.full_like(own["b"], dy.sum())}

    sabotage = [(BinaryCrossEntropy, "rows", wrong_sign), (BinaryCrossEntropy, "__call__", missing_mean)]
    sabotage += [(Dense, "backward", wrong_axis)]
    for where, name, function in sabotage:
        with monkeypatch.context() as broken:
            broken.setattr(where, name, function)
            said = mlj("preflight circles")
            assert said.code == 1 and "failed  gradient" in said.out and "failed  kernels" in said.out, name
