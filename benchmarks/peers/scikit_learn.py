"""scikit-learn's MLPClassifier, an epoch at a time by `partial_fit`.

Its batches, first weights, rate and rule are everybody's; L2 and momentum are off. What differs: with two classes it
has one logistic output where the others may have a softmax of two; its Adam adds epsilon before the bias correction;
it tells the mean loss of an epoch, not that of each step.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.beginning import binary, first_weights, orders
from mlcore.backends.backend import Problem
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Array


class ScikitLearn:
    """Whole epochs; `epoch_losses` holds the mean loss of each. `same`: the loss is that of the other contenders."""

    def __init__(self, p: Problem, rate: float, adam: bool) -> None:
        self.x, self.y, self.unit, self.epoch_losses = p.rows.x, p.rows.y, p.steps_per_epoch, list[float]()
        self.orders, self.classes = orders(p), np.unique(p.rows.y)
        self.whole, self.same = self.unit == 1, binary(p) or len(self.classes) > 2
        self.tolerance = 2e-2 if adam else 1e-3  # of the losses of an epoch
        sizes = [layer.units for layer in p.network.layers if isinstance(layer, Dense)][:-1]
        self.model = MLPClassifier(
            sizes, solver="adam" if adam else "sgd", alpha=0, batch_size=p.batch_size, learning_rate_init=rate,
            momentum=0, nesterovs_momentum=False, shuffle=False,
        )  # fmt: skip
        self._begin(p)

    def _begin(self, p: Problem) -> None:
        """One epoch builds the model; then it is put back to everybody's first weights."""
        warnings.filterwarnings("ignore", module="sklearn")
        self.model.partial_fit(self.x, self.y, classes=self.classes)
        optimizer = self.model._optimizer
        if self.same:
            views = p.network.views(first_weights(p).vector)
            own = [view for view, layer in zip(views, p.network.layers, strict=True) if isinstance(layer, Dense)]
            for view, w, b in zip(own, self.model.coefs_, self.model.intercepts_, strict=True):
                w[...], b[...] = view["w"], view["b"]
        moments: list[Array] = [*getattr(optimizer, "ms", []), *getattr(optimizer, "vs", [])]
        for moment in moments:
            moment[...] = 0
        optimizer.t = 0

    def __call__(self, steps: int) -> None:
        for _ in range(-(-steps // self.unit)):
            rows = slice(None) if self.whole else next(self.orders)
            self.model.partial_fit(self.x[rows], self.y[rows])
            self.epoch_losses.append(float(self.model.loss_))
