"""Runs the kernel tests on kernels built with the address and undefined-behaviour sanitizers: `make asan`.

The very same sources, compiled into a tree of their own under build/. First six bugs planted on purpose have to be
caught, or the run would prove nothing: Python's own flags, for one, silently switch off the check for signed overflow.
Further arguments go to pytest. Where the compiler has no sanitizers, one sentence says so and the exit code is 0.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from trees import build, lay_out, run_tests

CHECKS = "-fsanitize=address,undefined,float-cast-overflow"
COMPILE = f"-UNDEBUG -O1 -g -fno-omit-frame-pointer -fno-wrapv {CHECKS} -fno-sanitize-recover=all"

PLANTED = """
int8_t nothing(int64_t n) { return (int8_t)(n & 1); }
void write_too_far(int64_t n) { volatile float *x = malloc(n * 4); x[n] = 1; free((void *)x); }
float read_too_far(int64_t n) { volatile float *x = calloc(n, 4); float y = x[n]; free((void *)x); return y; }
float read_after_free(int64_t n) { volatile float *x = calloc(n, 4); free((void *)x); return x[0]; }
int32_t signed_overflow(int32_t n) { return n * (1 << 30); }
float misaligned(int64_t n) { static char bytes[64]; return *(volatile float *)(bytes + 1 + (n & 1) * 4); }
int32_t cast_overflow(float x) { return (int32_t)(x * 1e20f); }
"""

TESTS = ("tests/kernels", "tests/mlcore/tables/test_scan.py")


def main(arguments: list[str]) -> int:
    """Plant, build, run. Returns the exit code of pytest, or 1 when a planted bug got away."""
    compiler = shlex.split(os.environ.get("CC", sysconfig.get_config_var("CC") or "cc"))
    runtime = sanitizer_runtime(compiler[0])
    if runtime is None:
        print(f"skipped: {compiler[0]} has no address sanitizer here; gcc with libasan has one")
        return 0
    environment = os.environ | {
        "MLJ_CFLAGS": COMPILE,
        "MLJ_LDFLAGS": CHECKS,
        "MLJ_REQUIRE_NATIVE": "1",
        "MLJ_GUARDED_CALLS": os.environ.get("MLJ_GUARDED_CALLS", "1000"),
        "OPENBLAS_NUM_THREADS": "1",
    }
    start = time.monotonic()
    tree = lay_out("sanitize")
    build(tree, environment)
    plant(tree)
    print(f"built with sanitizers in {time.monotonic() - start:.0f} s", flush=True)
    environment |= {
        "LD_PRELOAD": runtime,
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:handle_segv=0:handle_sigbus=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }
    missed = [bug for bug in planted_bugs() if not is_caught(bug, tree, environment)]
    if missed:
        print("planted bugs that were not caught: " + ", ".join(missed))
        return 1
    print(f"{len(planted_bugs())} planted bugs caught", flush=True)
    return run_tests(tree, environment, *TESTS, *arguments)


def sanitizer_runtime(compiler: str) -> str | None:
    """The library a sanitized module needs to be loaded first, or None where there is none."""
    asked = f"{compiler} -print-file-name=libasan.so"
    try:
        found = subprocess.run(shlex.split(asked), capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return found if Path(found).is_absolute() and Path(found).exists() else None


def plant(tree: Path) -> None:
    """Compile the planted bugs inside the tree."""
    from cffi import FFI

    ffi = FFI()
    ffi.cdef("".join(line[: line.index("{")].rstrip() + ";\n" for line in PLANTED.strip().splitlines()))
    flags = {"extra_compile_args": shlex.split(COMPILE), "extra_link_args": [CHECKS]}
    ffi.set_source("_planted", "#include <stdint.h>\n#include <stdlib.h>\n" + PLANTED, **flags)
    ffi.compile(tmpdir=str(tree))


def planted_bugs() -> list[str]:
    """The names of the planted functions that are wrong."""
    names = [line[: line.index("(")].split()[-1] for line in PLANTED.strip().splitlines()]
    return names[1:]


def is_caught(bug: str, tree: Path, environment: dict[str, str]) -> bool:
    """Whether the process that calls a bug ends with a report, and the one that calls nothing wrong does not."""
    for name, caught in (("nothing", False), (bug, True)):
        program = f"from _planted import lib; lib.{name}(7)"
        ended = subprocess.run(
            [sys.executable, "-c", program], cwd=tree, env=environment, capture_output=True, text=True, check=False
        )
        reported = "AddressSanitizer" in ended.stderr or "runtime error" in ended.stderr
        if (ended.returncode != 0 and reported) != caught:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
