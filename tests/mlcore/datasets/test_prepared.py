"""A table from its file to an answer: fitted on training rows alone, kept with the model, and the same again."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from mlcore import Config, Model, train
from mlcore.commands import features
from mlcore.datasets.dataset import SplitSpec
from mlcore.datasets.own import Own
from mlcore.datasets.split import shuffled
from mlcore.errors import DataError
from mlcore.model import Preparation
from tests.mlcore.cli.conftest import home, mlj

__all__ = ["home", "mlj"]  # fixtures

ROWS = 120
RANDOM = np.random.default_rng(8)
PRICE = np.round(np.exp(RANDOM.normal(size=ROWS)) * 1000, 2)
FRAME = pd.DataFrame(
    {
        "size": np.where(RANDOM.uniform(size=ROWS) < 0.1, np.nan, np.log(PRICE) + RANDOM.normal(scale=0.3, size=ROWS)),
        "kind": np.where(RANDOM.uniform(size=ROWS) < 0.1, None, RANDOM.choice(["flat", "house", "hut"], ROWS)),
        "when": pd.date_range("2023-01-31", periods=ROWS, freq="11D").strftime("%Y-%m-%d"),
        "zip": RANDOM.choice([10001, 2139, 94110], ROWS),
        "price": PRICE,
    }
)
WAYS = [
    {},
    {"numbers": "piecewise"},
    {"scale": "quantile"},
    {"categories": "ordinal", "scale": "robust"},
    {"impute": "mean", "target_scale": "log", "kinds": {"zip": "category"}},
    {"impute_columns": {"size": "drop"}, "scale": "standard", "target_scale": "none"},
]


def written(path, frame=FRAME):
    frame.to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize("options", WAYS)
def test_rows_held_back_move_nothing_that_is_learnt(tmp_path, options):
    path, other = written(tmp_path / "a.csv"), FRAME.copy()
    if "impute_columns" in options:  # rows that are dropped move all others
        return
    parts = shuffled(np.zeros(ROWS), SplitSpec(stratify=False), 42)
    held = np.concatenate([parts.validation, parts.test])
    other.loc[held, "size"] = 1e5
    other.loc[held, "kind"] = "castle"
    other.loc[held, "when"] = "1999-12-31"
    other.loc[held, "zip"] = 7
    other.loc[held, "price"] = 123.5
    one, two = (Own(path=each, **options).load() for each in (path, written(tmp_path / "b.csv", other)))
    assert one.columns == two.columns and one.feature_names == two.feature_names and one.task == two.task
    assert one.train.x.tobytes() == two.train.x.tobytes() and one.train.y.tobytes() == two.train.y.tobytes()
    for mine, theirs in zip(one.scaling, two.scaling, strict=True):
        assert np.array_equal(mine, theirs)
    assert [role[:3] for role in one.roles] == [role[:3] for role in two.roles]
    assert one.test is not None and two.test is not None and not np.array_equal(one.test.x, two.test.x)


@pytest.mark.parametrize("options", WAYS)
def test_a_saved_model_answers_raw_rows_as_it_did_when_it_was_trained(tmp_path, options):
    path = written(tmp_path / "a.csv")
    own = Own(path=path, target="price", **options)
    data = own.load()
    ended = list(train(Config(dataset=own, epochs=3), data=data))[-1]
    ended.model.save(tmp_path / "m.safetensors")
    model = Model.load(tmp_path / "m.safetensors")
    assert (
        model.preparation.columns == data.columns
        and model.preparation.task == data.task
        and model.loss == ended.model.loss
    )
    whole = FRAME.dropna(subset=["size"]) if "impute_columns" in options else FRAME
    shuffled_ = whole.sample(frac=1, axis=1, random_state=1).drop(columns="price").assign(more="?")
    raw, _ = features.read(written(tmp_path / "new.csv", shuffled_), model.preparation)
    x = model.preparation.inputs(raw)
    known = {row.tobytes() for row in x}
    assert all(row.tobytes() in known for part in (data.train, data.validation, data.test) for row in part.x)
    answers = model.predict(raw)
    assert np.isfinite(answers).all() and answers.shape == (len(whole), 1)
    again = ended.model.predict(raw)
    assert answers.tobytes() == again.tobytes()


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize("wanted", ["none", "standard", "log"])
def test_metrics_and_answers_are_in_the_units_of_the_target(tmp_path, backend, wanted):
    own = Own(path=written(tmp_path / "a.csv"), target_scale=wanted)
    data = own.load()
    config = Config(dataset=own, epochs=40, backend=backend, stopping={"restore_best": False})
    *_, closing, ended = (event for event in train(config, data=data) if event.kind in ("epoch", "ended"))
    assert data.validation is not None and data.train.y.max() > 1000
    for split in ("train", "validation"):
        rows = getattr(data, split)
        answers = ended.model.loss.probabilities(ended.model.network.forward(ended.model.vector, rows.x)[0])
        error = answers.astype(np.float64) - rows.y
        spread = np.square(rows.y.astype(np.float64) - rows.y.mean(dtype=np.float64)).sum()
        assert closing.metrics[f"{split}_mse"] == pytest.approx(np.square(error).mean(), rel=1e-4)
        assert closing.metrics[f"{split}_mae"] == pytest.approx(np.abs(error).mean(), rel=1e-4)
        assert closing.metrics[f"{split}_r2"] == pytest.approx(1 - np.square(error).sum() / spread, abs=1e-4)
    if wanted != "none":  # whose targets of some thousands a network does not reach in forty epochs
        assert closing.metrics["train_r2"] > 0.3 and closing.metrics["train_loss"] < 1


def test_a_target_without_a_logarithm_is_refused_and_zero_has_one(tmp_path):
    below = FRAME.assign(price=FRAME.price - 1500)
    with pytest.raises(DataError, match="has no logarithm") as caught:
        Own(path=written(tmp_path / "a.csv", below), target_scale="log").load()
    assert caught.value.code == "DATA_TARGET" and "standard" in caught.value.hint
    counts = FRAME.assign(price=np.repeat([0, 40.5, 2, 900], 30))
    assert Own(path=written(tmp_path / "b.csv", counts), target_scale="log").load().task.units[2] == 1


def test_predict_takes_rows_from_anywhere_and_writes_answers(mlj, home, monkeypatch):
    monkeypatch.chdir(home)
    written(home / "a.csv", FRAME.assign(dear=np.where(FRAME.price > 1000, "dear", "cheap")).drop(columns="price"))
    assert mlj("train a.csv --epochs 2 --name otter --quiet").code == 0
    monkeypatch.chdir("/")
    (home / "new.csv").write_text('when,more,kind,zip,size\n2024-01-01,x,hut,2139,\n2024-01-02,"a,b",castle,7,6.5\n')
    said = mlj("predict otter --proba --data", home / "new.csv", "--out", home / "answers.csv")
    assert said.code == 0 and not said.out
    assert "warning[DATA_CATEGORY]: kind is 'castle' in 1 row" in said.err
    assert "warning[DATA_MISSING]: 1 missing value is filled in as in training: size (1)" in said.err
    rows = list(csv.DictReader((home / "answers.csv").read_text().splitlines()))
    assert list(rows[0]) == ["row", "prediction", "p_cheap", "p_dear"] and len(rows) == 2
    assert all(float(row["p_cheap"]) + float(row["p_dear"]) == pytest.approx(1, abs=1e-5) for row in rows)
    (home / "bad.csv").write_text("zip,size\n1,2\n")
    bad = mlj("predict otter --data", home / "bad.csv")
    assert bad.code == 3 and "error[DATA_SCHEMA]" in bad.err and "no column called kind, when" in bad.err
    (home / "worse.csv").write_text("when,kind,zip,size\n2024-01-01,hut,2139,big\n")
    worse = mlj("predict otter --data", home / "worse.csv")
    assert worse.code == 3 and "size is 'big' in row 0, expected a number" in worse.err


def test_rows_that_are_there_twice_are_counted_and_a_run_says_so(tmp_path):
    frame = pd.concat([FRAME, FRAME.iloc[:7]])
    codes = {notice.code: notice.message for notice in Own(path=written(tmp_path / "a.csv", frame)).load().notices}
    assert codes["DATA_REPEATED"].startswith(
        "7 rows are the same as an earlier one in every column, the first is row 120"
    )


def test_settings_that_name_no_column_are_refused(tmp_path):
    path = written(tmp_path / "a.csv")
    for options in ({"kinds": {"colour": "date"}}, {"impute_columns": {"colour": "mean"}}, {"keep": ("colour",)}):
        with pytest.raises(DataError, match="no column 'colour'; it has size"):
            Own(path=path, **options).load()


def test_data_show_tells_what_each_column_is(mlj, tmp_path):
    path = written(tmp_path / "a.csv")
    said = mlj("data show", path, "--set", "numbers=piecewise")
    lines = [line.split() for line in said.out.splitlines()]
    assert ["price", "numbers", "target", "a", "number"] in lines
    assert any(line[:3] == ["when", "dates", "feature"] and "weekday" in " ".join(line) for line in lines)
    plain = mlj("data show", path, "--json").lines[0]["columns"]
    assert [column["name"] for column in plain] == list(FRAME) and plain[0]["features"] == ["size", "size missing"]
    assert isinstance(Preparation.of(Own(path=path).load()), Preparation)
