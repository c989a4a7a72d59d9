"""The functions that turn cells of a table into features, as an exported Python file has them: `datasets.columns`.

Each way of a column is a function of the cell, what stands for it where it is missing, the texts, whether others are
one feature, and the numbers of its page in `datasets.preparing`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlcore.datasets.columns import kind_of
from mlcore.datasets.dataset import Column

ENCODE = '''

def encode(cells):
    """The features of one row of texts, a cell for each of COLUMNS."""
    features = []
    for cell, (name, fill, words, marked, way, rest, knots, levels) in zip(cells, COLUMNS, strict=True):
        missing = cell.strip() in MISSING
        if missing and fill is None:
            raise ValueError(f"{name} is missing, and nothing stands for it")
        value = fill if missing else cell.strip()
        features += WAYS[way](value, words, rest, knots, levels)
        features += [float(missing)] if marked else []
    return features
'''
NUMBER = '''

def number(value, words, rest, knots, levels):
    """The number itself."""
    return [float(value)]
'''
ONE_HOT = '''

def one_hot(value, words, rest, knots, levels):
    """A feature for each word, and one for all others where there are too many."""
    others = [float(value not in words and value != "")] if rest else []
    return [float(value == word) for word in words] + others
'''
ORDINAL = '''

def ordinal(value, words, rest, knots, levels):
    """The number of the word from 1; 0 is any other."""
    return [float(words.index(value) + 1) if value in words else 0.0]
'''
QUANTILE = '''

def quantile(value, words, rest, knots, levels):
    """The normal score of a number's place among the knots, between two of them on a straight line."""
    x = float(value)
    k = bisect.bisect_right(knots, x) - 1
    if k < 0 or k >= len(knots) - 1:
        return [levels[max(k, 0)]]
    return [levels[k] + (levels[k + 1] - levels[k]) / (knots[k + 1] - knots[k]) * (x - knots[k])]
'''
PIECEWISE = '''

def piecewise(value, words, rest, knots, levels):
    """A feature for each bin between knots: how much of it lies below the number."""
    last = len(knots) - 2
    found = []
    for k in range(last + 1):
        share = (float(value) - knots[k]) / (knots[k + 1] - knots[k])
        share = share if k == 0 else max(share, 0.0)
        found.append(share if k == last else min(share, 1.0))
    return found
'''
DATE = '''

def date(value, words, rest, knots, levels):
    """The parts of a date: how long it has been, and where in the year, the month, the week and the day it lies."""
    start = datetime.datetime(1970, 1, 1)
    if isinstance(value, float):
        moment = start + datetime.timedelta(days=value)
    else:
        moment = datetime.datetime.fromisoformat(value if len(value) != 7 else value + "-01")
        moment = moment.astimezone(datetime.timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
    days = (moment - start) / datetime.timedelta(days=1)
    length = calendar.monthrange(moment.year, moment.month)[1]
    shares = {
        "month": (moment.month - 1) / 12,
        "day": (moment.day - 1) / length,
        "weekday": moment.weekday() / 7,
        "hour": days % 1,
    }
    found = []
    for part in words:
        angle = 2 * math.pi * shares.get(part, 0.0)
        plain = {"days": days - knots[0], "year": float(moment.year)}
        found += [plain[part]] if part in plain else [math.sin(angle), math.cos(angle)]
    return found
'''
WAYS = {  # way of a column: the name of the function, its text, the modules it takes
    "number": ("number", NUMBER, ()),
    "category": ("one_hot", ONE_HOT, ()),
    "ordinal": ("ordinal", ORDINAL, ()),
    "token": ("ordinal", ORDINAL, ()),
    "quantile": ("quantile", QUANTILE, ("bisect",)),
    "piecewise": ("piecewise", PIECEWISE, ()),
    "date": ("date", DATE, ("calendar", "datetime", "math")),
}


def way_of(column: Column) -> str:
    """The function that a column needs, by its name in `WAYS`."""
    return column.way or kind_of(column)


def cells(column: Column) -> str:
    """A column as a row of COLUMNS, in ASCII."""
    rows = [column.name, column.fill, column.categories, column.marked, way_of(column), column.rest]
    return f"({', '.join(map(ascii, [*rows, column.knots, column.levels]))})"


def modules(columns: Sequence[Column]) -> set[str]:
    """The modules of the standard library that the functions take."""
    return {module for column in columns for module in WAYS[way_of(column)][2]}


def functions(columns: Sequence[Column]) -> str:
    """Each function that some column needs, once, the table of them, and the one that calls them."""
    ways = dict.fromkeys(map(way_of, columns))
    texts = dict.fromkeys(WAYS[way][1] for way in ways)
    table = ", ".join(f'"{way}": {WAYS[way][0]}' for way in ways)
    return "".join(texts) + f"\n\nWAYS = {{{table}}}\n" + ENCODE
