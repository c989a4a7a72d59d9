"""First-layer filters: what each unit looks for, as pictures where inputs are pixels, else as a matrix of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import count
from tui.theme import paint
from tui.widgets import images, rows
from tui.widgets.rows import PLAIN, Piece, padded
from tui.widgets.view import View

if TYPE_CHECKING:
    from mlcore.worker.protocol import Filters

EDGE = 18  # cells of a feature's name
CELL = 7  # cells of a weight


class FiltersView(View):
    """The weights between the inputs and each unit of the first layer."""

    NAME = "filters"
    HELP: ClassVar[str] = """\
**First-layer filters.** The weights of each unit of the first layer, on inputs as they are scaled. Orange: more of this
input makes the unit larger; blue: smaller. Of pictures every unit is a picture of what it looks for, each scaled to its
own largest weight. The arrows move through them.
"""

    def title(self, analysis: Analysis) -> str:
        return "first-layer filters"

    def legend(self, analysis: Analysis) -> list[Piece]:
        found = self._shown(analysis)
        return [self.quiet(f"{count(found.of)} units")] if found is not None else []

    @staticmethod
    def _shown(analysis: Analysis) -> Filters | None:
        found = analysis.filters
        return found if found is not None and found.held == analysis.held else None

    def sentence(self, analysis: Analysis) -> str:
        """The strongest weight, and where it leads."""
        found = self._shown(analysis)
        if found is None:
            return "asking"
        size = abs(found.weights)
        place, unit = divmod(int(size.argmax()), size.shape[1])
        total = size.sum(axis=1)
        strongest = f"{float(found.weights[place, unit]):+.2f}, {self._name(analysis, place)} to unit {unit + 1}"
        return f"strongest weight {strongest}; in all most on {self._name(analysis, int(total.argmax()))}"

    def _name(self, analysis: Analysis, place: int) -> str:
        found = analysis.filters
        if found is not None and found.image is not None:
            return "pixel {}, {}".format(*divmod(place, found.image[1]))
        inputs = len(found.weights) if found is not None else 0
        named = next((names for names in (analysis.features, analysis.classes) if len(names) == inputs), ())
        return named[place] if place < len(named) else f"x{place + 1}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        found = self._shown(analysis)
        if found is None:
            return self.words("asking", width, height)
        drawn = self._pictures if found.image is not None else self._matrix
        return drawn(analysis, found, width, height)

    def _pictures(self, analysis: Analysis, found: Filters, width: int, height: int) -> list[Strip]:
        """As many units as fit, from the line that was scrolled to."""
        assert found.image is not None
        high, wide = found.image
        units = found.weights.shape[1]
        across, rise = self._size(wide, high, units, width, height)
        columns, lines_ = max(1, width // (across + 1)), max(1, height // (rise + 1))
        most = -(-units // columns)
        first = min(analysis.top[0], max(0, most - lines_)) * columns
        lines: list[Strip] = []
        for start in range(first, min(first + columns * lines_, units), columns):
            drawn = [self._unit(found, unit, across, rise) for unit in range(start, min(start + columns, units))]
            lines += [rows.cells([c for part in parts for c in part], width) for parts in zip(*drawn, strict=True)]
        return rows.block(lines, width, height)

    @staticmethod
    def _size(wide: int, high: int, units: int, width: int, height: int) -> tuple[int, int]:
        """Columns and rows of the largest pictures of which all units fit, or at least eight of many."""
        for scale in images.SCALES:
            across, rise = max(1, round(wide * scale)), max(1, -(-round(high * scale) // 2))
            if across < width and rise < height and (width // (across + 1)) * (height // (rise + 1)) >= min(units, 8):
                return across, rise
        return images.scale(wide, high, width - 1, height - 1)

    def _unit(self, found: Filters, unit: int, across: int, rise: int) -> list[list[Piece]]:
        """A unit's picture and its number."""
        weights = found.weights[:, unit]
        values = (weights / (abs(weights).max() or 1.0)).reshape(found.image)
        lines = [[*line, (" ", PLAIN)] for line in images.signed(values, across, rise, self.terminal)]
        caption = str(unit + 1)[:across].center(across)
        return [*lines, [(cell, paint(self.palette.muted)) for cell in f"{caption} "]]

    def _matrix(self, analysis: Analysis, found: Filters, width: int, height: int) -> list[Strip]:
        """A row for each input, a column for each unit, the bias below."""
        inputs, units = found.weights.shape
        edge = min(EDGE, max(6, *(len(self._name(analysis, place)) + 1 for place in range(min(inputs, 99)))))
        columns, room = max(1, (width - edge - 2) // CELL), max(1, height - 3)
        left = min(analysis.top[1], max(0, units - columns))
        first = min(analysis.top[0], max(0, inputs - room))
        some = range(left, min(left + columns, units))
        more = f" to unit (of {units})" if units > columns else " to unit"
        lines = [rows.row([self.quiet(f" {'from input':<{edge}}{more}")], width)]
        lines.append(rows.row([self.quiet(" " * (edge + 1) + "".join(f"{unit + 1:>{CELL}}" for unit in some))], width))
        largest = float(abs(found.weights).max()) or 1.0
        for place in range(first, min(first + room, inputs)):
            name = padded(self._name(analysis, place), edge)
            weights = [self._weight(float(found.weights[place, unit]), largest) for unit in some]
            lines.append(rows.row([self.quiet(f" {name}"), *weights], width))
        largest = float(abs(found.biases).max()) or 1.0
        biases = [self._weight(float(found.biases[unit]), largest) for unit in some]
        lines.append(rows.row([self.quiet(f" {'bias':<{edge}}"), *biases], width))
        return rows.block(lines, width, height)

    def _weight(self, value: float, largest: float) -> Piece:
        ramp = self.palette.positive if value > 0 else self.palette.negative
        strong = abs(value) / largest
        look: Style = paint(ramp[-1 if strong > 0.5 else 1], bold=strong > 0.75)
        return f"{value:>+{CELL}.2f}" if abs(value) < 999 else f"{value:>+{CELL}.0e}", look

    def high(self, analysis: Analysis, width: int) -> int:
        found = self._shown(analysis)
        if found is None or found.image is None:
            return 4 + (found.weights.shape[0] if found is not None else 0)
        return 60
