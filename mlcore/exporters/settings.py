"""TOML: not the network but the experiment, every default written out, to train it again."""

from __future__ import annotations

from mlcore.model import Model


def write(model: Model, stem: str) -> dict[str, bytes]:
    """A configuration file that `mlj train` takes."""
    title = f"# The experiment behind a network of {model.network.summary()}, every default written out.\n\n"
    return {".toml": (title + model.config.to_toml()).encode()}
