"""The most one core can do, measured in the same run as everything else: `python -m benchmarks.limits`.

A loop of multiply-adds in registers gives the peak; the project's register tile on panels in the first cache is held
against it. Both are compiled when first asked for, with the instruction set the kernels chose, into build/benchmarks.
"""

from __future__ import annotations

from benchmarks import machine

if __name__ == "__main__":
    machine.prepare()  # before NumPy is loaded

import hashlib
import platform
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import peers
from benchmarks.goals import Goal, write
from benchmarks.interleaved import measure

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parent / "kernels"
BUILT = HERE.parent / "build" / "benchmarks"
TARGETS = {"avx2": "avx2,fma", "avx512": "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"}
LANES = {"baseline": 4, "avx2": 8, "avx512": 16}
CHAINS, TURNS = 12, 500  # of limits.c; turns in one step of the contender
FIRST_CACHE = 26 * 1024  # bytes of panels that leave room for the rest in 32 KiB
TILE_GOALS = {"avx512": 0.95, "avx2": 0.90}

PEAK = "void limits_multiply_add(int64_t turns, float *out);"
TILE = "void limits_tile(int64_t calls, int64_t k, const float *a, const float *b, float *c);"
ROWS = "int64_t limits_tile_rows(void);"


class Peak:
    """A contender whose step is a fixed number of multiply-adds in registers."""

    def __init__(self) -> None:
        self.module = built(with_tile=False)
        self.flops = 2 * CHAINS * LANES[tier()] * TURNS
        self.numbers = np.zeros(2 + LANES[tier()], np.float32)
        self.numbers[:2] = 0.5, 1

    def __call__(self, steps: int) -> None:
        out = self.module.ffi.from_buffer("float[]", self.numbers)
        self.module.lib.limits_multiply_add(steps * TURNS, out)


class Tile:
    """The widest register tile of the kernels on panels in the first cache."""

    def __init__(self) -> None:
        self.module, lanes = built(with_tile=True), LANES[tier()]
        self.rows, self.columns = int(self.module.lib.limits_tile_rows()), 2 * lanes
        self.k = max(k for k in (128, 192, 256) if k == 128 or 4 * k * (self.rows + self.columns) <= FIRST_CACHE)
        random = np.random.default_rng(1)
        shapes = (self.rows, self.k), (self.k, self.columns), (self.rows, self.columns)
        self.arrays = [random.normal(size=shape).astype(np.float32) for shape in shapes]
        self.flops = 2 * self.rows * self.columns * self.k

    def __call__(self, steps: int) -> None:
        places = (self.module.ffi.from_buffer("float[]", array) for array in self.arrays)
        self.module.lib.limits_tile(steps, self.k, *places)


class Against(NamedTuple):
    """The peak as one more contender of a run: what the others reach is told as a share of it."""

    peak: Peak

    def share(self, seconds: dict[str, list[float]], name: str, flops: float) -> float:
        """The share of the peak that `flops` in each step of `name` are: the median of the rounds."""
        rounds = zip(seconds["peak"], seconds[name], strict=True)
        return float(np.median([flops / own / (self.peak.flops / most) for most, own in rounds]))


def tier() -> str:
    """The instruction set the kernels use."""
    from mlcore import kernels

    return kernels.isa()


@cache
def built(with_tile: bool) -> Any:
    """The compiled module; compiled anew when a source of it has changed. Raises what the compiler's failure raises."""
    from cffi import FFI

    source = _source(with_tile)
    texts = [path.read_text(encoding="utf-8") for path in sorted(KERNELS.rglob("*.[hc]"))] if with_tile else []
    key = hashlib.sha256("\0".join([source, (HERE / "limits.c").read_text(), sys.version, *texts]).encode())
    name = f"limits_{key.hexdigest()[:16]}"
    path = next(BUILT.glob(f"{name}.*.so"), None) or next(BUILT.glob(f"{name}.so"), None)
    if path is None:
        ffi = FFI()
        ffi.cdef(PEAK + (TILE + ROWS if with_tile else ""))
        flags = ["-std=gnu11", "-O3", "-w", "-g0", f"-ffp-contract={'off' if with_tile else 'fast'}"]
        include = [str(HERE), str(KERNELS), str(KERNELS / "tiers")]
        ffi.set_source(name, source, include_dirs=include, extra_compile_args=flags, extra_link_args=["-lm"])
        BUILT.mkdir(parents=True, exist_ok=True)
        path = Path(ffi.compile(tmpdir=str(BUILT)))
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _source(with_tile: bool) -> str:
    """The C of one tier: the project's own tier file in front of limits.c, in the same target region."""
    target = TARGETS.get(tier()) if platform.machine() in ("x86_64", "AMD64") else None
    begin = end = ""
    if target:
        begin = f'#if defined(__clang__)\n#pragma clang attribute push(__attribute__((target("{target}"))), '
        begin += f'apply_to = function)\n#else\n#pragma GCC push_options\n#pragma GCC target("{target}")\n#endif\n'
        end = "#if defined(__clang__)\n#pragma clang attribute pop\n#else\n#pragma GCC pop_options\n#endif\n"
    kernels = '#define TIER limits\n#include "ops/all.c"\n#define TILE_ROWS WIDE_ROWS\n' if with_tile else ""
    return f'{begin}#define LANES {LANES[tier()]}\n{kernels}#include "limits.c"\n{end}'


def against() -> Against | None:
    """The peak, or None where it cannot be compiled: then shares are left out, and a line says why."""
    try:
        return Against(Peak())
    except Exception as error:  # of cffi, of the compiler, of the loader
        print(f"the peak of this core was not measured: {type(error).__name__}: {error}")
        return None


def main(words: Sequence[str] | None = None) -> None:
    """Measure peak and tile, print, write results/limits.json."""
    peers.asked(words, __doc__)
    peak = against()
    if peak is None:
        return
    contenders: dict[str, Any] = {"peak": peak.peak}
    try:
        contenders["tile"] = Tile()
    except Exception as error:  # the tile is the kernels' own and may be called otherwise by now
        print(f"the register tile was not measured: {type(error).__name__}: {error}")
    seconds = dict(measure(contenders, rounds=31).seconds)
    found: dict[str, Any] = {
        "peak_gflops": {
            "median": round(peak.peak.flops / float(np.median(seconds["peak"])) / 1e9, 1),
            "best": round(peak.peak.flops / min(seconds["peak"]) / 1e9, 1),
        }
    }
    goals = []
    if "tile" in seconds:
        tile = contenders["tile"]
        share = peak.share(seconds, "tile", tile.flops)
        found["tile"] = {"rows": tile.rows, "columns": tile.columns, "k": tile.k, "share_of_peak": round(share, 3)}
        what = f"register tile {tile.rows}x{tile.columns} in the first cache, K = {tile.k}"
        goals.append(Goal(what, "of the peak", share, TILE_GOALS.get(tier(), 0.9), kind="share"))
    write("limits", found, goals, "cffi")


if __name__ == "__main__":
    main()
