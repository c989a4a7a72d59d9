"""Every measurement, one program after the other, then the README: `python -m benchmarks [--against torch,jax]`.

A program that fails is named and the others go on; the app's latency is measured by its own command.
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks import peers

PROGRAMS = (
    "limits", "training", "images", "sequences", "floors", "products", "operations", "many", "inference", "two_threads",
    "loaded", "processes", "estimators", "tables", "live", "reading",
)  # fmt: skip


def main() -> int:
    """Run them all; 1 when one of them failed."""
    asked = peers.asked(about=__doc__)
    failed = []
    for program in PROGRAMS:
        print(f"== {program}", flush=True)
        began = time.perf_counter()
        command = (sys.executable, "-m", f"benchmarks.{program}", "--against", ",".join(asked.against))
        if subprocess.run(command, check=False).returncode:
            failed.append(program)
        print(f"== {program} took {time.perf_counter() - began:.0f} s", flush=True)
    subprocess.run((sys.executable, "-m", "benchmarks.report"), check=True)
    print(f"failed: {', '.join(failed)}" if failed else "all measured; the README's numbers are new")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
