"""How columns hang together: correlation, and what each tells of a target."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcore import information
from mlcore.errors import DataError
from mlcore.sanitize import sanitize
from mlcore.tables import lookup
from mlcore.tables.views.view import View, listed

if TYPE_CHECKING:
    from pandas import DataFrame, Series

METHODS = ("pearson", "spearman")
BINS = 16  # of a column of numbers with more values than that
SHUFFLES = 20  # of the target, to learn what chance tells
SHAKY = 0.5  # of the rows differ in a column of texts: it may name rows, and tells nothing of new ones
PAIRS = 10
EXACT = 12  # decimals of a correlation, and of bits; what is behind them is rounding
WIDEST = 1000  # columns of numbers, half a million pairs
LOOKED_AT = 20_000  # rows, at random, of a longer table
FAR = 1e300  # beyond it lies infinity, from which quantiles cannot be told


def corr(frame: DataFrame, method: str = "pearson") -> View:
    """The correlation of each column of numbers with each other, of the rows where both are there.

    pearson: how well a straight line says one by the other; spearman: the same of their ranks, so of any growing curve.
    """
    found = _correlations(frame, method)
    names = tuple(map(str, found.columns))
    rows = tuple((name, *(lookup.plain(value) for value in found[name].tolist())) for name in names)
    strongest = _strongest(found)
    notes = []
    if constant := [name for name in names if frame[name].nunique() < 2]:
        notes.append(f"no correlation of what does not change: {listed(constant)}")
    answer = ""
    if strongest:
        first, second, value = strongest[0]
        answer = f"strongest: {sanitize(first, 40)} and {sanitize(second, 40)}, {value:+z.3f}"
    code = f"df.corr(method={method!r}, numeric_only=True)"
    title = f"correlation ({method.capitalize()})"
    head = "column"
    while head in names:  # or JSON would have two values of one name
        head += "_"
    return View(title, (head, *names), rows, code, (head,), "", answer, tuple(notes), missing="-")


def pairs(frame: DataFrame, method: str = "pearson", most: int = PAIRS) -> View:
    """The pairs of columns that are correlated most, whichever way."""
    found = _strongest(_correlations(frame, method))
    code = f"df.corr(method={method!r}, numeric_only=True).stack().sort_values(key=abs, ascending=False)"
    title, header = f"strongest correlations ({method.capitalize()})", ("column", "and", "correlation")
    rest = max(len(found) - most, 0)
    return View(title, header, tuple(found[:most]), code, header[:2], header[2], left_out=rest)


def _correlations(frame: DataFrame, method: str) -> DataFrame:
    if method not in METHODS:
        raise DataError(f"correlation: expected one of {', '.join(METHODS)}, got {method!r:.40}", where="method")
    there = lookup.of_kind(frame, "number", "truth")
    if len(there) < 2:
        message = f"correlation takes two columns of numbers, found {len(there)}"
        raise DataError(message, code="DATA_SCHEMA", hint="mlj data describe says what columns hold")
    if len(there) > WIDEST:
        message = f"correlation: {len(there):,} columns of numbers, more than the {WIDEST:,} that are compared in pairs"
        raise DataError(message, code="DATA_LIMIT", hint="keep those you need: a step keep, by --steps FILE.toml")
    with np.errstate(all="ignore"):
        return frame.corr(method=method, numeric_only=True).round(EXACT) + 0.0  # never -0


def _strongest(found: DataFrame) -> list[tuple[str, str, float]]:
    names, values = list(map(str, found.columns)), found.to_numpy()
    each = ((names[a], names[b], float(values[a, b])) for a, b in itertools.combinations(range(len(names)), 2))
    return sorted((pair for pair in each if np.isfinite(pair[2])), key=lambda pair: -abs(pair[2]))


def told(frame: DataFrame, target: str, seed: int = 0) -> View:
    """What each column tells of the target: their mutual information in bits, the most telling first.

    I(a; b) = H(a) + H(b) - H(a, b), of texts as they are and of numbers in 16 bins that hold equally many rows; a
    missing value is a value too. Rows without a target are left out. By chance: the mean of the same after shuffling
    the target, which a column of many values tells even where it says nothing.
    """
    name = lookup.named(frame, target)
    known = frame[frame[name].notna()]
    if not len(known) or len(frame.columns) < 2:
        what = "no row has a target" if len(frame.columns) > 1 else "there is no other column"
        hint = "mlj data missing says what is missing" if len(frame.columns) > 1 else "name a table of several columns"
        raise DataError(f"told: {what}", code="DATA_TARGET", where=sanitize(name), hint=hint)
    random, notes = np.random.default_rng(seed), []
    if len(known) > LOOKED_AT:
        notes.append(f"told of {LOOKED_AT:,} rows at random of {len(known):,}")
        known = known.iloc[np.sort(random.choice(len(known), LOOKED_AT, replace=False))]
    y = _classes(known[name])
    whole = information.label_entropy(y)
    shuffled = [random.permutation(y) for _ in range(SHUFFLES)]
    rows = []
    for other in map(str, frame.columns):
        if other == name:
            continue
        x = _classes(known[other])
        bits = round(information.mutual_information(x, y), EXACT)
        chance = float(np.mean([information.mutual_information(x, each) for each in shuffled]))
        rows.append((other, bits, chance, max(0.0, bits - chance) / whole if whole else 0.0))
        if lookup.kind(known[other]) == "text" and int(x.max()) + 1 > SHAKY * len(known):
            notes.append(f"{sanitize(other, 40)} differs from row to row: what it tells does not hold for new rows")
    rows.sort(key=lambda row: -row[3])
    answer = f"{sanitize(rows[0][0], 40)} tells most: {rows[0][3]:.1%} of the {whole:.4g} bits, beyond chance"
    if not rows[0][3]:
        answer = f"no column tells anything of {sanitize(name, 40)} beyond chance"
    header = ("column", "bits", "by chance", "share")
    title, code = f"what tells of {sanitize(name, 40)}", _code(name)
    return View(title, header, tuple(rows), code, ("column",), "share", answer, tuple(notes))


def _classes(values: Series) -> Any:
    """The values of a column as class numbers [n] from 0: numbers and dates in bins, missing ones a class too."""
    import pandas as pd

    kind, there = lookup.kind(values), values.notna().to_numpy()
    if kind in ("number", "date") and values.nunique() > BINS:
        numbers = values[there].astype("int64" if kind == "date" else "float64").to_numpy()
        found = np.full(len(values), -1)
        found[there] = information.binned(np.clip(numbers, -FAR, FAR), BINS)
    else:
        found = pd.factorize(values)[0]
    return np.unique(found, return_inverse=True)[1]


def _code(target: str) -> str:
    """The lines that measure the same with NumPy and scikit-learn."""
    return "\n".join(
        (
            "import numpy as np",
            "from sklearn.metrics import mutual_info_score",
            "",
            "def classes(x):",
            "    if pd.api.types.is_datetime64_any_dtype(x):",
            "        x = x.astype('int64').where(x.notna())",
            f"    if not pd.api.types.is_numeric_dtype(x) or x.nunique() <= {BINS}:",
            "        return pd.factorize(x)[0]",
            f"    edges = np.quantile(x.dropna(), np.linspace(0, 1, {BINS + 1})[1:-1])",
            "    return np.where(x.isna(), -1, np.searchsorted(edges, x, side='right'))",
            "",
            f"df = df.dropna(subset=[{target!r}])",
            f"y = classes(df[{target!r}])",
            f"bits = {{c: mutual_info_score(classes(df[c]), y) / np.log(2) for c in df.columns if c != {target!r}}}",
            "bits",
        )
    )
