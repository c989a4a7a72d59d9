"""Sales: a monthly series with a trend and a season, and what the coming months will bring."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from mlcore.datasets.dataset import Array, Data, Dataset, Sequence, Share, Task
from mlcore.datasets.scaling import arrange, constant
from mlcore.datasets.sequences import AsTheyAre, PlainSplit
from mlcore.datasets.split import ordered
from mlcore.errors import DataError

YEAR = 12
SEASON = (
    -0.18,
    -0.22,
    -0.08,
    -0.04,
    0.02,
    0.06,
    0.0,
    -0.05,
    0.03,
    0.06,
    0.16,
    0.44,
)  # log of a month's part, from January


class InTime(PlainSplit, frozen=True):
    """The first months train, the last ones are the test: nobody looks into the future."""

    FIXED: ClassVar = "rows in the order of time are not dealt into folds: the past would be foretold from the future"
    test: Annotated[Share, Meta(description="the last months, for the final test: a fraction, or how many")] = 0.2
    validation: Annotated[Share, Meta(description="months before those of the test: a fraction, or how many")] = 0.1


class Sales(Dataset, frozen=True, tag="sales"):
    """What a shop sells month by month: a little more each year, most in December, and never quite as expected.

    sales[t] = 100 exp(trend t / 12 + season[t mod 12] + noise e[t])      e normal, half of it from the month before

    A row are the last `window` months, the answer is the months that follow, both as parts of the mean of the last
    twelve, so that the level of a shop does not matter. The usual forecast to beat is the seasonal naive one: each
    month sells what it sold a year ago (Hyndman and Athanasopoulos 2021, section 5.2).
    """

    scale: AsTheyAre = "none"
    split: InTime = InTime()
    years: Annotated[int, Meta(ge=6, le=1000, description="years of sales")] = 40
    window: Annotated[int, Meta(ge=12, le=120, description="months that are seen")] = 24
    horizon: Annotated[int, Meta(ge=1, le=24, description="months that are asked for")] = 1
    trend: Annotated[float, Meta(ge=-1, le=1, description="growth of a year, as a logarithm")] = 0.05
    noise: Annotated[float, Meta(ge=0, le=1, description="size of what nobody can know, as a part of the sales")] = 0.06

    def load(self) -> Data:
        x, y = self.windows(self.series())
        parts = ordered(len(x), self.split)
        names = tuple(f"{month} months before" for month in range(self.window, 0, -1))
        task, sequence = Task("regression", self.horizon), Sequence(self.window)
        return arrange(x, y, parts, task, names, constant(self.window, 1.0), sequence=sequence)

    def usual(self, x: Array) -> tuple[str, Array]:
        return "as a year ago", seasonal_naive(x, self.horizon)

    def series(self) -> Array:
        """The sales of each month [years * 12], from a January on."""
        random, months = np.random.RandomState(self.seed), np.arange(self.years * YEAR)
        shocks = random.normal(size=len(months) + 1)
        noise = (shocks[1:] + 0.5 * shocks[:-1]) / np.sqrt(1.25)
        sales: Array = 100 * np.exp(self.trend * months / YEAR + np.asarray(SEASON)[months % YEAR] + self.noise * noise)
        return sales

    def windows(self, series: Array) -> tuple[Array, Array]:
        """Months seen [n, window] and those that follow [n, horizon], as parts of the mean of the last twelve."""
        count = len(series) - self.window - self.horizon + 1
        if count < 10:
            message = f"dataset.years: {self.years} years have {max(count, 0)} windows of {self.window} months"
            raise DataError(message, where="dataset.years", hint="take more years or a smaller window")
        seen = np.lib.stride_tricks.sliding_window_view(series, self.window + self.horizon)
        level = seen[:, self.window - YEAR : self.window].mean(axis=1, keepdims=True)
        found = (seen / level).astype(np.float32)
        return found[:, : self.window], np.ascontiguousarray(found[:, self.window :])


def seasonal_naive(x: Array, horizon: int) -> Array:
    """The forecast that each month sells what it sold a year ago: windows x [n, window] to [n, horizon]."""
    last = x[:, -YEAR:]
    return last[:, np.arange(horizon) % YEAR]
