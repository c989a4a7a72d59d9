"""Configurations of runs that take a moment, for tests."""

from __future__ import annotations

from mlcore.config import Config

SETTINGS = {"backend": "reference", "epochs": 6, "layers": "5 tanh", "dataset.n_samples": 100}


def config(**settings) -> Config:
    return Config().with_settings(SETTINGS | {"recording.snapshot_every": 2} | settings)
