"""Analysis: what the Analyse screen shows at one moment, frozen, and how keys move in it. No Textual here.

The numbers are the worker's findings; nothing is computed of a network here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tui import sights
from tui.points import ahead
from tui.sights import BESIDE, NEEDS

if TYPE_CHECKING:
    from mlcore.worker.protocol import Depends, Example, Filters, Judgement, Projected, Ranked, Traced, Weighed

Cell: TypeAlias = tuple[int | None, int | None]  # label and answer; None: any

MANY = 12  # classes that need all the height there is


class Analysis(NamedTuple):
    """The network of one moment under examination.

    view: one of VIEWS. run, name: of the run, empty while it is not on disk. epoch: asked for, None for the present.
    classes, features: names, harmless. cell: where the cursor of the matrix is (label, answer). within: the cell whose
    rows are looked at, None for every mistake. place: which of them. depth: how deep in the network is projected.
    chosen: a row chosen among the points of the projection, looked at instead of those.
    step: of the trace. column: which of the columns, the most important first. recall: precision over recall instead
    of a ROC curve. top: lines and columns scrolled. passing: the run goes on, and another epoch is its
    present one. message: what went wrong.
    """

    view: str = "confusion"
    dataset: str = ""
    task: str = ""
    run: str = ""
    name: str = ""
    epoch: int | None = None
    ceiling: float | None = None
    splits: tuple[str, ...] = ()
    split: str = "test"
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    judgement: Judgement | None = None
    example: Example | None = None
    projected: Projected | None = None
    filters: Filters | None = None
    traced: Traced | None = None
    ranked: Ranked | None = None
    weighed: Weighed | None = None
    depends: Depends | None = None
    cell: tuple[int, int] = (0, 0)
    within: Cell | None = None
    place: int = 0
    depth: int = 0
    chosen: int | None = None
    step: int = 0
    column: int = 0
    recall: bool = False
    top: tuple[int, int] = (0, 0)
    passing: bool = False
    message: str = ""

    @property
    def numbers(self) -> bool:
        """Whether this is a regression."""
        return self.task == "regression"

    def beside(self, wide: bool, tall: bool) -> tuple[str, ...]:
        """The views that stand beside the one keys act on, where there is room; those that need none give way to it."""
        several = BESIDE[self.view][: 3 if tall and len(self.classes) <= MANY else 2 if tall else 1]
        return several if wide else ()

    @property
    def held(self) -> int:
        """The moment examined, as the worker calls it; 0 before anything is known."""
        return self.judgement.held if self.judgement is not None else 0

    @property
    def listed(self) -> Any:
        """Places in the judgement's lists of the rows looked at, the greatest loss first [m].

        Those of the cell that is open, else the mistakes; where nothing is wrong, and of numbers, all rows.
        """
        judged = self.judgement
        assert judged is not None
        if self.within is not None:
            label, said = self.within
            chosen = judged.label == judged.label
            chosen &= (judged.label == label) if label is not None else chosen
            chosen &= (judged.said == said) if said is not None else judged.said != judged.label
            return chosen.nonzero()[0]
        wrong = (judged.said != judged.label).nonzero()[0]
        return wrong if len(wrong) and not self.numbers else (judged.losses == judged.losses).nonzero()[0]

    @property
    def row(self) -> int | None:
        """The row of the split looked at; None where there is none."""
        if self.chosen is not None and self.judgement is not None:
            return self.chosen
        if self.judgement is None or not len(listed := self.listed):
            return None
        return int(self.judgement.index[listed[min(self.place, len(listed) - 1)]])

    def class_name(self, number: float) -> str:
        """What a class is called."""
        place = int(number)
        return self.classes[place] if 0 <= place < len(self.classes) else str(place)

    def answer(self, number: float) -> str:
        """A target or an answer in words."""
        return f"{number:.5g}" if self.numbers else self.class_name(number)

    def wanted(self, view: str) -> tuple[str, int]:
        """What must be asked for to show a view, and which: a row or a depth. Nothing where it is there, or cannot be.

        The name of a finding and its row or place; ("", 0) when nothing is missing.
        """
        if self.judgement is None:
            return "judgement", 0
        need, row, held = NEEDS.get(view, ""), self.row, self.held
        if need == "projected" and not (self.projected and _same(self.projected, self) and self._deep):
            return need, self.depth
        if need == "filters" and not (self.filters and self.filters.held == held):
            return need, 0
        if need == "ranked" and not self.numbers and not (self.ranked and _same(self.ranked, self)):
            return need, 0
        if need == "weighed":
            return self._reason()
        if need in ("example", "traced") and row is not None:
            there = self.example if need == "example" else self.traced
            if there is None or not _same(there, self) or there.row != row:
                return need, row
        return "", 0

    def _reason(self) -> tuple[str, int]:
        """What is missing of the columns: how important they are, then how answers go with the one under the cursor."""
        if not (self.weighed and _same(self.weighed, self)):
            return "weighed", 0
        place = self.column_place
        there = self.depends is not None and _same(self.depends, self) and self.depends.place == place
        return ("", 0) if there or place is None else ("depends", place)

    @property
    def column_place(self) -> int | None:
        """The place among all columns of the one under the cursor; None before it is known."""
        if self.weighed is None or not len(self.weighed.order):
            return None
        return int(self.weighed.order[self._within(self.column, len(self.weighed.order))])

    @property
    def column_name(self) -> str:
        """The column under the cursor, as the data call it."""
        place = self.column_place
        return self.weighed.names[place] if self.weighed is not None and place is not None else ""

    @property
    def _deep(self) -> bool:
        return self.projected is not None and self.projected.place == min(self.depth, len(self.projected.places) - 1)

    # what keys do ---------------------------------------------------------------------------------------------------

    def seen(self, view: str) -> Analysis:
        """Another view, from its beginning."""
        return self._replace(view=view, top=(0, 0))

    def moved(self, down: int, across: int) -> Analysis:
        """The arrows: the cursor of the matrix, the next row, another depth, another step, or a bit further down."""
        if self.view == "confusion" and not self.numbers:
            return self._at(self.cell[0] + down, self.cell[1] + across)
        if self.view == "report" and not self.numbers:
            return self._at(self.cell[0] + down, self.cell[1])
        if self.view in ("mistakes", "inside"):
            return self.stepped(down or across)
        if self.view == "projection":
            return self._pointed(down, across)
        if self.view == "columns":
            count = len(self.weighed.order) if self.weighed is not None else 1
            return self._replace(column=self._within(self.column + (down or across), count))
        if self.view == "ranking" and across:
            return self._replace(recall=not self.recall)
        if self.view == "trace" and across:
            return self._replace(step=self._within(self.step + across, self.steps), top=(0, 0))
        return self.scrolled(down, across)

    def scrolled(self, down: int, across: int) -> Analysis:
        """Further down or to the right; of the projection, another layer."""
        if self.view == "projection":
            return self._replace(depth=self._within(self.depth + (across or (down > 0) - (down < 0)), self._depths))
        return self._replace(top=(max(0, self.top[0] + down), max(0, self.top[1] + across)))

    def stepped(self, step: int) -> Analysis:
        """The next of the rows looked at, or one before."""
        if self.judgement is None:
            return self
        return self._replace(place=self._within(self.place + step, len(self.listed)), chosen=None)

    def opened(self) -> Analysis:
        """Enter: the rows of the cell or of the class under the cursor; one row with every number."""
        if self.view == "confusion" and not self.numbers:
            return self._replace(view="mistakes", within=self.cell, place=0, chosen=None)
        if self.view == "report" and not self.numbers:
            return self._replace(view="mistakes", within=(self.cell[0], None), place=0, chosen=None)
        if self.view == "trace":
            return self.seen("mistakes")
        return self.seen("trace")._replace(step=0)

    def closed(self) -> Analysis | None:
        """Escape: out of the row or the cell that is open; None when there is nothing to leave but the screen."""
        if self.chosen is not None and self.view in ("trace", "mistakes", "inside"):
            return self.seen("projection")
        if self.chosen is not None and self.view == "projection":
            return self._replace(chosen=None)
        if self.view == "mistakes" and self.within is not None:
            return self._replace(view="confusion", within=None, place=0)
        return None

    def every(self) -> Analysis:
        """All mistakes, not only those of a cell."""
        return self._replace(within=None, place=0, chosen=None)

    def on_next_split(self) -> Analysis:
        """The next split, asked anew."""
        here = self.splits.index(self.split) if self.split in self.splits else -1
        return self.on_split(self.splits[(here + 1) % len(self.splits)]) if self.splits else self

    def on_split(self, split: str) -> Analysis:
        """Another split: what was found on the one before is forgotten."""
        return self._replace(split=split, within=None, place=0, chosen=None, judgement=None, message="")

    @property
    def point(self) -> int | None:
        """Which of the points of the projection is the row chosen."""
        if self.projected is None or self.chosen is None:
            return None
        found = (self.projected.index == self.chosen).nonzero()[0]
        return int(found[0]) if len(found) else None

    def pointed(self, point: int) -> Analysis:
        """A point of the projection chosen: its row."""
        return self._replace(chosen=int(self.projected.index[point])) if self.projected is not None else self

    def _pointed(self, down: int, across: int) -> Analysis:
        """The nearest point in a direction; first that of the row looked at, where it is among them."""
        found, here = self.projected, self.point
        if found is None or not _same(found, self) or not len(found.x):
            return self
        if here is None:
            rows = (found.index == self.row).nonzero()[0]
            return self.pointed(int(rows[0]) if len(rows) else 0)
        return self.pointed(ahead(found.x, found.y, here, across, -down))

    @property
    def steps(self) -> int:
        """Steps of a trace: the inputs, each layer, the loss, and each layer back."""
        return 2 * len(self.traced.stages) + 2 if self.traced is not None else 1

    @property
    def _depths(self) -> int:
        return len(self.projected.places) if self.projected is not None else 1

    def _at(self, label: int, said: int) -> Analysis:
        count = max(1, len(self.classes))
        return self._replace(cell=(self._within(label, count), self._within(said, count)))

    @staticmethod
    def _within(place: int, count: int) -> int:
        return min(max(place, 0), max(count - 1, 0))

    # the same, without the screen -----------------------------------------------------------------------------------

    def command(self) -> str:
        """The line for a shell that says the same as this view; nothing while the run is not on disk."""
        return sights.command(self)


def _same(found: Any, analysis: Analysis) -> bool:
    """Whether a finding is about the moment and the split that are looked at."""
    return bool(found.held == analysis.held and found.split == analysis.split)


def shares(values: Sequence[float]) -> list[float]:
    """Values as parts of the largest, 0 where there is none."""
    most = max((abs(value) for value in values), default=0.0)
    return [value / most if most else 0.0 for value in values]
