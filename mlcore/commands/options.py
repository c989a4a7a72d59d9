"""Options that verbs share, each declared once, and what a word of the command line has to be."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


def experiment(p: argparse.ArgumentParser) -> None:
    """Options that change what is trained, and on what."""
    p.add_argument("--seed", type=whole, metavar="N", help="first weights and batch order (MLJ_SEED)")
    p.add_argument("--epochs", type=whole, metavar="N", help="times every training row is seen")
    settings(p)
    backend(p, " (MLJ_BACKEND)", " (MLJ_DEVICE)")
    engines = ["auto", "eager", "graph", "compile"]
    p.add_argument("--engine", choices=engines, metavar="NAME", help=" | ".join(engines) + ": how PyTorch runs a step")


def backend(p: argparse.ArgumentParser, otherwise: str, otherwise_on: str = "") -> None:
    """Options that say what runs the network, and what does without them."""
    backends = ["auto", "native", "reference", "torch"]
    p.add_argument("--backend", choices=backends, metavar="NAME", help=" | ".join(backends) + otherwise)
    p.add_argument("--device", metavar="NAME", help="auto | cpu | cuda[:n]" + otherwise_on)
    precisions = ["float32", "float64", "tf32", "bf16"]
    p.add_argument("--precision", choices=precisions, metavar="NAME", help=" | ".join(precisions))


def settings(p: argparse.ArgumentParser) -> None:
    example = "any setting, e.g. optimizer.learning_rate=0.01"
    p.add_argument("--set", action="append", default=[], metavar="A.B=V", help=example)


def machine(p: argparse.ArgumentParser) -> None:
    p.add_argument("--threads", type=count, metavar="N", help="threads on the CPU (MLJ_NUM_THREADS)")


def folder(p: argparse.ArgumentParser) -> None:
    p.add_argument("--runs-dir", type=place, metavar="DIR", help="where runs are kept (MLJ_HOME/runs)")


def as_json(p: argparse.ArgumentParser) -> None:
    p.add_argument("--json", action="store_true", help="one JSON object a line on stdout")


def telling(p: argparse.ArgumentParser) -> None:
    """Options about what is said while a run runs."""
    as_json(p)
    p.add_argument("-q", "--quiet", action="store_true", help="say nothing but the run's name and errors")
    p.add_argument("--no-progress", action="store_true", help="no progress, only the result")
    p.add_argument("--log-every", type=count, metavar="N", help="a line with both losses every N epochs")


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r:.80}") from None


def count(text: str) -> int:
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r:.80}")
    return number


def heat(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e6:
        raise argparse.ArgumentTypeError(f"expected a number from 0 on, got {text!r:.80}")
    return number


def cells(text: str) -> int:
    number = count(text)
    if number > 10_000:
        raise argparse.ArgumentTypeError(f"expected 1 to 10,000, got {text!r:.80}")
    return number


def place(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected a folder, got nothing")
    return text


def a_run(p: argparse.ArgumentParser) -> None:
    p.add_argument("run", metavar="RUN", help="id, the beginning of one, display name, last, or a path")
    folder(p)


def size(p: argparse.ArgumentParser) -> None:
    p.add_argument("--ascii", action="store_true", help="plain characters, no colour")
    p.add_argument("--width", type=cells, metavar="N", help="columns")
    p.add_argument("--height", type=cells, metavar="N", help="lines")


def acts(p: Any, default: str, *acts: tuple[str, str, str, Callable[[Any], None]]) -> None:
    """Second words of a verb: name, one line, function, and what declares the rest."""
    table = p.add_subparsers(dest="act", metavar="WHAT", required=not default)
    p.acts, mine = {}, {action.dest for action in p._actions}
    for name, line, verb, declare in acts:
        own = table.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        own.add_argument("--debug", action="store_true", help="show the traceback of an error")
        declare(own)
        own.set_defaults(verb=verb)
        for action in own._actions:
            if action.dest in mine:  # given before the second word, it stays
                action.default = argparse.SUPPRESS
        p.acts[name] = own
    if default:
        p.set_defaults(verb=default)
