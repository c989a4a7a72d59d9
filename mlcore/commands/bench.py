"""`mlj bench`: how fast the kernels are, and, in a checkout, training and the app beside others."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import mlcore
from mlcore.errors import UsageError

PROGRAMS = {"train": "benchmarks.training", "latency": "benchmarks.latency"}
CHECKOUT = Path(mlcore.__file__).resolve().parents[1]


def bench(args: argparse.Namespace) -> int:
    """Every kernel's error and speed, or a program of benchmarks/."""
    what = args.what or ("train" if args.against else "kernels")
    if args.against and what != "train":
        raise UsageError(f"--against: there is nobody to compare {what} with", hint="mlj bench train --against torch")
    if what == "kernels":
        from mlcore.kernels.report import main

        return main()
    module = PROGRAMS[what]
    if not (CHECKOUT / f"{module.replace('.', '/')}.py").is_file():
        raise UsageError(
            f"mlj bench {what} runs {module}, which an installed mlj does not have",
            hint="git clone the project, then make bench there",
        )
    words = ["--against", args.against] if args.against else []
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", module, *words], cwd=CHECKOUT, check=False).returncode
