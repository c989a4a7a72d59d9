"""What the classifier and the regressor have in common: parameters, fitting, raw outputs."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, validate_data

from mlcore.backends import Choice, choose
from mlcore.backends.backend import Problem
from mlcore.config import Config
from mlcore.datasets.dataset import Rows
from mlcore.errors import ConfigError, DataError
from mlcore.estimators import curvature
from mlcore.estimators.descent import Descent, Judged, Kept
from mlcore.estimators.meant import Meant, dense, is_sparse
from mlcore.estimators.orders import Orders, in_order
from mlcore.estimators.shapes import (
    BENDS,
    RATES,
    SOLVERS,
    bend,
    first_weights,
    flat,
    hidden,
    network,
    optimizer,
    unfolded,
)
from mlcore.layers.activations import Activation
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.losses.several import bounds
from mlcore.network import Network
from mlcore.optimizers import SGD, Optimizer
from mlcore.schedules import Schedule
from mlcore.spec import changed

FLOATS = (np.float64, np.float32)
CLIPPED = "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped"
SHARE = Interval(Real, 0, 1, closed="left")
LARGEST = float(np.finfo(np.float64).max)  # a whole number beyond it is none that floats can take
FROM_ZERO, ABOVE_ZERO = Interval(Real, 0, LARGEST, closed="both"), Interval(Real, 0, LARGEST, closed="right")


class Perceptron(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Dense layers from the features to the answers, trained by one of several solvers."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(BENDS)), Activation],
        "solver": [StrOptions({"lbfgs", *SOLVERS})],
        "alpha": [FROM_ZERO],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions(set(RATES)), Schedule],
        "learning_rate_init": [ABOVE_ZERO],
        "power_t": [FROM_ZERO],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [FROM_ZERO],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [SHARE],
        "beta_1": [SHARE],
        "beta_2": [SHARE],
        "epsilon": [ABOVE_ZERO],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "dropout": [SHARE],
        "events": [callable, None],
        "backend": [StrOptions({"auto", "native", "reference", "torch"})],
        "device": [str],
    }

    coefs_: list[Array]
    intercepts_: list[Array]

    # ---- what the two say of themselves ----

    def _inputs(self, x: Any, y: Any, incremental: bool, reset: bool) -> tuple[Array, Array]:
        """Checked inputs [n, I] and targets [n, O]; what they name is noted."""
        raise NotImplementedError

    def _asks(self, targets: Array) -> tuple[Loss, str, Array]:
        """The loss, the name of the output activation, and targets [n, O] as the loss takes them."""
        raise NotImplementedError

    def _judgement(self, y: Array, w: Array | None) -> Any:
        """f(z) -> the score of raw outputs z [n, O] for targets as the loss takes them."""
        raise NotImplementedError

    def _weighed(self, y: Any, w: Array | None, incremental: bool) -> Array | None:
        """Weights of rows with those of their classes."""
        return w

    # ---- fitting ----

    def _fit(self, x: Any, y: Any, sample_weight: Any, validation_data: Any, incremental: bool) -> Self:
        sizes = hidden(self.hidden_layer_sizes)
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        self._refuse(incremental, validation_data)
        given = y
        x, targets = self._inputs(x, y, incremental, first)
        if not first:
            x = x.astype(self.coefs_[0].dtype, copy=False)  # a network stays in the type it began in
        w = None if sample_weight is None else _check_sample_weight(sample_weight, x, dtype=x.dtype)
        w = self._weighed(given, w, incremental)
        loss, out, wanted = self._asks(targets)
        random = check_random_state(self.random_state)
        widths = [x.shape[1], *sizes, targets.shape[1]]
        if first:
            self._begin(widths, out, x.dtype, random)
        elif [len(self.coefs_[0]), *(len(b) for b in self.intercepts_)] != widths:
            found = "-".join(map(str, [len(self.coefs_[0]), *(len(b) for b in self.intercepts_)]))
            raise ConfigError(
                f"expected a network of {'-'.join(map(str, widths))}, and that of the last fit is {found}",
                hint="warm_start=False begins a new one",
            )
        net = network(widths, self.activation, float(self.dropout))
        meant = Meant(x, wanted, w)
        vector = flat(self.coefs_, self.intercepts_, x.dtype)
        if self.solver == "lbfgs":
            problem = Problem(net, loss, SGD(), Rows(*meant), 1.0, x.shape[0], 0, bounds=_told(loss, x.dtype))
            vector, self.loss_, self.n_iter_ = curvature.descend(self, problem, vector)
        else:
            vector = self._descended(net, loss, meant, targets, vector, random, validation_data, incremental)
        self.coefs_, self.intercepts_ = unfolded(vector, widths, np.float64 if self.solver == "lbfgs" else x.dtype)
        if not np.isfinite(vector).all():
            raise DataError(
                "Solver produced non-finite parameter weights",
                hint="scale the inputs, StandardScaler() before the network",
                code="DIVERGED",
            )
        return self

    def _refuse(self, incremental: bool, validation_data: Any) -> None:
        """Raises ConfigError, which is a ValueError, for what does not go together."""
        if incremental and self.early_stopping:
            raise ConfigError("partial_fit does not support early_stopping=True", hint="it is one epoch a call")
        if self.solver == "lbfgs" and self.dropout:
            hint = 'solver="adam", or dropout=0'
            raise ConfigError("dropout draws anew at every step, and lbfgs needs one loss that stays", hint=hint)
        if self.solver == "lbfgs" and validation_data is not None:
            raise ConfigError("validation_data is measured after every epoch, and lbfgs has none", hint='solver="adam"')

    def _begin(self, widths: list[int], out: str, dtype: Any, random: np.random.RandomState) -> None:
        """A new network: first weights, and nothing noted yet."""
        self.n_iter_, self.t_ = 0, 0
        self.n_outputs_, self.n_layers_, self.out_activation_ = widths[-1], len(widths), out
        drawn = list(first_weights(widths, self.activation, random))
        self.coefs_ = [w.astype(dtype, copy=False) for w, _ in drawn]
        self.intercepts_ = [b.astype(dtype, copy=False) for _, b in drawn]
        self._kept: Kept | None = None
        if self.solver != "lbfgs":
            self._note_nothing()

    def _note_nothing(self) -> None:
        """No epoch has been made yet that this way of judging could go on from."""
        self._best = flat(self.coefs_, self.intercepts_, self.coefs_[0].dtype)
        self.loss_curve_: list[float] = []
        self.validation_loss_curve_: list[float] | None = None
        self._no_improvement_count = 0
        self.validation_scores_: list[float] | None = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None
        self.best_loss_ = None if self.early_stopping else np.inf

    def _descended(
        self,
        net: Network,
        loss: Loss,
        meant: Meant,
        targets: Array,
        vector: Array,
        random: np.random.RandomState,
        validation_data: Any,
        incremental: bool,
    ) -> Array:
        """The parameters [P] after epochs of batches; what is needed to go on is noted."""
        if not hasattr(self, "loss_curve_") or bool(self.early_stopping) != (self.best_loss_ is None):
            self._note_nothing()
        held = None if validation_data is None else self._held(validation_data, meant.x)
        if self.early_stopping and held is None:
            meant, held = self._split(meant, targets, random)
        judged = None if held is None else Judged(Rows(*held), self._judgement(held.y, held.w))
        if judged and self.validation_loss_curve_ is None:
            self.validation_loss_curve_ = []
        rows, seed = len(meant.y), int(random.randint(2**31)) if self.dropout else 0
        order: Any = Orders(rows, random) if self.shuffle else lambda epoch: in_order(rows)
        decoupled = self.solver == "adamw"
        size = self._batch(rows)
        rule, kept = self._rule(incremental)
        problem = Problem(
            net, loss, rule, Rows(*meant), 1.0, size, seed, order, not decoupled, _told(loss, meant.x.dtype)
        )
        descent = Descent(self, problem, self._backend(problem, meant.x.dtype), judged, kept)
        self.n_iter_ = 0
        vector, self._kept = descent.run(vector, self.max_iter if not incremental else 1, incremental)
        if self.shuffle and size >= rows and not isinstance(self.random_state, Integral):
            order(self.n_iter_ - 1)  # a batch of all rows needs no order, but whoever shares the generator sees it used
        return vector

    def _rule(self, incremental: bool) -> tuple[Optimizer, Kept | None]:
        """The optimizer, and what it goes on with: as in scikit-learn partial_fit minds no settings of it but alpha."""
        rule, kept = optimizer(self), self._kept
        if not incremental or kept is None or type(kept.rule) is not type(rule):
            return rule, None
        return changed(kept.rule, weight_decay=rule.weight_decay), kept

    def _batch(self, rows: int) -> int:
        """Rows of a batch."""
        if self.batch_size == "auto":
            return min(200, rows)
        if self.batch_size > rows:
            warnings.warn(CLIPPED, stacklevel=5)
        return min(int(self.batch_size), rows)

    def _backend(self, problem: Problem, dtype: Any) -> Choice:
        """Who does the arithmetic, in the type of the inputs; C kernels compute in float32 whatever they are given."""
        single = dtype == np.float32 or self.backend == "native"
        backend: Any = "reference" if is_sparse(problem.rows.x) else self.backend
        asked = Config(backend=backend, device=self.device, precision="float32" if single else "float64")
        return choose(asked, problem.network, problem.loss, problem.optimizer)

    # ---- rows held back ----

    def _split(self, meant: Meant, targets: Array, random: np.random.RandomState) -> tuple[Meant, Meant]:
        """Rows to train on and rows to judge by, the very ones scikit-learn takes."""
        if not self.validation_fraction:
            raise ConfigError("validation_fraction: early_stopping holds rows back, got 0", hint="0.1 of them")
        alike = targets if targets.shape[1] == 1 and hasattr(self, "classes_") else None
        train, held = train_test_split(
            np.arange(len(targets)), random_state=random, test_size=self.validation_fraction, stratify=alike
        )
        if len(held) < 2:
            raise ConfigError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset",
                hint="or hand over validation_data=(X, y)",
            )
        return meant.take(train), meant.take(held)

    def _held(self, given: Any, like: Any) -> Meant:
        """The rows of validation_data, (X, y) or (X, y, sample_weight), in the type of the inputs trained on."""
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            what = type(given).__name__ + (f" of {len(given)}" if isinstance(given, tuple | list) else "")
            raise ConfigError(f"validation_data: expected (X, y) or (X, y, sample_weight), got a {what}")
        x, targets = self._checked(given[0], given[1])
        w = None if len(given) == 2 or given[2] is None else _check_sample_weight(given[2], x, dtype=like.dtype)
        x = (x if is_sparse(like) else dense(x)).astype(like.dtype, copy=False)
        return Meant(x, self._asks(targets)[2], self._weighed(given[1], w, False))

    def _checked(self, x: Any, y: Any) -> tuple[Array, Array]:
        """Inputs and targets of validation_data, of the features and classes fitted on."""
        raise NotImplementedError

    # ---- outputs ----

    def _raw(self, x: Any) -> Array:
        """Raw outputs z [n, O] of checked inputs, from coefs_ and intercepts_ as they are now."""
        z: Array = validate_data(self, x, accept_sparse=["csr", "csc"], reset=False)
        page, last = bend(self.activation), len(self.coefs_) - 1
        for place, (w, b) in enumerate(zip(self.coefs_, self.intercepts_, strict=True)):
            z = z @ w + b
            if page and place < last:
                z = page.value(z)
        return z

    def _goes_by_batches(self) -> bool:
        """Raises AttributeError where there is no partial_fit."""
        if self.solver not in SOLVERS:
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _told(loss: Loss, dtype: Any) -> tuple[float, float] | None:
    """The bounds of a log-loss of one probability a row; other losses have none, or mind them themselves."""
    return bounds(dtype) if loss.fits("binary") or loss.fits("multiclass") else None
