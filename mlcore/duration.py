"""About how long a training takes at full speed, told before it begins: enough to decide whether somebody waits for it.

A run is steps, and in each step rows and an update. What each costs was measured on one core of 2.5 GHz with AVX2
(`python -m tools.live` measures it again, for every recipe and data set); a machine twice as fast takes half of it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from mlcore import backends
from mlcore.backends.backend import Backend
from mlcore.config import Config
from mlcore.datasets.dataset import Data
from mlcore.layers.layer import Shape
from mlcore.losses import Loss
from mlcore.network import Network
from mlcore.slices import shown

FORWARD = 1 / 3  # of the work of a row that is learned from: the way forward alone, when it is measured


class Cost(NamedTuple):
    """Seconds of a backend.

    begin: before the first step, and for each number of the data (`load`). epoch, step: for each, whatever it holds.
    weight: for each parameter and row, forward and back, and of a filter for each place of the image; output: for each
    output of a layer and row; update: for each parameter and step.
    """

    begin: float
    load: float
    epoch: float
    step: float
    weight: float
    output: float
    update: float


COSTS = {
    "native": Cost(5e-3, 8e-9, 5e-5, 2e-6, 0.27e-9, 1.2e-9, 2.3e-9),
    "reference": Cost(5e-3, 8e-9, 5e-4, 350e-6, 6e-9, 20e-9, 10e-9),
    "torch": Cost(20e-3, 8e-9, 1e-3, 1e-3, 0.3e-9, 1.5e-9, 3e-9),
    "cuda": Cost(1.5, 2e-9, 2e-3, 60e-6, 0.18e-12, 0.0, 20e-12),  # of an H100, from benchmarks/results/gpu
}


def kind(backend: Backend) -> str:
    """Whose costs a backend has: its own name's, or a GPU's."""
    return "cuda" if backend.device.startswith("cuda") else backend.name


def chosen(config: Config, network: Network, loss: Loss) -> Backend:
    """The backend an experiment runs on. Raises BackendError when it cannot run here."""
    return backends.choose(config, network, loss).backend


def estimate(config: Config, network: Network, data: Data, costs: str) -> float:
    """Seconds of one run of an experiment at full speed, when nothing stops it early; costs: a `kind` of backend."""
    cost = COSTS[costs]
    rows = len(data.train)
    everything = sum(len(split) for split in (data.train, data.validation, data.test) if split is not None)
    row = uses(network) * cost.weight + sum(map(math.prod, network.shapes[1:])) * cost.output
    seen = rows + FORWARD * sum(map(len, shown(data).values()))
    steps = -(-rows // config.batch_of(rows))
    epoch = cost.epoch + seen * row + steps * (cost.step + network.size * cost.update)
    return cost.begin + everything * math.prod(network.shapes[0]) * cost.load + config.epochs * epoch


def uses(network: Network) -> int:
    """How many numbers a row is multiplied by: every parameter, and weights at each place of an image or a sequence."""
    weights = (slot for slot in network.slots if slot.param.role == "weight")
    places = sum(slot.size * (_places(network.shapes[slot.layer + 1]) - 1) for slot in weights)
    return network.size + places


def _places(shape: Shape) -> int:
    """At how many places the layer that makes `shape` does the same: [C, H, W] H W, [T, D] T, [F] one."""
    return math.prod(shape[1:]) if len(shape) == 3 else math.prod(shape[:-1])
