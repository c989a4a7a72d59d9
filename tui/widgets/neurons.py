"""What each hidden neuron answers, as a little map of the plane."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, product, zip_longest
from typing import ClassVar, NamedTuple

from textual.strip import Strip

from tui.frame import Frame, Responses
from tui.theme import Ramp, paint
from tui.widgets import canvas, rows
from tui.widgets.pane import Pane
from tui.widgets.passing import Passing, sentence
from tui.widgets.rows import PLAIN, Piece

POSITIVE, NEGATIVE = " .:*#", " '-~="  # without colours
SMALLEST, LARGEST = 2, 12  # rows of a map
STRIP = 16  # cells of a map of one feature
SHOWN = "an example on its way"


class Sizes(NamedTuple):
    """Cells of each map, how many stand side by side, how many layers are shown, and rows between two rows of one."""

    width: int
    height: int
    across: int
    layers: int
    gap: int


class NeuronsPane(Pane):
    """Response maps of the hidden layers, one above the other, the network's inputs at the top."""

    NAME = "neurons"
    NUMBER = 7
    HELP: ClassVar[str] = """\
**Neurons.** Every little picture is one hidden neuron: the same plane as in what it believes, coloured by what this
neuron answers there, orange above zero and blue below. The first layer draws straight edges, the next ones combine
them into shapes. A neuron that is the same everywhere does nothing: 0 stands in it when it is dead. For rows of more
than two features the plane is the one the rows spread over most; for one feature each neuron is a strip along it.

A network of images or sequences is shown one example, ( and ) choose it: every convolution and pool by its maps, every
layer of a sequence by its units (down) at each step (across), orange above zero, blue below. Maps get smaller and more
of them from layer to layer: first where strokes are, then what they make together.
"""

    def title(self, frame: Frame) -> str:
        """Says when the answers are of the past."""
        past = (frame.responses or frame.seen) and frame.shown_epoch < frame.epoch
        if frame.seen is not None:
            return f"{SHOWN} at epoch {frame.inside_epoch}" if past else SHOWN
        return f"{self.NAME} at epoch {frame.inside_epoch}" if past else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """What the colours say; of an example the keys that choose another."""
        if frame.seen is not None:
            return [("( ) another", paint(self.palette.muted))]
        if not frame.responses:
            return []
        quiet = paint(self.palette.muted)
        if not self.palette.beliefs:
            return [("below zero '-~=  above .:*#", quiet)]
        low, high = (paint(ramp[-1]) for ramp in self.palette.beliefs[:2])
        sign = "■" if self.unicode else "#"
        return [(f"{sign}", low), (" below zero  ", quiet), (f"{sign}", high), (" above", quiet)]

    def summary(self, frame: Frame) -> str:
        """How many neurons there are, and how many answer nothing; of an example its way."""
        if frame.seen is not None:
            return sentence(frame.seen)
        if not frame.responses:
            return self._nothing(frame) or "nothing is known of the neurons yet"
        said = []
        for layer in frame.responses:
            silent, shown = int((layer.scale == 0).sum()), len(layer.scale)
            said.append(f"{layer.units} neurons in {layer.name}")
            said += [f"{silent} of the first {shown} answer zero everywhere"] if silent else []
        return ", ".join(said)

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The maps, as large as all of them fit."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        if frame.seen is not None:
            return Passing(self.terminal).draw(frame.seen, width, height)
        if not frame.responses or height < 2 or width < 4:
            return self.waiting(frame, width, height, self._nothing(frame))
        sizes = layout(frame.responses, width, height)
        lines: list[Strip] = []
        for layer in frame.responses[: sizes.layers]:
            lines += self._layer(layer, sizes, width)
        left = len(frame.responses) - sizes.layers
        if left and len(lines) < height:
            lines.append(rows.row([(f" and {left} more: z", paint(self.palette.muted))], width))
        return rows.block(lines, width, height)

    def _nothing(self, frame: Frame) -> str:
        """Why there is nothing to draw, and what to do."""
        if frame.loop:
            return self.lacking(frame)
        if len(frame.net.widths) == 2:
            return "no hidden neurons: + adds a layer"
        known = frame.state not in ("loading", "running") and not frame.message and not frame.responses
        return "no plane to draw these neurons over: 5 shows them in numbers" if known else ""

    def _layer(self, layer: Responses, sizes: Sizes, width: int) -> list[Strip]:
        quiet = paint(self.palette.muted)
        shown = len(layer.maps)
        more = f" of {layer.units}" if layer.units > shown else ""
        words = f" {layer.name}  {shown}{more} neurons" if width >= 24 else f" {layer.name}"
        lines = [rows.row([(words, quiet)], width)]
        drawn = [self._map(layer, place, sizes) for place in range(shown)]
        gap = [(" ", PLAIN)]
        blank = [[(" ", PLAIN)] * sizes.width] * sizes.height
        for first in range(0, shown, sizes.across):
            lines += [rows.row((), width)] * (sizes.gap if first else 0)
            for parts in zip_longest(*drawn[first : first + sizes.across], fillvalue=blank[0]):
                lines.append(rows.cells([cell for part in parts for cell in (*gap, *part)], width))
        return lines

    def _map(self, layer: Responses, place: int, sizes: Sizes) -> list[list[Piece]]:
        image = layer.maps[place]
        line = image.shape[0] == 1
        high = 1 if line else canvas.pixels_high(self.terminal)
        down, across = canvas.sampled(image.shape[0], sizes.height * high), canvas.sampled(image.shape[1], sizes.width)
        values = image[down][:, across].tolist()
        if not self.palette.beliefs:
            cells = [[(_letter(value), PLAIN) for value in row] for row in values]
        else:
            colors = shades(self.palette.beliefs[0], self.palette.beliefs[1])
            cells = canvas.paint_cells([[colors[value] for value in row] for row in values], high)
        if not layer.scale[place]:
            middle = sizes.height // 2, sizes.width // 2
            under = canvas.below(cells[middle[0]][middle[1]], lower=True)
            cells[middle[0]][middle[1]] = "0", paint(self.palette.muted, under)
        return cells


@lru_cache(8)
def shades(below: Ramp, above: Ramp) -> tuple[str, ...]:
    """The colour of every value from 0 to 255; 128 is zero."""
    ramps = ((below if value < 128 else above, abs(value - 128)) for value in range(256))
    return tuple(ramp[min(size * len(ramp) // 128, len(ramp) - 1)] for ramp, size in ramps)


def layout(layers: Sequence[Responses], width: int, height: int) -> Sizes:
    """The largest maps with which every layer fits; else the smallest, and as many layers as fit."""
    line = bool(layers) and layers[0].maps.shape[1] == 1
    rises = (1,) if line else range(LARGEST, SMALLEST - 1, -1)
    for gap, rise in product((1, 0), rises):
        wide = min(STRIP, width - 1) if line else min(2 * rise, width - 1)
        across = max(1, width // (wide + 1))
        needed = [1 - gap + (rise + gap) * -(-len(layer.maps) // across) for layer in layers]
        if sum(needed) <= height:
            return Sizes(wide, rise, across, len(layers), gap)
    fit = sum(total <= height for total in accumulate(needed))
    return Sizes(wide, min(rise, max(1, height - 1)), across, max(fit, 1), 0)


def _letter(value: int) -> str:
    """A value without colours: from nothing to the most, differently below and above zero."""
    signs = POSITIVE if value >= 128 else NEGATIVE
    return signs[min(abs(value - 128) * len(signs) // 128, len(signs) - 1)]
