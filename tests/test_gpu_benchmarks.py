"""What measures a GPU, as far as a CPU can try it: sections, their files, the table; why a test is skipped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.goals import Goal
from benchmarks.gpu import bench, table, timing
from tests.conftest import no_gpu

ROOT = Path(__file__).resolve().parents[1]
TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")


class Steps:
    """A contender that does nothing, and claims a loss."""

    def __init__(self, loss: float = 1.0, fails_after: int = 99) -> None:
        self.steps, self.first_loss, self.left = 4, loss, fails_after

    def __call__(self, units: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("lost")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """PyTorch on one thread of the CPU: others wait for each other where something else runs too."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def a_bench(tmp_path: Path, seconds: float = 60.0) -> bench.Bench:
    """A bench that ends so many seconds from now."""
    report = bench.Report(tmp_path / "step.json", {"section": "step", "machine": {}})
    return bench.Bench("cpu", bench.TINY._replace(seconds=1e-6), report, bench.time.monotonic() + seconds)


def test_who_fails_or_trains_another_network_is_left_out_and_said(tmp_path: Path) -> None:
    makers = {"E1": Steps, "other": lambda: Steps(2.0), "lost": lambda: Steps(fails_after=2), "mlj graph": Steps}
    own = a_bench(tmp_path)
    found = timing.in_turn(own, "float32", makers)
    assert set(found.wall.seconds) == {"E1", "mlj graph"}
    assert found.ratio("E1", "mlj graph") and found.ratio("lost", "mlj graph") is None
    assert "trains another network" in own.report.missing["float32: other"]
    assert "RuntimeError: lost" in own.report.missing["float32: lost"]
    assert set(found.figures("mlj graph")["times_slower_than_mlj graph"]) == {"E1"}


def test_what_does_not_fit_into_the_time_is_said_and_everything_is_on_disk_at_once(tmp_path: Path) -> None:
    own = a_bench(tmp_path, seconds=0)
    assert own.attempt("slow", lambda: 1, needs=25) is None
    own.report.judge(Goal("a", "b", 3.0, 2.0))
    written = json.loads((tmp_path / "step.json").read_text(encoding="utf-8"))
    assert written["not_measured"] == {"slow": "needs about 25 s, and 0 s were left"}
    assert written["goals"][0]["held"] and written["state"] == "began and never ended"


@TORCH
def test_a_section_that_fails_says_so_in_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.gpu import sections

    def run(_: Any) -> None:
        raise RuntimeError("no memory")

    broken = ModuleType("benchmarks.gpu.broken")
    broken.__dict__.update(BASELINE={}, PRECISIONS=(), run=run)
    monkeypatch.setitem(sys.modules, "benchmarks.gpu.broken", broken)
    section = sections.Section("memory", 1, "broken", "a line")
    assert not sections.run(section, tmp_path, "cpu", bench.TINY, 9.0)
    assert table.state_of(tmp_path, "memory") == "failed: RuntimeError: no memory"


@TORCH
def test_sections_run_on_a_cpu_and_the_table_is_made_of_their_files(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.gpu",
        "--device",
        "cpu",
        "--only",
        "check,memory",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = table.results_in(tmp_path)
    assert list(found) == ["check", "memory"]
    assert all(result["state"] == "done" and result["baseline"] for result in found.values())
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("On the CPU (driver None), PyTorch ")


@TORCH
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ["step", "ensemble", "full_batch", "waits", "memory"])
def test_every_section_reaches_its_end_with_graphs_that_are_eager(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks.gpu import nets, sections

    asked = nets.backend

    def eager(device: str, engine: str = "auto", precision: str = "float32") -> Any:
        return asked(device, "auto" if engine == "graph" else engine, "bf16" if precision == "bf16" else "float32")

    monkeypatch.setattr(nets, "backend", eager)
    (section,) = sections.of([name])
    scale = bench.TINY._replace(rows=256, large=(64,), seconds=1e-4)
    assert sections.run(section, tmp_path, "cpu", scale, 300.0)
    found = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert found["state"] == "done" and all(why == "needs CUDA" for why in found["not_measured"].values())
    assert found["goals"] or name in ("full_batch", "memory")  # they have none for so few rows
    assert "\n".join(table.lines(tmp_path))


@TORCH
@pytest.mark.usefixtures("one_thread")
def test_loops_and_mlj_train_the_same_network() -> None:
    from benchmarks.gpu import eager, nets, step

    p = nets.small()._replace(batch_size=256)
    ours = step.opened("cpu", p, step.EAGER, "float32", unit=8)
    for name in (eager.E0, eager.E1):
        theirs = eager.made(name, p, nets.RATE, "cpu", unit=8)
        theirs(1)
        ours(1)
        assert theirs.steps == ours.steps == 32
        assert theirs.first_loss == pytest.approx(ours.first_loss, rel=0.02)


@TORCH
@pytest.mark.usefixtures("one_thread")
def test_accuracy_is_told_with_its_spread_and_three_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.gpu import accuracy

    monkeypatch.setattr(accuracy, "LAYERS", "8 relu")
    own = a_bench(tmp_path)
    experiment = own.attempt("mnist", lambda: accuracy.Experiment(rows=512, epochs=1.5))
    if experiment is None:
        pytest.skip(own.report.missing["mnist"])
    accuracy._seeds(own, experiment, "float32")
    found = own.report.results["float32"]
    assert len(found["accuracies"]) == bench.TINY.seeds and found["p"] > 0.9
    assert set(found["median_seconds"]) == {"train loop", "with preparation"}


@TORCH
def test_p_is_that_of_students_t() -> None:
    from scipy import stats

    from benchmarks.gpu.accuracy import above

    found = np.array([0.9901, 0.9911, 0.9898, 0.9907, 0.9909])
    expected = stats.ttest_1samp(found, 0.99, alternative="greater").pvalue
    assert above(found, 0.99) == pytest.approx(expected, rel=5e-3)


def test_goals_of_a_step_are_held_against_the_better_e3() -> None:
    pytest.importorskip("torch")
    from benchmarks.gpu import eager, step

    seconds = {eager.E1: [6e-4] * 2, eager.E3: [3e-4] * 2, eager.E3_COMPILED: [2e-4] * 2, step.GRAPH: [1e-4] * 2}
    found = timing.Timed(timing.Measured(seconds), timing.Measured(seconds), {}, {})
    goals = {goal.beside: goal for goal in step.goals(found, "float32", 468)}
    assert goals["graph beside E3"].found == pytest.approx(2.0)
    assert goals["graph beside E1 careful loop"].held and "graph beside E0 textbook loop" not in goals
    assert goals["an epoch of 468 steps"].found == pytest.approx(0.0468) and not goals["an epoch of 468 steps"].held


def test_without_a_file_there_is_no_figure_and_with_one_its_goals_are_told(tmp_path: Path) -> None:
    assert table.lines(tmp_path) == table.short(tmp_path) == [table.UNVERIFIED]
    times = {"median": 61.5, "best": 60.0}
    figures = {"microseconds_a_step": {"E1": times}, "microseconds_a_step_by_events": {"E1": None}}
    result = {
        "state": "failed: gone",
        "date": "2026-01-02",
        "machine": {"device": "a card", "driver": "1", "python": "3.12.0", "versions": {"torch": "2.11"}},
        "goals": [Goal("net A", "graph beside E1", 3.0, 4.0).plain()],
        "results": {"data": "MNIST", "float32": figures | {"seconds_until_ready": {"E1": 0.5}}},
        "not_measured": {"E3": "broken\nhere"},
    }
    (tmp_path / "step.json").write_text(json.dumps(result), encoding="utf-8")
    told = "\n".join(table.lines(tmp_path))
    assert "| `step` | net A, graph beside E1 | 3 times | **at least 4 times: missed** |" in told
    assert "| `step` | float32 | E1 | 61.5 µs |  | 0.50 s |" in told
    assert "* `step`: E3: broken here" in told and "* `step`: the rest: failed: gone" in told
    assert "Of 1 goals on a GPU, 0 are held" in table.short(tmp_path)[-1]


@pytest.mark.gpu
def test_what_is_marked_gpu_meets_one() -> None:
    import torch

    assert torch.zeros(3, device="cuda").sum().item() == 0


@pytest.mark.gpu_perf
def test_a_graph_is_faster_than_the_careful_loop(tmp_path: Path) -> None:
    from benchmarks.gpu import eager, nets, step

    own = a_bench(tmp_path)._replace(device="cuda", scale=bench.QUICK)
    p, _ = nets.net_a(own.scale.rows)
    found = timing.in_turn(own, "float32", step.makers(own, p, (eager.E1, step.GRAPH), "float32"))
    ratio = found.ratio(eager.E1, step.GRAPH)
    assert ratio is not None and ratio > 1.5, own.report.missing


def test_the_reason_for_skipping_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def reason(cuda: str | None, there: bool) -> str | None:
        no_gpu.cache_clear()
        version = SimpleNamespace(cuda=cuda)
        own = SimpleNamespace(__version__="2.13.0", version=version, cuda=SimpleNamespace(is_available=lambda: there))
        own.__spec__ = SimpleNamespace()
        monkeypatch.setitem(sys.modules, "torch", own)
        return no_gpu()

    assert reason(None, False) == "PyTorch 2.13.0 was built without CUDA"
    assert reason("13.0", False) == "PyTorch 2.13.0 finds no usable GPU here"
    assert reason("13.0", True) is None
    monkeypatch.setattr("tests.conftest.find_spec", lambda name: None)
    no_gpu.cache_clear()
    assert no_gpu() == "PyTorch is not installed"
    no_gpu.cache_clear()


def test_where_a_process_is_lost_another_one_goes_on_with_the_next_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from benchmarks.gpu import __main__ as program

    asked: list[str] = []

    def lost(command: tuple[str, ...], check: bool) -> None:
        """A process that writes the beginning of its first section, and no more."""
        names = command[command.index("--only") + 1]
        asked.append(names)
        bench.Report(tmp_path / f"{names.split(',')[0]}.json", {"date": "", "machine": {"versions": {}}})

    monkeypatch.setattr(program.subprocess, "run", lost)
    monkeypatch.setattr(table, "lines", lambda folder: [])
    assert program.main(["--only", "check,waits,memory", "--out", str(tmp_path), "--budget", "9"]) == 1
    assert asked == ["check,waits,memory", "waits,memory", "memory"]
