"""What people install: an sdist and a wheel, in an empty environment, with and without a C compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from mlcore import recipes
from tools import size

ROOT = Path(__file__).resolve().parents[2]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("MLJ_", "PYTHONPATH", "XDG_"))}

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing on its input; by default it must succeed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env={**CLEAN, **env}, input="", capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def wheel_from(source: Path, folder: Path, **env: str) -> Path:
    """Build a wheel of a source folder or archive, as pip does, with the tools that are here already."""
    pip = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
    )
    run(*pip, "-w", folder, source, cwd=folder.parent, **env)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """Put a wheel into a new environment that borrows every other package from this one; returns its scripts."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    there = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).stdout.strip()
    Path(there, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "-q", "--disable-pip-version-check")
    run(*pip, "--no-deps", "--force-reinstall", wheel, cwd=folder)
    return folder / "bin"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a clone would have it: nothing that was built."""
    folder = tmp_path_factory.mktemp("source") / "mlj"
    for path in size.tracked():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


@pytest.fixture(scope="module")
def sdist(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    run(sys.executable, "-c", build, cwd=source)
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_from(sdist, tmp_path_factory.mktemp("wheel"), MLJ_REQUIRE_NATIVE="1", MLJ_CFLAGS="-O1")


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(wheel, tmp_path_factory.mktemp("elsewhere"))


def test_an_sdist_carries_the_c_sources_the_tests_and_the_licence(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"kernels/mlj.h", "kernels/build.py", "kernels/tiers/avx2.c", "kernels/ops/all.c", "LICENSE"} <= names
    assert {"tests/test_architecture.py", "docs/tour.md", "Makefile", "constraints.txt", "tools/set_up.py"} <= names
    assert not [name for name in names if name.endswith((".o", ".so", ".pyc", "_native.c"))]


def test_a_wheel_carries_the_compiled_kernels_and_the_recipes_and_no_c(wheel: Path) -> None:
    assert "-cp311-abi3-" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    assert "mlcore/_native.abi3.so" in names
    assert {f"mlcore/recipes/{recipe}.toml" for recipe in recipes()} <= set(names)
    assert {"mlcore/py.typed", "mlcore/_native.pyi", "tui/py.typed", "tui/captions.toml"} <= set(names)
    assert "mlcore/recipes/journey/penguins.csv" in names
    assert [name for name in names if name.endswith(".tcss")]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"mlcore", "tui", "mlj_tui"}
    assert not [name for name in names if name.endswith((".c", ".h", ".o")) or name.startswith("kernels")]


def test_every_module_of_the_project_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in size.tracked() if path.suffix == ".py"}
    assert {name for name in modules if name.startswith(("mlcore/", "tui/"))} <= names


def test_an_installed_mlj_trains_from_another_folder(scripts: Path, tmp_path: Path) -> None:
    done = run(
        scripts / "mlj", "train", "journey/circles", "--epochs", "2", cwd=tmp_path, MLJ_HOME=str(tmp_path / "home")
    )
    assert "native" in done.stdout + done.stderr
    where = run(scripts / "python", "-c", "import mlcore; print(mlcore.__file__)", cwd=tmp_path).stdout
    assert Path(where.strip()).is_relative_to(scripts.parent)


def test_an_installed_mlj_knows_its_version(scripts: Path, wheel: Path, tmp_path: Path) -> None:
    said = run(scripts / "mlj", "--version", cwd=tmp_path).stdout.split()
    assert said[-1] == wheel.name.split("-")[1]


def test_an_installed_app_refuses_a_pipe_and_names_the_way_out(scripts: Path, tmp_path: Path) -> None:
    done = run(scripts / "mlj-tui", cwd=tmp_path, check=False, MLJ_HOME=str(tmp_path / "home"))
    assert done.returncode == 2
    assert "mlj train" in done.stderr


def test_without_a_compiler_an_install_succeeds_and_says_so(source: Path, tmp_path: Path) -> None:
    (tmp_path / "wheel").mkdir()
    plain = wheel_from(source, tmp_path / "wheel", CC="/nonexistent/cc")
    assert not [name for name in zipfile.ZipFile(plain).namelist() if name.endswith(".so")]
    mlj = install(plain, tmp_path / "elsewhere") / "mlj"
    home = str(tmp_path / "home")
    info = run(mlj, "info", cwd=tmp_path, MLJ_HOME=home).stdout
    native = next(line for line in info.splitlines() if line.startswith("native"))
    assert native.split()[1] == "no:"
    done = run(mlj, "train", "journey/circles", "--epochs", "2", cwd=tmp_path, MLJ_HOME=home)
    assert "reference" in done.stdout + done.stderr


def test_where_the_kernels_are_required_a_missing_compiler_is_an_error(source: Path, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, source)
    assert run(*command, cwd=tmp_path, check=False, CC="/nonexistent/cc", MLJ_REQUIRE_NATIVE="1").returncode != 0
