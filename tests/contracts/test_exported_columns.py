"""Every export target with the columns of a table: what is done to a row before the first layer, and after the last."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import numpy as np
import pytest

from mlcore.commands import features as files
from mlcore.datasets.columns import names as named
from mlcore.datasets.dataset import Column
from mlcore.model import Model
from mlcore.spec import changed
from tests.contracts.models import HOSTILE, raw_rows, small
from tests.contracts.test_every_exporter import READERS, RUN, examine, module, put


@pytest.mark.parametrize("target", RUN)
def test_a_generated_file_answers_in_the_units_of_the_targets(target: str, tmp_path: Path) -> None:
    model = small("5 tanh", "mse", outputs=2)
    task = model.preparation.task._replace(units=(100.0, 0.25))
    preparation = msgspec.structs.replace(model.preparation, task=task)
    scaled = Model(model.config, model.network, changed(model.loss, units=task.units), preparation, model.vector)
    assert np.allclose(scaled.predict_proba(raw_rows(model)), model.predict_proba(raw_rows(model)) * 4 + 100)
    plain = Model(model.config, model.network, model.loss, model.preparation, model.vector)
    theirs, _ = READERS[target](put(scaled, target, tmp_path), plain, raw_rows(model))
    np.testing.assert_allclose(theirs, scaled.predict_proba(raw_rows(model)), rtol=1e-6, atol=1e-5)


def learnt_as_logarithms(model: Model, units: tuple[float, float, float]) -> Model:
    """The same network, whose outputs are scaled logarithms of its targets."""
    task = model.preparation.task._replace(units=units)
    preparation = msgspec.structs.replace(model.preparation, task=task)
    return Model(model.config, model.network, changed(model.loss, units=units), preparation, model.vector)


@pytest.mark.parametrize("units", [(3.1, 2.9, 0.0), (12.5, 1.25, 1.0)], ids=["above zero", "zero too"])
@pytest.mark.parametrize("loss", ["mse", "huber"])
@pytest.mark.parametrize("target", RUN)
def test_a_target_learnt_as_its_logarithm_comes_back_in_its_own_units(
    target: str, loss: str, units: tuple[float, float, float], tmp_path: Path
) -> None:
    plain = small("5 tanh", loss, outputs=2)
    model, x = learnt_as_logarithms(plain, units), raw_rows(plain)
    expected = model.predict(x)
    assert np.allclose(expected, np.exp(plain.predict(x) / units[1] + units[0]) - units[2], rtol=1e-5)
    found, _ = READERS[target](put(model, target, tmp_path), model, x)
    np.testing.assert_allclose(found, expected, rtol=3e-6)


@pytest.mark.parametrize("target", ["numpy", "pytorch", "sklearn", "c", "onnx"])
def test_a_logarithm_that_no_number_is_the_exponential_of_ends_where_that_of_the_model_does(
    target: str, tmp_path: Path
) -> None:
    plain = small("5 tanh", "mse", outputs=2)
    model, x = learnt_as_logarithms(plain, (88.0, 0.125, 1.0)), raw_rows(plain)
    expected = model.predict(x)
    assert np.isfinite(expected).all() and (expected == expected.max()).sum() > 1
    found, _ = READERS[target](put(model, target, tmp_path), model, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def bent(model: Model, smooth: int) -> Model:
    """The same network for inputs of which the first so many are clipped smoothly."""
    scaling = model.preparation.scaling._replace(smooth=smooth)
    preparation = msgspec.structs.replace(model.preparation, scaling=scaling)
    return Model(model.config, model.network, model.loss, preparation, model.vector)


@pytest.mark.parametrize("smooth", [4, 2])
@pytest.mark.parametrize("target", RUN)
def test_a_generated_file_bends_its_inputs_as_the_model_does(target: str, smooth: int, tmp_path: Path) -> None:
    straight = small("5 tanh | 4 tanh", "softmax_cross_entropy")
    model, x = bent(straight, smooth), raw_rows(straight)
    assert np.abs(model.predict_proba(x * 9) - straight.predict_proba(x * 9)).max() > 0.01
    examine(model, target, tmp_path)


DAYS = ("days", "year", "month", "day", "weekday", "hour")
WAYS = (
    Column("age", 40.5, (), True, "piecewise", knots=(1.0, 2.5, 7.0, 30.0)),
    Column("town", "", ("a", "b"), True, rest=True),
    Column("when", 19000.25, DAYS, False, "date", knots=(18000.0,)),
    Column("fare", None, (), False, "quantile", knots=(0.0, 1.0, 5.0), levels=(-1.0, 0.25, 1.5)),
    Column("size", "m", ("l", "m", "s"), False, "ordinal"),
    Column("zip", "", ("02139", "10001"), False, "token"),
)
CELLS = [
    ["0.5", "a", "2024-02-29", "-3", "s", "02139"],
    ["2.5", "elsewhere", "2023-12-31 18:30:00", "0", "l", "7"],
    ["99", "NA", "1969-07-20T20:17:40+00:00", "3.5", "xl", ""],
    ["", "b", "?", "77", "", "10001"],
]


@pytest.mark.parametrize("target", ["numpy", "pytorch", "sklearn"])
def test_every_way_of_a_column_is_written_out(target: str, tmp_path: Path) -> None:
    names = named(WAYS)
    model = small("3 relu", "softmax_cross_entropy", features=len(names))
    encoded = msgspec.structs.replace(model.preparation, feature_names=names, columns=WAYS)
    whole = Model(model.config, model.network, model.loss, encoded, model.vector)
    lines = [[column.name for column in WAYS], *CELLS]
    (tmp_path / "rows.csv").write_text("\n".join(",".join(line) for line in lines) + "\n")
    expected, _ = files.read(tmp_path / "rows.csv", encoded)
    loaded = module(put(whole, target, tmp_path))
    rows = loaded.read(io.StringIO((tmp_path / "rows.csv").read_text()))
    np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-12)
    assert len(loaded.predict(rows)) == len(CELLS)


def test_rows_of_a_table_become_features_as_they_do_in_mlj(tmp_path: Path) -> None:
    columns = (Column("age", 40.5, (), True), Column("col'our", "", HOSTILE[:2]), Column("size"))
    table = 'size,col\'our,more,age\n1,"a\'b""""""\\",x,NA\n2,other,y,30\n-3,,z,\n'
    model, names = small("3 relu", "softmax_cross_entropy", features=5), named(columns)
    encoded = msgspec.structs.replace(model.preparation, feature_names=names, columns=columns)
    path = put(Model(model.config, model.network, model.loss, encoded, model.vector), "numpy", tmp_path)
    (tmp_path / "rows.csv").write_text(table)
    expected, _ = files.read(tmp_path / "rows.csv", encoded)
    loaded = module(path)
    assert loaded.read(io.StringIO(table)) == expected.tolist()
    assert expected.tolist()[0] == [40.5, 1, 1, 0, 1] and names == loaded.FEATURES
    with pytest.raises(ValueError, match="size is missing"):
        loaded.encode(["1", "other", "NA"])
