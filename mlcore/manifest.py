"""What a run's folder says once and for all: where the run comes from, and what its data were."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mlcore import names
from mlcore.checkpoints import NUMERICS
from mlcore.config import Config, from_dict
from mlcore.datasets.dataset import Data
from mlcore.errors import CheckpointError, ConfigError, RunError
from mlcore.storage import read_file, refused

RUN = "mlj.run/1"


def facts(
    run_id: str,
    name: str,
    parent: str = "",
    seed: int | None = None,
    children: Sequence[str] = (),
    sweep: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """What never changes about a run: who, when, with what, from which other run, and for which others it stands."""
    from importlib.metadata import version

    import mlcore

    others: dict[str, Any] = {"children": list(children)} if children else {}
    others |= {"sweep": {setting: list(values) for setting, values in sweep.items()}} if sweep else {}
    versions = {"mlj": mlcore.__version__, "python": platform.python_version(), "numpy": version("numpy")}
    return {
        "schema": RUN,
        "run_id": run_id,
        "name": name[: names.LONGEST] or names.name_of(run_id),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "argv": sys.argv,
        "versions": versions,
        "numerics": NUMERICS,
        "machine": platform.machine(),
        "seed": seed,
        "parent": parent,
    } | others


def manifest(config: Config, data: Data) -> dict[str, Any]:
    """What identifies a data set: its rows and their checksums, its names, how it was split."""
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    there = {name: rows for name, rows in splits.items() if rows is not None}
    return {
        "schema": "mlj.data/1",
        "dataset": config.to_dict()["dataset"],
        "task": data.task.kind,
        "classes": list(data.task.class_names),
        "features": list(data.feature_names),
        "rows": {name: len(rows) for name, rows in there.items()},
        "sha256": {
            name: sha256(*(part.tobytes() for part in rows[:3] if part is not None)) for name, rows in there.items()
        },
    }


def filled(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest as it would be written today: with the settings its data set has got since, at their defaults."""
    try:
        dataset = json.loads(dump(from_dict({"dataset": manifest["dataset"]}).to_dict()["dataset"]))
    except (KeyError, ConfigError):
        return manifest  # what differs is said by whoever compares
    return manifest | {"dataset": dataset}


def same(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Raise CheckpointError naming the first thing that differs."""
    for name in {**expected, **found}:
        a, b = expected.get(name), found.get(name)
        if a == b:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            same(f"{what} {name}", a, b)
        now, then = f"{a!r:.80}", f"{b!r:.80}"
        if isinstance(a, list) and isinstance(b, list):  # of many names the first other one says more
            here, there = next(pair for pair in zip_longest(a, b, fillvalue="none") if pair[0] != pair[1])
            now, then = f"{len(a)} long with {here!r:.40}", f"{len(b)} long with {there!r:.40} there"
        raise CheckpointError(
            f"{what}: {name} is {now} now and was {then} in the run",
            code="CKPT_MISMATCH",
            hint="start a new run",
        )


def read(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises RunError when there is none."""
    try:
        found = json.loads(read_file(path))
    except OSError as error:
        code = "RUN_NOT_FOUND" if isinstance(error, (FileNotFoundError, NotADirectoryError)) else "RUN_CORRUPT"
        raise RunError(str(refused(error, "cannot read", path)), code=code, where=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is damaged: {error}", code="RUN_CORRUPT", where=str(path)) from None
    if not isinstance(found, dict):
        raise RunError(f"{path} is damaged: not an object", code="RUN_CORRUPT", where=str(path))
    return found


def dump(plain: Mapping[str, Any]) -> bytes:
    """An object as the bytes of a JSON file."""
    return json.dumps(plain, indent=1).encode() + b"\n"


def sha256(*parts: bytes) -> str:
    """The SHA-256 of some bytes after one another, in hexadecimal."""
    return hashlib.sha256(b"".join(parts)).hexdigest()
