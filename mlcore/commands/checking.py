"""The verbs that check an experiment before it is trained and by its numbers, declared. Nothing heavy is imported."""

from __future__ import annotations

import argparse
from typing import Any

from mlcore.commands.options import acts, as_json, count, folder, settings, size, whole

EXPERIMENT = "RECIPE|FILE.toml"


def _experiment(p: Any, metavar: str, help: str) -> None:
    p.add_argument("experiment", metavar=metavar, help=help)
    p.add_argument("--seed", type=whole, metavar="N", help="first weights and batch order (MLJ_SEED)")
    settings(p)


def arch(p: Any) -> None:
    def check(own: Any) -> None:
        line = "a recipe, a configuration file, or a line like '10 relu | 10 relu' or '2 -> 10 relu -> 1'"
        _experiment(own, f"{EXPERIMENT}|LINE", line)
        as_json(own)

    line = "shapes and parameters layer by layer, and what is odd; wrong: exit 2 and the way out"
    acts(p, "", ("check", line, "mlcore.commands.arch:check", check))


def gradcheck(p: Any) -> None:
    _experiment(p, f"{EXPERIMENT}|RUN", "an experiment at its first weights, or a run at those it kept")
    p.add_argument("--rows", type=count, default=10, metavar="N", help="training rows in the batch (10)")
    p.add_argument("--numbers", type=count, metavar="N", help="numbers of each array to move (200, fewer if large)")
    folder(p)
    as_json(p)
    p.set_defaults(verb="mlcore.commands.gradcheck:gradcheck")


def trace(p: Any) -> None:
    _experiment(p, f"{EXPERIMENT}|RUN", "an experiment at its first weights, or a run at those it kept")
    splits = ["train", "validation", "test"]
    p.add_argument("--row", type=whole, default=0, metavar="N", help="the row to follow, counted from 0 (0)")
    p.add_argument("--split", choices=splits, default="train", metavar="NAME", help=" | ".join(splits) + " (train)")
    p.add_argument("--backward", action="store_true", help="and back: gradients, and the weights after the update")
    given = 'your own numbers: x = [1, 2], y = [0, 1] and/or [weights] with "0.w" = [[…], […]], a row for each input'
    p.add_argument("--given", metavar="FILE.toml", help=given + "; docs/worked-example.toml is one")
    p.add_argument("--epoch", type=whole, metavar="N", help="a run's weights after that epoch, where they were kept")
    p.add_argument("--full", action="store_true", help="every number of large arrays too")
    folder(p)
    as_json(p)
    p.set_defaults(verb="mlcore.commands.trace:trace")


def lr_find(p: Any) -> None:
    _experiment(p, EXPERIMENT, "an experiment, trained for a moment on networks that are thrown away")
    p.add_argument("--from", dest="low", type=rate, default=1e-6, metavar="RATE", help="the first rate (1e-6)")
    p.add_argument("--to", dest="high", type=rate, default=10.0, metavar="RATE", help="the last rate (10)")
    p.add_argument("--steps", type=count, metavar="N", help="rates to try (300; 1000 if the loss hardly falls)")
    size(p)
    as_json(p)
    p.set_defaults(verb="mlcore.commands.lr_find:lr_find")


def preflight(p: Any) -> None:
    _experiment(p, EXPERIMENT, "an experiment that has not been trained yet")
    as_json(p)
    p.set_defaults(verb="mlcore.commands.preflight:preflight")


def rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r:.80}")
    return number
