"""Targets: whether what a network is to say are classes or numbers, and whether it can be learnt at all."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from mlcore.datasets.dataset import Array, Task
from mlcore.datasets.split import Parts
from mlcore.errors import DataError

Wanted: TypeAlias = Literal["auto", "classes", "numbers"]

TargetScale: TypeAlias = Literal["auto", "none", "standard", "log"]

FEW = 20  # different whole numbers that are still taken for classes
MOST = 1000  # classes
HUGE = 1e30  # a target whose square float32 cannot hold: its loss is no number


def judge(values: Array, wanted: Wanted, name: str) -> tuple[Array, Task]:
    """Targets as rows hold them, and the task: y [n] int32 class numbers, or float32 [n, outputs].

    values: numbers [n] or [n, outputs], or texts [n]; None, NaN or infinite where there is none. Texts, truths and at
    most 20 different whole numbers are classes, in the order of their names. Raises DataError, `name` in it.
    """
    if values.dtype.kind not in "OUbiuf":
        what = "dates" if values.dtype.kind == "M" else str(values.dtype)
        hint = "a date is no target: name another, or read a text file's as texts: --set dataset.format.dates=none"
        message = f"{name} holds {what}, expected numbers or texts"
        raise DataError(message, code="DATA_DTYPE", where="dataset.target", hint=hint)
    _check_there(values, name)
    kind = wanted if wanted != "auto" else "classes" if _classes(values) else "numbers"
    if kind == "classes":
        return _labels(values, name)
    if values.dtype.kind in "OU":
        raise _error(f"{name} holds texts, which are no numbers", 'dataset.task = "classes"')
    y = values.reshape(len(values), -1).astype(np.float64)
    if np.abs(y).max() > HUGE:
        raise _error(f"{name} holds numbers beyond {HUGE:g}: no loss can be computed", "bring it to a smaller unit")
    if (y == y[0]).all():
        raise _error(f"{name} is {y[0, 0]:g} in every row: there is nothing to learn", "name another dataset.target")
    return y.astype(np.float32), Task("regression", y.shape[1])


def in_units(y: Array, task: Task, train: Array, wanted: TargetScale) -> Task:
    """The task with the units in which targets y are compared, by what the training rows hold.

    auto and standard: mean 0 and deviation 1 (of several outputs all alike); auto leaves several as they are. log: the
    same of their logarithm, of y + 1 where some are 0. Raises DataError where a target has no logarithm.
    """
    if task.kind != "regression" or wanted == "none" or (wanted == "auto" and task.outputs > 1):
        return task
    values = y[train].astype(np.float64)
    offset: tuple[float, ...] = ()
    if wanted == "log":
        offset = (1.0,) if values.min() == 0 else (0.0,)
        lost = np.flatnonzero(~(y.reshape(len(y), -1) + offset[0] > 0).all(axis=1))
        if len(lost):
            least = f"{y.reshape(len(y), -1)[lost[0]].min():g}"
            message = f"the target is {least} in row {lost[0]} (rows count from 0), which has no logarithm"
            raise _error(message, 'dataset.target_scale = "standard"')
        values = np.log(values + offset[0])
    spread = float(values.std())
    return task._replace(units=(float(values.mean()), 1 / spread if spread > 1e-30 else 1.0, *offset))


def check_parts(y: Array, task: Task, parts: Parts) -> None:
    """Raise DataError naming a class that is tested and was never trained."""
    if task.kind == "regression":
        return
    trained = np.bincount(y[parts.train], minlength=task.outputs)
    for name, part in (("validation", parts.validation), ("test", parts.test)):
        strange = np.flatnonzero((np.bincount(y[part], minlength=task.outputs) > 0) & (trained == 0))
        if len(strange):
            message = f"class {task.class_names[strange[0]]!r:.80} is in the {name} rows and in no training row"
            raise _error(message, "leave such rows out, or choose another dataset.split or dataset.seed")


def _check_there(values: Array, name: str) -> None:
    if values.dtype == object:
        bad = np.flatnonzero([value is None for value in values])
    elif values.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    else:
        return
    if len(bad):
        rows = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
        endless = values.dtype != object and bool(np.isinf(values[bad]).any())
        what = "not finite" if endless else "missing"
        message = f"{name}, the target, is {what} in {rows}, the first is row {bad[0]} (rows count from 0)"
        if len(bad) == len(values):
            raise _error(message, "name another dataset.target")
        raise _error(message, "correct such rows" if endless else "--set dataset.impute=drop leaves such rows out")


def _classes(values: Array) -> bool:
    """Whether targets look like classes."""
    if values.ndim > 1:
        return False
    if values.dtype.kind in "OUb":
        return True
    return bool((values == np.rint(values)).all()) and len(np.unique(values)) <= FEW


def _labels(values: Array, name: str) -> tuple[Array, Task]:
    if values.ndim > 1:
        raise _error(f"{name} has {values.shape[1]} columns: a class is one value a row", 'dataset.task = "numbers"')
    different, y = np.unique(values.astype(str) if values.dtype == object else values, return_inverse=True)
    if len(different) < 2:
        raise _error(
            f"{name} is {_word(different[0])!r:.80} in every row: there is one class", "name another dataset.target"
        )
    if len(different) > MOST:
        message = f"{name} has {len(different):,} different values, more than the {MOST:,} classes allowed"
        raise _error(message, 'dataset.task = "numbers", or name another dataset.target')
    task = Task("binary" if len(different) == 2 else "multiclass", len(different), tuple(map(_word, different)))
    return y.astype(np.int32), task


def _word(value: object) -> str:
    """A class as it is called: 1, not 1.0."""
    return f"{value:g}" if isinstance(value, np.floating) else str(value)


def _error(message: str, hint: str) -> DataError:
    return DataError(message, code="DATA_TARGET", where="dataset.target", hint=hint)
