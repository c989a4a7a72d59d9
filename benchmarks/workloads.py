"""What is trained in the benchmarks: networks, data of a shape, and how many times faster than whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mlcore.backends.backend import Problem
from mlcore.datasets.dataset import Rows
from mlcore.layers.conv import Conv2d
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Layer
from mlcore.layers.line import parse
from mlcore.losses import BinaryCrossEntropy, SoftmaxCrossEntropy
from mlcore.network import Network
from mlcore.optimizers import SGD, Adam


class Workload(NamedTuple):
    """A network on data of a shape.

    targets: times faster than a peer with one thread; two: the same with two threads; peak, peak_two: the least share
    of the multiply-add peak of one core and of two. compiled: torch.compile takes part too. image: the shape of a row
    as a picture.
    """

    name: str
    body: str
    rows: int
    features: int
    classes: int
    batch: int
    adam: bool
    rate: float
    targets: Mapping[str, float]
    two: Mapping[str, float] = {}
    peak: float | None = None
    peak_two: float | None = None
    compiled: bool = False
    image: tuple[int, ...] | None = None

    def network(self) -> Network:
        """What is trained."""
        return Network.build(parse(self.body), (self.features,), self.classes, self.image)

    def problem(self, seed: int = 1) -> Problem:
        """The workload as a session sees it. One label in ten is wrong: a loss of zero would make denormal numbers.

        classes = 1: two classes told apart by one output.
        """
        random, classes = np.random.default_rng(1), max(self.classes, 2)
        x = random.standard_normal((self.rows, self.features), dtype=np.float32)
        y = (x @ random.normal(size=(self.features, classes))).argmax(axis=1)
        y = np.where(random.random(self.rows) < 0.1, random.integers(0, classes, self.rows), y).astype(np.int32)
        network = self.network()
        optimizer = Adam() if self.adam else SGD()
        loss = BinaryCrossEntropy() if self.classes == 1 else SoftmaxCrossEntropy()
        return Problem(network, loss, optimizer, Rows(x, y), 1.0, self.batch, seed)

    @property
    def flops(self) -> float:
        """Floating-point operations of a mean step's products: forward, dW, and dX of all but the first layer.

        What a convolution multiplies with the zeros around an image is not counted.
        """
        network = self.network()
        products = [_products(layer, shape) for layer, shape in zip(network.layers, network.shapes, strict=False)]
        products = [each for each in products if each]
        steps = -(-self.rows // self.batch)
        return 2.0 * (3 * sum(products) - products[0]) * self.rows / steps


def _products(layer: Layer, shape: tuple[int, ...]) -> int:
    """Multiplications of a row going through a layer, of those that multiply matrices."""
    if isinstance(layer, Dense):
        return shape[0] * layer.units
    if not isinstance(layer, Conv2d):
        return 0
    *channels, height, width = shape
    met = [_met(side, layer.kernel, layer.stride, layer.padding) for side in (height, width)]
    return layer.filters * int(np.prod(channels)) * met[0] * met[1]


def _met(side: int, kernel: int, stride: int, padding: int) -> int:
    """How often a window meets a pixel along one side of an image."""
    starts = range(-padding, side + padding - kernel + 1, stride)
    return sum(min(start + kernel, side) - max(start, 0) for start in starts)


MOONS = Workload(
    "2-16-16-2, batch 32, Adam", "16 relu | 16 relu", 1000, 2, 2, 32, True, 0.001,
    {"jax": 8, "torch fused": 150, "torch": 200, "sklearn": 90}, compiled=True,
)  # fmt: skip
SPIRALS = Workload(
    "2-100-6, batch 64, SGD", "100 relu", 6000, 2, 6, 64, False, 0.1, {"torch": 38, "jax": 2.7}
)  # fmt: skip
MNIST = Workload(
    "784-128-10, batch 128, SGD", "128 relu", 10_000, 784, 10, 128, False, 0.01, {"torch": 2.2, "jax": 1.45},
    two={"torch": 2.5}, peak=0.8, peak_two=0.7,
)  # fmt: skip
WIDE_MNIST = Workload(
    "784-512-256-10, batch 128, Adam", "512 relu | 256 relu", 10_000, 784, 10, 128, True, 0.001,
    {"torch": 1.9, "torch fused": 1.65, "jax": 1.3}, compiled=True,
    two={"torch": 2.4, "torch fused": 1.65}, peak_two=0.7,
)  # fmt: skip
ARTICLE = Workload(
    "784-10-10-10, 60,000 rows at once, SGD", "10 relu | 10 relu", 60_000, 784, 10, 60_000, False, 0.1,
    {"torch": 3.5, "numpy": 3}, two={"torch": 4.5},
)  # fmt: skip
WORKLOADS = (
    MOONS,
    SPIRALS,
    Workload(
        "2-100-6, 6,000 rows at once, SGD", "100 relu", 6000, 2, 6, 6000, False, 0.1, {"torch": 6.5, "jax": 2.7},
    ),
    Workload(
        "2-512-256-512-1, batch 32, Adam", "512 relu | 256 relu | 512 relu", 1000, 2, 1, 32, True, 0.001,
        {"torch": 4.5, "torch fused": 3, "jax": 1.7},
    ),
    MNIST,
    WIDE_MNIST,
    ARTICLE,
)  # fmt: skip
PICTURES = (28, 28)
CONVOLUTIONS = (  # PyTorch is held against its better memory format; the dropout of the recipe is left out
    Workload(
        "conv 16 k3 p1, conv 32 k3 p1, batch 128, Adam",
        "conv 16 k3 p1 relu | pool 2 | conv 32 k3 p1 relu | pool 2 | flatten", 2560, 784, 10, 128, True, 0.001,
        {"torch fused": 2.5, "torch compiled": 2.5}, compiled=True,
        two={"torch fused": 3, "torch compiled": 3}, peak=0.6, peak_two=0.55, image=PICTURES,
    ),
    Workload(
        "journey/mnist-cnn, batch 128, Adam",
        "conv 16 k5 relu | pool 2 | conv 32 k5 relu | pool 2 | flatten | 128 relu", 2560, 784, 10, 128, True, 0.001,
        {"torch fused": 2.5, "torch compiled": 2.5}, compiled=True,
        two={"torch fused": 3, "torch compiled": 3}, peak=0.6, peak_two=0.55, image=PICTURES,
    ),
)  # fmt: skip
