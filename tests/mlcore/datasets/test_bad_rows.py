"""Files that cannot be learnt from: one sentence with its code, little memory, at once."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.datasets import npy
from mlcore.datasets.own import Own
from mlcore.errors import DataError, MljError
from tests.mlcore.cli.conftest import home, mlj
from tests.mlcore.datasets.conftest import idx_bytes

__all__ = ["home", "mlj"]  # fixtures
assert pd.__version__  # its import is not what the tests measure

GOOD = "".join(f"{n},{n * n % 7},{'ab'[n % 2]}\n" for n in range(20))


def npz(**arrays) -> bytes:
    body = io.BytesIO()
    np.savez_compressed(body, **arrays, allow_pickle=True)
    return body.getvalue()


def header(text: str, values: bytes = b"") -> bytes:
    """An .npy file with a header of its own."""
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + values


def boxed(*members: tuple[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in members:
            box.writestr(name, content)
    return body.getvalue()


def elsewhere(box: bytes) -> bytes:
    """A zip file that says its directory begins after its end."""
    place = box.rindex(b"PK\x05\x06") + 16
    return box[:place] + struct.pack("<I", len(box) + 5) + box[place + 4 :]


ROWS, CLASSES = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
DESCRIBED = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"

# what -> (the file's content, options, code, words of the message)
BAD = {
    "empty": ("", {}, "DATA_EMPTY", "is empty"),
    "only blank lines": ("\n\n", {}, "DATA_EMPTY", "has no rows"),
    "a header alone": ("x,y\n", {}, "DATA_EMPTY", "a header and no rows"),
    "no row is whole": ("x,y\n,a\n,b\n", {"impute": "drop"}, "DATA_EMPTY", "no row in which nothing is missing"),
    "too few rows to split": ("x,y\n1,a\n2,b\n", {}, "DATA_EMPTY", "leave none of 2"),
    "a ragged row": ("x,z,y\n1,2,a\n1,b\n" + GOOD, {}, "DATA_RAGGED", "mine:3: expected 3 fields, found 2"),
    "a longer row": (GOOD + "1,2,3,4\n", {}, "DATA_RAGGED", "mine:21: expected 3 fields, found 4"),
    "an open quote": ('x,y\n1,a\n2,"b\n3,a\n', {}, "DATA_QUOTE", "mine:3: a quote is never closed"),
    "a quote inside": ('x,y\n1,"a"b\n', {}, "DATA_QUOTE", "mine:2: ',' expected"),
    "a NUL": ("x,y\n1,a\0\n", {}, "DATA_NUL", "mine:2 has a NUL"),
    "UTF-16 without its mark": ("x,y\n1,a\n".encode("utf-16-le"), {}, "DATA_NUL", "not in UTF-8"),
    "latin-1": ("x,y\n1,a\n2,é\n".encode("latin-1"), {}, "DATA_ENCODING", "mine:3 is not UTF-8 at byte 10"),
    "a name twice": ("x,x,y\n1,2,a\n", {}, "DATA_SCHEMA", "more than one column called 'x'"),
    "a column without name": (",x,y\n0,1,a\n", {}, "DATA_SCHEMA", "no name for column 0"),
    "missing features": (
        "x,z,y\n,,a\n1,NA,b\n" + GOOD,
        {"impute": "none"},
        "DATA_NONFINITE",
        "x is missing in 1 row, the first is row 0",
    ),
    "more missing": ("x,z,y\n,,a\n1,NA,b\n" + GOOD, {"impute": "none"}, "DATA_NONFINITE", "also in z (2)"),
    "an infinite one": (GOOD + "1,-inf,a\n", {"impute": "mean"}, "DATA_NONFINITE", "column_1 is infinite in 1 row"),
    "nothing but missing": ("z,y\n" + ",a\n,b\n" * 9, {}, "DATA_NONFINITE", "z has no value"),
    "a slip in numbers": (
        "x,y\n" + "1,a\n2,b\n" * 9 + "1O,a\n",
        {},
        "DATA_VALUE",
        "x is '1O' in row 18 and a number in 18",
    ),
    "a missing target": (GOOD + "1,2,\n", {}, "DATA_TARGET", "column_2, the target, is missing in 1 row"),
    "an infinite target": ("x,y\n" + "1,1.5\n2,inf\n" * 9, {}, "DATA_TARGET", "y, the target"),
    "one class": ("x,y\n" + "1,a\n2,a\n" * 9, {}, "DATA_TARGET", "y is 'a' in every row: there is one class"),
    "a constant target": ("x,y\n" + "1,2.5\n2,2.5\n" * 9, {}, "DATA_TARGET", "y is 2.5 in every row"),
    "texts as numbers": (GOOD, {"task": "numbers"}, "DATA_TARGET", "holds texts, which are no numbers"),
    "a target too large": ("x,y\n" + "1,1e31\n2,2.5\n" * 9, {}, "DATA_TARGET", "beyond 1e+30"),
    "an untrained class": (
        GOOD + "1,2,c\n",
        {"split": {"stratify": False}, "seed": 5},
        "DATA_TARGET",
        "in no training row",
    ),
    "no such column": (GOOD, {"target": "colour"}, "DATA_SCHEMA", "no column 'colour'; it has column_0"),
    "no such number": (GOOD, {"columns": [7]}, "DATA_SCHEMA", "no column 7"),
    "no column left": (GOOD, {"columns": ["column_2"]}, "DATA_SCHEMA", "no column to learn from"),
    "a pickle": (b"\x80\x04\x95rest", {}, "DATA_UNSAFE", "is a pickle, which is not read"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", {}, "DATA_FORMAT", "an HDF5 file"),
    "Parquet": (b"PAR1 and so on", {}, "DATA_FORMAT", "a Parquet file"),
    "a lone array": (header(DESCRIBED % "(0,)"), {}, "DATA_TARGET", "one array, without targets"),
    "a broken zip": (b"PK\x03\x04 and no more", {}, "DATA_FORMAT", "not an .npz file"),
    "other names": (npz(a=ROWS, b=CLASSES), {}, "DATA_SCHEMA", "expected arrays x and y, it holds a, b"),
    "objects": (npz(x=np.array([[1, None]]), y=CLASSES), {}, "DATA_UNSAFE", "holds Python objects"),
    "a pickle in a zip": (boxed(("x.npy", b"\x80\x04\x95rest")), {}, "DATA_UNSAFE", "is a pickle"),
    "complex numbers": (npz(x=ROWS * 1j, y=CLASSES), {}, "DATA_DTYPE", "of type '<c16'"),
    "dates": (npz(x=ROWS.astype("M8[s]"), y=CLASSES), {}, "DATA_DTYPE", "of type '<M8[s]'"),
    "records": (npz(x=np.zeros(3, [("a", "f4")]), y=CLASSES), {}, "DATA_DTYPE", "holds records"),
    "texts as features": (npz(x=ROWS.astype(str), y=CLASSES), {}, "DATA_DTYPE", "x holds <U"),
    "rows without targets": (npz(x=ROWS, y=CLASSES[:9]), {}, "DATA_SCHEMA", "x has shape [10, 2] and y [9]"),
    "no rows": (npz(x=ROWS[:0], y=CLASSES[:0]), {}, "DATA_EMPTY", "has no rows"),
    "NaN in an array": (npz(x=ROWS * [1, np.nan], y=CLASSES), {}, "DATA_NONFINITE", "x2 is missing in 10 rows"),
    "classes in columns": (npz(x=ROWS, y=ROWS), {"task": "classes"}, "DATA_TARGET", "a class is one value a row"),
    "more than it holds": (boxed(("x.npy", header(DESCRIBED % "(9, 9)", b"12"))), {}, "DATA_TRUNCATED", "holds 2"),
    "more than allowed": (
        boxed(("x.npy", header(DESCRIBED % "(99999999999, 9)"))),
        {},
        "DATA_LIMIT",
        "99999999999 x 9",
    ),
    "nothing times much": (boxed(("x.npy", header(DESCRIBED % "(0, 99999999999999)"))), {}, "DATA_LIMIT", "promises"),
    "code in a header": (boxed(("x.npy", header("__import__('os')"))), {}, "DATA_FORMAT", "does not write"),
    "a long header": (boxed(("x.npy", b"\x93NUMPY\x02\0\xff\xff\xff\x7f")), {}, "DATA_LIMIT", "a header of"),
    "a bomb": (boxed(("x.npy", bytes(300 << 20))), {}, "DATA_FORMAT", "not an array"),
    "a directory elsewhere": (elsewhere(boxed(("x.npy", b""))), {}, "DATA_FORMAT", "is not an .npz file"),
    "many members": (boxed(*((f"{n}.npy", b"") for n in range(99))), {}, "DATA_LIMIT", "99 arrays"),
    "IDX without labels": (
        idx_bytes(np.zeros((9, 2, 2), np.uint8)),
        {},
        "DATA_TARGET",
        "no labels that could be found",
    ),
    "an IDX file cut": (idx_bytes(np.zeros((9, 2, 2), np.uint8))[:-1], {}, "DATA_TRUNCATED", "promises 36 values"),
}


@pytest.mark.parametrize("case", BAD)
def test_rows_that_cannot_be_learnt_from_are_refused_in_one_sentence(tmp_path, case):
    content, options, code, words = BAD[case]
    path = tmp_path / "mine"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        Own(path=str(path), **options).load()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    error = caught.value
    assert (error.code, error.exit_code) == (code, 3) and words in str(error) and "\n" not in str(error) + error.hint
    assert most < 16 << 20


@pytest.mark.timeout(10)
def test_what_is_no_file_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place, code in ((tmp_path / "pipe", 3), (Path("/dev/zero"), 3), (tmp_path / "none", 6), (tmp_path / "a\0b", 6)):
        with pytest.raises(MljError) as caught:
            Own(path=str(place)).load()
        assert caught.value.exit_code == code


def test_hostile_names_are_shown_and_obeyed_by_nobody(mlj, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("\x1b[2Ja,\u202eb,[/red]\n" + "".join(f"{n},{n},\x1b]52;c;{n % 2}\x07\n" for n in range(20)))
    for verb in ("data show", "data head", "data show --json"):
        said = mlj(verb, path)
        assert said.code == 0 and ("\\x1b" in said.out or "\\u001b" in said.out)
    assert mlj("train", path, "--epochs", "1", "--no-record").code == 0


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 200))
def test_a_damaged_array_gives_an_array_or_our_own_error(tmp_path_factory, piece, place):
    path = tmp_path_factory.getbasetemp() / "damaged.npy"
    good = header(DESCRIBED % "(10, 2)", ROWS.tobytes())
    path.write_bytes(good[:place] + piece + good[place + len(piece) :])
    with contextlib.suppress(MljError):
        assert npy.read(path).size


@pytest.mark.parametrize(
    "array", [ROWS, np.asfortranarray(ROWS), ROWS.astype(">f4"), CLASSES.astype("u1"), np.array(2.0)]
)
def test_arrays_are_read_as_numpy_reads_them(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", x=array, y=array)
    for found in (npy.read(tmp_path / "a.npy"), npy.read_all(tmp_path / "a.npz")["y"]):
        assert np.array_equal(found, array) and found.shape == array.shape and found.dtype.isnative


def test_a_name_too_long_for_a_file_is_a_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("", "/nowhere"):
        monkeypatch.setenv("MLJ_DATA_HOME", folder)
        with pytest.raises(MljError, match=r"x+.csv: File name too long"):
            Own(path=f"{'x' * 300}.csv").load()
