"""The words of `mlj data` and their options, declared once; nothing heavy is imported."""

from __future__ import annotations

import argparse
from typing import Any

from mlcore.commands.options import acts, as_json, count, size, whole

SETS, TABLES = "mlcore.commands.data", "mlcore.commands.tables"
A_TABLE = "a file (.csv, .tsv, .parquet), sales (a table to practise on), or a data set"
IMPUTE = ("drop", "mean", "median", "most_frequent", "zero")


def data(p: Any) -> None:
    acts(
        p,
        "",
        ("list", "the data sets there are", f"{SETS}:listing", as_json),
        ("show", "parameters and facts of a data set", f"{SETS}:show", _show),
        ("head", "its first rows", f"{SETS}:head", _head),
        ("plot", "its points, its pictures, or columns of a table", f"{SETS}:plot", _plot),
        ("pca", "its rows on their principal components", f"{SETS}:pca", _pca),
        ("ceiling", "the best score anybody can reach on a data set", "mlcore.commands.parts:ceiling", _show),
        ("split", "how many rows train, validate and test, and their mix", "mlcore.commands.parts:split", _show),
        ("describe", "what the columns of a table hold, and their figures", f"{TABLES}.looking:describe", _view),
        ("missing", "what is missing, and what would stand for it", f"{TABLES}.looking:missing", _missing),
        ("balance", "how often each value of a column stands there", f"{TABLES}.looking:balance", _of_target),
        ("filter", "the rows of which something is true", f"{TABLES}.shaping:filter", _filter),
        ("sort", "rows in the order of columns", f"{TABLES}.shaping:sort", _sort),
        ("group", "figures of groups of rows", f"{TABLES}.shaping:group", _group),
        ("top", "what has the largest sums", f"{TABLES}.shaping:top", _top),
        ("season", "months or weekdays that are higher or lower", f"{TABLES}.finding:season", _season),
        ("corr", "which columns grow and fall together", f"{TABLES}.finding:corr", _corr),
        ("told", "what each column tells of the target, in bits", f"{TABLES}.finding:told", _of_target),
        ("make", "write a table to practise on", f"{TABLES}.shaping:make", _make),
        ("fetch", "download it, checked against its published sum", f"{SETS}:fetch", _fetch),
    )


def _one(p: argparse.ArgumentParser) -> None:
    p.add_argument("data", metavar="DATA|RECIPE", help="a data set (mlj data list) or a recipe's; or a file of rows")
    p.add_argument("--set", action="append", default=[], metavar="A=V", help="a parameter, e.g. noise=0.1")


def _show(p: argparse.ArgumentParser) -> None:
    _one(p)
    as_json(p)


def _head(p: argparse.ArgumentParser) -> None:
    _one(p)
    p.add_argument("-n", type=count, metavar="N", help="rows (5)")
    _steps(p)
    _sorted(p)
    _saved(p)
    _told(p)


def _plot(p: argparse.ArgumentParser) -> None:
    _one(p)
    what = "of a table: one column as bars, two as points, dates and numbers as a curve"
    p.add_argument("columns", nargs="*", metavar="COLUMN", help=what)
    p.add_argument("--target", default="", metavar="COLUMN", help="of a table: tells its points apart")
    _steps(p)
    size(p)


def _pca(p: argparse.ArgumentParser) -> None:
    _one(p)
    p.add_argument("--target", default="", metavar="COLUMN", help="of a table: tells its points apart, and is left out")
    _steps(p)
    size(p)
    _told(p)


def _fetch(p: argparse.ArgumentParser) -> None:
    p.add_argument("data", metavar="DATA", help="the data set to download, e.g. mnist")


def _table(p: argparse.ArgumentParser) -> None:
    p.add_argument("data", metavar="FILE|DATA", help=A_TABLE)
    p.add_argument(
        "--set", action="append", default=[], metavar="A=V", help="how a file is read, e.g. format.header=no"
    )


def _steps(p: argparse.ArgumentParser) -> None:
    """Options that say what is done to a table first."""
    p.add_argument(
        "--steps", default="", metavar="FILE.toml", help="take the steps of a file first, as --save wrote it"
    )
    words = " | ".join(IMPUTE)
    p.add_argument("--impute", choices=IMPUTE, default="", metavar="HOW", help=f"then fill what is missing: {words}")
    p.add_argument(
        "--where", default="", metavar="EXPR", help="then keep the rows like \"Sales > 100 and Region == 'N'\""
    )


def _told(p: argparse.ArgumentParser) -> None:
    p.add_argument("--pandas", action="store_true", help="print the program of pandas that does the same instead")
    as_json(p)


def _view(p: argparse.ArgumentParser) -> None:
    _table(p)
    _steps(p)
    _told(p)


def _sorted(p: argparse.ArgumentParser) -> None:
    p.add_argument("--sort", action="append", default=[], metavar="COLUMN", help="order; -COLUMN from the largest down")


def _saved(p: argparse.ArgumentParser) -> None:
    p.add_argument("-o", "--out", default="", metavar="FILE.csv", help="write the table there instead; - is stdout")
    p.add_argument("--save", default="", metavar="FILE.toml", help="write the steps, as [[dataset.steps]]")
    p.add_argument("--script", default="", metavar="FILE.py", help="write the steps as a program of pandas")


def _shaped(p: argparse.ArgumentParser, rows: str = "rows that are shown (20)") -> None:
    p.add_argument("-n", type=count, metavar="N", help=rows)
    _steps(p)
    _saved(p)
    _told(p)


def _missing(p: argparse.ArgumentParser) -> None:
    _table(p)
    _steps(p)
    _saved(p)
    _told(p)


def _of_target(p: argparse.ArgumentParser) -> None:
    _table(p)
    p.add_argument("--target", default="", metavar="COLUMN", help="the column (that of the data set, or the last)")
    _steps(p)
    _told(p)


def _filter(p: argparse.ArgumentParser) -> None:
    _table(p)
    language = "e.g. \"Sales > 100 and Region in ['N', 'S'] and not missing(Price)\"; `Unit price` stands in backticks"
    p.add_argument("expression", metavar="EXPR", help=language)
    _sorted(p)
    _shaped(p)


def _sort(p: argparse.ArgumentParser) -> None:
    _table(p)
    _by(p, "order, the first counts most; -COLUMN from the largest down")
    _shaped(p)


def _group(p: argparse.ArgumentParser) -> None:
    _table(p)
    _by(p, "the column whose values make the groups; several make finer ones")
    figures = "sum:Sales, of sum mean count min max std median; count alone counts rows (count)"
    p.add_argument("--agg", action="append", default=[], metavar="HOW:COLUMN", help=figures)
    value = "the same in two words: --value Sales is sum:Sales, and --agg mean --value Sales is mean:Sales"
    p.add_argument("--value", action="append", default=[], metavar="COLUMN", help=value)
    _sorted(p)
    _shaped(p)


def _top(p: argparse.ArgumentParser) -> None:
    _table(p)
    _by(p, "the column whose values compete")
    p.add_argument("--value", required=True, metavar="COLUMN", help="the column that is added up")
    _shaped(p, "how many (5)")
    p.set_defaults(n=5)


def _by(p: argparse.ArgumentParser, line: str) -> None:
    p.add_argument("--by", action="append", required=True, metavar="COLUMN", help=line)


def _season(p: argparse.ArgumentParser) -> None:
    _table(p)
    p.add_argument(
        "--date", default="", metavar="COLUMN", help="the column of dates, or YEAR+MONTH for two (what there is)"
    )
    p.add_argument("--value", default="", metavar="COLUMN", help="the column of numbers (the only one)")
    p.add_argument(
        "--period", choices=["month", "weekday"], default="month", metavar="P", help="month | weekday (month)"
    )
    agg = "what becomes of the values of one month or day: sum | mean (sum)"
    p.add_argument("--agg", choices=["sum", "mean"], default="sum", metavar="HOW", help=agg)
    _steps(p)
    _told(p)


def _corr(p: argparse.ArgumentParser) -> None:
    _table(p)
    methods = ["pearson", "spearman"]
    p.add_argument("--method", choices=methods, default="pearson", metavar="M", help=" | ".join(methods) + " (pearson)")
    _steps(p)
    _told(p)


def _make(p: argparse.ArgumentParser) -> None:
    p.add_argument("data", choices=["sales"], metavar="TABLE", help="sales: what a shop sold in four years")
    p.add_argument("-o", "--out", default="-", metavar="FILE.csv", help="where to (stdout)")
    p.add_argument("--rows", type=count, default=4_000, metavar="N", help="sales, from 2,000 to 10,000 (4,000)")
    p.add_argument("--seed", type=whole, default=42, metavar="N", help="of the random numbers (42)")
    p.add_argument("--force", action="store_true", help="replace a file that is there")
