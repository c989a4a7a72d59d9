"""Files of features: read by name or by place, and refused with the place of the first mistake."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mlcore.commands import features
from mlcore.datasets.dataset import Task
from mlcore.datasets.scaling import constant
from mlcore.errors import DataError, StorageError
from mlcore.model import Preparation

KNOWN = Preparation(Task("binary", 2), constant(2, 1.0), 1.0, ("x1", "x2"))


def read(path: Path) -> np.ndarray:
    return features.read(path, KNOWN)[0]


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_columns_are_found_by_name_and_others_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "\ufeffx2, label,x1\n1,7,2\n\n3,8,4.5\n")
    assert read(path).tolist() == [[2, 1], [4.5, 3]]


def test_without_a_header_columns_go_by_place(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.csv", "1,2\n3,4")).tolist() == [[1, 2], [3, 4]]


def test_arrays_keep_their_type(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[1, 255]], np.uint8))
    found = read(tmp_path / "a.npy")
    assert found.dtype == np.uint8 and found.tolist() == [[1, 255]]


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        ("", "DATA_EMPTY", "a.csv"),
        ("\n\n", "DATA_EMPTY", "a.csv"),
        ("x1,x2\n", "DATA_EMPTY", "a.csv"),
        ("1,2\n3,4,5\n", "DATA_RAGGED", "a.csv:2"),
        ("x1,x2\n1,2\n3\n", "DATA_RAGGED", "a.csv:3"),
        ("1,2\n3,four\n", "DATA_VALUE", "x2 is 'four' in row 1"),
        ("x1,x3\n1,2\n", "DATA_SCHEMA", "x2"),
        ("1,2,3\n", "DATA_SCHEMA", "expected 2 columns, found 3"),
        ("1,2\n3,nan\n", "DATA_NONFINITE", "x2 is missing in 1 row, the first is row 1"),
        ("1,2\n3,inf\n", "DATA_NONFINITE", "x2 is infinite in 1 row, the first is row 1"),
        ('1,2\n"3,4\n', "DATA_QUOTE", "a.csv"),
        (b"1,2\n\xff,4\n", "DATA_ENCODING", "byte 4"),
        ("1,2\n3\0,4\n", "DATA_NUL", "a.csv"),
    ],
)
def test_a_csv_is_refused_with_its_place(tmp_path: Path, content: bytes | str, code: str, where: str) -> None:
    with pytest.raises(DataError) as caught:
        read(written(tmp_path / "a.csv", content))
    assert caught.value.code == code and where in str(caught.value)


def test_an_array_is_held_against_its_own_header(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 2)))
    whole = (tmp_path / "a.npy").read_bytes()
    lying = whole.replace(b"(3, 2)", b"(9999999999, 2)".ljust(6))[: len(whole)]
    for content in (whole[:-1], whole + b"x", whole[:5], b"PK\x03\x04", lying):
        with pytest.raises(DataError) as caught:
            read(written(tmp_path / "b.npy", content))
        assert caught.value.code in ("DATA_FORMAT", "DATA_TRUNCATED")


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.zeros(3), "DATA_SCHEMA"),
        (np.zeros((2, 3)), "DATA_SCHEMA"),
        (np.array([["a", "b"]]), "DATA_DTYPE"),
        (np.zeros((1, 2), complex), "DATA_DTYPE"),
        (np.array([[1, None]]), "DATA_UNSAFE"),
        (np.array([[1, np.inf]]), "DATA_NONFINITE"),
    ],
)
def test_an_array_of_another_kind_is_refused(tmp_path: Path, array: np.ndarray, code: str) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(DataError) as caught:
        read(tmp_path / "a.npy")
    assert caught.value.code == code


def test_what_is_no_regular_file_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError) as caught:
            read(path)
        assert caught.value.code == "DATA_NOT_REGULAR"
    with pytest.raises(StorageError):
        read(tmp_path / "none.csv")
