"""A folder with all a bare GPU machine needs to test and measure mlj: `make gpu-kit`, then `sh run.sh` over there.

That machine has Python, NumPy, PyTorch, pytest and hypothesis, and perhaps no network; the kit brings the engine, its
tests, the benchmarks, MNIST where it is at hand, and wheels of msgspec and cffi.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KIT = ROOT / "dist" / "gpu-kit"
FOLDERS = ("mlcore", "benchmarks", "tests/contracts", "tests/mlcore")
FILES = ("tests/conftest.py", "tests/test_gpu_benchmarks.py", "LICENSE")
NATIVE = "mlcore/_native.abi3.so"  # fits every Python from 3.11 on, where cffi is
MARKED = re.compile(r"mark\.gpu\b|mark\.gpu_perf\b")
WHEELS = ("msgspec", "cffi")
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
ABSENT = (
    "asyncio_",
    "testpaths",
    "filterwarnings",
    "markers",
    "addopts",
)  # settings that need a plug-in, or are written anew
RUN = """#!/bin/sh
# Tests, then figures: sh run.sh [words of python -m benchmarks.gpu]. PYTHON, OUT, WORKERS, TEST_SECONDS may be set.
cd "$(dirname "$0")" || exit 1
PYTHON=${PYTHON:-python3}
OUT=${OUT:-$PWD/results}
export PYTHONPATH="$PWD/site:$PWD" MLJ_DATA_HOME="$PWD/data" PYTHONDONTWRITEBYTECODE=
mkdir -p "$OUT" site
tag=$("$PYTHON" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
for wheel in wheels/*-"$tag"-*.whl; do
    [ -e "$wheel" ] && "$PYTHON" -m zipfile -e "$wheel" site
done
"$PYTHON" -c 'import msgspec' || { echo "msgspec is not here, and the kit has no wheel of it for $tag"; exit 1; }
TESTS="@TESTS@"
if [ -n "$TESTS" ] && [ "${TEST_SECONDS:-180}" != 0 ]; then
    timeout "${TEST_SECONDS:-180}" "$PYTHON" -m pytest -n "${WORKERS:-4}" -m gpu $TESTS 2>&1 | tee "$OUT/pytest.txt"
fi
exec "$PYTHON" -m benchmarks.gpu --out "$OUT/gpu" "$@"
"""


def main(words: Sequence[str] | None = None) -> int:
    """Build the kit; 1 when the wheels could not be had."""
    parser = argparse.ArgumentParser(prog="python -m tools.gpu_kit", description=__doc__)
    parser.add_argument("--to", type=Path, default=KIT, help="the folder, made anew")
    parser.add_argument("--offline", action="store_true", help="without wheels")
    asked = parser.parse_args(words)
    build(asked.to)
    print(f"the kit is {asked.to}: copy it, then `sh run.sh` or `sh run.sh --quick`")
    return 0 if asked.offline else wheels(asked.to / "wheels")


def build(kit: Path) -> None:
    """Everything but the wheels."""
    shutil.rmtree(kit, ignore_errors=True)
    for path in _tracked():
        _copy(path, kit)
    if (ROOT / NATIVE).exists():
        _copy(NATIVE, kit)
    for file in _mnist():
        target = kit / "data" / "mnist" / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    (kit / "pytest.ini").write_text(settings(), encoding="utf-8")
    tests = " ".join(sorted(str(path.relative_to(kit)) for path in kit.glob("tests/**/test_*.py") if _marked(path)))
    (kit / "run.sh").write_text(RUN.replace("@TESTS@", tests), encoding="utf-8")
    (kit / "run.sh").chmod(0o755)


def _tracked() -> list[str]:
    """The files of the kit, as git lists them: tracked, or new and not ignored. Results of another machine stay."""
    command = ("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS, *FILES)
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in names if (ROOT / name).is_file() and not name.startswith("benchmarks/results/")]


def _copy(name: str, kit: Path) -> None:
    (kit / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / name, kit / name)


def _marked(path: Path) -> bool:
    return bool(MARKED.search(path.read_text(encoding="utf-8")))


def _mnist() -> list[Path]:
    """MNIST's files where MLJ_DATA_HOME has them; a line that says so where not."""
    found = sorted(Path(os.environ.get("MLJ_DATA_HOME", "")).glob("mnist/*-ubyte.gz"))
    if len(found) != 4:
        print("MNIST is not in MLJ_DATA_HOME: steps are measured on random pixels, accuracy is not measured")
        return []
    return found


def settings() -> str:
    """pytest's settings of the project, without those of plug-ins that are not there; warnings fail nothing."""
    own = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    lines = ["[pytest]", "addopts = --import-mode=importlib --strict-markers -ra -q", "markers ="]
    lines += [f"    {marker}" for marker in own["markers"]]
    for name, value in own.items():
        if not name.startswith(ABSENT):
            lines.append(f"{name} = {' '.join(value) if isinstance(value, list) else value}")
    return "\n".join(lines) + "\n"


def wheels(folder: Path) -> int:
    """Download what every Python there may be needs; 1, in words, without a network."""
    folder.mkdir(parents=True, exist_ok=True)
    for version in PYTHONS:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        command += ["--no-deps", "--only-binary=:all:", "--python-version", version, "--implementation", "cp"]
        command += [word for platform in PLATFORMS for word in ("--platform", platform)]
        command += ["--constraint", str(ROOT / "constraints.txt"), "--dest", str(folder), *WHEELS]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
            print(
                f"No wheels of {' and '.join(WHEELS)} for Python {version} could be downloaded ({why}).",
                file=sys.stderr,
            )
            print("The kit is complete but for them: it runs where msgspec is installed.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
