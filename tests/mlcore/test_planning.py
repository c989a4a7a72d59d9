"""What a worker answers about an experiment nobody trains yet: data, layers, checks, a rate, code, yardsticks."""

from __future__ import annotations

import shlex
import time

import numpy as np
import pytest

from mlcore import command_of, preflight
from mlcore.commands.experiment import assignment, named
from mlcore.config import Config
from mlcore.errors import ConfigError, MljError, StorageError, UsageError
from mlcore.worker import protocol
from mlcore.worker.desk import Desk
from tests.mlcore.watching import Watcher, plain


def test_an_outline_has_every_layer_with_its_shapes_and_the_first_weights_of_the_network(lab: Watcher) -> None:
    outline = lab.client.ask(protocol.Sketch(config=plain(layers="5 tanh | drop .2 | 3"))).value
    assert [(s.word, s.outputs, s.parameters) for s in outline.strata] == [
        ("5", (5,), 15),
        ("tanh", (5,), 0),
        ("drop .2", (5,), 0),
        ("3", (3,), 18),
        ("1", (1,), 4),
    ]
    assert (outline.loss, outline.rows, outline.steps, outline.net.parameters) == ("binary_cross_entropy", 140, 5, 37)
    assert [w.shape for w in outline.weights] == [(2, 5), (5, 3), (3, 1)]
    assert any("two linear layers" in remark for remark in outline.remarks)
    lab.start(epochs=1, layers="5 tanh | drop .2 | 3", paused=True)
    first = lab.until(lambda m: m.picture).picture.weights
    assert all(np.array_equal(a, b) for a, b in zip(first, outline.weights, strict=True))


@pytest.mark.parametrize(
    ("question", "error", "word"),
    [
        (protocol.Sketch(config=plain() | {"layers": "5 tahn"}), ConfigError, "tahn"),
        (
            protocol.Sketch(config=plain() | {"dataset": {"kind": "file", "path": "nothing.csv"}}),
            StorageError,
            "nothing.csv",
        ),
        (protocol.Preview(dataset={"kind": "file", "path": ""}), ConfigError, "names no file"),
        (protocol.Write(config=plain(layers="5 gelu"), target="sklearn"), MljError, "gelu"),
        (protocol.Write(config=plain(), target="fortran"), ConfigError, "fortran"),
    ],
)
def test_what_cannot_be_is_refused_with_one_sentence_and_the_worker_lives(lab: Watcher, question, error, word) -> None:
    with pytest.raises(error, match=word):
        lab.client.ask(question)
    assert lab.client.ask(protocol.Sketch(config=plain())).value.strata


def test_a_network_too_large_to_be_made_is_outlined_and_not_tried(lab: Watcher) -> None:
    huge = Config().with_settings({"layers": "65536 relu | 65536 relu", "dataset": "digits"}).to_dict()
    outline = lab.client.ask(protocol.Sketch(config=huge)).value
    assert outline.net.parameters > 4_000_000_000 and outline.weights == ()
    for question in (protocol.Preflight(config=huge, check=5), protocol.Sweep(config=huge)):
        with pytest.raises(MljError, match="too many"):
            lab.client.ask(question)


def test_a_preview_has_the_first_rows_histograms_pictures_or_a_surface(lab: Watcher) -> None:
    def sample(kind: str) -> protocol.Sample:
        return lab.client.ask(protocol.Preview(dataset={"kind": kind})).value.sample

    table = sample("iris")
    assert (
        table.names[-1] == "class"
        and len(table.head) == 8
        and table.head[0][-1] in ("setosa", "versicolor", "virginica")
    )
    assert [h.name for h in table.histograms] == [*table.names[:4]] and table.counts == (35, 35, 35)
    assert all(h.counts.sum() == 105 and h.low < h.high for h in table.histograms)
    digits = sample("digits")
    assert digits.images.shape == (60, 8, 8) and digits.images.dtype == np.uint8 and digits.images.max() == 255
    assert len(digits.labels) == 60 and not digits.histograms and digits.features == 64
    hills = sample("hills")
    assert len(hills.surface.x) == len(hills.surface.value) == 700 and hills.histograms[-1].name == "target"


def test_yardsticks_are_what_is_reached_without_a_network(lab: Watcher) -> None:
    def measured(kind: str) -> dict[str, float]:
        found = lab.client.ask(protocol.Measure(dataset={"kind": kind})).value
        assert found.split == ("train" if kind == "line" else "validation")
        return {each.name: each.score for each in found.found}

    assert measured("gauss")["logistic regression"] > 0.9
    assert measured("circles")["logistic regression"] < 0.7 and measured("circles")["commonest class"] == 0.5
    assert measured("line")["linear regression"] == pytest.approx(1) and measured("line")["mean"] == pytest.approx(0)


def test_checks_are_made_one_at_a_time_and_are_those_of_preflight(lab: Watcher) -> None:
    config = Config().with_settings({"backend": "reference", "dataset": "gauss", "layers": "4 tanh"})
    expected = [check._replace(evidence="") for check in preflight.preflight(config)]
    found = [
        lab.client.ask(protocol.Preflight(config=config.to_dict(), check=number)).value
        for number in range(len(preflight.CHECKS))
    ]
    assert [(f.name, f.verdict, f.remedy) for f in found] == [(c.name, c.verdict, c.remedy) for c in expected]
    assert all(f.total == len(found) and f.evidence and f.meaning.endswith(".") for f in found)
    broken = config.with_settings({"loss": "mse"}).to_dict()
    verdicts = [lab.client.ask(protocol.Preflight(config=broken, check=n)).value.verdict for n in range(3)]
    assert verdicts == ["skipped", "failed", "skipped"]


def test_code_is_of_the_weights_of_now_where_it_is_the_experiment_being_trained(lab: Watcher) -> None:
    lab.start()
    lab.ended()
    trained = lab.client.ask(protocol.Write(config=plain(), target="numpy", stem="net")).value
    fresh = lab.client.ask(protocol.Write(config=plain(seed=7), target="numpy", stem="net")).value
    assert (trained.epoch, fresh.epoch) == (20, 0) and list(trained.files) == [".py"]
    answers = []
    for code in (trained, fresh):
        space: dict[str, object] = {"__name__": "net"}
        exec(compile(code.files[".py"], "net.py", "exec"), space)
        answers.append(space["predict_proba"](np.array([[0.0, 1.0], [1.0, -0.5]])))  # type: ignore[operator]
    assert answers[0][0, 0] > 0.8 and answers[0][1, 1] > 0.8 and not np.allclose(*answers)


def test_a_rate_is_looked_for_and_nothing_is_trained(lab: Watcher) -> None:
    swept = lab.client.ask(protocol.Sweep(config=plain(dataset="gauss", layers="", backend="auto"))).value
    assert swept.suggestion and len(swept.rates) == len(swept.losses) == len(swept.smoothed)
    assert lab.mirror.started is None


def test_a_search_for_a_rate_is_given_up_when_something_else_is_asked(lab: Watcher) -> None:
    large = Config().with_settings({"dataset": "digits", "layers": "512 relu | 512 relu"}).to_dict()
    began = time.monotonic()
    lab.client.send(protocol.Sweep(config=large))
    assert lab.client.ask(protocol.Preview(dataset={"kind": "wine"})).value.dataset == "wine"
    assert time.monotonic() - began < 20  # all of it takes a minute


def test_a_process_that_trains_one_run_answers_about_nothing_before_it_has_data() -> None:
    with pytest.raises(UsageError, match="loads no other data"):
        Desk().answer(protocol.Sketch(config=plain()))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"layers": "10 relu | drop .2", "optimizer.kind": "sgd", "optimizer.momentum": 0.9, "schedule": "cosine"},
        {"dataset": "iris", "layers": ""},
        {"dataset": "hills", "layers": "8", "batch_size": "full", "precision": "float64"},
        {"dataset": "file", "dataset.path": "/a b/own.csv", "dataset.target": "3", "dataset.columns": ["-x", 2]},
        {"dataset.features": ["x1", "sin(x1)"], "loss.class_weight": "balanced", "stopping.goal": "train_loss < 0.1"},
    ],
    ids=str,
)
def test_the_command_of_an_experiment_trains_exactly_it(settings: dict[str, object]) -> None:
    config = Config().with_settings(settings)
    mlj, train, name, *rest = shlex.split(shlex.join(command_of(config)))
    assert (mlj, train, set(rest[::2])) == ("mlj", "train", {"--set"} if rest else set())
    assert named(name).with_settings(dict(assignment(text) for text in rest[1::2])) == config


def test_the_command_of_a_recipe_is_its_name() -> None:
    for name in ("journey/moons", "journey/penguins"):
        assert command_of(named(name)) == ("mlj", "train", name)


def test_the_columns_of_a_file_are_told_whether_or_not_it_can_be_learned(lab: Watcher, tmp_path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("a,b c,d\n1,,x\n2,,x\n")

    def columns(path: object) -> tuple[str, ...]:
        return lab.client.ask(protocol.Head(dataset={"kind": "file", "path": str(path)})).value.names

    assert columns(table) == ("a", "b c", "d")
    assert columns(tmp_path) == ()
    assert lab.client.ask(protocol.Head(dataset={"kind": "circles"})).value.names == ()
    table.write_text("a,a\n1,2\n")
    with pytest.raises(MljError, match="more than one column called 'a'"):
        columns(table)
    with pytest.raises(MljError, match=r"nothing\.csv"):
        columns(tmp_path / "nothing.csv")
