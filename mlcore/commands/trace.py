"""`mlj trace`: one example through the network and back, with every number, to be followed with a pencil."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from mlcore import tracing
from mlcore.commands.experiment import chosen, named_run
from mlcore.commands.rows import class_name
from mlcore.commands.story import fact
from mlcore.datasets.dataset import Data, Rows
from mlcore.errors import DataError, UsageError
from mlcore.layers.layer import Array
from mlcore.losses import Loss
from mlcore.model import blueprint
from mlcore.network import Network
from mlcore.optimizers import Optimizer
from mlcore.report import json_line
from mlcore.sanitize import sanitize
from mlcore.spec import kind_of
from mlcore.tracing import Given, Stage, Trace

WIDEST = 80  # cells of a heading
NARROWEST = 12  # cells of a number
ACROSS, DOWN = 4, 6  # numbers of a row, and rows, that are printed of a large array


class _Subject(NamedTuple):
    """The network to follow a row through: its weights, the row, its target, and what to call them."""

    network: Network
    loss: Loss
    vector: Array
    x: Array
    y: Any
    optimizer: Optimizer
    called: str
    target: str


def trace(args: argparse.Namespace) -> int:
    """Every number of one example; with --backward the gradients and the weights after the first update too."""
    given = tracing.read_given(args.given) if args.given else Given(None, None, {})
    subject = _subject(args, given)
    vector = tracing.put(subject.network, subject.vector, given.weights)
    back = subject.optimizer if args.backward else None
    found = tracing.trace(subject.network, subject.loss, vector, subject.x, subject.y, back)
    if args.json:
        print(json_line(_plain(found, kind_of(subject.loss))))
        return 0
    lines = [f"{subject.network.summary()}, {subject.called}, in float64", "", *_shown("x", found.x, args.full)]
    for stage in found.stages:
        lines += _forward(stage, args.full)
    lines += ["", *_ending(found, subject, args.full)]
    if args.backward:
        lines += _back(found, args.full)
    print("\n".join(lines))
    return 0


def _subject(args: argparse.Namespace, given: Given) -> _Subject:
    run = named_run(args)
    if run is None and args.epoch is not None:
        raise UsageError("--epoch is for a run", hint="an experiment is followed at its first weights")
    config = run.config if run is not None else chosen(args)
    if given.x is not None and given.y is not None and run is None:
        network, loss, y = tracing.network_for(config, given.x, given.y)
        vector = network.init(config.seed, config.init)
        return _Subject(network, loss, vector, given.x, y, config.optimizer, f"x and y of {args.given}", str(given.y))
    if given.x is not None:
        raise UsageError(
            "--given: x and y are for an experiment, not for a run", hint="give [weights] alone, and --row"
        )
    model = run.model(args.epoch) if run is not None else None
    data = config.dataset.load() if model is None else model.data()
    row = _row(data, args.split, args.row)
    x, y = data.inputs(row)[0], row.y[0]
    target = np.array2string(y, precision=6) if np.ndim(y) else sanitize(class_name(data, int(y)))
    called = f"row {args.row} of the {args.split} split of {kind_of(config.dataset)}"
    if run is not None and model is not None:
        called += f", weights of {sanitize(run.name)}"
        return _Subject(model.network, model.loss, model.vector, x, y, config.optimizer, called, target)
    network, loss = blueprint(config, data)
    return _Subject(network, loss, network.init(config.seed, config.init), x, y, config.optimizer, called, target)


def _row(data: Data, split: str, number: int) -> Rows:
    rows: Rows | None = getattr(data, split)
    if rows is None or not len(rows):
        raise DataError(f"this data set has no {split} split", code="DATA_EMPTY", hint="choose another --split")
    if not 0 <= number < len(rows):
        raise UsageError(f"--row: expected 0 to {len(rows) - 1:,} in the {split} split, got {number}")
    return rows.take(slice(number, number + 1))


def _forward(stage: Stage, full: bool) -> Iterator[str]:
    yield ""
    yield from _heading(stage, 0)
    for name, value in stage.weights.items():
        yield from _shown(name, value, full)
    yield from _shown("z" if stage.weights else "a", stage.y, full)


def _ending(found: Trace, subject: _Subject, full: bool) -> Iterator[str]:
    yield from _shown("answer" if subject.loss.fits("regression") else "p", found.answer, full)
    yield fact("target", subject.target)
    yield fact("loss", f"{found.loss:.9f}   ({kind_of(subject.loss)})")


def _back(found: Trace, full: bool) -> Iterator[str]:
    assert found.dz is not None and found.loss_after is not None
    yield "\nbackward: d… is the gradient of the loss by …\n"
    yield from _shown("dz", found.dz, full)
    for stage in reversed(found.stages):
        yield ""
        yield from _heading(stage, 1)
        assert stage.dx is not None and stage.gradients is not None and stage.updated is not None
        for name, value in stage.gradients.items():
            yield from _shown(f"d{name}", value, full)
            yield from _shown(f"{name} after", stage.updated[name], full)
        yield from _shown("dx", stage.dx, full)
    yield ""
    yield fact("update", f"the first of {found.optimizer}, learning rate {found.rate:g}")
    yield fact("loss after it", f"{found.loss_after:.9f}")


def _heading(stage: Stage, back: int) -> Iterator[str]:
    """A layer's name and the formulas of its page: of the way forward (0) or back (1), in the same line if they fit."""
    told = tracing.formulas(stage.kind)[back]
    head = f"layer {stage.number}: {stage.kind}"
    if len(whole := "   ".join((head, *told))) < WIDEST:
        yield whole
    else:
        yield head
        yield from (f"  {part}" for part in told)


def _shown(name: str, value: Array, full: bool) -> Iterator[str]:
    """An array as a small table of nine digits, its shape beside its name; of a large one the beginning."""
    table = value.reshape(-1, value.shape[-1]) if value.ndim > 1 else value.reshape(1, -1)
    down, across = table.shape if full else (min(DOWN, len(table)), min(ACROSS, table.shape[1]))
    some = [[_digits(number) for number in row[:across]] for row in table[:down].tolist()]
    width = max([NARROWEST, *(len(cell) for row in some for cell in row)])
    label = f"  {name} {'x'.join(map(str, value.shape)) if value.size > 1 else ''}"
    for row in some:
        more = "  …" if across < table.shape[1] else ""
        yield f"{label:<15}" + "  ".join(cell.rjust(width) for cell in row) + more
        label = ""
    missing = table.size - down * across
    if missing:
        yield f"{'':<15}… {missing:,} more numbers; --full prints them"


def _digits(number: float) -> str:
    """Nine digits behind the point, or in all where the point is far from them."""
    return f"{number:.9f}" if number == 0 or 1e-3 <= abs(number) < 1e4 else f"{number:.5e}"


def _plain(found: Trace, loss: str) -> dict[str, Any]:
    stages = [
        {name: _listed(value) for name, value in stage._asdict().items() if value is not None} for stage in found.stages
    ]
    said = {"x": _listed(found.x), "target": _listed(found.y), "layers": stages, "answer": _listed(found.answer)}
    said |= {"loss": found.loss, "loss_kind": loss}
    if found.dz is not None:
        more = {"dz": _listed(found.dz), "optimizer": found.optimizer, "learning_rate": found.rate}
        said |= more | {"loss_after": found.loss_after}
    return said


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
