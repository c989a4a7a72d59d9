"""`mlj lr-find`: the loss against the learning rate, and the rate it speaks for."""

from __future__ import annotations

import argparse

import numpy as np

from mlcore import rates
from mlcore.commands.drawing import Paper, curves
from mlcore.commands.experiment import chosen
from mlcore.commands.story import fact, plural
from mlcore.rates import Sweep
from mlcore.report import json_line

CEILING = 1.2  # times the first loss: what is above is drawn there


def lr_find(args: argparse.Namespace) -> int:
    """Exit code 0 with a suggestion, 1 where the loss falls at no rate."""
    config = chosen(args)
    found = rates.find(config, low=args.low, high=args.high, steps=args.steps)
    if args.json:
        said = {"suggestion": found.suggestion, "why": found.why, "networks": found.networks, "first": found.first}
        lists = {name: getattr(found, name).tolist() for name in ("rates", "losses", "smoothed")}
        print(json_line(said | {"configured": config.optimizer.learning_rate} | lists))
        return 0 if found.suggestion else 1
    if len(found.rates) > 1:
        print(_drawn(found, Paper.asked(args)))
    told = "none: " + found.why if found.suggestion is None else f"{found.suggestion:.2g}   ({found.why})"
    print(fact("suggestion", told))
    print(fact("configured", f"{config.optimizer.learning_rate:g}"))
    print(fact("measured", f"{plural(found.networks, 'fresh network')}, {plural(len(found.rates), 'step')} each"))
    if found.suggestion is None:
        print(fact("try", "a wider range (--to 100), other first weights or scaled inputs; mlj preflight says more"))
        return 1
    print(fact("try", f"mlj train {args.experiment} --set optimizer.learning_rate={found.suggestion:.2g}"))
    return 0


def _drawn(found: Sweep, paper: Paper) -> str:
    x = np.log10(found.rates)
    series = {
        "smoothed": (x, np.minimum(found.smoothed, CEILING * found.first)),
        "loss": (x, np.minimum(found.losses, CEILING * found.first)),
    }
    at = None if found.suggestion is None else float(np.log10(found.suggestion))
    return curves(series, paper, "loss by log10 of the rate", log=False, at=at)
