"""Download: the only place where mlj goes to the network, and only when a person asks for it by name."""

from __future__ import annotations

import io
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from mlcore import datasets, storage
from mlcore.datasets import files, idx
from mlcore.errors import DataError, StorageError

TIMEOUT = 20.0  # seconds without a byte
LARGEST = 64 << 20  # bytes of a packed file


class Fetched(NamedTuple):
    """A file that is now here. `address` is where it came from, empty if it was here before; `bytes` its size."""

    path: Path
    address: str
    bytes: int


def fetch(name: str) -> Iterator[Fetched]:
    """Download the files of a data set, one at a time; what is here and right already is kept.

    They go to the platform's data folder, never to MLJ_DATA_HOME. Every file is checked against its published SHA-256
    before it gets its name. Raises ConfigError for an unknown name, DataError when there is nothing to download or no
    mirror has it or can be reached, StorageError when it cannot be written.
    """
    if name not in files.COLLECTIONS or not files.COLLECTIONS[name].mirrors:
        datasets.CATALOGUE.find(name)
        message = f"{name} needs no download: its rows are made or read on this machine"
        raise DataError(message, code="DATA_NO_DOWNLOAD", hint=f"mlj data show {name}")
    folder = files.own_folder(name)
    for file in files.COLLECTIONS[name].files:
        path = folder / f"{file.name}.gz"
        yield _kept(path, file) or _downloaded(name, path, file)


def _kept(path: Path, file: files.File) -> Fetched | None:
    try:
        idx.read(path, sha256=file.sha256)
        return Fetched(path, "", path.stat().st_size)
    except (DataError, StorageError):
        return None


def _downloaded(name: str, path: Path, file: files.File) -> Fetched:
    collection, refusals = files.COLLECTIONS[name], []
    for mirror in collection.mirrors:
        address = mirror + path.name
        try:
            body = _get(address)
            idx.decode(io.BytesIO(body), address, sha256=file.sha256)
        except (OSError, HTTPException, DataError) as error:  # URLError and timeouts are OSErrors
            refusals.append(f"{urlsplit(address).netloc}: {_reason(error)}")
            continue
        _write(path, body)
        return Fetched(path, address, len(body))
    raise DataError(
        f"{path} could not be downloaded ({'; '.join(refusals)})",
        code="DATA_FETCH",
        where=str(path),
        hint=f"try again with a network; or put the files into {path.parent}; {collection.instead} works now",
    )


def _get(address: str) -> bytes:
    """What lies at an address. Raises OSError, HTTPException, or DataError when it is too large."""
    from urllib.request import urlopen

    with urlopen(address, timeout=TIMEOUT) as answer:
        body: bytes = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise DataError(f"{address} is larger than {LARGEST:,} bytes", code="DATA_LIMIT", where=address)
    return body


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason) or type(reason).__name__


def _write(path: Path, body: bytes) -> None:
    try:
        if not path.parent.is_dir():
            storage.make_folder(path.parent)
        storage.write_file(path, body)
    except StorageError as error:
        error.hint = "download the files yourself into a folder's mnist/ and set MLJ_DATA_HOME to that folder"
        raise
