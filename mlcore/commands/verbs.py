"""Every verb and option of `mlj`, declared once. A verb names its function as text; nothing is imported."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple


class Verb(NamedTuple):
    """A verb: its word, one line about it, and what declares its options on a parser."""

    word: str
    line: str
    declare: Callable[[Any], None]


def _experiment(p: argparse.ArgumentParser) -> None:
    """Options that change what is trained, and on what."""
    p.add_argument("--seed", type=_whole, metavar="N", help="first weights and batch order (MLJ_SEED)")
    p.add_argument("--epochs", type=_whole, metavar="N", help="times every training row is seen")
    _set(p)
    backends = ["auto", "native", "reference", "torch"]
    p.add_argument("--backend", choices=backends, metavar="NAME", help=" | ".join(backends) + " (MLJ_BACKEND)")
    p.add_argument("--device", metavar="NAME", help="auto | cpu | cuda[:n] (MLJ_DEVICE)")


def _set(p: argparse.ArgumentParser) -> None:
    example = "any setting, e.g. optimizer.learning_rate=0.01"
    p.add_argument("--set", action="append", default=[], metavar="A.B=V", help=example)


def _machine(p: argparse.ArgumentParser) -> None:
    p.add_argument("--threads", type=_count, metavar="N", help="threads on the CPU (MLJ_NUM_THREADS)")


def _folder(p: argparse.ArgumentParser) -> None:
    p.add_argument("--runs-dir", type=_place, metavar="DIR", help="where runs are kept (MLJ_HOME/runs)")


def _json(p: argparse.ArgumentParser) -> None:
    p.add_argument("--json", action="store_true", help="one JSON object a line on stdout")


def _telling(p: argparse.ArgumentParser) -> None:
    """Options about what is said while a run runs."""
    _json(p)
    p.add_argument("-q", "--quiet", action="store_true", help="say nothing but the run's name and errors")
    p.add_argument("--no-progress", action="store_true", help="no progress, only the result")
    p.add_argument("--log-every", type=_count, metavar="N", help="a line with both losses every N epochs")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r:.80}") from None


def _count(text: str) -> int:
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r:.80}")
    return number


def _cells(text: str) -> int:
    number = _count(text)
    if number > 10_000:
        raise argparse.ArgumentTypeError(f"expected 1 to 10,000, got {text!r:.80}")
    return number


def _place(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected a folder, got nothing")
    return text


def _run(p: argparse.ArgumentParser) -> None:
    p.add_argument("run", metavar="RUN", help="id, the beginning of one, display name, last, or a path")
    _folder(p)


def _train(p: Any) -> None:
    p.add_argument("experiment", metavar="RECIPE|FILE.toml", help="a recipe (mlj recipes) or a configuration file")
    _experiment(p)
    p.add_argument("--goal", metavar="TEXT", help="stop when reached, exit 1 when not: 'validation_accuracy >= 0.95'")
    p.add_argument("--max-time", metavar="TIME", help="stop after that long: 60, 60s, 5m or 1h")
    _machine(p)
    _folder(p)
    p.add_argument("--name", metavar="TEXT", help="a display name for the run")
    p.add_argument("--no-record", action="store_true", help="write nothing to disk")
    _telling(p)
    p.set_defaults(verb="mlcore.commands.training:train")


def _resume(p: Any) -> None:
    _run(p)
    p.add_argument("--epochs", type=_whole, metavar="N", help="another number of epochs, counted from the first")
    _set(p)
    _machine(p)
    _telling(p)
    p.set_defaults(verb="mlcore.commands.training:resume")


def _evaluate(p: Any) -> None:
    _run(p)
    splits = ["train", "validation", "test"]
    p.add_argument("--split", choices=splits, default="test", metavar="NAME", help=" | ".join(splits) + " (test)")
    epoch = "the network as it was after that epoch, where it was kept"
    p.add_argument("--epoch", type=_whole, metavar="N", help=epoch)
    _json(p)
    p.set_defaults(verb="mlcore.commands.answers:evaluate")


def _predict(p: Any) -> None:
    _run(p)
    p.add_argument("--rows", metavar="A:B", help="rows of the test split, in file order (0:10)")
    p.add_argument("--show", action="store_true", help="draw each row with its prediction and its label")
    p.add_argument("--data", metavar="FILE", help="features to predict from: .npy or .csv")
    p.add_argument("--proba", action="store_true", help="the probability of each class as well")
    p.add_argument("-o", "--out", metavar="FILE.csv", help="write there instead of stdout")
    _json(p)
    p.set_defaults(verb="mlcore.commands.answers:predict")


def _watch(p: Any) -> None:
    _run(p)
    _telling(p)
    p.set_defaults(verb="mlcore.commands.control:watch")


def _ctl(p: Any) -> None:
    _run(p)
    orders = ["pause", "resume", "step", "epoch", "stop", "checkpoint", "set"]
    p.add_argument("order", choices=orders, metavar="ORDER", help=" | ".join(orders))
    p.add_argument("setting", nargs="*", metavar="NAME=VALUE", help="for set: optimizer.learning_rate=0.001")
    _json(p)
    p.set_defaults(verb="mlcore.commands.control:ctl")


def _acts(p: Any, default: str, *acts: tuple[str, str, str, Callable[[Any], None]]) -> None:
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


def _runs(p: Any) -> None:
    def listing(own: argparse.ArgumentParser) -> None:
        _folder(own)
        _json(own)

    def show(own: argparse.ArgumentParser) -> None:
        _run(own)
        _json(own)

    def remove(own: argparse.ArgumentParser) -> None:
        own.add_argument("runs", nargs="+", metavar="RUN", help="id, the beginning of one, or display name")
        own.add_argument("--yes", action="store_true", help="do not ask")
        _folder(own)

    where = "mlcore.commands.shelf"
    listing(p)
    _acts(
        p,
        f"{where}:listing",
        ("list", "the runs there are, newest first", f"{where}:listing", listing),
        ("show", "everything about a run", f"{where}:show", show),
        ("rm", "remove runs for good", f"{where}:remove", remove),
    )


def _plot(p: Any) -> None:
    _run(p)
    p.add_argument("--what", choices=["loss", "accuracy"], default="loss", metavar="NAME", help="loss | accuracy")
    p.add_argument("--log", action="store_true", help="a logarithmic scale")
    _size(p)
    p.set_defaults(verb="mlcore.commands.shelf:plot")


def _size(p: argparse.ArgumentParser) -> None:
    p.add_argument("--ascii", action="store_true", help="plain characters, no colour")
    p.add_argument("--width", type=_cells, metavar="N", help="columns")
    p.add_argument("--height", type=_cells, metavar="N", help="lines")


def _explain(p: Any) -> None:
    p.add_argument("experiment", metavar="RECIPE|FILE.toml|RUN", help="what to explain")
    p.add_argument("--no-fuse", dest="fuse", action="store_false", help="the plain plan: a call a layer and an update")
    _experiment(p)
    _folder(p)
    p.set_defaults(verb="mlcore.commands.explain:explain")


def _data(p: Any) -> None:
    def listing(own: argparse.ArgumentParser) -> None:
        _json(own)

    def one(own: argparse.ArgumentParser) -> None:
        own.add_argument("data", metavar="DATA|RECIPE", help="a data set (mlj data list) or a recipe's")
        own.add_argument("--set", action="append", default=[], metavar="A=V", help="a parameter, e.g. noise=0.1")

    def show(own: argparse.ArgumentParser) -> None:
        one(own)
        _json(own)

    def head(own: argparse.ArgumentParser) -> None:
        one(own)
        own.add_argument("-n", type=_count, default=5, metavar="N", help="rows (5)")
        _json(own)

    def plot(own: argparse.ArgumentParser) -> None:
        one(own)
        _size(own)

    def fetch(own: argparse.ArgumentParser) -> None:
        own.add_argument("data", metavar="DATA", help="the data set to download, e.g. mnist")

    where = "mlcore.commands.data"
    _acts(
        p,
        "",
        ("list", "the data sets there are", f"{where}:listing", listing),
        ("show", "parameters and facts of a data set", f"{where}:show", show),
        ("head", "its first rows", f"{where}:head", head),
        ("plot", "its points, or its pictures", f"{where}:plot", plot),
        ("fetch", "download it, checked against its published sum", f"{where}:fetch", fetch),
    )


def _recipes(p: Any) -> None:
    _json(p)
    p.set_defaults(verb="mlcore.commands.topics:recipes")


def _info(p: Any) -> None:
    p.add_argument("--torch", action="store_true", help="import PyTorch and ask for its GPUs (takes seconds)")
    _folder(p)
    _json(p)
    p.set_defaults(verb="mlcore.commands.info:info")


def _bench(p: Any) -> None:
    whats = ["kernels", "train", "latency"]
    line = " | ".join(whats) + " (kernels, or with --against train); the last two need a checkout"
    p.add_argument("what", nargs="?", choices=whats, metavar="WHAT", help=line)
    p.add_argument("--against", metavar="NAMES", help="libraries to train beside, of torch,sklearn,numpy,jax")
    p.set_defaults(verb="mlcore.commands.bench:bench")


def _help(p: Any) -> None:
    p.add_argument("topic", nargs="?", metavar="TOPIC", help="adam, moons, relu, stopping, train …")
    p.set_defaults(verb="mlcore.commands.topics:topic")


def _completion(p: Any) -> None:
    p.add_argument("shell", choices=["bash", "zsh", "fish"], metavar="SHELL", help="bash | zsh | fish")
    p.set_defaults(verb="mlcore.commands.completion:completion")


def _tui(p: Any) -> None:
    p.add_argument("rest", nargs="*", metavar="WORD", help="what mlj-tui takes")
    p.set_defaults(verb="mlcore.commands.topics:tui")


VERBS: tuple[Verb, ...] = (
    Verb("train", "train a recipe or a configuration file", _train),
    Verb("resume", "go on with a run that was stopped", _resume),
    Verb("evaluate", "measure a trained network on its data", _evaluate),
    Verb("predict", "what a trained network says about rows", _predict),
    Verb("watch", "follow a run that is running somewhere else", _watch),
    Verb("ctl", "pause, resume, step, stop or change a running run", _ctl),
    Verb("runs", "list, show and remove runs", _runs),
    Verb("plot", "the curves of a run", _plot),
    Verb("explain", "the plan of an experiment: every call of a training step", _explain),
    Verb("data", "list, show, plot and fetch data sets", _data),
    Verb("recipes", "the experiments that come with mlj", _recipes),
    Verb("info", "this machine as mlj sees it: the first lines of a bug report", _info),
    Verb("bench", "how fast the kernels are; in a checkout, training and the app beside others", _bench),
    Verb("help", "what a layer, data set, optimizer, loss or verb does", _help),
    Verb("completion", "completions for a shell", _completion),
    Verb("tui", "open the Lab", _tui),
)
