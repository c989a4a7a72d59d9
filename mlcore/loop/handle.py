"""Live: what a loop holds of its run. Every method is for the loop's own thread, or any other, and never raises."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from array import array
from collections import deque
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from mlcore.controls import Controls
from mlcore.loop.telling import say

if TYPE_CHECKING:
    from mlcore.loop.writer import Writer
    from mlcore.run import Run

T = TypeVar("T")
LARGEST = 1 << 53


class Live:
    """A run of somebody's own loop.

    `log` notes numbers; a thread of its own turns them into floats, curves and lines on the disk. `stop` says that
    somebody asked the loop to end; `value` is a setting that can be changed from outside. In a forked child it is
    deaf and dumb: the run belongs to the process that made it.
    """

    ROOM = 1 << 17  # calls of `log` that wait to be written; while a disk hangs for longer, some are lost
    SHAPES = 256  # sets of names it takes numbers of

    def __init__(
        self, name: str, steps: int, settings: dict[str, Any], root: Path | None, enabled: bool = True
    ) -> None:
        self.stop = False
        self.paused = False
        self.values: dict[str, Any] = {}  # settings as they are now, by name
        self.set_by_hand: dict[str, Any] = {}
        self.controls = Controls()
        # by names: step, time and a number for each, over and over
        self.arrays: dict[tuple[str, ...], array[float]] = {}
        self.waiting: deque[tuple[Any, float, dict[str, Any]]] = deque(maxlen=self.ROOM)  # what is not floats alone
        self.room = 8 * self.ROOM if enabled else 0  # numbers an array takes
        self._note, self._steps = self.waiting.append, count()
        self._writer: Writer | None = None
        self.run: Run | None = None
        self._process = os.getpid()
        if enabled:
            self._begin(name, steps, settings, root)
        else:
            self._mute()
        atexit.register(self._end_of_program)
        _alive.add(self)

    def _begin(self, name: str, steps: int, settings: dict[str, Any], root: Path | None) -> None:
        from mlcore.errors import MljError
        from mlcore.loop.writer import Writer

        try:
            self._writer = Writer(self, name, steps, settings, root)
            self.run = self._writer.run
        except (MljError, OSError) as error:
            self._mute()
            say(f"mlj: this loop is not recorded: {error}")

    def _mute(self) -> None:
        """Nobody writes down what is logged from now on."""
        self._note, self.room = _ignore, 0

    @property
    def id(self) -> str:
        """The id of the run; nothing when it is not recorded."""
        return self.run.id if self.run else ""

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.run.name if self.run else ""

    def log(self, step: int | None = None, /, **values: Any) -> None:
        """Note numbers of a step: floats, or arrays and tensors of one number. None: the step after the last.

        It waits only while somebody has paused the run. A tensor is read a moment later, all of a device together;
        of one that you go on changing in place log a copy.
        """
        for value in values.values():
            if value.__class__ is not float:
                self._note(self._entry(step, values))
                break
        else:
            self._floats(step, values)
        if self.paused:
            self._hold()

    def _floats(self, step: Any, values: dict[str, float]) -> None:
        """Floats alone, as nearly always: into one long array, or a hundred thousand small objects would be made."""
        names, step = tuple(values), next(self._steps) if step is None else step
        if step.__class__ is not int or not -LARGEST < step < LARGEST:
            self._note((step, perf_counter(), values))
            return
        numbers = self.arrays.get(names)
        if numbers is None:
            if len(self.arrays) >= self.SHAPES:
                return  # a loop that invents names for ever
            numbers = self.arrays.setdefault(names, array("d"))
        if len(numbers) < self.room:
            numbers.extend((step, perf_counter(), *values.values()))  # at once: no other thread comes in between

    def _entry(self, step: Any, values: dict[str, Any]) -> tuple[Any, float, dict[str, Any]]:
        """Numbers of other kinds as they are, tensors without their graphs, which would stay in memory until then."""
        for name, value in values.items():
            if hasattr(value, "detach"):
                values[name] = value.detach()
        return next(self._steps) if step is None else step, perf_counter(), values

    def _hold(self) -> None:
        """Wait while paused; one step more was asked for: this was it."""
        self.controls.spent()
        self.controls.hold()
        if self.stop or not self.controls.paused:
            self.paused = False

    def value(self, name: str, default: T) -> T:
        """A setting as it is now: what `mlj ctl RUN set NAME=VALUE` or the app made of it, else `default`."""
        self.values[name] = found = self.set_by_hand.get(name, default)
        return found  # type: ignore[no-any-return]

    def close(self, reason: str = "", message: str = "") -> None:
        """End the run: finished, or stopped when that was asked for. Everything logged is on the disk then."""
        writer, self._writer = self._writer, None
        self._mute()
        atexit.unregister(self._end_of_program)
        if writer is not None and os.getpid() == self._process:
            writer.end(reason or ("stopped" if self.stop else "finished"), message)

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickled or deep copy, of a fitted estimator that holds one say, records nothing."""
        return Live, ("", 0, {}, None, False)

    def __enter__(self) -> Live:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        clean = kind is None or (isinstance(error, SystemExit) and not error.code)
        if clean:
            self.close()
        elif isinstance(error, KeyboardInterrupt):
            self.close("interrupted")
        else:
            self.close("failed", f"{type(error).__name__}: {error}"[:500])

    def _end_of_program(self) -> None:
        """The program ends and nobody has closed the run."""
        error = getattr(sys, "last_value", None)
        with suppress(Exception):
            self.__exit__(type(error) if error else None, error, None)

    def _in_child(self) -> None:
        """This process is a copy: what it logs is nobody's, and the sockets are not its own."""
        writer, self._writer = self._writer, None
        self._mute()
        self.stop = self.paused = False
        if writer is not None:
            writer.abandon()


def _ignore(entry: Any) -> None:
    """Nobody writes down what is logged."""


_alive: weakref.WeakSet[Live] = weakref.WeakSet()


def _forked() -> None:
    for live in list(_alive):
        live._in_child()


os.register_at_fork(after_in_child=_forked)
