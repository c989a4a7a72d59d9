"""A DataFrame in place of a file: the same data, the same network, rows to predict from by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlcore import load_recipe, train
from mlcore.errors import DataError
from mlcore.model import Model

ROWS = 120


@pytest.fixture
def frame() -> pd.DataFrame:
    """Numbers with holes, words, a date, and what follows from them."""
    random = np.random.default_rng(3)
    size = random.normal(size=ROWS).round(3)
    place = random.choice(["north", "south", "östlich"], ROWS)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 700, ROWS), "D")
    kind = np.where(size + (place == "south") > 0.3, "yes", "no")
    return pd.DataFrame(
        {"size": np.where(random.random(ROWS) < 0.1, np.nan, size), "place": place, "day": days, "kind": kind}
    )


def trained(config, data=None) -> Model:
    *_, ended = train(config.with_settings({"epochs": 3}), data=data)
    return ended.model


def test_a_frame_is_learned_as_its_file_is_and_answers_by_name(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    frame.to_csv(path, index=False)
    config = load_recipe("table").with_settings({"dataset.path": str(path), "dataset.target": "kind"})
    data, file = config.dataset.of(frame), config.dataset.load()
    assert data.feature_names == file.feature_names and data.notices[:1] == file.notices[:1]
    np.testing.assert_array_equal(data.train.x, file.train.x)
    np.testing.assert_array_equal(data.test.y, file.test.y)
    model = trained(config, data)
    np.testing.assert_array_equal(model.vector, trained(config).vector)
    turned = frame[["day", "place", "size"]].assign(more=1)
    raw = model.raw(turned)
    np.testing.assert_array_equal(raw, model.raw(frame))
    assert model.predict(raw).shape == (ROWS,) and np.isfinite(raw).all()


def test_what_a_frame_lacks_or_cannot_hold_is_named(frame: pd.DataFrame) -> None:
    config = load_recipe("table").with_settings({"dataset.target": "kind"})
    model = trained(config, config.dataset.of(frame))
    with pytest.raises(DataError, match="no column called place"):
        model.raw(frame.drop(columns="place"))
    with pytest.raises(DataError, match="no column 'kind'"):
        config.dataset.of(frame.drop(columns="kind"))
    with pytest.raises(DataError):
        config.dataset.of(frame.assign(nested=[[1]] * ROWS))
