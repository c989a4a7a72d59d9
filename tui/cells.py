"""The cells of a table that are known: blocks of them as the worker sent them, some of them kept. No Textual here."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlcore.worker.protocol import TableRows

ROWS, COLUMNS = 128, 16  # cells that are asked for together
WIDEST = 256  # and of one row alone
KEPT = 48  # such blocks
NOTHING = {"braille": "·", "blocks": "·", "ascii": "-"}  # where no value stands


class Cells:
    """Texts by row and column, as far as they have come."""

    def __init__(self) -> None:
        self.blocks: OrderedDict[tuple[int, int], TableRows] = OrderedDict()

    def take(self, block: TableRows) -> None:
        """Some more; those that were not looked at for longest are forgotten."""
        self.blocks[block.first, block.left] = block
        while len(self.blocks) > KEPT:
            self.blocks.popitem(last=False)

    def cell(self, row: int, column: int) -> str | None:
        """What stands there, None where nothing does; an empty text where that is not known."""
        block = self.blocks.get((row - row % ROWS, column - column % COLUMNS))
        line = block.cells[row - block.first] if block is not None and row - block.first < len(block.cells) else ()
        return line[column % COLUMNS] if column % COLUMNS < len(line) else ""

    def number(self, row: int, column: int) -> str:
        """What a row is called, as far as that is known with the cells of a column."""
        block = self.blocks.get((row - row % ROWS, column - column % COLUMNS))
        there = block is not None and row - block.first < len(block.numbers)
        return str(block.numbers[row - block.first]) if block is not None and there else ""

    def lacking(self, rows: range, columns: range, of: int) -> tuple[int, int] | None:
        """First row and column of a block that is not there: of these cells, then of those above and below.

        of: how many rows there are.
        """
        for before, behind in ((0, 0), (0, ROWS // 2), (ROWS // 2, 0)):
            first, last = max(0, rows.start - before), min(rows.stop + behind, of)
            for row in range(first - first % ROWS, last, ROWS):
                for column in range(columns.start - columns.start % COLUMNS, columns.stop, COLUMNS):
                    if (row, column) not in self.blocks:
                        return row, column
                    self.blocks.move_to_end((row, column))
        return None
