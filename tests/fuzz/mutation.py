"""Inputs that are nearly right: bytes and plain values with a few things changed, as in damaged or hostile files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

EDGES = (0, 1, 2, 7, 8, 127, 128, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, 2**48, 2**63 - 1, 2**64 - 1)
WORDS = (
    b"\0",
    b"\n",
    b"\r\n",
    b'"',
    b",",
    b";",
    b"-1",
    b"1e999",
    b"nan",
    b"9" * 40,
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x1b[2J",
)
DEEP: list[Any] = []
for _ in range(60):
    DEEP = [DEEP]
SCALARS = (
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**53, 2**64, -(2**63), 0.5, -0.0, 1e308, float("inf"), float("nan")),
    *("", "relu", "adam", "\x1b[2J", "\u202etxt", "../../etc/passwd", "x" * 5000, "9" * 400),
    *([], {}, [1, [2, [3]]], {"kind": "adam"}, DEEP),
)


def mutated(data: bytes, others: Sequence[bytes], some: random.Random) -> bytes:
    """`data` after one to six changes; `others` are inputs to take pieces from."""
    found = bytearray(data)
    for _ in range(1 + int(some.expovariate(0.7))):
        CHANGES[int(some.random() * len(CHANGES))](found, others, some)
    return bytes(found)


def _span(found: bytearray, some: random.Random) -> tuple[int, int]:
    """A piece: short, for most damage is."""
    first = some.randrange(len(found) + 1)
    return first, min(len(found), first + 1 + int(some.expovariate(0.1)))


def _flip(found: bytearray, _: Sequence[bytes], some: random.Random) -> None:
    if found:
        found[some.randrange(len(found))] ^= 1 << some.randrange(8)


def _byte(found: bytearray, _: Sequence[bytes], some: random.Random) -> None:
    if found:
        found[some.randrange(len(found))] = some.randrange(256)


def _number(found: bytearray, _: Sequence[bytes], some: random.Random) -> None:
    """A number of one to eight bytes on the edge of something."""
    size = some.choice((1, 2, 4, 8))
    if len(found) >= size:
        place = (
            some.randrange(len(found) - size + 1)
            if some.random() < 0.5
            else some.randrange(min(64, len(found) - size + 1))
        )
        value = some.choice(EDGES) & (256**size - 1)
        found[place : place + size] = value.to_bytes(size, some.choice(("little", "big")))


def _cut(found: bytearray, _: Sequence[bytes], some: random.Random) -> None:
    first, end = _span(found, some)
    del found[first : end if some.random() < 0.8 else len(found)]


def _again(found: bytearray, _: Sequence[bytes], some: random.Random) -> None:
    first, end = _span(found, some)
    found[first:first] = found[first:end] * (1 + int(some.expovariate(0.2)))


def _word(found: bytearray, _: Sequence[bytes], some: random.Random) -> None:
    place = some.randrange(len(found) + 1)
    word = some.choice(WORDS)
    found[place : place + (len(word) if some.random() < 0.5 else 0)] = word


def _piece(found: bytearray, others: Sequence[bytes], some: random.Random) -> None:
    """A piece of another input in place of one of this."""
    other = bytearray(some.choice(others))
    first, end = _span(found, some)
    start, stop = _span(other, some) if some.random() < 0.7 else (some.randrange(len(other) + 1), len(other))
    found[first:end] = other[start:stop]


CHANGES = (_flip, _byte, _number, _number, _cut, _again, _word, _piece)


def altered(value: Any, some: random.Random) -> Any:
    """A copy of a plain value with one place in it changed."""
    if isinstance(value, dict) and value and some.random() < 0.85:
        found = dict(value)
        key = some.choice(list(found))
        if some.random() < 0.12:
            del found[key]
        elif some.random() < 0.12:
            found[some.choice(("", "kind", "\x1b[2J", "x" * 200, str(key) + "_"))] = found[key]
        else:
            found[key] = altered(found[key], some)
        return found
    if isinstance(value, list | tuple) and value and some.random() < 0.85:
        items = list(value)
        place = some.randrange(len(items))
        items[place : place + 1] = [[], [items[place]] * 2, [altered(items[place], some)]][
            min(2, int(some.expovariate(0.1)))
        ]
        return items
    if isinstance(value, str) and value and some.random() < 0.6:
        return mutated(value.encode(), [value.encode(), b"4 relu | 3 tanh"], some).decode("utf-8", "replace")
    if isinstance(value, int | float) and some.random() < 0.4:
        return value + some.choice((-1, 1, 0.5, 1 << 20))
    return some.choice(SCALARS)
