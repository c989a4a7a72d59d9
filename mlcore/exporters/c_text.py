"""Text and numbers as C has them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np


def quoted(text: str) -> str:
    """A string literal whose every unusual byte is an octal escape: no quote, no trigraph, no comment gets through."""
    data = text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("latin-1")
    return '"' + re.sub(r"[^A-Za-z0-9 _.,:+-]", lambda found: f"\\{ord(found[0]):03o}", data) + '"'


def literal(value: float | np.floating[Any]) -> str:
    """0x1.8p+1: the number itself, without the zeros Python writes behind it; 0x1.8p+1f if it is a float32."""
    return re.sub(r"\.?0*p", "p", float(value).hex(), count=1) + ("f" if isinstance(value, np.float32) else "")
