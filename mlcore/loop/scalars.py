"""Numbers of any library as floats, outside of the loop that has them.

What lies on a device (a tensor on a GPU) is fetched together, one transfer for all that came in since the last, at most
ten a second: a loop that logs the loss of every step as it is never waits for its GPU. One that wants to wait logs
`loss.item()`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One call of `log`: the step, when it was, and numbers by name, as they were given."""

    step: Any
    time: float
    values: Mapping[str, Any]


def distant(value: Any) -> bool:
    """Whether a number lies on a device, from where it has to be fetched."""
    return getattr(getattr(value, "device", None), "type", "cpu") != "cpu"


def fetch(entries: Sequence[Entry]) -> dict[int, float]:
    """The numbers that lie on a device, by `id` of what was given: one transfer of all of them from each device."""
    torch = sys.modules.get("torch")  # who has a tensor has imported it
    if torch is None:
        return {}
    there = [value for entry in entries for value in entry.values.values() if value.__class__ is not float]
    found: dict[int, float] = {}
    for device in {str(value.device): value.device for value in there if distant(value)}.values():
        own = [value for value in there if getattr(value, "device", None) == device and value.numel() == 1]
        flat = torch.stack([value.detach().reshape(()).double() for value in own])
        found |= dict(zip(map(id, own), flat.tolist(), strict=True))
    return found


def number(name: str, value: Any) -> float:
    """A number, or an array of one number, as a float. Raises TypeError."""
    if value is not None and not isinstance(value, str | bytes):
        for read in (float, _item):
            try:
                return float(read(value))
            except Exception:  # noqa: S112 (whatever a library raises: it is no number)
                continue
    raise TypeError(f"{name}: a number is logged, got {_shown(value)}")


def _item(value: Any) -> Any:
    return value.item()


def _shown(value: Any) -> str:
    return repr(value)[:40] if value is None or isinstance(value, str | bytes) else f"a {type(value).__name__}"
