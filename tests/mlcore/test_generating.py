"""Texts a model makes up: from a seed, by its own probabilities, and only where it was taught what comes next."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

import mlcore
from mlcore import cli
from mlcore.config import Config
from mlcore.errors import Diverged, UsageError
from mlcore.generating import generate
from mlcore.model import Model, Preparation, blueprint
from mlcore.training import train
from tests.mlcore.letters import letters

NAMES = ["ada", "emma", "bo", "eve"]


def learned(layers: str, names: list[str] = NAMES, epochs: int = 120) -> Model:
    """A network that knows some names by heart."""
    settings = {"optimizer": "adam", "optimizer.learning_rate": 0.02, "batch_size": "full", "backend": "reference"}
    config = Config().with_settings({"layers": layers, "epochs": epochs} | settings)
    *_, last = (event for event in train(config, data=letters(names)) if event.kind == "epoch")
    return last.model


@pytest.mark.parametrize(
    "layers", ["embed 8 | gru 16", "embed 8 | positions | skip | attention 2 causal | add | 24 relu"]
)
def test_a_model_that_knows_its_names_says_them_and_from_the_same_seed_the_same(layers: str) -> None:
    model = learned(layers)
    said = generate(model, 40, seed=5)
    assert said == generate(model, 40, seed=5) != generate(model, 40, seed=6)
    assert sum(name in NAMES for name in said) > 30 and len(set(said) & set(NAMES)) >= 3
    assert generate(model, 3, seed=5) == said[:3]  # each text has random numbers of its own
    assert len(set(generate(model, 5, seed=1, temperature=0))) == 1


def test_letters_are_drawn_as_often_as_the_network_says_and_temperature_sharpens() -> None:
    model = learned("embed 4 | gru 4", epochs=5)
    x = np.zeros((1, 6), np.float32)
    x[0, 0] = 1
    p = model.predict_proba(x)[0, 0]
    first = Counter(text[:1] or "." for text in generate(model, 4000, seed=1))
    for number, letter in enumerate(model.preparation.task.class_names):
        assert first[letter] / 4000 == pytest.approx(p[number], abs=0.03)
    cold = Counter(text[:1] or "." for text in generate(model, 4000, seed=1, temperature=0.3))
    assert cold.most_common(1)[0][1] > first.most_common(1)[0][1]


def test_a_text_ends_at_the_last_step_at_the_latest() -> None:
    model = learned("embed 4 | gru 4", epochs=1)
    model.network.views(model.vector)[-1]["b"][:] = [-50.0, *[0.0] * 26]  # never the end
    assert {len(text) for text in generate(model, 6, seed=2)} == {5}


def test_a_model_of_anything_else_and_one_of_no_numbers_say_so() -> None:
    config = Config().with_settings({"dataset": "iris", "layers": "4 relu"})
    data = config.dataset.load()
    network, loss = blueprint(config, data)
    with pytest.raises(UsageError, match="does not go on by itself"):
        generate(Model(config, network, loss, Preparation.of(data), network.init(1, "he_normal")), 3, seed=1)
    model = learned("embed 4 | gru 4", epochs=1)
    model.vector[:] = np.nan
    with pytest.raises(Diverged, match="no numbers"):
        generate(model, 3, seed=1)


def test_predict_writes_texts_a_line_each_and_refuses_what_does_not_go_with_them(tmp_path, capsys) -> None:
    (tmp_path / "names.txt").write_text("\n".join(NAMES * 8), encoding="utf-8")
    settings = {
        "dataset": "names",
        "dataset.path": str(tmp_path / "names.txt"),
        "layers": "embed 4 | gru 4",
        "epochs": 2,
    }
    mlcore.fit(Config().with_settings(settings), tmp_path / "runs", name="names")
    mlcore.fit(Config().with_settings({"dataset": "iris", "epochs": 1}), tmp_path / "runs", name="iris")
    here = ("--runs-dir", str(tmp_path / "runs"))

    def asked(*words: str) -> tuple[int, str, str]:
        code = cli.main(["predict", *words, *here])
        out = capsys.readouterr()
        return code, out.out, out.err

    code, text, _ = asked("names", "--generate", "7", "--seed", "3")
    assert code == 0 and len(text.split("\n")) == 8
    code, told, _ = asked("names", "--generate", "7", "--seed", "3", "--temperature", "1", "--json")
    assert [json.loads(line)["text"] for line in told.splitlines()] == text.split("\n")[:-1]
    code, _, error = asked("iris", "--generate", "2")
    assert code == 2 and "does not go on by itself" in error and "names" in error
    for words in (("--rows", "0:2"), ("--proba",), ("--show",)):
        assert asked("names", "--generate", "2", *words)[0] == 2
    assert "--generate" in asked("names", "--temperature", ".5")[2]
    assert asked("names", "--rows", "0:2")[1].startswith("row,prediction,label\n0,")
    assert asked("names", "--proba")[0] == 2
    assert cli.main(["evaluate", "names", "--worst", "2", *here]) == 0
    assert "letter" not in capsys.readouterr().err
