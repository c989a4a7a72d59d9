"""Values at the ends of what can be counted: dates that mean never, numbers below any, columns without a name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlcore.datasets.own import Own
from mlcore.datasets.preparing.kinds import values_of
from mlcore.errors import DataError
from mlcore.tables.table import Table

DAYS = {"0001-01-01": -719162, "1500-06-01": -171513, "2024-01-01": 19723, "9999-12-31": 2932896}


def test_dates_that_nanoseconds_do_not_reach_are_days_like_others() -> None:
    texts = Table.of(pd.DataFrame({"d": pd.Series(list(DAYS), dtype="str")}))
    assert values_of(texts, "d", "date").tolist() == list(DAYS.values())
    moments = pd.Series(np.array(list(DAYS), "datetime64[us]"))
    assert values_of(Table.of(pd.DataFrame({"d": moments})), "d", "date").tolist() == list(DAYS.values())


@pytest.mark.parametrize("scale", ["smooth", "robust", "standard", "minmax"])
def test_a_column_that_hardly_changes_keeps_its_size(tmp_path, scale) -> None:
    rows = "".join(f"{('1e-320', '3e-310')[n % 2]},{n},{'xy'[n % 3 > 0]}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("tiny,a,y\n" + rows)
    assert np.isfinite(Own(path=str(tmp_path / "t.csv"), scale=scale).load().train.x).all()


def test_small_floats_make_groups() -> None:
    frame = Table.of(pd.DataFrame({"q": np.arange(4).astype(np.float16), "a": range(4)})).frame
    assert len(frame.groupby("q").sum()) == 4


def test_a_column_without_a_name_is_refused_as_in_a_text() -> None:
    with pytest.raises(DataError, match="no name for column 1") as caught:
        Table.of(pd.DataFrame([[1, 2]], columns=["a", ""]))
    assert caught.value.code == "DATA_SCHEMA"


@pytest.mark.parametrize(
    ("targets", "said", "hint"),
    [
        (["", "1", "2", "5.5"], "is missing in 15 rows", "--set dataset.impute=drop"),
        (["inf", "1", "2", "5.5"], "is not finite in 15 rows", "correct such rows"),
        ([""], "is missing in 60 rows", "name another"),
    ],
)
def test_a_target_that_is_not_there_is_told_from_one_without_end(tmp_path, targets, said, hint) -> None:
    rows = "".join(f"{n},{targets[n % len(targets)]}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("a,y\n" + rows)
    with pytest.raises(DataError, match=said) as caught:
        Own(path=str(tmp_path / "t.csv"), target="y").load()
    assert hint in caught.value.hint
    if "drop" in hint:
        assert Own(path=str(tmp_path / "t.csv"), target="y", impute="drop").load()


def test_a_date_that_cannot_be_is_no_date_of_any_form(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("d,y\n" + "".join(f"2024-02-30,{n % 2}\n" for n in range(60)))
    with pytest.raises(DataError, match="expected a date") as caught:
        Own(path=str(tmp_path / "t.csv")).load()
    assert caught.value.hint == 'correct it, or say what it is: --set \'dataset.kinds={"d" = "category"}\''
    assert Own(path=str(tmp_path / "t.csv"), kinds={"d": "category"}).load()


def test_a_constant_that_is_no_number_is_not_said_to_be_missed_where_nothing_is(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{n},{n % 2}\n" for n in range(60)))
    with pytest.raises(DataError, match="'x', which cannot stand for a missing number"):
        Own(path=str(tmp_path / "t.csv"), impute="constant", constant="x").load()
