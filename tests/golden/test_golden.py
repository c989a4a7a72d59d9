"""Every recipe begins as it always did, on every backend that runs here."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlcore import recipes
from mlcore.errors import BackendError, DataError, StorageError
from tests.golden.record import curve, path


@pytest.mark.parametrize("backend", ["reference", "native", "torch"])
@pytest.mark.parametrize("recipe", sorted(recipes()))
def test_a_recipe_begins_as_recorded(recipe: str, backend: str) -> None:
    recorded = json.loads(path(recipe).read_text(encoding="utf-8"))["losses"]
    try:
        found = curve(recipe, backend)["losses"]
    except (BackendError, DataError, StorageError) as error:
        pytest.skip(f"{error}")
    assert np.allclose(found, recorded, rtol=1e-5 if backend == "reference" else 1e-4, atol=1e-7)


def test_every_curve_belongs_to_a_recipe() -> None:
    assert {p.name for p in path("x").parent.glob("*.json")} == {path(recipe).name for recipe in recipes()}
