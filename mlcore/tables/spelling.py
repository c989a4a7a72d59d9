"""What a field that is no number or no date needs to be said to be one: the settings of a format under which it is."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from datetime import datetime

from mlcore.tables.dates import orders
from mlcore.tables.format import BETWEEN, WRITTEN

PAIRS = (("", ","), (",", "."), (".", ","), ("'", "."), ("'", ","), (" ", "."), (" ", ","))  # thousands and decimal
UNCLEAR = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{4}|\d{2})([T ]\d.*)?")
LONGEST = 40  # characters of a number
SIGNS = "%\u2030$\u20ac\u00a3\u00a5\u20b9(\u2212"
SIGNED = re.compile(rf"[-+\u2212(]*\s*[{SIGNS}]?\s*[-+\u2212]?\d[\d.,'\s]*[{SIGNS}]?\)?")
WORDS = {sign: word for word, sign in WRITTEN.items()}


def number(text: str, others: Iterable[str]) -> list[str]:
    """Options under which a text and others are numbers, the likelier first: `--set dataset.format.decimal=,`."""
    found, rest = [], set[str]()
    for thousands, decimal in PAIRS:
        grouped = rf"\d{{1,3}}([{BETWEEN[thousands]}]\d{{3}})+" if thousands else r"\d*"
        fraction = f"({re.escape(decimal)}\\d+)"
        must = decimal == "," and thousands != "."  # else a pair with a point says the same
        if not re.fullmatch(f"[-+]?{grouped}{fraction}{'' if must else '?'}", text.strip()):
            continue
        any_ = re.compile(rf"[-+]?({grouped}|\d*){fraction}?([eE][-+]?\d+)?")
        rest = rest or set(others)
        if all(any_.fullmatch(other.strip()) for other in rest):
            said = [("thousands", WORDS.get(thousands, thousands))] if thousands else []
            said += [("decimal", decimal)] if must else []
            found.append(" ".join(_of_format(name, value) for name, value in said))
    return found


def beside(texts: Iterable[str]) -> str:
    """The sign beside numbers, where all texts are some: of 12.5%, $1,200.50, (3) and \u22123; else nothing."""
    found = ""
    for text in texts:
        if len(text) > LONGEST or not SIGNED.fullmatch(text):
            return ""
        found = found or next((sign for sign in text if sign in SIGNS), "")
    return found


def date(text: str) -> list[str]:
    """Options under which a text is a date, the likelier first."""
    if unclear(text):
        mark, year = UNCLEAR.match(text.strip()).group(2, 4)  # type: ignore[union-attr]  # it is unclear
        forms = [f"%{first}{mark}%{then}{mark}%{'Y' if len(year) == 4 else 'y'}" for first, then in ("dm", "md")]
    else:
        forms = orders(text)
    return [_of_format("dates", form) for form in forms if _is(text, form)]


def _is(text: str, form: str) -> bool:
    """Whether a text is a date of a form: there is no 30 February."""
    try:
        datetime.strptime(text.strip(), form)
    except ValueError:
        return False
    return True


def unclear(text: str) -> bool:
    """Whether nobody can tell which is the day of a date, and which the month."""
    found = UNCLEAR.fullmatch(text.strip())
    return found is not None and int(found[1]) <= 12 and int(found[3]) <= 12


def nothing(text: str) -> str:
    """The option under which a text stands for a missing value."""
    return _of_format("missing", json.dumps([text], ensure_ascii=False))


def _of_format(name: str, value: str) -> str:
    return option(f"dataset.format.{name}", value)


def option(name: str, value: str) -> str:
    """`--set NAME=VALUE` as a shell takes it."""
    return f"--set {shlex.quote(f'{name}={value}')}"
