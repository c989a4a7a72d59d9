"""Training by batches: epochs of a session, judged between them by scikit-learn's rules.

An epoch's loss is the mean of its batches' losses before their updates, the penalty alpha / 2 |W|² / rows included. It
is better than the best so far only by more than `tol`; after more than `n_iter_no_change` epochs in a row that were
not, training ends. So the next `n_iter_no_change + 1` epochs less those that were not better cannot end it, and are
asked of the session in one call: nothing has ever to be taken back.
"""

from __future__ import annotations

import time
import warnings
from typing import Any, NamedTuple

import numpy as np

from mlcore.backends import Choice
from mlcore.backends.backend import Problem, Weights
from mlcore.datasets.dataset import Rows
from mlcore.errors import DataError
from mlcore.estimators.shapes import schedule
from mlcore.events import Ended, EpochEnded, Reason, Started
from mlcore.layers.layer import Array
from mlcore.optimizers import Optimizer
from mlcore.schedules import Memory, Plateau

CALL = 0.2  # seconds of a call at most, about: Ctrl-C waits for its end
ORDERS = 1 << 22  # row numbers of a call at most
FLOOR = 1e-30  # of the first rate: below it momentum, which is divided by the rate, has no room in float32
SMALLEST_RATE = 1e-6  # at which an adaptive rate ends training instead of falling


class Judged(NamedTuple):
    """Rows held back to judge every epoch: as the loss takes them, and their score from raw outputs z."""

    rows: Rows
    score: Any  # f(z) -> float


class Kept(NamedTuple):
    """What partial_fit goes on with: an optimizer, its moments, updates made, learning rate, what a schedule saw."""

    rule: Optimizer
    moments: Array
    step: int
    rate: float
    memory: Memory


class Descent:
    """One call of fit or partial_fit: an estimator `e`, whose fitted attributes it moves, and the problem it is on."""

    def __init__(self, e: Any, problem: Problem, choice: Choice, judged: Judged | None, kept: Kept | None) -> None:
        self.e, self.problem, self.judged = e, problem, judged
        self.choice, self.session = choice, choice.backend.open(problem)
        self.precision = getattr(choice.backend, "dtype", np.dtype(np.float32))
        rule, size = problem.optimizer, problem.network.size
        self.kept = kept or Kept(rule, np.zeros((rule.moments, size)), 0, float(e.learning_rate_init), Memory())
        self.rate, self.memory = self.kept.rate, self.kept.memory
        self.schedule = schedule(e)
        self.scored = "validation_accuracy" if hasattr(e, "classes_") else "validation_r2"
        self.adaptive = e.solver == "sgd" and e.learning_rate == "adaptive"
        self.falling = e.solver == "sgd" and e.learning_rate == "invscaling"
        looks_back = isinstance(self.schedule, Plateau) or (self.falling and e.momentum > 0)
        self.alone = bool(judged or e.events or looks_back)
        self.began = self.seconds = 0.0

    def run(self, vector: Array, epochs: int, incremental: bool) -> tuple[Array, Kept]:
        """Train at most so many epochs from a vector [P]; what is kept of it, and what is needed to go on."""
        e, session = self.e, self.session
        session.restore(Weights(vector, self.kept.moments, self.kept.step))
        self._tell(lambda: Started(**self._facts(epochs)))
        self.began = time.perf_counter()
        reason: Reason = "finished"
        try:
            while e.n_iter_ < epochs:
                asked = 1 if incremental else min(self._many(), epochs - e.n_iter_)
                if self._train(asked):
                    reason = "early_stop"
                    break
            else:
                if not incremental:
                    _warn_of_the_end(e.max_iter)
        except KeyboardInterrupt:
            reason = "interrupted"
            warnings.warn("Training interrupted by user.", stacklevel=4)
        now = session.weights()
        vector = e._best if self._scores else now.vector
        seconds = time.perf_counter() - self.began
        told = {"train_loss": float(e.loss_)} if e.n_iter_ else {}
        if self._scores:
            told[self.scored] = e.best_validation_score_
        self._tell(lambda: Ended(reason, e.n_iter_, now.step, seconds, told))
        session.close()
        return vector, Kept(self.kept.rule, now.moments, now.step, self.rate, self.memory)

    @property
    def _scores(self) -> bool:
        """Whether scores of rows held back end training, and the best weights by them are kept."""
        return bool(self.judged and self.e.early_stopping)

    # ---- one call of the session ----

    def _many(self) -> int:
        """Epochs of the next call: as many as cannot end training, and not too long ones."""
        e, rows = self.e, len(self.problem.rows)
        if self.alone:
            return 1
        left = e.n_iter_no_change + 1 - e._no_improvement_count
        long = max(1, int(CALL / self.seconds)) if self.seconds else 1
        return int(max(1, min(left, long, ORDERS // rows)))

    def _train(self, epochs: int) -> bool:
        """So many epochs, told and judged. Returns whether training is over."""
        e, per_epoch = self.e, self.problem.steps_per_epoch
        first, steps = e.n_iter_ * per_epoch, epochs * per_epoch
        if self.problem.order is not None and hasattr(self.problem.order, "forget"):
            self.problem.order.forget(e.n_iter_)
        began = time.perf_counter()
        losses = self.session.train(first, steps, self._rates(first, steps))
        self.seconds = max((time.perf_counter() - began) / epochs, 1e-6)
        if len(losses) < steps or not np.isfinite(losses[-1]):
            _refuse(e.n_iter_ + (len(losses) - 1) // per_epoch + 1, losses[-1])
        n, size = len(self.problem.rows), self.problem.batch_size
        sizes = np.full(per_epoch, float(size))
        sizes[-1] = n - size * (per_epoch - 1)
        whole = (losses.reshape(epochs, per_epoch).astype(np.float64) * sizes).sum(axis=1) / n
        return any(self._epoch(loss) for loss in whole)

    def _rates(self, first: int, steps: int) -> Array:
        """The learning rate of each step."""
        e, per_epoch = self.e, self.problem.steps_per_epoch
        if self.schedule is not None:
            total = e.max_iter * per_epoch
            factors = self.schedule.rates(np.arange(first, first + steps), total, per_epoch) * self.memory.factor
            return float(e.learning_rate_init) * factors
        if self.falling:
            ahead = np.arange(steps // per_epoch)
            seen = e.t_ + 1.0 + ahead * len(self.problem.rows)
            rates = self._fallen(seen)
            rates[0] = self.rate
            return np.repeat(rates, per_epoch)
        return np.full(steps, self.rate)

    def _fallen(self, seen: Any) -> Any:
        """The learning rates after so many rows seen."""
        with np.errstate(over="ignore"):
            first = float(self.e.learning_rate_init)
            return np.maximum(FLOOR * first, first / seen ** float(self.e.power_t))

    # ---- between epochs ----

    def _epoch(self, loss: np.float64) -> bool:
        """Note an epoch and its loss, of scikit-learn's type; whether it was one too many that brought nothing."""
        e = self.e
        e.n_iter_ += 1
        e.loss_, e.t_ = loss, e.t_ + len(self.problem.rows)
        e.loss_curve_.append(loss)
        if e.verbose:
            print(f"Iteration {e.n_iter_}, loss = {loss:.8f}")
        metrics = {"train_loss": float(loss), "learning_rate": self.rate} | self._judge(loss)
        if self.schedule is not None:
            value = e.validation_loss_curve_[-1] if self.judged else loss
            self.memory = self.schedule.remember(self.memory, value)
        step = self.kept.step + e.n_iter_ * self.problem.steps_per_epoch
        seconds = time.perf_counter() - self.began
        self._tell(lambda: EpochEnded(e.n_iter_, step, seconds, metrics))
        if self.falling:
            self._turn_to(float(self._fallen(np.float64(e.t_ + 1))))
        if e._no_improvement_count <= e.n_iter_no_change:
            return False
        return self._is_over()

    def _judge(self, loss: float) -> dict[str, float]:
        """Count the epochs that were not better; what was measured on the rows held back."""
        e, told = self.e, {}
        if self.judged:
            told = self._measure(self.judged)
        if self._scores:
            score = told[self.scored]
            better = not score < e.best_validation_score_ + e.tol
            e.validation_scores_.append(score)
            if e.verbose:
                print(f"Validation score: {score:f}")
            if score > e.best_validation_score_:
                e.best_validation_score_, e._best = score, self.session.parameters()
        else:
            better = not loss > e.best_loss_ - e.tol
            e.best_loss_ = min(e.best_loss_, loss)
        e._no_improvement_count = 0 if better else e._no_improvement_count + 1
        return told

    def _measure(self, judged: Judged) -> dict[str, float]:
        """Loss, without penalty, and score of the rows held back."""
        x, y, w = judged.rows[:3]
        if self.precision == np.float64:
            z = self.problem.network.forward(self.session.parameters(), x)[0]
        else:
            z = self.session.predict(x)
        self.e.validation_loss_curve_.append(self.problem.loss(z, y, w)[0])
        return {"validation_loss": self.e.validation_loss_curve_[-1], self.scored: judged.score(z)}

    def _is_over(self) -> bool:
        """After too many epochs that brought nothing: the end, unless an adaptive rate can fall once more."""
        e = self.e
        what = "Validation score" if self._scores else "Training loss"
        text = f"{what} did not improve more than tol={e.tol:f} for {e.n_iter_no_change} consecutive epochs."
        if self.adaptive and self.rate > SMALLEST_RATE:
            self._turn_to(self.rate / 5)
            e._no_improvement_count = 0
            if e.verbose:
                print(f"{text} Setting learning rate to {self.rate:f}")
            return False
        if e.verbose:
            print(f"{text}{' Learning rate too small.' * self.adaptive} Stopping.")
        return True

    def _turn_to(self, rate: float) -> None:
        """Another rate from here on. scikit-learn's velocity holds the rates of its steps, ours is multiplied by the
        present one: v = -rate v', so that ours grows where the rate falls."""
        if self.e.momentum > 0 and rate != self.rate and self.e.solver == "sgd":
            now = self.session.weights()
            self.session.restore(now._replace(moments=now.moments * now.moments.dtype.type(self.rate / rate)))
        self.rate = rate

    # ---- what is told ----

    def _tell(self, event: Any) -> None:
        if self.e.events is not None:
            self.e.events(event())

    def _facts(self, epochs: int) -> dict[str, Any]:
        network = self.problem.network
        known = self.choice.facts(self.session) | {"precision": self.precision.name}
        settings = {name: value for name, value in self.e.get_params(deep=False).items() if name != "events"}
        whole = {"parameters": network.size, "summary": network.summary(), "epochs": epochs}
        return known | whole | {"config": settings, "steps_per_epoch": self.problem.steps_per_epoch}


def _refuse(epoch: int, loss: float) -> None:
    """Raises DataError, which is a ValueError."""
    raise DataError(
        f"Solver produced non-finite parameter weights: the loss of epoch {epoch} is {loss}",
        hint="scale the inputs, StandardScaler() before the network, or lower learning_rate_init",
        code="DIVERGED",
    )


def _warn_of_the_end(epochs: int) -> None:
    from sklearn.exceptions import ConvergenceWarning

    text = f"Stochastic Optimizer: Maximum iterations ({epochs}) reached and the optimization hasn't converged yet."
    warnings.warn(text, ConvergenceWarning, stacklevel=5)
