"""Rules about targets: whether they belong to their rows, and whether the loss belongs to them."""

from __future__ import annotations

import numpy as np

from mlcore.datasets.dataset import Rows
from mlcore.doctor.case import FEW, Case, Finding, percent
from mlcore.doctor.neighbours import NEAREST, agreement, by_chance, interval, linear
from mlcore.metrics import accuracy, r2

VALUES = 20  # distinct whole numbers up to which targets look like classes


def shuffled_labels(case: Case) -> Finding | None:
    """Targets that have nothing to do with their rows: no neighbours, no straight line and no network tell them.

    All three have to fail: neighbours know nothing of parity, a line nothing of rings, a network may have learned
    nothing yet.
    """
    n = len(case.sample)
    x = case.sample.x.reshape(n, -1).astype(np.float64)
    if n < 2 * FEW or not case.asks or not np.ptp(x, axis=0).any():
        return None
    found, chance = agreement(case, x), by_chance(case)
    # 5 n neighbours of which many are mutual: worth some 3 n answers, so that 98 of 100 shuffled data sets lie within
    low, high = interval(chance, 2 * n) if case.classes else (-1.0, 0.1)
    if not low <= found <= high or _told(case, linear(case), case.sample) or _learned(case):
        return None
    if case.classes:
        evidence = (
            f"of the {NEAREST} nearest rows {percent(found)} have a row's class, by chance {percent(chance)} would; "
            f"neither a straight line nor the network tells new rows better than one class for all"
        )
    else:
        evidence = f"the nearest rows tell nothing of a target (R² {found:.2f}), nor do a straight line and the network"
    remedy = "look whether inputs and targets were sorted or shuffled apart: mlj data head shows them side by side"
    return Finding("shuffled_labels", "severe", evidence, remedy, {"agreement": found, "chance": chance})


def _told(case: Case, right: float, rows: Rows) -> bool:
    """Whether an accuracy (or R²) on some rows is surely better than one answer for all of them."""
    if not case.classes:
        return right > 0.1
    common = float(np.bincount(rows.y, minlength=case.classes).max() / len(rows))
    return interval(right, len(rows))[0] > common


def _learned(case: Case) -> bool:
    """Whether the network tells rows it was not trained on."""
    rows = case.data.test or case.data.validation  # the weights kept were chosen by validation
    if rows is None:
        return case.learned > 0.3
    z = case.outputs(case.kept, rows)
    return _told(case, accuracy(z, rows.y) if case.classes else r2(case.loss.probabilities(z), rows.y), rows)


def wrong_loss(case: Case) -> Finding | None:
    """A loss that does not fit its task, or a task that does not fit its targets."""
    if case.refused:
        settings = {"loss.kind": "auto"}
        return Finding("wrong_loss", "severe", case.refused, "let the task choose the loss", settings=settings)
    if case.data.task.steps:
        return None
    y, n = case.data.train.y, len(case.data.train)
    values = np.unique(y)
    if case.classes:
        if case.classes <= VALUES or n / case.classes >= 5:
            return None
        evidence = (
            f"{case.classes:,} classes for {n:,} rows: fewer than 5 of each, as where numbers are taken for classes"
        )
        return Finding("wrong_loss", "moderate", evidence, "make it a regression", {"classes": case.classes, "rows": n})
    whole = (
        y.reshape(n, -1).shape[1] == 1 and len(values) <= min(VALUES, n // 10) and (values == np.round(values)).all()
    )
    if not whole or len(values) < 2:
        return None
    listed = ", ".join(f"{value:g}" for value in values[:5]) + (", …" if len(values) > 5 else "")
    evidence = (
        f"every target is one of {len(values)} whole numbers ({listed}): these look like classes, learned as numbers"
    )
    remedy = "make it a classification, unless 2 really lies between 1 and 3"
    return Finding("wrong_loss", "moderate", evidence, remedy, {"values": len(values)})
