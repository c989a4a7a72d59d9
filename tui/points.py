"""Points of a plane, by where they lie: the next one in a direction. No Textual here."""

from __future__ import annotations

from typing import Any

STRIDE = 0.012  # of the picture's width: a step that can be seen
ASIDE = 3.0  # times as far as a point ahead is one beside it


def ahead(x: Any, y: Any, here: int, right: int, up: int) -> int:
    """The nearest point from the one at `here` to the right (1) or left (-1), or up (1) or down (-1).

    x, y [n]. Where nothing lies in that direction it is the point itself.
    """
    across, above = _unit(x), _unit(y)
    across, above = across - across[here], above - above[here]
    along, aside = (across * right, abs(above)) if right else (above * up, abs(across))
    found = (along >= STRIDE).nonzero()[0]
    if not len(found):  # the last bit of the way
        found = (along > 0).nonzero()[0]
    return int(found[(along[found] + ASIDE * aside[found]).argmin()]) if len(found) else here


def _unit(values: Any) -> Any:
    """Values between 0 and 1."""
    low, high = values.min(), values.max()
    return (values - low) / ((high - low) or 1.0)
