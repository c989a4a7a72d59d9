"""A small MNIST of random pixels, and an empty home, so that nothing on this machine is read or written."""

from __future__ import annotations

import gzip
import hashlib
import struct

import numpy as np
import pytest

from mlcore.datasets import files


def idx_bytes(array):
    """An array as an IDX file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def empty_home(tmp_path, monkeypatch):
    """The folder for downloads, empty; MLJ_DATA_HOME unset."""
    own = tmp_path / "own" / "mnist"
    monkeypatch.delenv("MLJ_DATA_HOME", raising=False)
    monkeypatch.setattr(files, "own_folder", lambda name: own.with_name(name))
    return own


@pytest.fixture
def small_mnist(empty_home, monkeypatch):
    """The contents of four small files, whose sums stand in the table: {name: bytes}."""
    random = np.random.RandomState(3)
    contents = {}
    for part, n in (("train", 600), ("t10k", 100)):
        contents[f"{part}-images-idx3-ubyte"] = idx_bytes(random.randint(0, 256, (n, 28, 28)).astype(np.uint8))
        contents[f"{part}-labels-idx1-ubyte"] = idx_bytes(random.randint(0, 10, n).astype(np.uint8))
    sums = tuple(files.File(name, hashlib.sha256(body).hexdigest()) for name, body in contents.items())
    table = {"mnist": files.COLLECTIONS["mnist"]._replace(files=sums)}
    monkeypatch.setattr(files, "COLLECTIONS", table)
    return contents


@pytest.fixture
def stored_mnist(small_mnist, tmp_path, monkeypatch):
    """A folder of the four files, named by MLJ_DATA_HOME."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for name, body in small_mnist.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(body, 1))
    monkeypatch.setenv("MLJ_DATA_HOME", str(folder.parent))
    return folder
