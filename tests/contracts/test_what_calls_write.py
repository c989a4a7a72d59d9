"""A call of a plan changes nothing in the arena but the buffers it is given to write: no row before, none behind."""

from __future__ import annotations

import numpy as np
import pytest

from mlcore import kernels
from mlcore.backends.calls import Call
from mlcore.backends.plan import Plan, lower
from mlcore.backends.program import Program
from tests.contracts import test_different_lengths as lengths
from tests.contracts.experiments import SHAPED
from tests.contracts.problems import first_weights, problem

pytestmark = pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
TIERS = kernels.tiers() if kernels.unavailable() is None else ()
FIELDS = {
    *("y", "dx", "dw", "db", "du", "db2", "wt"),
    *("room", "where", "sums", "spread", "packed", "mean", "variance"),
}
MOVED = ("parameters", "moments", "gradient")


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", [*SHAPED, *lengths.EVERY])
def test_a_call_writes_what_it_is_given_to_write(name: str, tier: str, fuse: bool) -> None:
    p = problem(**SHAPED[name]) if name in SHAPED else lengths.problem(name)
    plan = lower(p.network, p.loss, p.optimizer, min(p.batch_size, len(p.rows)), fuse=fuse)
    program = Program(plan, p.rows, p.factor, p.seed)
    program.write("parameters", first_weights(p).vector)
    with kernels.use(tier):
        for number, call in enumerate(plan.calls):
            before = program.arena.copy()
            program.lib.mlj_run_call(program.plan, number, plan.block, 0, 0.01)
            changed = before.view(np.uint32) != program.arena.view(np.uint32)
            assert not (changed & ~_given(plan, call)).any(), f"{number} {call.text}"


def _given(plan: Plan, call: Call) -> np.ndarray:
    """Which floats of the arena a call may change."""
    names = {name for field, name in call.operands.items() if field in FIELDS}
    names |= {"targets", "weights"} if call.opcode == "gather" else set(MOVED) if call.rule != "no_rule" else set()
    given = np.zeros(plan.size, bool)
    for name in names:
        offset, shape = plan.places[name]
        given[offset : offset + int(np.prod(shape))] = True
    return given
