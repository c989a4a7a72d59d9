"""The sections there are: what each is called, about how many seconds it takes, where it is, what it is about."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from benchmarks.gpu import about
from benchmarks.gpu.bench import FULL, QUICK, TINY, Bench, Report, Scale


class Section(NamedTuple):
    """`seconds`: its share of the budget where everything is asked for."""

    name: str
    seconds: float
    module: str
    line: str


SECTIONS = (
    Section("check", 25, "check", "environment and correctness"),
    Section("step", 150, "step", "a step of 784-512-256-10, batch 128, beside the loops people write"),
    Section("accuracy", 50, "accuracy", "MNIST to 99.0 %"),
    Section("ensemble", 60, "ensemble", "many networks as one program"),
    Section("full_batch", 45, "full_batch", "2-512-256-512-1, every row in every step"),
    Section("waits", 8, "waits", "how often the host waits for the device"),
    Section("memory", 8, "memory", "memory of the device"),
)
NAMES = tuple(section.name for section in SECTIONS)


def of(names: list[str]) -> list[Section]:
    """Those asked for, in the order they are run in."""
    return [section for section in SECTIONS if section.name in names]


def scale_of(device: str, quick: bool, compiled: bool | None) -> Scale:
    """How much is done."""
    scale = TINY if device == "cpu" else QUICK if quick else FULL
    return scale if compiled is None else scale._replace(compiled=compiled)


def share(section: Section, others: list[Section], left: float) -> float:
    """The seconds of a section, where the others still get theirs."""
    return left * section.seconds / (section.seconds + sum(other.seconds for other in others))


def run(section: Section, out: Path, device: str, scale: Scale, seconds: float) -> bool:
    """One section, its report written whatever happens; False when it failed."""
    ends = time.monotonic() + seconds
    header = about.header(section.name, device, section.line)
    report = Report(out / f"{section.name}.json", header)
    try:
        module = import_module(f"benchmarks.gpu.{section.module}")
        report.content |= {"precisions": module.PRECISIONS, "baseline": module.BASELINE}
        module.run(Bench(device, scale, report, ends))
    except Exception as error:
        report.end(f"failed: {type(error).__name__}: {error}")
        return False
    report.end("done")
    return True
