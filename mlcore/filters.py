"""A little language to pick runs: `tag:lesson dataset:moons lr>=0.01 -act:none acc>0.9 state:finished`.

Terms stand beside each other and must all hold; one with - in front must not. A name is a dotted name of the
configuration, a metric, or one of `SHORT`; a word alone is looked for in names, tags, notes and data sets.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from mlcore.errors import UsageError

Facts: TypeAlias = Mapping[str, Any]
SHORT = {
    "data": "dataset.kind",
    "dataset": "dataset.kind",
    "lr": "optimizer.learning_rate",
    "opt": "optimizer.kind",
    "optimizer": "optimizer.kind",
    "loss": "validation_loss",
    "batch": "batch_size",
    "acc": "accuracy",
    "act": "activation",
    "noise": "dataset.noise",
    "momentum": "optimizer.momentum",
    "decay": "optimizer.weight_decay",
    "schedule": "schedule.kind",
    "pin": "pinned",
    "tags": "tag",
}
TERM = re.compile(r'(-?)(?:([A-Za-z_][\w.]*)(>=|<=|!=|:|=|>|<))?("[^"]*"|\S+|(?=\s|$))')
EXAMPLE = "e.g. tag:lesson dataset:moons lr>=0.01 -act:none acc>0.9 state:finished"
ANYWHERE = ("name", "id", "tag", "note", "dataset.kind", "layers")


class Term(NamedTuple):
    """One condition: name, how it is compared, with what; no name: the text anywhere."""

    name: str
    sign: str
    text: str
    negated: bool = False

    def holds(self, facts: Facts) -> bool:
        """Whether a run with these facts is wanted. Raises UsageError when the two cannot be compared."""
        return self._found(facts) != self.negated

    def _found(self, facts: Facts) -> bool:
        if not self.name:
            return any(
                self.text.lower() in str(each).lower() for name in ANYWHERE for each in _several(facts.get(name))
            )
        value = facts.get(self.name)
        if value is None or value == () or value == []:
            return self.sign == "!="
        if self.sign == "!=":
            return not any(self._equal(each) for each in _several(value))
        if self.sign in (":", "="):
            return any(self._equal(each) for each in _several(value))
        return self._ordered(value)

    def _equal(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value == (self.text.lower() in ("yes", "true", "1", "on"))
        if isinstance(value, int | float):
            number = _number(self.text)
            if number is None:
                raise UsageError(
                    f"{self.name} is a number, got {self.text!r:.40}", hint=f"{self.name}>=0.1, {self.name}:3"
                )
            return bool(value == number)
        text, asked = str(value).lower(), self.text.lower()
        return asked == text if self.sign == "=" or self.name in ("tag", "activation") else asked in text

    def _ordered(self, value: Any) -> bool:
        number = _number(self.text)
        if isinstance(value, str):
            if self.name != "began":
                raise UsageError(
                    f"{self.name} is text: {value!r:.30} has no {self.sign}", hint=f"{self.name}:{self.text}"
                )
            return _compared(value, self.sign, self.text)
        if number is None:
            raise UsageError(f"{self.name} is a number, got {self.text!r:.40}", hint=f"{self.name}{self.sign}0.1")
        return _compared(float(value), self.sign, number)


class Filter(NamedTuple):
    """What is wanted of a run: every term."""

    terms: tuple[Term, ...] = ()

    def matches(self, facts: Facts) -> bool:
        """Whether a run with these facts is wanted. Raises UsageError for a comparison that cannot be made."""
        return all(term.holds(facts) for term in self.terms)

    def check(self, known: Iterable[str]) -> None:
        """Raise UsageError for a name that is of nothing."""
        for name in (term.name for term in self.terms if term.name):
            full_name(name, known)


def parse(text: str) -> Filter:
    """A filter from its line. Raises UsageError naming the term it cannot read."""
    terms = []
    for place in _pieces(text):
        found = TERM.fullmatch(place)
        if found is None or (found[3] and not found[4]) or place in ("-", '"'):
            raise UsageError(f"filter: {place!r:.60} is no condition", hint=EXAMPLE)
        name = SHORT.get(found[2] or "", found[2] or "")
        terms.append(Term(name, found[3] or "", found[4].strip('"'), bool(found[1])))
    return Filter(tuple(terms))


def full_name(name: str, known: Iterable[str]) -> str:
    """A name in full. Raises UsageError naming the nearest one that is of something."""
    name, there = SHORT.get(name, name), {*known}
    if name not in there:
        near = difflib.get_close_matches(name, [*there, *SHORT], n=1)
        hint = f"did you mean {near[0]}?" if near else EXAMPLE
        raise UsageError(f"filter: no run has anything called {name:.60}", hint=hint)
    return name


def _pieces(text: str) -> list[str]:
    """The terms of a line: what stands in quotes is one."""
    return re.findall(r'(?:[^\s"]|"[^"]*"?)+', text)


def _several(value: Any) -> Iterable[Any]:
    return value if isinstance(value, tuple | list) else () if value is None else (value,)


def _number(text: str) -> float | None:
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text.replace(",", ""))
    except ValueError:
        return None


def _compared(a: Any, sign: str, b: Any) -> bool:
    return bool({">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b}[sign])
