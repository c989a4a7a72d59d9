"""TOML: not the network but the experiment, every default written out, to train it again."""

from __future__ import annotations

from mlcore.config import Config
from mlcore.model import Model


def write(model: Model, stem: str) -> dict[str, bytes]:
    """A configuration file that `mlj train` takes."""
    return {".toml": text(model.config)}


def text(config: Config) -> bytes:
    """The file of an experiment."""
    return f"# A whole experiment, every default written out: mlj train takes it.\n\n{config.to_toml()}".encode()
