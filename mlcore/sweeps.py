"""Sweeps: one experiment with several values of some settings. Every combination is a network, or one for each seed."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from mlcore.config import Config
from mlcore.errors import ConfigError
from mlcore.metrics import GROWING
from mlcore.sections import typed

MOST = 1000  # networks of one job
FOLD = "dataset.split.fold"  # the one setting of the data that may be swept: cross-validation

Sweep: TypeAlias = Mapping[str, Sequence[Any]]  # dotted names and their values: {"optimizer.l1": [0, 0.1]}


class Member(NamedTuple):
    """One network of many. number: its seed, or in a sweep its place, from 1; settings: what a sweep gave it.

    label: what tells it from the others: `seed 43`, `learning_rate=0.01, seed 43`.
    """

    number: int
    config: Config
    settings: Mapping[str, Any]
    label: str


class Row(NamedTuple):
    """A combination: its settings, its networks that ended, the best first, and the median of each metric over them."""

    settings: Mapping[str, Any]
    numbers: tuple[int, ...]
    metrics: dict[str, float]


def members(config: Config, sweep: Sweep | None = None) -> tuple[Member, ...]:
    """The experiments an experiment stands for: each a run of one seed. Raises ConfigError naming the setting."""
    made = [_seeds(combination) for combination in combinations(config, sweep)]
    if not sweep:
        return tuple(Member(each.seed, each, {}, f"seed {each.seed}") for each in made[0])
    words, numbers, found = shown(sweep), itertools.count(1), list[Member]()
    for settings, seeds in zip(_product(sweep), made, strict=True):
        label = told(settings, words) if {*sweep} != {FOLD} else f"fold {settings[FOLD] + 1}"
        for each in seeds:
            seed = f", seed {each.seed}" if len(seeds) > 1 else ""
            found.append(Member(next(numbers), each, settings, label + seed))
    return tuple(found)


def combinations(config: Config, sweep: Sweep | None = None) -> list[Config]:
    """The experiment with every combination of values, the last setting changing fastest."""
    if not sweep:
        return [config]
    for name, values in sweep.items():
        _check(name, values)
    count = math.prod(map(len, sweep.values()))
    if count * config.repeats > MOST:
        seeds = f" of {config.repeats} seeds each" if config.repeats > 1 else ""
        message = f"a sweep has at most {MOST:,} networks, got {count:,} combinations{seeds}"
        raise ConfigError(message, hint="give fewer values")
    return [config.with_settings(settings) for settings in _product(sweep)]


def _check(name: str, values: Sequence[Any]) -> None:
    """Refuse what cannot be swept, before a value of it is looked at."""
    section = name.partition(".")[0]
    if section == "dataset" and name != FOLD:
        hint = f"train them apart: mlj train … --set {name}=…"
        raise ConfigError(f"{name} cannot be swept: all networks of a sweep learn the same data", hint=hint)
    if section == "repeats":
        hint = "--set repeats=3 trains three of each"
        raise ConfigError("repeats cannot be swept: it is how many seeds every combination has", hint=hint)
    if isinstance(values, str) or not len(values):
        raise ConfigError(f"{name}: expected the values to sweep, got {values!r:.80}", hint=f"{name}=A,B,C")
    for place, value in enumerate(values):
        if any(value == other and type(value) is type(other) for other in values[:place]):
            raise ConfigError(f"{name}: the value {typed(value)} is there twice", hint="leave one out")


def _product(sweep: Sweep) -> list[dict[str, Any]]:
    return [dict(zip(sweep, values, strict=True)) for values in itertools.product(*sweep.values())]


def _seeds(config: Config) -> list[Config]:
    seeds = range(config.seed, config.seed + config.repeats)
    return [msgspec.structs.replace(config, seed=seed, repeats=1) for seed in seeds]


# ---- in words ----


def shown(names: Iterable[str]) -> dict[str, str]:
    """A short word for each setting: its last, or that of its section for a kind; its whole name where two share it."""
    words = {name: name.removesuffix(".kind").rpartition(".")[2] for name in names}
    return {name: word if [*words.values()].count(word) == 1 else name for name, word in words.items()}


def told(settings: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Settings as text: `learning_rate=0.01, l1=0`."""
    return ", ".join(f"{words[name]}={typed(value)}" for name, value in settings.items())


# ---- which is best ----


def monitor(config: Config, sweep: Sweep, found: Iterable[str]) -> str:
    """The metric, of those found, that combinations are judged by: the monitor, else the training loss.

    Where the loss itself is swept its values cannot be compared, and accuracy or R² of the same rows takes its place.
    """
    there, name = set(found), config.stopping.monitor
    name = name if name in there else "train_loss"
    if name.endswith("_loss") and any(each.partition(".")[0] == "loss" for each in sweep):
        split = name.removesuffix("_loss")
        return next((each for each in (f"{split}_accuracy", f"{split}_r2") if each in there), name)
    return name


def ranked(config: Config, sweep: Sweep, ends: Mapping[int, Mapping[str, float]]) -> list[Row]:
    """The combinations of which a network ended, with the metrics of each by number: the best first, folds in order."""
    judge = monitor(config, sweep, (name for found in ends.values() for name in found))

    def worth(found: Mapping[str, float]) -> float:
        value = found.get(judge, math.nan)
        return math.inf if not math.isfinite(value) else -value if judge.endswith(GROWING) else value

    rows = []
    for place, settings in enumerate(_product(sweep)):
        numbers = range(place * config.repeats + 1, (place + 1) * config.repeats + 1)
        own = {number: ends[number] for number in numbers if number in ends}
        if own:
            best_first = tuple(sorted(own, key=lambda number: worth(ends[number])))
            rows.append(Row(settings, best_first, medians(own.values())))
    return rows if {*sweep} == {FOLD} else sorted(rows, key=lambda row: worth(row.metrics))


def medians(several: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The median of each metric over the networks that have it as a number."""
    values: dict[str, list[float]] = {}
    for found in several:
        for name, value in found.items():
            if math.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: statistics.median(each) for name, each in values.items()}
