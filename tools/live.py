"""docs/live.md: what is learned at once with every change, and what is not: `python -m tools.live > docs/live.md`.

Every recipe, every data set with the Lab's own network, and every change the keys of Build offer for one setting of
each. `python -m tools.live --timed` trains each of the first two at full speed and says how long that took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import mlcore
from mlcore.config import Config
from mlcore.datasets.dataset import Data, Dataset
from mlcore.errors import MljError, ShapeError
from mlcore.layers.line import parse
from mlcore.network import Network
from mlcore.training import train
from mlcore.worker import planning
from mlcore.worker.building import Outline
from tui import opening, plan
from tui.draft import Draft
from tui.text import about

REMEMBERED = 4  # data sets
LAB = "circles"  # the recipe whose network and training the Lab begins with
HEAD = """# Live mode: what is learned at once

In the Lab every key trains the experiment anew, whatever its size; one that takes longer than half a second says so. In
Build a change is learned behind the form when its training is estimated to take less than 0.5 s at full speed; anything
larger says how long it takes and is learned when the screen is left. The estimate is `mlcore/duration.py`: seconds of
one core of 2.5 GHz with AVX2. Data are loaded before anything is decided, and loading does not count.

This page is made by `python -m tools.live`; `--timed` trains everything and prints what it took.
"""


class Case(NamedTuple):
    """An experiment, and the draft it comes from with one setting changed."""

    name: str
    config: Config


def recipes() -> Iterator[Case]:
    """Every recipe as it stands."""
    for name in mlcore.recipes():
        yield Case(name.rpartition("/")[2], mlcore.load_recipe(name))


def datasets() -> Iterator[Case]:
    """Every data set with the network of the Lab, as its arrow keys have it; a file is the penguins'."""
    known = opening.recipes_by_data()
    lab = Draft(mlcore.load_recipe(LAB))
    for name in mlcore.datasets.CATALOGUE.names():
        draft = lab.with_data(known[name]) if name in known else lab.changed({"dataset.kind": name})
        yield Case(name, draft.config)


def changes(config: Config) -> Iterator[tuple[str, object, Draft | MljError]]:
    """Every change of one setting that left, right and enter offer: its name, its value, and what comes of it."""
    draft = Draft(config)
    for row in plan.rows_of(config, outline(config)).values():
        for value in values(row):
            try:
                yield row.name, value, draft.changed({row.name: value})
            except MljError as error:
                yield row.name, value, error
    for place in range(len(draft.words)):
        yield "layers", f"layer {place + 1} larger", draft.with_turned(place, 1)
        yield "layers", f"layer {place + 1} smaller", draft.with_turned(place, -1)
        yield "layers", f"layer {place + 1} moved", draft.with_moved(place, 1)
    for choice in mlcore.form.choices():
        word = "8" if choice.word == "dense" else choice.word
        if choice.setting == "layers" and stands(word):
            yield "layers", f"{choice.word} behind the last", draft.with_inserted(len(draft.words), word)


def stands(word: str) -> bool:
    """Whether a layer can stand behind units; one for images or sequences, or half of a way around, says why not."""
    try:
        Network.build(parse(f"8 | {word}"), (2,), 1)
    except ShapeError:
        return False
    return True


def values(row: mlcore.form.Row) -> list[object]:
    """What the keys offer instead of the value of a row."""
    if row.name == "dataset.kind":
        return []  # each is a case of its own
    if row.several:
        return [tuple(w for w in row.several if (w in row.value) != (w == word)) for word in row.several]
    if row.choices:
        return [choice for choice in row.choices if choice != row.value]
    turned = (plan.turned(row, step) for step in (1, -1))
    return [value for value in turned if value is not None and value != row.value]


def outline(config: Config) -> Outline:
    """What the worker says of an experiment. Raises what it would say is wrong with it."""
    return planning.outline(config, loaded(config.dataset))


@lru_cache(REMEMBERED)
def loaded(dataset: Dataset) -> Data:
    """Its rows; those of the last few are kept."""
    return dataset.load()


def why(config: Config, found: Outline) -> str:
    """Why an experiment is not live, in the figures that make it large."""
    parameters = sum(stratum.parameters for stratum in found.strata)
    return f"{parameters:,} parameters, {found.rows:,} rows, {config.epochs * found.steps:,} steps"


def line(case: Case, timed: bool) -> str:
    """A row of the first two tables."""
    try:
        found = outline(case.config)
    except MljError as error:
        return f"| {case.name} | | | no: {error} |"
    verdict = "yes" if plan.live(found) else f"no: {why(case.config, found)}"
    took = f" {seconds(case.config):.3f} s |" if timed else ""
    return f"| {case.name} | {found.summary} | {about(found.seconds)} | {verdict} |{took}"


def seconds(config: Config) -> float:
    """How long it takes at full speed, the data loaded: the faster of two."""
    data, taken = loaded(config.dataset), []
    for _ in range(2):
        began = time.perf_counter()
        for _ in train(config, data=data):
            pass
        taken.append(time.perf_counter() - began)
    return min(taken)


def verdict(made: Draft | MljError) -> str:
    """Nothing for what is live; else what is said of it: why it cannot be, or how long it takes."""
    if isinstance(made, MljError):
        return str(made)
    try:
        found = outline(made.config)
    except MljError as error:
        return str(error).rpartition("/")[2]  # a file without its folder
    return "" if plan.live(found) else about(found.seconds)


def exceptions(case: Case) -> Iterator[str]:
    """The changes of one setting after which a live experiment is not live, each as a row of the third table."""
    for name, value, made in changes(case.config):
        if said := verdict(made):
            yield f"| {case.name} | {name} = {mlcore.form.words(value)} | no: {said} |"


def page(timed: bool = False) -> Iterator[str]:
    """The whole page, line by line."""
    yield HEAD
    more, rule = ("| took |", "---|") if timed else ("|", "")
    for title, cases in (("Recipes", recipes()), ("Data sets with the Lab's network, 8-8", datasets())):
        yield f"## {title}\n"
        yield f"| | widths | trains for | live {more}"
        yield f"|---|---|---|---|{rule}"
        for case in cases:
            yield line(case, timed)
        yield ""
    yield "## Changes of one setting after which it is not live\n\nAll others are.\n"
    yield "| data | change | live |"
    yield "|---|---|---|"
    for case in datasets():
        if plan.live(outline(case.config)):
            yield from exceptions(case)


if __name__ == "__main__":
    for each in page("--timed" in sys.argv[1:]):
        print(each, flush=True)
