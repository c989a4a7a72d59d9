"""What each column of a table is for: learnt from, predicted, weighing rows, or left out, and why.

Left out by themselves, as far as the training rows tell, unless they are named in `dataset.columns` or `dataset.keep`:

identifiers     texts that are another in every row, and whole numbers that are, under a name such as id or row
free texts      of which more than half are another one: a feature for each would be learnt by heart
empty columns   without any value
suspects        which alone tell the target: see `suspects`
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from mlcore.datasets.dataset import Array, Notice, Role
from mlcore.datasets.preparing.kinds import Kind, values_of
from mlcore.datasets.preparing.missing import missing, named
from mlcore.tables.spelling import option
from mlcore.tables.table import Table

FEWEST = 20  # values from which on it means something that all differ
FREE = 0.5  # of values that are different from all others: a text, not a category
NUMBERING = re.compile(r"(?:.*[ _.-])?(?:id|uuid|guid|index|idx|nr|no|row|key|unnamed: 0)$", re.IGNORECASE)
CAMEL = re.compile(r".*[a-z]I[dD]$")
WHY = {
    "empty": "without any value in the training rows",
    "identifier": "another one in every row, which nothing can be learnt from",
    "text": "free texts, more than half of them found once",
}
CODES = {"empty": "DATA_EMPTY_COLUMN", "identifier": "DATA_IDENTIFIER", "text": "DATA_TEXT"}


def judge(
    table: Table, names: Sequence[str], kinds: dict[str, Kind], train: Array, keep: Collection[str]
) -> tuple[dict[str, str], tuple[Notice, ...]]:
    """The columns that are left out, each with the reason, by what the training rows hold; and a notice of each sort.

    keep: columns that stay whatever they look like. Nothing is left out where nothing would be left.
    """
    out: dict[str, str] = {}
    notices: list[Notice] = []
    found = {name: _sort(table, name, kinds[name], train) for name in names if name not in keep}
    for sort, why in WHY.items():
        here = [name for name, own in found.items() if own == sort]
        if not here or len(here) + len(out) == len(names):
            continue
        out |= dict.fromkeys(here, why)
        way = "" if sort == "empty" else f"; {option('dataset.keep', json.dumps(here[:1]))} keeps it"
        notices.append(Notice(CODES[sort], f"{named(here)}: {why}: left out{way}"))
    return out, tuple(notices)


def _sort(table: Table, name: str, kind: Kind, train: Array) -> str:
    """What a column is that is left out, or nothing."""
    values = values_of(table, name, kind)[train]
    there = values[~missing(values)]
    if not len(there):
        return "empty"
    different, counts = np.unique(there.astype(str) if there.dtype == object else there, return_counts=True)
    if len(there) < FEWEST:
        return ""
    if kind == "number":
        whole = len(different) == len(there) and bool((different == np.rint(different)).all())
        return "identifier" if whole and (NUMBERING.match(name) or CAMEL.match(name)) else ""
    if kind == "category":
        if len(different) == len(there):
            return "identifier"
        return "text" if (counts == 1).sum() > FREE * len(there) else ""
    return ""


def filled(holes: Mapping[str, int], ways: Mapping[str, str]) -> tuple[Notice, ...]:
    """A notice that names the columns with missing values that something stands for, how many there are, and what."""
    torn = {name: count for name, count in holes.items() if count}
    if not torn:
        return ()
    total = sum(torn.values())
    listed = named([f"{name} ({count:,}, {ways[name]})" for name, count in torn.items()])
    what = "1 missing value is" if total == 1 else f"{total:,} missing values are"
    return (Notice("DATA_MISSING", f"{what} filled in, by what the training rows hold: {listed}"),)


def grouped(counts: dict[str, tuple[int, float]]) -> tuple[Notice, ...]:
    """A notice for each column whose rare values are one feature: how many values it has, and the share of rows."""
    return tuple(
        Notice(
            "DATA_RARE",
            f"{name} has {many:,} different values: the commonest are a feature each, all others ({share:.0%} of the "
            "training rows) are one together",
        )
        for name, (many, share) in counts.items()
    )


def told(roles: Sequence[Role]) -> list[tuple[str, str, str, str]]:
    """Columns as the rows of a table: name, what it holds, what it is for, why."""
    return [(role.name, role.kind, role.role, role.why) for role in roles]
