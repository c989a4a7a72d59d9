"""Numbers of any library as floats, outside of the loop that has them.

What lies on a device (a tensor on a GPU) is fetched together, one transfer for all that came in since the last, at most
ten a second: a loop that logs the loss of every step as it is never waits for its GPU. One that wants to wait logs
`loss.item()`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Entry: TypeAlias = tuple[Any, float, Mapping[str, Any]]
"""One call of `log`: the step, when it was, and numbers by name, as they were given. A plain tuple, for speed."""


def fetch(entries: Sequence[Entry]) -> dict[int, float]:
    """The numbers of PyTorch's tensors, by `id`: one operation and one transfer for all that are alike."""
    torch = sys.modules.get("torch")  # who has a tensor has imported it
    if torch is None:
        return {}
    alike: dict[Any, dict[int, Any]] = {}
    for _, _, values in entries:
        for value in values.values():
            if value.__class__ is not float and isinstance(value, torch.Tensor) and value.numel() == 1:
                alike.setdefault((value.device, value.dtype, value.shape), {})[id(value)] = value
    found: dict[int, float] = {}
    for own in alike.values():
        found |= zip(own, torch.stack([*own.values()]).reshape(-1).double().tolist(), strict=True)
    return found


def number(name: str, value: Any) -> float:
    """A number, or an array of one number, as a float. Raises TypeError."""
    if value is not None and not isinstance(value, str | bytes):
        for read in (float, _item):
            try:
                return float(read(value))
            except Exception:
                continue
    raise TypeError(f"{name}: a number is logged, got {_shown(value)}")


def _item(value: Any) -> Any:
    return value.item()


def _shown(value: Any) -> str:
    return repr(value)[:40] if value is None or isinstance(value, str | bytes) else f"a {type(value).__name__}"
