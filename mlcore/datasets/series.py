"""Series: a column of a table over time, of which the next values are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from mlcore.datasets import lines, stepped, timeline
from mlcore.datasets.dataset import Array, Data, Dataset, Notice, Rows, Sequence, Task
from mlcore.datasets.growth import MONTH, Growing, Windows
from mlcore.datasets.lines import Line
from mlcore.datasets.own import Own
from mlcore.datasets.sales import InTime, Sales
from mlcore.datasets.scaling import fit
from mlcore.errors import ConfigError, DataError
from mlcore.sanitize import sanitize
from mlcore.spec import changed
from mlcore.tables.format import Format
from mlcore.tables.steps import AnyStep
from mlcore.tables.table import Table

FEWEST = 10  # windows a network learns from
SHORT = 12  # values that are seen where a period is shorter than half of that
LONGEST = 10_000  # values a window has, what is seen and what is foretold together
YEARS = 12  # of the sales that stand for a file where none is named


class Ahead(InTime, frozen=True):
    """The last horizons are the test, those before them are watched; each is foretold from what was known before it."""

    test: Annotated[int, Meta(ge=0, le=1000, description="horizons at the end, for the final test")] = 2
    validation: Annotated[int, Meta(ge=0, le=1000, description="horizons before those of the test")] = 0
    FIXED: ClassVar = InTime.FIXED


class Series(Dataset, frozen=True, tag="series"):
    """A column of a table over time: what it grew by says what it will grow by.

    u = log v where all values v are above zero, else v      s[t] = u[t] - u[t - period]
    a row:  s[t - lags + period] … s[t - 1]  ->  u[t + h] less the last u known of the same season, h = 0 … horizon - 1

    Both are standardized by the training rows, so that the level of a series, its unit and its season do not matter:
    the growth over the same month a year ago is learnt. What is foretold comes back in the column's own unit.

    The time is in a column of dates, or in columns of years and months. Without a period it is one, and u[t] - u[t - 1]
    is learnt. Training rows overlap; the last values are cut into horizons, each foretold from what was known before.
    """

    scale: Annotated[Literal["standard", "none"], Meta(description="how growths seen are scaled")] = "standard"
    split: Ahead = Ahead()
    path: Annotated[str, Meta(description="a table with a row for each date; empty: sales made from the seed")] = ""
    target: Annotated[str, Meta(description="column to foretell; empty: the last one of numbers")] = ""
    date: Annotated[str, Meta(description="column of dates, or YEAR+MONTH; empty: it is looked for")] = ""
    horizon: Annotated[int, Meta(ge=1, le=1000, description="values that are foretold at once")] = 12
    lags: Annotated[int, Meta(ge=0, le=5000, description="values that are seen; 0: two periods")] = 0
    period: Annotated[int, Meta(ge=0, le=2500, description="values after which a season returns; 0: by the dates")] = 0
    format: Annotated[Format, Meta(description="how a text table is written")] = Format()
    steps: Annotated[tuple[AnyStep, ...], Meta(description="what is done to the table first: [[dataset.steps]]")] = ()

    def beside(self, folder: Path) -> Series:
        if not self.path:
            return self
        moved: Series = changed(self, path=Own(path=self.path).beside(folder).path)
        return moved

    def names(self) -> tuple[str, ...]:
        """The columns of the table; none where there is none."""
        return self._table().names if self.path else ()

    def aim(self) -> str:
        """The column that is foretold; nothing where no table is named. Raises DataError as `line` does."""
        if not self.path:
            return ""
        table = self._table()
        return lines.aim(table, self.target, timeline.find(table, self.date, regular=False))

    @property
    def fewest(self) -> int:
        """Values of which one can be foretold: what is seen, one for each horizon, and windows enough to learn from."""
        return (self.lags or SHORT) + 1 + self.split.test + self.split.validation + FEWEST - 1

    def farthest(self, line: Line, wanted: int) -> int:
        """The longest horizon up to `wanted` that leaves enough of a line to learn from; 0 where none does."""
        for horizon in range(wanted, 0, -1):
            try:
                changed(self, horizon=horizon)._cut(line)
            except DataError:
                continue
            return horizon
        return 0

    def load(self) -> Data:
        line = self.line()
        period, lags, (train, watched, held), notices = self._cut(line)
        values = line.values
        windows = Windows(values, period, lags, self.horizon)
        x, y = windows.seen(train), windows.asked(train)
        scaling = fit(x, self.scale)
        shift, spread = y.mean(axis=0), np.where(y.std(axis=0) > 0, y.std(axis=0), 1.0)

        growing = Growing(line.target, line.date, line.step, period, windows.log, shift, spread)

        def part(origins: Array) -> Rows | None:
            if not len(origins):
                return None
            y = ((windows.asked(origins) - shift) / spread).astype(np.float32)
            return Rows(scaling.apply(windows.seen(origins)), y, growth=windows.growth(origins, growing))

        found = part(train)
        assert found is not None
        names = tuple(f"growth {place} {line.step.name}s before" for place in range(lags - period, 0, -1))
        sequence, task = Sequence(lags - period), Task("regression", self.horizon)
        parts = found, part(watched), part(held)
        return Data(*parts, task, names, scaling, sequence=sequence, notices=notices, growing=growing)

    def line(self, table: Table | None = None) -> Line:
        """The series. Raises DataError where the table has no dates, no numbers, or a gap.

        table: the one in the file behind its steps, where somebody has read it already.
        """
        if not self.path and table is None:
            if self.steps:
                hint = "e.g. --set dataset.path=my.csv"
                raise ConfigError("dataset.steps are of a table, and none is named", where="dataset.steps", hint=hint)
            return Line(Sales(seed=self.seed, years=YEARS).series(), MONTH)
        table = table or self._table()
        line = lines.read(table, self.target, self.date, regular=not self.period)
        if (line.values == line.values[0]).all():
            what = f"{sanitize(line.target, 80)} is {line.values[0]:g} in every row: there is nothing to learn"
            hint = "name another dataset.target"
            raise DataError(f"{table.where}: {what}", code="DATA_TARGET", where="dataset.target", hint=hint)
        return line

    def _table(self) -> Table:
        from mlcore.tables import reading  # costs pandas

        return stepped.behind(reading.read(Own(path=self.path).place(), self.format), self.steps)

    def _period(self, line: Line) -> tuple[int, tuple[Notice, ...]]:
        """After how many values a season returns: as asked for, by the step, or 1 where there are too few for it."""
        period = self.period or line.step.period
        if self.lags and self.lags <= period:
            message = f"dataset.lags: {self.lags} values show no growth over {period}"
            raise DataError(message, where="dataset.lags", hint=f"take {period + 1} or more, 0, or a smaller period")
        need = 2 * period + (1 + self.split.test + self.split.validation) * self.horizon + FEWEST - 1
        if self.period or period == 1 or len(line.values) >= need:
            return period, ()
        message = f"{len(line.values):,} {line.step.name}s are too few for a season of {period}: it is left out"
        return 1, (Notice("DATA_SHORT", message),)

    def _cut(self, line: Line) -> tuple[int, int, tuple[Array, Array, Array], tuple[Notice, ...]]:
        """Period, lags, and the first values foretold of each part. Raises DataError where too few are left."""
        period, notices = self._period(line)
        lags = self.lags or (2 * period if 2 * period >= SHORT else SHORT)
        return period, lags, self._origins(len(line.values), lags, period), notices

    def _origins(self, n: int, lags: int, period: int) -> tuple[Array, Array, Array]:
        """The first value foretold of each training row, validation row and test row."""
        h, split = self.horizon, self.split
        held = n - h * split.test
        watched = held - h * split.validation
        train = np.arange(lags, watched - h + 1)
        if lags + h > LONGEST or len(train) < FEWEST:
            kept = h * (split.test + split.validation)
            message = f"{n:,} values, {kept:,} of them held back, leave {max(len(train), 0)} windows of {lags} + {h}"
            hint = "take a longer series, a smaller dataset.horizon or dataset.lags, or a smaller dataset.split"
            raise DataError(f"series: {message} to learn from", code="DATA_EMPTY", where="dataset.horizon", hint=hint)
        return train, np.arange(watched, held, h), np.arange(held, n, h)
