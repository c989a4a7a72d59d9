"""A run as a process: events out and commands in over a socket; the worker, and its client.

Public names load what they need when they are first used; `launch` alone is light enough for before the first paint.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlcore.worker import protocol as protocol
    from mlcore.worker.client import Client as Client
    from mlcore.worker.client import Mirror as Mirror
    from mlcore.worker.client import attach as attach
    from mlcore.worker.client import attach_to as attach_to
    from mlcore.worker.client import connect as connect
    from mlcore.worker.client import spawn as spawn
    from mlcore.worker.process import Launched as Launched
    from mlcore.worker.process import launch as launch
    from mlcore.worker.serving import serve as serve

NAMES = {
    "Client": "client",
    "Launched": "process",
    "Mirror": "client",
    "attach": "client",
    "attach_to": "client",
    "connect": "client",
    "launch": "process",
    "serve": "serving",
    "spawn": "client",
}


def __getattr__(name: str) -> Any:
    if name == "protocol":
        return import_module("mlcore.worker.protocol")
    if name in NAMES:
        return getattr(import_module(f"mlcore.worker.{NAMES[name]}"), name)
    raise AttributeError(f"module 'mlcore.worker' has no attribute {name!r}")
