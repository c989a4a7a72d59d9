"""Every reader of bytes from outside, with whole inputs to begin from. A reader more is a line of READERS."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from mlcore import checkpoints, journal, manifest, status, tensorfile, tracing
from mlcore.checkpoints import Checkpoint
from mlcore.commands import features
from mlcore.config import Config, load_config, load_recipe, recipes
from mlcore.datasets import idx, npy, pictures
from mlcore.datasets.own import Own
from mlcore.errors import CheckpointError, ConfigError, DataError, RunError
from mlcore.model import Preparation
from mlcore.runs import Run
from mlcore.tables import reading
from mlcore.training import train
from mlcore.worker import protocol
from tests.fuzz.reader import Reader
from tests.fuzz.seeds import ARCHIVES, ARRAYS, IMAGES, PIXELS, PNGS, TABLES, chunked


def of_file(read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A reader of files as one of bytes. The file is in the present folder, which a campaign makes for it."""

    def through(data: bytes) -> object:
        path = Path("input")
        path.write_bytes(data)
        return read(path)

    return through


def as_json(value: Any) -> bytes:
    """A value as JSON says it, and as Python's does where JSON cannot."""
    return json.dumps(value).encode()


# ---- checkpoints ----


def _checkpoint(**settings: object) -> bytes:
    config = Config().with_settings(
        {"backend": "reference", "epochs": 1, "layers": "3 tanh", "dataset.n_samples": 40} | settings
    )
    *_, last = (event for event in train(config) if event.kind == "epoch")
    path = Path("whole.safetensors")
    checkpoints.save_checkpoint(Checkpoint(last.model, last.state, {"epochs": 3}), path)
    return path.read_bytes()


def _signed(data: bytes) -> bytes:
    """A checkpoint with the length of its header and its checksum put right."""
    found = bytearray(data)
    with contextlib.suppress(ValueError, RecursionError):
        _, end = json.JSONDecoder().raw_decode(data[8:].decode("latin-1"))
        found[:8] = struct.pack("<Q", end)
    place = found.find(tensorfile.CHECK)
    if place >= 0 and len(found) >= place + len(tensorfile.CHECK) + 64:
        place += len(tensorfile.CHECK)
        found[place : place + 64] = tensorfile.NOTHING.encode()
        found[place : place + 64] = hashlib.sha256(found).hexdigest().encode()
    return bytes(found)


def _header(data: bytes) -> dict[str, Any]:
    """The header of a checkpoint, its description as a value; `body` holds what follows, in hexadecimal."""
    end = 8 + int.from_bytes(data[:8], "little")
    found = json.loads(data[8:end])
    found["__metadata__"]["mlj.state"] = json.loads(found["__metadata__"]["mlj.state"])
    return {"header": found, "body": data[end:].hex()}


def _packed(value: Any) -> bytes:
    """A checkpoint of a header that may say anything."""
    header, body = (value.get(name) for name in ("header", "body")) if isinstance(value, dict) else (value, "")
    if isinstance(header, dict) and isinstance(header.get("__metadata__"), dict):
        metadata = header["__metadata__"]
        header = header | {"__metadata__": metadata | {"mlj.state": json.dumps(metadata.get("mlj.state"))}}
    text = json.dumps(header, separators=(",", ":")).encode()
    digits = re.sub("[^0-9a-f]", "", str(body))
    return _signed(struct.pack("<Q", len(text)) + text + bytes.fromhex(digits[: len(digits) // 2 * 2]))


# ---- journals and the other files of a run ----


def _journal(records: Any) -> bytes:
    found = records if isinstance(records, list) else []
    return b"".join(journal.line(record) for record in found if isinstance(record, dict))


def _summed(data: bytes) -> bytes:
    """A journal each of whose lines has the checksum it should have."""
    lines = (line.rpartition(b',"crc":"')[0] for line in data.split(b"\n"))
    return b"".join(body + b',"crc":"%08x"}\n' % zlib.crc32(body) for body in lines if body)


def _run(data: bytes) -> object:
    """What `mlj runs show` asks of a folder whose run.json and config.json are these bytes."""
    for name in ("run.json", "config.json"):
        Path(name).write_bytes(data)
    run = Run.open(".")
    return run.id, run.name, run.parent, run.children, run.config


STATUS = status.Status(
    state="finished", epoch=3, pid=1, metrics={"train_loss": float("nan")}, spread={"a": (1.0, 2.0, 3.0)}
)


# ---- settings and the wire ----


def _toml(value: Any) -> bytes:
    """A configuration that says a value, as far as TOML can."""
    try:
        return tomli_w.dumps(_without_none(value)).encode("utf-8", "replace")
    except (TypeError, ValueError, AttributeError, RecursionError):
        return b"layers = 3"


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_none(each) for key, each in value.items() if each is not None}
    return [_without_none(each) for each in value if each is not None] if isinstance(value, list) else value


def _wire(decoder: Any) -> Callable[[bytes], object]:
    return lambda data: list(protocol.Inbox(decoder).feed(data))


COMMANDS = [
    protocol.Start(id=1, config=Config().to_dict(), pace=2.0, name="otter"),
    protocol.Set(id=3, name="optimizer.learning_rate", value=0.1),
    protocol.Branch(id=4, epoch=3, settings={"epochs": 5}),
    protocol.View(id=5, width=40, height=20),
    protocol.Quit(id=6),
]
MESSAGES = [
    protocol.Picture(epoch=1, step=2, weights=(np.eye(3, dtype=np.float32), np.zeros((0, 2)))),
    protocol.Warned(number=1, code="X", message="m"),
    protocol.Ended(number=2, reason="finished", epoch=1, step=1, seconds=0.5, metrics={"train_loss": 0.5}),
]


def packets(items: list[Any]) -> tuple[bytes, bytes]:
    """One with all of them, one with the first."""
    return protocol.packet(items), protocol.packet(items[:1])


def _framed(data: bytes) -> bytes:
    """A packet with the length it has."""
    return struct.pack(">I", max(len(data) - 4, 0)) + data[4:]


# ---- the table ----


def _checkpoints() -> Reader:
    seeds = _checkpoint(), _checkpoint(optimizer="sgd", precision="float64")
    read = of_file(checkpoints.load_checkpoint)
    return Reader(read, (CheckpointError,), seeds, _signed, tuple(map(_header, seeds)), _packed)


def _journals() -> Reader:
    records = [{"epoch": 1, "loss": 0.5, "accuracy": float("nan")}, {"epoch": 2, "loss": -1e-300}]
    return Reader(of_file(journal.read), (RunError,), (_journal(records),), _summed, (records,), _journal)


def _runs() -> Reader:
    config = load_recipe("journey/moons")
    plain = manifest.facts("20260101-000000-abcdef", "brave-otter", seed=config.seed, children=["a", "b"])
    plain = json.loads(as_json(plain | {"config": config.to_dict()}))
    return Reader(_run, (RunError, ConfigError), (as_json(plain),), bytes, (plain,), as_json)


def _configurations() -> Reader:
    plain = tuple(json.loads(as_json(load_recipe(name).to_dict())) for name in list(recipes())[:6])
    return Reader(of_file(load_config), (ConfigError,), tuple(map(_toml, plain)), bytes, plain, _toml)


def _numbers() -> Reader:
    plain = {"x": [0.05, 0.1], "y": [0.01, 0.99], "weights": {"0.w": [[0.15, 0.25], [0.2, 0.3]]}}
    return Reader(of_file(tracing.read_given), (ConfigError,), (_toml(plain),), bytes, (plain,), _toml)


def _statuses() -> Reader:
    seed = status.line(STATUS)
    return Reader(of_file(status.read), (), (seed,), bytes, (json.loads(seed),), as_json)


def _own_rows() -> Reader:
    """What `mlj train my.csv` makes of a table or of arrays."""
    line = "{0},{1},{2}\n".format
    table = "a,b,kind\n" + "".join(line(n, ["", n * n % 7][n % 5 > 0], ["x", "y"][n % 2]) for n in range(20))
    arrays = io.BytesIO()
    np.savez(arrays, x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    read = of_file(lambda path: Own(path=str(path.absolute()), impute="mean").load())
    return Reader(read, (DataError,), (table.encode(), arrays.getvalue()))


def _rows_to_predict() -> Reader:
    """What `mlj predict --data` makes of a file."""
    path = Path("own.csv")
    path.write_text("a,b,kind\n" + "".join(f"{n},{'pq'[n % 2]},{n % 3 % 2}\n" for n in range(20)))
    preparation = Preparation.of(Own(path=str(path.absolute())).load())
    seeds = b"kind,b,a\n0,p,2\n1,q,-4e5\n", b"1,q\n2,p\n"
    return Reader(of_file(lambda path: features.read(path, preparation)), (DataError,), seeds)


READERS: dict[str, Callable[[], Reader]] = {
    "checkpoint": _checkpoints,
    "journal": _journals,
    "run": _runs,
    "status": _statuses,
    "idx": lambda: Reader(of_file(idx.read), (DataError,), IMAGES),
    "idx.gz": lambda: Reader(of_file(idx.read), (DataError,), tuple(map(gzip.compress, IMAGES))),
    "npy": lambda: Reader(of_file(npy.read), (DataError,), ARRAYS),
    "npz": lambda: Reader(of_file(npy.read_all), (DataError,), ARCHIVES),
    "table": lambda: Reader(of_file(reading.read), (DataError,), TABLES),
    "own rows": _own_rows,
    "rows to predict": _rows_to_predict,
    "png": lambda: Reader(of_file(pictures.read), (DataError,), PNGS, chunked),
    "pgm": lambda: Reader(of_file(pictures.read), (DataError,), PIXELS),
    "configuration": _configurations,
    "numbers": _numbers,
    "commands": lambda: Reader(_wire(protocol.COMMANDS), (RunError,), packets(COMMANDS), _framed),
    "messages": lambda: Reader(_wire(protocol.MESSAGES), (RunError,), packets(MESSAGES), _framed),
}
