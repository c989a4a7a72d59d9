"""The two commands a newcomer types, as far as they can be tried without installing everything again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*words: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run make as a newcomer would, without what an outer make or pytest put into the environment."""
    ours = ("MAKE", "MFLAGS", "VENV", "EXTRAS")
    outer = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command, quiet = ["make", *words], subprocess.DEVNULL
    return subprocess.run(
        command, cwd=cwd, env={**outer, **env}, capture_output=True, text=True, stdin=quiet, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What setting up needs of the project, without the project."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "setup.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("tools", "kernels"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.o"))
    (tmp_path / "mlcore").mkdir()
    return tmp_path


BUILD = 'echo "$@" >> calls; : > mlcore/_native.abi3.so; : > .venv/bin/mlj'


def pretend(checkout: Path, python: str) -> None:
    """An environment whose Python is a shell script, and whose app says that it was started."""
    folder = checkout / ".venv" / "bin"
    folder.mkdir(parents=True)
    (folder.parent / "pyvenv.cfg").write_text(f"version = {sys.version_info.major}.{sys.version_info.minor}.0\n")
    script(folder / "python", python)
    script(folder / "mlj-tui", "echo the app")


def script(path: Path, text: str) -> None:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_make_alone_lists_every_target_with_a_line() -> None:
    listed = make().stdout
    for target in "run test check quick kernels lint types arch bench asan size golden film clean".split():
        line = next(line for line in listed.splitlines() if line.startswith(f"  make {target} "))
        assert len(line.split(maxsplit=2)) == 3


def test_every_program_a_target_starts_is_there() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    modules = set(re.findall(r"python -m ([a-z_.]+)", text)) - {"pip", "pytest"}
    assert len(modules) > 3
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    for program in re.findall(r"[a-z]+/[a-z_/]+\.py", text):
        assert (ROOT / program).exists(), program


def test_a_python_that_is_too_old_is_refused_in_one_sentence(checkout: Path) -> None:
    done = make("run", cwd=checkout, PYTHON="false")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("mlj needs Python 3.11 or newer (tried: false).")


def test_without_a_compiler_testing_stops_with_one_sentence(checkout: Path) -> None:
    pretend(checkout, "exit 0")
    done = make("kernels", cwd=checkout, PYTHON=sys.executable, CC="/nonexistent")
    assert done.returncode != 0
    assert "There is no C compiler here" in done.stderr
    assert "apt-get install gcc" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_compiler_running_goes_on_and_says_on_what(checkout: Path) -> None:
    pretend(checkout, "exit 0")
    done = make("run", cwd=checkout, PYTHON=sys.executable, CC="/nonexistent")
    assert done.returncode == 0
    assert "There is no C compiler here" in done.stderr
    assert "runs on the reference backend" in done.stderr
    assert done.stdout.splitlines()[-1] == "the app"


def test_kernels_that_do_not_compile_stop_a_test_and_not_a_run(checkout: Path) -> None:
    pretend(checkout, 'test "$MLJ_REQUIRE_NATIVE" = 1 && { echo plan.c:1: error: expected; exit 1; }; exit 0')
    tested = make("kernels", cwd=checkout, PYTHON=sys.executable, CC="true")
    assert tested.returncode != 0
    assert "plan.c:1: error" in tested.stderr
    run = make("run", cwd=checkout, PYTHON=sys.executable, CC="true")
    assert run.returncode == 0
    assert make("kernels", cwd=checkout, PYTHON=sys.executable, CC="true").returncode != 0, "still not compiled"
    assert "The kernels could not be built:\nplan.c:1: error: expected" in run.stderr
    assert "runs on the reference backend" in run.stderr


def test_a_step_that_fails_shows_the_end_of_its_log(checkout: Path) -> None:
    pretend(checkout, "echo no such package as left-pad; exit 1")
    done = make("run", cwd=checkout, PYTHON=sys.executable)
    assert done.returncode != 0
    assert "no such package as left-pad" in done.stderr
    assert "packages: failed; the whole log is .venv/mlj/packages.log" in done.stderr


def test_without_a_network_setting_up_stops_with_one_sentence(checkout: Path) -> None:
    broken = "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by NewConnectionError"
    pretend(checkout, f"echo '{broken}'; echo 'ERROR: ResolutionImpossible'; exit 1")
    done = make("run", cwd=checkout, PYTHON=sys.executable)
    assert done.returncode != 0
    first = done.stderr.splitlines()[0]
    assert first.startswith("The packages could not be downloaded") and "PIP_INDEX_URL" in first
    assert "Retrying" not in done.stderr and ".venv/mlj/packages.log" in done.stderr


def test_an_extra_that_is_not_there_is_refused_in_one_sentence(checkout: Path) -> None:
    pretend(checkout, BUILD)
    done = make("kernels", cwd=checkout, PYTHON=sys.executable, EXTRAS="dev,toch")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == "EXTRAS=dev,toch: there is no toch; there are torch, parquet, web, dev"


def test_a_second_time_nothing_is_done_and_nothing_is_said(checkout: Path) -> None:
    pretend(checkout, BUILD)
    first = make("run", cwd=checkout, PYTHON=sys.executable, CC="true")
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["packages", "kernels", "the"]
    calls = (checkout / "calls").read_text(encoding="utf-8")
    assert make("run", cwd=checkout, PYTHON=sys.executable, CC="true").stdout == "the app\n"
    assert (checkout / "calls").read_text(encoding="utf-8") == calls


def test_running_does_not_wait_for_bytecode_that_tests_want(checkout: Path) -> None:
    pretend(checkout, BUILD)
    make("run", cwd=checkout, PYTHON=sys.executable, CC="true")
    make("kernels", cwd=checkout, PYTHON=sys.executable, CC="true")
    calls = (checkout / "calls").read_text(encoding="utf-8").splitlines()
    installs = [line for line in calls if "numpy>=" in line]
    compiled = [number for number, line in enumerate(calls) if line.startswith("-c import compileall")]
    assert len(installs) == 2 and all("--no-compile" in line for line in installs)
    assert len(compiled) == 1 and compiled[0] > calls.index(installs[1])


def test_a_changed_c_file_rebuilds_only_the_kernels(checkout: Path) -> None:
    pretend(checkout, BUILD)
    make("run", cwd=checkout, PYTHON=sys.executable, CC="true")
    header = checkout / "kernels" / "mlj.h"
    header.write_text(header.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    again = make("run", cwd=checkout, PYTHON=sys.executable, CC="true")
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["kernels", "the"]


def test_tools_asked_for_later_are_added_to_what_is_there(checkout: Path) -> None:
    pretend(checkout, BUILD)
    make("run", cwd=checkout, PYTHON=sys.executable, CC="true")
    make("kernels", cwd=checkout, PYTHON=sys.executable, CC="true")
    installs = [line for line in (checkout / "calls").read_text(encoding="utf-8").splitlines() if "numpy>=" in line]
    assert ["torch>=" in line for line in installs] == [False, True]
    assert ["pytest>=" in line for line in installs] == [False, True]
