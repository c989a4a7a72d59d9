"""The bundled tables are scikit-learn's, number by number and name by name."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets as theirs

from mlcore.datasets import resolve
from mlcore.datasets.dataset import SplitSpec


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_a_bundled_table_is_scikit_learn_s(name: str) -> None:
    expected = getattr(theirs, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {}))
    data = resolve(name)(scale="none", split=SplitSpec(0.0, 0.0)).load()
    both = ((data.train.x, data.train.y), (expected.data, expected.target))
    ours, other = (np.column_stack(pair).astype(np.float32) for pair in both)
    order = [np.lexsort(rows.T[::-1]) for rows in (ours, other)]
    np.testing.assert_array_equal(ours[order[0]], other[order[1]])
    assert data.feature_names == tuple(expected.feature_names)
    assert data.task.class_names == tuple(getattr(expected, "target_names", ()))
