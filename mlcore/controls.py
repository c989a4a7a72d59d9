"""What a person may change while a run runs. The trainer reads it between slices; any thread may write it."""

from __future__ import annotations

import math
import threading
import time
from typing import Any, Literal, NamedTuple, TypeAlias

from mlcore.errors import UsageError

Pace: TypeAlias = Literal["full", "show"] | float
CHANGEABLE = ("optimizer", "schedule", "batch_size", "epochs", "layers", "stopping", "recording")  # and sections
SHOW_SECONDS = 8.0
NEVER = 1 << 62  # a step no run makes
FRAME = 1 / 15  # seconds between two pictures while a run is shown


class Orders(NamedTuple):
    """What the trainer finds when it looks: settings to apply, whether a checkpoint is wanted, and whether to stop."""

    settings: dict[str, Any]
    checkpoint: bool
    stop: str


class Controls:
    """Pause, step, stop, pace and settings of a running experiment.

    Thread-safe. Settings are dotted names of the configuration: `optimizer.learning_rate`, `batch_size`, `epochs`.
    """

    def __init__(self, pace: Pace = "full", paused: bool = False) -> None:
        self._lock = threading.Condition()
        self._pace: Pace
        self._paused = paused
        self._settings: dict[str, Any] = {}
        self._allowance: Literal["", "step", "epoch"] = ""
        self._checkpoint, self._stop = False, ""
        self.pace = pace

    def pause(self) -> None:
        """Hold before the next slice."""
        self._change(_paused=True, _allowance="")

    def resume(self) -> None:
        """Go on."""
        self._change(_paused=False, _allowance="")

    def step(self) -> None:
        """Pause, but make one more step first."""
        self._change(_paused=True, _allowance="step")

    def epoch(self) -> None:
        """Pause, but go on to the end of this epoch first."""
        self._change(_paused=True, _allowance="epoch")

    def stop(self, reason: Literal["stopped", "interrupted"] = "stopped") -> None:
        """Finish the step, write a checkpoint, end."""
        self._change(_stop=reason)

    def checkpoint(self) -> None:
        """Write a checkpoint now."""
        self._change(_checkpoint=True)

    def set(self, name: str, value: Any) -> None:
        """Change a setting; it takes effect at the next slice (batch size: at the next epoch) and becomes an event."""
        with self._lock:
            self._settings[name] = value
            self._lock.notify_all()

    @property
    def pace(self) -> Pace:
        """How fast epochs may follow each other: full, show (spread over eight seconds), or epochs a second."""
        return self._pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        if not (pace in ("full", "show") or (isinstance(pace, (int, float)) and pace > 0)):
            raise UsageError(f"pace: expected full, show or epochs a second above 0, got {pace!r}")
        self._change(_pace=pace)

    @property
    def paused(self) -> bool:
        """Whether it holds (a step or an epoch may still be allowed)."""
        return self._paused

    @property
    def allowance(self) -> str:
        """While paused: `step` or `epoch` when that much more was asked for, else empty."""
        return self._allowance

    def spent(self) -> None:
        """The trainer made the step or epoch it was allowed."""
        self._change(_allowance="")

    def orders(self, step: int = 0) -> Orders:
        """What was asked since the last look; settings and the checkpoint wish are handed over once."""
        with self._lock:
            orders = Orders(self._settings, self._checkpoint, self._stop)
            self._settings, self._checkpoint = {}, False
            return orders

    def room(self, step: int) -> int:
        """How many steps may be made before it is looked at again."""
        return NEVER - step

    @property
    def wanted(self) -> bool:
        """Whether anything was asked for that the trainer should look at before it goes on."""
        return bool(self._paused or self._settings or self._checkpoint or self._stop)

    @property
    def stopping(self) -> bool:
        """Whether it is to end."""
        return bool(self._stop)

    @property
    def holding(self) -> bool:
        """Whether no step may be made now."""
        return self._paused and not self._allowance

    @property
    def waiting(self) -> bool:
        """Whether there is nothing to do but hold."""
        return self.holding and not (self._settings or self._checkpoint or self._stop)

    def hold(self) -> None:
        """Wait while paused."""
        with self._lock:
            while self.waiting:
                self._lock.wait(0.5)

    def sleep(self, seconds: float) -> None:
        """Wait that long, or until anything is changed."""
        with self._lock:
            if seconds > 0 and not (self._stop or self._settings or self._checkpoint):
                self._lock.wait(seconds)

    def _change(self, **values: Any) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(self, name, value)
            self._lock.notify_all()


class Pacer:
    """When a position (epochs done, as a fraction) is due, for the pace asked for.

    show: position k of E is due after T log(1 + k/k0) / log(1 + E/k0) seconds, k0 = E/12: the first epochs, in which
    most happens, take longest.
    """

    def __init__(self, pace: Pace, position: float, epochs: int) -> None:
        self.pace, self.epochs = pace, epochs
        self.scale = epochs / 12
        self.began = time.monotonic() - self.after(position)

    def after(self, position: float) -> float:
        """Seconds from the start at which `position` is due."""
        if self.pace == "show":
            return SHOW_SECONDS * math.log1p(position / self.scale) / math.log(13)
        return 0.0 if isinstance(self.pace, str) else position / self.pace

    def reach(self, seconds: float) -> float:
        """The position due `seconds` after the start."""
        if self.pace == "show":
            return self.scale * math.expm1(seconds * math.log(13) / SHOW_SECONDS)
        return math.inf if isinstance(self.pace, str) else seconds * self.pace

    def target(self) -> float:
        """How far the next slice may go: to what is due one frame from now."""
        return self.reach(time.monotonic() - self.began + FRAME)

    def wait(self, position: float) -> float:
        """Seconds to wait before `position` may be shown."""
        return self.began + self.after(position) - time.monotonic()
