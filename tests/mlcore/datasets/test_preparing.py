"""Columns as features: every way against its formula written another way, what is stored against what was fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mlcore.datasets import columns
from mlcore.datasets.columns import Plan
from mlcore.datasets.dataset import Column, Scaling
from mlcore.datasets.preparing import categories, dates, numbers
from mlcore.datasets.scaling import fit
from mlcore.errors import DataError
from mlcore.tables.table import Table

NUMBERS = st.lists(st.floats(-1e6, 1e6, width=32).filter(lambda x: abs(x) > 1e-3), min_size=12, max_size=60)


def table(**named: object) -> Table:
    return Table.of(pd.DataFrame(named))


def encoded(plan: Plan, **named: object) -> tuple[tuple[str, ...], np.ndarray]:
    """The features of a table that is all training rows."""
    own = table(**named)
    fitted = columns.fit(own, own.names, np.arange(len(own.rows)), plan)
    raw, _ = columns.encode(fitted, own)
    assert raw.shape[1] == len(columns.names(fitted)) and np.isfinite(raw).all()
    return columns.names(fitted), raw


@given(NUMBERS)
def test_piecewise_is_what_the_paper_writes(values: list[float]) -> None:
    column = numbers.fit_piecewise(Column("x"), np.array(values))
    if column.way != "piecewise":
        assert len(np.unique(np.quantile(values, np.linspace(0, 1, min(16, len(values)) + 1)))) < 3
        return
    found, edges = numbers.encode(column, np.array(values)), column.knots
    for row, x in enumerate(values):
        for t in range(len(edges) - 1):
            if t > 0 and x < edges[t]:
                expected = 0.0
            elif t < len(edges) - 2 and x >= edges[t + 1]:
                expected = 1.0
            else:
                expected = (x - edges[t]) / (edges[t + 1] - edges[t])
            assert found[row, t] == pytest.approx(expected)
    order = np.argsort(values)
    assert (np.diff(found[order], axis=0) >= 0).all(), "more of a number is never less of a feature"


@given(NUMBERS, st.floats(0.1, 50))
def test_quantiles_know_the_order_alone(values: list[float], stretch: float) -> None:
    x = np.unique(np.array(values))
    if len(x) < 5:
        return
    one = numbers.encode(numbers.fit_quantile(Column("x"), x), x)[:, 0]
    two = numbers.encode(numbers.fit_quantile(Column("x"), x * stretch + 3), x * stretch + 3)[:, 0]
    np.testing.assert_allclose(one, two, atol=1e-6)
    assert (np.diff(one) >= 0).all()


def test_quantiles_are_normal_scores() -> None:
    x = np.random.default_rng(1).exponential(size=2000) ** 3
    found = numbers.encode(numbers.fit_quantile(Column("x"), x), x)[:, 0]
    expected = norm.ppf((np.argsort(np.argsort(x)) + 0.5) / len(x))
    inner = np.abs(expected) < 2
    np.testing.assert_allclose(found[inner], expected[inner], atol=0.05)
    assert np.abs(found).max() == pytest.approx(norm.ppf(0.995), abs=1e-6)


@given(st.lists(st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2150-01-01")), min_size=3, max_size=30))
def test_dates_are_the_parts_that_pandas_finds(moments: list) -> None:
    series = pd.Series(moments).dt.floor("s")
    names, raw = encoded(Plan(), when=series)
    of = dict(zip(names, raw.T, strict=True))
    np.testing.assert_allclose(of["when days"], (series - series.min()) / pd.Timedelta(days=1), atol=1e-5)
    parts = {
        "month": (series.dt.month - 1) / 12,
        "day": (series.dt.day - 1) / series.dt.days_in_month,
        "weekday": series.dt.day_of_week / 7,
    }
    if "when year" in of:
        assert of["when year"].tolist() == series.dt.year.tolist()
    for part, share in parts.items():
        if f"when {part} sin" in of:
            np.testing.assert_allclose(of[f"when {part} sin"], np.sin(2 * np.pi * share), atol=1e-6)
            np.testing.assert_allclose(of[f"when {part} cos"], np.cos(2 * np.pi * share), atol=1e-6)
        else:
            assert series.map(dict(zip(series, share, strict=True))).nunique() == 1


def test_december_lies_beside_january_and_parts_that_never_differ_are_left_out() -> None:
    names, raw = encoded(Plan(), when=pd.date_range("2023-01-01", periods=24, freq="MS"))
    assert "when day sin" not in names and "when hour sin" not in names
    at = raw[:, [names.index("when month sin"), names.index("when month cos")]]
    assert np.allclose(np.linalg.norm(np.diff(at, axis=0), axis=1), 2 * np.sin(np.pi / 12))
    assert columns.names((dates.fit(Column("t"), np.array([3.0, 3.0])),)) == ("t days",)


def test_texts_that_are_dates_are_read_and_one_that_is_none_is_named() -> None:
    own = table(when=["2024-01-01", "2024-02-30", None, "2024-03-05"])
    with pytest.raises(DataError, match="when is '2024-02-30' in row 1, expected a date") as caught:
        columns.fit(own, ("when",), np.array([0, 3]), Plan(kinds={"when": "date"}))
    assert caught.value.code == "DATA_VALUE"
    names, raw = encoded(Plan(kinds={"when": "date"}), when=["5 March 2024", None, "6 March 2024"])
    assert names[-1] == "when missing" and raw[:, 0].tolist() == [0, 0.5, 1] and raw[:, -1].tolist() == [0, 1, 0]


CITIES = [f"city{n}" for n in range(5000)]


def test_five_thousand_cities_are_fifty_and_the_others() -> None:
    random = np.random.default_rng(2)
    rows = [CITIES[k] for k in (5000 * random.uniform(size=20_000) ** 4).astype(int)]
    own = table(city=rows)
    train = np.arange(15_000)
    (column,) = columns.fit(own, ("city",), train, Plan())
    counts = pd.Series(rows[:15_000]).value_counts()
    assert len(column.categories) == 50 and column.rest and counts[list(column.categories)].min() >= counts.iloc[50]
    raw, notices = columns.encode((column,), own)
    assert raw.shape == (20_000, 51) and (raw.sum(axis=1) == 1).all() and not notices
    assert raw[:, -1].tolist() == [float(text not in column.categories) for text in rows]
    assert columns.names((column,))[-1] == "city other"


@given(st.lists(st.sampled_from([*"abcde", None]), min_size=8, max_size=40).filter(lambda x: any(x)))
def test_one_hot_equals_pandas_and_numbers_of_categories_follow_their_names(texts: list) -> None:
    own = table(kind=pd.Series(texts, dtype=object))
    names, raw = encoded(Plan(), kind=pd.Series(texts, dtype=object))
    expected = pd.get_dummies(pd.Series(texts, dtype=object), dummy_na=None in texts).to_numpy(float)
    np.testing.assert_array_equal(raw, expected)
    for way in ("ordinal", "token"):
        fitted = columns.fit(own, ("kind",), np.arange(len(texts)), Plan(categories=way))  # type: ignore[arg-type]
        known = sorted({text for text in texts if text is not None})
        codes = columns.encode(fitted, own)[0][:, 0].tolist()
        if way == "token" and None in texts:  # what is missing is a token of its own, the first one
            assert codes == [1 if text is None else known.index(text) + 2 for text in texts]
        else:
            assert codes == [0 if text is None else known.index(text) + 1 for text in texts]
    assert names[: len(known)] == tuple(f"kind={text}" for text in known)


def test_tokens_come_last_and_no_scale_touches_them() -> None:
    own = table(a=["u", "v", "w", "u"] * 5, b=np.arange(20.0))
    fitted = columns.fit(own, own.names, np.arange(20), Plan(categories="token"))
    raw, _ = columns.encode(fitted, own)
    assert columns.names(fitted) == ("b", "a") and columns.tokens(fitted) == 1
    for scale in ("smooth", "robust", "standard", "minmax"):
        x = fit(raw, scale, 1).apply(raw)
        assert x[:, 1].tolist() == [1, 2, 3, 1] * 5 and np.abs(x[:, 0]).max() < 3


def test_numbers_may_be_categories_and_texts_may_be_numbers() -> None:
    names, raw = encoded(Plan(kinds={"zip": "category"}), zip=[10001.0, 2139.0, 1234567.0, 10001.0])
    assert names == ("zip=10001", "zip=1234567", "zip=2139") and raw[:, 0].tolist() == [1, 0, 0, 1]
    assert encoded(Plan(kinds={"n": "number"}), n=["1", "2.5", None, "4"])[1][:, 0].tolist() == [1, 2.5, 2.5, 4]
    own = table(n=["1", "x", "3"])
    with pytest.raises(DataError, match="n is 'x' in row 1, expected a number"):
        columns.fit(own, ("n",), np.arange(3), Plan(kinds={"n": "number"}))


HOLES = {"a": [1.0, np.nan, 2.0, 9.0, 2.0], "b": pd.Series(["u", "v", None, "u", "w"], dtype=object)}


@pytest.mark.parametrize(
    ("plan", "a", "b", "names"),
    [
        (Plan(), 2, None, "a,a missing,b=u,b=v,b=w,b missing"),
        (Plan("mean"), 3.5, "u", "a,b=u,b=v,b=w"),
        (Plan("most_frequent"), 2, "u", "a,b=u,b=v,b=w"),
        (Plan("constant", constant=7), 7, "7", "a,b=7,b=u,b=v,b=w"),
        (Plan("zero", {"b": "most_frequent"}), 0, "u", "a,b=u,b=v,b=w"),
        (Plan("indicator", {"a": "median"}), 2, None, "a,b=u,b=v,b=w,b missing"),
    ],
)
def test_what_stands_for_a_missing_value(plan: Plan, a: float, b: str | None, names: str) -> None:
    found, raw = encoded(plan, **HOLES)
    of = dict(zip(found, raw.T.tolist(), strict=True))
    assert found == tuple(names.split(",")) and of["a"][1] == a
    assert {name[2:] for name in found if name[:2] == "b=" and of[name][2]} == ({b} if b else set())


def test_nothing_stands_for_it_where_nothing_was_asked_and_a_constant_must_fit() -> None:
    own = table(**HOLES)
    with pytest.raises(DataError, match="a is missing in 1 row, the first is row 1") as caught:
        columns.fit(own, own.names, np.arange(5), Plan("none"))
    assert caught.value.code == "DATA_NONFINITE" and "impute=auto" in caught.value.hint
    with pytest.raises(DataError, match="dataset.constant is 'none', which cannot stand for a missing number"):
        columns.fit(own, own.names, np.arange(5), Plan("constant", constant="none"))


@given(st.lists(st.floats(-1e5, 1e5, width=32), min_size=4, max_size=50))
def test_smooth_scaling_is_the_formula_and_comes_back(values: list[float]) -> None:
    x = np.array(values)[:, None]
    scaling = fit(x, "smooth")
    first, middle, third = np.quantile(x, (0.25, 0.5, 0.75))
    width = third - first or (x.max() - x.min()) / 2 or 1.0
    z = (x - middle) / width
    found = scaling.apply(x)
    np.testing.assert_allclose(found, z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-5, atol=1e-6)
    assert np.abs(found).max() <= 3
    near = np.abs(z) < 30
    np.testing.assert_allclose(scaling.undo(found)[near] / width, x[near] / width, rtol=1e-3, atol=1e-3)
    assert np.isfinite(scaling.undo(found)).all() and np.isfinite(Scaling(*scaling[:2], 1).undo(found * 2)).all()


STORED = (
    Column("a", 0.1, (), True, "piecewise", knots=(0.1, 0.2, 1 / 3)),
    Column("b", "u", ("u", "v"), rest=True),
    Column("c", 19_000.5, ("days", "month"), way="date", knots=(1.5,)),
    Column("d", None, (), way="quantile", knots=(0.1, 0.7, 3.0), levels=(-1.0, 0.1, 2.0)),
    Column("e", "", ("x",), way="token"),
)


@pytest.mark.parametrize("column", STORED)
def test_a_column_comes_back_from_a_file_to_the_last_bit(column: Column) -> None:
    import json

    assert columns.read(json.loads(json.dumps(columns.plain(column)))) == column


@pytest.mark.parametrize(
    ("column", "broken"),
    [
        (STORED[0], {"knots": ["0x1p+1", "0x1p+0"]}),
        (STORED[0], {"way": "magic"}),
        (STORED[0], {"knots": ["inf", "nan"]}),
        (STORED[0], {"fill": {"text": "u"}}),
        (STORED[2], {"categories": ["century"]}),
        (STORED[3], {"levels": []}),
        (STORED[4], {"fill": {"number": "0x1p+0"}}),
    ],
)
def test_a_column_that_no_page_can_make_features_of_is_refused(column: Column, broken: dict) -> None:
    with pytest.raises(ValueError, match="column"):
        columns.read(columns.plain(column) | broken)


def test_a_column_of_an_older_file_is_read() -> None:
    old = {"name": "sex", "fill": {"text": ""}, "categories": ["f", "m"], "marked": True}
    assert columns.read(old) == Column("sex", "", ("f", "m"), True)
    assert categories.names(columns.read(old)) == ["sex=f", "sex=m"]
