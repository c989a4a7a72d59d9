"""Feed: what the worker says, message by message, made into the Frame of this moment.

Curves arrive folded into at most 2,048 buckets and a `Mirror` keeps them, so a frame costs the same after a billion
steps as after one. Text of the worker is made harmless here, where it enters the app.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from tui import told
from tui.frame import Frame
from tui.happenings import happenings
from tui.hints import in_the_app
from tui.told import safe as safe

if TYPE_CHECKING:
    from mlcore.worker import Mirror
    from mlcore.worker.protocol import AnyMessage, Picture, Scene, Started, Update

WINDOW = 10.0  # seconds over which the time left is reckoned
OVER = ("finished", "stopped", "diverged", "failed")


class Feed:
    """Takes messages, gives frames.

    scrub: the epoch of the film somebody has asked for, None for the present; a new experiment begins in the present.
    asked: settings this app has changed in the run, by name and value.
    While a new experiment has no picture yet, its frame keeps those of the one before, so that nothing flickers.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.scrub: int | None = None
        self.asked: list[tuple[str, object]] = []
        self._mirror: Mirror | None = None
        self._pace = Pace(clock)
        self._number = 0
        self._frame = Frame()
        self._fresh = True

    def take(self, message: AnyMessage) -> None:
        """Take in a message."""
        if self._mirror is None:
            from mlcore import worker

            self._mirror = worker.Mirror()
        if not self._mirror.apply(message):
            return
        if self._mirror.number != self._number:
            self._number, self.scrub, self.asked = self._mirror.number, None, []
            self._pace.restart()
        if self._mirror.update is not None:
            self._pace.note(self._mirror.update.step)
        self._fresh = False

    def forget(self) -> None:
        """Another worker speaks from now on; its experiments are numbered from 1 again."""
        self._mirror, self._number, self.scrub, self._fresh = None, 0, None, True

    @property
    def number(self) -> int:
        """Which experiment of the worker the frames are of."""
        return self._number

    @property
    def over(self) -> bool:
        """Whether the run has ended, one way or another."""
        return self.frame().state in (*OVER, "lost")

    def frame(self) -> Frame:
        """What there is to show now."""
        if not self._fresh and self._mirror is not None:
            self._frame, self._fresh = self._built(self._mirror), True
        return self._frame

    def _built(self, mirror: Mirror) -> Frame:
        started, update = mirror.started, mirror.update
        if started is None:
            return self._waiting(mirror)
        frame = told.start(started)
        if update is not None:
            frame = told.progress(frame, update)
        frame = frame._replace(
            eta=self._eta(started, update),
            **told.curves(mirror.curves),
            events=happenings(mirror, self.asked),
            shown_epoch=frame.epoch,
        )
        if mirror.ended is not None:
            frame = frame._replace(metrics={**frame.metrics, **mirror.ended.metrics})
        frame = self._with_trouble(frame, mirror)
        if mirror.inside is not None:
            frame = told.inside(frame, mirror.inside, started.scene)
        if mirror.picture is not None:
            return self._pictured(frame, started.scene, mirror.picture)
        before = self._frame
        if frame.state not in ("loading", "running") or before.dataset != frame.dataset:
            return frame
        kept: tuple[str, ...] = ("boundary", "surface", "fit", "pictures", "layers", "confusion", "responses")
        kept += ("seen", "patterns", "samples", "forecast")
        return frame._replace(**{name: getattr(before, name) for name in kept})

    def _waiting(self, mirror: Mirror) -> Frame:
        """Nothing has begun yet: the frame before, or what went wrong."""
        state = mirror.update.state if mirror.update is not None else "loading"
        return self._with_trouble(self._frame._replace(state=state), mirror)

    def _pictured(self, frame: Frame, scene: Scene, picture: Picture) -> Frame:
        past = self.scrub is not None and picture.epoch <= self.scrub
        if past:  # the figures are of that epoch too
            rate = picture.metrics.get("learning_rate", frame.learning_rate)
            frame = frame._replace(metrics=dict(picture.metrics), learning_rate=rate)
        shown = min(picture.epoch, frame.epoch) if past else frame.epoch
        return told.picture(frame, scene, picture)._replace(shown_epoch=shown)

    @staticmethod
    def _with_trouble(frame: Frame, mirror: Mirror) -> Frame:
        """The frame of a run that failed, or whose worker is gone before its end."""
        if mirror.failed is not None:
            message, hint = safe(mirror.failed.message, 500), safe(in_the_app(mirror.failed.hint), 500)
            return frame._replace(state="failed", message=message, hint=hint)
        if mirror.lost and frame.state not in OVER:
            return frame._replace(state="lost", message=safe(mirror.lost, 500), hint="r trains it again in another")
        return frame

    def _eta(self, started: Started, update: Update | None) -> float | None:
        """Seconds left. At the pace that spreads epochs unevenly nobody knows."""
        if update is None or update.state != "running" or update.pace == "show" or not update.epochs:
            return None
        return self._pace.left(update.epochs * started.steps_per_epoch - update.step)


class Mark(NamedTuple):
    """A step and when it was seen."""

    time: float
    step: int


class Pace:
    """How fast steps follow each other, seen over the last seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._marks: deque[Mark] = deque()

    def restart(self) -> None:
        """Another run."""
        self._marks.clear()

    def note(self, step: int) -> None:
        """The run is at this step."""
        now = self._clock()
        if not self._marks or now - self._marks[-1].time >= WINDOW / 100:
            self._marks.append(Mark(now, step))
        while now - self._marks[0].time > WINDOW:
            self._marks.popleft()

    def left(self, steps: int) -> float | None:
        """Seconds so many more steps take, or None when that cannot be told."""
        if len(self._marks) < 2:
            return None
        first, last = self._marks[0], self._marks[-1]
        made, seconds = last.step - first.step, last.time - first.time
        return max(steps, 0) * seconds / made if made > 0 else None
