"""Rules about targets: whether they belong to their rows, and whether the loss belongs to them."""

from __future__ import annotations

import numpy as np

from mlcore.doctor.case import Case, Finding, percent
from mlcore.doctor.neighbours import NEAREST, agreement, by_chance, interval
from mlcore.metrics import accuracy

VALUES = 20  # distinct whole numbers up to which targets look like classes


def shuffled_labels(case: Case) -> Finding | None:
    """Targets that have nothing to do with their rows: neither neighbours nor the network can tell them.

    Both have to fail: neighbours know nothing of parity, networks may not have learned yet.
    """
    n = len(case.sample)
    x = case.sample.x.reshape(n, -1).astype(np.float64)
    if n < 40 or not np.isfinite(x).all():
        return None
    found, chance = agreement(case, x), by_chance(case)
    # n rows give 5 n answers that are not independent: the interval of n answers is on the safe side
    low, high = interval(chance, n) if case.classes else (-1.0, 0.1)
    if not low <= found <= high or not _blind(case):
        return None
    if case.classes:
        evidence = (
            f"of the {NEAREST} nearest rows {percent(found)} have a row's class, by chance {percent(chance)} would; "
            f"and on rows it was not trained on the network is no better than always answering the commonest class"
        )
    else:
        evidence = f"the nearest rows tell nothing of a row's target (R² {found:.2f}), and neither does the network"
    remedy = "look whether inputs and targets were sorted or shuffled apart: mlj data head shows them side by side"
    return Finding("shuffled_labels", "severe", evidence, remedy, {"agreement": found, "chance": chance})


def _blind(case: Case) -> bool:
    """Whether the network answers rows it was not trained on no better than a constant would."""
    rows = case.data.test or case.data.validation  # the weights kept were chosen by validation
    if rows is None:
        return case.learned < 0.3
    z = case.outputs(case.kept, rows)
    if case.classes:
        common = float(np.bincount(rows.y, minlength=case.classes).max() / len(rows))
        return interval(accuracy(z, rows.y), len(rows))[0] <= common
    spread = np.square(rows.y - rows.y.mean(axis=0)).mean()
    return bool(np.square(z - rows.y.reshape(z.shape)).mean() > 0.9 * spread)


def wrong_loss(case: Case) -> Finding | None:
    """A loss that does not fit its task, or a task that does not fit its targets."""
    if case.refused:
        settings = {"loss.kind": "auto"}
        return Finding("wrong_loss", "severe", case.refused, "let the task choose the loss", settings=settings)
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
