"""A table of sales to practise on: what a furniture shop sold in four years, with everything in it planted.

The board `groupby("Product")["Sales"].sum().sort_values(ascending=False)` is this one, to the cent, for every seed:

    Lamp 600,000   Desk 550,000   Chair 513,000   Shelf 480,000   Rug 450,000
    Sofa 320,000   Mirror 312,000   Vase 219,000   Clock 157,500

Every day from 2021-01-01 to 2024-12-31 has a sale. What is sold grows by a tenth each year, is 1.9 times the usual in
December and least in February; on Saturdays the shop sells most, on Mondays least. Sales = Price * Quantity; of
Region, Price and Quantity some cells are missing, of Product, Date and Sales none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.errors import ConfigError

if TYPE_CHECKING:
    from pandas import DataFrame

Array: TypeAlias = NDArray[Any]


class Product(NamedTuple):
    """A product: what one costs (a multiple of a quarter, so that sums are exact), how many are sold in all, and its
    part of the rows."""

    name: str
    price: float
    units: int
    share: float


PRODUCTS = (
    Product("Chair", 85.5, 6_000, 0.14),
    Product("Clock", 31.5, 5_000, 0.08),
    Product("Desk", 220.0, 2_500, 0.10),
    Product("Lamp", 25.0, 24_000, 0.17),
    Product("Mirror", 48.75, 6_400, 0.10),
    Product("Rug", 112.5, 4_000, 0.11),
    Product("Shelf", 64.0, 7_500, 0.13),
    Product("Sofa", 640.0, 500, 0.04),
    Product("Vase", 18.25, 12_000, 0.13),
)
REGIONS, PARTS = ("East", "North", "South", "West"), (0.2, 0.35, 0.15, 0.3)
FIRST, DAYS = np.datetime64("2021-01-01"), 1461
MONTHS = np.array([0.85, 0.75, 0.9, 0.95, 1.0, 1.0, 0.9, 0.85, 1.0, 1.0, 1.2, 1.9])  # from January
WEEK = np.array([0.7, 0.8, 0.9, 0.95, 1.15, 1.6, 0.9])  # from Monday
GROWTH, NOISE = 0.1, 0.25
LACKING = {"Region": 0.03, "Price": 0.02, "Quantity": 0.02}  # parts of the cells that are missing
ROWS, FEWEST, MOST = 4_000, 2_000, 10_000


def make(rows: int = ROWS, seed: int = 42) -> DataFrame:
    """The table: Product, Region, Date, Price, Quantity, Sales, in the order of the dates.

    Raises ConfigError for fewer rows than days need, or more than what is sold allows.
    """
    import pandas as pd

    if not FEWEST <= rows <= MOST:
        message = f"sales: expected {FEWEST:,} to {MOST:,} rows, got {rows:,}"
        raise ConfigError(message, where="rows", hint=f"{ROWS:,} are usual")
    random = np.random.RandomState(seed)
    days = np.arange(DAYS)
    weekday = (days + 4) % 7  # the first day is a Friday
    more = random.choice(DAYS, rows - DAYS, p=WEEK[weekday] / WEEK[weekday].sum())
    day = np.sort(np.concatenate([days, more]))
    dates = FIRST + day.astype("timedelta64[D]")
    product = random.permutation(_products(rows))
    month = dates.astype("datetime64[M]").astype(int) % 12
    weight = MONTHS[month] * WEEK[weekday[day]] * (1 + GROWTH) ** (day / 365.25)
    weight *= np.exp(NOISE * random.normal(size=rows))
    quantity, price = np.empty(rows), np.array([each.price for each in PRODUCTS])[product]
    for place, each in enumerate(PRODUCTS):
        mine = product == place
        quantity[mine] = _parted(each.units, weight[mine])
    columns = {
        "Product": np.array([each.name for each in PRODUCTS], object)[product],
        "Region": np.array(REGIONS, object)[random.choice(len(REGIONS), rows, p=PARTS)],
        "Date": dates.astype("datetime64[ns]"),
        "Price": price,
        "Quantity": quantity,
        "Sales": price * quantity,
    }
    for name, part in LACKING.items():
        columns[name][random.uniform(size=rows) < part] = None if name == "Region" else np.nan
    return pd.DataFrame(columns).astype({"Product": "str", "Region": "str"})


def _products(rows: int) -> Array:
    """The number of a product for each row, each as often as its part says."""
    ends = np.rint(np.cumsum([each.share for each in PRODUCTS]) * rows).astype(int)
    return np.repeat(np.arange(len(PRODUCTS)), np.diff(ends, prepend=0))


def _parted(units: int, weight: Array) -> Array:
    """So many units given to rows by weight, one at least to each: those with the largest remainders get the rest."""
    exact = (units - len(weight)) * weight / weight.sum()
    found: Array = np.floor(exact)
    rest = units - len(weight) - int(found.sum())
    found[np.argsort(found - exact, kind="stable")[:rest]] += 1
    found += 1
    return found
