"""The network as a drawing: every neuron a dot, every weight a line, its sign a colour, its size the line's weight."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.frame import Frame, Net
from tui.text import plural
from tui.theme import paint
from tui.widgets import blocks, canvas, rows
from tui.widgets.pane import Pane
from tui.widgets.rows import PLAIN, Piece

NAMES = 7  # cells of a name beside the inputs and outputs, at most
NEAREST = 4  # cells between two layers, at least; networks with more layers are drawn without their middle
WIDEST = 16  # neurons of a layer drawn at most: the weights shown end there
WEAK, STRONG = 0.3, 0.65  # of a layer's largest weight: where a line becomes plain, and where bold
CROWD = 2  # links drawn between two layers for each row there is
HIDDEN = 0.08  # below this share of the largest weight a line is left out


class Column(NamedTuple):
    """A layer as drawn: which it is, its place, the rows of its neurons, how many more there are."""

    layer: int
    x: int
    rows: tuple[int, ...]
    more: int


class NetworkPane(Pane):
    """The network, the selected layer lit, the size of every layer below it."""

    NAME = "network"
    NUMBER = 1
    HELP: ClassVar[str] = """\
**The network.** Left what goes in, right what comes out, between them the neurons. A line is a weight: the bolder, the
larger; orange adds, blue takes away (without colours: solid and dotted). Below each layer its size and its bend.
`up` and `down` change the neurons of the layer marked ▸, `u` marks the next one, `+` and `-` add and remove layers, `a`
bends.

What comes before the neurons of a network of images or sequences stands at the left, a line for each convolution, pool
or recurrent layer: its words, and the shape of what comes out of it (channels x height x width, steps x numbers).
"""

    class Picked(Message):
        """A click on a weight. words: dense layer, from and to, each counted from 1, and its value."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def on_click(self, event: events.Click) -> None:
        """Find the weight whose line passes nearest."""
        net, (width, height) = self._frame.net, self.canvas
        if len(net.widths) < 2:
            return
        columns = self._columns(net, width, height)
        found = nearest(columns, event.x - 1 - blocks.wide(net, width), event.y - 1)
        if found is not None:
            layer, source, target = found
            known = net.weights[layer] if layer < len(net.weights) else None
            inside = known is not None and source < known.shape[0] and target < known.shape[1]
            value = float(known[source, target]) if known is not None and inside else 0.0
            self.post_message(self.Picked(f"{net.passed + layer + 1} {source + 1} {target + 1} {value:.4g}"))

    def _columns(self, net: Net, width: int, height: int) -> list[Column]:
        width -= blocks.wide(net, width)
        left = max([len(name[:NAMES]) for name in net.inputs[:WIDEST]] or [0])
        right = max([len(name) for name in self._outputs(net)] or [0])
        left, right = (left + 1, right + 1) if left + right + 10 <= width else (0, 0)
        return placed(net.widths, width, height - 1, left, right)

    def legend(self, frame: Frame) -> list[Piece]:
        """How many numbers are learned."""
        if not frame.net.parameters:
            return []
        return [(plural(frame.net.parameters, "parameter"), paint(self.palette.muted))]

    def summary(self, frame: Frame) -> str:
        """The sizes and bends of the layers."""
        net = frame.net
        if not net.widths:
            return "no network yet"
        layers = [f"{width} {_bend(net, i)}".strip() for i, width in enumerate(net.widths[1:-1])]
        hidden = ", ".join(layers) or "no hidden layer"
        if net.blocks:
            before = ", ".join(f"{words} {shape}" for words, shape in net.blocks)
            outputs = plural(net.widths[-1], "output")
            return f"{before}, {hidden}, {outputs}; {plural(net.parameters, 'parameter')}"
        return f"{net.widths[0]} inputs, {hidden}, {net.widths[-1]} outputs; {plural(net.parameters, 'parameter')}"

    def draw(self, frame: Frame, width: int, height: int) -> list[Strip]:
        """Links, neurons over them, names at both sides, sizes below."""
        net = frame.net
        if width < 8 or height < 2 or len(net.widths) < 2:
            return self.waiting(frame, width, height)
        columns, left = self._columns(net, width, height), blocks.wide(net, width)
        selected = frame.selected - net.passed
        lines = self._links(net, columns, width - left, height - 1)
        self._neurons(lines, columns, selected)
        self._names(lines, columns[0], net.inputs, before=True)
        self._names(lines, columns[-1], self._outputs(net), before=False)
        drawn = [*lines, self._captions(net, columns, width - left, selected)]
        if left:
            before = blocks.lines(net, left, height, self.terminal)
            drawn = [[*one, *other] for one, other in zip(before, drawn, strict=True)]
        return rows.block([rows.cells(line, width) for line in drawn], width, height)

    def _links(self, net: Net, columns: list[Column], width: int, height: int) -> list[list[Piece]]:
        """The weights between neurons drawn, the strongest last; of many only the strongest, or nothing can be seen."""
        ascii_only = self.terminal.glyphs != "braille"
        paper = Dashes(width, height) if ascii_only else canvas.Braille(width, height)
        for a, b in pairwise(columns):
            known = net.weights[a.layer].tolist() if b.layer == a.layer + 1 and a.layer < len(net.weights) else []
            largest = max((abs(w) for line in known for w in line if abs(w) < float("inf")), default=0.0)
            links = []
            for i, start in enumerate(a.rows):
                for j, end in enumerate(b.rows):
                    weight = known[i][j] if i < len(known) and j < len(known[i]) else float("nan")
                    share = weight / largest if largest else 0.0
                    links.append((abs(share) if share == share else 0.0, share, (a.x + 1, start), (b.x - 1, end)))
            links.sort(key=lambda link: link[0])
            for size, share, start_cell, end_cell in links[-CROWD * height :]:
                if size >= HIDDEN or not net.weights:
                    self._link(paper, start_cell, end_cell, share, size)
        return paper.cells()

    def _link(
        self, paper: canvas.Braille | Dashes, start: tuple[int, int], end: tuple[int, int], share: float, size: float
    ) -> None:
        level = 2 if size >= STRONG else 1 if size >= WEAK else 0
        colors = self.palette.negative if share < 0 else self.palette.positive
        color = colors[level] if size >= HIDDEN else self.palette.faint
        gap = 2 if share < 0 and self.terminal.colors == "none" else 0
        (x0, y0), (x1, y1) = (start[0] * 2.0, start[1] * 4 + 1.5), (end[0] * 2.0 + 1, end[1] * 4 + 1.5)
        paper.line((x0, y0), (x1, y1), color, size, gap)
        if level == 2:
            paper.line((x0, y0 + 1), (x1, y1 + 1), color, size, gap)

    def _neurons(self, lines: list[list[Piece]], columns: list[Column], selected: int) -> None:
        dot = "●" if self.unicode else "O"
        for place, column in enumerate(columns):
            hidden = 0 < place < len(columns) - 1
            lit = hidden and column.layer - 1 == selected
            style = paint(self.palette.accent if lit else self.palette.text, bold=True)
            for y in column.rows:
                lines[y][column.x] = dot, style
            if column.more and column.rows:
                self._put(lines[-1], column.x, f"+{column.more}", paint(self.palette.muted).color is not None)

    def _put(self, line: list[Piece], x: int, text: str, quiet: bool) -> None:
        """Write text around a place, one cell a character."""
        start = min(max(0, x - len(text) // 2), max(0, len(line) - len(text)))
        for i, character in enumerate(text[: len(line)]):
            line[start + i] = character, paint(self.palette.muted if quiet else "")

    def _names(self, lines: list[list[Piece]], column: Column, names: tuple[str, ...], *, before: bool) -> None:
        style = paint(self.palette.muted)
        for y, name in zip(column.rows, names, strict=False):
            text = rows.clean(name)[:NAMES]
            start = column.x - len(text) - 1 if before else column.x + 2
            if start < 0 or start + len(text) > len(lines[y]):
                continue
            for i, character in enumerate(text):
                lines[y][start + i] = character, style

    @staticmethod
    def _outputs(net: Net) -> tuple[str, ...]:
        """Names of the outputs: of the classes, or of the one class whose probability it is."""
        if net.widths[-1] == 1:
            return (f"p({net.outputs[1]})"[:NAMES],) if len(net.outputs) == 2 else ()
        return tuple(name[:NAMES] for name in net.outputs)

    def _captions(self, net: Net, columns: list[Column], width: int, selected: int) -> list[Piece]:
        """Below each layer its size and bend; the selected one is marked."""
        line: list[Piece] = [(" ", PLAIN)] * width
        room = (columns[-1].x - columns[0].x) // max(1, len(columns) - 1) if len(columns) > 1 else width
        for place, column in enumerate(columns):
            hidden = 0 < place < len(columns) - 1
            lit = hidden and column.layer - 1 == selected
            text = str(net.widths[column.layer])
            bend = _bend(net, column.layer - 1) if hidden else ""
            if bend and len(text) + len(bend) + 2 < room:
                text = f"{text} {bend}"
            if lit:
                text = f"{'▸' if self.unicode else '>'}{text}"
            start = min(max(0, column.x - len(text) // 2), max(0, width - len(text)))
            style = paint(self.palette.accent if lit else self.palette.muted, bold=lit)
            for i, character in enumerate(text[:width]):
                line[start + i] = character, style
        return line


def _bend(net: Net, layer: int) -> str:
    return net.activations[layer] if 0 <= layer < len(net.activations) else ""


def placed(widths: tuple[int, ...], width: int, height: int, left: int, right: int) -> list[Column]:
    """Where layers and their neurons stand. Too many layers: the last one stands after as many as fit."""
    fit = max(2, (width - left - right - 1) // NEAREST + 1)
    layers = list(range(len(widths)))
    if len(layers) > fit:
        layers = [*layers[: fit - 1], layers[-1]]
    room = max(1, width - left - right - 3)
    columns = []
    for place, layer in enumerate(layers):
        x = left + 1 + place * (room - 1) // max(1, len(layers) - 1)
        count = widths[layer]
        most = min(height, WIDEST)
        shown = count if count <= most else max(1, most - 1)
        space = height if shown == count else max(1, height - 1)
        gap = space / shown if space >= 2 * shown else 1.0
        top = (space - gap * shown) / 2 if gap > 1 else (space - shown) // 2
        ys = tuple(min(int(top + gap * (i + 0.5 * (gap > 1))), space - 1) for i in range(shown))
        columns.append(Column(layer, x, ys, count - shown))
    return columns


def nearest(columns: list[Column], x: int, y: int) -> tuple[int, int, int] | None:
    """The dense layer, input and output whose line passes nearest a cell, each from 0; None outside the drawing."""
    for a, b in pairwise(columns):
        if a.x <= x <= b.x and b.layer == a.layer + 1:
            share = (x - a.x) / max(1, b.x - a.x)
            far = [
                (abs(start + (end - start) * share - y), i, j)
                for i, start in enumerate(a.rows)
                for j, end in enumerate(b.rows)
            ]
            return (a.layer, *min(far)[1:]) if far else None
    return None


class Dashes:
    """Links in plain characters, for terminals without Braille: the canvas of the same name in coarse."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._signs: dict[tuple[int, int], Piece] = {}

    def line(self, start: tuple[float, float], end: tuple[float, float], color: str, strength: float, gap: int) -> None:
        """A line between two places, given in dots as to `canvas.Braille`."""
        x0, y0, x1, y1 = int(start[0]) // 2, int(start[1]) // 4, int(end[0]) // 2, int(end[1]) // 4
        steps = max(1, x1 - x0)
        before = y0
        for step in range(steps + 1):
            y = round(y0 + (y1 - y0) * step / steps)
            after = round(y0 + (y1 - y0) * min(step + 1, steps) / steps)
            flat = "." if gap else "=" if strength >= STRONG else "-"
            sign = flat if before == y == after else "\\" if after > before else "/"
            if 0 <= x0 + step < self.width and 0 <= y < self.height:
                self._signs[y, x0 + step] = sign, paint(color)
            before = y

    def cells(self) -> list[list[Piece]]:
        """The links as cells."""
        lines: list[list[Piece]] = [[(" ", PLAIN)] * self.width for _ in range(self.height)]
        for (y, x), piece in self._signs.items():
            lines[y][x] = piece
        return lines
