"""C and ONNX with the cells of a table: what their files make of a row is what mlj makes of it, feature by feature."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from mlcore.datasets.columns import Numbers, Plan, encode, fit, kind_of, names
from mlcore.datasets.dataset import Column, Scaling
from mlcore.datasets.preparing.kinds import values_of
from mlcore.exporters.cells import input_names
from mlcore.layers.line import parse
from mlcore.model import Model
from mlcore.network import Network
from mlcore.tables import reading
from mlcore.tables.table import Table
from tests.contracts.models import HOSTILE, model_of
from tests.contracts.test_every_exporter import READERS, as_c, plain, put

ALL = ["c", "onnx"]
DAYS = ("days", "year", "month", "day", "weekday", "hour")
COLUMNS = (
    Column("age", 40.5, (), True, "piecewise", knots=(1.0, 2.5, 7.0, 30.0)),
    Column('to"wn*/', "", ("a", "b"), True, rest=True),
    Column("when", 19000.25, DAYS, True, "date", knots=(18000.0,)),
    Column("fare", 3.5, (), False, "quantile", knots=(0.0, 1.0, 5.0), levels=(-1.0, 0.25, 1.5)),
    Column("room", 2.0, (), True),
    Column("size", "m", ("l", "m", "s"), False, "ordinal"),
    Column("width", None, (), False, "quantile", knots=(2.0,), levels=(0.75,)),
    Column("born", 0.0, ("month", "days"), False, "date", knots=(-7000.0,)),
    Column("height", -1.0, (), False, "piecewise", knots=(-4.0, 4.0)),
)
LINES = [  # times of the day that float32 holds exactly
    ["0.5", "a", "2024-02-29", "-3", "1", "s", "2", "1899-12-31", "-9"],
    ["2.5", "elsewhere", "2023-12-31 18:00:00", "0", "", "l", "1", "2000-02-29", "0.25"],
    ["99", "", "1969-07-20T21:00:00+00:00", "3.5", "2.5", "xl", "3", "1900-03-01", ""],
    ["", "b", "", "77", "-7", "", "7", "", "4"],
    ["1", "a", "1970-01-01", "", "0", "m", "1e9", "2100-02-28 03:00:00", "4.5"],
]


def mirror(columns: Sequence[Column]) -> Model:
    """A network that answers its features, so that a file can be asked what it makes of a row."""
    named = names(columns)
    model = model_of(Network.build(parse(""), (len(named),), len(named)), "mse")
    (weights,) = model.network.views(model.vector)
    weights["w"][...], weights["b"][...] = np.eye(len(named)), 0
    scaling = Scaling(np.zeros(len(named)), np.ones(len(named)))
    told = msgspec.structs.replace(model.preparation, feature_names=named, columns=tuple(columns), scaling=scaling)
    return Model(model.config, model.network, model.loss, told, model.vector)


def rows(columns: Sequence[Column], table: Table) -> np.ndarray:
    """What C and ONNX take for the rows of a table: numbers and days, NaN where missing, and the features of texts."""
    found = [
        encode([column], table)[0] if kind == "category" else values_of(table, column.name, kind)[:, None]
        for column, kind in ((column, kind_of(column)) for column in columns)
    ]
    return np.concatenate(found, axis=1).astype(np.float32)


def examine(target: str, columns: Sequence[Column], table: Table, folder: Path) -> np.ndarray:
    """A file makes of the rows of a table what mlj makes of them; these features [n, F]."""
    model, x = mirror(columns), rows(columns, table)
    assert x.shape[1] == len(input_names(model))
    expected = model.predict(encode(columns, table)[0])
    found, _ = READERS[target](put(model, target, folder), model, x)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    return expected


def written(columns: Sequence[Column], lines: Sequence[Sequence[str]], folder: Path) -> Table:
    """The table of some texts, read as mlj reads it."""
    with open(folder / "rows.csv", "w", newline="") as file:
        csv.writer(file).writerows([[column.name for column in columns], *lines])
    texts = {column.name for column in columns if kind_of(column) == "category"}
    return reading.read(folder / "rows.csv", texts=texts)


@pytest.mark.parametrize("target", ALL)
def test_every_way_of_a_column_is_in_the_file(target: str, tmp_path: Path) -> None:
    found = examine(target, COLUMNS, written(COLUMNS, LINES, tmp_path), tmp_path)
    assert np.isfinite(found).all() and len(found) == len(LINES)


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("place", range(len(COLUMNS)))
def test_each_column_alone_is_in_the_file(target: str, place: int, tmp_path: Path) -> None:
    own = COLUMNS[place : place + 1]
    lines = [[line[place] or "NA"] for line in LINES]  # an empty line would be no row
    examine(target, own, written(own, lines, tmp_path), tmp_path)


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("ways", ["piecewise", "quantile"])
def test_columns_fitted_on_values_that_often_are_the_same_have_no_bin_without_width(
    target: str, ways: Numbers, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    many = random.integers(0, 4, 400).astype(float) ** 3
    few = np.where(random.random(400) < 0.9, 2.5, random.normal(size=400).astype(np.float32))
    wide = (random.normal(size=400) * 1e4).astype(np.float32).astype(float)
    wide[::9] = np.nan
    frame = pd.DataFrame({"many": many, "few": few, "wide": wide})
    columns = fit(Table.of(frame), ("many", "few", "wide"), np.arange(400), Plan(numbers=ways))
    assert all(column.way == ways for column in columns) and columns[2].marked
    assert len(columns[0].knots) < 6 and len(columns[1].knots) < 40  # of up to 100, the equal ones are one
    edges = [np.quantile(frame[name].dropna(), np.linspace(0, 1, 40)) for name in frame]
    grid = pd.DataFrame(dict(zip(frame, edges, strict=True)), dtype=np.float32).astype(float)
    far = pd.DataFrame({name: [-1e6, 1e6, np.nan, grid[name].min(), grid[name].max()] for name in frame})
    examine(target, columns, Table.of(pd.concat([grid, far, frame], ignore_index=True)), tmp_path)


@pytest.mark.parametrize("target", ALL)
def test_dates_of_four_centuries_have_the_parts_they_have_in_mlj(target: str, tmp_path: Path) -> None:
    columns = (Column("when", None, DAYS, False, "date", knots=(100.0,)),)
    ends = pd.to_datetime(["1700-02-28", "1700-03-01", "1899-12-31", "1904-02-29", "2000-12-31", "2100-03-01"])
    when = pd.date_range("1690-01-01", "2110-12-31", freq="17D").append(ends)
    table = Table.of(pd.DataFrame({"when": when.append(when[::50] + pd.Timedelta(hours=21))}))
    found = examine(target, columns, table, tmp_path)
    assert {1690, 1704, 1900, 2000, 2110} <= set(found[:, 1])


@pytest.mark.parametrize("target", ALL)
def test_what_is_missing_where_nothing_stands_for_it_has_no_answer(target: str, tmp_path: Path) -> None:
    columns = [column._replace(fill=None, marked=False) for column in COLUMNS if kind_of(column) != "category"]
    model, x = mirror(columns), np.full((1, len(columns)), np.nan, np.float32)
    found, _ = READERS[target](put(model, target, tmp_path), model, x)
    assert np.isnan(found).all()


@pytest.mark.parametrize("target", ALL)
def test_what_is_made_of_cells_is_scaled_and_bent_afterwards(target: str, tmp_path: Path) -> None:
    table, model = written(COLUMNS, LINES, tmp_path), mirror(COLUMNS)
    width = len(model.preparation.feature_names)
    scaling = Scaling(np.linspace(-1, 1, width), np.linspace(0.1, 2, width), width - 2)
    told = msgspec.structs.replace(model.preparation, scaling=scaling)
    model = Model(model.config, model.network, model.loss, told, model.vector)
    found, _ = READERS[target](put(model, target, tmp_path), model, rows(COLUMNS, table))
    np.testing.assert_allclose(found, model.predict(encode(COLUMNS, table)[0]), rtol=1e-6, atol=1e-6)


def test_the_c_program_takes_an_empty_cell_for_a_missing_one_and_no_row_of_another_length(tmp_path: Path) -> None:
    columns = (COLUMNS[0], COLUMNS[3], COLUMNS[4])
    model, table = mirror(columns), written(columns, [["", "2", ""], ["3", "", "1"]], tmp_path)
    path = put(model, "c", tmp_path)
    as_c(path, model, rows(columns, table))

    def answered(text: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([str(path.with_suffix(""))], input=text.encode(), capture_output=True)

    for text in (",2,\r\n3,,1\r\n", "nan 2 nan\n\n3 nan 1", " ; 2 ;\n3;; 1\n\n"):
        done = answered(text)
        assert done.returncode == 0, text
        found = np.array([line.split() for line in done.stdout.decode().splitlines()], np.float64)
        np.testing.assert_allclose(found, model.predict(encode(columns, table)[0]), rtol=1e-6, atol=1e-6)
    for text in ("1,2\n3,4,5\n", "1,2,3,4\n", "1,x,3\n", "1,2,3\n4\n"):
        done = answered(text)
        expected = f"expected rows of 3 numbers: {', '.join(input_names(model))}\n"
        assert done.returncode == 1 and done.stderr.decode() == expected, text


def test_files_say_what_the_numbers_of_a_row_are_called(tmp_path: Path) -> None:
    columns = tuple(column._replace(name=f"{HOSTILE[k]}{k}") for k, column in enumerate(COLUMNS))
    model = mirror(columns)
    names_ = input_names(model)
    assert names_[0] == columns[0].name and names_[1:3] == (f"{columns[1].name}=a", f"{columns[1].name}=b")
    onnx = pytest.importorskip("onnx", reason="onnx, which checks what is written, is not installed")
    said = {each.key: each.value for each in onnx.load(put(model, "onnx", tmp_path)).metadata_props}
    assert tuple(json.loads(said["inputs"])) == names_
    path = put(model, "c", tmp_path)
    (tmp_path / "say.c").write_text(
        "#include <stdio.h>\nextern const char *const input_names[];\n"
        f"int main(void) {{ for (int i = 0; i < {len(names_)}; i++) {{ fputs(input_names[i], stdout); putchar(0); }} }}"
    )
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    subprocess.run([compiler, "-std=c99", path, tmp_path / "say.c", "-o", tmp_path / "say", "-lm"], check=True)
    printed = subprocess.run([tmp_path / "say"], capture_output=True, check=True).stdout.split(b"\0")[:-1]
    assert [each.decode() for each in printed] == [plain(name) for name in names_]
