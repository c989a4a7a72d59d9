"""The columns of a table in ONNX: the numbers of all rows become features, by a few nodes for all columns together.

A piecewise number is (x - knot) / width for each of its bins, between a least and a most. A quantile is the level of
its first knot and what each stretch between two knots adds: its rise times the share of it that lies below x. All is
float64, but the sines and cosines of dates, which not every runtime has for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Column
from mlcore.exporters.cells import Place, date_parts, places
from mlcore.exporters.onnx_nodes import DOUBLE, FLOAT, Graph
from mlcore.layers.layer import Array

UNUSED = -1  # instead of the number of a feature, for what is none


class Value(NamedTuple):
    """A float64 value of a graph to calculate with: every operation is a node."""

    graph: Graph
    name: str

    def then(self, operator: str, other: Value | Array | float | None = None) -> Value:
        """What an operator makes of it, and of another value or a constant."""
        if other is None:
            return Value(self.graph, self.graph.node(operator, self.name))
        if not isinstance(other, Value):
            other = _constant(self.graph, np.asarray(other, np.float64))
        return Value(self.graph, self.graph.node(operator, self.name, other.name))

    def __add__(self, other: Value | Array | float) -> Value:  # type: ignore[override]  # (no tuples are joined here)
        return self.then("Add", other)

    def __sub__(self, other: Value | Array | float) -> Value:
        return self.then("Sub", other)

    def __mul__(self, other: Value | Array | float) -> Value:  # type: ignore[override]
        return self.then("Mul", other)

    def __truediv__(self, other: Value | Array | float) -> Value:
        return self.then("Div", other)

    def __floordiv__(self, other: float) -> Value:
        return (self if other == 1 else self / other).then("Floor")

    def columns(self, chosen: Sequence[int]) -> Value:
        """Some of its columns."""
        indices = _constant(self.graph, np.array(chosen, np.int64))
        return Value(self.graph, self.graph.node("Gather", self.name, indices.name, axis=1))


Made: TypeAlias = tuple[Value, list[int]]  # columns side by side, and the feature that each of them is


def _constant(graph: Graph, values: Array) -> Value:
    return Value(graph, graph.constant(f"columns.{len(graph.tensors)}", values))


def in_onnx(columns: Sequence[Column], graph: Graph) -> None:
    """The nodes that take rows [rows, inputs] float64 and give features [rows, features] float64."""
    found = places(columns)
    numbers = [place for place in found if place.number]
    if not numbers:
        return
    absent, row = _filled(found, graph)
    made = [(row, [feature for place in found for feature in place.copied])]
    marked = [place for place in numbers if place.column.marked]
    if marked:
        taken = absent.columns([place.input for place in marked])
        made.append((Value(graph, graph.node("Cast", taken.name, to=DOUBLE)), [place.mark for place in marked]))
    for way, write in (("piecewise", _piecewise), ("quantile", _quantile), ("date", _date)):
        own = [place for place in numbers if place.column.way == way]
        made += [write(row, own)] if own else []
    features = [feature for _, many in made for feature in many]
    order = [features.index(feature) for feature in range(max(features) + 1)]
    graph.value = row.name
    if len(made) > 1:
        graph.value = graph.node("Concat", *(value.name for value, _ in made), axis=1)
    if order != list(range(len(features))):
        graph.value = Value(graph, graph.value).columns(order).name


def _filled(found: Sequence[Place], graph: Graph) -> tuple[Value, Value]:
    """Which numbers of the rows are missing, and the rows with what stands for them."""
    fills = np.full(found[-1].input + len(found[-1].copied), np.nan)
    for place in found:
        if place.number and place.column.fill is not None:
            fills[place.input] = place.column.fill
    absent = graph.node("IsNaN", graph.value)
    row = graph.node("Where", absent, _constant(graph, fills).name, graph.value)
    return Value(graph, absent), Value(graph, row)


def _piecewise(row: Value, own: Sequence[Place]) -> Made:
    knots = [np.array(place.column.knots) for place in own]
    bins = [len(each) - 1 for each in knots]
    least = np.concatenate([np.where(np.arange(many) == 0, -np.inf, 0.0) for many in bins])
    most = np.concatenate([np.where(np.arange(many) == many - 1, np.inf, 1.0) for many in bins])
    x = row.columns([place.input for place, many in zip(own, bins, strict=True) for _ in range(many)])
    share = (x - np.concatenate([each[:-1] for each in knots])) / np.concatenate([np.diff(each) for each in knots])
    features = [place.feature + k for place, many in zip(own, bins, strict=True) for k in range(many)]
    return share.then("Max", least).then("Min", most), features


def _quantile(row: Value, own: Sequence[Place]) -> Made:
    """All columns with as many stretches as the one of most; those a column lacks rise by nothing."""
    graph, shape = row.graph, (len(own), max(2, *(len(place.column.knots) for place in own)) - 1)
    begins, widths, rises = np.zeros(shape), np.ones(shape), np.zeros(shape)
    for k, place in enumerate(own):
        knots, many = np.array(place.column.knots), len(place.column.knots) - 1
        begins[k, :many], widths[k, :many] = knots[:-1], np.diff(knots)
        rises[k, :many] = np.diff(place.column.levels)
    x = row.columns([place.input for place in own])
    x = Value(graph, graph.node("Unsqueeze", x.name, _constant(graph, np.array([2])).name))
    risen = ((x - begins) / widths).then("Max", 0.0).then("Min", 1.0) * rises
    total = Value(graph, graph.node("ReduceSum", risen.name, _constant(graph, np.array([2])).name, keepdims=0))
    return total + np.array([place.column.levels[0] for place in own]), [place.feature for place in own]


def _date(row: Value, own: Sequence[Place]) -> Made:
    """The parts of `c_columns.DATE`, in the same words."""
    days = row.columns([place.input for place in own])
    whole = ((days * 86_400.0).then("Round") // 86_400) + 719_468.0
    era = whole // 146_097
    day = whole - era * 146_097.0
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    leaps, next_ = year // 4 - year // 100, year + 1.0
    length = next_ // 4 - next_ // 100 + next_ // 400 - leaps + 365.0
    of_year = day - year * 365.0 - leaps
    month = (of_year * 5.0 + 2.0) // 153
    begins, ends = (month * 153.0 + 2.0) // 5, ((month * 153.0 + 155.0) // 5).then("Min", length)
    late, weekday = month // 10, (days // 1 + 3.0) / 7.0
    shares = (
        (month + 2.0 - late * 12.0) / 12.0,
        (of_year - begins) / (ends - begins),
        weekday - weekday // 1,
        days - days // 1,
    )
    parts = [days - np.array([place.column.knots[0] for place in own]), era * 400.0 + year + late]
    for share in shares:
        parts += _circle(share)
    joined = row.graph.node("Concat", *(part.name for part in parts), axis=1)
    features = [[UNUSED] * len(own) for _ in parts]
    for k, place in enumerate(own):
        for number, part in enumerate(date_parts(place.column)):
            features[part][k] = place.feature + number
    return Value(row.graph, joined), [feature for each in features for feature in each]


def _circle(share: Value) -> list[Value]:
    """The sine and the cosine of shares of a round."""
    graph = share.graph
    angle = graph.node("Cast", (share * (2 * np.pi)).name, to=FLOAT)
    return [Value(graph, graph.node("Cast", graph.node(of, angle), to=DOUBLE)) for of in ("Sin", "Cos")]
