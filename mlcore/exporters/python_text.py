"""What the exported Python files have in common: their head, their numbers, names and the program at their end."""

from __future__ import annotations

import numpy as np

from mlcore.exporters import table_code
from mlcore.exporters.stages import bend, class_names, filled, scaling
from mlcore.layers.layer import Array
from mlcore.model import Model
from mlcore.tables.cells import MISSING

INLINE = 5_000  # numbers a file holds itself; more lie beside it

MAIN = '''

def read(file):
    """The rows of a CSV file; where its first line has the names, columns are found by name."""
    table = [row for row in csv.reader(file) if row]
    if table and set({names}) <= set(table[0]):
        places = [table[0].index(name) for name in {names}]
        table = [[row[place] for place in places] for row in table[1:]]
    return [{row} for row in table]


if __name__ == "__main__":
    if sys.argv[1:]:
        with open(sys.argv[1], newline="", encoding="utf-8-sig") as file:
            rows = read(file)
    else:
        rows = read(sys.stdin)
    for answer in predict(rows) if rows else ():
        print({shown})
'''


SERIES = '''

def foretell(values):
    """The next {horizon} values of a series from its last {lags}, or more of them, the oldest first."""
    u = [{log}(float(value)) for value in values[-{lags}:]]
    if len(u) < {lags}:
        raise ValueError(f"expected {lags} values or more, got {len(u)}")
    grown = predict([[u[t] - u[t - {period}] for t in range({period}, {lags})]])[0]
    return [{exp}(u[h % {period} - {period}] + float(growth)) for h, growth in enumerate(grown)]


def read(file):
    """The values in a CSV file: of the column TARGET, or of the last one where its first line has no such name."""
    table = [row for row in csv.reader(file) if row]
    named = bool(table) and TARGET in table[0]
    place = table[0].index(TARGET) if named else -1
    return [float(row[place]) for row in table[named:]]


if __name__ == "__main__":
    if sys.argv[1:]:
        with open(sys.argv[1], newline="", encoding="utf-8-sig") as file:
            values = read(file)
    else:
        values = read(sys.stdin)
    for value in foretell(values):
        print(f"{value:.9g}")
'''


def opening(model: Model, target: str, needs: str) -> str:
    """The text at the top of a file; nothing in it comes from outside."""
    features, growing = len(model.preparation.feature_names), model.preparation.growing
    top = f'"""A trained network, {model.network.summary()}: written by mlj export --to {target}. It needs {needs}.\n\n'
    if growing is not None:
        ahead, lags = len(growing.shift), growing.period + features
        return (
            f"{top}foretell(values): the next {ahead} values of a series from its last {lags}, the oldest first.\n"
            f"predict(x): the growths they come from, for each row of growths x [rows, {features}].\n"
            "As a program it reads a CSV file, or stdin, the oldest row first, and prints a value a line.\n"
            '"""\n'
        )
    said = "the name of the most probable class" if class_names(model) else "the numbers"
    proba = "predict_proba(x): the probability of each class.\n" if class_names(model) else ""
    return (
        f"{top}predict(x): {said} for each row of raw inputs x [rows, {features}].\n{proba}"
        "As a program it reads the rows of a CSV file, or of stdin, and prints an answer a line.\n"
        '"""\n'
    )


def imports(model: Model, *more: str) -> str:
    """The import lines of the standard library that a file takes, in their order."""
    growing = model.preparation.growing
    logs = {"math"} if growing is not None and growing.log else set()
    needed = {"csv", "sys", *more, *logs, *table_code.modules(model.preparation.columns)}
    return "".join(f"import {module}\n" for module in sorted(needed))


def names(model: Model) -> str:
    """FEATURES and CLASSES as tuples of ASCII literals: no name can leave its quotes."""
    text = f"FEATURES = {_pixels(model) or _tuple(model.preparation.feature_names)}\n"
    columns = model.preparation.columns
    if columns:
        rows = "".join(f"    {table_code.cells(column)},\n" for column in columns)
        text += (
            "# Name of a column, what stands for a missing value, its texts, is missing a feature too, how it becomes\n"
        )
        text += "# features, are other texts one together, and the numbers that takes.\n"
        text += f"COLUMNS = (\n{rows})\nMISSING = {_tuple(tuple(sorted(MISSING)))}\n"
    if model.preparation.growing is not None:
        text += f"TARGET = {model.preparation.growing.target!a}\n"
    return text + (f"CLASSES = {_tuple(class_names(model))}\n" if class_names(model) else "")


def _pixels(model: Model) -> str:
    """The features of an image as the loop that names them, or nothing where they are called otherwise."""
    height, width = model.preparation.image_shape or (0, 0)
    made = tuple(f"pixel_{row}_{column}" for row in range(height) for column in range(width))
    loop = f'tuple(f"pixel_{{row}}_{{column}}" for row in range({height}) for column in range({width}))'
    return loop if made == model.preparation.feature_names else ""


def _tuple(words: tuple[str, ...]) -> str:
    cells = [ascii(word) for word in words]
    line = f"({', '.join(cells)}{',' if len(cells) == 1 else ''})"
    return line if len(line) < 100 else f"(\n{filled(cells, 4)}\n)"


def scales(model: Model, made: str) -> str:
    """SHIFT and FACTOR, and BEND where inputs are bent, each one number where it is that for many features.

    made: what wraps the numbers, `np.array({})`.
    """
    shift, factor = scaling(model)
    bent = bend(model)
    text = "# Inputs are scaled as the training rows were: x = (raw - SHIFT) * FACTOR.\n"
    if bent is not None:
        text += "# Then none of them is far away: x / sqrt(1 + (x * BEND)^2).\n"
    more = () if bent is None else (("BEND", bent),)
    for name, values in (("SHIFT", shift), ("FACTOR", factor), *more):
        same = len(values) > 8 and bool((values == values[0]).all())
        numbers = repr(float(values[0])) if same else made.format(listed(values))
        text += f"{name} = {numbers}\n"
    return text


def listed(values: Array) -> str:
    """An array as nested lists of numbers that read back to the same bits in its type."""
    if values.ndim > 1:
        inner = [listed(each) for each in values]
        return "[\n" + "".join(f"    {_indented(each)},\n" for each in inner) + "]"
    cells = [_exact(value) for value in values]
    line = f"[{', '.join(cells)}]"
    return line if len(line) < 100 else f"[\n{filled(cells, 4)}\n]"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _exact(value: np.floating) -> str:
    """The shortest decimals that are read back as this number, also where they pass through float64."""
    text = str(value)
    return text if type(value)(float(text)) == value else repr(float(value))


def program(model: Model) -> str:
    """The end of a file: read a CSV file and print an answer a row, or what comes next in a series."""
    growing = model.preparation.growing
    if growing is not None:
        lags = growing.period + len(model.preparation.feature_names)
        text = SERIES.replace("{horizon}", str(len(growing.shift))).replace("{lags}", str(lags))
        text = text.replace("{log}(float(value))", "math.log(float(value))" if growing.log else "float(value)")
        return text.replace("{period}", str(growing.period)).replace("{exp}", "math.exp" if growing.log else "")
    columns = bool(model.preparation.columns)
    text = table_code.functions(model.preparation.columns) + MAIN if columns else MAIN
    text = text.replace("{names}", "[column[0] for column in COLUMNS]" if columns else "FEATURES")
    text = text.replace("{row}", "encode(row)" if columns else "[float(cell) for cell in row]")
    numbers = '", ".join(f"{number:.9g}" for number in answer)'
    return text.replace("{shown}", "answer" if class_names(model) else numbers)
