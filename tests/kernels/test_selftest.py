"""The kernels as a C program without Python, by every compiler there is: within their bounds, and the same bits.

`make neon` runs what is told of AArch64 here: the program under qemu, its checksum beside that of AVX2.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kernels.build import FLAGS, ROOT, SOURCES
from mlcore import kernels

STRICT = ("-Wall", "-Wextra", "-Werror")
CROSS, EMULATOR, LIBRARIES = "aarch64-linux-gnu-gcc", "qemu-aarch64", "/usr/aarch64-linux-gnu"
QUICK = "-O1"  # compiled in a third of the time; what is installed and tested against NumPy has -O3
FUSED = ("avx2", "avx512")  # baseline has no fused multiply-add on x86-64, and has it on AArch64
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def told(folder: Path, compiler: str, *flags: str, run: tuple[str, ...] = ()) -> dict[str, str]:
    """Checksum and count of the results of each tier; skips where the compiler or the emulator is missing."""
    for tool in (compiler, *run[:1]):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool} here")
    program = folder / "selftest"
    command = [compiler, *FLAGS, *STRICT, *flags, "-Ikernels", *SOURCES, "tests/kernels/selftest.c", "-o", str(program)]
    built = subprocess.run([*command, "-pthread", "-lm"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    ended = subprocess.run([*run, str(program)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return dict(line.split(" ", 1) for line in ended.stdout.splitlines())


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the usual compiler's program says on this machine."""
    return told(tmp_path_factory.mktemp("here"), "cc", QUICK)


def test_every_tier_is_within_its_bounds_and_tiers_with_fused_multiply_add_agree(here: dict[str, str]) -> None:
    assert here and set(here) >= set(kernels.tiers())
    assert len({here[tier] for tier in FUSED if tier in here}) <= 1


def test_clang_gives_the_same_bits_and_so_do_sixteen_lanes_emulated(here: dict[str, str], tmp_path: Path) -> None:
    emulated = ("-Wno-psabi", "-DMLJ_EMULATE") if "avx2" in here else ()  # gcc would take minutes over it
    found = told(tmp_path, "clang", QUICK, *emulated)
    assert {tier: found[tier] for tier in here} == here
    assert not emulated or found["avx512"] == here["avx2"]


def test_neon_gives_the_bits_of_avx2(here: dict[str, str], tmp_path: Path) -> None:
    found = told(tmp_path, CROSS, QUICK, run=(EMULATOR, "-L", LIBRARIES))
    assert set(found) == {"baseline"}
    if "avx2" not in here:
        pytest.skip("within its bounds, but this machine has no AVX2 to compare with")
    assert found["baseline"] == here["avx2"]
