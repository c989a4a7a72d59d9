"""What may change while a run runs, and how: settings of its configuration, and single weights set by hand."""

from __future__ import annotations

import math
import re
from typing import Any

from mlcore.backends.backend import Weights
from mlcore.config import Config
from mlcore.controls import CHANGEABLE
from mlcore.errors import ConfigError
from mlcore.layers.dense import Dense
from mlcore.layers.layer import Layer
from mlcore.network import Network

WEIGHT = re.compile(r"weight\.(\d{1,4})\.(\d{1,6})\.(\d{1,6})")
NAMED = "weight.LAYER.FROM.TO, each from 1; FROM 0 is the bias"


def changed(config: Config, name: str, value: Any) -> Config:
    """The experiment with a setting changed while it runs. Raises ConfigError for one that cannot.

    `layers` may get other numbers (the rate of a dropout), never other layers: the weights must still fit.
    """
    if name.partition(".")[0] not in CHANGEABLE:
        raise ConfigError(f"{name} cannot change while it runs", hint="start a new run")
    new = config.with_settings({name: value})
    if name == "layers" and list(map(_shape, new.layers)) != list(map(_shape, config.layers)):
        hint = f"keep to the layers of {config.to_dict()['layers']}, or start a new run"
        raise ConfigError(
            "layers cannot change while it runs, only numbers in them as the rate of a dropout", hint=hint
        )
    return new


def _shape(layer: Layer) -> Any:
    """What decides how many numbers a layer learns and what it does with them."""
    return layer if isinstance(layer, Dense) or layer.takes_images else type(layer)


def is_weight(name: str) -> bool:
    """Whether a name is meant to be of a single weight."""
    return name.partition(".")[0] == "weight"


def place_of(network: Network, name: str) -> int:
    """Where in the vector a weight lies by its name, `weight.2.1.5`: of the second dense layer, from its first input to
    its fifth output; from 0 is the bias. Raises ConfigError saying what there is.
    """
    found = WEIGHT.fullmatch(name)
    if found is None:
        raise ConfigError(f"{name:.80}: not the name of a weight", hint=NAMED)
    layer, source, target = map(int, found.groups())
    dense = [number for number, each in enumerate(network.layers) if isinstance(each, Dense)]
    if not 1 <= layer <= len(dense):
        raise ConfigError(f"{name}: there are layers 1 to {len(dense)}, got {layer}", hint=NAMED)
    slots = {slot.name: slot for slot in network.own[dense[layer - 1]]}
    inputs, outputs = slots["w"].param.shape
    for word, got, least, most in (("from", source, 0, inputs), ("to", target, 1, outputs)):
        if not least <= got <= most:
            raise ConfigError(f"{name}: layer {layer} goes {word} {least} to {most}, got {got}", hint=NAMED)
    if source == 0:
        return slots["b"].offset + target - 1
    return int(slots["w"].offset + (source - 1) * outputs + target - 1)


def number(name: str, value: Any) -> float:
    """A weight as somebody gave it. Raises ConfigError for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{name}: expected a finite number, got {value!r:.40}")
    return float(value)


def edited(network: Network, weights: Weights, name: str, value: Any) -> tuple[Weights, float]:
    """The weights with one of them set by hand, and what it was. Raises ConfigError as `place_of` and `number` do."""
    place, vector = place_of(network, name), weights.vector.copy()
    old, vector[place] = float(vector[place]), number(name, value)
    return weights._replace(vector=vector), old
