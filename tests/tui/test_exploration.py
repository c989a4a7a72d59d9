"""What the Data screen shows of a table, without the screen: steps that are typed, words for them, cells and panels."""

from __future__ import annotations

import itertools
import re

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.worker.protocol import ColumnFacts, TableHead, TablePoints, TableRows, TableView
from tests.tui.scenes import HOSTILE, TIERS
from tui import exploration
from tui.cells import COLUMNS, ROWS
from tui.exploration import VIEWS, Exploration, group, quoted, top, words
from tui.frame import Frame
from tui.terminal import Terminal
from tui.widgets import charted, pointed
from tui.widgets.crumbs import CrumbLine, Title
from tui.widgets.grid import Grid
from tui.widgets.panel import Panel

SIZES = ((1, 1), (7, 3), (20, 2), (31, 6), (78, 9), (78, 17), (44, 30), (118, 40))
NAMES = ("Date", "Product", HOSTILE, "Net Sales")
KINDS = ("date", "text", "truth", "number")


def head(rows: int = 5000, names: tuple[str, ...] = NAMES, kinds: tuple[str, ...] = KINDS) -> TableHead:
    return TableHead(where="x.csv", of=5000, rows=rows, names=names, kinds=kinds)


def block(first: int, left: int, names: tuple[str, ...] = NAMES, rows: int = 5000) -> TableRows:
    """Cells that say where they are; every seventh is missing."""
    high, wide = min(ROWS, rows - first), min(COLUMNS, len(names) - left)
    cells = tuple(
        tuple(None if (row + column) % 7 == 3 else f"{row},{column}" for column in range(left, left + wide))
        for row in range(first, first + high)
    )
    return TableRows(first=first, left=left, numbers=np.arange(first, first + high, dtype=np.int64), cells=cells)


FACTS = ColumnFacts(
    name=HOSTILE, kind="number", rows=5000, missing=12, distinct=40, counts=np.arange(40), low="-1e+300", high="7",
    facts=(("mean", "1.5"), ("std", "2")), often=(("日本" * 30, 9), ("b", 1)), line="df['x'].describe()",
)  # fmt: skip
BARS = TableView(
    name="bars", title=HOSTILE, sentence="s " * 60, header=("a", "b", "c"), line="df.plot()\ndf.show()",
    rows=tuple((f"name {n}" * 9, f"{n}", HOSTILE) for n in range(50)), bars=np.linspace(-1, 1, 50),
)  # fmt: skip
MATRIX = TableView(
    name="corr", title="correlation", sentence="strong", matrix=np.full((30, 30), np.nan), labels=(HOSTILE,) * 30
)  # fmt: skip
PLANE = TablePoints(
    x=np.linspace(-3, 3, 60, dtype=np.float32), y=np.linspace(1, -1, 60, dtype=np.float32) ** 2,
    places=np.arange(0, 120, 2), kinds=np.arange(60, dtype=np.uint8) % 20, shares=np.array([0.6, 0.25, 0.15]),
    names=(HOSTILE, "日本" * 30, *(f"kind {n}" for n in range(18))),
)  # fmt: skip
POINTS = TableView(name="pca", title=HOSTILE, sentence="s " * 60, points=PLANE)
LINE = TableView(
    name="pca", title="PCA", sentence="one",
    points=TablePoints(x=PLANE.x, y=PLANE.y * 0, places=PLANE.places, kinds=PLANE.kinds * 0, shares=np.array([1.0])),
)  # fmt: skip
ROW = TableRows(first=4, left=0, numbers=np.array([17]), cells=(("2024-01-03", None, "日本" * 30, "-1e+300"),))
BEGUN = Exploration(path=f"/data/{HOSTILE}.csv", head=head(), column=NAMES[2], target="Net Sales")
SCENES = {
    "nothing": Exploration(path="/data/x.csv"),
    "asked": BEGUN,
    "facts": BEGUN._replace(facts=FACTS, steps=({"kind": "filter", "where": HOSTILE}, {"kind": "odd"}) * 5),
    "bars": BEGUN._replace(view="bars", chart=BARS, top=(99, 99)),
    "plain": BEGUN._replace(view="missing", chart=TableView(name="x", title="none", sentence="")),
    "matrix": BEGUN._replace(view="corr", chart=MATRIX, top=(7, 7)),
    "points": BEGUN._replace(view="pca", chart=POINTS, top=(9, 9)),
    "line": BEGUN._replace(view="pca", chart=LINE),
    "asking": BEGUN._replace(view="pca", chart=POINTS, place=4),
    "pointed": BEGUN._replace(view="pca", chart=POINTS, place=4, cells=ROW),
    "wrong": BEGUN._replace(view="season", message=HOSTILE),
}


def exact(strips: list, width: int, height: int) -> str:
    assert len(strips) == height
    for strip in strips:
        assert sum(segment.cell_length for segment in strip) == width == strip.cell_length
        assert all(segment.style is not None and segment.text.isprintable() for segment in strip)
    return "\n".join(strip.text.rstrip() for strip in strips)


@pytest.mark.parametrize("name", SCENES)
def test_panel_and_lines_fill_their_cells_exactly_on_every_terminal(name: str) -> None:
    scene = SCENES[name]
    for terminal, (width, height) in itertools.product(TIERS, SIZES):
        panel, title, crumbs = Panel(terminal), Title(terminal), CrumbLine(terminal)
        panel.exploration = title.exploration = crumbs.exploration = scene
        exact(panel.draw(Frame(), width, height), width, height)
        exact(title.draw(Frame(), width, 1), width, 1)
        exact(crumbs.draw(Frame(), width, 1), width, 1)
        assert panel.summary(Frame())


def test_points_have_a_legend_an_axis_and_a_sign_for_each_kind() -> None:
    names = ("Adelie", "Gentoo", "x")
    many = msgspec.structs.replace(PLANE, kinds=PLANE.kinds % 3, names=names)
    view = TableView(name="pca", title="PCA", sentence="two hold most", points=many)
    for terminal in TIERS:
        lines = exact(charted.points(view, 60, 20, terminal), 60, 20).split("\n")
        assert terminal.glyphs != "ascii" or "".join(lines).isascii()
        assert lines[0] == " two hold most" and lines[-2].startswith(" across: 1st component, 60.0 %   up: 2nd, 25.0 %")
        assert lines[-1] == " o Adelie  x Gentoo  + x"
        assert sorted("".join(lines[1:-2]).replace(" ", "")) == sorted("ox+"[kind] for kind in many.kinds)
        named = exact(charted.points(POINTS, 60, 20, terminal), 60, 20)
        assert "kind 3" in named and "kind 17" not in named
        assert "kind 17" in exact(charted.points(POINTS, 200, 40, terminal), 200, 40)
        flat = exact(charted.points(LINE, 60, 20, terminal), 60, 20).split("\n")
        assert flat[-2:] == [
            f"{' across: 1st component, 100 %':<41}tab, arrows: a row",
            " t on a column: a sign for each of its values",
        ]
        assert sum("o" * 9 in line for line in flat[:-2]) == 1


@pytest.mark.parametrize("rows", [0, 1, 5000])
def test_a_grid_fills_its_cells_exactly_and_asks_for_what_it_lacks(rows: int) -> None:
    for terminal, (width, height) in itertools.product(TIERS, SIZES):
        grid = Grid(terminal)
        exact(grid.draw(Frame(), width, height), width, height)
        grid.head, grid.sorted_by, grid.target = head(rows), {"Product": True}, "Net Sales"
        grid.row, grid.column = max(0, rows - 1), 3
        exact(grid.draw(Frame(), width, height), width, height)
        for _ in range(5):
            asked = grid.missing()
            if asked is None:
                break
            assert asked[0] % ROWS == 0 and asked[0] < max(rows, 1) and asked[1] == 0
            grid.take(block(*asked, rows=rows))
        assert grid.missing() is None
        drawn = exact(grid.draw(Frame(), width, height), width, height)
        assert rows != 5000 or height < 6 or width < 70 or f"{rows - 1},3" in drawn or (rows + 2) % 7 == 3


def test_a_grid_shows_the_cells_under_its_cursor_wherever_that_is() -> None:
    names = tuple(f"c{n}" for n in range(10_000))
    grid = Grid(Terminal())
    grid.head = head(names=names, kinds=("number",) * 10_000)
    for row, column in ((0, 0), (4999, 9999), (2500, 5000), (2499, 4990), (10, 3)):
        grid.to(row, column)
        for _ in range(9):
            grid.draw(Frame(), 78, 17)
            asked = grid.missing()
            if asked is not None:
                grid.take(block(*asked, names))
        drawn = exact(grid.draw(Frame(), 78, 17), 78, 17)
        assert f"c{column}" in drawn and (f"{row},{column}" in drawn or (row + column) % 7 == 3)
    assert len(grid.cells.blocks) <= 48


def test_typed_groups_and_top_lists_are_steps() -> None:
    assert group("Product, `Net Sales`: sum Net Sales, count", NAMES) == {
        "kind": "group", "by": ("Product", "Net Sales"), "agg": ("sum:Net Sales", "count"),
    }  # fmt: skip
    assert group("`Net Sales`:mean `Net Sales`", NAMES)["agg"] == ("mean:Net Sales",)
    assert top("5 Product by `Net Sales`", NAMES) == {"kind": "top", "by": "Product", "value": "Net Sales", "n": 5}
    for text, said in (
        ("Product", "a colon"),
        ("Product: add Sales", "one of sum"),
        ("Prod: sum Product", "did you mean Product"),
        ("Product:", "nothing: one of"),
        ("Product: sum", "and a column"),
    ):
        with pytest.raises(ValueError, match=said):
            group(text, NAMES)
    for text in ("Product by Date", "0 Product by Date", "5 Product", "5 Nowhere by Date", ""):
        with pytest.raises(ValueError):
            top(text, NAMES)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_step_or_one_sentence(text: str) -> None:
    for read in (group, top):
        try:
            assert read(text, NAMES)["kind"] in ("group", "top")
        except ValueError as error:
            assert str(error)  # noqa: PT017


@given(st.lists(st.text(st.characters(exclude_characters="`"), min_size=1, max_size=8), min_size=1, unique=True))
def test_a_name_that_is_quoted_is_read_back(names: list[str]) -> None:
    names = [name.strip() for name in names]
    for name in filter(None, names):
        assert group(f"{quoted(name)}: count", names)["by"] == (name,)


def test_sorting_goes_up_then_down_then_away() -> None:
    now = BEGUN._replace(column="Product", steps=({"kind": "filter", "where": "x"},))
    up = now._replace(steps=now.with_sort())
    down = up._replace(steps=up.with_sort())
    assert (up.sorted_by(), down.sorted_by()) == ({"Product": False}, {"Product": True})
    assert down.with_sort() == now.steps
    other = down._replace(column="Date")
    assert [words(step) for step in other.with_sort()] == ["x", "by Product down", "by Date"]


def test_steps_are_told_in_few_words_and_views_come_in_turns() -> None:
    steps = (
        ({"kind": "group", "by": ("a", "b"), "agg": ("sum:c", "count")}, "per a, b: sum c, count"),
        ({"kind": "top", "by": "a", "value": "b", "n": 3}, "top 3 a by b"),
        ({"kind": "fill", "column": "a", "how": "value", "value": 7}, "a filled: 7"),
        ({"kind": "fill", "column": "a", "how": "mean"}, "a filled: mean"),
        ({"kind": "drop_missing", "columns": ("a",)}, "none missing in a"),
        ({"kind": "keep", "columns": ("a", "b")}, "2 columns"),
    )
    assert [words(step) for step, _ in steps] == [said for _, said in steps]
    corr = BEGUN.seen("corr")
    assert (corr.view, corr.turn, corr.seen("corr").turn, corr.seen("pca").turn) == ("corr", 0, 1, 0)
    assert set(exploration.TABS) == set(VIEWS)
    drawn = BEGUN._replace(view="corr", chart=MATRIX)
    assert drawn.on("Date").chart is MATRIX and drawn._replace(view="bars").on("Date").chart is None
    assert drawn._replace(view="told").on("Date").chart is MATRIX
    assert drawn._replace(view="told", target="").on("Date").chart is None
    assert drawn._replace(view="pca", target="").on("Date").chart is MATRIX


def test_the_row_of_a_point_is_shown_by_the_names_of_its_columns_beside_or_below_it() -> None:
    scene = SCENES["pointed"]._replace(target="Net Sales")
    for terminal in TIERS:
        none = "·" if terminal.glyphs != "ascii" else "-"
        for width, height in ((78, 8), (50, 24)):
            drawn = exact(pointed.plane(scene, width, height, terminal), width, height)
            assert "[+]" in drawn and " row 17" in drawn
            assert re.search(r" Date +2024-01-03", drawn) and re.search(r"Net Sales \* +-1e\+300", drawn)
            assert re.search(rf"Product +{re.escape(none)}", drawn) and re.search(
                "across: 1st.*, 60.0 %   up: 2nd, 25.0 %", drawn
            )
            assert pointed.end(scene, width, height) == 0
    few = exact(pointed.plane(scene._replace(top=(2, 0)), 78, 3, TIERS[0]), 78, 3)
    assert "columns 3-4 of 4" in few and "Date" not in few and pointed.end(scene, 78, 3) == 2
    assert pointed.sentence(scene).startswith("row 17: Date 2024-01-03, Product -, ")


def test_arrows_choose_the_nearest_point_and_begin_at_the_row_under_the_cursor() -> None:
    plain = SCENES["points"]
    assert plain.moved(0, 1, row=6).place == 6 and plain.moved(0, 1, row=7).place == 0  # which is no point
    assert plain.pointed(0).moved(0, 1, row=6).place == 2 and plain.pointed(0).moved(0, -1, row=6).place == 0
    assert plain.pointed(59).moved(-1, 0, row=0).place == 118
    assert plain.pointed(5).seen("pca").place is None and plain.pointed(5).pointed(None).point is None
    assert plain._replace(place=7).point is None and SCENES["asked"].moved(1, 0, row=0) == SCENES["asked"]


@pytest.mark.parametrize("name", ["bars", "matrix", "pointed"])
def test_a_view_scrolls_to_its_end_and_not_beyond(name: str) -> None:
    for terminal, (width, height) in itertools.product(TIERS, SIZES):
        panel = Panel(terminal)
        panel.exploration = SCENES[name]._replace(top=(0, 0))
        seen = panel.exploration
        ends = (
            charted.ends(seen.chart, width, height, terminal)
            if name != "pointed"
            else (pointed.end(seen, width, height), 0)
        )
        last = seen.scrolled(9999, 9999, ends)
        assert last.top == ends and last.scrolled(1, 1, ends) == last

        def drawn(of: Exploration, panel: Panel = panel, width: int = width, height: int = height) -> list:
            panel.exploration = of
            return [strip.text for strip in panel.draw(Frame(), width, height)]

        for down, across in ((1, 0), (0, 1)):
            if width > 30 and height > 6 and min(last.top[0], down) + min(last.top[1], across):
                assert drawn(last.scrolled(-down, -across, ends)) != drawn(last)  # no key that does nothing


def test_one_row_is_one_row_and_a_view_without_rows_says_so() -> None:
    one = Exploration(path="x.csv", head=head(1, ("a",), ("text",)))
    assert one.size == "1 row, 1 column" and one.part == "1 of 5,000 rows, 1 column"
    assert BEGUN.size == "5,000 rows, 4 columns" and Exploration().size == Exploration().part == ""
    none = TableView(name="bars", title="t", sentence="", header=("a", "b"))
    assert "no row is left" in exact(charted.table(none, (0, 0), 40, 6, Terminal()), 40, 6)


def test_a_correlation_of_nearly_nothing_has_no_sign() -> None:
    square = TableView(
        name="corr", title="t", sentence="", matrix=np.array([[1, -1e-9], [-1e-9, 1]]), labels=("a", "b")
    )
    drawn = exact(charted.matrix(square, (0, 0), 40, 6, Terminal()), 40, 6)
    assert "0.00" in drawn and "-0.00" not in drawn
