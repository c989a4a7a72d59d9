"""Principal components: the few directions along which rows differ most, and how much each of them holds."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcore.errors import DataError

Array: TypeAlias = NDArray[Any]

ALIKE = 1e-9  # by which share numbers differ that are as large: two columns weigh alike, but for rounding


class PCA:
    """Rows as points on the axes along which they spread most (Pearson 1901; Hotelling 1933).

    x - mean = U S Vᵀ        components_ = Vᵀ [C, F]        explained_variance_ = S² / (n - 1) [C]

    Attributes and numbers are scikit-learn's. A component's sign is free: here its largest number is positive, of
    several as large the first.
    whiten: every component is divided by its standard deviation, so that all of them weigh the same.
    """

    def __init__(self, n_components: int | None = None, whiten: bool = False) -> None:
        self.n_components, self.whiten = n_components, whiten

    def fit(self, x: ArrayLike) -> PCA:
        """Find the components of rows x [n, F]. Raises DataError when there are none to be found."""
        rows = self._checked(x)
        most = min(rows.shape)
        kept = most if self.n_components is None else self.n_components
        if len(rows) < 2 or not 1 <= kept <= most:
            message = f"PCA: expected 1 to {most} components of {len(rows)} rows of {rows.shape[1]}, got {kept}"
            raise DataError(message, code="DATA_VALUE", hint="ask for fewer, or bring more rows")
        self.mean_: Array = rows.mean(axis=0)
        _, s, vt = np.linalg.svd(rows - self.mean_, full_matrices=False)
        sizes = np.abs(vt)
        largest = (sizes >= (1 - ALIKE) * sizes.max(axis=1, keepdims=True)).argmax(axis=1)
        vt *= np.where(vt[np.arange(len(vt)), largest] < 0, -1, 1)[:, None]
        variance = s * s / (len(rows) - 1)
        self.n_components_ = kept
        self.components_: Array = vt[:kept]
        self.singular_values_: Array = s[:kept]
        self.explained_variance_: Array = variance[:kept]
        self.explained_variance_ratio_: Array = variance[:kept] / (variance.sum() or 1.0)
        return self

    def transform(self, x: ArrayLike) -> Array:
        """Rows [n, F] on the components [n, C], float64."""
        found: Array = (self._checked(x, len(self.mean_)) - self.mean_) @ self.components_.T
        return found / self._widths if self.whiten else found

    def fit_transform(self, x: ArrayLike) -> Array:
        """`fit` and `transform` of the same rows."""
        return self.fit(x).transform(x)

    def inverse_transform(self, x: ArrayLike) -> Array:
        """Points on the components [n, C] as rows [n, F]: what is left of them when the rest is dropped."""
        points = self._checked(x, self.n_components_)
        found: Array = (points * self._widths if self.whiten else points) @ self.components_ + self.mean_
        return found

    @property
    def _widths(self) -> Array:
        """The standard deviation of each component; 1 where there is none."""
        widths: Array = np.sqrt(self.explained_variance_)
        return np.where(widths > 0, widths, 1)

    @staticmethod
    def _checked(x: ArrayLike, across: int | None = None) -> Array:
        rows = np.asarray(x, np.float64)
        if rows.ndim != 2 or not rows.size or (across is not None and rows.shape[1] != across):
            wanted = "n" if across is None else f"n, {across}"
            raise DataError(f"PCA: expected rows [{wanted}], got shape {list(rows.shape)}", code="DATA_SCHEMA")
        if not np.isfinite(rows).all():
            raise DataError("PCA: expected finite numbers", code="DATA_NONFINITE", hint="leave such rows out")
        return rows
