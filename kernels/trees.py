"""Trees of their own under build/: the same sources and tests, compiled in another way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lay_out(name: str) -> Path:
    """A tree with the sources and the tests of kernels and tables, so that nothing built as usual can be imported."""
    tree = ROOT / "build" / name
    shutil.rmtree(tree, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__", "*.so", "_native.c", "*selftest*")
    for folder in ("mlcore", "kernels", "tests/kernels", "tests/contracts", "tests/mlcore/tables"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=unwanted)
    for file in ("setup.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tree / file)
    (tree / "tui").mkdir()  # pyproject.toml names it
    (tree / "README.md").write_text("", encoding="utf-8")
    return tree


def build(tree: Path, environment: Mapping[str, str]) -> str:
    """Compile the kernels inside the tree. Returns what the compiler said; ends the program where it failed."""
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    log = subprocess.run(command, cwd=tree, env=dict(environment), capture_output=True, text=True, check=False)
    if log.returncode:
        raise SystemExit(log.stdout + log.stderr)
    return log.stdout + log.stderr


def run_tests(tree: Path, environment: Mapping[str, str], *arguments: str) -> int:
    """pytest inside the tree. Returns its exit code."""
    tests = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(tests, cwd=tree, env=dict(environment), check=False).returncode
