"""Digits that come along, and MNIST where its files are."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from mlcore.config import load_recipe
from mlcore.datasets import bundled, files
from mlcore.datasets.dataset import SplitSpec
from mlcore.datasets.images import MNIST, Digits, OfficialSplit
from mlcore.errors import ConfigError, DataError
from mlcore.model import Preparation

PUBLISHED_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture
def real_mnist():
    """The paths of the real files, or a skip that says how to have them."""
    if not os.environ.get("MLJ_DATA_HOME"):
        pytest.skip("MNIST is not here: set MLJ_DATA_HOME to the folder that holds mnist/")
    try:
        return files.find("mnist")
    except DataError as error:
        pytest.skip(f"{error}")


def test_digits_are_the_rows_of_scikit_learn_divided_by_16():
    raw, y = bundled.read("digits")
    expected = load_digits()
    assert np.array_equal(raw, expected.data) and np.array_equal(y, expected.target)
    data = Digits(split=SplitSpec(test=0, validation=0)).load()
    assert np.array_equal(data.train.x, (expected.data / 16).astype(np.float32))
    assert data.train.y.dtype == np.int32 and data.image_shape == (8, 8)
    assert data.feature_names == tuple(expected.feature_names)


def test_digits_are_split_into_ten_classes_everywhere():
    data = Digits().load()
    assert (len(data.train), len(data.validation), len(data.test)) == (1257, 180, 360)
    for part in (data.train, data.validation, data.test):
        assert np.bincount(part.y, minlength=10).min() >= 0.09 * len(part)
    assert data.task[:3] == ("multiclass", 10, tuple("0123456789")) and data.ceiling is None


def test_digits_fall_back_to_the_package_when_its_file_has_moved(tmp_path, monkeypatch):
    elsewhere = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(bundled, "find_spec", lambda name: elsewhere)
    raw, y = bundled.read("digits")
    assert np.array_equal(raw, load_digits().data) and np.array_equal(y, load_digits().target)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
def test_pixels_of_any_type_are_scaled_alike_at_prediction(dtype):
    preparation = Preparation.of(Digits().load())
    raw = load_digits().data[:5].astype(dtype)
    assert np.array_equal(preparation.inputs(raw), (raw / 16).astype(np.float32))


@pytest.mark.parametrize("data", [Digits(), MNIST()])
def test_images_have_no_rows_but_those_in_their_files(data):
    with pytest.raises(DataError, match="no rows but those"):
        data.fresh(10, 1)


def test_mnist_keeps_its_pixels_as_bytes_and_its_official_test(stored_mnist, small_mnist):
    data = MNIST(split=OfficialSplit(validation=100)).load()
    assert data.train.x.dtype == np.uint8 and data.factor == 1 / 255
    assert (len(data.train), len(data.validation), len(data.test)) == (500, 100, 100)
    assert data.input_shape == (784,) and data.image_shape == (28, 28) and len(data.feature_names) == 784
    assert data.test.x.tobytes() == small_mnist["t10k-images-idx3-ubyte"][16:]
    assert data.test.y.astype(np.uint8).tobytes() == small_mnist["t10k-labels-idx1-ubyte"][8:]
    assert data.test.y.dtype == np.int32
    inputs = data.inputs(data.test)
    assert inputs.dtype == np.float32
    assert np.allclose(inputs, data.test.x / 255, rtol=1e-6)
    assert np.allclose(data.scaling.apply(data.test.x), inputs, rtol=1e-6)


def test_mnist_without_validation_keeps_the_order_of_its_files(stored_mnist, small_mnist):
    data = MNIST(split=OfficialSplit(validation=0.0)).load()
    assert data.validation is None
    assert data.train.x.tobytes() == small_mnist["train-images-idx3-ubyte"][16:]


def test_validation_rows_are_training_rows_drawn_by_the_data_set_s_seed(stored_mnist):
    every = {row.tobytes() for row in MNIST(split=OfficialSplit(validation=0)).load().train.x}
    one, again, other = (MNIST(seed=seed, split=OfficialSplit(validation=0.1)).load() for seed in (1, 1, 2))
    assert len(one.validation) == 60
    assert {row.tobytes() for part in (one.train, one.validation) for row in part.x} == every
    assert np.array_equal(one.validation.x, again.validation.x)
    assert not np.array_equal(one.validation.x, other.validation.x)


def test_pixels_from_0_to_255_are_left_alone_if_asked(stored_mnist):
    data = MNIST(scale="none", split=OfficialSplit(validation=0)).load()
    assert data.factor == 1
    assert np.array_equal(data.inputs(data.test), data.test.x.astype(np.float32))
    assert np.array_equal(Preparation.of(data).inputs(data.test.x), data.test.x.astype(np.float32))


@pytest.mark.parametrize("change", [{"scale": "standard"}, {"split": {"test": 0.2}}, {"split": {"validation": 60_000}}])
def test_what_mnist_cannot_do_is_refused(change):
    with pytest.raises(ConfigError, match=next(iter(change))):
        load_recipe("journey/mnist-mlp").with_settings({f"dataset.{k}": v for k, v in change.items()})


def test_files_without_gz_and_the_folder_for_downloads_serve_as_well(empty_home, small_mnist):
    empty_home.mkdir(parents=True)
    for name, body in small_mnist.items():
        (empty_home / name).write_bytes(body)
    assert len(MNIST(split=OfficialSplit(validation=60)).load().train) == 540


def test_mlj_data_home_is_read_first(stored_mnist, empty_home):
    assert files.folders("mnist") == (stored_mnist, empty_home)
    empty_home.mkdir(parents=True)
    (empty_home / "train-images-idx3-ubyte").write_bytes(b"another")
    assert all(path.parent == stored_mnist for path in files.find("mnist"))


def test_absent_files_are_named_with_the_folders_and_three_ways_out(empty_home, tmp_path, monkeypatch):
    monkeypatch.setenv("MLJ_DATA_HOME", str(tmp_path / "nothing"))
    with pytest.raises(DataError) as caught:
        MNIST().load()
    error = caught.value
    assert "train-images-idx3-ubyte" in str(error) and error.code == "DATA_NOT_FOUND" and error.exit_code == 3
    assert str(tmp_path / "nothing" / "mnist") in str(error) and str(empty_home) in str(error)
    for way in ("mlj data fetch mnist", "MLJ_DATA_HOME", "mlj train journey/digits"):
        assert way in error.hint
    assert "\n" not in str(error) + error.hint


def test_one_absent_file_is_named(stored_mnist):
    (stored_mnist / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="no t10k-labels-idx1-ubyte"):
        MNIST().load()


def test_a_file_that_is_not_the_published_one_is_refused(stored_mnist, small_mnist):
    other = bytearray(small_mnist["train-images-idx3-ubyte"])
    other[500] ^= 1
    (stored_mnist / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(other), 1))
    with pytest.raises(DataError, match="not the published file") as caught:
        MNIST().load()
    assert caught.value.where.endswith("train-images-idx3-ubyte.gz")


def test_the_real_files_have_the_published_md5(real_mnist):
    for path in real_mnist:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert hashlib.md5(content).hexdigest() == PUBLISHED_MD5[Path(path.name.removesuffix(".gz")).name]


def test_the_real_mnist_has_55_000_5_000_and_10_000_rows(real_mnist):
    data = MNIST().load()
    assert (len(data.train), len(data.validation), len(data.test)) == (55_000, 5_000, 10_000)
    assert data.test.y[:3].tolist() == [7, 2, 1]
    whole = MNIST(split=OfficialSplit(validation=0)).load()
    assert len(whole.train) == 60_000 and whole.train.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.array_equal(np.bincount(data.train.y) + np.bincount(data.validation.y), np.bincount(whole.train.y))
    assert np.abs(np.bincount(data.validation.y) - np.bincount(whole.train.y) / 12).max() < 1
