"""Somebody who watches a lab and waits until something is so, for tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from mlcore.config import Config
from mlcore.worker import Client, Mirror, protocol

PATIENCE = 60.0
SETTINGS = {"backend": "reference", "epochs": 20, "layers": "5 tanh", "dataset": "moons", "dataset.n_samples": 200}


def plain(**settings) -> dict:
    return Config().with_settings(SETTINGS | settings).to_dict()


class Watcher:
    """A client and what it knows; waits until something is so."""

    def __init__(self, client: Client) -> None:
        self.client, self.mirror, self.messages = client, Mirror(), []

    def until(self, so: Callable[[Mirror], object]) -> Mirror:
        end = time.monotonic() + PATIENCE
        while not so(self.mirror):
            assert time.monotonic() < end, f"waited in vain; last known: {self.mirror.update}"
            for message in self.client.wait(1):
                self.mirror.apply(message)
                self.messages.append(message)
        return self.mirror

    def start(self, **settings) -> Mirror:
        """Start an experiment and wait until its first message is there."""
        choices = {name: settings.pop(name) for name in ("pace", "paused", "lab", "name") if name in settings}
        number = self.client.ask(protocol.Start(config=plain(**settings), **choices)).number
        return self.until(lambda m: m.number == number and (m.started or m.failed))

    def ended(self) -> Mirror:
        return self.until(lambda m: m.ended and m.picture and m.picture.step == m.ended.step)


def socket_of(lab: Watcher) -> Path:
    path = Path(os.environ["XDG_RUNTIME_DIR"], "mlj", f"lab-{lab.client.process.pid}.sock")
    wait_for(path.exists)
    return path


def wait_for(so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
