"""The main directions in which the rows of a table differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlcore.decomposition import PCA
from mlcore.errors import DataError
from mlcore.tables import lookup
from mlcore.tables.views.view import View, rows_in_words

if TYPE_CHECKING:
    from pandas import DataFrame

Array: TypeAlias = NDArray[Any]

MOST = 10  # components
FITTED = 20_000  # rows the components are found from


class Components(NamedTuple):
    """Principal components of a table.

    variances: how much each holds. loadings: what the first are made of. points [n, C]: the rows on them, `rows` [n]
    their places in the frame. shares [C]: of the variance. columns: how many they are of. complete: rows in which no
    number is missing, of which those are some; lacking: all others.
    """

    variances: View
    loadings: View
    points: Array
    rows: Array
    shares: Array
    columns: int
    complete: int
    lacking: int

    @property
    def plane(self) -> tuple[Array, Array]:
        """The rows on the first two components: x, y [n]; y is 0 where there is only one."""
        x = self.points[:, 0]
        return x, self.points[:, 1] if self.points.shape[1] > 1 else np.zeros(len(x))


def pca(frame: DataFrame, most: int = MOST, left_out: str = "") -> Components:
    """The principal components of the columns of numbers, each brought to mean 0 and standard deviation 1 first.

    Rows with a missing number are left out, and so is the column `left_out`, where there is a target.
    """
    names = [name for name in lookup.of_kind(frame, "number") if name != left_out]
    values = frame[names].to_numpy(np.float64) if names else np.empty((len(frame), 0))
    rows = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not names or len(rows) < 2:
        what = "no column of numbers" if not names else f"{rows_in_words(len(rows))} in which no number is missing"
        hint = "mlj data missing says what is missing" if names else "components are of numbers"
        many = names and len(rows) != 1
        raise DataError(f"pca: there {'are' if many else 'is'} {what}", code="DATA_EMPTY", hint=hint)
    every = -(-len(rows) // FITTED)
    complete, rows = len(rows), rows[::every]
    lacking = len(frame) - complete
    x = values[rows]
    x /= np.maximum(np.abs(x).max(axis=0), 1e-300)  # or squares of very large numbers have no end
    std = x.std(axis=0)
    constant = std <= 1e-12
    x = (x - x.mean(axis=0)) / np.where(constant, 1, std)
    found = PCA(min(most, *x.shape))
    points = found.fit_transform(np.where(constant, 0, x))
    notes = [f"{rows_in_words(lacking)} with a missing number left out"] if lacking else []
    shares = found.explained_variance_ratio_
    held = tuple(
        (number, variance, share, total)
        for number, variance, share, total in zip(
            range(1, len(shares) + 1),
            found.explained_variance_.tolist(),
            shares.tolist(),
            np.cumsum(shares).tolist(),
            strict=True,
        )
    )
    title = f"principal components of {rows_in_words(len(names), 'column')}, {rows_in_words(len(rows))}, standardised"
    head = ("component", "variance", "share", "in all")
    code = _code(names, len(shares), every, bool(np.isinf(values).any()))
    variances = View(title, head, held, code, bars="share", notes=tuple(notes))
    loadings = _loadings(found, names, code)
    return Components(variances, loadings, points, rows, shares, len(names), complete, lacking)


def _loadings(found: PCA, names: list[str], code: str) -> View:
    """What the first two components are made of, the largest part of the first one first."""
    first = found.components_[:2]
    order = np.argsort(-np.abs(first[0]), kind="stable").tolist()
    rows = tuple((names[place], *(float(component[place]) for component in first)) for place in order)
    header = ("column", *(f"component {number}" for number in range(1, len(first) + 1)))
    return View("what they are made of", header, rows, code, texts=("column",))


def _code(names: list[str], most: int, every: int, infinite: bool) -> str:
    """The same in scikit-learn: of every so many-th row, where there are more than are looked at."""
    left = f"df[{names!r}]" + (".replace([np.inf, -np.inf], np.nan)" if infinite else "") + ".dropna()"
    return ("import numpy as np\n" if infinite else "") + "\n".join(
        (
            "from sklearn.decomposition import PCA",
            "from sklearn.preprocessing import StandardScaler",
            "",
            f"x = StandardScaler().fit_transform({left}{f'[::{every}]' if every > 1 else ''})",
            f"pca = PCA({most}).fit(x)",
            "pca.explained_variance_ratio_, pca.components_",
        )
    )
