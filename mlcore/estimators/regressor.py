"""A regressor with scikit-learn's interface and curves."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcore.errors import DataError
from mlcore.estimators.meant import taken
from mlcore.estimators.perceptron import FLOATS, Perceptron
from mlcore.estimators.shapes import given
from mlcore.layers.layer import Array
from mlcore.losses import MAE, Huber, Loss
from mlcore.losses.several import HalfSquaredError, PoissonDeviance


class MLPRegressor(RegressorMixin, Perceptron):  # type: ignore[misc]
    """A network that predicts numbers, in place of scikit-learn's `MLPRegressor` and beyond it.

    What `MLPClassifier` says of parameters, attributes, precision and speed holds here, but for class_weight. loss is
    squared_error or poisson as in scikit-learn, which means half of each, and also absolute_error and huber.

    >>> from sklearn.datasets import load_diabetes
    >>> from mlcore import MLPRegressor
    >>> x, y = load_diabetes(return_X_y=True)
    >>> network = MLPRegressor(hidden_layer_sizes=(10,), learning_rate_init=0.02, max_iter=500, random_state=1)
    >>> float(network.fit(20 * x, y / 100).score(20 * x, y / 100)) > 0.5
    True
    """

    _parameter_constraints = {  # noqa: RUF012  (scikit-learn's way)
        **Perceptron._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson", "absolute_error", "huber"})],
    }

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
        events: Any = None,
        backend: str = "auto",
        device: str = "auto",
    ) -> None:
        given(self, locals())

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, validation_data: Any = None) -> Self:
        """Train on X [n, I] and numbers y [n] or [n, O]; weights of rows [n]."""
        return self._fit(X, y, sample_weight, validation_data, incremental=False)

    @available_if(lambda self: self._goes_by_batches())  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch more over these rows."""
        return self._fit(X, y, sample_weight, None, incremental=True)

    def predict(self, X: Any) -> Array:
        """The numbers of each row, [n] or [n, O]."""
        check_is_fitted(self)
        z = self._meant(self._raw(X))
        return z.ravel() if z.shape[1] == 1 else z

    # ---- what Perceptron asks ----

    def _inputs(self, x: Any, y: Any, incremental: bool, reset: bool) -> tuple[Array, Array]:
        x, y = validate_data(
            self, x, y, accept_sparse="csr", multi_output=True, y_numeric=True, dtype=FLOATS, reset=reset
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not isinstance(y, np.ndarray) or y.dtype.kind in "mM":  # numbers to NumPy, and none that a network predicts
            what = y.dtype if isinstance(y, np.ndarray) else "a sparse matrix"
            raise DataError(f"y: expected numbers, got {what}", hint="y.toarray(), or dates as days since one of them")
        wanted = y.reshape(len(y), -1).astype(x.dtype)
        if self.loss == "poisson" and wanted.min() < 0:
            raise DataError(
                f"y: expected counts from 0 for the loss poisson, got {wanted.min():g}", hint='loss="squared_error"'
            )
        return taken(x, self), wanted

    def _checked(self, x: Any, y: Any) -> tuple[Array, Array]:
        x, wanted = self._inputs(x, y, incremental=True, reset=False)
        if wanted.shape[1] != self.n_outputs_:
            raise DataError(f"validation_data: expected {self.n_outputs_} numbers a row, got {wanted.shape[1]}")
        return x, wanted

    def _asks(self, targets: Array) -> tuple[Loss, str, Array]:
        if self.loss == "poisson":
            return PoissonDeviance(), "exp", targets
        if self.loss == "squared_error":
            return HalfSquaredError(), "identity", targets
        return (MAE() if self.loss == "absolute_error" else Huber()), "identity", targets

    def _judgement(self, y: Array, w: Array | None) -> Any:
        """R², the mean over the outputs; NaN where an output is no number."""
        y, each_row = y.astype(np.float64), 1.0 if w is None else w[:, None]
        spread = (each_row * (y - np.average(y, axis=0, weights=w)) ** 2).sum(axis=0)  # sums, as scikit-learn rounds

        def score(z: Array) -> float:
            p = self._meant(z)
            if not np.isfinite(p).all():
                return float("nan")
            missed = (each_row * (y - p) ** 2).sum(axis=0)
            each = np.where(missed == 0, 1.0, np.where(spread == 0, 0.0, 1 - missed / np.where(spread == 0, 1, spread)))
            return float(each.mean())

        return score

    def _meant(self, z: Array) -> Array:
        """The numbers that raw outputs stand for."""
        return np.exp(z) if self.out_activation_ == "exp" else z

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
