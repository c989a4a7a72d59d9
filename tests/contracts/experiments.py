"""Experiments on images and sequences, which every backend trains as the reference does."""

from __future__ import annotations

from mlcore.layers.line import parse
from mlcore.network import Network
from tests.contracts.problems import LAYERS, layers, made, networks_with

BLOCK = "skip | ln | attention 2 causal | add | skip | ln | 16 gelu | 8 | add"
TOKENS = made(layers.CATALOGUE, "embedding"), *parse("positions | conv1d 9 k3 tanh | mean")
SHAPED = {
    **{f"layer {where}": {"body": network} for name in LAYERS for where, network in networks_with(name, 3)},
    "images in channels that are normed": {"body": "conv 6 k3 bn relu | avgpool 2 | bn | max", "features": (2, 9, 8)},
    "a way around": {
        "body": "conv 6 k3 | skip | conv 6 k3 p1 bn relu | conv 6 k3 p1 | add relu | mean",
        "features": (2, 9, 8),
    },
    "ways around one another": {"body": "9 | skip | 9 tanh | skip | skip | 9 relu | add | 9 | add | drop .2 | add"},
    "a way around nothing": {"body": "9 relu | skip | add | 7"},
    "filters along the time": {
        "body": "conv1d 7 k3 s2 p1 relu | pool1d 2 s1 | conv1d 5 k2 bn | avgpool1d 2 | max",
        "features": (15, 3),
    },
    "a transformer": {"body": f"positions | {BLOCK} | {BLOCK} | ln | mean", "features": (7, 8)},
    "tokens": {"body": Network.build(TOKENS, (8,), 3)},
}
