"""`mlj predict`: what a trained network says of rows."""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from mlcore import examining, report
from mlcore.commands import features, foretelling, generate, table
from mlcore.commands.data import sequences
from mlcore.commands.drawing import Paper, picture
from mlcore.commands.rows import raw
from mlcore.datasets.dataset import Data, Rows
from mlcore.datasets.series import Series
from mlcore.errors import StorageError, UsageError
from mlcore.model import Model
from mlcore.runs import open_run
from mlcore.sanitize import cell, sanitize
from mlcore.storage import storing, write_file

SERIES = 12  # lines a sequence is drawn on


def answering(args: argparse.Namespace, model: Model) -> examining.Forward:
    """How the network answers: as --backend, --device and --precision say."""
    return examining.forward(model, args.backend, args.device, args.precision)


def predict(args: argparse.Namespace) -> int:
    """Predictions for rows of the test split or of a file, as CSV, JSON lines or pictures."""
    run = open_run(args.run, args.runs_dir)
    model = run.model()
    if args.generate is not None:
        _put_out(generate.generate(args, model), args.out)
        return 0
    generate.unasked(args)
    if args.proba and model.preparation.task.kind == "regression":
        raise UsageError("--proba: a regression has no probabilities", hint="leave it out")
    if args.proba and model.preparation.task.steps:
        raise UsageError("--proba: this network answers every step of a row", hint="leave it out")
    answer = answering(args, model)
    features.unasked(args)
    if args.data is not None and (args.rows is not None or args.show):
        raise UsageError("--data brings its own rows", hint="leave out --rows and --show, or leave out --data")
    if args.data is not None and args.out is not None and _same_file(args.data, args.out):
        raise UsageError(f"--out: {sanitize(args.out)} is the table that is read", hint="write to another file")
    if args.data is not None and isinstance(run.config.dataset, Series):
        _put_out(foretelling.foretell(args, model, run.config.dataset, answer), args.out)
        return 0
    if args.data is not None:
        raw, notices = features.read(
            args.data, model.preparation, features.written(run.config.dataset, args.encoding, args.set)
        )
        for notice in notices:
            print(f"mlj: warning[{notice.code}]: {sanitize(notice.message, 500)}", file=sys.stderr)
        answers = Answers(
            model, examining.outputs(model, model.preparation.inputs(raw), answer), np.arange(len(raw)), None
        )
    else:
        data = model.data()
        rows = examining.split_of(data, "test")
        index = slice_of("0:10" if args.rows is None else args.rows, len(rows))
        picked = rows.take(index)
        z, y = picked.values(examining.outputs(model, data.inputs(picked), answer))
        answers = Answers(model, z, index, y)
        if args.show:
            _show(answers, data, picked)
            return 0
    text = io.StringIO(newline="")
    answers.write(text, args.json, args.proba)
    _put_out(text.getvalue(), args.out)
    return 0


def _same_file(first: str, second: str) -> bool:
    return os.path.isfile(first) and os.path.isfile(second) and os.path.samefile(first, second)


def _put_out(text: str, out: str | None) -> None:
    """Print a text, or write it where --out says."""
    if out in (None, "-"):
        sys.stdout.write(text)
    else:
        put(Path(out), text.encode(), "--out")


def put(path: Path, data: bytes, option: str) -> None:
    """Write a file wholly or, where the disk refuses, leave what was there; a device or a pipe is written to."""
    try:
        if path.exists() and not path.is_file():
            with storing("cannot write", path):
                path.write_bytes(data)
        else:
            write_file(path.resolve(), data)
    except StorageError as error:
        error.hint = f"name another file with {option}"
        raise


class Answers:
    """What a model says about some rows. `index` are their numbers, `y` their labels where there are any."""

    def __init__(self, model: Model, z: NDArray[Any], index: NDArray[Any], y: NDArray[Any] | None) -> None:
        self.index, self.y = index.tolist(), y
        self.probabilities = model.loss.probabilities(z.reshape(-1, z.shape[-1])).reshape(*z.shape[:-1], -1)
        self.task = model.preparation.task
        self.classes = self.task.kind != "regression"

    def said(self, place: int) -> Any:
        """The prediction: a class name, or the numbers of a regression; of a row with several steps all of them."""
        p = self.probabilities[place]
        if not self.classes:
            return numbers(p.reshape(-1))
        return self._names(p.argmax(axis=-1), place) if p.ndim > 1 else self.name(int(p.argmax()))

    def _names(self, classes: NDArray[Any], place: int) -> str:
        """The classes of the steps that were asked for, letters without blanks between them."""
        asked = self.y[place] >= 0 if self.y is not None else slice(None)
        names = [self.name(number) for number in classes[asked].tolist()]
        return ("" if all(len(name) == 1 for name in names) else " ").join(names)

    def label(self, place: int) -> Any:
        """The label of a row that has one."""
        assert self.y is not None
        if self.classes and self.y.ndim > 1:
            return self._names(self.y[place], place)
        return self.name(int(self.y[place])) if self.classes else numbers(np.ravel(self.y[place]))

    def name(self, number: int) -> str:
        """The name of a class, safe to print."""
        names = self.task.class_names
        return sanitize(names[number]) if number < len(names) else str(number)

    def write(self, out: TextIO, as_json: bool, probabilities: bool) -> None:
        """One line a row: CSV with a header, or JSON."""
        writer = csv.writer(out, lineterminator="\n")
        for number, row in enumerate(self._rows(probabilities)):
            if as_json:
                print(report.json_line(row), file=out)
                continue
            if not number:
                writer.writerow(_cells(row.keys()))
            writer.writerow(_cells(row.values()))

    def _rows(self, probabilities: bool) -> Iterator[dict[str, Any]]:
        for place, number in enumerate(self.index):
            row = {"row": number, "prediction": self.said(place)}
            if self.y is not None:
                row["label"] = self.label(place)
            if probabilities and self.classes:
                p = self.probabilities[place].tolist()
                row |= {f"p_{self.name(k)}": value for k, value in enumerate(p)}
            yield row


def slice_of(text: str, n: int) -> NDArray[Any]:
    """The row numbers `A:B`, `A:`, `:B` or `A` means among n rows. Raises UsageError when there are none."""
    found = re.fullmatch(r"(-?[0-9]{0,18})(?:(:)(-?[0-9]{0,18}))?", text.strip())
    if not found or found[0] in ("", "-"):
        raise UsageError(f"--rows: expected A:B, got {text!r:.80}", hint="e.g. --rows 0:3")
    first, last = (int(each) if each and each != "-" else None for each in found.group(1, 3))
    index = np.arange(n)[slice(first, last)] if found[2] else np.arange(n)[first:][:1]
    if not len(index):
        raise UsageError(f"--rows: no rows in {text!r}; there are {n:,}, counted from 0", hint="e.g. --rows 0:3")
    return index


def _show(answers: Answers, data: Data, rows: Rows) -> None:
    """Each row drawn or listed, with its prediction and its label."""
    paper = Paper.of()
    for place, number in enumerate(answers.index):
        print(f"row {number}")
        print("\n".join(line.rstrip() for line in _drawn(data, rows.take(slice(place, place + 1)), paper)))
        print(f"Prediction: [{joined(answers.said(place))}]")
        print(f"Label: [{joined(answers.label(place))}]\n")


def _drawn(data: Data, row: Rows, paper: Paper) -> Iterator[str]:
    """A row as a picture where it is one, else its features in data units."""
    x = raw(data, row)[0].astype(np.float64)
    if data.image_shape:
        return picture(x.reshape(data.image_shape) / max(float(x.max()), 1e-9), paper.glyphs == "braille")
    if data.sequence:
        return iter(sequences(data, row, paper._replace(height=SERIES)).splitlines())
    return table.lines((name, f"{value:.4f}") for name, value in zip(data.feature_names, x.round(4) + 0.0, strict=True))


def numbers(values: NDArray[Any]) -> Any:
    """A number, or the numbers of several outputs."""
    found = [float(value) for value in values]
    return found[0] if len(found) == 1 else found


def joined(value: Any) -> str:
    """A prediction between its brackets."""
    if isinstance(value, list):
        return ", ".join(map(joined, value))
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _cells(values: Any) -> list[Any]:
    """Cells of a CSV file no spreadsheet takes for a formula."""
    return [cell(value) if isinstance(value, str) else value for value in values]
