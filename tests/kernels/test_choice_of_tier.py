"""Which instruction set is in use, what happens where there is none, and the table of errors and speeds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mlcore import kernels
from mlcore.errors import BackendError
from mlcore.kernels import report
from tests.kernels.ground import TIERS, built


def told(program: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=os.environ | environment
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("tier", TIERS)
def test_mlj_isa_chooses_the_instruction_set(tier: str) -> None:
    assert told("from mlcore import kernels; print(kernels.isa())", MLJ_ISA=tier) == tier


@built
def test_without_mlj_isa_the_widest_is_taken() -> None:
    assert told("from mlcore import kernels; print(kernels.isa())", MLJ_ISA="") == TIERS[-1]


@built
def test_an_instruction_set_that_is_not_there_is_refused_by_name() -> None:
    program = """
from mlcore import kernels
print(kernels.unavailable())
try:
    kernels.relu([1])
except kernels.library.BackendError as error:
    print(error, "|", error.hint)
"""
    reason, refused = told(program, MLJ_ISA="avx1024").splitlines()
    assert reason == f"MLJ_ISA=avx1024: this machine has {', '.join(TIERS)}"
    assert refused.startswith(reason + " | ")
    with pytest.raises(BackendError, match="no instruction set 'neon'"), kernels.use("neon"):
        pass


@built
def test_a_number_of_threads_that_is_none_is_a_reason_and_no_crash() -> None:
    program = "from mlcore import kernels; print(kernels.unavailable())"
    assert told(program, MLJ_NUM_THREADS="many") == "MLJ_NUM_THREADS=many: expected a number from 1"
    assert told("from mlcore import kernels; print(kernels.threads())", MLJ_NUM_THREADS="3") == "3"


def test_without_a_compiled_module_every_kernel_says_why() -> None:
    program = """
import sys
import numpy as np
sys.modules["mlcore._native"] = None
from mlcore import kernels
assert kernels.tiers() == ()
assert "were not built" in kernels.unavailable()
for call in (lambda: kernels.matmul([[1]], [[1]]), lambda: kernels.tanh([1]), kernels.isa, kernels.threads,
             lambda: kernels.softmax_cross_entropy([[1, 2]], [0]), lambda: kernels.order(1, 2, 3),
             lambda: kernels.huber([[1]], [[0]]), lambda: kernels.dropout([1], 0.5),
             lambda: kernels.batch_norm([[1]], [1], [1]),
             lambda: kernels.sgd(np.ones(1, np.float32), [1], None, 0.1)):
    try:
        call()
    except kernels.library.BackendError as error:
        assert error.hint.startswith("install a C compiler"), error.hint
    else:
        raise AssertionError(call)
from mlcore.kernels.report import main
assert main() == 1
"""
    assert told(program).startswith("no kernels to report on: the C kernels were not built")


@built
def test_the_table_has_a_row_for_each_kernel_and_tier_and_fails_beyond_the_limit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "ROUNDS", 1)
    monkeypatch.setattr(report, "LEAST_SECONDS", 0)
    failed = report.main()
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if "FAIL" in line]
    assert failed == 0
    for name in (name for name in kernels.__all__ if name not in kernels.library.__dict__):
        for tier in TIERS:
            rows = [line for line in lines if line.startswith(name) and f" {tier} " in line]
            assert rows, f"mlcore/kernels/cases.py has no row for {name} on {tier}"
    assert all(line.endswith("ok") for line in lines[1:-1])
    first = next(report.cases())
    monkeypatch.setattr(report, "cases", lambda: iter([first]))
    monkeypatch.setattr(report, "worst_error", lambda case: case.limit * 1.01)
    assert report.main() == 1
    assert capsys.readouterr().out.count("FAIL") == len(TIERS) + 1
