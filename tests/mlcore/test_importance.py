"""What answers rest on, and how they go with a column: scikit-learn's numbers, and tables whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance

from mlcore import dependence, importance
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import DataError, UsageError
from mlcore.model import Model
from mlcore.training import train

QUICK = {"layers": "8 tanh", "epochs": 8, "backend": "reference", "optimizer.learning_rate": 0.02}


def trained(**settings: object) -> tuple[Model, Data]:
    config = Config().with_settings(QUICK | settings)
    data = config.dataset.load()
    *_, last = (event for event in train(config, data=data) if event.kind == "epoch")
    return last.model, data


class Classifier(ClassifierMixin, BaseEstimator):
    """A network as scikit-learn sees it, on inputs as they are scaled."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def fit(self, x: object, y: object) -> Classifier:
        self.classes_ = np.arange(self.model.preparation.task.outputs)
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return self.model.loss.probabilities(self.model.network.forward(self.model.vector, x.astype(np.float32))[0])

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.predict_proba(x).argmax(axis=1)


class Regressor(RegressorMixin, BaseEstimator):
    def __init__(self, model: Model) -> None:
        self.model = model

    def fit(self, x: object, y: object) -> Regressor:
        self.fitted_ = True
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.network.forward(self.model.vector, x.astype(np.float32))[0][:, 0]


@pytest.fixture(scope="module")
def wine() -> tuple[Model, Data]:
    return trained(dataset="iris")


@pytest.fixture(scope="module")
def sugar() -> tuple[Model, Data]:
    return trained(dataset="diabetes", epochs=20)


def test_permutation_importance_is_scikit_learn_s_within_its_noise(wine, sugar) -> None:
    for (model, data), kind in ((wine, Classifier), (sugar, Regressor)):
        ours = importance.permutation(model, data, "train", repeats=40)
        x, y = data.train.x, data.train.y.ravel()
        theirs = permutation_importance(kind(model).fit(x, y), x, y, n_repeats=40, random_state=1)
        noise = np.hypot(ours.spread, theirs.importances_std) / np.sqrt(40)
        assert (np.abs(ours.mean - theirs.importances_mean) <= 4.5 * noise + 1e-6).all()
        assert ours.names == data.feature_names and ours.rows == len(data.train)
        assert ours.score == pytest.approx(kind(model).fit(x, y).score(x, y), abs=1e-6)


def test_the_same_seed_shuffles_the_same_way_and_rows_are_left_as_they_were(wine) -> None:
    model, data = wine
    before = data.test.x.copy()
    first, again = (importance.permutation(model, data, "test", seed=3) for _ in range(2))
    assert (first.falls == again.falls).all() and (data.test.x == before).all()
    assert (first.falls != importance.permutation(model, data, "test", seed=4).falls).any()


def table(folder: Path, rows: int = 300) -> str:
    """A table whose target is told by port and age; noise tells nothing, and some of age is missing."""
    random = np.random.RandomState(5)
    port, age = random.choice(["Cork", "Lyon", "Oslo"], rows), random.uniform(1, 80, rows)
    lines = ["port,age,noise,target"]
    for place in range(rows):
        target = 40 * (port[place] == "Oslo") + 0.5 * age[place]
        lines.append(f"{port[place]},{'' if place % 60 == 7 else age[place]},{random.normal()},{target}")
    path = folder / "ports.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Data]:
    path = table(tmp_path_factory.mktemp("ports"))
    settings = {"dataset.path": path, "dataset.impute": "indicator", "optimizer.learning_rate": 0.1}
    return trained(dataset="file", epochs=150, **settings)


def test_all_features_of_a_column_are_shuffled_together(ports) -> None:
    model, data = ports
    assert data.feature_names == ("port=Cork", "port=Lyon", "port=Oslo", "age", "age missing", "noise")
    seen = []

    def answer(x: np.ndarray) -> np.ndarray:
        seen.append(x.copy())
        return model.network.forward(model.vector, x)[0]

    found = importance.permutation(model, data, "train", repeats=3, answer=answer)
    assert found.names == ("port", "age", "noise") and found.falls.shape == (3, 3)
    assert found.order.tolist() == [0, 1, 2] and abs(found.mean[2]) < 0.05 < found.mean[1]
    for x in seen:
        whole = {tuple(row) for row in x[:, :3].tolist()}
        assert whole <= {tuple(row) for row in data.train.x[:, :3].tolist()}, "a row has two ports"


def test_partial_dependence_is_scikit_learn_s(wine, sugar) -> None:
    for (model, data), kind in ((wine, Classifier), (sugar, Regressor)):
        for place in (0, 2):
            ours = dependence.partial(model, data, "train", data.feature_names[place])
            shift, factor = data.scaling.shift[place], data.scaling.factor[place]
            grid = {place: (ours.values - shift) * factor}
            how = {"method": "brute", "kind": "both", "custom_values": grid}
            if kind is Classifier:
                how["response_method"] = "predict_proba"
            x = data.train.x.astype(np.float64)
            theirs = partial_dependence(kind(model).fit(x, None), x, [place], **how)
            np.testing.assert_allclose(ours.mean.T, theirs["average"], rtol=1e-4, atol=1e-5)
            single = theirs["individual"][0]
            np.testing.assert_allclose(ours.low[:, 0], np.quantile(single, 0.1, axis=0), rtol=1e-3, atol=1e-4)
            assert ours.counts.sum() <= len(x) and (np.diff(ours.values) > 0).all()


def test_dependence_recovers_what_the_table_was_made_of(ports) -> None:
    model, data = ports
    found = dependence.partial(model, data, "train", "port")
    assert found.values.tolist() == ["Cork", "Lyon", "Oslo"] and found.texts
    assert found.mean[2, 0] - found.mean[0, 0] == pytest.approx(40, abs=6)
    assert found.counts.sum() == found.rows
    age = dependence.partial(model, data, "train", "age")
    slope = np.polyfit(age.values, age.mean[:, 0], 1)[0]
    assert slope == pytest.approx(0.5, abs=0.1) and 1 <= age.values[0] < age.values[-1] <= 80
    one = dependence.partial(model, data, "train", "port=Oslo")
    assert one.values.tolist() == [0.0, 1.0]


def test_what_has_no_columns_or_not_that_one_is_refused_in_words(wine, ports) -> None:
    model, data = wine
    with pytest.raises(UsageError, match="no column 'petals'") as raised:
        dependence.partial(model, data, "test", "petals")
    assert "petal_length" in str(raised.value.hint).replace(" ", "_")
    digits = Config().with_settings({"dataset": "digits"}).dataset.load()
    for refused in (digits, Config().with_settings({"dataset": "sine"}).dataset.load()):
        with pytest.raises(DataError, match="means little by itself"):
            importance.sources(refused)


def test_a_constant_column_and_few_rows_have_a_dependence() -> None:
    model, data = trained(dataset="iris", epochs=1)
    x = data.train.x.copy()
    x[:, 1] = 0.25
    flat = data._replace(train=Rows(x, data.train.y))
    found = dependence.partial(model, flat, "train", data.feature_names[1])
    assert len(found.values) == 1 and found.counts.tolist() == [len(x)]
    one = data._replace(test=data.test.take(slice(0, 1)))
    assert importance.permutation(model, one, "test").falls.shape == (4, 10)
    assert (importance.permutation(model, one, "test").falls == 0).all()


@pytest.mark.parametrize(
    "way",
    [
        {"dataset.numbers": "quantile"},
        {"dataset.numbers": "piecewise"},
        {"dataset.categories": "ordinal"},
        {"dataset.scale": "standard"},
        {},
    ],
)
def test_a_column_is_tried_as_it_is_prepared(way: dict[str, str], tmp_path: Path) -> None:
    """At the value every row has, the answer is the one to rows that had it all along, however it was prepared."""
    model, data = trained(dataset="file", epochs=2, **{"dataset.path": table(tmp_path), **way})
    for name in ("port", "age"):
        found = dependence.partial(model, data, "train", name)
        source = dependence.find(data, name)
        assert found.counts.sum() > 0.9 * found.rows
        for place in (0, len(found.values) - 1):
            there = np.zeros((1, source.features.stop - source.features.start))
            seen = []

            def answer(x: np.ndarray, seen: list = seen) -> np.ndarray:
                seen.append(x.copy())
                return model.network.forward(model.vector, x)[0]

            again = dependence.partial(model, data, "train", name, answer=answer)
            np.testing.assert_array_equal(again.mean, found.mean)
            there = seen[place][0, source.features]
            like = np.abs(data.train.x[:, source.features] - there).max(axis=1).min()
            assert like < 1e-4, f"{name} is tried as something no row is"
