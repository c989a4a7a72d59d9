"""Every verb and option of `mlj`, declared once. A verb names its function as text; nothing is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mlcore.commands import checking, exploring, shelving
from mlcore.commands.options import (
    a_run,
    as_json,
    backend,
    cells,
    count,
    experiment,
    folder,
    heat,
    machine,
    settings,
    size,
    telling,
    whole,
)


class Verb(NamedTuple):
    """A verb: its word, one line about it, and what declares its options on a parser."""

    word: str
    line: str
    declare: Callable[[Any], None]


def _train(p: Any) -> None:
    what = "a recipe (mlj recipes), a configuration file, or rows of your own: FILE.csv, .tsv, .parquet, .npz"
    p.add_argument("experiment", metavar="RECIPE|FILE.toml|FILE.csv", help=what)
    p.add_argument("--target", metavar="COLUMN", help="a table: the column to predict (the last one)")
    tasks = ["classes", "numbers"]
    p.add_argument("--task", choices=tasks, metavar="NAME", help=" | ".join(tasks) + ": what the target is")
    kept = "a table: learn from this column although it nearly is the target"
    p.add_argument("--keep", action="append", default=[], metavar="COLUMN", help=kept)
    p.add_argument("--folds", type=whole, metavar="N", help="cross-validation: a network for each of N folds")
    ahead = "a table of a series: foretell so many values from those before them"
    p.add_argument("--horizon", type=count, metavar="N", help=ahead)
    experiment(p)
    values = "train with each of these values, of several with every combination"
    p.add_argument("--sweep", action="append", default=[], metavar="A.B=V,V", help=values)
    p.add_argument("--goal", metavar="TEXT", help="stop when reached, exit 1 when not: 'validation_accuracy >= 0.95'")
    p.add_argument("--max-time", metavar="TIME", help="stop after that long: 60, 60s, 5m or 1h")
    machine(p)
    folder(p)
    p.add_argument("--name", metavar="TEXT", help="a display name for the run")
    p.add_argument("--no-record", action="store_true", help="write nothing to disk")
    telling(p)
    p.set_defaults(verb="mlcore.commands.training:train")


def _resume(p: Any) -> None:
    a_run(p)
    p.add_argument("--epochs", type=whole, metavar="N", help="another number of epochs, counted from the first")
    settings(p)
    machine(p)
    telling(p)
    p.set_defaults(verb="mlcore.commands.training:resume")


def _replay(p: Any) -> None:
    a_run(p)
    p.add_argument("--name", metavar="TEXT", help="a display name for the new run")
    machine(p)
    telling(p)
    p.set_defaults(verb="mlcore.commands.replay:replay")


def _evaluate(p: Any) -> None:
    a_run(p)
    splits = ["train", "validation", "test"]
    p.add_argument("--split", choices=splits, default="test", metavar="NAME", help=" | ".join(splits) + " (test)")
    epoch = "the network as it was after that epoch, where it was kept"
    p.add_argument("--epoch", type=whole, metavar="N", help=epoch)
    everything = "every class, means over them and all usual scores; of numbers, how far off they are"
    p.add_argument("--report", action="store_true", help=everything)
    p.add_argument("--calibration", action="store_true", help="how sure it was, and how often it was right")
    p.add_argument("--worst", type=count, default=0, metavar="N", help="the N rows with the greatest loss as well")
    backend(p, " (NumPy, as reference)")
    as_json(p)
    p.set_defaults(verb="mlcore.commands.evaluating:evaluate")


def _predict(p: Any) -> None:
    a_run(p)
    p.add_argument("--rows", metavar="A:B", help="rows of the test split, in file order (0:10)")
    p.add_argument("--show", action="store_true", help="draw each row with its prediction and its label")
    p.add_argument("--data", metavar="FILE", help="features to predict from: .npy, .csv, .csv.gz, .parquet")
    p.add_argument("--encoding", metavar="NAME", help="of a text table: auto, utf-8, latin-1, cp1252 … (as trained on)")
    how = "how a text table is written, where otherwise than that trained on, e.g. format.decimal=,"
    p.add_argument("--set", action="append", default=[], metavar="A=V", help=how)
    p.add_argument("--proba", action="store_true", help="the probability of each class as well")
    p.add_argument("--generate", type=cells, metavar="N", help="make up N texts instead, of a model of letters")
    p.add_argument("--temperature", type=heat, metavar="T", help="generate: 0 the likeliest, above 1 wilder (1)")
    p.add_argument("--seed", type=whole, metavar="N", help="generate: of the random numbers (0)")
    p.add_argument("-o", "--out", metavar="FILE.csv", help="write there instead of stdout")
    backend(p, " (NumPy, as reference)")
    as_json(p)
    p.set_defaults(verb="mlcore.commands.answers:predict")


def _watch(p: Any) -> None:
    what = "id, the beginning of one, display name, last, or a path; or a log: .csv, .jsonl, TensorBoard's event files"
    p.add_argument("run", metavar="RUN|LOG", help=what)
    folder(p)
    p.add_argument("--once", action="store_true", help="tell what is there, and do not wait for more")
    telling(p)
    p.set_defaults(verb="mlcore.commands.control:watch")


def _ctl(p: Any) -> None:
    a_run(p)
    orders = ["pause", "resume", "step", "epoch", "stop", "checkpoint", "set"]
    p.add_argument("order", choices=orders, metavar="ORDER", help=" | ".join(orders))
    p.add_argument("setting", nargs="*", metavar="NAME=VALUE", help="for set: optimizer.learning_rate=0.001")
    as_json(p)
    p.set_defaults(verb="mlcore.commands.control:ctl")


def _compare(p: Any) -> None:
    p.add_argument("runs", nargs="+", metavar="RUN", help="two or more: the first is what the others are compared with")
    folder(p)
    whats = ["accuracy", "precision", "recall", "f1", "loss", "mse", "mae", "r2"]
    p.add_argument("--what", choices=whats, metavar="NAME", help=" | ".join(whats) + " (the first that all have)")
    as_json(p)
    size(p)
    p.set_defaults(verb="mlcore.commands.compare:compare")


def _plot(p: Any) -> None:
    a_run(p)
    whats = ["loss", "accuracy", "boundary", "confusion", "fit", "projection", "filters", "forecast"]
    whats += ["roc", "pr", "calibration", "residuals", "importance", "dependence"]
    p.add_argument("--what", choices=whats, default="loss", metavar="NAME", help=" | ".join(whats) + " (loss)")
    p.add_argument("--epoch", type=whole, metavar="N", help="the network as it was after that epoch; points it out")
    p.add_argument("--log", action="store_true", help="a logarithmic scale")
    splits = ["train", "validation", "test"]
    p.add_argument("--split", choices=splits, metavar="NAME", help="of these rows: " + " | ".join(splits) + " (test)")
    p.add_argument("--layer", type=whole, default=0, metavar="N", help="projection: after so many hidden layers (0)")
    p.add_argument("--column", metavar="NAME", help="dependence: on this column (the most important one)")
    p.add_argument("--repeats", type=cells, metavar="N", help="importance: times each column is shuffled (10)")
    p.add_argument("--seed", type=whole, metavar="N", help="importance: of the shuffles (0)")
    size(p)
    p.add_argument("-o", "--out", metavar="FILE", help="write it there: .svg, .png or .txt")
    as_json(p)
    p.set_defaults(verb="mlcore.commands.plotting:plot")


def _export(p: Any) -> None:
    p.add_argument("run", metavar="RUN|MODEL", help="a run, or a .safetensors file of mlj")
    folder(p)
    targets = ["numpy", "pytorch", "sklearn", "c", "onnx", "safetensors", "toml"]
    p.add_argument("--to", choices=targets, required=True, metavar="NAME", help=" | ".join(targets))
    p.add_argument("-o", "--out", metavar="FILE", help="file or folder to write to; - is stdout (the run's name, here)")
    p.add_argument("--epoch", type=whole, metavar="N", help="the network as it was after that epoch, where it was kept")
    p.add_argument("--force", action="store_true", help="replace a file that is there")
    as_json(p)
    p.set_defaults(verb="mlcore.commands.export:export")


def _explain(p: Any) -> None:
    p.add_argument("experiment", metavar="RECIPE|FILE.toml|RUN", help="what to explain")
    p.add_argument("--no-fuse", dest="fuse", action="store_false", help="the plain plan: a call a layer and an update")
    experiment(p)
    folder(p)
    p.set_defaults(verb="mlcore.commands.explain:explain")


def _doctor(p: Any) -> None:
    p.add_argument("experiment", metavar="RUN|RECIPE|FILE.toml", help="what to examine; a run by id, name or last")
    settings(p)
    folder(p)
    as_json(p)
    p.set_defaults(verb="mlcore.commands.doctor:doctor")


def _recipes(p: Any) -> None:
    as_json(p)
    p.set_defaults(verb="mlcore.commands.topics:recipes")


def _info(p: Any) -> None:
    p.add_argument("--torch", action="store_true", help="import PyTorch and ask for its GPUs (takes seconds)")
    folder(p)
    as_json(p)
    p.set_defaults(verb="mlcore.commands.info:info")


def _bench(p: Any) -> None:
    whats = ["kernels", "train", "latency"]
    line = " | ".join(whats) + " (kernels, or with --against train); the last two need a checkout"
    p.add_argument("what", nargs="?", choices=whats, metavar="WHAT", help=line)
    p.add_argument(
        "--against", default="", metavar="NAMES", help="libraries to train beside, of torch,sklearn,numpy,jax"
    )
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
    Verb("replay", "train a run again, with what was changed while it ran", _replay),
    Verb("resume", "go on with a run that was stopped", _resume),
    Verb("evaluate", "measure a trained network on its data", _evaluate),
    Verb("predict", "what a trained network says about rows", _predict),
    Verb("watch", "follow a run that is running somewhere else, or another program's log", _watch),
    Verb("ctl", "pause, resume, step, stop or change a running run", _ctl),
    Verb("runs", "list, show, rename, tag and remove runs", shelving.runs),
    Verb("compare", "what differs between runs, and which is better", _compare),
    Verb("plot", "curves of a run, what it believes, mistakes and fits", _plot),
    Verb("export", "a trained network as files that work without mlj", _export),
    Verb("explain", "the plan of an experiment: every call of a training step", _explain),
    Verb("arch", "check an architecture: shapes, parameters, and what is odd about it", checking.arch),
    Verb("preflight", "check an experiment before its first epoch", checking.preflight),
    Verb("gradcheck", "hold every gradient to central differences, and the kernels to both", checking.gradcheck),
    Verb("trace", "one example forward and backward, with every number", checking.trace),
    Verb("lr-find", "which learning rate to begin with", checking.lr_find),
    Verb("doctor", "what is wrong with an experiment, with evidence and remedy", _doctor),
    Verb("data", "look at data sets and at your own tables, bring these into shape, fetch", exploring.data),
    Verb("recipes", "the experiments that come with mlj", _recipes),
    Verb("info", "this machine as mlj sees it: the first lines of a bug report", _info),
    Verb("bench", "how fast the kernels are; in a checkout, training and the app beside others", _bench),
    Verb("help", "what a layer, data set, optimizer, loss or verb does", _help),
    Verb("completion", "completions for a shell", _completion),
    Verb("tui", "open the Lab", _tui),
    Verb("serve", "the same in a web browser, on this machine", _tui),
)
