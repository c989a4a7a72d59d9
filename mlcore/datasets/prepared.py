"""A table prepared for a network: which columns it learns from, how they become features, and what should be known.

Everything is fitted on the training rows: other rows could be any others, and nothing would be another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple, TypeAlias

from mlcore.datasets import columns, duplicates
from mlcore.datasets.columns import Plan
from mlcore.datasets.dataset import Array, Column, Data, Notice, Role, Task
from mlcore.datasets.preparing import categories, kinds, roles, suspects
from mlcore.datasets.preparing.missing import complete as whole
from mlcore.datasets.preparing.missing import missing, said_of
from mlcore.datasets.scaling import arrange, constant, constant_features, fit
from mlcore.datasets.split import Parts
from mlcore.tables.table import Table

TableScale: TypeAlias = Literal["smooth", "robust", "standard", "minmax", "quantile", "div255", "none"]


class Chosen(NamedTuple):
    """Columns of a table: those to learn from, the target and the weights of rows, if any.

    keep: columns that nothing but their values may take away.
    """

    features: tuple[str, ...]
    target: str = ""
    weight: str = ""
    keep: Collection[str] = ()


def prepare(
    table: Table,
    chosen: Chosen,
    y: Array,
    task: Task,
    parts: Parts,
    plan: Plan,
    scale: TableScale,
    w: Array | None = None,
) -> Data:
    """The data set of a table's rows, with targets y and weights w [n]. Raises DataError as `columns.fit` does."""
    guessed = kinds.guessed(table, chosen.features, parts.train, plan.kinds)
    for name, kind in guessed.items():
        if kind == "category" and name not in plan.kinds:
            categories.check_numbers(table, name)
    out, notices = _left_out(table, chosen, guessed, y, task, parts.train)
    features = tuple(name for name in chosen.features if name not in out)
    if scale == "quantile" and plan.numbers == "plain":
        plan = plan._replace(numbers="quantile")
    fitted = columns.fit(table, features, parts.train, plan)
    raw, said = columns.encode(fitted, table)
    names = columns.names(fitted)
    notices += _filled(table, fitted, plan) + _grouped(table, fitted, parts.train) + said
    texts = [name for name, kind in guessed.items() if kind == "category" and name in features]
    notices += categories.alike(table, texts + [chosen.target] * (task.kind != "regression" and bool(chosen.target)))
    notices += constant_features(raw[parts.train], names)
    if chosen.target:
        notices += duplicates.repeated(table)
    notices += duplicates.notices(raw, parts)
    tokens = columns.tokens(fitted)
    scaling = fit(raw[parts.train], scale, tokens) if scale != "quantile" else constant(raw.shape[1], 1.0)
    told = _roles(table, chosen, guessed, out, task, parts.train)
    return arrange(raw, y, parts, task, names, scaling, w=w, notices=notices, columns=fitted, roles=told)


def _left_out(
    table: Table, chosen: Chosen, guessed: dict[str, kinds.Kind], y: Array, task: Task, train: Array
) -> tuple[dict[str, str], tuple[Notice, ...]]:
    """The columns that are left out by themselves, with the reason, and what is said of it."""
    if not chosen.target:
        return {}, ()
    out, notices = roles.judge(table, chosen.features, guessed, train, chosen.keep)
    values = {name: kinds.values_of(table, name, guessed[name])[train] for name in chosen.features if name not in out}
    found = suspects.find(values, guessed, y[train], task)
    found = {name: score for name, score in found.items() if name not in chosen.keep}
    return out | dict.fromkeys(found, "alone tells the target"), suspects.notices(found, chosen.target, task) + notices


def _roles(
    table: Table, chosen: Chosen, guessed: dict[str, kinds.Kind], out: dict[str, str], task: Task, train: Array
) -> tuple[Role, ...]:
    """What each column of the table is for, in their order."""
    what = "a number" if task.kind == "regression" else f"{task.outputs} classes"
    found = []
    for name in table.names:
        kind = guessed[name] if name in guessed else kinds.guess(table.column(name)[train])
        if name in out:
            sort = "identifier" if out[name] == roles.WHY["identifier"] else "left out"
            found.append(Role(name, kind, sort, out[name]))  # type: ignore[arg-type]
        elif name in (chosen.target, chosen.weight):
            target = name == chosen.target
            found.append(Role(name, kind, "target" if target else "weight", what if target else ""))
        elif name in guessed:
            found.append(Role(name, kind, "feature"))
        else:
            found.append(Role(name, kind, "left out", "dataset.columns"))
    return tuple(found)


def _filled(table: Table, fitted: Sequence[Column], plan: Plan) -> tuple[Notice, ...]:
    """Which columns have values that something stands for, and how many."""
    there = [column for column in fitted if column.fill is not None]
    holes = {column.name: int(missing(table.column(column.name)).sum()) for column in there}
    ways = {
        each.name: said_of(columns.kind_of(each) == "category", plan.of(each.name), plan.constant) for each in there
    }
    return roles.filled(holes, ways)


def _grouped(table: Table, fitted: Sequence[Column], train: Array) -> tuple[Notice, ...]:
    """Which columns have so many categories that the rare ones are one feature, and the share of training rows."""
    counts = {}
    for column in fitted:
        if column.rest:
            texts = kinds.words(table.column(column.name))[train]
            own = set(column.categories)
            rare = sum(text is not None and text not in own for text in texts.tolist())
            counts[column.name] = (len({text for text in texts.tolist() if text is not None}), rare / len(train))
    return roles.grouped(counts)


def complete(table: Table, chosen: Chosen, plan: Plan) -> Array | None:
    """The rows left when those with missing values are to be dropped; None where none are to be."""
    dropped = [name for name in chosen.features if plan.of(name) == "drop"]
    if not dropped:
        return None
    also = [name for name in (chosen.target, chosen.weight) if name]
    return whole(table, [*dropped, *also])
