"""What the metadata promises: ranges for others, exact versions for us, nothing heavy to build with."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
INSTALLED_BY_MAKE = [*PROJECT["project"]["dependencies"], *EXTRAS["torch"], *EXTRAS["dev"]]


def pins() -> list[Requirement]:
    """The lines of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pinned(name: str, python: str) -> list[str]:
    """The versions constraints.txt gives a package on one Python."""
    here = {**default_environment(), "python_version": python}
    chosen = [pin for pin in pins() if pin.name.lower().replace("_", "-") == name.lower().replace("_", "-")]
    return [next(iter(pin.specifier)).version for pin in chosen if pin.marker is None or pin.marker.evaluate(here)]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("line", INSTALLED_BY_MAKE)
def test_what_make_installs_has_one_version_and_it_is_in_range(line: str, python: str) -> None:
    requirement = Requirement(line)
    (version,) = pinned(requirement.name, python)
    assert requirement.specifier.contains(version)


def test_constraints_are_exact() -> None:
    assert [str(pin) for pin in pins() if [one.operator for one in pin.specifier] != ["=="]] == []


def test_building_needs_neither_numpy_nor_torch() -> None:
    assert {Requirement(line).name for line in PROJECT["build-system"]["requires"]} == {"setuptools", "cffi"}


def test_running_needs_neither_torch_nor_tools() -> None:
    needed = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    assert needed.isdisjoint(Requirement(line).name for line in (*EXTRAS["torch"], *EXTRAS["dev"]))
