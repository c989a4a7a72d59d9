"""Prepare the environment mlj runs in: three steps, environment, packages, kernels, each skipped when nothing changed.

    python3 -m tools.set_up run      what `make run` needs: no torch, no development tools, a C compiler if there is one
    python3 -m tools.set_up tools    torch and the development tools; no kernels: enough to lint and check types
    python3 -m tools.set_up dev      everything, and the kernels must compile
    python3 -m tools.set_up bench    the same, and what only benchmarks compare with

A step is done again when the text it depends on changes: the stamps in the environment hold hashes, not times. What the
steps print goes to log files there. Only the standard library is used, since this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

from tools import moving

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / os.environ.get("VENV", ".venv")
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "mlj"
EXTENSION = ROOT / "mlcore" / "_native.abi3.so"
PIP = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input")
FLAGS = ("CC", "CFLAGS", "LDFLAGS", "MLJ_CFLAGS", "MLJ_LDFLAGS")
NO_COMPILER = "There is no C compiler here, so the kernels cannot be built"
COMPILER_HINT = "Install one (apt-get install gcc python3-dev; dnf install gcc python3-devel; xcode-select --install)."
HEADERS_HINT = "Python's C headers are not here: install them (apt-get install python3-dev; dnf install python3-devel)."
OFFLINE = (
    "The packages could not be downloaded: the package index does not answer. "
    "Try again with a network, or name another index in PIP_INDEX_URL."
)
COMPILE = "import compileall as c, sysconfig as s; c.compile_dir(s.get_path('purelib'), quiet=2, workers=0)"
WITHOUT = "Until then mlj runs on the reference backend, in NumPy."


def main(purpose: str) -> int:
    """Do what is missing for `run`, `tools`, `dev` or `bench`; 0 when the environment is ready."""
    lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: the second waits and then finds everything done
    try:
        _environment()
        _packages(() if purpose == "run" else tuple(os.environ.get("EXTRAS", "torch,dev").split(",")))
        if purpose == "bench":
            _peers()
        return 0 if purpose == "tools" else _kernels(needed=purpose != "run")
    except moving.Failed as failure:
        log = failure.log.read_text(encoding="utf-8", errors="replace")
        why = OFFLINE if re.search(r"Retry\(total=0.*connection broken", log) else failure.why() + "\n"
        print(f"{why}\n{failure}: failed; the whole log is {failure.log.relative_to(ROOT)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        os.close(lock)


def _environment() -> None:
    """A virtual environment of the Python that runs this, made anew when it is of another version or broken."""
    if PYTHON.exists() and _version() == sys.version_info[:2]:
        return
    log = ROOT / f"{VENV.name}.log"
    log.touch()
    try:
        moving.run("environment", (sys.executable, "-m", "venv", "--clear", str(VENV)), log, os.environ)
    except moving.Failed:
        print("python3 -m venv does not work here. Debian or Ubuntu: apt-get install python3-venv", file=sys.stderr)
        raise
    log.unlink()


def _version() -> tuple[int, ...]:
    """The version the environment was made with, from its own note: cheaper than starting it."""
    for line in (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "version":
            return tuple(int(part) for part in value.strip().split(".")[:2])
    return ()


def _packages(extras: tuple[str, ...]) -> None:
    """The packages mlj needs and those of the extras, at the versions of constraints.txt."""
    project = _project()
    groups: dict[str, list[str]] = project["project"]["optional-dependencies"]
    for extra in extras:
        if extra not in groups:
            sys.exit(f"EXTRAS={','.join(extras)}: there is no {extra or 'empty one'}; there are {', '.join(groups)}")
    known = _stamp("packages")
    ranges = json.dumps([project["build-system"], project["project"]["dependencies"], groups])
    key = _hash(ranges, _text("constraints.txt"))
    have: list[str] = known.get("extras", [])
    if known.get("key") == key and set(extras) <= set(have):
        return
    wanted = sorted({*extras, *have})
    requirements = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    requirements += [line for extra in wanted for line in groups[extra]]
    # pip compiles on one processor. What the app imports compiles in 2 s, when it does; tests import more, and often.
    command = (*PIP, "install", "--no-compile", "--progress-bar", "off", "-c", str(ROOT / "constraints.txt"))
    moving.run("packages", (*command, *requirements), _log("packages"), os.environ)
    if wanted:
        moving.run("bytecode", (str(PYTHON), "-c", COMPILE), _log("bytecode"), os.environ)
    _write("packages", {"key": key, "extras": wanted})


def _peers() -> None:
    """What benchmarks/requirements.txt names. Where it cannot be had, the benchmarks say so and leave it out."""
    key = _hash(_text("benchmarks/requirements.txt"), _text("constraints.txt"))
    if _stamp("peers").get("key") == key:
        return
    requirements = ("-c", str(ROOT / "constraints.txt"), "-r", str(ROOT / "benchmarks" / "requirements.txt"))
    try:
        moving.run("peers", (*PIP, "install", "--progress-bar", "off", *requirements), _log("peers"), os.environ)
    except moving.Failed as failure:
        print(f"benchmarks/requirements.txt: not installed; {failure.log.relative_to(ROOT)} says why", file=sys.stderr)
        return
    _write("peers", {"key": key})


def _kernels(*, needed: bool) -> int:
    """The compiled kernels, and mlj itself as an editable install, so that both scripts are there.

    Without a compiler, or when compiling fails, `run` goes on with the reference backend and `dev` ends with 1.
    """
    compiler = _compiler()
    if compiler is None and needed:
        print(f"{NO_COMPILER}. {COMPILER_HINT}", file=sys.stderr)
        return 1
    key = _kernels_key(compiler)
    done = _stamp("kernels") == {"key": key, "built": _built()} and (VENV / "bin" / "mlj").exists()
    if done and (EXTENSION.exists() or not needed):
        return 0
    reason = f"{NO_COMPILER}. {COMPILER_HINT}"
    if compiler is not None:
        try:
            _install(compiler, required=True)
        except moving.Failed as failure:
            reason = HEADERS_HINT if not _headers() else f"The kernels could not be built:\n{failure.why()}"
            if needed:
                print(f"{reason}\nThe whole log is {failure.log.relative_to(ROOT)}", file=sys.stderr)
                return 1
            EXTENSION.unlink(missing_ok=True)  # an older one would run, and not be what the sources say
    if not EXTENSION.exists():
        print(f"{reason}\n{WITHOUT}", file=sys.stderr)
        _install("", required=False)
    _write("kernels", {"key": key, "built": _built()})
    return 0


def _kernels_key(compiler: str | None) -> str:
    """A hash of all that the compiled module is made from."""
    kernels = (path for path in (ROOT / "kernels").rglob("*") if path.suffix in (".c", ".h") or path.name == "build.py")
    sources = [f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in sorted(kernels)]
    flags = [os.environ.get(name, "") for name in FLAGS]
    return _hash(_text("setup.py"), json.dumps(_project()["project"]), str(compiler), str(_headers()), *flags, *sources)


def _install(compiler: str, *, required: bool) -> None:
    """Build in place and install as editable. `compat`: a plain path entry, 8 ms less at every start than a finder."""
    env = {**os.environ, "MLJ_REQUIRE_NATIVE": "1" if required else "0"}
    if required and "CC" not in env and shutil.which(_configured()) is None:
        env["CC"] = compiler
    command = (*PIP, "install", "--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "-e")
    step = "kernels" if required else "mlj"
    moving.run(step, (*command, str(ROOT)), _log(step), env)
    if required:
        _loads()


def _loads() -> None:
    """A shared object links although a symbol of it is nowhere; it is built when it can be imported."""
    done = subprocess.run((PYTHON, "-c", "import mlcore._native"), cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        log = _log("kernels")
        log.write_bytes(done.stderr)
        raise moving.Failed("kernels", log)


def _compiler() -> str | None:
    """The C compiler to use: CC when it is set, else the one Python was built with, else what the machine has."""
    chosen = os.environ.get("CC")
    names = (chosen.split()[0],) if chosen else (_configured(), "cc", "gcc", "clang")
    return next((name for name in names if shutil.which(name)), None)


def _headers() -> bool:
    """Whether what C needs of Python is here; Debian has it in a package of its own."""
    return Path(sysconfig.get_path("include"), "Python.h").exists()


def _configured() -> str:
    return str(sysconfig.get_config_var("CC") or "cc").split()[0]


def _built() -> int | None:
    """When the extension was last written; a build by other hands changes it, and is then done again."""
    return EXTENSION.stat().st_mtime_ns if EXTENSION.exists() else None


def _project() -> dict[str, Any]:
    return tomllib.loads(_text("pyproject.toml"))


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _log(step: str) -> Path:
    STAMPS.mkdir(exist_ok=True)
    return STAMPS / f"{step}.log"


def _stamp(step: str) -> dict[str, Any]:
    path = STAMPS / f"{step}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _write(step: str, value: dict[str, Any]) -> None:
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / f"{step}.json").write_text(json.dumps(value) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("run", "tools", "dev", "bench"):
        sys.exit("usage: python3 -m tools.set_up run|tools|dev|bench")
    sys.exit(main(sys.argv[1]))
