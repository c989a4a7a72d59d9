"""What a network of letters makes up by itself, again and again from the same random numbers, while it learns."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.strip import Strip

from tui.frame import Frame
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece, padded

APART = 2  # cells between two columns


class SamplesPane(Pane):
    """Texts, one below the other, in columns where there are more than lines."""

    NAME = "what it writes"
    NUMBER = 2
    HELP: ClassVar[str] = """\
**What it writes.** The network goes on by itself: it reads what it has written so far, gives each letter a probability,
and the next letter is drawn from these. At first any letter follows any other; then vowels and consonants take turns,
and in the end there are words that might be real. The random numbers are the same each time, so a line changes only
where the network does. `mlj predict RUN --generate 20` writes more.
"""

    def title(self, frame: Frame) -> str:
        """Says when the texts are of the past."""
        return f"{self.NAME} at epoch {frame.inside_epoch}" if frame.shown_epoch < frame.epoch else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """How many letters they have, in the mean."""
        if not frame.samples:
            return []
        mean = sum(map(len, frame.samples)) / len(frame.samples)
        return [(f"{mean:.1f} letters", paint(self.palette.muted))]

    def summary(self, frame: Frame) -> str:
        """The first few."""
        texts = [text or "nothing" for text in frame.samples[:5]]
        return f"it writes {', '.join(texts)}" if texts else "nothing has been written yet"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """As many as fit, in the middle."""
        if width < 4 or height < 1 or not frame.samples:
            lost = frame.state == "diverged" or (frame.inside_epoch and not frame.samples)
            return self.waiting(frame, width, height, "it writes nothing: no numbers any more" if lost else "")
        texts = [text or ("·" if self.unicode else ".") for text in frame.samples]
        longest = min(max(map(cell_len, texts)), width - 2)
        across = max(1, min(-(-len(texts) // height), (width - 1) // (longest + APART)))
        down = min(height, -(-len(texts) // across))
        shown = texts[: across * down]
        lines = [rows.row((), width)] * ((height - down) // 2)
        gap = max(1, (width - across * (longest + APART)) // 2)
        style = paint(self.palette.text)
        for row in range(down):
            line = "".join(padded(text, longest + APART) for text in shown[row::down])
            lines.append(rows.row([(" " * gap + line, style)], width))
        return rows.block(lines, width, height)
