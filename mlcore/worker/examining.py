"""The examiner: answers what Analyse asks about the network of one moment, which it keeps while it is asked about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property

import numpy as np

from mlcore import examining, seeing, tracing
from mlcore.errors import DataError, RunError
from mlcore.examining import Judged, split_of
from mlcore.layers.layer import Array
from mlcore.model import Model, blueprint
from mlcore.spec import kind_of
from mlcore.worker import findings, reasons
from mlcore.worker.board import Board
from mlcore.worker.commands import Examine
from mlcore.worker.findings import AnyFinding
from mlcore.worker.moment import Moment
from mlcore.worker.pictures import Stage, gray
from mlcore.worker.seen import seen

HELD = 4  # moments kept
JUDGED = 20_000  # rows told one by one, those with the greatest loss
NEAR = 5  # training rows most like one
UNITS = 256  # units of the first layer sent
NUMBERS = 100_000  # numbers of an array of a trace sent


class Subject:
    """The network of one moment with its data; what was found out once is kept."""

    def __init__(self, number: int, moment: Moment, stage: Stage) -> None:
        self.number, self.moment, self.stage = number, moment, stage
        self.model, self.data = moment.model, stage.data
        self._judged: dict[str, Judged] = {}

    def judged(self, split: str) -> Judged:
        """What it says of a split. Raises DataError where there is none, Diverged where its answers are no numbers."""
        if split not in self._judged:
            self._judged[split] = examining.judge(self.model, self.data, split)
        return self._judged[split]

    @cached_property
    def classes(self) -> bool:
        """Whether it tells classes apart."""
        return self.data.task.kind != "regression"

    def facts(self, split: str) -> dict[str, object]:
        """What every finding says."""
        return {"held": self.number, "epoch": self.moment.epoch, "step": self.moment.step, "split": split}


class Examiner:
    """Holds the moments that are asked about. `work` is called in the server's thread, what it returns in another."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, Subject] = OrderedDict()
        self._count = 0

    def work(self, board: Board | None, command: Examine) -> Callable[[], AnyFinding]:
        """What finds the answer. Raises RunError when the moment it is about is not there (any more)."""
        subject = self._subject(board, command)
        return lambda: ANSWERS[command.what](subject, command)

    def _subject(self, board: Board | None, command: Examine) -> Subject:
        if command.held:
            if command.held not in self._held:
                raise RunError(
                    "that moment is no longer in memory", code="RUN_NO_EPOCH", hint="look at the present one"
                )
            self._held.move_to_end(command.held)
            return self._held[command.held]
        if board is None or board.stage is None or board.moment is None:
            raise RunError("there is no network yet", code="RUN_NOT_STARTED", hint="wait until the data are loaded")
        moment, _ = board.seen(command.epoch)
        self._count += 1
        self._held[self._count] = Subject(self._count, moment, board.stage)
        while len(self._held) > HELD:
            self._held.popitem(last=False)
        return self._held[self._count]


def _judgement(subject: Subject, command: Examine) -> AnyFinding:
    judged, data = subject.judged(command.split), subject.data
    index = judged.worst[:JUDGED]
    said = judged.said if subject.classes else judged.answers[:, 0]
    mistakes = examining.confusion(judged) if subject.classes else None
    return findings.Judgement(
        **subject.facts(command.split),  # type: ignore[arg-type]
        rows=len(judged.rows),
        classes=data.task.class_names,
        features=data.feature_names,
        splits=tuple(subject.stage.scene.rows),
        metrics=examining.figures(judged, data, blueprint(subject.model.config, data)[1]),
        index=judged.numbers[index].astype(np.int32),
        label=judged.rows.y.reshape(len(judged.rows), -1)[index, 0].astype(np.float64),
        said=said[index].astype(np.float64),
        sure=judged.answers.max(axis=1)[index].astype(np.float32),
        losses=judged.losses[index].astype(np.float32),
        confusion=mistakes,
        report=examining.report(mistakes) if mistakes is not None else None,
        calibration=examining.calibration(judged) if mistakes is not None else None,
    )


def _example(subject: Subject, command: Examine) -> AnyFinding:
    model, data, stage = subject.model, subject.data, subject.stage
    row = examining.row_of(data, command.split, command.row)
    x, raw = data.inputs(row), stage.raw(row)
    said = examining.answered(model, row, x)
    near, far = examining.neighbours(model, data, row, NEAR)
    image = way = None
    if data.image_shape:
        image = (raw if raw.dtype == np.uint8 else gray(raw)).reshape(data.image_shape)
    if data.image_shape or data.sequence or seeing.visible(model.network):
        way = seen(stage, model, command.split, command.row, saliency=True)
    return findings.Example(
        **subject.facts(command.split),  # type: ignore[arg-type]
        row=command.row,
        inputs=np.zeros(0) if image is not None else raw[0].astype(np.float64),
        image=image,
        answer=said.answer.astype(np.float64),
        label=said.label.astype(np.float64),
        loss=said.loss,
        pull=examining.pull(model, row, x),
        near=near.astype(np.int32),
        near_label=data.train.y.reshape(len(data.train), -1)[near, 0].astype(np.float64),
        far=far,
        seen=way,
    )


def _projected(subject: Subject, command: Examine) -> AnyFinding:
    model, data = subject.model, subject.data
    places, rows = examining.places(model.network), split_of(data, command.split)
    place = min(command.place, len(places) - 1)
    found = examining.projection(model, data, rows, places[place])
    label = rows.y.reshape(len(rows), -1)[found.which, 0]
    wrong = np.zeros(len(label), np.uint8)
    if subject.classes:
        wrong = np.isin(found.which, subject.judged(command.split).wrong).astype(np.uint8)
    return findings.Projected(
        **subject.facts(command.split),  # type: ignore[arg-type]
        places=tuple(each.name for each in places),
        place=place,
        index=found.which.astype(np.int32),
        x=found.points[:, 0].astype(np.float32),
        y=found.points[:, 1].astype(np.float32),
        label=label.astype(np.float64),
        wrong=wrong,
        shares=found.shares,
    )


def _filters(subject: Subject, command: Examine) -> AnyFinding:
    weights, biases, image = examining.filters(subject.model)
    return findings.Filters(
        **subject.facts(command.split),  # type: ignore[arg-type]
        weights=np.ascontiguousarray(weights[:, :UNITS], np.float32),
        biases=biases[:UNITS].astype(np.float32),
        of=weights.shape[1],
        image=image,
    )


def _traced(subject: Subject, command: Examine) -> AnyFinding:
    model, data = subject.model, subject.data
    row = examining.row_of(data, command.split, command.row)
    optimizer = model.config.optimizer
    found = tracing.trace(model.network, model.loss, model.vector, data.inputs(row)[0], row.y[0], optimizer)
    assert found.dz is not None and found.loss_after is not None
    return findings.Traced(
        **subject.facts(command.split),  # type: ignore[arg-type]
        row=command.row,
        x=found.x.astype(np.float64),
        target=_target(model, row.y[0]),
        stages=tuple(map(_stage, found.stages)),
        answer=found.answer,
        loss=found.loss,
        loss_kind=kind_of(model.loss),
        dz=found.dz,
        optimizer=found.optimizer,
        rate=found.rate,
        loss_after=found.loss_after,
    )


def _target(model: Model, y: Array) -> str:
    """The target of a row in words."""
    task = model.preparation.task
    if task.kind == "regression":
        return ", ".join(f"{value:.6g}" for value in np.atleast_1d(y))
    return task.class_names[int(y)] if int(y) < len(task.class_names) else str(int(y))


def _stage(stage: tracing.Stage) -> findings.Stage:
    """A layer with its arrays in the order they are read: parameters, output, and their gradients on the way back."""
    arrays = {**stage.weights, "y": stage.y, "dy": stage.dy}
    arrays |= {f"d{name}": value for name, value in (stage.gradients or {}).items()}
    arrays |= {f"{name} after": value for name, value in (stage.updated or {}).items()}
    arrays |= {"dx": stage.dx}
    there = {name: np.asarray(value, np.float64) for name, value in arrays.items() if value is not None}
    forward, backward = tracing.formulas(stage.kind)
    return findings.Stage(
        kind=stage.kind,
        word=stage.word,
        forward=forward,
        backward=backward,
        arrays={name: _cut(value) for name, value in there.items()},
        shapes={name: tuple(value.shape) for name, value in there.items()},
    )


def _cut(value: Array) -> Array:
    """The first numbers of a large array, as whole rows where they have room."""
    table = value.reshape(-1, value.shape[-1]) if value.ndim > 1 else value.reshape(1, -1)
    table = table[:, :NUMBERS]
    return np.ascontiguousarray(table[: max(1, NUMBERS // max(1, table.shape[1]))])


def _ranked(subject: Subject, command: Examine) -> AnyFinding:
    if not subject.classes:
        raise DataError("numbers are not ranked by class", code="DATA_VALUE", hint="look at their residuals")
    return reasons.ranked(subject.judged(command.split), subject.facts(command.split))


def _weighed(subject: Subject, command: Examine) -> AnyFinding:
    return reasons.weighed(subject.model, subject.data, subject.facts(command.split))


def _depends(subject: Subject, command: Examine) -> AnyFinding:
    return reasons.depends(subject.model, subject.data, command.place, subject.facts(command.split))


ANSWERS: dict[str, Callable[[Subject, Examine], AnyFinding]] = {
    "judgement": _judgement,
    "example": _example,
    "projected": _projected,
    "filters": _filters,
    "traced": _traced,
    "ranked": _ranked,
    "weighed": _weighed,
    "depends": _depends,
}
