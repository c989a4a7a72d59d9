"""Names of tables that are long or wide: cut to cells, and what stands behind them stays."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from mlcore.worker.building import Histogram
from tui.exploration import Exploration
from tui.frame import Frame
from tui.terminal import Terminal
from tui.widgets.panel import Panel
from tui.widgets.preview import NAME, PreviewPane


def test_the_title_of_a_column_keeps_what_it_holds_whatever_its_name() -> None:
    panel = Panel(Terminal())
    panel._size = panel._size.with_width(80)  # type: ignore[attr-defined]
    name = "long_name_" * 50
    panel.exploration = Exploration(column=name, target=name)
    title = panel.title(Frame())
    assert title.endswith(": , to be learned") and cell_len(title) <= 50


def test_names_of_wide_letters_keep_the_histograms_in_line() -> None:
    pane = PreviewPane(Terminal())
    names = ("plain", "\u65e5\u672c\u8a9e" * 9, "a long name of many letters")
    drawn = [pane._histogram(Histogram(name, 0.0, 1.0, np.ones(8, np.int64)), 40).text for name in names]
    starts = {cell_len(text.partition("\u2588")[0]) for text in drawn}
    assert len(starts) == 1 and starts.pop() > NAME
