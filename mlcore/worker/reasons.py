"""What Analyse shows of rankings and of columns: ROC and precision-recall curves, importance, dependence."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import dependence, importance, ranking
from mlcore.datasets.dataset import Data
from mlcore.errors import DataError, UsageError
from mlcore.examining import Judged
from mlcore.model import Model
from mlcore.worker import findings

POINTS = 200  # of a curve
REPEATS = 5  # shuffles of a column
ANSWERS = 1_000_000  # rows answered for the importance of all columns


def ranked(judged: Judged, facts: dict[str, Any]) -> findings.Ranked:
    """The curves of each class that has rows beside others: of two classes those of the second."""
    y, support = judged.rows.y, np.bincount(judged.rows.y, minlength=judged.answers.shape[1])
    there = [1] if len(support) == 2 else range(len(support))
    curves = []
    for k in there:
        if not 0 < support[k] < len(y):
            continue
        roc = ranking.roc(judged.answers[:, k], y == k)
        pr = ranking.precision_recall(judged.answers[:, k], y == k)
        some, few = ranking.outline(roc.false, roc.true, POINTS), ranking.outline(pr.recall, pr.precision, POINTS)
        curves.append(
            findings.Ranking(
                number=k,
                area=roc.area,
                average=pr.average,
                share=float(support[k] / len(y)),
                false=roc.false[some],
                true=roc.true[some],
                recall=pr.recall[few],
                precision=pr.precision[few],
            )
        )
    return findings.Ranked(**facts, curves=tuple(curves))


def weighed(model: Model, data: Data, facts: dict[str, Any]) -> findings.Weighed:
    """The importance of every column, or why features are no columns."""
    try:
        found = importance.permutation(model, data, facts["split"], repeats=REPEATS, answers=ANSWERS)
    except DataError as error:
        nothing = np.zeros(0)
        return findings.Weighed(
            **facts, metric="", score=0.0, names=(), mean=nothing, spread=nothing, order=np.zeros(0, np.int32),
            rows=0, unfit=str(error),
        )  # fmt: skip
    return findings.Weighed(
        **facts,
        metric=found.metric,
        score=found.score,
        names=found.names,
        mean=found.mean,
        spread=found.spread,
        order=found.order.astype(np.int32),
        rows=found.rows,
    )


def depends(model: Model, data: Data, place: int, facts: dict[str, Any]) -> findings.Depends:
    """How answers go with the column of that place, or why they cannot be asked that."""
    there = importance.sources(data)
    place = min(place, len(there) - 1)
    name = there[place].name
    try:
        found = dependence.partial(model, data, facts["split"], name)
    except UsageError as error:
        nothing = np.zeros((0, 0))
        return findings.Depends(
            **facts, place=place, name=name, values=np.zeros(0), texts=(), outputs=(), mean=nothing, low=nothing,
            high=nothing, counts=np.zeros(0, np.int64), unfit=str(error).removeprefix("--column "),
        )  # fmt: skip
    return findings.Depends(
        **facts,
        place=place,
        name=name,
        values=np.zeros(0) if found.texts else found.values.astype(np.float64),
        texts=tuple(found.values.tolist()) if found.texts else (),
        outputs=found.outputs,
        mean=found.mean,
        low=found.low,
        high=found.high,
        counts=found.counts.astype(np.int64),
    )
