"""A decision map and a matrix of mistakes, in colour and shades on a terminal, in plain characters in a pipe."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

from numpy.typing import NDArray

from mlcore import plots
from mlcore.axes import Sheet, colored, shares
from mlcore.commands.drawing import Paper, legend
from mlcore.commands.rows import raw
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Rows
from mlcore.model import Model
from mlcore.sanitize import sanitize
from mlcore.worker.pictures import Stage
from mlcore.worker.protocol import View

SHADES = " ░▒"  # how sure the network is
PLAIN = ".:-='`,;"  # a class where the network is sure, without colours; signs of points are none of them
CROWDED = 5  # one cell in so many may carry a point: the map must stay visible between them
WRONG = 231  # the colour of a row the network gets wrong
CELL = 8  # characters of a class name at the edge of a matrix
GREYS = " .:-=+*#%@"  # shares of a row, from none to all


def decision(config: Config, model: Model, data: Data, rows: Rows, name: str, paper: Paper) -> str:
    """The most probable class everywhere, with rows over it: class by sign and colour. A row that is wrong is white.

    The map is blank where the network wavers; without fine dots a class is its own light sign where it is sure.
    """
    stage = Stage(config, data)
    a, b, c, d = stage.bounds or (0.0, 1.0, 0.0, 1.0)
    sheet = Sheet(paper.width, paper.height - 1, "", paper.glyphs, plots.MUTED if paper.colors else None)
    sheet.scale((a, b), (c, d), False)
    if not (sheet.rows and sheet.columns):
        return ""
    view = View(width=sheet.columns, height=sheet.rows, count=0)
    belief = stage.picture(model, 0, 0, view, 0).boundary
    assert belief is not None  # the caller knows that it is a plane
    cells = [
        [_ground(int(winner), int(sure), paper) for winner, sure in zip(*line, strict=True)]
        for line in zip(belief.winner, belief.certainty, strict=True)
    ]
    every = -(-len(rows) * CROWDED // (sheet.rows * sheet.columns))
    shown = rows.take(slice(None, None, max(every, 1)))
    x = raw(data, shown)
    columns = (shares(x[:, 0], (a, b)) * (sheet.columns - 1)).round().astype(int)
    lines = ((1 - shares(x[:, 1], (c, d))) * (sheet.rows - 1)).round().astype(int)
    said = model.predict(x)
    for column, line, label, found in zip(columns, lines, shown.y.tolist(), said, strict=True):
        cells[line][column] = _sign(label, paper, found != label)
    return sheet.text(["".join(line) for line in cells]) + "\n" + _legend(data, name, paper)


def _ground(winner: int, certainty: int, paper: Paper) -> str:
    """A cell of the map; certainty 0..255."""
    if paper.glyphs == "braille":
        return colored(SHADES[certainty * len(SHADES) // 256], _color(winner))
    sign = PLAIN[winner % len(PLAIN)] if certainty > 127 else " "
    return colored(sign, _color(winner)) if paper.colors else sign


def _sign(label: int, paper: Paper, wrong: bool) -> str:
    sign = plots.CLASS_GLYPHS[label % len(plots.CLASS_GLYPHS)]
    return colored(sign, WRONG if wrong else _color(label)) if paper.colors else sign


def _color(number: int) -> int:
    return int(plots.CLASS_COLORS[number % len(plots.CLASS_COLORS)])


def _legend(data: Data, name: str, paper: Paper) -> str:
    """The signs of the classes, and without colours those of the map."""
    grounds = ("" if paper.colors else f" on {sign}" for sign in cycle(PLAIN))
    texts = [f"{sanitize(word, 20)}{ground}" for word, ground in zip(data.task.class_names, grounds, strict=False)]
    return legend(texts, paper, f"({name} rows{', wrong ones without colour' if paper.colors else ''})")


def confusion(found: NDArray[Any], names: Sequence[str], of: str, paper: Paper) -> str:
    """How often each class was taken for each other, label down and prediction across, each row's share beside it.

    In colours the right ones are green, and mistakes the redder the larger their share of the row. Where names have no
    room there are numbers of classes, and where counts have none each is a shade, the darker the larger its share.
    """
    largest, short = len(f"{found.max():,}"), [str(number) for number in range(len(names))]
    forms = [(list(names), max(largest, *(len(name[:CELL]) for name in names)) + 2), (short, largest + 1), (short, 1)]
    names, cell = next(
        (form for form in forms if _edge(form[0]) + form[1] * len(names) + CELL <= paper.width), forms[-1]
    )
    edge = _edge(names)
    lines = [f"{of}, {found.trace() / max(found.sum(), 1):.2%} right", "label (down) and prediction (across)"]
    lines.append(
        " " * edge + "".join(f"{name[-1 if cell == 1 else 0 :][:CELL]:>{cell}}" for name in names) + "   right"
    )
    for number, (name, counts) in enumerate(zip(names, found.tolist(), strict=True)):
        share = f"{counts[number] / sum(counts):8.1%}" if sum(counts) else ""
        body = "".join(_counts(counts, number, cell, paper))
        lines.append(f"{name[: 2 * CELL]:<{edge}}{body}{share}".rstrip())
    return "\n".join(lines)


def has_room(classes: int, paper: Paper) -> bool:
    """Whether a matrix of so many classes fits, a cell of it a character."""
    return len(str(classes - 1)) + 1 + classes + CELL <= paper.width


def _edge(names: Sequence[str]) -> int:
    """The width of the names at the left."""
    return max(len(name[: 2 * CELL]) for name in names) + 1


def _counts(counts: Sequence[int], own: int, cell: int, paper: Paper) -> Iterator[str]:
    """The cells of one row of a matrix; a place where nothing was is a dot."""
    for place, count in enumerate(counts):
        share = count / max(sum(counts), 1)
        text = f"{f'{count:,}' if count else '.':>{cell}}" if cell > 1 else GREYS[math.ceil(share * (len(GREYS) - 1))]
        reds = (253, 223, 216, 209, 203, 196)
        color = 114 if place == own else reds[min(int(share * 20), 5)] if count else plots.MUTED
        yield colored(text, color) if paper.colors else text
