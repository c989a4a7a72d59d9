"""Checkpoint files: exact, checked byte by byte, and refused before anything in them is trusted."""

from __future__ import annotations

import json
import os
import pickle
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from mlcore import checkpoints, tensorfile
from mlcore.checkpoints import Checkpoint
from mlcore.config import Config
from mlcore.errors import CheckpointError
from mlcore.model import Model
from mlcore.training import train

SETTINGS = {"backend": "reference", "epochs": 3, "layers": "5 tanh | 4 relu", "dataset.n_samples": 100}


def checkpoint(**settings) -> Checkpoint:
    """The last epoch of a small run."""
    for event in train(Config().with_settings(SETTINGS | settings)):
        if event.kind == "epoch":
            last = event
    return Checkpoint(last.model, last.state, {"epochs": 3})


@pytest.fixture(scope="module")
def small() -> Checkpoint:
    return checkpoint()


@pytest.fixture
def path(tmp_path: Path, small: Checkpoint) -> Path:
    checkpoints.save_checkpoint(small, tmp_path / "c.safetensors")
    return tmp_path / "c.safetensors"


def equal(a: Checkpoint, b: Checkpoint) -> bool:
    arrays = [(a.state.best_vector, b.state.best_vector), *zip(a.state.weights, b.state.weights, strict=True)]
    numbers = [getattr(a.state, name) == getattr(b.state, name) for name in checkpoints.PROGRESS]
    return all(np.array_equal(x, y) and np.asarray(x).dtype == np.asarray(y).dtype for x, y in arrays) and all(numbers)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_state_comes_back_bit_for_bit(optimizer: str, precision: str, tmp_path: Path) -> None:
    saved = checkpoint(optimizer=optimizer, precision=precision)
    checkpoints.save_checkpoint(saved, tmp_path / "c")
    loaded = checkpoints.load_checkpoint(tmp_path / "c")
    assert equal(saved, loaded) and loaded.changes == {"epochs": 3}
    assert loaded.model.config == saved.model.config


def test_a_saved_model_predicts_by_itself_exactly_as_before(small: Checkpoint, tmp_path: Path) -> None:
    small.model.save(tmp_path / "m.safetensors")
    x = np.random.default_rng(0).normal(size=(40, 2))
    loaded = Model.load(tmp_path / "m.safetensors")
    assert np.array_equal(loaded.predict_proba(x), small.model.predict_proba(x))
    assert loaded.preparation.task == small.model.preparation.task


def test_a_model_file_is_no_checkpoint_and_says_so(small: Checkpoint, tmp_path: Path) -> None:
    small.model.save(tmp_path / "m")
    with pytest.raises(CheckpointError, match="a model only"):
        checkpoints.load_checkpoint(tmp_path / "m")


def test_the_safetensors_library_reads_the_file_with_shapes_of_the_layers(path: Path, small: Checkpoint) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(path)
    assert tensors["model/0.w"].shape == (2, 5) and tensors["optim/1/2.b"].shape == (4,)
    assert np.array_equal(tensors["model/0.w"].ravel(), small.state.weights.vector[:10])


def test_every_truncation_is_noticed(path: Path) -> None:
    data = path.read_bytes()
    for size in [*range(200), *range(200, len(data), 17), len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(CheckpointError):
            checkpoints.load_checkpoint(path)


def test_a_flipped_bit_in_any_byte_is_noticed(path: Path) -> None:
    data, some = path.read_bytes(), random.Random(1)
    every = bool(os.environ.get("MLJ_EXHAUSTIVE"))
    for at in range(len(data)):
        for bit in range(8) if every else [some.randrange(8)]:
            path.write_bytes(data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :])
            with pytest.raises(CheckpointError):
                checkpoints.load_checkpoint(path)


def test_bytes_added_at_the_end_are_noticed(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoints.load_checkpoint(path)


UNSAFE = {
    "pickle": pickle.dumps({"w": [1.0]}),
    "torch": b"PK\x03\x04" + b"archive/data.pkl" * 4,
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(64),
    "numpy": b"\x93NUMPY\x01\x00" + bytes(64),
    "joblib": b"\x1f\x8b\x08" + bytes(64),
}


@pytest.mark.parametrize("kind", UNSAFE)
def test_files_that_run_code_when_loaded_are_refused_whatever_they_are_called(kind: str, tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(UNSAFE[kind])
    with pytest.raises(CheckpointError) as caught:
        Model.load(tmp_path / "weights.safetensors")
    assert caught.value.code == "CKPT_UNSAFE" and caught.value.exit_code == 4 and "safetensors" in caught.value.hint


def forged(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


META = {"format": "pt", "mlj.state": "{}", "mlj.sha256": "0" * 64}
HOSTILE = {
    "nothing": b"",
    "a header longer than the file": struct.pack("<Q", 1 << 40) + b"{}",
    "a header that is no JSON": forged(b"{nonsense"),
    "a header that is a list": forged([]),
    "a header a hundred thousand deep": forged(b'{"__metadata__":' + b"[" * 100_000),
    "a key twice": forged(b'{"a":1,"a":2}'),
    "no metadata": forged({}),
    "foreign metadata": forged({"__metadata__": {"format": "np"}}),
    "metadata that is no table": forged({"__metadata__": 3}),
    "an overlap": forged(
        {
            "__metadata__": META,
            "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            "b": {"dtype": "F32", "shape": [1], "data_offsets": [2, 6]},
        },
        bytes(6),
    ),
    "a hole": forged({"__metadata__": META, "a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(8)),
    "a shape beyond all memory": forged(
        {"__metadata__": META, "a": {"dtype": "F32", "shape": [0, 1 << 47, 1 << 47], "data_offsets": [0, 0]}}
    ),
    "a negative side": forged({"__metadata__": META, "a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}),
    "a side that is true": forged(
        {"__metadata__": META, "a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, bytes(4)
    ),
    "a type nobody asked for": forged(
        {"__metadata__": META, "a": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}}, bytes(8)
    ),
    "a state that says nothing": forged({"__metadata__": META}),
    "a state that is a list": forged({"__metadata__": META | {"mlj.state": "[]"}}),
    "a state that is deep": forged({"__metadata__": META | {"mlj.state": "[" * 100_000}}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_with_one_kind_of_error(what: str, tmp_path: Path) -> None:
    (tmp_path / "h").write_bytes(HOSTILE[what])
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load_checkpoint(tmp_path / "h")
    assert caught.value.exit_code == 4


def rewritten(path: Path, change) -> None:
    """The file with another description, checksum in order: what a malicious or foreign writer could make."""
    from safetensors.numpy import load_file

    data = path.read_bytes()
    text = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]["mlj.state"]
    description, tensors = json.loads(text), load_file(path)
    change(description, tensors)
    path.write_bytes(tensorfile.pack(tensors, json.dumps(description)))


def wider(description, tensors) -> None:
    description["config"]["layers"] = "6 tanh | 4 relu"


def renamed(description, tensors) -> None:
    tensors["model/9.w"] = tensors.pop("model/0.w")


def missing(description, tensors) -> None:
    del tensors["optim/0/0.b"]


def mixed(description, tensors) -> None:
    tensors["model/0.w"] = tensors["model/0.w"].astype(np.float64)


def named(description, tensors) -> None:
    description["config"]["optimizer"] = {"kind": "os.system"}


def progress(**values):
    """A change of where training was; None: not said."""

    def change(description, tensors) -> None:
        merged = description["progress"] | values
        description["progress"] = {name: value for name, value in merged.items() if value is not None}

    return change


PROGRESS = [{"epoch": None}, {"epoch": -5}, {"epoch": 1e300}, {"step": "0x1p3"}, {"step": []}]
PROGRESS += [{"seconds": "0x1p99999"}, {"best_value": "nan"}, {"loss_sum": "x"}, {"epoch": True}]


@pytest.mark.parametrize("change", [wider, renamed, missing, mixed, named, *(progress(**each) for each in PROGRESS)])
def test_a_file_that_does_not_fit_its_own_experiment_is_refused(change, path: Path) -> None:
    rewritten(path, change)
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load_checkpoint(path)
    assert caught.value.code == "CKPT_MISMATCH"


def test_the_first_array_that_does_not_fit_is_named(path: Path) -> None:
    rewritten(path, missing)
    with pytest.raises(CheckpointError, match=r"optim/0/0\.b: expected shape \[5\], found nothing"):
        checkpoints.load_checkpoint(path)


def test_a_file_of_a_newer_mlj_is_refused_by_that_name(path: Path) -> None:
    rewritten(path, lambda description, tensors: description.update(schema="mlj.checkpoint/2"))
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load_checkpoint(path)
    assert caught.value.code == "SCHEMA_NEWER"


def test_weights_that_are_not_numbers_are_neither_saved_nor_loaded(small: Checkpoint, path: Path) -> None:
    vector = small.state.weights.vector.copy()
    vector[3] = np.nan
    state = small.state._replace(weights=small.state.weights._replace(vector=vector))
    with pytest.raises(CheckpointError, match="not numbers"):
        checkpoints.save_checkpoint(small._replace(state=state), path)
    rewritten(path, lambda description, tensors: tensors["model/0.w"].__setitem__((0, 0), np.inf))
    with pytest.raises(CheckpointError, match="not numbers"):
        checkpoints.load_model(path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, code in (("fifo", "CKPT_CORRUPT"), ("nothing", "CKPT_MISSING"), (".", "CKPT_CORRUPT")):
        with pytest.raises(CheckpointError) as caught:
            checkpoints.load_model(tmp_path / name)
        assert caught.value.code == code
