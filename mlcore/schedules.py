"""Schedules: the learning rate over a run, as a factor of the optimizer's own for every step.

Steps are counted from 0, epochs too: an epoch is `per_epoch` steps. Formulas are PyTorch's, so that a rate means the
same in both.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, NamedTuple, TypeAlias

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from mlcore.catalogue import Catalogue, Entry
from mlcore.spec import Spec

Array: TypeAlias = NDArray[Any]
Gamma: TypeAlias = Annotated[float, Meta(gt=0, lt=1, description="what the rate is multiplied by")]
Part: TypeAlias = Annotated[float, Meta(ge=0, le=1, description="the last rate, as a part of the first")]

CATALOGUE = Catalogue(
    "schedule",
    Entry("constant", "the same learning rate from first to last", "mlcore.schedules:Constant"),
    Entry("step", "the rate falls by a factor every few epochs", "mlcore.schedules:Step"),
    Entry("exponential", "the rate falls by the same factor every epoch", "mlcore.schedules:Exponential"),
    Entry("inverse_scaling", "the rate falls fast at first, then ever more slowly", "mlcore.schedules:InverseScaling"),
    Entry("cosine", "the rate falls along half a cosine, to its last value at the end", "mlcore.schedules:Cosine"),
    Entry("one_cycle", "up to the learning rate, then down to almost nothing", "mlcore.schedules:OneCycle"),
    Entry("plateau", "the rate falls when the monitor has stopped improving", "mlcore.schedules:Plateau"),
)


class Memory(NamedTuple):
    """What a schedule that looks at results remembers: its factor, the best value so far, epochs without a better."""

    factor: float = 1.0
    best: float = math.inf
    stale: int = 0


class Schedule(Spec, frozen=True, tag_field="kind"):
    """A factor of the optimizer's learning rate for every step.

    warmup: in the first W steps (that many epochs' worth) the factor is (1 + step) / W of the first one, and the
    schedule begins behind them (Goyal et al. 2017, section 2.2).
    """

    warmup: Annotated[float, Meta(ge=0, le=10_000, description="epochs in which the rate rises to its first value")] = (
        0.0
    )

    def rates(self, steps: Array, total: int, per_epoch: int = 1) -> Array:
        """The factors of `steps` [n] in a run of `total` steps, float64 [n]."""
        rising = round(self.warmup * per_epoch)
        factors = self.curve(np.maximum(np.asarray(steps) - rising, 0), max(total - rising, 1), per_epoch)
        return factors * np.minimum((np.asarray(steps) + 1) / rising, 1) if rising else factors

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        """The factors without a warm-up."""
        raise NotImplementedError(type(self).__name__)

    def remember(self, memory: Memory, value: float) -> Memory:
        """What is remembered after an epoch whose monitor was `value` (lower is better); its factor holds from here."""
        return memory


class Constant(Schedule, frozen=True, tag="constant"):
    """The same learning rate from first to last."""

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        return np.ones(len(steps))


class Step(Schedule, frozen=True, tag="step"):
    """The rate falls by a factor every few epochs.

    factor = gamma ^ floor(epoch / every)
    """

    every: Annotated[int, Meta(ge=1, description="epochs between two falls")] = 10
    gamma: Gamma = 0.1

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        return self.gamma ** (steps // (self.every * per_epoch)).astype(np.float64)


class Exponential(Schedule, frozen=True, tag="exponential"):
    """The rate falls by the same factor every epoch.

    factor = gamma ^ epoch
    """

    gamma: Gamma = 0.95

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        return self.gamma ** (steps // per_epoch).astype(np.float64)


class InverseScaling(Schedule, frozen=True, tag="inverse_scaling"):
    """The rate falls fast at first, then ever more slowly.

    factor = 1 / (1 + epoch) ^ power      (Robbins and Monro 1951 ask for a power above 1/2; scikit-learn counts rows)
    """

    power: Annotated[float, Meta(gt=0, le=2, description="how fast it falls")] = 0.5

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        return (1.0 + steps // per_epoch) ** -self.power


class Cosine(Schedule, frozen=True, tag="cosine"):
    """The rate falls along half a cosine, step by step, to its last value at the end of the run.

    factor = end + (1 - end) (1 + cos(pi step / total)) / 2      (Loshchilov and Hutter 2017, eq. 5, one period)
    """

    end: Part = 0.0

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        return self.end + (1 - self.end) * (1 + np.cos(np.pi * np.minimum(steps, total) / total)) / 2


class OneCycle(Schedule, frozen=True, tag="one_cycle"):
    """Up to the learning rate in the first part of the run, then down to almost nothing, both along half a cosine.

    factor: 1 / start_divisor -> 1 in the steps up to rise * total - 1, then -> 1 / (start_divisor end_divisor)

    Smith and Topin 2018, with PyTorch's defaults. The optimizer's learning rate is the peak; its momentum stays.
    """

    rise: Annotated[float, Meta(gt=0, lt=1, description="part of the run in which the rate rises")] = 0.3
    start_divisor: Annotated[float, Meta(ge=1, description="peak over first rate")] = 25.0
    end_divisor: Annotated[float, Meta(ge=1, description="first rate over last rate")] = 1e4

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        first = 1 / self.start_divisor
        peak, last = self.rise * total - 1, total - 1
        up = steps / max(peak, 1e-9)
        down = (steps - peak) / max(last - peak, 1e-9)
        return np.where(steps <= peak, _between(first, 1.0, up), _between(1.0, first / self.end_divisor, down))


class Plateau(Schedule, frozen=True, tag="plateau"):
    """The rate falls by a factor when the monitor (`stopping.monitor`) was not better for some epochs.

    better: value < best (1 - threshold)      after more than `patience` epochs without: factor = gamma factor

    A monitor that grows when it gets better counts negative, and better is then below best (1 + threshold).
    """

    gamma: Gamma = 0.1
    patience: Annotated[int, Meta(ge=0, description="epochs without a better monitor that are let pass")] = 10
    threshold: Annotated[float, Meta(ge=0, lt=1, description="part of the best value that counts as better")] = 1e-4
    lowest: Annotated[float, Meta(ge=0, le=1, description="the factor never falls below")] = 0.0

    def curve(self, steps: Array, total: int, per_epoch: int) -> Array:
        return np.ones(len(steps))

    def remember(self, memory: Memory, value: float) -> Memory:
        if math.isinf(memory.best) or value < memory.best - self.threshold * abs(memory.best):
            return memory._replace(best=value, stale=0)
        if memory.stale < self.patience:
            return memory._replace(stale=memory.stale + 1)
        return memory._replace(factor=max(memory.factor * self.gamma, self.lowest), stale=0)


def _between(start: float, end: float, part: Array) -> Array:
    """From start to end along half a cosine; part 0 … 1."""
    value: Array = end + (start - end) / 2 * (1 + np.cos(np.pi * np.clip(part, 0, 1)))
    return value
