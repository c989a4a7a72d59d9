"""The worst mistakes one by one: the picture or the features, the answer, how sure it was, and what spoke for it."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.strip import Strip

from tui import told
from tui.analysis import Analysis, shares
from tui.text import count, figure, percent
from tui.theme import paint
from tui.widgets import images, rows
from tui.widgets.bars import bar, signed
from tui.widgets.passing import Passing
from tui.widgets.rows import PLAIN, Piece, padded
from tui.widgets.unrolled import Unrolled
from tui.widgets.view import View

if TYPE_CHECKING:
    from mlcore.worker.protocol import Example

BARS = 17  # cells of a probability at least, without the name of its class
LONGEST = 10  # cells of such a name that are kept free
PULL = 10  # cells of a bar to each side
NARROW = 64  # columns below which features leave no room for probabilities
VALUE = 11  # cells of a feature's value


class MistakesView(View):
    """One of the rows looked at, those with the greatest loss first."""

    NAME = "worst mistakes"
    HELP: ClassVar[str] = """\
**Worst mistakes.** The rows with the greatest loss: what they are, what the network answered and how sure it was. The
second picture (or the bars beside the features) says what pushed the loss up: input times gradient, orange for what
spoke against the label, blue for what spoke for it. Below, the training rows it sees as most alike. . and , step; enter
follows the row forward and backward with every number.
"""

    def title(self, analysis: Analysis) -> str:
        """Which rows these are."""
        if analysis.numbers:
            return "greatest errors"
        if analysis.within is None:
            return self.NAME if self._any(analysis) else "least sure"
        label, said = analysis.within
        name = analysis.class_name(label or 0)
        if said is None:
            return f"mistaken: {name}"
        return f"{name}, rightly found" if label == said else f"{name} taken for {analysis.class_name(said)}"

    @staticmethod
    def _any(analysis: Analysis) -> bool:
        judged = analysis.judgement
        return judged is not None and bool((judged.said != judged.label).any())

    def legend(self, analysis: Analysis) -> list[Piece]:
        """Which of how many."""
        total = len(analysis.listed)
        place = min(analysis.place + 1, total)
        if analysis.chosen is not None:
            return [self.quiet("chosen: row "), self.loud(count(analysis.chosen))]
        row = [self.quiet(f"   row {count(analysis.row)}")] if analysis.row is not None else []
        return [self.loud(f"{count(place)}"), self.quiet(f" of {count(total)}"), *row]

    def sentence(self, analysis: Analysis) -> str:
        """The row, how sure the network was, and who it takes for its like."""
        shown = self._shown(analysis)
        if shown is None:
            return "no such row" if analysis.row is None else "asking"
        if analysis.numbers:
            label, said = float(shown.label[0]), float(shown.answer[0])
            return f"row {shown.row}: answer {figure(said)}, truth {figure(label)}, off by {figure(said - label)}"
        said, label = int(shown.answer.argmax()), int(shown.label[0])
        names = analysis.class_name(label), analysis.class_name(said)
        sure = percent(float(shown.answer[said]))
        what = f"{names[0]} taken for {names[1]}" if said != label else f"{names[0]}, rightly"
        alike, most = Counter(map(int, shown.near_label.tolist())).most_common(1)[0]
        near = f"{most} of {len(shown.near)} nearest rows are {analysis.class_name(alike)}"
        return f"row {shown.row}: {what} ({sure}); {near}"

    @staticmethod
    def _shown(analysis: Analysis) -> Example | None:
        """What is known of the row looked at, when it is there."""
        found = analysis.example
        return found if found is not None and found.row == analysis.row and found.held == analysis.held else None

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        """The picture or the features at the left, probabilities at the right, those most alike below."""
        if analysis.row is None:
            return self.words("no row here", width, height)
        shown = self._shown(analysis)
        if shown is None:
            return self.words("asking", width, height)
        head = [rows.row(self._facts(analysis, shown), width)]
        room = max(1, height - 2)
        least = BARS + min(LONGEST, max(map(len, analysis.classes), default=1))
        alone = analysis.numbers or (shown.image is None and width < NARROW)
        left = self._left(analysis, shown, width - (0 if alone else least + 2), room)
        wide = max((rows.length(line) for line in left), default=0)
        aside = [] if alone else self._bars(analysis, shown, room, min(max(least, width - wide - 2), 48))
        if max(len(left), len(aside)) < room:
            head.append(rows.row((), width))
        lines, nothing = list(head), list[Piece]()
        for one, other in zip_longest(left, aside, fillvalue=nothing):
            gap = " " * (wide - rows.length(one) + 2)
            lines.append(rows.row([*one, (gap, PLAIN), *other], width))
        below = [rows.row((), width)] if len(lines) + 2 <= height else []
        return rows.block(
            [*lines[: height - 1], *below, rows.row(self._alike(analysis, shown, width), width)], width, height
        )

    def _facts(self, analysis: Analysis, shown: Example) -> list[Piece]:
        """What it is, what was answered, the loss."""
        label = analysis.answer(float(shown.label[0]))
        if analysis.numbers:
            said = analysis.answer(float(shown.answer[0]))
            return self._told((("truth", label), ("answer", said), ("loss", figure(shown.loss))))
        best = int(shown.answer.argmax())
        right = best == int(shown.label[0])
        look = paint(self.palette.good if right else self.palette.bad, bold=True)
        named = self._told((("label", label), ("answer", analysis.class_name(best))), look)
        own = percent(float(shown.answer[int(shown.label[0])]))
        sure = ("sure", percent(float(shown.answer[best]))), ("loss", figure(shown.loss)), (f"p({label})", own)
        return [*named, *self._told(sure)]

    def _told(self, facts: tuple[tuple[str, str], ...], look: Style | None = None) -> list[Piece]:
        """Names and values, the last in a style of its own."""
        pieces: list[Piece] = []
        for place, (name, value) in enumerate(facts):
            last = look if look is not None and place == len(facts) - 1 else paint(self.palette.text, bold=True)
            pieces += [self.quiet(f" {name} "), (value, last), self.quiet("  ")]
        return pieces

    def _left(self, analysis: Analysis, shown: Example, width: int, height: int) -> list[list[Piece]]:
        if shown.image is None and shown.seen is not None:
            seen = told.seen(shown.seen)
            drawn = Unrolled(self.terminal, seen, width, Passing.columns(seen, width)).example(height)
            asked: list[list[Piece]] = [
                [self.quiet(" asked "), self.loud(seen.label)],
                [self.quiet(" said  "), self.loud(seen.said)],
            ]
            return [*drawn, *asked] if not analysis.numbers else drawn
        if shown.image is None:
            return self._features(analysis, shown, width, height)
        high, wide = shown.image.shape
        across, rise = images.scale(wide, high, width, height)
        picture = images.grey(shown.image, across, rise, self.terminal)
        across2, rise2 = images.scale(wide, high, (width - 1) // 2, height - 1)
        if across2 < min(2 * wide, across):
            return [[(" ", PLAIN), *line] for line in picture]
        pull = shown.pull / (abs(shown.pull).max() or 1.0)
        both = images.grey(shown.image, across2, rise2, self.terminal)
        other = images.signed(pull.reshape(high, wide), across2, rise2, self.terminal)
        words = ("the picture", "what pushed the loss up" if across2 > 23 else "loss pushed up")
        below = [(" ", PLAIN), *(self.quiet(word[: across2 + 1].ljust(across2 + 1)) for word in words)]
        return [*([(" ", PLAIN), *one, (" ", PLAIN), *two] for one, two in zip(both, other, strict=True)), below]

    def _features(self, analysis: Analysis, shown: Example, width: int, height: int) -> list[list[Piece]]:
        """The features that pushed most, with their values and how they pushed."""
        parts, names = shares(shown.pull.tolist()), analysis.features
        order = sorted(range(len(parts)), key=lambda place: -abs(parts[place]))
        edge = min(max([8, *(len(name) for name in names)]), max(8, width - VALUE - 2 * PULL - 4))
        middle = "│" if self.unicode else "|"
        lines: list[list[Piece]] = [[self.quiet(f" {'feature':<{edge}}{'value':>{VALUE}}  loss pushed down, up")]]
        for place in order[: max(1, height - 1)]:
            below, above = signed(parts[place], PULL, self.terminal)
            name = padded(names[place] if place < len(names) else f"x{place + 1}", edge)
            value = f"{float(shown.inputs[place]):>{VALUE}.5g}  " if place < len(shown.inputs) else " " * (VALUE + 2)
            pushes = (
                (below, paint(self.palette.negative[-1])),
                self.quiet(middle),
                (above, paint(self.palette.positive[-1])),
            )
            lines.append([self.quiet(" "), self.loud(name), self.loud(value), *pushes])
        return lines

    def _bars(self, analysis: Analysis, shown: Example, height: int, width: int) -> list[list[Piece]]:
        """The probability of each class; of many the largest, and the label's."""
        label, answer = int(shown.label[0]), shown.answer.tolist()
        best = max(range(len(answer)), key=lambda place: answer[place])
        order = sorted(range(len(answer)), key=lambda place: -answer[place])[:height]
        if label not in order and order:
            order[-1] = label
        order = sorted(order) if len(answer) <= height else order
        edge = min(max((len(analysis.class_name(place)) for place in order), default=1), max(3, width - 15))
        lines: list[list[Piece]] = []
        for place in order:
            right, said = place == label, place == best
            color = self.palette.good if right else self.palette.bad if said else self.palette.muted
            mark = ("✓" if self.unicode else "+") if right else ("✗" if self.unicode else "x") if said else " "
            drawn = bar(answer[place], max(3, width - edge - 12), self.terminal)
            name = padded(analysis.class_name(place), edge)
            lines.append([(f"{mark} {name} ", paint(color, bold=right or said)), (drawn, paint(color))])
            lines[-1].append((f"{percent(answer[place]):>8}", paint(self.palette.text)))
        return lines

    def _alike(self, analysis: Analysis, shown: Example, width: int) -> list[Piece]:
        """The training rows the network sees as most like this one, and which they are where there is room."""
        names = [analysis.answer(float(label)) for label in shown.near_label.tolist()]
        numbers = ", ".join(map(str, shown.near.tolist()))
        pieces = [self.quiet(" nearest in training: "), self.loud("  ".join(names))]
        which = self.quiet(f"   (rows {numbers})")
        return [*pieces, which] if rows.length([*pieces, which]) <= width else pieces

    def high(self, analysis: Analysis, width: int) -> int:
        found = analysis.example
        return max(24, 5 + (len(found.pull) if found is not None and found.image is None else 0))
