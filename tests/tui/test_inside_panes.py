"""Layers, confusion, neurons and events, by the text they draw."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.scenes import EVENTS, FRAMES, broken, circles, inside, line, projected, surface, wide
from tui.frame import Frame, Responses
from tui.terminal import Terminal
from tui.widgets.boundary import BoundaryPane
from tui.widgets.confusion import ConfusionPane, short, worst
from tui.widgets.events import EventsPane
from tui.widgets.layers import LayersPane
from tui.widgets.neurons import NeuronsPane, layout
from tui.widgets.pane import Pane

FULL, ASCII = Terminal(), Terminal("none", "ascii")


def drawn(pane: Pane, frame: Frame, width: int = 80, height: int = 12) -> list[str]:
    return [strip.text for strip in pane.draw(frame, width, height)]


@pytest.mark.parametrize("kind", [LayersPane, ConfusionPane, NeuronsPane, EventsPane])
@pytest.mark.parametrize("name", FRAMES)
def test_plain_terminals_get_ascii_alone(kind: type[Pane], name: str) -> None:
    whole = "\n".join(drawn(kind(ASCII), FRAMES[name]))
    assert whole.isascii() or name == "hostile"


def test_the_wider_the_table_of_layers_the_more_it_says() -> None:
    frame, pane = inside(circles()), LayersPane(FULL)
    narrow, full = drawn(pane, frame, 30), drawn(pane, frame, 120)
    assert "upd:w" in narrow[0] and "weights" not in narrow[0]
    assert all(head in full[0] for head in ("shape", "params", "dead", "flat", "|w|", "|g|", "gradients"))
    assert "-1.4!" in full[1] and "1/8" in full[1] and "▂▄▆███▇▄▃" in full[1] and "-3.1 " in full[2]
    assert "62%" in full[2] and "steps too long" in full[5]
    assert "and 35 more" in drawn(pane, wide(), 80, 6)[-1]
    assert "dense.1 holds numbers that are none" in pane.summary(broken())


def test_a_confusion_matrix_names_the_worst_pairs_and_what_was_found_of_each_class() -> None:
    frame, pane = projected(), ConfusionPane(FULL)
    rows = drawn(pane, frame, 60)
    assert rows[0].split() == ["setosa", "versicolor", "virginica", "found"]
    assert rows[3].split() == ["virginica", "4", "6", "30", "75.0", "%"]
    assert "worst: virginica read as versicolor (6)" in rows[5]
    assert worst(frame.confusion)[0] == ("virginica", "versicolor", 6)
    assert "100 of 113 validation rows right" in pane.summary(frame)
    assert len(drawn(pane, wide(), 60, 8)) == 8 and "of the 60 classes confused most" not in pane.summary(frame)
    assert short(["class_0", "class_1"]) == ["0", "1"] and short(["a", "ab"]) == ["a", "ab"] and short([]) == []
    assert "numbers are not confused" in "\n".join(drawn(pane, surface()))
    assert "outputs are no numbers" in "\n".join(drawn(pane, broken()))


def test_a_cell_is_the_stronger_coloured_the_larger_its_share_of_its_row() -> None:
    pane = ConfusionPane(FULL)
    shades = [pane._shade(share, right).bgcolor for right in (True, False) for share in (0.0, 0.05, 0.5, 1.0)]
    assert shades[0] is None and len(set(map(str, shades[1:4]))) == 3 and shades[3] != shades[7]
    assert ConfusionPane(ASCII)._shade(0.5, False).bgcolor is None


def test_neurons_are_drawn_as_large_as_all_of_them_fit() -> None:
    maps = tuple(Responses(f"dense.{n}", 16, np.zeros((16, 24, 24), "u1"), np.ones(16)) for n in (1, 2))
    small, large = layout(maps, 46, 8), layout(maps, 118, 40)
    assert (small.height, small.layers) == (2, 1) and (large.height, large.layers) >= (6, 2)
    assert sum((large.height + 1) * -(-16 // large.across) for _ in maps) <= 40 and (small.gap, large.gap) == (0, 1)
    frame, rows = inside(circles()), drawn(NeuronsPane(ASCII), inside(circles()), 60, 12)
    assert "dense.1  8 neurons" in rows[0] and "8 of 40 neurons" in "\n".join(rows)
    assert any(" 0 " in row for row in rows)  # the one that is dead
    assert "1 of the first 8 answer zero everywhere" in NeuronsPane(FULL).summary(frame)


def test_where_there_are_no_neurons_to_draw_the_way_out_is_said() -> None:
    pane = NeuronsPane(FULL)
    bare = circles()._replace(net=circles().net._replace(widths=(2, 1)))
    assert "+ adds a layer" in "\n".join(drawn(pane, bare))
    assert "5 shows them in numbers" in "\n".join(drawn(pane, line()))
    assert "\n".join(drawn(pane, circles())).isspace()  # they are on their way


def test_events_tell_who_changed_what_and_the_newest_are_kept() -> None:
    frame, pane = inside(circles()), EventsPane(FULL)
    rows = drawn(pane, frame, 60)
    assert "began" in rows[0] and "learning rate 0.01 -> 0.003 (you)" in rows[1] and rows[1].split()[:2] == ["◆", "12"]
    assert "★" in rows[4] and rows[3].strip() == "space left on the device"
    assert drawn(pane, frame, 60, 1)[0].strip().endswith("checkpoint written")
    assert pane.summary(frame).startswith("epoch 40: checkpoint written; epoch 41")
    assert len(frame.events) == len(EVENTS)


def test_a_surface_shows_each_row_by_its_number_over_the_answers() -> None:
    frame = surface()
    rows = "\n".join(drawn(BoundaryPane(ASCII), frame, 50, 9))
    assert {"0", "5", "9"} <= set(rows) and {".", ":", "+"} <= set(rows)
    pane = BoundaryPane(FULL)
    assert "".join(word for word, _ in pane.legend(frame)) == "-0.98 .. 0.91"
    assert "numbers from -0.980 to 0.910" in pane.summary(frame)
    colors = [pane._color(level) for level in (0, 64, 127, 128, 200, 255)]
    assert len(set(colors)) >= 5 and colors[0] != colors[-1]


def test_a_projection_says_so_and_how_much_it_shows() -> None:
    frame, pane = projected(), BoundaryPane(FULL)
    assert pane.title(frame) == "what it believes (PCA 96 %)"
    assert "plane of most spread, which holds 96 % of the variance" in pane.summary(frame)
    assert pane.title(frame._replace(shown_epoch=7)) == "what it believed at epoch 7 (PCA 96 %)"
