"""What is seen in a table: equal to pandas, NumPy, SciPy and scikit-learn, and to plain counting."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.metrics import mutual_info_score
from sklearn.preprocessing import StandardScaler

from mlcore.errors import DataError
from mlcore.tables import facts, sales
from mlcore.tables.shown import numbers
from mlcore.tables.views import columns, relations
from mlcore.tables.views.classes import bands, labels
from mlcore.tables.views.components import pca
from mlcore.tables.views.histogram import histogram
from mlcore.tables.views.view import View, of_frame, shown
from tests.mlcore.tables.random_frames import FRAMES, NAMES, frame_of


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return sales.make(2_000, seed=3)


def by_name(view: View) -> dict[Any, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in view.rows}


@settings(max_examples=40)
@given(FRAMES)
def test_what_is_described_is_what_pandas_says(table) -> None:
    rows, frame = table
    contents, figures, dates = columns.describe(frame)
    for place, name in enumerate(NAMES):
        there = [row[place] for row in rows if row[place] is not None]
        _, count, missing, distinct, _, entropy = by_name(contents)[name]
        assert (count, missing, distinct) == (len(there), len(rows) - len(there), len(set(there)))
        if name == "Kind":
            parts = [number / len(there) for number in Counter(there).values()]
            assert entropy == pytest.approx(-sum(part * math.log2(part) for part in parts), abs=1e-12)
    wanted = frame[["Sales", "Unit price"]].describe()
    for name in ("Sales", "Unit price"):
        got = [math.nan if value is None else value for value in by_name(figures)[name]]
        assert got == pytest.approx(wanted[name].tolist()[1:], nan_ok=True, abs=1e-12)
    days = [row[3] for row in rows if row[3] is not None]
    wanted_days = (str(min(days)), str(max(days)), (max(days) - min(days)).days) if days else (None, None, None)
    assert by_name(dates)["Däte"] == wanted_days


@given(FRAMES)
def test_what_is_missing_is_counted(table) -> None:
    rows, frame = table
    view = columns.missing(frame)
    for place, name in enumerate(NAMES):
        count = sum(row[place] is None for row in rows)
        assert by_name(view)[name] == (count, count / len(rows) if rows else None)
    lacking = sum(any(value is None for value in row) for row in rows)
    assert view.answer.startswith(f"{lacking:,} of " if lacking else "nothing is missing")


@given(FRAMES)
def test_the_balance_counts_every_value_and_the_missing_ones(table) -> None:
    rows, frame = table
    assume(rows)
    found = by_name(columns.balance(frame, "Kind"))
    assert {name: count for name, (count, _) in found.items()} == Counter(row[0] for row in rows)
    assert sum(share for _, share in found.values()) == pytest.approx(1)
    assert [count for count, _ in found.values()] == sorted((count for count, _ in found.values()), reverse=True)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_correlations_are_those_of_pandas(table: pd.DataFrame, method: str) -> None:
    view = relations.corr(table, method)
    wanted = table.corr(method=method, numeric_only=True)
    assert np.allclose([row[1:] for row in view.rows], wanted.to_numpy())
    first = relations.pairs(table, method).rows[0]
    both = table[[first[0], first[1]]].dropna()
    theirs = stats.pearsonr(*both.T.to_numpy()) if method == "pearson" else stats.spearmanr(both)
    assert first[2] == pytest.approx(theirs.statistic)


def test_what_does_not_change_has_no_correlation() -> None:
    view = relations.corr(pd.DataFrame({"a": [1.0, 2, 3], "b": [5.0, 5, 5]}))
    assert view.rows[0][2] is None and "b" in view.notes[0]
    with pytest.raises(DataError, match="two columns of numbers"):
        relations.corr(pd.DataFrame({"a": [1.0, 2]}))


def test_rounding_is_no_figure() -> None:
    weak = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, -1, -1, 1 - 1e-4], "c": [2.0, 1, 1, 2]})
    rows = by_name(relations.corr(weak))
    assert rows["c"][0] == 0 and rows["b"][0] < 0
    assert "+0.000" in relations.corr(weak[["a", "b"]]).answer
    for view in (relations.corr(weak), relations.pairs(weak)):
        assert not any("e-17" in cell or cell == "-0" for row in view.cells() for cell in row)
    standard = pd.DataFrame({"z": StandardScaler().fit_transform(np.array([[0.1], [0.2], [0.7], [0.4]]))[:, 0]})
    assert standard["z"].mean() and columns.describe(standard)[1].cells()[0][1] == "0"
    assert dict(facts.facts(standard, "z").told)["mean"] == "0"
    alike = pd.DataFrame({"a": [n % 5 for n in range(60)], "b": [n % 2 for n in range(60)], "c": "x"})
    assert all(row[1] == 0 for row in relations.told(alike, "b").rows)
    assert shown(-0.0) == numbers([-0.0])[0] == "0"


def test_components_are_those_of_scikit_learn_up_to_their_sign(table: pd.DataFrame) -> None:
    found = pca(table)
    x = StandardScaler().fit_transform(table[["Price", "Quantity", "Sales"]].dropna())
    theirs = PCA(3).fit(x)
    assert np.allclose([row[2] for row in found.variances.rows], theirs.explained_variance_ratio_, atol=1e-12)
    assert np.allclose([row[1] for row in found.variances.rows], theirs.explained_variance_)
    made = by_name(found.loadings)
    ours = np.array([made[name] for name in ("Price", "Quantity", "Sales")]).T
    assert np.allclose(np.abs(ours), np.abs(theirs.components_[:2]))
    assert np.allclose(np.abs(found.points), np.abs(theirs.transform(x)))
    assert table.iloc[found.rows][["Price", "Quantity", "Sales"]].notna().all(axis=None)
    assert (found.columns, found.complete, found.lacking) == (3, len(x), len(table) - len(x))
    assert np.array_equal(np.transpose(found.plane), found.points[:, :2])


def test_components_without_numbers_or_rows_are_refused_and_constant_columns_weigh_nothing() -> None:
    with pytest.raises(DataError, match="no column of numbers"):
        pca(pd.DataFrame({"a": ["x", "y"]}))
    with pytest.raises(DataError, match="1 row in which"):
        pca(pd.DataFrame({"a": [1.0, np.nan]}))
    huge = pd.DataFrame({"a": [1e300, -1e308, 1e308, np.inf], "b": [1.0, 2, 4, 5]})
    assert np.isfinite(pca(huge).points).all() and pca(huge).variances.notes
    found = pca(pd.DataFrame({"a": [1.0, 2, 4], "b": [7.1, 7.1, 7.1]}))
    assert [row[2] for row in found.variances.rows] == pytest.approx([1, 0])


def test_rows_are_told_apart_by_few_values_and_by_bands_of_many() -> None:
    frame = pd.DataFrame(
        {"few": [3.0, 1, np.nan, 3], "text": ["b", None, "a", "b"], "truth": [True, False, True, True]}
    )
    few, names = labels(frame, "few")
    assert (few.tolist(), names) == ([1, 0, 2, 1], ("1", "3", "(missing)"))
    assert labels(frame, "text")[1] == ("b", "(missing)", "a") and labels(frame, "truth")[1] == ("true", "false")
    many = pd.DataFrame({"n": [*np.linspace(0, 5000, 20), np.nan, np.inf], "name": [f"x{n}" for n in range(22)]})
    found, names = labels(many, "n")
    assert np.bincount(found).tolist() == [4, 4, 4, 4, 4, 2]
    assert names == ("from 0", "from 1,000", "from 2,000", "from 3,000", "from 4,000", "(missing)")
    found, names = labels(many, "name")
    assert len(names) == 16 and names[-1] == "others" and np.bincount(found)[-1] == 7
    assert bands(np.array([-1e308, 1e308]))[0].tolist() == [0, 4]
    assert bands(np.array([2.0, 2.0]))[0].tolist() == [0, 0]


def test_what_a_column_tells_is_the_mutual_information(table: pd.DataFrame) -> None:
    view = relations.told(table, "Product")
    told = by_name(view)
    region = mutual_info_score(table["Region"].fillna("?"), table["Product"]) / math.log(2)
    assert told["Region"][0] == pytest.approx(region)
    assert view.rows[0][0] == "Price" and told["Price"][2] > 0.9 and told["Region"][2] < 0.01
    names: dict[str, Any] = {"df": table, "pd": pd}
    exec(view.code, names)
    assert names["bits"] == pytest.approx({name: bits for name, (bits, *_) in told.items()})


def test_noise_tells_nothing_beyond_chance_and_names_of_rows_are_pointed_out() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"noise": random.normal(size=400), "name": [f"row {n}" for n in range(400)]})
    frame["y"] = random.choice(["a", "b"], 400)
    view = relations.told(frame, "y")
    assert by_name(view)["noise"][2] < 0.02 and by_name(view)["name"][0] == pytest.approx(1, abs=0.01)
    assert by_name(view)["name"][2] < 1e-9 and "name differs from row to row" in view.notes[0]
    with pytest.raises(DataError, match="no row has a target"):
        relations.told(frame.assign(y=pd.Series([None] * 400, dtype="str")), "y")


def test_of_a_long_table_some_rows_tell_and_infinity_is_a_number_like_others() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=30_000)
    frame = pd.DataFrame({"x": np.where(x > 2, np.inf, x), "y": np.where(x > 0, "a", "b")})
    view = relations.told(frame, "y")
    assert by_name(view)["x"][0] == pytest.approx(1, abs=0.01) and "20,000 rows at random of 30,000" in view.notes[0]


def test_a_histogram_counts_every_number_once(table: pd.DataFrame) -> None:
    view = histogram(table, "Sales", 7)
    counts, edges = np.histogram(table["Sales"], 7)
    assert [row[2] for row in view.rows] == counts.tolist() and view.rows[0][0] == edges[0]
    assert sum(row[2] for row in histogram(table, "Price").rows) == table["Price"].count()
    assert sum(row[2] for row in histogram(pd.DataFrame({"a": [1.0, 1.0, np.inf]}), "a").rows) == 2
    close = pd.DataFrame({"a": [1.0, np.nextafter(1, 2)]})
    assert sum(row[2] for row in histogram(close, "a").rows) == 2
    with pytest.raises(DataError, match="holds texts"):
        histogram(table, "Region")


@given(FRAMES)
def test_a_view_of_a_frame_is_safe_to_print_and_to_write_as_json(table) -> None:
    _, frame = table
    view = of_frame(frame, "all", "df", 5)
    assert len(view.rows) + view.left_out == len(frame)
    assert all(cell.isprintable() for row in view.cells() for cell in row)
    kinds = {type(value) for row in view.plain() for value in row.values()}
    assert kinds <= {str, int, float, type(None)}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "-"), (True, "true"), (3, "3"), (10**20, "1" + "0" * 20), (2.0, "2"), (1234567.891, "1234567.89"),
        (0.1 + 0.2, "0.3"), (1e300, "1e+300"), (-0.00012345678, "-0.000123457"), ("a\x1b[2J", "a\\x1b[2J"),
    ],
)  # fmt: skip
def test_cells_are_short_and_harmless(value, words) -> None:
    assert shown(value, "-") == words


def test_bars_are_as_long_as_their_numbers_are_large() -> None:
    view = View("t", ("k", "v"), (("a", 2.0), ("b", -4), ("c", None), ("d", math.inf)), "", ("k",), "v")
    assert view.lengths() == [0.5, -1.0, 0.0, 0.0] and view._replace(bars="").lengths() == []


def test_an_empty_table_is_described_too() -> None:
    frame = frame_of([])
    assert columns.describe(frame)[0].title.startswith("0 rows") and not of_frame(frame, "", "").rows


def test_points_of_one_column_stand_below_each_other_where_its_numbers_are_alike() -> None:
    rows = (("1.5", True, 1375.0, 3.0, None), ("x", False, 916.0714, 1e-9, 2.5), ("y", True, 0.0, 20.0, 3))
    cells = View("t", ("text", "truth", "alike", "far", "gone"), rows, "", digits=6).cells()
    assert [list(column) for column in zip(*cells, strict=True)] == [
        ["1.5", "x", "y"],
        ["true", "false", "true"],
        ["1375.000", "916.071", "0.000"],
        ["3", "1e-09", "20"],
        ["", "2.5", "3.0"],
    ]
