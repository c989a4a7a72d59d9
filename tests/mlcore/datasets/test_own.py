"""Your own rows: every kind of file, columns, missing values, where files are looked for, predicting from raw rows."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pytest

from mlcore import load_config, open_run, train
from mlcore.commands import features
from mlcore.config import Config
from mlcore.datasets import columns, duplicates
from mlcore.datasets.dataset import Column, SplitSpec
from mlcore.datasets.own import Own
from mlcore.datasets.split import Parts
from mlcore.errors import CheckpointError, ConfigError, DataError, StorageError
from mlcore.model import Model
from tests.mlcore.cli.conftest import home, mlj
from tests.mlcore.datasets.conftest import idx_bytes
from tests.mlcore.datasets.test_pictures import png

__all__ = ["home", "mlj"]  # fixtures

RANDOM = np.random.RandomState(4)
X = RANDOM.normal(size=(60, 3)).round(3)
Y = np.arange(60) % 3
ALL = SplitSpec(test=0, validation=0)


def table(path, rows, header="a,b,c,kind"):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


@pytest.fixture
def csv(tmp_path):
    """60 rows of three numbers and a word."""
    return table(tmp_path / "mine.csv", [(*x, "xyz"[y]) for x, y in zip(X, Y, strict=True)])


def test_a_table_gives_its_rows_its_names_and_its_classes(csv):
    data = Own(path=csv, scale="none", split=ALL).load()
    order = np.lexsort(data.train.x.T)
    assert np.array_equal(data.train.x[order], X.astype(np.float32)[np.lexsort(X.T)])
    assert data.feature_names == ("a", "b", "c") and data.task[:3] == ("multiclass", 3, ("x", "y", "z"))
    assert np.array_equal(data.train.y[order], Y[np.lexsort(X.T)])


@pytest.mark.parametrize(
    ("options", "names", "task"),
    [
        ({"target": "a"}, ("b", "c", "kind=x", "kind=y", "kind=z"), "regression"),
        ({"target": 0, "columns": ("c",)}, ("c",), "regression"),
        ({"target": "2", "columns": ("-kind",)}, ("a", "b"), "regression"),
        ({"target": -1, "columns": ("b", 0)}, ("b", "a"), "multiclass"),
        ({"columns": ("-a",)}, ("b", "c"), "multiclass"),
    ],
)
def test_target_and_columns_are_named_or_counted_or_left_out(csv, options, names, task):
    data = Own(path=csv, **options).load()
    assert data.feature_names == names and data.task.kind == task


@pytest.mark.parametrize(
    ("values", "wanted", "task", "classes"),
    [
        ("0 1 1 0", "auto", "binary", ("0", "1")),
        ("1.5 2.5 1 2", "auto", "regression", ()),
        ("3 1 2 3", "auto", "multiclass", ("1", "2", "3")),
        ("3 1 2 3", "numbers", "regression", ()),
        ("1.5 2.5 1.5 2.5", "classes", "binary", ("1.5", "2.5")),
        ("no yes no yes", "auto", "binary", ("no", "yes")),
        ("True False True False", "auto", "binary", ("False", "True")),
    ],
)
def test_the_task_is_guessed_and_can_be_said(tmp_path, values, wanted, task, classes):
    path = table(tmp_path / "a.csv", [(n, value) for n, value in enumerate(values.split() * 5)], "n,target")
    data = Own(path=path, task=wanted).load()
    assert data.task.kind == task and data.task.class_names == classes


def test_every_kind_of_file_gives_the_same_pictures(tmp_path):
    x = RANDOM.randint(0, 256, (24, 6, 5)).astype(np.uint8)
    y = np.repeat([0, 1], 12).astype(np.uint8)
    np.savez_compressed(tmp_path / "a.npz", x=x, y=y)
    (tmp_path / "my-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(x)))
    (tmp_path / "my-labels-idx1-ubyte.gz").write_bytes(idx_bytes(y))
    for number, (picture, label) in enumerate(zip(x, y, strict=True)):
        (tmp_path / "album" / str(label)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "album" / str(label) / f"{number:02}.png").write_bytes(png(picture))
    (tmp_path / "album" / ".hidden").mkdir()
    (tmp_path / "album" / "0" / "notes.txt").write_text("no picture")
    places = [tmp_path / "a.npz", tmp_path / "my-images-idx3-ubyte.gz", tmp_path / "album"]
    found = [Own(path=str(place), split=SplitSpec(test=4, validation=4)).load() for place in places]
    for data in found:
        assert data.image_shape == (6, 5) and data.factor == 1 / 255 and data.train.x.dtype == np.uint8
        assert data.train.x.tobytes() == found[0].train.x.tobytes()
        assert data.test.y.tolist() == found[0].test.y.tolist() and data.task.class_names == ("0", "1")
    scaled = Own(path=str(places[0]), scale="minmax").load()
    assert scaled.train.x.dtype == np.float32 and scaled.train.x.max() == 1 and scaled.factor == 1


def test_a_column_may_say_how_much_each_row_counts(tmp_path):
    rows = [(a, b, place % 2, 1 + 9 * (place % 2)) for place, (a, b, _) in enumerate(X)]
    path = table(tmp_path / "weighted.csv", rows, "a,b,kind,count")
    plain, heavy = (Own(path=path, target="kind", weight=weight, columns=("-count",)) for weight in ("", "count"))
    data = heavy.load()
    assert data.feature_names == ("a", "b") and plain.load().train.w is None
    np.testing.assert_array_equal(data.train.w, 1 + 9 * data.train.y)
    ended = [list(train(Config(dataset=each, epochs=30)))[-1] for each in (plain, heavy)]
    said = [float(end.model.predict_proba(X[:, :2])[:, 1].mean()) for end in ended]
    assert said[1] > said[0] + 0.1, said  # the class that counts ten times is said more often
    with pytest.raises(DataError, match="weights: expected finite numbers from 0, got -1"):
        Own(
            path=table(tmp_path / "below.csv", [(*row[:3], -1) for row in rows], "a,b,kind,count"),
            target="kind",
            weight="count",
        ).load()
    with pytest.raises(DataError, match="no column 'mass'"):
        Own(path=path, target="kind", weight="mass").load()


def test_arrays_of_numbers_may_have_several_targets(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=X[:, :2] * 2, names=np.array(["of", "no", "use"]))
    data = Own(path=str(tmp_path / "a.npz")).load()
    assert data.task[:3] == ("regression", 2, ()) and data.feature_names == ("x1", "x2", "x3")


HOLES = [(1, "u"), (2, "v"), (None, "u"), (6, None), (3, "u")] * 8


def holed(path):
    rows = [("" if a is None else a, "?" if b is None else b, n % 2) for n, (a, b) in enumerate(HOLES)]
    return table(path, rows, "a,b,y")


@pytest.mark.parametrize(
    ("impute", "names", "missing_a", "missing_b"),
    [
        ("mean", "a b=u b=v", [3, 1, 0], [6, 1, 0]),
        ("median", "a b=u b=v", [2.5, 1, 0], [6, 1, 0]),
        ("most_frequent", "a b=u b=v", [1, 1, 0], [6, 1, 0]),
        ("zero", "a b=u b=v", [0, 1, 0], [6, 0, 0]),
        ("indicator", "a,a missing,b=u,b=v,b missing", [3, 1, 1, 0, 0], [6, 0, 0, 0, 1]),
    ],
)
def test_missing_values_are_filled_in(tmp_path, impute, names, missing_a, missing_b):
    data = Own(path=holed(tmp_path / "a.csv"), impute=impute, scale="none", split=ALL).load()
    assert data.feature_names == tuple(names.split("," if "," in names else " "))
    rows = {tuple(row) for row in data.train.x.tolist()}
    assert {tuple(missing_a), tuple(missing_b)} <= rows


def test_rows_with_missing_values_are_dropped_if_asked(tmp_path):
    data = Own(path=holed(tmp_path / "a.csv"), impute="drop", scale="none", split=ALL).load()
    assert len(data.train) == 24


def test_what_fills_in_is_learnt_from_training_rows_alone(tmp_path):
    path = tmp_path / "a.csv"
    values = [float(n) for n in range(40)]
    values[5] = values[11] = ""
    table(path, [(value, n % 2) for n, value in enumerate(values)], "a,y")
    data = Own(path=str(path), impute="mean", scale="none").load()
    kept = [value for value in data.train.x[:, 0].tolist() if value == int(value)]
    assert data.columns[0].fill == pytest.approx(np.mean(kept))
    assert all(np.isfinite(rows.x).all() for rows in (data.train, data.validation, data.test))


def test_a_text_nobody_trained_on_is_zero_everywhere_and_said(tmp_path):
    rows = [("odd" if n == 7 else "uv"[n % 2], n, n % 2) for n in range(40)]
    path = table(tmp_path / "a.csv", rows, "a,b,y")
    seeds = [Own(path=path, seed=seed).load() for seed in range(12)]
    strange = [data for data in seeds if "a=odd" not in data.feature_names]
    assert strange and all(data.notices[0].code == "DATA_CATEGORY" for data in strange)
    assert all("a is 'odd' in 1 row, which no training row has" in data.notices[0].message for data in strange)


def test_rows_in_two_parts_and_constant_features_are_named(tmp_path):
    rows = [(n // 2, 7, n % 2) for n in range(40)]
    data = Own(path=table(tmp_path / "a.csv", rows, "a,b,y")).load()
    codes = [notice.code for notice in data.notices]
    assert codes == ["DATA_CONSTANT", "DATA_DUPLICATES", "DATA_DUPLICATES"]
    assert data.notices[0].message.startswith("b never changes") and data.scaling.factor[1] == 1
    warned = [
        event for event in train(Config(dataset=Own(path=str(tmp_path / "a.csv")), epochs=1)) if event.kind == "warned"
    ]
    assert [event.code for event in warned] == codes


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.float32])
def test_twins_are_found_by_value_and_named_by_row(dtype):
    x = RANDOM.randint(0, 200, (500, 13)).astype(dtype)
    x[450], x[470] = x[3], x[4]
    if dtype != np.uint8:
        x[3, 0], x[450, 0] = 0.0, -0.0
    parts = Parts(np.arange(400), np.arange(400, 460), np.arange(460, 500))
    assert duplicates.twins(x, parts.validation, parts.train) == [(450, 3)]
    assert duplicates.twins(x, parts.test, parts.train) == [(470, 4)]
    assert "1 of 40 test rows are training rows too: row 470 is row 4" in duplicates.notices(x, parts)[1].message
    assert duplicates.notices(x[:440], Parts(np.arange(400), np.arange(400, 440), np.arange(0))) == ()


def test_a_relative_path_is_looked_for_at_home_beside_the_file_and_here(csv, tmp_path, monkeypatch):
    monkeypatch.delenv("MLJ_DATA_HOME", raising=False)
    (tmp_path / "mine.toml").write_text('[dataset]\nkind = "file"\npath = "mine.csv"\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = load_config(tmp_path / "mine.toml")
    assert config.dataset.path == csv and len(config.dataset.load().train)
    with pytest.raises(OSError, match="cannot read mine.csv"):
        Own(path="mine.csv").load()
    monkeypatch.chdir(tmp_path)
    assert len(Own(path="mine.csv").load().train)
    home = tmp_path / "home"
    home.mkdir()
    table(home / "mine.csv", [(n, n % 2) for n in range(20)], "a,y")
    monkeypatch.setenv("MLJ_DATA_HOME", str(home))
    assert load_config(tmp_path / "mine.toml").dataset.path == "mine.csv"  # found there wherever that is
    assert Own(path="mine.csv").load().feature_names == ("a",)
    with pytest.raises(ConfigError, match="names no file"):
        Own().load()


def test_a_saved_model_takes_raw_rows_by_name_and_fills_in_what_is_missing(mlj, home, monkeypatch):
    monkeypatch.chdir(home)
    holed(home / "a.csv")
    words = "--set dataset.impute=indicator --epochs 2 --name otter --quiet --backend reference"
    assert mlj(f"train a.csv {words}").code == 0
    monkeypatch.chdir("/")
    assert mlj("evaluate otter").code == 0  # wherever one goes on
    model = Model.load(next((home / "home" / "runs").glob("*/model.safetensors")))
    fill = model.preparation.columns[0].fill
    assert model.preparation.columns == (Column("a", fill, (), True), Column("b", "", ("u", "v"), True))
    table(home / "new.csv", [("v", "none of it", 2), ("new", "", ""), ("u", "", 1)], "b,other,a")
    said = mlj("predict otter --json --data", home / "new.csv")
    assert len(said.lines) == 3 and "warning[DATA_CATEGORY]: b is 'new' in 1 row" in said.err
    raw, _ = features.read(home / "new.csv", model.preparation)
    assert raw.tolist() == [[2, 0, 0, 1, 0], [fill, 1, 0, 0, 0], [1, 0, 1, 0, 0]]
    assert [line["prediction"] for line in said.lines] == [str(k) for k in model.predict(raw)]
    (home / "bad.csv").write_text("a,z\n1,2\n")
    bad = mlj("predict otter --data", home / "bad.csv")
    assert bad.code == 3 and "no column called b; it has z, which the model does not read" in bad.err


def test_the_command_line_takes_a_file_or_a_kind_of_data_for_a_recipe(mlj, csv, tmp_path):
    assert mlj("train gauss --no-record --epochs 1 --quiet").code == 0
    assert mlj("train", csv, "--no-record", "--epochs", "1", "--quiet").code == 0
    assert "kind" not in mlj("data show", csv, "--json").lines[0]["features"]
    assert mlj("data head", csv, "-n", "2").out.splitlines()[1].split() == ["row", "a", "b", "c", "kind"]
    assert mlj("data plot hills --ascii --width 60").out.count("from ") == 5
    assert mlj("train none.csv").code == 6
    os.mkfifo(tmp_path / "pipe.csv")
    assert mlj("data show", tmp_path / "pipe.csv").code == 3


def test_features_of_a_model_must_be_those_of_its_columns():
    found = (Column("a", 1.0, (), True), Column("b", "", ("u", "v")))
    assert columns.names(found) == ("a", "a missing", "b=u", "b=v")


def test_a_home_nobody_has_is_a_path_like_any_other():
    with pytest.raises(StorageError, match="~nobody-there"):
        Own(path="~nobody-there/own.csv").load()


def test_a_run_is_measured_only_on_rows_prepared_as_those_it_learnt_from(mlj, tmp_path):
    path, random = tmp_path / "a.csv", np.random.RandomState(4)
    rows = [
        f"{a:.3f},{b:.3f},{'xyz'[place % 3]},{int(a + b > 0)}"
        for place, (a, b) in enumerate(random.normal(size=(60, 2)))
    ]
    text = "a,b,c,y\n" + "\n".join(rows) + "\n"
    path.write_text(text)
    assert mlj(f"train {path} --target y --epochs 2 --name fox").code == 0
    model, verbs = (
        open_run("fox").model(),
        ("evaluate fox", "predict fox --rows 0:3", "plot fox --what confusion", "trace fox"),
    )
    assert model.data().feature_names == model.preparation.feature_names
    assert [mlj(verb).code for verb in verbs] == [0] * len(verbs)
    answers = mlj(f"predict fox --data {path}").out
    model.config = model.config.with_settings({"dataset.scale": "standard"})
    with pytest.raises(CheckpointError, match=r"scaled in another way \(dataset.scale\)"):
        model.data()
    for changed_text, words in (
        (text.replace(",z,", ",x,"), "gone: c=z"),
        (text.replace("\n-", "\n-9"), "the training rows are others"),
    ):
        path.write_text(changed_text)
        for verb in (*verbs, "gradcheck fox"):
            said = mlj(verb)
            assert said.code == 4 and "CKPT_MISMATCH" in said.err and words in said.err, (verb, said.err)
    path.write_text(text)
    assert mlj(f"predict fox --data {path}").out == answers
    path.write_text(text.replace(",z,", ",x,"))
    said = mlj("resume fox --epochs 5")
    assert said.code == 4 and "'c=z'" in said.err
