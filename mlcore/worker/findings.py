"""What the examination of a network found, as plain values: a kind for each view of Analyse.

`held` names the moment that was examined: later questions with it are about the same weights, though training goes on.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from numpy.typing import NDArray

from mlcore.worker.shown import Seen

Array: TypeAlias = NDArray[Any]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something found of the network of one moment, on one split."""

    held: int
    epoch: int
    step: int
    split: str


class Judgement(Finding, frozen=True, tag="judgement", kw_only=True):
    """How right a network is on a split.

    metrics: by name, loss first. index [m] int32: rows, the greatest loss first (all of them, or the first of many);
    label, said [m] float64: target and answer of each (of several numbers the first); sure [m] float32: the probability
    of the answer; losses [m] float32. For classes also confusion [K, K] int64, report [K, 4] float64 (precision,
    recall, F1, rows), calibration [bins, 3] float64 (rows, confidence, accuracy).
    """

    rows: int
    classes: tuple[str, ...]
    features: tuple[str, ...]
    splits: tuple[str, ...]
    metrics: dict[str, float]
    index: Array
    label: Array
    said: Array
    sure: Array
    losses: Array
    confusion: Array | None = None
    report: Array | None = None
    calibration: Array | None = None


class Example(Finding, frozen=True, tag="example", kw_only=True):
    """One row: inputs [F] float64 in data units, or an image [h, w] uint8; what the network answers, and why.

    answer: class probabilities [K], or numbers [O], float64; label [1 or O] float64. pull [F] float64: how much each
    input pushed the loss up. seen: its way through the layers, of images, sequences and networks for these. Training
    rows most alike: near [n] int32, their labels near_label [n], distances far [n].
    """

    row: int
    inputs: Array
    image: Array | None
    answer: Array
    label: Array
    loss: float
    pull: Array
    near: Array
    near_label: Array
    far: Array
    seen: Seen | None = None


class Projected(Finding, frozen=True, tag="projected", kw_only=True):
    """Rows on their two main components: x, y [n] float32, the target of each label [n] float64, wrong [n] uint8.

    places: the names of what can be projected; place: which of them this is; shares [C] float64: of the variance.
    index [n] int32: which rows these are.
    """

    places: tuple[str, ...]
    place: int
    index: Array
    x: Array
    y: Array
    label: Array
    wrong: Array
    shares: Array


class Filters(Finding, frozen=True, tag="filters", kw_only=True):
    """First-layer weights [inputs, units] float32 of the first `units` units of `of`, biases [units].

    image: (height, width) of a unit's weights where its inputs are pixels.
    """

    weights: Array
    biases: Array
    of: int
    image: tuple[int, int] | None = None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of a trace: see `mlcore.tracing.Stage`. Arrays are cut to their first numbers; shapes has all shapes.

    forward, backward: the formulas of the layer's page.
    """

    kind: str
    word: str
    forward: tuple[str, ...]
    backward: tuple[str, ...]
    arrays: dict[str, Array]
    shapes: dict[str, tuple[int, ...]]


class Traced(Finding, frozen=True, tag="traced", kw_only=True):
    """One row forward and backward in float64: see `mlcore.tracing.Trace`."""

    row: int
    x: Array
    target: str
    stages: tuple[Stage, ...]
    answer: Array
    loss: float
    loss_kind: str
    dz: Array
    optimizer: str
    rate: float
    loss_after: float


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """One class against the rest: its number, the areas under its curves, its share of the rows.

    false, true: the ROC curve; recall, precision: the precision-recall curve, each float64 [m].
    """

    number: int
    area: float
    average: float
    share: float
    false: Array
    true: Array
    recall: Array
    precision: Array


class Ranked(Finding, frozen=True, tag="ranked", kw_only=True):
    """The curves of classes: of two the second's; of a class without rows, or with all of them, none."""

    curves: tuple[Ranking, ...]


class Weighed(Finding, frozen=True, tag="weighed", kw_only=True):
    """By how much the score falls when a column is shuffled: see `mlcore.importance.Importance`.

    mean, spread [C] float64 of the columns `names`; order [C] int32: the most important first. unfit: why there is
    none, where features are no columns.
    """

    metric: str
    score: float
    names: tuple[str, ...]
    mean: Array
    spread: Array
    order: Array
    rows: int
    unfit: str = ""


class Depends(Finding, frozen=True, tag="depends", kw_only=True):
    """How answers go with one column: see `mlcore.dependence.Dependence`.

    place: of the column among all. values [G] float64 of numbers, or texts. mean, low, high [G, K] float64 of the
    outputs; counts [B] int64. unfit: why there is none.
    """

    place: int
    name: str
    values: Array
    texts: tuple[str, ...]
    outputs: tuple[str, ...]
    mean: Array
    low: Array
    high: Array
    counts: Array
    unfit: str = ""


AnyFinding: TypeAlias = Judgement | Example | Projected | Filters | Traced | Ranked | Weighed | Depends
