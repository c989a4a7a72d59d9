"""The long table: which rows are seen, which columns fit, and that nothing of it can harm a terminal."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import mlcore
from mlcore import shelf
from tests.tui.scenes import HOSTILE, TIERS
from tui.frame import Frame
from tui.screens import glances
from tui.terminal import Terminal
from tui.text import figure
from tui.widgets.ledger import Column, Ledger, Line, layout
from tui.widgets.overlay import Overlay


def filled(count: int, terminal: Terminal | None = None) -> Ledger:
    ledger = Ledger(glances.COLUMNS, "nothing", terminal or Terminal())
    ledger.lines = tuple(Line(str(i), tuple(f"{i} {column.title}" for column in glances.COLUMNS)) for i in range(count))
    return ledger


def test_the_cursor_is_always_in_sight_and_drawing_costs_what_is_seen() -> None:
    ledger = filled(10_000)
    for cursor in (0, 5000, 9999, 3):
        ledger.cursor = cursor
        text = [strip.text for strip in ledger.draw(Frame(), 100, 20)]
        assert len(text) == 20 and all(len(line) == 100 for line in text)
        assert any(f" {cursor} name" in line for line in text[1:])
    began = time.process_time()
    for _ in range(20):
        ledger.draw(Frame(), 200, 60)
    assert time.process_time() - began < 2.0  # of 20 drawings; those of 10,000 rows would take a minute


def test_columns_give_way_from_the_least_wanted_and_the_name_never_does() -> None:
    columns = (Column("a", 10), Column("b"), Column("c", 10, rank=1), Column("d", 10, rank=2))
    assert [place for place, _ in layout(columns, 100)] == [0, 1, 2, 3]
    assert [place for place, _ in layout(columns, 40)] == [0, 1, 2]
    assert [place for place, _ in layout(columns, 12)] == [0, 1]
    assert sum(width + 2 for _, width in layout(columns, 100)) == 100


def test_a_run_that_learned_numbers_shows_its_r2_where_others_show_their_accuracy(tmp_path: Path) -> None:
    ledger = Ledger(glances.COLUMNS, "nothing", Terminal())
    for name in ("journey/sine", "series"):
        mlcore.fit(mlcore.load_recipe(name).with_settings({"epochs": 3}), tmp_path)
    found = shelf.look(tmp_path)
    ledger.put([glances.line(each) for each in found])
    text = [strip.text for strip in ledger.draw(Frame(), 80, 4)]
    for row, each in zip(text[1:], found, strict=False):
        assert f"R2 {figure(each.status.metrics['test_r2'])} " in row


@pytest.mark.parametrize("terminal", TIERS, ids=str)
def test_a_hostile_run_is_a_row_like_any_other(terminal: Terminal) -> None:
    ledger = filled(3, terminal)
    ledger.lines = (*ledger.lines, Line("x", tuple(HOSTILE for _ in glances.COLUMNS), "!"))
    ledger.chosen, ledger.sorted_by = {"1"}, 0
    for width, height in ((80, 24), (20, 3), (1, 1), (200, 6)):
        for strip in ledger.draw(Frame(), width, height):
            assert strip.cell_length == width and "\x1b" not in strip.text and "\n" not in strip.text
            assert all(segment.style is not None for segment in strip)
            assert terminal.glyphs != "ascii" or strip.text.translate({ord("日"): "", ord("本"): ""}).isascii()


@pytest.mark.parametrize("terminal", TIERS, ids=str)
@pytest.mark.parametrize("count", [2, 8])
def test_runs_beside_each_other_fit_every_terminal(terminal: Terminal, count: int) -> None:
    import numpy as np

    from mlcore.worker.protocol import Band, Compared

    x = np.arange(1.0, 40)
    bands = tuple(
        Band(x, 22 * x, x / 100, np.exp(-x / 9) + i / 10, *(np.exp(-x / 9) + i / 10 + d for d in (-0.1, 0.1)))
        for i in range(count)
    )
    names = tuple(f"{HOSTILE}{i}" for i in range(count))
    rows = (("optimizer.learning_rate", *(["0.1"] * count)), *((f"row {i}", *(["1"] * count)) for i in range(30)))
    view = Overlay(terminal)
    assert "reading" in "".join(strip.text for strip in view.draw(Frame(), 80, 10))
    view.found = Compared(names=names, what="loss", whats=("loss",), curve="validation_loss", bands=bands, rows=rows,
                          verdicts=(HOSTILE * 5,), parted=("a and b part",))  # fmt: skip
    for view.axis in ("epoch", "seconds"):
        for width, height in ((80, 22), (200, 58), (40, 12), (9, 2)):
            drawn = view.draw(Frame(), width, height)
            assert [strip.cell_length for strip in drawn] == [width] * height
            assert not any("\x1b" in strip.text for strip in drawn)
            assert terminal.glyphs != "ascii" or all(
                strip.text.translate({ord("日"): "", ord("本"): ""}).isascii() for strip in drawn
            )
    text = "".join(strip.text for strip in view.draw(Frame(), 80, 22))
    assert all(str(i + 1) in text for i in range(count)), "a digit for each, whatever the colours"
    assert view.summary().startswith("validation loss: ")
