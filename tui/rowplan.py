"""The data column of the Build screen: the data set, what is done to it, what is kept back, what is seen of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.plan import Line, field, part, title
from tui.text import plural

if TYPE_CHECKING:
    from mlcore.form import Row
    from mlcore.worker.protocol import Scene
    from tui.plan import Rows

FIRST = ("kind", "path", "target", "task", "columns", "weight", "impute", "header")  # of a data set, before the rest
NUMBER = re.compile(r"-?[\d.]+")  # a class that could be a number


def data_lines(rows: Rows, scene: Scene | None) -> tuple[Line, ...]:
    """The data set, its own parameters, what is kept back, what the network sees of a row."""
    found = {name: row for name, row in rows.items() if name.startswith("dataset.")}
    special = [name for name in found if part(name) in ("seed", "scale", "features") or ".split." in name]
    before = found.get("dataset.steps")
    before = before if before is not None and isinstance(before.default, tuple) else None  # of others it is a number
    special += [before.name] if before is not None else []
    own = [row for name, row in found.items() if name not in special]
    own.sort(key=lambda row: FIRST.index(part(row.name)) if part(row.name) in FIRST else len(FIRST))
    lines = [title("data set"), *(field(row, "data set" if row.name.endswith("kind") else "") for row in own)]
    lines = [_taken(line, scene) if line.name == "dataset.task" and scene is not None else line for line in lines]
    lines += [field(found["dataset.seed"]), *_steps(before)]
    lines += [title("rows kept back"), *_kept_back(found, scene), title("inputs")]
    lines += [field(found["dataset.scale"]), *_features(found.get("dataset.features"))]
    return tuple(lines)


def _taken(line: Line, scene: Scene) -> Line:
    """What the target is taken for, and how it would be taken for the other."""
    classes = scene.task != "regression"
    found = plural(len(scene.class_names), "class") if classes else "a number"
    whole = classes and all(NUMBER.fullmatch(name) for name in scene.class_names)
    other = "numbers: their distances count too" if whole else "" if classes else "classes: each value by itself"
    help = f"here it is {found}" + (f"; {other}" if other and line.value == "auto" else "")
    return line._replace(tail=found, help=f"{help}. {line.help}")


def _steps(row: Row | None) -> Iterator[Line]:
    """A line for each thing that is done to a table before it is learned."""
    if row is None:
        return
    yield title("steps before")
    if not row.value:
        yield Line("step", row.name, "none", help=f"{row.help}. enter: the table, where steps are taken")
    for place, step in enumerate(row.value, start=1):
        help = f"step {place}: {step}. enter: the table, where steps are taken and taken back; d: without steps"
        yield Line("step", f"{row.name}:{place}", f"{place} {step}", help=help, own=True)


def _kept_back(found: dict[str, Row], scene: Scene | None) -> Iterator[Line]:
    """The split, each part with the number of its rows."""
    counts = dict(scene.rows) if scene is not None else {}
    for name, row in found.items():
        if ".split." in name:
            kept = part(name)
            rows = plural(counts.get(kept, 0), "row") if counts and kept in ("test", "validation") else ""
            yield field(row)._replace(tail=rows)
    if counts:
        yield Line("fixed", "", "left to learn from", plural(counts.get("train", 0), "row"))


def _features(row: Row | None) -> Iterator[Line]:
    """A line for each thing the network may see of a row."""
    if row is None:
        return
    for word in row.several:
        seen = word in row.value
        yield Line(
            "field", f"{row.name}:{word}", word, "yes" if seen else "no", "", row.help, seen != (word in row.default)
        )
