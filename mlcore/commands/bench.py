"""`mlj bench`: how fast the kernels are, and, in a checkout, training and the app beside others."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import mlcore
from mlcore.commands.parser import nearest
from mlcore.errors import UsageError

PEERS = ("torch", "sklearn", "numpy", "jax")
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
    for name in filter(None, map(str.strip, args.against.split(","))):
        if name not in PEERS:
            raise nearest("library to train beside", name, PEERS)
        import_module(name)  # the program would leave out what is not there
    words = ["--against", args.against] if args.against else []
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", module, *words], cwd=CHECKOUT, check=False).returncode
