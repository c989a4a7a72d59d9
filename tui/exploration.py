"""Exploration: what the Data screen shows of a table at one moment, frozen, and the words for its steps. No Textual.

The numbers are the worker's answers; nothing is computed of a table here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tui.points import ahead
from tui.text import exact, plural

if TYPE_CHECKING:
    from mlcore.worker.protocol import ColumnFacts, TableHead, TableRows, TableView

Step: TypeAlias = Mapping[str, Any]

BUNDLED = "sales"  # the name of the table to practise on, which the worker makes
VIEWS = ("column", "describe", "missing", "balance", "bars", "corr", "season", "pca", "told")
TABS = {
    "column": "column",
    "describe": "describe",
    "missing": "missing",
    "balance": "classes",
    "bars": "bars",
    "corr": "correlation",
    "season": "season",
    "pca": "PCA",
    "told": "tells of",
}
FUNCTIONS = ("sum", "mean", "count", "min", "max", "std", "median")
OF_COLUMN = ("column", "season", "bars")  # views that are of the column under the cursor
OF_TARGET = ("balance", "told", "season", "pca")  # of what is to be learned
INSTEAD = ("balance", "told")  # of those, the ones that are of that column where nobody knows what is


class Exploration(NamedTuple):
    """A table as it is looked at.

    path, format, steps: which table. head: what the worker says of it, None before. target: the column to be learned.
    column: the name of the one under the cursor. view: one of VIEWS, turn: which of its kinds. facts, chart: of the
    column and of the view, None while they are asked for. top: lines and columns scrolled. place: the row whose point
    of a plane is chosen, cells: what stands in it, None while that is asked for. message: what went wrong.
    """

    path: str = ""
    format: Mapping[str, Any] = {}
    steps: tuple[Step, ...] = ()
    head: TableHead | None = None
    target: str = ""
    column: str = ""
    view: str = "column"
    turn: int = 0
    facts: ColumnFacts | None = None
    chart: TableView | None = None
    top: tuple[int, int] = (0, 0)
    place: int | None = None
    cells: TableRows | None = None
    message: str = ""

    @property
    def of(self) -> dict[str, Any]:
        """Which table, as the worker is asked."""
        return {"path": self.path, "format": dict(self.format), "steps": tuple(map(dict, self.steps))}

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each column by its name."""
        return dict(zip(self.head.names, self.head.kinds, strict=True)) if self.head is not None else {}

    @property
    def part(self) -> str:
        """How much of the file that is, in words."""
        if self.head is None:
            return ""
        rows = f"{exact(self.head.rows)} of {_counted(self.head.of, 'row')}"
        return f"{rows}, {_counted(len(self.head.names), 'column')}"

    @property
    def size(self) -> str:
        """How large the table is behind its steps, in words."""
        if self.head is None:
            return ""
        return f"{_counted(self.head.rows, 'row')}, {_counted(len(self.head.names), 'column')}"

    @property
    def crumbs(self) -> tuple[str, ...]:
        """The file, and each step in a few words."""
        name = self.path.rstrip("/").rpartition("/")[2]
        return (name, *map(words, self.steps))

    @property
    def line(self) -> str:
        """The pandas that gives what is shown: of the view, or of the last step, or of the column."""
        steps = self.head.lines if self.head is not None else ()
        if self.view != "column":
            return self.chart.line if self.chart is not None else ""
        return steps[-1] if steps else self.facts.line if self.facts is not None else ""

    def seen(self, view: str) -> Exploration:
        """Another view; the one that is shown already in its next kind."""
        if view == self.view:
            return self._replace(turn=self.turn + 1, chart=None, top=(0, 0), place=None)
        return self._replace(view=view, turn=0, chart=None, top=(0, 0), place=None, message="")

    def on(self, column: str) -> Exploration:
        """The cursor on another column: what is not of it stays."""
        of_it = self.view in OF_COLUMN or (self.view in INSTEAD and not self.target)
        chart = None if of_it else self.chart
        return self._replace(column=column, facts=None, chart=chart, top=(0, 0) if chart is None else self.top)

    def scrolled(self, down: int, across: int, ends: tuple[int, int]) -> Exploration:
        """The view some lines and columns on, not beyond the ends of what there is."""
        lines, columns = (
            max(0, min(at + step, end)) for at, step, end in zip(self.top, (down, across), ends, strict=True)
        )
        return self._replace(top=(lines, columns))

    # points of a plane ----------------------------------------------------------------------------------------------

    @property
    def point(self) -> int | None:
        """Which of the points is that of the row chosen."""
        if self.place is None or self.chart is None or self.chart.points is None:
            return None
        found = (self.chart.points.places == self.place).nonzero()[0]
        return int(found[0]) if len(found) else None

    @property
    def row(self) -> TableRows | None:
        """What stands in the row chosen, as far as that is known."""
        return self.cells if self.cells is not None and self.cells.first == self.place else None

    def pointed(self, point: int | None) -> Exploration:
        """A point chosen: its row; or none any longer."""
        if point is None or self.chart is None or self.chart.points is None:
            return self._replace(place=None, top=(0, 0))
        return self._replace(place=int(self.chart.points.places[point]), top=(0, 0))

    def moved(self, down: int, across: int, row: int) -> Exploration:
        """The nearest point in a direction; first that of the `row` under the cursor, where it is among them."""
        found = self.chart.points if self.chart is not None else None
        if found is None or not len(found.x):
            return self
        if self.point is None:
            here = (found.places == row).nonzero()[0]
            return self.pointed(int(here[0]) if len(here) else 0)
        return self.pointed(ahead(found.x, found.y, self.point, across, -down))

    def sorted_by(self) -> dict[str, bool]:
        """Columns the table is sorted by in the end, and whether from the highest down."""
        if not self.steps or self.steps[-1].get("kind") != "sort":
            return {}
        by = self.steps[-1].get("by", ())
        return {str(each).removeprefix("-"): str(each).startswith("-") for each in by}

    def with_sort(self) -> tuple[Step, ...]:
        """The steps, sorted by the column under the cursor: from the lowest up, from the highest down, then not."""
        now = self.sorted_by()
        if list(now) != [self.column]:
            return (*self.steps, {"kind": "sort", "by": (self.column,)})
        down: Step = {"kind": "sort", "by": (f"-{self.column}",)}
        return (*self.steps[:-1], down) if not now[self.column] else self.steps[:-1]


def _counted(number: int, word: str) -> str:
    return f"{exact(number)} {word}{'s' * (number != 1)}"


def words(step: Step) -> str:
    """A step in a few words."""
    match step.get("kind"):
        case "filter":
            return str(step.get("where", ""))
        case "sort":
            by = [str(each) for each in step.get("by", ())]
            return "by " + ", ".join(f"{each[1:]} down" if each[:1] == "-" else each for each in by)
        case "group":
            figures = (str(each).replace(":", " ", 1) for each in step.get("agg", ("count",)))
            return f"per {', '.join(map(str, step.get('by', ())))}: {', '.join(figures)}"
        case "top":
            return f"top {step.get('n')} {step.get('by')} by {step.get('value')}"
        case "fill":
            value = step.get("value", "")
            return f"{step.get('column')} filled: {value if step.get('how') == 'value' else step.get('how')}"
        case "drop_missing":
            columns = step.get("columns", ())
            return f"none missing{' in ' + ', '.join(map(str, columns)) if columns else ''}"
        case "keep":
            return plural(len(step.get("columns", ())), "column")
    return str(step.get("kind", "a step"))


NAMED = ("filter", "sort", "group", "keep")  # steps whose words do not say which they are


def told(step: Step) -> str:
    """A step in a few words that stand alone: filter Price > 3, sort by Sales down."""
    kind = str(step.get("kind"))
    return f"{kind} {words(step)}" if kind in NAMED else words(step)


# what is typed ------------------------------------------------------------------------------------------------------

NAME = r"`[^`]+`|[^\s,:`]+"


def group(text: str, names: Sequence[str]) -> Step:
    """`Product, Region: sum Sales, mean Price` as a step. Raises ValueError with what is wrong in one sentence."""
    by, colon, rest = _parted(text)
    if not colon:
        raise ValueError("columns to group by, a colon, what to compute: Product: sum Sales, mean Price")
    keys = [_known(each, names) for each in _listed(by)]
    found = []
    for item in _listed(rest):
        function, _, column = item.strip().partition(" ")
        if function not in FUNCTIONS or (not column.strip() and function != "count"):
            raise ValueError(f"{item.strip() or 'nothing'}: one of {', '.join(FUNCTIONS)} and a column, e.g. sum Sales")
        found.append(f"{function}:{_known(column, names)}" if column.strip() else function)
    return {"kind": "group", "by": tuple(keys), "agg": tuple(found)}


def top(text: str, names: Sequence[str]) -> Step:
    """`5 Product by Sales` as a step. Raises ValueError with what is wrong in one sentence."""
    found = re.fullmatch(rf"\s*(\d{{1,6}})\s+({NAME})\s+by\s+({NAME})\s*", text)
    if found is None or not int(found[1]):
        raise ValueError("how many, of which column, by the sum of which: 5 Product by Sales")
    return {"kind": "top", "by": _known(found[2], names), "value": _known(found[3], names), "n": int(found[1])}


def quoted(name: str) -> str:
    """A name as it is typed: in backticks where it is more than one plain word."""
    return name if re.fullmatch(r"[^\W\d]\w*", name) else f"`{name}`"


def _parted(text: str) -> tuple[str, str, str]:
    """What stands before and behind the first colon that is not within backticks."""
    found = re.match(r"((?:`[^`]*`|[^`:])*)(:?)(.*)", text, re.S)
    return (found[1], found[2], found[3]) if found else (text, "", "")


def _listed(text: str) -> list[str]:
    """What stands between commas that are not within backticks."""
    return re.findall(r"(?:`[^`]*`|[^`,])+", text) or [""]


def _known(name: str, names: Sequence[str]) -> str:
    """A column by its name. Raises ValueError naming the nearest."""
    from difflib import get_close_matches

    plain = name.strip().strip("`")
    if plain in names:
        return plain
    near = get_close_matches(plain, names, 1, 0.4)
    raise ValueError(f"no column {plain!r:.60}" + (f": did you mean {near[0]}?" if near else ""))
