"""`mlj arch check`: an architecture layer by layer, and what is odd about it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from mlcore.architecture import Claim, claimed, hold, remarks
from mlcore.commands import table
from mlcore.commands.experiment import chosen
from mlcore.commands.story import plural
from mlcore.config import Config
from mlcore.datasets.dataset import Data
from mlcore.errors import ConfigError
from mlcore.losses import Loss
from mlcore.model import blueprint
from mlcore.network import Network
from mlcore.report import json_line
from mlcore.spec import kind_of

BYTES = {"float32": 4, "float64": 8}


def check(args: argparse.Namespace) -> int:
    """Shapes and parameters of every layer. What cannot be raises ConfigError naming layer, expected, got, the fix."""
    claim, config = _asked(args)
    data = config.dataset.load()
    network, loss = blueprint(config, data)
    if claim is not None:
        hold(claim, network, kind_of(config.dataset))
    odd = remarks(network, loss, data.task, len(data.train), config.init)
    if args.json:
        print(json_line(_plain(network, loss, data) | {"warnings": [remark._asdict() for remark in odd]}))
        return 0
    kind = kind_of(config.dataset)
    print(f"{kind}: {plural(len(data.feature_names), 'feature')}, {data.task.kind}, loss {kind_of(loss)}\n")
    print("\n".join(layers(network)))
    size = network.size * BYTES[config.weight_type]
    print(f"\n{network.summary()}: {plural(network.size, 'parameter')}, {size:,} bytes of {config.weight_type}")
    for remark in odd:
        print(f"warning[{remark.code}]: {remark.message}\n  hint: {remark.hint}")
    return 0


def _asked(args: argparse.Namespace) -> tuple[Claim | None, Config]:
    """What a line claims about inputs and outputs, if it is one that does, and the experiment."""
    text = args.experiment
    if text.endswith(".toml") or os.path.exists(text):
        return None, chosen(args)
    claim = claimed(text)
    if claim is None and not (set(text) & set("| ") or text[:1].isdigit() or not text):
        try:
            return None, chosen(args)
        except ConfigError as error:
            if error.code != "CONFIG_UNKNOWN" or "recipe" not in str(error):
                raise
            error.hint += "; a line of layers is one argument: mlj arch check '10 relu | 10 relu'"
            raise
    args.experiment = None
    return claim, chosen(args, layers=claim.layers if claim else text)


def layers(network: Network) -> Iterator[str]:
    """Each layer with its shapes and parameters, a line each."""
    rows = []
    for number, layer in enumerate(network.layers):
        shapes = " -> ".join("x".join(map(str, shape)) for shape in network.shapes[number : number + 2])
        own = [f"{slot.name} {'x'.join(map(str, slot.param.shape))}" for slot in network.own[number]]
        size = sum(slot.size for slot in network.own[number])
        head = "the head, from the data" if number + 1 == len(network.layers) else ""
        rows.append((number + 1, kind_of(layer), shapes, ", ".join(own), f"{size:,}" if size else "", head))
    return table.lines(rows, ("layer", "kind", "shapes", "parameters", "count", ""), right=(4,))


def _plain(network: Network, loss: Loss, data: Data) -> dict[str, Any]:
    shapes = [list(shape) for shape in network.shapes]
    found = [
        {
            "layer": number + 1,
            "kind": kind_of(layer),
            "input": shapes[number],
            "output": shapes[number + 1],
            "parameters": {slot.name: list(slot.param.shape) for slot in network.own[number]},
        }
        for number, layer in enumerate(network.layers)
    ]
    return {"layers": found, "parameters": network.size, "task": data.task.kind, "loss": kind_of(loss)}
