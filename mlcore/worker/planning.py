"""Questions about an experiment before it is trained: its data, its layers, checks, a learning rate, its code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from mlcore import baselines, duration, exporters, losses, metrics, preflight, rates
from mlcore.architecture import remarks
from mlcore.backends import ONLY_TORCH
from mlcore.backends.backend import Backend
from mlcore.config import MONITORS, Config, from_dict
from mlcore.datasets.dataset import Data, Task
from mlcore.datasets.own import Own
from mlcore.errors import ConfigError, ResourceError, UsageError
from mlcore.model import Model, Preparation, blueprint
from mlcore.network import Network
from mlcore.spec import kind_of
from mlcore.state import check_goal
from mlcore.worker import commands, previews
from mlcore.worker.building import Checked, Code, Columns, Outline, Stratum, Swept, Yardstick, Yardsticks
from mlcore.worker.moment import Moment
from mlcore.worker.pictures import Stage, describe, first_weights

Question: TypeAlias = (
    commands.Preview
    | commands.Sketch
    | commands.Preflight
    | commands.Sweep
    | commands.Measure
    | commands.Write
    | commands.Head
)
QUICK = 20_000  # parameters of a network that is outlined in a few milliseconds
MOST = 50_000_000  # parameters of one that is made only to be looked at
DRAWN = 2_000_000  # parameters of one whose first weights are drawn and whose layers are tried for what is odd


def experiment(question: Question) -> Config:
    """The experiment a question is about. Raises ConfigError."""
    if isinstance(question, commands.Preview | commands.Measure | commands.Head):
        return from_dict({"dataset": question.dataset})
    return from_dict(question.config)


def quick(config: Config, data: Data) -> bool:
    """Whether an outline takes no longer than anybody would wait: a guess from the widths alone.

    PyTorch has to be imported before anybody knows whether it runs here; the widths of images follow from all layers.
    """
    if config.backend == "torch" or config.device.startswith("cuda") or any(x.takes_images for x in config.layers):
        return False
    widths = [data.input_shape[0], *(getattr(layer, "units", 0) for layer in config.layers), data.task.outputs]
    widths = [width for width in widths if width]
    return sum(a * b for a, b in pairwise(widths)) <= QUICK


def columns(config: Config) -> Columns:
    """The columns of a file, whether or not there is anything to learn in it. Raises DataError for what is no table."""
    return Columns(config.dataset.names() if isinstance(config.dataset, Own) else ())


def always() -> bool:
    """Whoever asked still wants to know."""
    return True


def answer(
    question: Question, config: Config, stage: Stage, moment: Moment | None, wanted: Callable[[], bool] = always
) -> Any:
    """What was asked for. moment: the network of this very experiment, where it is being trained.

    wanted: what takes long is given up when it says no.
    """
    if isinstance(question, commands.Preflight | commands.Sweep | commands.Write):
        affordable(config, stage.data)
    match question:
        case commands.Preview():
            return previews.preview(stage)
        case commands.Sketch():
            return outline(config, stage.data)
        case commands.Preflight():
            return checked(config, stage.data, question.check)
        case commands.Sweep():
            return swept(config, stage.data, wanted)
        case commands.Measure():
            split, found = baselines.measure(config, stage.data)
            return Yardsticks(split, tuple(Yardstick(*each) for each in found))
        case commands.Write():
            return code(question, config, stage.data, moment)


def affordable(config: Config, data: Data) -> None:
    """Raise ResourceError for a network nobody would want to have made only to look at it."""
    with suppress(ConfigError):  # which whoever asks says better
        size = blueprint(config, data)[0].size
        if size > MOST:
            message = f"{size:,} parameters are too many to be tried before training"
            raise ResourceError(message, hint=f"fewer units; up to {MOST:,} are tried")


def outline(config: Config, data: Data) -> Outline:
    """The layers of an experiment, what is odd about them, and how long it takes.

    Raises ConfigError naming the layer or the setting that does not fit, BackendError when it cannot run here.
    """
    network, loss = blueprint(config, data)
    check_goal(config.stopping, data)
    backend = duration.chosen(config, network, loss)
    odd = remarks(network, loss, data.task, len(data.train), config.init) if network.size <= DRAWN else ()
    return Outline(
        summary=network.summary(),
        strata=strata(network),
        net=describe(network, data),
        weights=first_weights(network, config) if network.size <= DRAWN else (),
        loss=kind_of(loss),
        task=data.task.kind,
        rows=len(data.train),
        steps=-(-len(data.train) // config.batch_of(len(data.train))),
        seconds=duration.estimate(config, network, data, duration.kind(backend)),
        unfit=unfit(data.task) | unable(backend),
        remarks=tuple(f"{each.message}; {each.hint}" for each in odd),
        varied=previews.varied(config, network, data),
    )


def unfit(task: Task) -> dict[str, tuple[str, ...]]:
    """Choices of a setting that do not go with a task: losses of others, and metrics nobody measures there."""
    kinds = tuple(each.name for each in losses.CATALOGUE if each.name != "auto" and not each.load()().fits(task.kind))
    measured = ("loss", *metrics.possible(task))
    monitors = tuple(name for name in MONITORS if name.partition("_")[2] not in measured)
    return {"loss.kind": kinds, "stopping.monitor": monitors}


def unable(backend: Backend) -> dict[str, tuple[str, ...]]:
    """Precisions and engines that the backend an experiment runs on does not have here."""
    if backend.name != "torch":
        return ONLY_TORCH
    from mlcore.backends import pytorch

    return {
        name: tuple(value for value in values if value not in pytorch.running(backend.device, **{name: values}))
        for name, values in ONLY_TORCH.items()
    }


def strata(network: Network) -> tuple[Stratum, ...]:
    """Every layer with its shapes and how many numbers it has."""
    sizes = [sum(slot.size for slot in slots) for slots in network.own]
    rows = zip(network.layers, network.shapes, network.shapes[1:], sizes, strict=False)
    return tuple(Stratum(layer.word, kind_of(layer), before, after, size) for layer, before, after, size in rows)


def swept(config: Config, data: Data, wanted: Callable[[], bool]) -> Swept:
    """A learning rate looked for, as long as it is wanted."""

    def tick() -> None:
        if not wanted():
            raise UsageError("the search was given up: something else was asked", code="GIVEN_UP")

    return Swept(**rates.find(config, data, tick=tick)._asdict())


def checked(config: Config, data: Data, number: int) -> Checked:
    """One check; past the last one it is the last again."""
    total = len(preflight.CHECKS)
    number = min(number, total - 1)
    found = preflight.check(config, data, number)
    meaning, *_ = (preflight.CHECKS[found.name].__doc__ or "").split("\n")
    return Checked(number, total, *found, meaning)


def code(question: commands.Write, config: Config, data: Data, moment: Moment | None) -> Code:
    """The files of an export: of the weights of now, or of the first ones. Raises ConfigError for what has no code."""
    if moment is not None:
        return Code(question.target, exporters.export(moment.model, question.target, question.stem), moment.epoch)
    network, loss = blueprint(config, data)
    model = Model(
        config, network, loss, Preparation.of(data), network.init(config.seed, config.init).astype(np.float32)
    )
    return Code(question.target, exporters.export(model, question.target, question.stem), 0)
