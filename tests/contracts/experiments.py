"""Experiments on images and sequences, which every backend trains as the reference does."""

from __future__ import annotations

from mlcore.layers.line import parse
from mlcore.network import Network
from tests.contracts.problems import LAYERS, layers, made, networks_with

BLOCK = "skip | ln | attention 2 causal | add | skip | ln | 16 gelu | 8 | add"
TOKENS = made(layers.CATALOGUE, "embedding"), *parse("positions | conv1d 9 k3 tanh | mean")
WIDE_TOKENS = made(layers.CATALOGUE, "embedding", dim=50, vocabulary=130), *parse("positions | 40 relu | max")
COLUMNS = made(layers.CATALOGUE, "column_embedding"), *parse("20 silu | scale | 9 tanh")
WIDE_COLUMNS = made(layers.CATALOGUE, "column_embedding", dim=50, vocabularies=(130, 11, 40)), *parse("scale | 40 relu")
HARD = ("adamw", {"weight_decay": 0.05, "l1": 0.02})
SLOW = {"optimizer": ("sgd", {"momentum": 0.9})}
CLIPPED = {"optimizer": ("sgd", {"clip_norm": 0.05})}
LARGE = {"rows": 540, "batch": 520}
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
    "columns of tokens": {"body": Network.build(COLUMNS, (7,), 3)},
    "nothing but tokens": {"body": Network.build(COLUMNS, (2,), 3), "weighted": True},
    "many columns of tokens": {"body": Network.build(WIDE_COLUMNS, (9,), 3), "optimizer": HARD},
    "columns of tokens in several blocks": {"body": Network.build(WIDE_COLUMNS, (9,), 3)} | LARGE,
    "factors in wide layers": {"body": "scale | 70 gelu | scale | 65", "features": 33, "optimizer": HARD},
    "a wide transformer": {
        "body": "positions | 40 | skip | ln | attention 4 causal | add | skip | ln | 70 gelu | 40 | add | mean",
        "features": (9, 5),
        "optimizer": ("adamw", {"weight_decay": 0.05}),
    },
    "attention in several blocks": {
        "body": "positions | attention 2 | tanh | max",
        "features": (40, 20),
        "rows": 540,
        "batch": 520,
    },
    "many tokens": {"body": Network.build(WIDE_TOKENS, (8,), 3)},
    "ways around images": {
        "body": "skip | conv 3 k3 p1 relu | add | conv 20 k3 p1 relu | skip | pool 1 | conv 20 k1 relu | add | max",
        "features": (3, 8, 7),
    },
    "means that overlap": {"body": "avgpool 3 s2 | conv 5 k3 relu | avgpool 2 s1 | flatten", "features": (2, 12, 11)},
    "filters before a recurrent layer": {"body": "conv1d 12 k3 p1 relu | pool1d 2 | gru 9 last", "features": (10, 7)},
    "convolutions": {"body": "conv 7 k3 relu | pool 2 | conv 5 k2 tanh | flatten | 9 relu", "features": (2, 11, 9)},
    "strides and padding": {"body": "conv 6 k4 s2 p3 relu | pool 3 s2 | flatten", "features": (3, 10, 13), "batch": 70},
    "strides that leave pixels out": {"body": "conv 4 k2 s3 p1 | pool 2 s3 gelu | flatten", "features": (9, 12)},
    "windows that overlap": {"body": "pool 3 s1 | conv 5 k1 relu | pool 2 s1 | flatten", "features": (2, 7, 6)},
    "images of pixels": {"body": "conv 8 k5 p2 relu | pool 2 | flatten | drop .2", "features": (8, 8), "uint8": True},
    "pooled pixels, with ties": {"body": "pool 2 | conv 3 k2 relu | flatten", "features": (3, 8, 8), "uint8": True},
    "layer norm between convolutions": {
        "body": "layer_norm | conv 6 k3 relu | layer_norm | drop .1 | conv 6 k3 | flatten",
        "features": (2, 8, 8),
    },
    "recurrent layers on each other": {"body": "gru 7 bi | lstm 9 bi | rnn 5 bi last", "features": (6, 3)} | SLOW,
    "recurrent layers in one direction": {"body": "lstm 6 | tanh | gru 17 | rnn 8 last relu", "features": (9, 1)},
    "wide recurrent layers": {"body": "lstm 21 bi | gru 33 | rnn 40 last", "features": (5, 19), "batch": 50},
    "wide recurrent layers, all penalties": {"body": "gru 40 bi last | 9 relu", "features": (5, 6), "optimizer": HARD},
    "recurrent layers in several blocks": {"body": "lstm 30 | gru 32 bi last", "features": (40, 20)} | LARGE,
    "every row of sequences, clipped": {"body": "gru 9 | flatten | drop .2", "features": (5, 4), "batch": 70} | CLIPPED,
}
