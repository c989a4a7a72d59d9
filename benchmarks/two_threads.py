"""How fast two threads train and multiply, beside PyTorch, NumPy and JAX: `python -m benchmarks.two_threads`.

Libraries keep their threads spinning after a call and disturb the next one, so every contender is a process of its own,
in turn, for several rounds; each tells the wall time of several samples. PyTorch is started with two threads and with
one, and its better half counts; so does its fused optimizer. The peak is that of two threads that only multiply and
add. Medians tell what somebody at this machine waits; the best is the least disturbed sample.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks import machine, peers
from benchmarks.goals import Goal, write

SAMPLES, SECONDS = 4, 0.08  # of a contender in a round
ALONE = {  # contender: its library, and how many threads it gets
    "native": ("native", 2),
    "peak": ("native", 2),
    "torch": ("torch", 2),
    "torch on one": ("torch", 1),
    "numpy": ("numpy", 2),
    "jax": ("jax", 2),
}
SIZES = (256, 512, 1024)


def parsed(words: Sequence[str] | None, about: str | None, contenders: Collection[str]) -> argparse.Namespace:
    """The options of a program that starts its contenders apart, itself among them: `--alone NAME`."""
    parser = argparse.ArgumentParser(description=about)
    peers.add_against(parser)
    parser.add_argument("--rounds", type=int, default=3, help="rounds with two threads (3)")
    parser.add_argument("--two", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--alone", choices=list(contenders), help=argparse.SUPPRESS)
    return parser.parse_args(words)


def alone(name: str) -> dict[str, dict[str, list[float]]]:
    """In a process of one contender: for every workload and every form of it, the seconds a step took."""
    from benchmarks.products import squares
    from benchmarks.workloads import ARTICLE, MNIST, WIDE_MNIST

    library, threads = ALONE[name]
    if name == "peak":
        return {"peak": {"peak": peak()}}
    found: dict[str, dict[str, list[float]]] = {}
    for work in (MNIST, WIDE_MNIST, ARTICLE) if library != "numpy" else ():
        found[work.name] = {form: samples(run) for form, run in _training(work, library, threads).items()}
    for product in squares(SIZES) if library != "jax" else ():
        from benchmarks.products import contenders

        runs = contenders(product, [library])
        found[product.name] = {library: samples(runs[library])}
    return found


def _training(work: Any, library: str, threads: int) -> dict[str, Any]:
    """The forms of one library."""
    if library != "native":
        return dict(peers.contenders(work._replace(compiled=False), [library], threads))
    from benchmarks.peers.beginning import OurSession
    from mlcore.backends.native import Native

    p = work.problem()
    return {"native": OurSession(p, Native().open(p), work.rate)}


def peak() -> list[float]:
    """Seconds for as many multiply-adds on each of two threads as a step of the peak has."""
    from concurrent.futures import ThreadPoolExecutor

    from benchmarks.limits import Peak

    both = [Peak(), Peak()]
    with ThreadPoolExecutor(2) as pool:  # C runs without Python's lock

        def run(steps: int) -> None:
            list(pool.map(lambda one: one(steps), both))

        return [seconds / (2 * both[0].flops) for seconds in samples(run)]


def samples(run: Any) -> list[float]:
    """Wall seconds of a step: several samples after a warm-up."""
    unit = int(getattr(run, "unit", 1))
    run(3)
    steps = unit
    while (taken := _timed(run, steps)) < SECONDS / 4:
        steps *= 2
    steps = max(1, round(steps / unit * SECONDS / taken)) * unit
    return [_timed(run, steps) / steps for _ in range(SAMPLES)]


def _timed(run: Any, steps: int) -> float:
    began = time.perf_counter()
    run(steps)
    return time.perf_counter() - began


def started(name: str, threads: int, *program: str) -> dict[str, dict[str, list[float]]]:
    """What a contender says in its own process of a program; nothing, and a line why, when it fails."""
    env = os.environ | dict.fromkeys(machine.ONE_THREAD, str(threads))
    command = (sys.executable, "-m", *program, "--alone", name)
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=600, check=False)
    if done.returncode:
        print(f"{name} was not measured: {done.stderr.strip().splitlines()[-1:]}")
        return {}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rounds(threads: Mapping[str, int], count: int, *program: str) -> dict[str, dict[str, list[float]]]:
    """For every workload, the samples of everybody: `torch` and `torch on one` are told apart.

    threads: of each contender's process; program: the module, and words for it, that knows them `--alone`.
    """
    found: dict[str, dict[str, list[float]]] = {}
    names = list(threads)
    for turn in range(count):
        for name in [*names[turn % len(names) :], *names[: turn % len(names)]]:
            for work, forms in started(name, threads[name], *program).items():
                for form, seconds in forms.items():
                    own = form.replace("torch", name) if form.startswith("torch") else form
                    found.setdefault(work, {}).setdefault(own, []).extend(seconds)
    return found


def better(samples_of: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Of PyTorch with two threads and with one, the one with the better median."""
    found = dict(samples_of)
    for name in [name for name in found if name.startswith("torch on one")]:
        on_one, on_two = found.pop(name), name.replace("torch on one", "torch")
        if on_two not in found or median(on_one) < median(found[on_two]):
            found[on_two] = on_one
    return found


def result_of(name: str, samples_of: Mapping[str, list[float]], flops: float, peak: Sequence[float]) -> dict[str, Any]:
    """One row: microseconds of everybody, ratios to native by median and by best, share of the peak of two cores."""
    everybody = better(samples_of)
    own = everybody["native"]
    step = {who: {"median": round(median(s) * 1e6, 2), "best": round(min(s) * 1e6, 2)} for who, s in everybody.items()}
    ratios = {
        who: {"median": round(median(s) / median(own), 3), "best": round(min(s) / min(own), 3)}
        for who, s in everybody.items()
        if who != "native"
    }
    share = None
    if peak:
        share = {"median": round(flops * median(peak) / median(own), 3), "best": round(flops * min(peak) / min(own), 3)}
    return {"workload": name, "microseconds_a_step": step, "times_slower_than_native": ratios, "share_of_peak": share}


def main(words: Sequence[str] | None = None) -> None:
    """Start everybody in turn, print, write results/two_threads.json."""
    asked = parsed(words, __doc__, ALONE)
    if asked.alone:
        print(json.dumps(alone(asked.alone)))
        return
    libraries = ["native", *peers.installed(asked.against)]
    threads = {name: count for name, (library, count) in ALONE.items() if library in libraries}
    found = rounds(threads, asked.rounds, "benchmarks.two_threads")
    _told(found)


def _told(found: dict[str, dict[str, list[float]]]) -> None:
    """Print and write what was found."""
    from benchmarks.products import squares
    from benchmarks.workloads import WORKLOADS

    both = found.pop("peak", {}).get("peak", [])
    works: dict[str, Any] = {work.name: work for work in WORKLOADS}
    products = {product.name: product for product in squares(SIZES)}
    results, goals = [], []
    for name, samples_of in found.items():
        work = works.get(name) or products[name]
        result = result_of(name, samples_of, work.flops, both)
        results.append(result)
        goals += goals_of(result, work)
        share = f", {result['share_of_peak']['median']:.0%} of two cores" if both else ""
        print(f"{name}: native {result['microseconds_a_step']['native']['median']:.1f} us a step{share}")
        for who, ratio in result["times_slower_than_native"].items():
            print(f"  {who:15} {ratio['median']:6.2f} times slower (best against best {ratio['best']:.2f})")
    gflops = round(1e-9 / median(both), 1) if both else None
    write("two_threads", {"peak_gflops_of_two_cores": gflops, "results": results}, goals, "torch", "jax", "cffi")


def goals_of(result: Mapping[str, Any], work: Any) -> list[Goal]:
    """The bounds of a workload with two threads, or of a square product.

    Held against the lesser of the ratio of medians and that of bests: peers that spin suffer from foreign load more
    than we do, and that shall not win.
    """
    ratios, share = result["times_slower_than_native"], result["share_of_peak"]
    targets = getattr(work, "two", {"numpy": 1.0, "torch": 1.0})
    names = peers.PEERS if hasattr(work, "two") else {"numpy": "OpenBLAS", "torch": "MKL"}
    what = f"two threads, {result['workload']}"
    goals = [
        Goal(what, f"beside {names[n]}", min(ratios[n].values()), least) for n, least in targets.items() if n in ratios
    ]
    least_share = getattr(work, "peak_two", 0.85)
    if share and least_share:
        goals.append(Goal(what, "of the peak of two cores", min(share.values()), least_share, kind="share"))
    return goals


if __name__ == "__main__":
    machine.prepare(2)
    main()
