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
from mlcore.config import Config, load_config, load_recipe, recipes
from mlcore.datasets import delimited, idx, npy, pictures
from mlcore.errors import CheckpointError, ConfigError, DataError, RunError
from mlcore.runs import Run
from mlcore.training import train
from mlcore.worker import protocol
from tests.fuzz.reader import Reader


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


# ---- data ----


def _idx(*shape: int) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + bytes(
        i % 251 for i in range(int(np.prod(shape)))
    )


def _npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def _npz(save: Callable[..., None]) -> bytes:
    file = io.BytesIO()
    save(file, x=np.eye(3, dtype=np.float32), y=np.arange(3))
    return file.getvalue()


def _png(width: int, height: int, colour: int) -> bytes:
    """A PNG with each of the five filters."""
    line = width * (3 if colour == 2 else 1)
    rows = b"".join(bytes([row % 5]) + bytes((row * 7 + i) % 256 for i in range(line)) for row in range(height))
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return pictures.SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _chunked(data: bytes) -> bytes:
    """A PNG each of whose chunks has the checksum it should have."""
    found, place = bytearray(data), len(pictures.SIGNATURE)
    while place + 12 <= len(found):
        end = place + 8 + int.from_bytes(found[place : place + 4], "big")
        if end + 4 > len(found):
            break
        found[end : end + 4] = struct.pack(">I", zlib.crc32(found[place + 4 : end]))
        place = end + 4
    return bytes(found)


TABLES = (
    b"x1,x2,label\n1,2,a\n3,4,b\n5,,a\n",
    b"1;2;3\r\n4;5;6\r\n",
    b'name,"a ""quoted"" one",x\n"two\nlines",1,2\nNA,3,-4e5\n',
    b"\xef\xbb\xbfa\tb\n1\t2\n",
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
    plain = manifest.facts("20260101-000000-abcdef", "brave-otter", "", config, ["a", "b"])
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


IMAGES = (_idx(3, 4), _idx(2, 3, 5))
ARRAYS = (_npy(np.eye(3)), _npy(np.array([["a", "bc"]])), _npy(np.asfortranarray(np.ones((2, 3), ">i2")), (2, 0)))
PIXELS = (b"P5\n# a\n3 2\n255\n" + bytes(6), b"P6 2 1 9 " + bytes(6))

READERS: dict[str, Callable[[], Reader]] = {
    "checkpoint": _checkpoints,
    "journal": _journals,
    "run": _runs,
    "status": _statuses,
    "idx": lambda: Reader(of_file(idx.read), (DataError,), IMAGES),
    "idx.gz": lambda: Reader(of_file(idx.read), (DataError,), tuple(map(gzip.compress, IMAGES))),
    "npy": lambda: Reader(of_file(npy.read), (DataError,), ARRAYS),
    "npz": lambda: Reader(of_file(npy.read_all), (DataError,), (_npz(np.savez), _npz(np.savez_compressed))),
    "table": lambda: Reader(of_file(delimited.read), (DataError,), TABLES),
    "png": lambda: Reader(of_file(pictures.read), (DataError,), (_png(7, 6, 0), _png(5, 5, 2)), _chunked),
    "pgm": lambda: Reader(of_file(pictures.read), (DataError,), PIXELS),
    "configuration": _configurations,
    "numbers": _numbers,
    "commands": lambda: Reader(_wire(protocol.COMMANDS), (RunError,), packets(COMMANDS), _framed),
    "messages": lambda: Reader(_wire(protocol.MESSAGES), (RunError,), packets(MESSAGES), _framed),
}
