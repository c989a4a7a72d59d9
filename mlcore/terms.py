"""The words others use for what mlj calls train_loss, validation_loss, learning_rate, step: one table for all of them.

A loop's own keywords, the columns of somebody's CSV file and the tags of event files are named by it, so that every
curve finds its place in the same plots, panes and rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SPLITS = {
    "train": "train", "training": "train", "": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "eval": "validation", "evaluation": "validation", "test": "test", "testing": "test",
}  # fmt: skip
KINDS = {
    "loss": "loss", "acc": "accuracy", "accuracy": "accuracy", "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy", "sparse_categorical_accuracy": "accuracy", "top1": "accuracy", "r2": "r2",
}  # fmt: skip
RATES = ("learning_rate", "lr", "eta")
STEPS = ("step", "global_step", "iteration", "iter", "batch", "batches", "update", "updates")
EPOCHS = ("epoch", "epochs")
SECONDS = (
    "seconds",
    "time",
    "wall_time",
    "walltime",
    "elapsed",
    "timestamp",
    "_timestamp",
    "_runtime",
    "relative_time",
)
MOMENTS = re.compile(r"_(step|epoch)$|^(epoch|batch)_")  # Lightning's train_loss_epoch, TensorBoard's epoch_loss


def word(name: str) -> str:
    """A name as one word: small letters, digits and underscores; what is a path has its parts joined by one."""
    return re.sub(r"_+", "_", re.sub(r"[^0-9a-z]+", "_", name.strip().lower())).strip("_")


def metric(name: str) -> str:
    """What mlj calls a number that others call `name`; a name nobody has a word for stays as it is.

    `loss` and `Loss/train` are train_loss, `val_acc` and `accuracy/validation` validation_accuracy, `lr` and `lr-Adam`
    learning_rate.
    """
    plain = word(name)
    if plain in RATES or re.match(r"lr_[a-z]+(_pg\d+)?$|learning_rate", plain):
        return "learning_rate"
    parts = MOMENTS.sub("", plain).split("_")
    for split, rest in ((parts[0], parts[1:]), (parts[-1], parts[:-1]), ("", parts)):
        kind = KINDS.get(MOMENTS.sub("", "_".join(rest)))
        if split in SPLITS and kind:
            return f"{SPLITS[split]}_{kind}"
    return name.strip()


def axis(names: Iterable[str], known: tuple[str, ...]) -> str | None:
    """The name among `names` that means one of the words of `known`, the likeliest first; None when there is none."""
    there = {word(name): name for name in reversed(list(names))}
    return next((there[each] for each in known if each in there), None)


def columns(names: Iterable[str]) -> dict[str, str]:
    """What each of some names is called here. Of two that mean the same the first is it, the other keeps its name."""
    found: dict[str, str] = {}
    for name in names:
        meant = metric(name)
        found[name] = meant if meant not in found.values() else name.strip()
    return found
