"""What a fuzzer needs to know of a reader of bytes from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mlcore.errors import MljError


def _nothing(value: Any) -> bytes:
    raise NotImplementedError


class Reader(NamedTuple):
    """A reader, the errors it documents, and inputs it takes."""

    read: Callable[[bytes], object]
    errors: tuple[type[MljError], ...]
    seeds: tuple[bytes, ...]
    mended: Callable[[bytes], bytes] = (
        bytes  # an input with the checksums it should have, so that mutants get past them
    )
    values: tuple[Any, ...] = ()  # plain values, changed as such
    written: Callable[[Any], bytes] = _nothing  # the input that says a value
