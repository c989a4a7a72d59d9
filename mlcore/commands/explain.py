"""`mlj explain`: an experiment as a program, so that backpropagation can be read call by call."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from mlcore import backends
from mlcore.backends import plan
from mlcore.commands import table
from mlcore.commands.arch import layers
from mlcore.commands.experiment import chosen
from mlcore.commands.story import fact, plural
from mlcore.config import Config
from mlcore.datasets.dataset import Data
from mlcore.losses import Loss
from mlcore.model import blueprint
from mlcore.network import Network
from mlcore.spec import kind_of


def explain(args: argparse.Namespace) -> int:
    """What is trained, by which network, on which backend, and every call of one training step."""
    config = chosen(args, runs=True)
    data = config.dataset.load()
    network, loss = blueprint(config, data)
    print("\n".join(_facts(config, data, network, loss)))
    print()
    print("\n".join(layers(network)))
    print()
    print("\n".join(_steps(config, data, network, loss, args.fuse)))
    return 0


def _facts(config: Config, data: Data, network: Network, loss: Loss) -> Iterator[str]:
    sizes = {name: getattr(data, name) for name in ("train", "validation", "test")}
    held = ", ".join(f"{len(rows):,} {name}" for name, rows in sizes.items() if rows is not None)
    optimizer = config.optimizer
    yield f"{network.summary()}: {plural(network.size, 'parameter')}, {plural(config.epochs, 'epoch')}"
    yield fact("data", f"{kind_of(config.dataset)}, rows: {held}")
    yield fact("task", f"{data.task.kind}, loss {kind_of(loss)}")
    yield fact("optimizer", f"{kind_of(optimizer)}, learning rate {optimizer.learning_rate:g}, init {config.init}")


def _steps(config: Config, data: Data, network: Network, loss: Loss, fuse: bool) -> Iterator[str]:
    """The calls of one step on the backend that would run it, and why it is that one."""
    n = len(data.train)
    batch = n if config.batch_size == "full" else min(config.batch_size, n)
    found = backends.choose(config, network, loss)
    name = found.backend.name
    yield f"One step of {plural(batch, 'row')}, on {name} ({found.why}):"
    missing = plan.unsupported(network, loss, config.optimizer)
    if missing:
        yield f"no plan: the kernels have no {', '.join(missing)}; {name} runs the layers one after another"
        return
    if name != "native":
        yield f"{name} runs the layers one after another; the kernels would run"
    yield plan.explain(plan.lower(network, loss, config.optimizer, batch, fuse=fuse), table.room())
