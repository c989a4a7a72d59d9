"""An example on its way, filters, texts and forecasts: what the panes of images and sequences draw."""

from __future__ import annotations

import numpy as np
import pytest

import mlcore
from mlcore.layers import line as line_of_layers
from tests.tui import ways
from tests.tui.scenes import digits, line
from tui.frame import Frame
from tui.plan import _about
from tui.plan import _layer as plan_layer
from tui.terminal import Terminal
from tui.widgets import blocks
from tui.widgets.forecast import ForecastPane
from tui.widgets.network import NetworkPane
from tui.widgets.neurons import NeuronsPane
from tui.widgets.pane import Pane
from tui.widgets.passing import layout, told
from tui.widgets.patterns import FiltersPane
from tui.widgets.samples import SamplesPane
from tui.widgets.varied import varied
from tui.words import turned

FULL, PLAIN = Terminal(), Terminal("none", "ascii")


def text(pane: Pane, frame: Frame, width: int = 118, height: int = 34) -> str:
    return "\n".join(strip.text for strip in pane.draw(frame, width, height))


def test_an_image_passes_every_layer_with_as_many_maps_as_fit_and_says_of_how_many() -> None:
    frame = ways.image(digits())
    drawn = text(NeuronsPane(FULL), frame)
    assert "test 3 7 read as 2 81.0 %" in drawn and "moves the answer" in drawn
    for words in ("conv 16 k5 relu  16 maps 24x24", "pool 2  16 maps 12x12", "of 300 maps 1x1", "of 128 numbers"):
        assert words in drawn
    assert "zero everywhere" in drawn and "no numbers any more" in drawn and "up to 2.5" in drawn
    few = text(NeuronsPane(FULL), frame, 50, 9)
    assert "layers more: z" in few and "of 16 maps 24x24" in few


def test_a_name_stands_over_what_each_layer_makes_of_its_letters() -> None:
    rows = text(NeuronsPane(FULL), ways.letters(digits()), 60, 20).split("\n")
    assert rows[1].split() == list(".emma") and "read as emma." in rows[0]
    assert any("8 units x 12 steps" in row for row in rows) and any("of 64 units x 12 steps" in row for row in rows)
    middles = [rows[1].index(letter) for letter in "em"]
    assert middles[1] - middles[0] == 8  # cells of a step
    long = text(NeuronsPane(FULL), ways.letters(digits(), ".ab" * 90), 60, 20).split("\n")
    assert len(long[1].strip()) == 59


def test_a_series_is_a_curve_and_gaps_are_where_it_is_no_number() -> None:
    whole = text(NeuronsPane(FULL), ways.series(line()), 60, 20)
    assert sum(0x2800 < ord(cell) < 0x2900 for cell in whole) > 40
    assert "1.013 read as 1.1" in whole and "lstm 12 last" in whole
    assert "lstm" in text(NeuronsPane(FULL), ways.series(line(), 1, float("nan")), 60, 20)


def test_maps_are_as_large_as_all_of_them_allow_but_never_too_small_to_tell_apart() -> None:
    assert layout(16, 24, 24, 100, 20) == (7, 3, 12, 6)
    for count, side, width, height in (
        (1, 28, 118, 30),
        (16, 24, 80, 12),
        (64, 4, 40, 3),
        (300, 1, 9, 1),
        (3, 28, 2, 1),
    ):
        grid = layout(count, side, side, width, height)
        assert grid.across * (grid.width + 1) - 1 <= max(width, grid.width) and grid.width <= width
        assert grid.down * (grid.height + 1) - 1 <= max(height, grid.height) and grid.height <= height


def test_filters_are_pictures_and_of_an_embedding_a_line_for_each_letter() -> None:
    pane = FiltersPane(FULL)
    assert "16 filters" in text(pane, ways.image(digits()), 60, 12)
    assert pane.title(ways.image(digits())) == "filters of conv 16 k5"
    rows = text(pane, ways.letters(digits()), 40, 12).split("\n")
    assert [row.split()[0] for row in rows[:4]] == list(".abc") and "4 inputs" in rows[4]
    assert "2 of 4 inputs" in text(pane, ways.letters(digits()), 40, 3)
    assert "1 empty" in pane.summary(ways.image(digits()))


def test_texts_stand_in_columns_and_nothing_is_a_dot() -> None:
    frame = ways.letters(digits())
    drawn = text(SamplesPane(FULL), frame, 60, 20)
    assert all(word in drawn for word in ("emma", "ava0", "ava8", "x" * 40)) and "·" in drawn
    assert SamplesPane(FULL).summary(frame).startswith("it writes emma, nothing, xxxx")
    lost = frame._replace(samples=(), state="diverged")
    assert "no numbers any more" in text(SamplesPane(FULL), lost, 60, 5)


def test_a_forecast_counts_how_often_the_truth_lies_in_its_band() -> None:
    frame = ways.series(line())
    found = frame.forecast
    assert found is not None
    inside = (found.truth >= found.said + found.low) & (found.truth <= found.said + found.high)
    assert f"of 92 test rows {int(inside.sum())} lie in the band" in ForecastPane(FULL).summary(frame)
    assert "o" in text(ForecastPane(PLAIN), frame, 60, 12)
    nothing = frame._replace(forecast=found._replace(said=np.full(92, np.nan), low=np.nan, high=np.nan))
    assert text(ForecastPane(FULL), nothing, 60, 12)


@pytest.mark.parametrize("width", [20, 30, 38, 58, 118])
def test_blocks_stand_before_the_neurons_where_there_is_room(width: int) -> None:
    frame = ways.image(digits())
    drawn = text(NetworkPane(FULL), frame, width, 10)
    assert ("16x12x12" in drawn and "↓ pool" in drawn) == (width >= 38)
    assert blocks.wide(frame.net, width) <= max(0, width - 16)
    few = "\n".join("".join(cell for cell, _ in row) for row in blocks.lines(frame.net, 30, 3, FULL))
    assert "and 2 more" in few and "input" in few and "flatten" in few
    assert "conv 16 k5 relu 16x24x24" in NetworkPane(FULL).summary(frame)


def test_what_a_block_gives_is_said_in_the_singular_too() -> None:
    made = ways.image(digits()).seen.made  # type: ignore[union-attr]
    assert told(made[0]._replace(of=1, shape=(24, 24))) == "1 map 24x24" and told(made[0], 9) == "9 of 16 maps 24x24"
    assert "pool 2: 16 maps 12x12, 1 of 16 zero" in NeuronsPane(FULL).summary(ways.image(digits()))


@pytest.mark.parametrize("terminal", [FULL, PLAIN, Terminal("16", "blocks")])
def test_varied_images_stand_beside_what_they_are_in_the_room_there_is(terminal: Terminal) -> None:
    found = np.random.default_rng(1).integers(0, 256, (4, 10, 28, 28)).astype(np.uint8)
    for width, height in ((38, 9), (118, 30), (8, 3), (20, 1)):
        lines = varied(found, width, height, terminal)
        assert 1 <= len(lines) <= max(height, 2) and all(sum(len(text) for text, _ in line) <= width for line in lines)
    words = "".join(text for text, _ in varied(found, 38, 9, FULL)[-1])
    assert words.split() == ["as", "it", "is", "epoch", "1", "epoch", "2"]


@pytest.mark.parametrize("name", [entry.name for entry in mlcore.layers.CATALOGUE])
def test_every_layer_there_is_can_be_turned_and_says_what_can_be_typed(name: str) -> None:
    word = "8" if name == "dense" else mlcore.layers.CATALOGUE.find(name).load()().word
    for step in (1, -1, 1, 1):
        word = turned(word, step)
        (layer,) = line_of_layers.parse(word)
        assert layer.word.split()[0] == word.split()[0]
    kind = "dense" if name == "dense" else word.split()[0]
    assert ": " in _about(kind) and len(plan_layer(0, word, ()).label) <= 12
