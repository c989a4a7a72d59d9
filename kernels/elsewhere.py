"""The kernel tests on a build that is not the usual one: `make emulate`, `make clang`.

emulate   the tests of the kernels and the contracts of the native backend on sixteen lanes, without AVX-512: its
          primitives are those of emulated.h, everything above them is the code of the real tier
clang     the same tests on a build by clang, which has to be free of warnings

Further arguments go to pytest. Where a tool is missing, one sentence says so and the exit code is 0.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from trees import build, lay_out, run_tests

CONTRACTS = tuple(f"tests/contracts/test_{name}.py" for name in ("same_bits", "every_backend", "many_at_once"))
WARNINGS = "-Wall -Wextra -Wno-unused-parameter"  # cffi's own functions have such parameters


def emulate(arguments: list[str]) -> int:
    """Sixteen lanes on AVX2."""
    tree = lay_out("emulate")
    flags = "-DMLJ_EMULATE -O1 -Wno-psabi"  # the compiler takes minutes to optimize vectors that do not exist
    environment = os.environ | {"MLJ_CFLAGS": flags, "MLJ_REQUIRE_NATIVE": "1", "OPENBLAS_NUM_THREADS": "1"}
    build(tree, environment)
    there = "import mlcore.kernels as k; print('avx512' in k.tiers())"
    asked = subprocess.run([sys.executable, "-c", there], cwd=tree, capture_output=True, text=True, check=True)
    if asked.stdout.strip() != "True":
        print("skipped: this machine has no AVX2 to emulate AVX-512 with")
        return 0
    return run_tests(tree, environment, "-k", "avx512 or not (avx2 or baseline or pytorch)", *where(arguments))


def clang(arguments: list[str]) -> int:
    """The other compiler."""
    if shutil.which("clang") is None:
        print("skipped: there is no clang here")
        return 0
    tree = lay_out("clang")
    environment = os.environ | {"CC": "clang", "LDSHARED": "clang -shared", "MLJ_CFLAGS": WARNINGS}
    said = build(tree, environment | {"MLJ_REQUIRE_NATIVE": "1"})
    if "warning:" in said:
        print(said)
        return 1
    return run_tests(tree, environment, "-k", "not pytorch", *where(arguments))


def where(arguments: list[str]) -> list[str]:
    """The tests asked for, or all of them."""
    named = any(word.startswith("tests/") for word in arguments)
    return arguments if named else ["tests/kernels", *CONTRACTS, *arguments]


if __name__ == "__main__":
    sys.exit({"emulate": emulate, "clang": clang}[sys.argv[1]](sys.argv[2:]))
