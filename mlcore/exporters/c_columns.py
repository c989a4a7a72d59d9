"""The columns of a table in C: a function that turns the numbers of a row into features, and those that it calls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcore.datasets.dataset import Column
from mlcore.exporters.c_text import array, literal
from mlcore.exporters.cells import PARTS, Place, date_parts, places

KNOWN = """
/* What stands for a number that is missing, or the number. */
static double known(double x, double fill) {
    return isnan(x) ? fill : x;
}
"""
PIECEWISE = """
/* A feature for each bin between knots: how much of it lies below x; the first has no lower end, the last no upper. */
static void piecewise(double x, double *f, const double *knots, int bins) {
    for (int k = 0; k < bins; k++) {
        f[k] = (x - knots[k]) / (knots[k + 1] - knots[k]);
        if (k > 0 && f[k] < 0)
            f[k] = 0;
        if (k < bins - 1 && f[k] > 1)
            f[k] = 1;
    }
}
"""
QUANTILE = """
/* The normal score of x by its place among the knots, between two of them on a straight line. */
static double quantile(double x, const double *knots, const double *levels, int last) {
    int k = 0;
    if (isnan(x))
        return x;
    if (x <= knots[0] || x >= knots[last])
        return levels[x <= knots[0] ? 0 : last];
    while (x >= knots[k + 1])
        k++;
    return levels[k] + (levels[k + 1] - levels[k]) / (knots[k + 1] - knots[k]) * (x - knots[k]);
}
"""
# Years begin in March here, so that the day that is not in all of them is their last, and era is 400 of them.
DATE = """
/* A share of a round as a point on a circle. */
static void turn(double share, double *f) {
    f[0] = sin(0x1.921fb54442d18p+2 * share);
    f[1] = cos(0x1.921fb54442d18p+2 * share);
}

/* The parts of a moment, days since 1970-01-01: how long it has been since `first`, its year, and as points on circles
   where in the year, the month, the week and the day it lies. */
static void date(double days, double first, double *f) {
    double whole = floor(rint(days * 86400) / 86400) + 719468, era = floor(whole / 146097), day = whole - era * 146097;
    double year = floor((day - floor(day / 1460) + floor(day / 36524) - floor(day / 146096)) / 365);
    double leaps = floor(year / 4) - floor(year / 100), next = year + 1;
    double length = 365 + floor(next / 4) - floor(next / 100) + floor(next / 400) - leaps;
    double of_year = day - 365 * year - leaps, month = floor((5 * of_year + 2) / 153);
    double begins = floor((153 * month + 2) / 5), ends = fmin(floor((153 * month + 155) / 5), length);
    double late = floor(month / 10), weekday = floor(days) + 3;
    f[0] = days - first;
    f[1] = era * 400 + year + late;
    turn((month + 2 - late * 12) / 12, f + 2);
    turn((of_year - begins) / (ends - begins), f + 4);
    turn(weekday / 7 - floor(weekday / 7), f + 6);
    turn(days - floor(days), f + 8);
}
"""


def in_c(columns: Sequence[Column]) -> str:
    """The arrays and functions, `features(x, f)` the last of them; x [inputs] is a row, f [features] double."""
    lines, functions, arrays = list[str](), dict[str, None](), ""
    if any(column.way == "date" for column in columns):
        lines.append(f"double d[{len(PARTS)}];")
    for number, place in enumerate(places(columns), start=1):
        column = place.column
        if not place.number:
            loop = f"for (int i = 0; i < {len(place.copied)}; i++)"
            lines.append(f"{loop}\n        f[{place.feature} + i] = x[{place.input} + i];")
            continue
        x = f"x[{place.input}]"
        if isinstance(column.fill, float):
            x, functions[KNOWN] = f"known({x}, {literal(column.fill)})", None
        call, function = _call(place, x, number)
        lines.append(call)
        functions[function] = None
        if column.marked:
            lines.append(f"f[{place.mark}] = isnan(x[{place.input}]) != 0;")
        if column.way in ("piecewise", "quantile"):
            arrays += array(f"knots{number}", np.array(column.knots))
            arrays += array(f"levels{number}", np.array(column.levels)) if column.levels else ""
    body = "".join(f"    {line}\n" for line in lines)
    return arrays + "".join(functions) + f"\nstatic void features(const float *x, double *f) {{\n{body}}}\n"


def _call(place: Place, x: str, number: int) -> tuple[str, str]:
    """The statement that makes the features of a column of the number x, and the function it calls."""
    column, first, last = place.column, place.feature, len(place.column.knots) - 1
    if column.way == "piecewise":
        return f"piecewise({x}, f + {first}, knots{number}, {last});", PIECEWISE
    if column.way == "quantile":
        return f"f[{first}] = quantile({x}, knots{number}, levels{number}, {last});", QUANTILE
    if column.way == "date":
        taken = "".join(f"\n    f[{first + k}] = d[{part}];" for k, part in enumerate(date_parts(column)))
        return f"date({x}, {literal(column.knots[0])}, d);{taken}", DATE
    assert not column.way, column.way
    return f"f[{first}] = {x};", ""
