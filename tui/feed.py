"""Feed: what the worker says, message by message, made into the Frame of this moment.

Curves arrive folded into at most 2,048 buckets and a `Mirror` keeps them, so a frame costs the same after a billion
steps as after one. Text of the worker is made harmless here, where it enters the app.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from tui.frame import Boundary, Fit, Frame, Net, Pictures, Points, Series

if TYPE_CHECKING:
    from mlcore.worker import Mirror
    from mlcore.worker.protocol import AnyMessage, Picture, Scene, Started, Update

WINDOW = 10.0  # seconds over which the time left is reckoned
OVER = ("finished", "stopped", "diverged", "failed")
LOSSES = {"step": "step_loss", "train": "train_loss", "validation": "validation_loss"}
ACCURACIES = {"train": "train_accuracy", "validation": "validation_accuracy"}


class Feed:
    """Takes messages, gives frames.

    scrub: the epoch of the film somebody has asked for, None for the present; a new experiment begins in the present.
    While a new experiment has no picture yet, its frame keeps those of the one before, so that nothing flickers.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.scrub: int | None = None
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
            self._number, self.scrub = self._mirror.number, None
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
        frame = _told(started)
        if update is not None:
            frame = _progress(frame, update)
        frame = frame._replace(
            eta=self._eta(started, update),
            losses=_series(mirror, LOSSES),
            accuracies=_series(mirror, ACCURACIES),
            shown_epoch=frame.epoch,
        )
        if mirror.ended is not None:
            frame = frame._replace(metrics={**frame.metrics, **mirror.ended.metrics})
        frame = _with_trouble(frame, mirror)
        if mirror.picture is not None:
            return self._pictured(frame, started.scene, mirror.picture)
        before = self._frame
        if frame.state not in ("loading", "running") or before.dataset != frame.dataset:
            return frame
        return frame._replace(boundary=before.boundary, fit=before.fit, pictures=before.pictures)

    def _waiting(self, mirror: Mirror) -> Frame:
        """Nothing has begun yet: the frame before, or what went wrong."""
        state = mirror.update.state if mirror.update is not None else "loading"
        return _with_trouble(self._frame._replace(state=state), mirror)

    def _pictured(self, frame: Frame, scene: Scene, picture: Picture) -> Frame:
        past = self.scrub is not None and picture.epoch <= self.scrub
        if past:
            rate = picture.metrics.get("learning_rate", frame.learning_rate)
            frame = frame._replace(metrics=dict(picture.metrics), learning_rate=rate)
        return frame._replace(
            boundary=_boundary(picture),
            fit=_fit(scene, picture),
            pictures=_pictures(picture),
            net=frame.net._replace(weights=picture.weights),
            shown_epoch=min(picture.epoch, frame.epoch) if past else frame.epoch,
        )

    def _eta(self, started: Started, update: Update | None) -> float | None:
        """Seconds left. At the pace that spreads epochs unevenly nobody knows."""
        if update is None or update.state != "running" or update.pace == "show":
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


def _told(started: Started) -> Frame:
    """What does not change while a run goes on."""
    scene = started.scene
    return Frame(
        state="running",
        dataset=safe(scene.dataset),
        task=scene.task,
        run=safe(started.run),
        name=safe(started.name),
        backend=" ".join(filter(None, (started.backend, started.isa if started.backend == "native" else ""))),
        epochs=started.epochs,
        ceiling=scene.ceiling,
        class_names=_all_safe(scene.class_names),
        rows=dict(scene.rows),
        points=_points(scene, held=False),
        test_points=_points(scene, held=True),
        net=Net(
            _all_safe(started.net.inputs),
            _all_safe(started.net.outputs),
            started.net.widths,
            _all_safe(started.net.activations),
            (),
            started.net.parameters,
        ),
    )


def _progress(frame: Frame, update: Update) -> Frame:
    """The frame with what every update says."""
    return frame._replace(
        state=update.state,
        run=safe(update.run) or frame.run,
        name=safe(update.name) or frame.name,
        pace=update.pace if isinstance(update.pace, str) else f"{update.pace:g}",
        epoch=update.epoch,
        epochs=update.epochs,
        step=update.step,
        seconds=update.seconds,
        steps_per_second=update.rate,
        learning_rate=update.learning_rate,
        saved=update.saved,
        metrics=dict(update.metrics),
        film=tuple(update.film.tolist()),
        message=safe(update.message, 500),
    )


def _with_trouble(frame: Frame, mirror: Mirror) -> Frame:
    """The frame of a run that failed, or whose worker is gone before its end."""
    if mirror.failed is not None:
        failed = mirror.failed
        return frame._replace(state="failed", message=safe(failed.message, 500), hint=safe(failed.hint, 500))
    if mirror.lost and frame.state not in OVER:
        return frame._replace(state="lost", message=safe(mirror.lost, 500), hint="r trains it again in another")
    return frame


def _series(mirror: Mirror, names: dict[str, str]) -> tuple[Series, ...]:
    found = ((name, mirror.curves[metric]) for name, metric in names.items() if metric in mirror.curves)
    return tuple(Series(name, *columns) for name, columns in found)


def _points(scene: Scene, *, held: bool) -> Points | None:
    if scene.points is None:
        return None
    points = scene.points
    chosen = points.held == (1 if held else 0)
    return Points(points.x[chosen], points.y[chosen], points.label[chosen])


def _boundary(picture: Picture) -> Boundary | None:
    found = picture.boundary
    return Boundary(found.winner, found.certainty, found.bounds) if found is not None else None


def _fit(scene: Scene, picture: Picture) -> Fit | None:
    train, test = _points(scene, held=False), _points(scene, held=True)
    if picture.line is None or train is None or test is None:
        return None
    return Fit(train, test, picture.line.x, picture.line.y)


def _pictures(picture: Picture) -> Pictures | None:
    digits = picture.digits
    return Pictures(digits.images, digits.predicted, digits.label, digits.probability) if digits is not None else None


def safe(text: str, limit: int = 60) -> str:
    """Text from outside made harmless for a terminal."""
    from mlcore import sanitize

    return sanitize.sanitize(text, limit)


def _all_safe(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(safe, texts))
