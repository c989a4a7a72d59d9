"""Names and numbers as C source holds them: nothing from outside leaves its quotes, and every number is exact."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from mlcore.exporters.stages import filled
from mlcore.layers.layer import Array


def words(name: str, size: str, texts: tuple[str, ...]) -> str:
    """An array of texts that other files see, or nothing where there are none; size: its name among the sizes."""
    if not texts:
        return ""
    cells, declared = filled([quoted(text) for text in texts], 4), f"const char *const {name}[{size}]"
    return f"extern {declared};\n{declared} = {{\n{cells}\n}};\n"


def quoted(text: str) -> str:
    """A string literal whose every unusual byte is an octal escape: no quote, no trigraph, no comment gets through."""
    data = text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("latin-1")
    return '"' + re.sub(r"[^A-Za-z0-9 _.,:+-]", lambda found: f"\\{ord(found[0]):03o}", data) + '"'


def array(name: str, values: Array) -> str:
    """A constant array, a matrix row by row."""
    kind = "double" if values.dtype == np.float64 else "float"
    body = filled([literal(value) for value in values.ravel()], 4)
    return f"\nstatic const {kind} {name}[{values.size}] = {{\n{body}\n}};\n"


def literal(value: float | np.floating[Any]) -> str:
    """0x1.8p+1: the number itself, without the zeros Python writes behind it; 0x1.8p+1f if it is a float32."""
    return re.sub(r"\.?0*p", "p", float(value).hex(), count=1) + ("f" if isinstance(value, np.float32) else "")
