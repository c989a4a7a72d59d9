"""`mlj bench`: kernels everywhere, the programs of benchmarks/ where they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlcore.commands import bench
from tests.mlcore.refusals import refused


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been started."""
    found: list[list[str]] = []

    def run(command: list[str], **rest: object) -> SimpleNamespace:
        found.append(command[1:])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    return found


def test_kernels_are_what_is_measured_when_nothing_is_said(mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcore.kernels.report.main", lambda: 0)
    assert mlj("bench").code == 0 and mlj("bench kernels").code == 0


def test_training_and_the_app_are_programs_of_the_checkout(mlj, started: list[list[str]]) -> None:
    assert mlj("bench train").code == 0 and mlj("bench latency").code == 0
    assert started == [["-m", "benchmarks.training"], ["-m", "benchmarks.latency"]]


def test_peers_are_handed_on_and_mean_training(mlj, started: list[list[str]]) -> None:
    assert mlj("bench --against numpy,sklearn").code == 0
    assert started == [["-m", "benchmarks.training", "--against", "numpy,sklearn"]]


@pytest.mark.parametrize("what", ["kernels", "latency"])
def test_what_has_no_peers_is_said(mlj, what: str) -> None:
    said = mlj(f"bench {what} --against torch")
    assert said.code == 2 and f"nobody to compare {what} with" in said.err


def test_without_a_checkout_the_way_out_is_one_sentence(mlj, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "CHECKOUT", tmp_path)
    said = mlj("bench train")
    assert said.code == 2 and "git clone the project" in said.err


def test_a_library_to_train_beside_has_to_be_there(mlj, started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    refused(mlj("bench --against numpy,sklearn"), 9, "sklearn cannot be imported", "pip install")
    refused(mlj("bench --against trch"), 2, "'trch'", "torch")
    assert not started
