"""One row forward and backward with every number, a step at a time: each layer, the loss, and each layer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.strip import Strip

from tui.analysis import Analysis
from tui.text import digits, figure, plural
from tui.theme import paint
from tui.widgets import rows
from tui.widgets.rows import Piece, padded
from tui.widgets.view import View

if TYPE_CHECKING:
    from mlcore.worker.findings import Stage
    from mlcore.worker.protocol import Traced
    from tui.frame import Array

NUMBER = 13  # cells of a number and what parts it from the next
LABEL = 13  # cells of the name of an array


class Part(NamedTuple):
    """One array of a step: its name, its numbers as a table, its true shape."""

    name: str
    table: Array
    shape: tuple[int, ...]


class Step(NamedTuple):
    """One step: a heading, formulas, arrays, and words below them."""

    head: str
    formulas: tuple[str, ...]
    parts: tuple[Part, ...]
    told: tuple[tuple[str, str], ...] = ()


class TraceView(View):
    """The numbers of `mlj trace`, in float64."""

    NAME = "one row, every number"
    HELP: ClassVar[str] = """\
**Forward and backward.** One row on its way through the network: its numbers after every layer, the loss, then the
gradients on the way back (dz is the gradient of the loss by z), and every weight after the optimizer's first update.
Right and left step, up and down scroll, [ and ] move the columns. All numbers are float64 and those of mlj trace.
"""

    def title(self, analysis: Analysis) -> str:
        found = self._shown(analysis)
        return f"row {found.row}, forward and back" if found is not None else self.NAME

    def legend(self, analysis: Analysis) -> list[Piece]:
        if self._shown(analysis) is None:
            return []
        return [self.quiet("step "), self.loud(str(analysis.step + 1)), self.quiet(f" of {analysis.steps}")]

    @staticmethod
    def _shown(analysis: Analysis) -> Traced | None:
        found = analysis.traced
        return found if found is not None and (found.row, found.held) == (analysis.row, analysis.held) else None

    def sentence(self, analysis: Analysis) -> str:
        found = self._shown(analysis)
        if found is None:
            return "no such row" if analysis.row is None else "asking"
        step = step_of(found, min(analysis.step, analysis.steps - 1), analysis)
        return f"{step.head}; loss {figure(found.loss)}, after one update {figure(found.loss_after)}"

    def draw(self, analysis: Analysis, width: int, height: int) -> list[Strip]:
        if analysis.row is None:
            return self.words("no row here", width, height)
        found = self._shown(analysis)
        if found is None:
            return self.words("asking", width, height)
        step = step_of(found, min(analysis.step, analysis.steps - 1), analysis)
        lines = [rows.row([(f" {step.head}", paint(self.palette.accent, bold=True))], width)]
        formulas = "   ".join(step.formulas)
        lines.append(rows.row([self.quiet(f" {formulas if self.unicode else _ascii(formulas)}")], width))
        lines += [rows.row([self.quiet(f" {name:<12} "), self.loud(value)], width) for name, value in step.told]
        room = max(0, height - len(lines))
        return rows.block([*lines, *self._numbers(step.parts, analysis.top, width, room)], width, height)

    def _numbers(self, parts: tuple[Part, ...], top: tuple[int, int], width: int, room: int) -> list[Strip]:
        """The lines of all arrays that are in sight; long ones are made only where they are."""
        columns = max(1, (width - LABEL) // NUMBER)
        total = sum(_lines(part, columns) for part in parts)
        first = min(top[0], max(0, total - room))
        lines: list[Strip] = []
        for part in parts:
            count = _lines(part, columns)
            for line in range(max(0, first), min(count, first + room - len(lines))):
                lines.append(rows.row(self._line(part, line, top[1], columns), width))
            first = max(0, first - count)
            if len(lines) >= room:
                break
        return lines

    def _line(self, part: Part, line: int, across: int, columns: int) -> list[Piece]:
        """A line of an array: its name, below it its shape, and numbers."""
        if line >= _tables(part, columns):
            return [self.quiet("")]
        if len(part.table) == 1:
            numbers, more = part.table[0, line * columns : (line + 1) * columns], False
        else:
            start = min(across, max(0, part.table.shape[1] - columns))
            numbers, more = part.table[line, start : start + columns], start + columns < part.table.shape[1]
        text = "".join(f"{_fitting(value):>{NUMBER}}" for value in numbers.tolist())
        shape = "x".join(map(str, part.shape)) if _size(part.shape) > 1 else ""
        shape += (" …" if self.unicode else " ..") if more else ""
        labels = (f"{part.name} {shape}",) if _tables(part, columns) == 1 else (part.name, f"  {shape}")
        label = labels[line] if line < len(labels) else ""
        return [self.quiet(padded(f" {label}", LABEL)), self.loud(text)]

    def high(self, analysis: Analysis, width: int) -> int:
        found = self._shown(analysis)
        if found is None:
            return 10
        step = step_of(found, min(analysis.step, analysis.steps - 1), analysis)
        columns = max(1, (width - LABEL) // NUMBER)
        return 4 + len(step.told) + min(2000, sum(_lines(part, columns) for part in step.parts))


def step_of(found: Traced, place: int, analysis: Analysis) -> Step:
    """One step of a trace: 0 the inputs, then the layers, the loss, and the layers back."""
    stages, layers = found.stages, len(found.stages)
    if place == 0:
        return Step("forward: the inputs, as the network sees them", (), (_part("x", found.x),))
    if place <= layers:
        return _forward(stages[place - 1], place)
    if place == layers + 1:
        return _loss(found, analysis)
    number = 2 * layers + 2 - place
    return _back(stages[number - 1], number, found)


def _forward(stage: Stage, number: int) -> Step:
    names = [name for name in stage.arrays if name != "y" and name[0] != "d" and not name.endswith(" after")]
    shown = [_part(name, stage.arrays[name], stage.shapes[name]) for name in names]
    output = _part("z" if names else "a", stage.arrays["y"], stage.shapes["y"])
    return Step(f"forward, layer {number}: {_called(stage)}", stage.forward, (*shown, output))


def _loss(found: Traced, analysis: Analysis) -> Step:
    answer = _part("answer" if analysis.numbers else "p", found.answer)
    told = (("target", found.target), ("loss", f"{digits(found.loss)}   ({found.loss_kind})"))
    return Step("the loss, and its gradient by the outputs", (), (answer, _part("dz", found.dz)), told)


def _back(stage: Stage, number: int, found: Traced) -> Step:
    """The gradients of a layer; at the first one also what the update came to."""
    names = [name for name in stage.arrays if name[0] == "d" and name not in ("dy", "dx")]
    shown = [_part("dy", stage.arrays["dy"], stage.shapes["dy"])]
    for name in names:
        after = f"{name[1:]} after"
        shown += [_part(each, stage.arrays[each], stage.shapes[each]) for each in (name, after) if each in stage.arrays]
    shown.append(_part("dx", stage.arrays["dx"], stage.shapes["dx"]))
    told = [("update", f"the first of {found.optimizer}, learning rate {found.rate:g}")] if names else []
    if number == 1:
        told.append(("loss after", f"{digits(found.loss_after)}   (was {digits(found.loss)})"))
    return Step(f"back, layer {number}: {_called(stage)}", stage.backward, tuple(shown), tuple(told))


def _called(stage: Stage) -> str:
    """A layer's kind and its settings."""
    if stage.word.isdigit():
        return f"{stage.kind} ({plural(int(stage.word), 'unit')})"
    return stage.kind if stage.kind == stage.word else f"{stage.kind} ({stage.word})"


def _part(name: str, value: Array, shape: tuple[int, ...] | None = None) -> Part:
    table = value if value.ndim == 2 else value.reshape(1, -1)
    return Part(name, table, tuple(shape) if shape is not None else value.shape)


def _size(shape: tuple[int, ...]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def _tables(part: Part, columns: int) -> int:
    """Lines of numbers: a vector goes on in the next line, a matrix beyond the edge."""
    return -(-part.table.shape[1] // columns) if len(part.table) == 1 else len(part.table)


def _lines(part: Part, columns: int) -> int:
    """Lines of an array, with the blank one below it."""
    return _tables(part, columns) + 1


def _fitting(value: float) -> str:
    """A number in one column: large ones with fewer digits behind the point."""
    text = digits(value)
    return text if len(text) < NUMBER else f"{value:.{max(0, 9 - len(text) + NUMBER - 1)}f}"


def _ascii(text: str) -> str:
    """Formulas where only ASCII can be shown."""
    for sign, plain in (("ᵀ", "'"), ("²", "^2"), ("·", "*"), ("≥", ">="), ("≤", "<="), ("−", "-")):
        text = text.replace(sign, plain)
    return text.encode("ascii", "replace").decode()
