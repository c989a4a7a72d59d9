"""The text of mlcore.plots as rows: split at its colour codes, one style per code."""

from __future__ import annotations

import re
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.theme import STANDARD, paint
from tui.widgets.rows import PLAIN, row

SGR = re.compile(r"\x1b\[([0-9;]*)m")


@lru_cache(256)
def style_of(code: str) -> Style:
    """The style a colour code stands for; plots write foreground colours and resets, nothing else."""
    kind, _, value = code.removeprefix("38;").partition(";")
    if kind == "5":
        place = int(value)
        return paint(STANDARD[place] if place < 16 else f"color({place})")
    if kind == "2":
        return paint("#" + "".join(f"{int(part):02x}" for part in value.split(";")))
    return PLAIN


def strips(text: str, width: int) -> list[Strip]:
    """Lines of coloured text, each `width` cells, as rows."""
    return [_strip(line, width) for line in text.split("\n")]


def _strip(line: str, width: int) -> Strip:
    first, *rest = SGR.split(line)
    codes, texts = ["0", *rest[::2]], [first, *rest[1::2]]
    segments = [Segment(text, style_of(code)) for code, text in zip(codes, texts, strict=True) if text]
    strip = Strip(segments)
    return strip if strip.cell_length == width else row(((s.text, s.style or PLAIN) for s in segments), width)
