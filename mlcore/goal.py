"""A goal: a comparison of one metric with a number, which ends a run when it holds."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import NamedTuple

from mlcore.errors import ConfigError

TESTS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


class Goal(NamedTuple):
    """A comparison of one metric with a number."""

    name: str
    compare: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Goal:
        """`validation_accuracy >= 0.95` as a value. Raises ConfigError when it is not a comparison."""
        found = re.fullmatch(r"\s*(\w+)\s*(>=|<=|>|<)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*", text)
        try:
            return cls(found[1], found[2], float(found[3]))  # type: ignore[index]
        except (TypeError, ValueError):
            raise ConfigError(f"goal: expected e.g. validation_accuracy >= 0.95, got {text!r:.120}") from None

    def reached(self, found: Mapping[str, float]) -> bool:
        """Whether the metric is there and on the right side."""
        return self.name in found and bool(TESTS[self.compare](found[self.name], self.value))
