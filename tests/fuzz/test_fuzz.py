"""Whatever bytes a reader is given, it answers with a value or an error it documents, soon and in little memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlcore.errors import DataError
from tests.fuzz.campaign import Found, fuzz
from tests.fuzz.reader import Reader
from tests.fuzz.readers import readers

SECONDS = float(os.environ.get("MLJ_FUZZ_SECONDS", "2.2"))
READERS = {reader.name: reader for reader in readers()}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", READERS)
def test_any_bytes_are_a_value_or_a_documented_error(name: str) -> None:
    assert fuzz(READERS[name], seconds=SECONDS) > 300 * SECONDS


def _forgets_a_case(data: bytes) -> object:
    if b"\xff" in data:
        raise KeyError("ff")
    return data


def _takes_what_a_file_promises(data: bytes) -> object:
    return bytearray(int.from_bytes(data[:6], "big") % (1 << 33))


def _never_ends(data: bytes) -> object:
    return sum(range(10**9 if data[:1] == b"!" else 10))


def _crashes(data: bytes) -> object:
    if data[:1] != b"a":
        os.abort()
    return data


def _raises_another_kind(data: bytes) -> object:
    if len(data) > 4:
        raise DataError("too long", code="DATA_LIMIT")
    return data


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (_forgets_a_case, "KeyError"),
        (_takes_what_a_file_promises, "MemoryError"),
        (_crashes, "ended with -6"),
        (_raises_another_kind, "DataError"),
    ],
)
def test_a_reader_with_a_mistake_is_found_and_its_input_kept(read, told: str) -> None:
    reader = Reader("wrong", read, (), (b"abc",))
    with pytest.raises(Found, match=told) as caught:
        fuzz(reader, executions=20_000)
    Path(str(caught.value).rpartition("the input is in ")[2].split(": ")[0]).unlink()
