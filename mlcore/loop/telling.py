"""Saying what goes wrong beside a loop, without stopping it."""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress


def say(text: str) -> None:
    """A warning, never an error: where warnings are errors it is a line on stderr."""
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    except Warning:
        with suppress(Exception):
            print(text, file=sys.stderr)
