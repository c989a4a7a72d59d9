"""The gauge: how full and how busy the GPU of a run is, looked at now and then while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable

from mlcore.worker.messages import Gauges

PERIOD = 1.0  # seconds between two looks


class Gauge:
    """What a device said last: `found`, None for what is no GPU, or does not tell.

    Only the process that trains on a device asks it, which has PyTorch loaded anyway, and at most once a second.
    """

    def __init__(self, device: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.device, self._clock = device, clock
        self.found: Gauges | None = None
        self._next = 0.0

    def look(self) -> None:
        """Ask it, if it is time."""
        if self.device.startswith("cuda") and self._clock() >= self._next:
            from mlcore.backends.pytorch import gauges

            found = gauges.facts(self.device)
            self.found = Gauges(**found) if found else None
            self._next = self._clock() + PERIOD
