"""The solver lbfgs: all rows at once, and steps that know how the slope has changed (scipy's L-BFGS-B)."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from mlcore.backends.backend import Problem
from mlcore.layers.layer import Array


def descend(e: Any, problem: Problem, vector: Array) -> tuple[Array, np.float64, int]:
    """The parameters [P], the loss and the iterations that the settings of `e` lead to from a vector [P].

    The loss is the mean over the rows, with the penalty alpha / 2 |W|² over what they weigh together. Steps are made in
    float64, passes over the rows in the type of these, as in scikit-learn.
    """
    import scipy.optimize
    from sklearn.utils.optimize import _check_optimize_result

    network, (x, y, w) = problem.network, problem.rows[:3]
    weight, weights, numbers = x.shape[0] if w is None else float(w.sum()), slice(0, network.weights), count(1)
    share = e.alpha / weight

    def slope(vector: Array) -> tuple[float, Array]:
        typed = vector.astype(x.dtype, copy=False)
        z, saved = network.forward(typed, x)
        loss, dz = problem.loss(z, y, w, problem.bounds)
        gradient = network.backward(typed, saved, dz, to_inputs=False)[0].astype(np.float64, copy=False)
        gradient[weights] += share * vector[weights]
        return loss + share / 2 * float(vector[weights] @ vector[weights]), gradient

    def tell(intermediate_result: Any) -> None:  # scipy goes by the name
        print(f"Iteration {next(numbers)}, loss = {intermediate_result.fun:.8f}")

    np.empty(1 << 21)  # once 16 MB were freed, glibc gives smaller arrays back no more: a third less time than faulting
    found = scipy.optimize.minimize(
        slope,
        vector.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        callback=tell if e.verbose else None,
        options={"maxfun": e.max_fun, "maxiter": e.max_iter, "gtol": e.tol},
    )
    return found.x, np.float64(found.fun), int(_check_optimize_result("lbfgs", found, e.max_iter))
