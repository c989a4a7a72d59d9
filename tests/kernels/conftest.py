"""Every kernel test runs once on each instruction set this machine has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mlcore import kernels
from tests.kernels.ground import TIERS


@pytest.fixture(params=TIERS or [pytest.param("none", marks=pytest.mark.skip(reason=str(kernels.unavailable())))])
def tier(request: pytest.FixtureRequest) -> Iterator[str]:
    """The instruction set in use."""
    with kernels.use(request.param):
        yield request.param


@pytest.fixture
def rng() -> np.random.Generator:
    """The same numbers on every run."""
    return np.random.default_rng(20)
