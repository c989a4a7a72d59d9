"""The lines of the Build screen: what can be chosen of data, network and training, with what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tui.exploration import told
from tui.text import plural
from tui.words import NORMS, SHORT, kind_of

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.form import Row
    from mlcore.worker.protocol import Outline, Stratum

    Rows: TypeAlias = Mapping[str, Row]

LIVE = 0.5  # seconds a training may take to be learned at once, with every change
LEAST = 0.001  # where a number that was 0 begins when it is raised by a key
COUNT = 6  # cells of how many numbers a layer learns
FEW = 7  # choices that are named in the line of help
BOUND = re.compile(r"\b(from|to|below) (-?\d[\d,.]*)")  # as the limits of a row say it
TRAINING = (  # sections of the third column: title, the settings it begins with, the section whose rest follows
    ("length", ("epochs", "batch_size", "seed", "repeats"), ""),
    ("optimizer", (), "optimizer"),
    ("rate over time", (), "schedule"),
    ("loss", (), "loss"),
    ("machine", ("backend", "device", "precision", "engine"), ""),
    ("stopping", (), "stopping"),
    ("recording", (), "recording"),
)


class Line(NamedTuple):
    """One line of a form.

    role: title, field, layer, step (of a table), end (of the network), fixed (it follows by itself), add, note or odd.
    name: the dotted setting, a feature as `dataset.features:x1`, or the place of a layer. tail: what follows from it,
    at the end of the line. own: whether it is not what it would be if nobody had said anything.
    """

    role: str
    name: str
    label: str
    value: str = ""
    tail: str = ""
    help: str = ""
    own: bool = False

    @property
    def live(self) -> bool:
        """Whether the cursor may stand here."""
        return self.role in ("field", "layer", "step", "add")


def title(text: str) -> Line:
    """The head of a group."""
    return Line("title", "", text)


def network_lines(rows: Rows, words: Sequence[str], outline: Outline | None, problem: str = "") -> tuple[Line, ...]:
    """The body as one line and layer by layer, the head, and what is odd about it."""
    body = rows["layers"]
    text = "layers by |, e.g. 10 relu | drop .2 | 10 relu; the output layer follows from the data"
    lines = [
        title("as one line"),
        Line("field", "layers", "layers", str(body.value), "", text),
        title("layer by layer"),
    ]
    lines += [Line("odd", "", problem)] if problem else []
    strata = outline.strata if outline is not None else ()
    if strata:
        lines.append(Line("end", "", "input", _shape(strata[0].inputs), help="what the network sees of a row"))
    lines += [_layer(place, word, strata) for place, word in enumerate(words)]
    if strata:
        tail, what = _learned(strata[-1], _wide(strata)), "the output layer follows from the data and the loss"
        lines.append(Line("end", "", "output", strata[-1].word, tail, what))
    lines += [Line("add", "add", "+ add a layer", help="a layer behind the last one, like it"), title("first weights")]
    lines.append(field(rows["init"]))
    if outline is not None:
        size, double = sum(stratum.parameters for stratum in strata), rows["precision"].value == "float64"
        weight = f"{size * 8:,} bytes of float64" if double else f"{size * 4:,} bytes of float32"
        lines += [title("altogether"), Line("note", "", f"{plural(size, 'parameter')}, {weight}")]
        lines += [Line("odd", "", remark) for remark in outline.remarks]
    return tuple(lines)


def _family(kind: str) -> str:
    """What a layer is called before its word: neurons, a bend, a norm; others by their own name."""
    import mlcore

    if kind.isdigit():
        return "dense"
    if kind == SHORT["dropout"]:
        return "dropout"
    return "bend" if kind in mlcore.layers.ACTIVATIONS else "norm" if kind in NORMS else kind


def _layer(place: int, word: str, strata: Sequence[Stratum]) -> Line:
    kind, _, rest = word.partition(" ")
    label = _family(kind)
    value = word if label in ("dense", "bend", "norm") else rest
    tail = _learned(strata[place], _wide(strata)) if place < len(strata) - 1 else ""
    return Line("layer", str(place), f"{place + 1} {label}", value, tail, _about("dense" if label == "dense" else kind))


def _about(kind: str) -> str:
    """A kind of layer in one line, and what of it can be typed behind its word."""
    import mlcore

    full = next((name for name, short in SHORT.items() if kind == short), kind)
    entry = next((entry for entry in mlcore.layers.CATALOGUE if entry.name == full), None)
    if entry is None:
        return kind
    settings = ", ".join(settings_of(kind))
    return f"{full}: {entry.line}" + (f". enter types {settings}" if settings else "")


def settings_of(kind: str) -> Iterator[str]:
    """The settings of a layer as the architecture line has them: filters, k kernel, causal."""
    layer = kind_of(kind)
    if layer.number and kind != "dense":
        yield layer.number
    for letter, name in layer.letters.items():
        yield f"{letter} {name}"
    yield from layer.flags


def _learned(stratum: Stratum, wide: int) -> str:
    """What comes out of a layer, and in the last `COUNT` cells how many numbers it learns."""
    return f"> {_shape(stratum.outputs):<{wide}}{stratum.parameters or '':>{COUNT}}"


def _wide(strata: Sequence[Stratum]) -> int:
    """Cells of the longest shape."""
    return max([4, *(len(_shape(stratum.outputs)) for stratum in strata)])


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def training_lines(rows: Rows, outline: Outline | None) -> tuple[Line, ...]:
    """Optimizer, schedule, loss, length, machine, stopping, recording."""
    lines: list[Line] = []
    for heading, names, section in TRAINING:
        own = [rows[name] for name in names] + [row for row in rows.values() if section and row.section == section]
        lines += [title(heading), *(field(row, heading if row.name.endswith(".kind") else "") for row in own)]
    if outline is not None:
        steps, here = plural(outline.steps, "step"), f". Here it is {outline.loss}"
        lines = [line._replace(tail=steps) if line.name == "batch_size" else line for line in lines]
        lines = [
            line._replace(help=line.help + here) if line.value == "auto" and "loss" in line.name else line
            for line in lines
        ]
    return tuple(lines)


def live(outline: Outline) -> bool:
    """Whether an experiment is learned at once, with every change: its training takes less than half a second."""
    return outline.seconds < LIVE


def rows_of(config: Config, outline: Outline | None = None) -> Rows:
    """The form of an experiment by the names of its settings, without choices that do not go with its data.

    The steps of a table are in it as words.
    """
    from mlcore import form

    unfit = outline.unfit if outline is not None else {}
    rows = {row.name: _fitting(row, unfit.get(row.name, ())) for row in form.rows(config)}
    steps = config.to_dict()["dataset"].get("steps")
    if isinstance(steps, tuple):
        rows["dataset.steps"] = rows["dataset.steps"]._replace(value=tuple(map(told, steps)))
    return rows


def _fitting(row: Row, unfit: Sequence[str]) -> Row:
    kept = tuple(choice for choice in row.choices if choice not in unfit or choice == row.value)
    return row._replace(choices=kept) if unfit else row


def field(row: Row, label: str = "") -> Line:
    """The line of a setting."""
    role = "fixed" if len(row.choices) == 1 and not row.limits else "field"
    return Line(role, row.name, label or part(row.name), words(row.value), "", about(row), row.value != row.default)


def about(row: Row) -> str:
    """What a setting is for, what it may be; many choices are listed when they are asked for."""
    listed = ", ".join(map(words, row.choices)) if len(row.choices) <= FEW else f"{len(row.choices)} to choose from"
    return ". ".join(filter(None, (row.help, row.limits, listed)))


def words(value: Any) -> str:
    """A value as it is typed."""
    from mlcore import form

    return form.words(value)


def part(name: str) -> str:
    """The last part of a dotted name."""
    return name.rpartition(".")[2]


def turned(row: Row, step: int) -> Any:
    """The next choice of a setting (step 1) or the one before (-1), or twice or half a number. None: it is typed."""
    if row.choices and row.value in row.choices:
        return row.choices[(row.choices.index(row.value) + step) % len(row.choices)]
    if isinstance(row.value, bool) or not isinstance(row.value, int | float):
        return None
    if row.name.endswith("seed"):
        return row.value + step
    if row.name.endswith(".folds") and row.value in (0, 2):  # one fold is none
        return max(0, row.value + 2 * step)
    least = 1 if isinstance(row.value, int) else LEAST
    if (row.value <= least and step < 0) or row.value == 0:
        return row.value if step < 0 and "from 0" not in row.limits else type(row.value)(least if step > 0 else 0)
    return type(row.value)(_within(row, float(f"{row.value * 2.0**step:.3g}")))


def _within(row: Row, value: float) -> float:
    """A number as near as its limits allow: at the bound itself, or half of what is left before one it must not reach.

    Of several ranges it is the one the present value is in.
    """
    for limits in row.limits.split(", or "):
        found = {word: float(bound.replace(",", "")) for word, bound in BOUND.findall(limits)}
        low, high = found.get("from", -inf), found.get("to", found.get("below", inf))
        if low <= row.value <= high and value >= high > low and "below" in found:
            nearer = float(f"{(row.value + high) / 2:.6g}")
            return nearer if nearer < high else float(row.value)
        if low <= row.value <= high:
            return min(max(value, low), high)
    return value


def row_of(config: Config, name: str, outline: Outline | None = None) -> Row | None:
    """The row of a setting, of a feature that of all features; None for what is no setting."""
    return rows_of(config, outline).get(name.partition(":")[0])
