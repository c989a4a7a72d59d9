"""Text that came from data, made safe to print: nothing in it can move a cursor, hide, or speak to the terminal."""

from __future__ import annotations

import re
import unicodedata

HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))

PLAIN = re.compile(
    r"[-+][0-9 +\-.,()/:]*"
)  # a dash, +49 (30) 1234-5, -1:30: calculated at worst, but nothing is called


def sanitize(text: object, limit: int = 120) -> str:
    """`text` with control, format and unassigned characters written out (`\\x1b`, `\\u202e`), cut at `limit` with …"""
    plain = str(text)
    cut = plain[:limit]
    if not cut.isprintable():
        cut = "".join(_visible(c) if unicodedata.category(c) in HIDDEN else c for c in cut)
    return cut if len(cut) <= limit and len(plain) <= limit else cut[: max(limit - 1, 0)] + "…"


def _visible(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def cell(text: object) -> str:
    """`text` as a cell of a CSV file whose formulas no spreadsheet runs: what may call one gets a leading apostrophe.

    A call takes a name, so what begins with a sign and has no letter stays as it is.
    """
    plain = str(text)
    if plain.startswith(("=", "+", "-", "@", "\t", "\r")) and not PLAIN.fullmatch(plain):
        try:
            float(plain)
        except ValueError:
            return "'" + plain
    return plain
