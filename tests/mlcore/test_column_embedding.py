"""Tables whose categories are tokens: `embed 8` in front looks them up, column by column."""

from __future__ import annotations

import io
import runpy
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlcore
from mlcore import doctor, exporters, rivals, seeing
from mlcore.config import Config, from_dict
from mlcore.datasets import columns
from mlcore.datasets.columns import Plan
from mlcore.datasets.dataset import Rows
from mlcore.doctor.rows import unscaled_input
from mlcore.errors import ConfigError, DataError, ShapeError
from mlcore.layers.embedding import ColumnEmbedding, Embedding
from mlcore.layers.layer import INFERENCE
from mlcore.layers.line import parse, write
from mlcore.model import Model
from mlcore.network import Network
from mlcore.runs import Run
from mlcore.tables import reading
from mlcore.tables.table import Table
from tests.contracts.problems import opened, problem, rates

CITIES = tuple(f"city {k}" for k in range(30))


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table whose answer is how the city of a row and the sign of its size go together; some have no city."""
    path, random = tmp_path_factory.mktemp("tables") / "cities.csv", np.random.default_rng(4)
    with path.open("w") as file:
        file.write("town,size,colour,y\n")
        for k in range(900):
            number, size = int(random.integers(len(CITIES))), float(random.normal())
            town = CITIES[number] if k % 17 else ""
            answer = "yes" if (number % 2 == 0) == (size > 0) else "no"
            file.write(f"{town},{size:.4f},{'red' if random.random() < 0.5 else 'blue'},{answer}\n")
    return path


def config(path: Path, **settings: object) -> Config:
    own = {"kind": "file", "path": str(path), "target": "y", "categories": "token"}
    base = {"dataset": own, "layers": "embed 4 | 32 silu", "epochs": 25, "backend": "reference"}
    return from_dict(base | settings)


@given(st.data())
def test_it_is_a_dense_layer_on_one_hot_columns(data: st.DataObject) -> None:
    many = tuple(data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3)))
    numbers, dim, rows = data.draw(st.integers(0, 3)), data.draw(st.integers(1, 4)), data.draw(st.integers(1, 7))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    tokens = np.stack([random.integers(0, v, rows) for v in many], axis=1)
    x = np.concatenate([random.normal(size=(rows, numbers)), tokens], axis=1)
    layer, w = ColumnEmbedding(dim, many), random.normal(size=(sum(many), dim))
    y, saved = layer.forward({"w": w}, x, INFERENCE)
    dy = random.normal(size=y.shape)
    dx, own = layer.backward({"w": w}, saved, dy)
    assert layer.output_shape((x.shape[1],)) == y.shape[1:]
    expected, dw, place, first = [x[:, :numbers]], np.zeros_like(w), numbers, 0
    for column, v in enumerate(many):
        one_hot = np.eye(v)[tokens[:, column]]
        expected.append(one_hot @ w[first : first + v])
        dw[first : first + v] = one_hot.T @ dy[:, place : place + dim]
        place, first = place + dim, first + v
    np.testing.assert_allclose(y, np.concatenate(expected, axis=1), atol=1e-12)
    np.testing.assert_allclose(own["w"], dw, atol=1e-12)
    np.testing.assert_array_equal(dx[:, :numbers], dy[:, :numbers])
    assert not dx[:, numbers:].any()


@pytest.fixture(scope="module")
def run(cities: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return mlcore.fit(config(cities), tmp_path_factory.mktemp("runs"))


def answers(model: Model, path: Path) -> list[int]:
    """What a model says of each row of a file."""
    raw, _ = columns.encode(model.preparation.columns, reading.read(path))
    return model.predict(raw).tolist()


def test_embed_in_front_of_a_table_learns_how_many_tokens_there_are(cities: Path, run: Run) -> None:
    model = run.model()
    first = model.network.layers[0]
    assert model.config.layers[0] == Embedding(4), "what was asked for is kept as it was"
    assert first == ColumnEmbedding(4, (len(CITIES) + 2, 3)), "of towns one is missing, of each one is any other"
    assert model.preparation.feature_names == ("size", "town", "colour")
    assert model.network.shapes[:2] == [(3,), (1 + 2 * 4,)]
    truth = reading.read(cities).column("y") == "yes"
    assert (np.array(answers(model, cities)) == truth).mean() > 0.85, "neither column alone says anything"


def test_what_was_never_seen_is_zero_and_all_such_texts_are_alike(run: Run, tmp_path: Path) -> None:
    model, path = run.model(), tmp_path / "new.csv"
    w = model.network.views(model.vector)[0]["w"]
    for row in model.network.layers[0].first:
        assert not w[row].any()
    path.write_text("town,size,colour\nMars,1.5,red\nVenus,1.5,red\n,1.5,red\ncity 0,1.5,red\n")
    raw, notices = columns.encode(model.preparation.columns, reading.read(path))
    assert raw[:, 1].tolist() == [0, 0, 1, 2] and "town 0" in notices[0].message
    z = model.outputs(raw)
    assert np.array_equal(z[0], z[1]) and not np.array_equal(z[0], z[2])


def test_a_saved_model_is_the_same_and_goes_to_pytorch_and_back(run: Run, cities: Path, tmp_path: Path) -> None:
    model = run.model()
    model.save(tmp_path / "model.safetensors")
    loaded = Model.load(tmp_path / "model.safetensors")
    assert loaded.network.layers == model.network.layers and answers(loaded, cities) == answers(model, cities)
    pytest.importorskip("torch")
    back = mlcore.from_torch(mlcore.to_torch(model), model)
    assert back.vector.tobytes() == model.vector.tobytes()


@pytest.mark.parametrize("target", ["numpy", "pytorch"])
def test_an_exported_file_takes_the_rows_of_the_table(run: Run, cities: Path, tmp_path: Path, target: str) -> None:
    if target == "pytorch":
        pytest.importorskip("torch")
    model, said = run.model(), io.StringIO()
    for path, content in exporters.export(model, target).items():
        (tmp_path / f"model{path}").write_bytes(content)
    loaded = runpy.run_path(str(tmp_path / "model.py"))
    with cities.open() as file, redirect_stdout(said):
        rows = loaded["read"](file)
    names = model.preparation.task.class_names
    assert loaded["predict"](rows) == [names[k] for k in answers(model, cities)]


@pytest.mark.parametrize(
    ("layers", "settings", "message"),
    [
        ("8 silu", {}, "layer 1, 8: needs numbers, but the last 2 features are tokens"),
        ("", {}, "layer 1, output layer: needs numbers, but the last 2 features are tokens"),
        ("scale | embed 4 | 8 silu", {}, "layer 1, scale: needs numbers, but the last 2 features are tokens"),
        ("8 silu", {"columns": ["town"]}, "layer 1, 8: needs numbers, but the last feature is a token"),
        ("embed 4 | 8 silu", {"categories": "one_hot"}, r"layer 1, Embedding\(4\): needs tokens, got numbers"),
        ("embed_cols 4 | 8", {"categories": "one_hot"}, r"ColumnEmbedding\(4\): needs columns of tokens"),
        ("column_embedding 4 vocabularies=5,5,5 | 8", {}, "layer 1, embed_cols 4 vocabularies=5,5,5: needs"),
    ],
)
def test_a_network_that_takes_no_tokens_is_refused(cities: Path, layers: str, settings: dict, message: str) -> None:
    with pytest.raises(ShapeError, match=message) as refused:
        list(
            mlcore.train(config(cities, layers=layers).with_settings({f"dataset.{k}": v for k, v in settings.items()}))
        )
    assert "embed 8 |" in refused.value.hint or "dataset.categories = token" in refused.value.hint


@pytest.mark.parametrize("token", [-1, 33, 1.5, np.nan, np.inf])
def test_what_is_no_token_is_refused_by_the_model(run: Run, token: float) -> None:
    with pytest.raises(DataError):
        run.model().outputs(np.array([[0.5, token, 1]]))


@pytest.mark.parametrize("token", [-1, 11, 0.5, 1e30, np.nan])
def test_what_is_no_token_ends_a_native_run_by_its_loss(token: float) -> None:
    p = problem(Network.build((ColumnEmbedding(3, (20, 11)), *parse("9 silu")), (5,), 3), batch=70)
    x = p.rows.x.copy()
    x[3, 4] = token
    session, reason = opened("native", p._replace(rows=Rows(x, p.rows.y)))
    if session is None:
        pytest.skip(reason)
    z, losses = session.predict(x), session.train(0, 5, rates(5))
    assert len(losses) == 1 and np.isnan(losses[0])
    assert np.flatnonzero(np.isnan(z).any(axis=1)).tolist() == [3]


@pytest.mark.parametrize("many", [(), (5,), (5, 7, 1000)])
def test_the_line_has_the_vocabularies_where_they_are_said(many: tuple[int, ...]) -> None:
    layer = ColumnEmbedding(6, many)
    assert parse(write((layer,))) == (layer,)


@pytest.mark.parametrize("text", ["vocabularies=0,5", "vocabularies=5,,5", "vocabularies=a", "vocabularies=,", "dim=0"])
def test_a_vocabulary_that_is_none_is_refused_in_the_line(text: str) -> None:
    with pytest.raises(ConfigError, match="layer 1, item 1: ColumnEmbedding"):
        parse(f"column_embedding {text}")


@pytest.mark.parametrize(("shape", "many"), [((1,), (5, 5)), ((4, 3), (5,)), ((), (5,)), ((3, 4, 4), (5,))])
def test_shapes_without_room_for_the_tokens_are_refused(shape: tuple[int, ...], many: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="needs rows whose last"):
        ColumnEmbedding(4, many).output_shape(shape)


def test_missing_values_are_a_token_and_no_mark_stands_behind_it() -> None:
    own = Table.of(pd.DataFrame({"a": ["x", None, "y", "x"], "n": [1.0, 2.0, np.nan, 4.0]}))
    fitted = columns.fit(own, own.names, np.arange(4), Plan(categories="token"))
    raw, _ = columns.encode(fitted, own)
    assert columns.names(fitted) == ("n", "n missing", "a") and columns.tokens(fitted) == 1
    assert raw[:, -1].tolist() == [2, 1, 3, 2]
    assert columns.read(columns.plain(fitted[-1])) == fitted[-1]


def test_what_a_token_moves_is_the_length_of_the_slope_of_its_numbers(run: Run) -> None:
    model, x = run.model(), np.array([[0.5, 4.0, 1.0]], np.float32)
    found, w = seeing.saliency(model, x), model.network.views(model.vector.astype(np.float64))
    z, layer = model.network.forward(model.vector.astype(np.float64), x.astype(np.float64))[0], model.network.layers[0]
    row, size, slopes = layer.first[0] + 4, 1e-6, np.zeros(layer.dim)
    for place in range(layer.dim):
        moved = model.vector.astype(np.float64)
        model.network.views(moved)[0]["w"][row, place] += size
        slopes[place] = (model.network.forward(moved, x.astype(np.float64))[0] - z)[0, 0] / size
    assert len(w[0]["w"]) == sum(layer.vocabularies) and found.shape == (3,)
    assert found[1] == pytest.approx(np.linalg.norm(slopes), rel=1e-4)


def test_rivals_know_which_features_are_names(cities: Path) -> None:
    """The answer follows from the town, by no order of its name: as a number it says nothing to a linear model."""
    path, lines = cities.with_name("named.csv"), [line.split(",") for line in cities.read_text().splitlines()[1:]]
    rows = [f"{town},{size},{'yes' if town[-1:] in '0358' else 'no'}\n" for town, size, *_ in lines]
    path.write_text("town,size,y\n" + "".join(rows))
    data = config(path).with_settings({"dataset.keep": ["town"]}).dataset.load()
    assert data.feature_names == ("size", "town")
    found = {rival.name: (rival.answer(data.test.x) == data.test.y).mean() for rival in rivals.fit(data)}
    assert found["logistic regression"] > 0.95 and found["gradient boosting"] > 0.9, found


def test_the_doctor_asks_no_size_of_a_token(run: Run) -> None:
    case = doctor.examine(run)
    assert np.square(case.sample.x[:, 1]).mean() > 10**2, "as a number it would be far too large"
    assert unscaled_input(case) is None
