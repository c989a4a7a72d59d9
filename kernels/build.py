"""Builds mlcore._native from the C of this folder.

`python kernels/build.py` compiles in place, beside `mlcore/_native.pyi`; setuptools calls `ffi` through `cffi_modules`.
Compiler and linker flags are taken from MLJ_CFLAGS and MLJ_LDFLAGS as well, so that sanitizers build the same sources.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SOURCES = sorted(str(p.relative_to(ROOT)) for p in (*HERE.glob("*.c"), *(HERE / "tiers").glob("*.c")))
HEADERS = sorted(str(p.relative_to(ROOT)) for p in (*HERE.rglob("*.h"), HERE / "ops" / "all.c"))
FLAGS = ("-std=gnu11", "-O3", "-ffp-contract=off", "-fvisibility=hidden")
QUICK = ("-g0",)  # Python's own -g costs a third of the time and 4 MB of wheel

ffi = FFI()
DECLARED = "".join((HERE / name).read_text() for name in ("mlj.h", "plan.h"))
ffi.cdef("\n".join(line for line in DECLARED.splitlines() if not line.startswith("#")))
ffi.set_source(
    "mlcore._native",
    '#include "mlj.h"',
    sources=SOURCES,
    depends=HEADERS,
    include_dirs=["kernels"],
    extra_compile_args=[*FLAGS, *QUICK, *shlex.split(os.environ.get("MLJ_CFLAGS", ""))],
    extra_link_args=["-pthread", "-lm", *shlex.split(os.environ.get("MLJ_LDFLAGS", ""))],
    optional=os.environ.get("MLJ_REQUIRE_NATIVE", "") != "1",
)

if __name__ == "__main__":
    subprocess.run([sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=ROOT, check=True)
