"""A classifier with scikit-learn's interface and curves."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from mlcore.errors import ConfigError, DataError
from mlcore.estimators.meant import dense, taken
from mlcore.estimators.perceptron import FLOATS, FROM_ZERO, Perceptron
from mlcore.estimators.shapes import given
from mlcore.layers.activations import sigmoid
from mlcore.layers.layer import Array
from mlcore.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy
from mlcore.losses.classes import softmax
from mlcore.losses.several import MultilabelCrossEntropy
from mlcore.sanitize import sanitize


class MLPClassifier(ClassifierMixin, Perceptron):  # type: ignore[misc]
    """A network that tells classes apart, in place of scikit-learn's `MLPClassifier` and beyond it.

    Parameters and attributes of scikit-learn's have its names, defaults and meaning, and with them the loss curve is
    its own: float64 inputs are computed in float64 (NumPy), float32 ones in float32 (C kernels, several times as fast).

    More than scikit-learn has:

    activation           also elu, gelu, leaky_relu, relu6, silu, softplus, or a page of `mlcore.layers`
    solver               also adamw (alpha is its decay, decoupled), rmsprop, adagrad
    learning_rate        also step, exponential, inverse_scaling, cosine, one_cycle, plateau, or a schedule of
                         `mlcore.schedules` with settings of its own; of every solver but lbfgs
    dropout              share of the hidden numbers set to zero in training
    class_weight         None, "balanced", or {class: weight}: how much each class counts; of several labels a list of
                         these, whose weights are multiplied
    events               a function that is called with the frozen events of a run: Started, EpochEnded, Ended
    backend, device      "native" (C, float32 whatever the inputs), "reference" (NumPy), "torch", with "cuda" as device

    `fit(…, validation_data=(X, y))` measures rows of your own after every epoch: their loss, without penalty, is in
    `validation_loss_curve_`, and with early_stopping their score ends training in place of rows held back.

    Errors are ValueErrors: mlcore's ConfigError and DataError, with a hint, and scikit-learn's own.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from mlcore import MLPClassifier
    >>> x, y = load_iris(return_X_y=True)
    >>> network = make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=500, tol=0, random_state=1))
    >>> float(network.fit(x, y).score(x, y)) > 0.97
    True
    """

    _parameter_constraints = {  # noqa: RUF012  (scikit-learn's way)
        **Perceptron._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }

    loss = "log_loss"  # no parameter, but scikit-learn's has it to be read

    def __init__(
        self,
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
        class_weight: Any = None,
        events: Any = None,
        backend: str = "auto",
        device: str = "auto",
    ) -> None:
        given(self, locals())

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, validation_data: Any = None) -> Self:
        """Train on X [n, I] and classes y [n], or with several labels a row 0 and 1 [n, K]; weights of rows [n]."""
        return self._fit(X, y, sample_weight, validation_data, incremental=False)

    @available_if(lambda self: self._goes_by_batches())  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch more over these rows. classes: all there are, which the first call has to be told."""
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        return self._fit(X, y, sample_weight, None, incremental=True)

    def predict(self, X: Any) -> Array:
        """The class of each row [n], or 0 and 1 for each label [n, K]."""
        p = self._probabilities(X)
        found: Array = self._label_binarizer.inverse_transform(p.ravel() if self.n_outputs_ == 1 else p)
        return found

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class [n, K], in the order of `classes_`; of one class alone [n, 2], as of two."""
        p = self._probabilities(X)
        return np.hstack([1 - p, p]) if self.n_outputs_ == 1 else p

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of `predict_proba`."""
        p = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(p, out=p)

    # ---- what Perceptron asks ----

    def _inputs(self, x: Any, y: Any, incremental: bool, reset: bool) -> tuple[Array, Array]:
        x, y = validate_data(self, x, y, accept_sparse="csr", multi_output=True, dtype=FLOATS, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(y)
        return taken(x, self), self._binarized(y)

    def _binarized(self, y: Any) -> Array:
        found: Array = dense(self._label_binarizer.transform(y)).astype(bool)
        return found

    def _check_classes(self, y: Any) -> None:
        """Raises DataError for classes that were not there before, with warm_start for missing ones too."""
        found, known = unique_labels(y), self.classes_
        other = set(found.tolist()) - set(known.tolist())
        if other or (self.warm_start and len(found) != len(known)):
            asked = "warm_start can only be used where `y` has the same classes as in the previous call to fit"
            lead = asked if self.warm_start else "`y` has classes not in `self.classes_`"
            had, has = (sanitize(", ".join(map(str, part)))[:120] for part in (known, found))
            raise DataError(f"{lead}: there were {had}, `y` has {has}", code="DATA_TARGET")

    def _checked(self, x: Any, y: Any) -> tuple[Array, Array]:
        x, y = validate_data(self, x, y, accept_sparse="csr", multi_output=True, dtype=FLOATS, reset=False)
        other = set(unique_labels(y).tolist()) - set(self.classes_.tolist())
        if other:
            named = sanitize(", ".join(map(str, sorted(other, key=str))))[:120]
            raise DataError(f"validation_data: {named} is no class of the rows trained on", code="DATA_TARGET")
        return taken(x, self), self._binarized(y)

    def _asks(self, targets: Array) -> tuple[Loss, str, Array]:
        if self._label_binarizer.y_type_ == "multiclass":
            return SoftmaxCrossEntropy(), "softmax", targets.argmax(axis=1).astype(np.int32)
        if targets.shape[1] == 1:
            return BinaryCrossEntropy(), "logistic", targets[:, 0].astype(np.int32)
        return MultilabelCrossEntropy(), "logistic", targets.astype(np.float32)

    def _judgement(self, y: Array, w: Array | None) -> Any:
        """The share of right rows, of several labels of rows with all of them right."""
        if y.ndim == 2:
            return lambda z: float(np.average(((z > 0) == (y > 0)).all(axis=1), weights=w))
        if self.n_outputs_ == 1:
            return lambda z: float(np.average((z[:, 0] > 0) == y, weights=w))
        return lambda z: float(np.average(z.argmax(axis=1) == y, weights=w))

    def _weighed(self, y: Any, w: Array | None, incremental: bool) -> Array | None:
        if self.class_weight is None:
            return w
        if incremental and self.class_weight == "balanced":
            raise DataError("class_weight 'balanced' needs all rows, and partial_fit sees some", hint="{class: weight}")
        _check_weights(self.class_weight)
        each: Array = compute_sample_weight(self.class_weight, y)
        return each if w is None else each * w

    def _probabilities(self, x: Any) -> Array:
        check_is_fitted(self)
        z = self._raw(x)
        return softmax(z)[0] if self.out_activation_ == "softmax" else sigmoid(z)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _check_weights(given: Any) -> None:
    """Raises ConfigError unless class_weight is "balanced", weights by class, or a list of these."""
    for each in given if isinstance(given, list) else [given]:
        weights = list(each.values()) if isinstance(each, dict) else [] if each == "balanced" else [None]
        if not all(map(FROM_ZERO.is_satisfied_by, weights)):
            raise ConfigError(
                f"class_weight: expected finite weights from 0 by class, or 'balanced', got {given!r:.80}",
                hint="{class: weight}, of several labels a list of these",
            )
