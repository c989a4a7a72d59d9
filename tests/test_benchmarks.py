"""The arithmetic of the benchmarks: what is compared, how it is told, and that everybody trains the same network."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import chart, limits, peers, processes, products, training, two_threads
from benchmarks.goals import Goal
from benchmarks.interleaved import Measured, measure
from benchmarks.peers.beginning import OurSession
from benchmarks.workloads import MOONS, WORKLOADS, Workload
from mlcore import kernels
from mlcore.backends.reference import Reference

SMALL = Workload("small", "8 relu", 100, 3, 3, 32, False, 0.1, {})


def test_a_goal_is_held_on_its_side_of_the_bound() -> None:
    assert Goal("a", "b", 2.0, 1.5).held and not Goal("a", "b", 1.4, 1.5).held
    assert Goal("a", "b", 2.0, 5.0, "seconds").held and not Goal("a", "b", float("inf"), 5.0, "seconds").held
    assert Goal("a", "b", 0.96, 0.95, "share").held and not Goal("a", "b", 1.4, 1.3, "most").held


def test_a_ratio_is_that_of_the_rounds_not_of_the_medians() -> None:
    found = Measured({"native": [1.0, 2.0, 4.0], "other": [3.0, 4.0, 8.0]})
    assert found.report("native")["times_slower_than_native"]["other"]["median"] == 2.0
    assert list(found.without("other").seconds) == ["native"]


def test_who_makes_several_steps_at_once_is_asked_for_multiples() -> None:
    asked: list[int] = []

    class Pairs:
        unit = 7

        def __call__(self, steps: int) -> None:
            asked.append(steps)
            sum(range(2000 * steps))

    measure({"pairs": Pairs()}, seconds=0.001, rounds=2)
    assert all(steps % 7 == 0 for steps in asked[1:])


def test_operations_of_a_step_leave_out_what_the_first_layer_does_not_need() -> None:
    assert MOONS.flops == pytest.approx(2 * (2 * 32 + 3 * (256 + 32)) * 1000 / 32)


IMPORTED = """
import os, pkgutil, importlib, benchmarks
from benchmarks import machine
names = (*machine.FORCED, *machine.ONE_THREAD)
os.environ |= dict.fromkeys(names, "1")
found = [f"benchmarks.{module.name}" for module in pkgutil.iter_modules(benchmarks.__path__) if module.name[0] != "_"]
assert "benchmarks.training" in found
for name in found:
    importlib.import_module(name)
    assert all(os.environ.get(name) == "1" for name in names), name
"""


def test_a_benchmark_that_is_imported_leaves_to_this_process_and_its_children_the_same_kernels() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_workload_compares_with_peers_there_are() -> None:
    assert all({*work.targets, *work.two} <= set(peers.PEERS) for work in WORKLOADS)
    assert {peers.library_of(peer) for peer in peers.PEERS} == set(peers.LIBRARIES)


@pytest.mark.parametrize("work", [SMALL, SMALL._replace(classes=1), SMALL._replace(batch=100, adam=True)])
def test_peers_train_the_same_network(work: Workload) -> None:
    p = work.problem()
    own = OurSession(p, Reference().open(p), work.rate)
    runs = {"native": own, **dict(peers.contenders(work, ["numpy", "sklearn"]))}
    assert training.agree(runs, work) < 2e-2
    runs["numpy"].losses[3] += 1
    with pytest.raises(AssertionError, match="numpy does not train the same network"):
        training.agree(runs, work)


def test_libraries_that_are_unknown_are_refused_and_absent_ones_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert peers.asked(["--against", "torch, jax"]).against == ["torch", "jax"]
    with pytest.raises(SystemExit):
        peers.asked(["--against", "keras"])
    assert "'keras' is unknown; there are numpy" in capsys.readouterr().err
    assert isinstance(peers.asked([]), argparse.Namespace)


def test_what_is_not_installed_is_left_out_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there: Callable[[str], object] = lambda name: None if name == "jax" else name  # noqa: E731
    monkeypatch.setattr(peers, "find_spec", there)
    assert peers.installed(["numpy", "jax"]) == ["numpy"]
    assert "JAX is not installed and is left out (pip install -r" in capsys.readouterr().out


def test_products_are_told_by_their_geometric_mean_and_their_worst() -> None:
    rows = [
        {
            "product": "a",
            "shape": "1x1x1 NN",
            "flops": 2,
            "faster": {"numpy": 0.5},
            "faster_through_python": {"numpy": 0.25},
            "share_of_peak": None,
        },
        {
            "product": "b",
            "shape": "9x9x9 TN",
            "flops": 2e6,
            "faster": {"numpy": 2.0},
            "faster_through_python": {"numpy": 1.0},
            "share_of_peak": None,
        },
    ]
    found = products.summary(rows, "numpy")
    assert found["geometric_mean"] == 1.0 and found["geometric_mean_through_python"] == 0.5
    assert found["worst"] == ["a", 0.5] and found["below_0.95"] == 1
    assert found["by_form"] == {"NN": 0.5, "TN": 2.0} and found["at_least_a_million_operations"] == 2.0
    assert products.mean([]) is None


def test_compiled_functions_are_called_as_their_python_is() -> None:
    pytest.importorskip("mlcore._native")
    from benchmarks import operations

    for operation in operations.operations([]):
        assert {"native", "kernels"} <= set(operation.calls)
        operations.agree(operation)
    small = products.Product("small", "TN", 5, 7, 3)
    products.agree(small, products.contenders(small, ["numpy"]))


def test_products_of_training_leave_out_dx_of_first_layers() -> None:
    names = [product.name for product in products.of_training()]
    assert len(names) == 108 and not any(name.startswith(("dX 784", "dX 2-")) for name in names)


def test_pytorch_counts_with_its_better_number_of_threads() -> None:
    found = two_threads.better({"native": [1.0], "torch": [3.0], "torch on one": [2.0], "torch on one fused": [4.0]})
    assert found == {"native": [1.0], "torch": [2.0], "torch fused": [4.0]}


def test_two_threads_are_held_against_the_lesser_of_median_and_best() -> None:
    result = two_threads.result_of("square 256", {"native": [1.0, 2.0, 3.0], "numpy": [0.5, 9.0, 9.0]}, 10, [0.05])
    goals = two_threads.goals_of(result, products.Product("square 256", "NN", 256, 256, 256))
    assert result["times_slower_than_native"]["numpy"] == {"median": 4.5, "best": 0.5}
    assert [(goal.found, goal.held) for goal in goals] == [(0.5, False), (0.25, False)]


def test_the_end_of_a_program_is_read_from_what_it_printed() -> None:
    event = json.dumps({"event": "ended", "test_accuracy": 0.981, "epoch": 8})
    assert processes.reached(f"more\n{event}\n") == {"test_accuracy": 0.981, "epochs": 8}
    assert processes.reached("9 0.98049\n") == {"test_accuracy": 0.9805, "epochs": 9}


def test_whole_processes_are_told_by_median_best_and_most_memory() -> None:
    runs = [processes.Ran(seconds, memory, 0, "") for seconds, memory in ((3.0, 10.0), (1.0, 30.0), (2.0, 20.0))]
    assert processes.figures(runs) == {"runs": 3, "median_s": 2.0, "best_s": 1.0, "mebibytes": 30.0}


def test_the_chart_is_an_svg_with_a_mark_for_every_comparison() -> None:
    ratios = {"torch": {"median": 200.0}, "jax": {"median": 0.01}, "numpy": {"median": 2.0}}
    drawing = ElementTree.fromstring(chart.drawn([{"workload": "a & b", "times_slower_than_native": ratios}]))
    marks = [mark for mark in drawing.iter() if mark.tag.endswith("circle") and len(mark)]
    places = {mark[0].text.split(":")[0]: float(mark.attrib["cx"]) for mark in marks if mark[0].text}
    assert places["JAX, scanned epoch"] == chart.LEFT < places["NumPy"] < places["PyTorch"] < chart.WIDTH


@pytest.mark.skipif(kernels.unavailable() is not None, reason=str(kernels.unavailable()))
def test_the_tile_that_is_measured_is_that_of_the_kernels_and_multiplies() -> None:
    tile = limits.Tile()
    a, b, c = tile.arrays
    tile(1)
    np.testing.assert_allclose(c, a @ b, rtol=1e-4, atol=1e-4)


def test_bytes_of_a_frame_belong_to_the_pane_the_cursor_was_put_in() -> None:
    from benchmarks.frames import by_pane

    begin, left, right, line = b"\x1b[?2026h", b"\x1b[5;1H", b"\x1b[5;61H", b"\x1b[39;1H"
    written = b"rest" + begin + left + b"b" * 50 + right + b"c" * 10 + begin + line + b"d" + begin + left + b"b" * 70
    assert by_pane(written, 60) == {"boundary": 60 + len(left), "loss": 10 + len(right), "lines": 1 + len(line)}


def test_a_key_without_an_effect_before_the_next_waits_for_nothing() -> None:
    from benchmarks.latency import screen_with, summary, waits
    from tools.virtual_terminal import Output

    output = [Output(1.2, b"on"), Output(2.5, b"nothing"), Output(3.1, b"\x1b[2J")]
    effects = [screen_with("on", True), screen_with("off", True), screen_with("on", False)]
    found = waits(output, [1.0, 2.0, 3.0], effects)
    assert found[1] is None and [round(found[place] or 0) for place in (0, 2)] == [200, 100]
    assert summary(found)["keys"] == 2
