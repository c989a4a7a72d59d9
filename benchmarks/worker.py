"""How long from an order to the picture of the trained network, and what recording a run costs.

`python -m benchmarks.worker` prints both and writes results/worker.json. Wall time at a client in another process:
moons, 2-16-16, 100 epochs, batch 32, full pace, each order with another seed.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import machine

ORDERS = 60
RECORDED = 12
RESULTS = Path(__file__).parent / "results" / "worker.json"


def experiment(rows: int, seed: int = 42) -> dict[str, Any]:
    """The experiment ordered."""
    data = {"kind": "moons", "n_samples": rows}
    return {"layers": "16 relu | 16 relu", "epochs": 100, "batch_size": 32, "seed": seed, "dataset": data}


def orders(rows: int) -> dict[str, float]:
    """Milliseconds from `start` to the picture of the trained network: median and 95th percentile."""
    from mlcore.worker import Mirror, protocol, spawn

    with tempfile.TemporaryDirectory() as root, spawn(root) as client:
        mirror, times = Mirror(), []
        for seed in range(ORDERS):
            began = time.perf_counter()
            number = client.ask(protocol.Start(config=experiment(rows, seed))).number
            while not (mirror.number == number and mirror.ended and mirror.picture.step == mirror.ended.step):
                for message in client.wait(10):
                    mirror.apply(message)
            times.append(1000 * (time.perf_counter() - began))
        client.send(protocol.Quit())
        client.process.wait(10)
    return {"median_ms": statistics.median(times[2:]), "p95_ms": statistics.quantiles(times[2:], n=20)[-1]}


class Timed:
    """An iterator that adds up the seconds spent in it."""

    def __init__(self, source: Iterator[Any]) -> None:
        self.source, self.seconds = source, 0.0

    def __iter__(self) -> Timed:
        return self

    def __next__(self) -> Any:
        began = time.perf_counter()
        try:
            return next(self.source)
        finally:
            self.seconds += time.perf_counter() - began


def recording() -> dict[str, float]:
    """Milliseconds of a run, and what making its folder and recording it add: medians."""
    from mlcore.config import from_dict
    from mlcore.runs import Run, record
    from mlcore.training import train

    config, rows = from_dict(experiment(1000)), []
    data = config.dataset.load()
    with tempfile.TemporaryDirectory() as root:
        for _ in range(RECORDED):
            began = time.perf_counter()
            run = Run.create(config, root, data=data)
            made = time.perf_counter()
            source = Timed(train(config, data=data))
            for _ in record(source, run):
                pass
            rows.append((source.seconds, made - began, time.perf_counter() - made - source.seconds))
    training, folder, written = (1000 * statistics.median(column) for column in zip(*rows[2:], strict=True))
    return {"training_ms": training, "folder_ms": folder, "recording_ms": written}


def main() -> None:
    """Measure, print, write."""
    machine.prepare()
    found = {
        "machine": machine.describe("numpy", "msgspec", "safetensors"),
        "order_to_picture": {str(rows): orders(rows) for rows in (1000, 3000)},
        "recording": recording(),
    }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: value for name, value in found.items() if name != "machine"}, indent=1))


if __name__ == "__main__":
    main()
