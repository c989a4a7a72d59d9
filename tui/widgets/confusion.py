"""Which class is taken for which: labels down, answers across."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import ClassVar

from rich.style import Style
from textual.strip import Strip

from tui.frame import Confusion, Frame
from tui.text import count, percent, shortened
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.pane import Pane
from tui.widgets.rows import Piece, clean

LABEL = 12  # cells of a class name at most
RECALL = 7


class ConfusionPane(Pane):
    """The confusion matrix of the validation rows, every row of it shaded by its own share."""

    NAME = "confusion"
    NUMBER = 6
    HELP: ClassVar[str] = """\
**Confusion.** Every row of the table holds the rows of one class, every column an answer. On the diagonal the network
is right; whatever stands beside it is a mistake, the stronger coloured the larger its share of the class. At the end of
a row stands the share found. Below are the pairs confused most. The rows are those of validation, or of the test where
there are none.
"""

    def title(self, frame: Frame) -> str:
        """Says when the answers are of the past."""
        past = frame.confusion and frame.shown_epoch < frame.epoch
        return f"{self.NAME} at epoch {frame.inside_epoch}" if past else self.NAME

    def legend(self, frame: Frame) -> list[Piece]:
        """Whose rows these are, and how many of the classes there is room for."""
        found = frame.confusion
        if found is None:
            return []
        shown, of = (len(_fitting(found, *self.canvas)) if self.canvas else len(found.names)), len(frame.class_names)
        words = [f"{shown} of {count(of)} classes: z"] if shown < of else []
        return [(", ".join([f"{found.split}, {count(found.rows)} rows", *words]), paint(self.palette.muted))]

    def summary(self, frame: Frame) -> str:
        """How many are right, and which pairs are confused most."""
        found = frame.confusion
        if found is None or not found.counts.sum():
            return "nothing is known of mistakes yet"
        right, all = int(found.counts.diagonal().sum()), int(found.counts.sum())
        part = "" if len(found.names) == len(frame.class_names) else f" of the {len(found.names)} classes confused most"
        words = f"{right:,} of {all:,} {found.split} rows{part} right"
        pairs = [f"{a} taken for {b} {n} times" for a, b, n in worst(found)[:3]]
        return ", ".join([words, *pairs])

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """The matrix, or the part of it that fits with the classes confused most."""
        if width < 1 or height < 1:
            return rows.block([], width, height)
        found = frame.confusion
        if found is None:
            numbers = frame.task == "regression"
            return self.waiting(
                frame, width, height, "numbers are not confused: see what it believes" if numbers else ""
            )
        label, digits = _columns(found, width)
        part = _fitting(found, width, height)
        names = short(found.names)
        digits = max(digits, min(max(len(names[n]) + 1 for n in part), (width - label - RECALL) // len(part)))
        recall = width - label - digits * len(part) >= RECALL
        head = [(" " * label, rows.PLAIN)]
        head += [(f"{names[n][: digits - 1]:>{digits}}", paint(self.palette.muted)) for n in part]
        lines = [rows.row([*head, ("  found", paint(self.palette.muted))] if recall else head, width)]
        lines += [self._line(found, place, part, label, digits, recall, width) for place in part]
        if height > len(lines):
            text = _words(found, width)
            gap = [rows.row((), width)] if height > len(lines) + 1 else []
            lines += [*gap, rows.row([(text, paint(self.palette.text))], width)]
        return rows.block(lines, width, height)

    def _line(
        self, found: Confusion, place: int, part: list[int], label: int, digits: int, recall: bool, width: int
    ) -> Strip:
        counts = found.counts[place].tolist()
        total = sum(counts)
        pieces: list[Piece] = [(f"{_label(found, place, label - 2):>{label - 1}} ", paint(self.palette.muted))]
        for other in part:
            number = counts[other]
            text = str(number) if number else "·" if self.unicode else "."
            pieces.append((f"{text:>{digits}}", self._shade(number / total if total else 0.0, place == other)))
        if recall:
            pieces.append((f"{percent(counts[place] / total if total else None):>{RECALL}}", paint(self.palette.text)))
        return rows.row(pieces, width)

    def _shade(self, share: float, right: bool) -> Style:
        """The colours of a cell: blue where it is right, orange where it is not, by its share of the row."""
        if not share:
            return paint(self.palette.faint)
        if not self.palette.beliefs:
            return paint(bold=not right)
        ramp = self.palette.beliefs[0 if right else 1]
        strength = share**0.5  # a mistake of one in ten must be seen
        return paint(self.palette.text, ramp[min(int(strength * len(ramp)), len(ramp) - 1)], bold=not right)


def worst(found: Confusion) -> list[tuple[str, str, int]]:
    """Label, answer and number of every mistake made, the most frequent first."""
    counts, names = found.counts.tolist(), found.names
    pairs = [(-n, a, b) for a, line in enumerate(counts) for b, n in enumerate(line) if a != b and n]
    return [(names[a], names[b], -n) for n, a, b in sorted(pairs)]


def short(names: Sequence[str]) -> list[str]:
    """Names without the beginning all of them share."""
    cleaned = [clean(name) for name in names]
    ends = zip(min(cleaned, default=""), max(cleaned, default=""), strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    return [name[common:] for name in cleaned] if all(len(name) > common for name in cleaned) else cleaned


def _columns(found: Confusion, width: int) -> tuple[int, int]:
    """Cells of the labels at the left, and of each count."""
    digits = max(len(str(int(found.counts.max(initial=0)))), 2) + 1
    longest = max((len(clean(name)) for name in found.names), default=1)
    return min(longest, LABEL, max(1, width // 4)) + 2, digits


def _fitting(found: Confusion, width: int, height: int) -> list[int]:
    """The classes there is room for: those confused most, in their order."""
    label, digits = _columns(found, width)
    most = min(max(1, (width - label) // digits), max(1, height - (2 if height > 3 else 1)))
    if len(found.names) <= most:
        return list(range(len(found.names)))
    wrong = found.counts.sum(axis=0) + found.counts.sum(axis=1) - 2 * found.counts.diagonal()
    return sorted(sorted(range(len(found.names)), key=lambda n: -int(wrong[n]))[:most])


def _label(found: Confusion, place: int, width: int) -> str:
    return shortened(clean(found.names[place]), width)[:width]


def _words(found: Confusion, width: int) -> str:
    """The pairs confused most, as many as fit."""
    pairs = [f"{shortened(clean(a), 20)} read as {shortened(clean(b), 20)} ({n})" for a, b, n in worst(found)]
    if not pairs:
        return " no mistakes" if found.counts.sum() else " no answers: the outputs are no numbers"
    text = f" worst: {pairs[0]}"
    for pair in pairs[1:6]:
        if len(text) + len(pair) + 2 > width:
            break
        text += f", {pair}"
    return text
