"""The files of data sets that are not made from a seed: what they are called, what they hold, where they may lie.

A file is known by the SHA-256 of its unpacked bytes, because mirrors pack the same content differently.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from mlcore.errors import DataError, StorageError
from mlcore.storage import data_folder


class File(NamedTuple):
    """A published file: its name without .gz, and the SHA-256 of its unpacked bytes."""

    name: str
    sha256: str


class Collection(NamedTuple):
    """The files of one data set, folders on the network that have them (packed, name + .gz), and a way without them."""

    files: tuple[File, ...]
    mirrors: tuple[str, ...]
    instead: str


COLLECTIONS = {
    "mnist": Collection(
        (
            File("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            File("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            File("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            File("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ),
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://azureopendatastorage.blob.core.windows.net/mnist/",
        ),
        "mlj train journey/digits",
    ),
    "text": Collection(
        (File("names.txt", "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d"),),
        (),
        "--set dataset.path=FILE takes any text",
    ),
}


def own_folder(name: str) -> Path:
    """Where downloaded files of a data set are kept: in the platform's data folder."""
    return data_folder() / "data" / name


def folders(name: str) -> tuple[Path, ...]:
    """Where the files of a data set are looked for, in this order: MLJ_DATA_HOME, if set, then our own folder."""
    home = os.environ.get("MLJ_DATA_HOME", "")
    given = (Path(os.path.expanduser(home)) / name,) if home else ()
    try:
        return (*given, own_folder(name))
    except StorageError:  # who has no home may still have that
        if not given:
            raise
        return given


def find(name: str) -> tuple[Path, ...]:
    """Where each file of a data set is, in the order of its collection.

    Raises DataError naming the first one missing, the folders looked at, and the ways out.
    """
    looked, collection = folders(name), COLLECTIONS[name]
    found = []
    for file in collection.files:
        places = [folder / (file.name + ending) for folder in looked for ending in ("", ".gz")]
        here = next((place for place in places if place.exists()), None)
        if here is None:
            raise DataError(
                f"{name} is not on this machine: no {file.name} or {file.name}.gz in {' or '.join(map(str, looked))}",
                code="DATA_NOT_FOUND",
                where=str(looked[0]),
                hint=ways_out(name),
            )
        found.append(here)
    return tuple(found)


def ways_out(name: str) -> str:
    """What a person without these files can do."""
    instead = COLLECTIONS[name].instead
    if not COLLECTIONS[name].mirrors:
        return f"set MLJ_DATA_HOME to the folder holding {name}/; {instead}"
    return (
        f"mlj data fetch {name} downloads it; or set MLJ_DATA_HOME to the folder holding {name}/; {instead} works now"
    )
