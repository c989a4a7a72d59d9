"""A series, its forecast and the band around it, from the rows it says it is of."""

from __future__ import annotations

import numpy as np
import pytest

import mlcore
from mlcore import cli, forecasting
from mlcore.config import Config
from mlcore.training import train


def trained(**settings: object):
    """A network and its data after a few epochs."""
    config = Config().with_settings(
        {"layers": "6 tanh", "epochs": 4, "backend": "reference", "dataset": "sales"} | settings
    )
    data = config.dataset.load()
    *_, last = (event for event in train(config, data=data) if event.kind == "epoch")
    return last.model, data


def test_the_forecast_is_of_the_test_rows_in_their_order_and_the_band_of_the_validation_rows() -> None:
    model, data = trained(layers="gru 4")
    found = forecasting.forecast(model, data)
    assert found.split == "test" and len(found.before) == len(data.validation)
    np.testing.assert_allclose(found.truth, data.test.y[:, 0])
    np.testing.assert_allclose(
        found.said, model.network.forward(model.vector, data.inputs(data.test))[0][:, 0], rtol=1e-5
    )
    off = data.validation.y[:, 0] - model.network.forward(model.vector, data.inputs(data.validation))[0][:, 0]
    assert 0.7 < ((off >= found.low) & (off <= found.high)).mean() < 0.9
    np.testing.assert_allclose(found.before[-1], data.validation.y[-1, 0])


def test_of_a_long_series_the_end_is_forecast_and_of_one_without_splits_the_training_rows() -> None:
    model, data = trained(**{"dataset.years": 300})
    found = forecasting.forecast(model, data)
    assert len(found.said) == forecasting.LONGEST and len(found.before) == forecasting.BEFORE
    np.testing.assert_allclose(found.truth[-1], data.test.y[-1, 0])
    alone = forecasting.forecast(model, data._replace(test=None, validation=None))
    assert alone.split == "train" and np.isfinite(alone.low)
    model.vector[:] = np.nan
    lost = forecasting.forecast(model, data)
    assert np.isnan(lost.said).all() and np.isnan(lost.low)


@pytest.mark.parametrize(("dataset", "series"), [("sales", True), ("sine", True), ("adding", False), ("line", False),
                                                 ("mnist1d", False), ("copy", False)])  # fmt: skip
def test_only_a_series_is_forecast(dataset: str, series: bool) -> None:
    assert forecasting.forecasts(Config().with_settings({"dataset": dataset}).dataset.load()) == series


def test_plot_draws_it_or_says_what_it_takes(tmp_path, capsys) -> None:
    mlcore.fit(Config().with_settings({"dataset": "sales", "epochs": 1, "layers": "4"}), tmp_path, name="sales")
    mlcore.fit(Config().with_settings({"dataset": "iris", "epochs": 1}), tmp_path, name="iris")
    assert cli.main(["plot", "sales", "--what", "forecast", "--width", "80", "--runs-dir", str(tmp_path)]) == 0
    drawn = capsys.readouterr().out
    assert "test rows in their order" in drawn and "eight of ten" in drawn and max(map(len, drawn.split("\n"))) <= 80
    assert cli.main(["plot", "iris", "--what", "forecast", "--runs-dir", str(tmp_path)]) == 2
    assert "does not learn from a series" in capsys.readouterr().err
