"""Characters: the lines of a text, letter by letter, and which letter comes next."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta

from mlcore.datasets import files
from mlcore.datasets.dataset import Array, Data, Dataset, Sequence, Task
from mlcore.datasets.scaling import arrange, constant
from mlcore.datasets.sequences import AsTheyAre, PlainSplit
from mlcore.datasets.split import shuffled
from mlcore.errors import DataError
from mlcore.spec import changed

ENDS = (
    ".",
    "¶",
    "\u241e",
    "\u2403",
)  # the first that is no letter stands before a line and behind it: class and token 0
MOST = 256  # different letters
LARGEST = 64 << 20  # bytes of a text


class Names(Dataset, frozen=True, tag="names"):
    """32,033 first names, or the lines of a text of yours: at every letter, which one comes next?

    A line of L letters is a sequence of L + 1 steps: it begins with the token `.`, and what is asked at its last letter
    is `.` again (¶ where lines have points). Lines are rows, so that no part of a name that is tested has been trained
    on. Empty lines are left out; of longer ones than `longest` the first letters are taken.

    Published for the names, in nats a letter: uniform 3.296, by how often letters occur 2.823, by pairs of them 2.454.
    """

    scale: AsTheyAre = "none"
    path: Annotated[str, Meta(description="a text file with a line for each row; empty: text/names.txt")] = ""
    longest: Annotated[int, Meta(ge=1, le=1000, description="letters of a line that are taken at most")] = 30
    split: PlainSplit = PlainSplit(0.1, 0.1)

    def load(self) -> Data:
        lines = [line[: self.longest] for line in _lines(self._file())]
        letters = _letters(lines, self._file())
        known = {letter: number for number, letter in enumerate(letters)}
        steps = 1 + max(map(len, lines))
        x, y = np.zeros((len(lines), 1 + steps), np.float32), np.full((len(lines), steps), -1, np.int32)
        for row, line in enumerate(lines):
            tokens = [known[letter] for letter in line]
            x[row, 0], x[row, 2 : 2 + len(tokens)] = len(tokens) + 1, tokens
            y[row, : len(tokens) + 1] = (*tokens, 0)
        parts = shuffled(np.zeros(len(lines), np.int64), self.split, self.seed)
        names = ("length", *(f"letter_{step}" for step in range(steps)))
        task = Task("multiclass", len(letters), letters, steps)
        sequence = Sequence(steps, vocabulary=len(letters), lengths=True)
        return arrange(x, y, parts, task, names, constant(len(names), 1.0), sequence=sequence)

    def beside(self, folder: Path) -> Names:
        return changed(self, path=str(folder / Path(self.path).expanduser())) if self.path else self

    def _file(self) -> Path:
        return Path(self.path).expanduser() if self.path else files.find("text")[0]


def _lines(path: Path) -> list[str]:
    """The lines of a text that are not empty. Raises DataError where it cannot be read or has too few."""
    try:
        text = _body(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path}: byte {error.start} is no UTF-8"
        hint = "save the text as UTF-8"
        raise DataError(message, code="DATA_ENCODING", where=str(path), hint=hint) from None
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if len(found) < 10:
        message = f"{path}: expected at least 10 lines that are not empty, got {len(found)}"
        raise DataError(message, code="DATA_EMPTY", where=str(path), hint="each line is a row")
    return found


def _body(path: Path) -> bytes:
    """What is in a file, unpacked where it ends in .gz; no more than LARGEST bytes are ever unpacked."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            body = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        message = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        hint = "dataset.path names a text file"
        raise DataError(message, code="DATA_NOT_FOUND", where=str(path), hint=hint) from None
    if len(body) > LARGEST:
        raise DataError(f"{path} is larger than {LARGEST:,} bytes", code="DATA_LIMIT", where=str(path))
    return body


def _letters(lines: list[str], path: Path) -> tuple[str, ...]:
    """The letters of a text in their order, behind the mark of an end. Raises DataError where they are too many."""
    found = sorted({letter for line in lines for letter in line})
    end = next((mark for mark in ENDS if mark not in found), "")
    if len(found) >= MOST or not end:
        message = f"{path}: expected fewer than {MOST} different characters, got {len(found)}"
        raise DataError(message, code="DATA_LIMIT", where=str(path), hint="use a text with a small alphabet")
    return (end, *found)


def unigram(y: Array, classes: int) -> float:
    """The loss of answering each class as often as it occurs in y, in nats."""
    share = np.bincount(y[y >= 0], minlength=classes) / (y >= 0).sum()
    return float(-(share[share > 0] * np.log(share[share > 0])).sum())


def bigram(x: Array, y: Array, classes: int, smoothing: float = 0.0) -> float:
    """The loss of answering by how often each token is followed by each class, in nats: rows as `Names` has them."""
    asked = y >= 0
    pairs = x[:, 1:][asked].astype(np.int64) * classes + y[asked]
    count = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes) + smoothing
    p = count / np.maximum(count.sum(axis=1, keepdims=True), 1e-300)
    return float(-np.log(p.reshape(-1)[pairs]).mean())
