"""Sessions for the contracts: skipped in words where a backend cannot run."""

from __future__ import annotations

import pytest

from mlcore import kernels
from tests.contracts.problems import OTHERS, opened


@pytest.fixture
def open_session():
    """f(backend, problem) -> session at its first weights; closed after the test."""
    sessions = []

    def open_one(name, problem, precision="float32"):
        session, reason = opened(name, problem, precision)
        if session is None:
            pytest.skip(reason)
        sessions.append(session)
        return session

    yield open_one
    for session in sessions:
        session.close()


@pytest.fixture(params=OTHERS)
def other(request, open_session):
    """f(problem) -> session of a backend that is not the reference, on one of its tiers."""
    name, _, tier = request.param.partition(" on ")
    if tier:
        with kernels.use(tier):
            yield lambda p: open_session(name, p)
    else:
        yield lambda p: open_session(name, p)
