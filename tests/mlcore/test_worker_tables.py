"""A worker keeps the table that is looked at, does its steps, and says what is wrong without losing it."""

from __future__ import annotations

import os
import string
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.errors import ConfigError, DataError, MljError, StorageError
from mlcore.tables import facts, shown
from mlcore.worker import picturing, protocol
from mlcore.worker.errands import Errand
from mlcore.worker.protocol import (
    DescribeColumn,
    DrawView,
    OpenTable,
    ReadRows,
    Tabled,
    TableQuestion,
    WriteSteps,
)
from mlcore.worker.tabling import Tables
from tests.mlcore.watching import Watcher

BY = {"kind": "group", "by": ("Region",), "agg": ("sum:Sales",)}


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """Twelve rows of four columns; two prices are missing."""
    path = tmp_path / "sales.csv"
    rows = [f"2024-{n % 12 + 1:02}-01,{'NSE'[n % 3]},{'' if n in (3, 7) else n + 0.5},{n * 10}" for n in range(12)]
    path.write_text("\n".join(["Date,Region,Price,Sales", *rows]) + "\n", encoding="utf-8")
    return path


def ask(tables: Tables, question: TableQuestion) -> Any:
    """The answer, whether at once or as an errand."""
    try:
        return tables.answer(question)
    except Errand as errand:
        return errand.work()


def tried(tables: Tables, question: TableQuestion) -> Any:
    """The answer, or what the table lacks for it."""
    try:
        return ask(tables, question)
    except DataError as error:
        return error


def of(path: Path, *steps: dict[str, Any]) -> Tabled:
    return Tabled(path=str(path), steps=steps)


def test_a_lab_answers_about_a_table_and_says_what_is_wrong_with_it(lab: Watcher, sales: Path) -> None:
    table = of(sales)
    head = lab.client.ask(OpenTable(of=table)).value
    assert (head.rows, head.of, head.names) == (12, 12, ("Date", "Region", "Price", "Sales"))
    rows = lab.client.ask(ReadRows(of=table, first=2, rows=3, left=1, columns=2)).value
    assert rows.cells == (("E", "2.5"), ("N", None), ("S", "4.5")) and rows.numbers.tolist() == [2, 3, 4]
    found = lab.client.ask(DescribeColumn(of=table, column="Price")).value
    assert (found.missing, found.distinct, found.counts.sum()) == (2, 10, 10)
    with pytest.raises(MljError, match="there is no column 'Sale'"):
        lab.client.ask(OpenTable(of=of(sales, {"kind": "filter", "where": "Sale > 1"})))
    view = lab.client.ask(DrawView(of=of(sales, BY), view="bars")).value
    assert [row[0] for row in view.rows] == ["E", "N", "S"] and view.bars.max() == 1
    text = lab.client.ask(WriteSteps(of=of(sales, BY), target="Sales")).value
    assert "[[dataset.steps]]" in text.toml and "groupby" in text.script
    lab.start()  # what is learned meanwhile does not mind
    assert lab.client.ask(OpenTable(of=table)).value.rows == 12


def test_rows_that_are_there_are_answered_at_once_and_all_else_is_an_errand(sales: Path) -> None:
    tables, table = Tables(), of(sales)
    with pytest.raises(Errand):
        tables.answer(ReadRows(of=table))
    ask(tables, OpenTable(of=table))
    assert len(tables.answer(ReadRows(of=table)).cells) == 12
    with pytest.raises(Errand):
        tables.answer(ReadRows(of=of(sales, BY)))
    for question in (OpenTable(of=table), DescribeColumn(of=table, column="Price"), DrawView(of=table, view="corr")):
        with pytest.raises(Errand):
            tables.answer(question)


def test_a_file_that_disappears_leaves_the_table_and_one_that_changes_is_read_again(sales: Path) -> None:
    tables, table = Tables(), of(sales)
    ask(tables, OpenTable(of=table))
    text = sales.read_text(encoding="utf-8")
    sales.unlink()
    few = {"kind": "filter", "where": "Sales >= 100"}
    assert ask(tables, OpenTable(of=of(sales, few))).rows == 2
    with pytest.raises(StorageError, match="cannot be read: No such file"):
        ask(tables, OpenTable(of=table, again=True))
    assert ask(tables, OpenTable(of=table)).rows == 12
    sales.write_text(text + "2025-01-01,N,1,200\n", encoding="utf-8")
    assert ask(tables, OpenTable(of=table)).rows == 12  # nobody asked to read it again
    assert ask(tables, OpenTable(of=of(sales, few), again=True)).rows == 3


def test_a_step_that_cannot_be_leaves_the_ones_before_it(sales: Path) -> None:
    tables = Tables()
    few = {"kind": "filter", "where": "Sales >= 50"}
    assert ask(tables, OpenTable(of=of(sales, few))).rows == 7
    bad = [
        ({"kind": "filter", "where": "Sales >"}, ConfigError),
        ({"kind": "filter", "where": "__import__('os')"}, ConfigError),
        ({"kind": "sort", "by": ("Nowhere",)}, DataError),
        ({"kind": "group", "by": ("Region",), "agg": ("sum:Region",)}, DataError),
        ({"kind": "fly"}, ConfigError),
        ({"kind": "sort", "by": ("Sales",), "far": True}, ConfigError),
        ({"kind": "top", "by": "Region", "value": "Sales", "n": 0}, ConfigError),
    ]
    for step, kind in bad:
        with pytest.raises(kind) as error:
            ask(tables, OpenTable(of=of(sales, few, step)))
        assert str(error.value) and "\n" not in str(error.value)
    assert len(tables.answer(ReadRows(of=of(sales, few))).cells) == 7


def test_rows_keep_their_numbers_through_steps_and_an_empty_table_is_a_table(sales: Path) -> None:
    tables = Tables()
    down = of(sales, {"kind": "filter", "where": "Region == 'N'"}, {"kind": "sort", "by": ("-Sales",)})
    ask(tables, OpenTable(of=down))
    assert tables.answer(ReadRows(of=down)).numbers.tolist() == [9, 6, 3, 0]
    none = of(sales, {"kind": "filter", "where": "Sales > 1e9"})
    head = ask(tables, OpenTable(of=none))
    assert head.rows == 0 and len(head.names) == 4
    assert tables.answer(ReadRows(of=none)).cells == ()
    assert ask(tables, DescribeColumn(of=none, column="Price")).distinct == 0
    for view in picturing.VIEWS:
        found = tried(tables, DrawView(of=none, view=view, column="Price", target="Sales"))
        assert isinstance(found, DataError) or found.name == view


def test_every_view_has_a_title_and_a_line_and_says_what_it_lacks(sales: Path) -> None:
    tables = Tables()
    for view in picturing.VIEWS:
        for turn in range(3):
            question = DrawView(of=of(sales), view=view, column="Sales", target="Region", turn=turn)
            found = tried(tables, question)
            if isinstance(found, DataError):
                assert view == "told" and str(found)
                continue
            assert found.title and found.line
            assert found.bars is None or (len(found.bars) == len(found.rows) and np.abs(found.bars).max() <= 1)
            assert (found.points is not None) == (view == "pca" and turn == 0)
            assert found.matrix is None or found.matrix.shape == (len(found.labels),) * 2
    with pytest.raises(MljError, match="there is no view"):
        ask(tables, DrawView(of=of(sales), view="x\x1b"))
    with pytest.raises(MljError, match="there is no column"):
        ask(tables, DescribeColumn(of=of(sales), column="x\x1b"))


def test_rows_are_points_of_the_main_components_told_apart_by_what_is_to_be_learned(sales: Path) -> None:
    tables = Tables()
    asked = [DrawView(of=of(sales), view="pca", target="Region", turn=turn) for turn in range(4)]
    plane, variances, loadings, again = (ask(tables, each) for each in asked)
    assert variances.header[0] == "component" and loadings.header[0] == "column" and again.title == plane.title
    points = plane.points
    assert plane.sentence == "two components hold all of the variance; 10 rows, 2 with a missing number left out"
    assert plane.line == variances.line and len(points.shares) == len(variances.rows)
    assert (points.x.dtype, points.y.dtype, points.kinds.dtype) == (np.float32, np.float32, np.uint8)
    assert [points.names[kind] for kind in points.kinds] == [*"NSESENENSE"]
    regions = [ask(tables, ReadRows(of=of(sales), first=place, rows=1)).cells[0] for place in points.places.tolist()]
    assert [cells[1] for cells in regions] == [*"NSESENENSE"]
    plain = ask(tables, DrawView(of=of(sales), view="pca")).points
    assert plain.names == () and set(plain.kinds.tolist()) == {0} and plain.x.tolist() == points.x.tolist()
    numbers = ask(tables, DrawView(of=of(sales), view="pca", target="Sales"))
    assert numbers.sentence.startswith("one column of numbers") and not numbers.points.y.any()
    assert len(numbers.points.names) == 10 and len(numbers.points.shares) == 1


def test_of_many_rows_some_are_points_evenly_taken(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rows = [f"{n},{n * n % 97},{n % 7},{n * 10}" for n in range(4500)]
    path.write_text("\n".join(["a,b,d,c", *rows]) + "\n", encoding="utf-8")
    found = ask(Tables(), DrawView(of=of(path), view="pca", target="c"))
    held = 100 * found.points.shares[:2].sum()
    assert found.sentence == f"the first two hold {held:.1f} % of the variance; 1,500 of 4,500 rows"
    assert len(found.points.shares) == 3 and len(found.points.x) == 1500
    assert found.points.places.tolist() == list(range(0, 4500, 3))
    assert found.points.names[1] == "from 8,998" and np.bincount(found.points.kinds).tolist() == [300] * 5


def test_cells_and_words_are_harmless_and_names_stay_what_a_column_is_asked_for_by(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('na\x1b[31mme,n\n"\x1b]52;c;x\x07",1\n\u202eabc,2\n', encoding="utf-8")
    tables = Tables()
    head = ask(tables, OpenTable(of=of(path)))
    name = head.names[0]
    cells = tables.answer(ReadRows(of=of(path))).cells
    found = ask(tables, DescribeColumn(of=of(path), column=name))
    views = [ask(tables, DrawView(of=of(path), view=view, column=name)) for view in ("describe", "missing", "balance")]
    said = [*(cell for row in cells for cell in row), *(text for text, _ in found.often), found.line]
    said += [text for view in views for row in (view.header, *view.rows) for text in row]
    assert all(text.isprintable() for text in said)


def test_a_table_of_ten_thousand_columns_is_shown_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = ",".join(f"c{n}" for n in range(10_000))
    path.write_text(names + "\n" + "\n".join(",".join(["1"] * 10_000) for _ in range(3)) + "\n", encoding="utf-8")
    tables = Tables()
    assert len(ask(tables, OpenTable(of=of(path))).names) == 10_000
    rows = tables.answer(ReadRows(of=of(path), left=9_990))
    assert rows.cells == (("1",) * 10,) * 3
    assert ask(tables, DrawView(of=of(path), view="corr")).matrix.shape == (200, 200)


def test_one_table_is_in_memory_and_few_frames_behind_it(sales: Path, tmp_path: Path) -> None:
    tables = Tables()
    for least in range(20):
        ask(tables, OpenTable(of=of(sales, {"kind": "filter", "where": f"Sales >= {least}"})))
    assert len(tables._frames) <= 8
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    ask(tables, OpenTable(of=of(other)))
    assert len(tables._frames) == 1


@pytest.mark.parametrize("what", ["missing", "folder", "fifo", "empty", "binary"])
def test_what_is_no_table_is_said_in_one_sentence(what: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    if what == "folder":
        path.mkdir()
    elif what == "fifo":
        os.mkfifo(path)
    elif what != "missing":
        path.write_bytes(b"" if what == "empty" else b"a,b\n1,\x00\n")
    with pytest.raises(MljError) as error:
        ask(Tables(), OpenTable(of=of(path)))
    assert "\n" not in str(error.value) and str(path) in str(error.value)


# cells and facts ----------------------------------------------------------------------------------------------------

LARGE = 1e300  # beyond which five digits may be more than the largest number
WHOLE = st.integers(-(10**6), 10**6).map(float)
NUMBERS = st.one_of(st.floats(-LARGE, LARGE), st.sampled_from((np.nan, np.inf, -np.inf)), WHOLE)


@given(st.lists(NUMBERS, max_size=30))
def test_numbers_of_a_column_are_written_alike_and_near_what_they_are(values: list[float]) -> None:
    column = pd.Series(values, dtype=float)
    written = shown.texts(column)
    for value, text in zip(values, written, strict=True):
        if value != value:
            assert text is None
        else:
            assert text is not None and float(text) == pytest.approx(value, rel=1e-4, abs=1e-4)
    plain = [text for text in written if text and "e" not in text and "inf" not in text]
    assert len({len(text.partition(".")[2]) for text in plain}) <= 1


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(alphabet=string.printable + "\x1b\u202eß日", max_size=6)), max_size=40))
def test_facts_of_texts_are_those_of_a_count_by_hand(values: list[str | None]) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype="str")})
    found = facts.facts(frame, "x")
    there = [value for value in values if value is not None]
    assert (found.rows, found.missing) == (len(values), len(values) - len(there))
    assert found.distinct == len(set(there))
    assert sorted(often for _, often in found.often) == sorted(there.count(value) for value in set(there))
    assert all(text.isprintable() for text, _ in found.often)


@given(st.lists(NUMBERS, min_size=1, max_size=60))
def test_a_histogram_counts_every_finite_value_once(values: list[float]) -> None:
    finite = [value for value in values if np.isfinite(value)]
    found = facts.facts(pd.DataFrame({"x": values}, dtype=float), "x")
    assert (0 if found.counts is None else found.counts.sum()) == len(finite)
    told = dict(found.told)
    if finite and max(map(abs, finite)) < 1e100:
        assert float(told["median"]) == pytest.approx(np.median(finite), rel=1e-4, abs=1e-4)


def test_every_answer_crosses_the_wire(sales: Path) -> None:
    tables, table = Tables(), of(sales)
    for question in (
        OpenTable(of=table),
        ReadRows(of=table),
        DescribeColumn(of=table, column="Price"),
        DrawView(of=table, view="corr"),
        WriteSteps(of=table),
    ):
        reply = protocol.Reply(id=1, value=ask(tables, question))
        (back,) = protocol.Inbox(protocol.MESSAGES).feed(protocol.packet([reply]))
        assert type(back.value) is type(reply.value) and protocol.packet([back]) == protocol.packet([reply])
        (asked,) = protocol.Inbox(protocol.COMMANDS).feed(protocol.packet([question]))
        assert asked == question
