"""Whatever bytes a reader is given, it answers with a value or an error it documents, soon and in little memory."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from mlcore.errors import DataError
from tests.fuzz.campaign import Found, fuzz
from tests.fuzz.reader import Reader
from tests.fuzz.readers import READERS

SECONDS = float(os.environ.get("MLJ_FUZZ_SECONDS", "1"))

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", READERS)
def test_any_bytes_are_a_value_or_a_documented_error(name: str) -> None:
    assert fuzz(READERS[name], seconds=SECONDS) > 100 * SECONDS


def forgets_a_case(data: bytes) -> object:
    if b"\xff" in data:
        raise KeyError("ff")
    return data


def takes_what_a_file_promises(data: bytes) -> object:
    return bytearray(int.from_bytes(data[1:6], "big"))


def takes_its_time(data: bytes) -> object:
    began = time.process_time()
    while data[:1] != b"a" and time.process_time() - began < 1.1:
        pass
    return data


def crashes(data: bytes) -> object:
    if data[:1] != b"a":
        os.kill(os.getpid(), signal.SIGKILL)
    return data


def raises_another_kind(data: bytes) -> object:
    if len(data) > 9:
        raise DataError("too long", code="DATA_LIMIT")
    return data


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (forgets_a_case, "KeyError"),
        (takes_what_a_file_promises, "MemoryError"),
        (takes_its_time, "1.1 s for"),
        (crashes, "ended with -9"),
        (raises_another_kind, "DataError: too long"),
    ],
)
def test_a_reader_with_a_mistake_is_found_and_its_input_kept(read, told: str) -> None:
    with pytest.raises(Found, match=told) as caught:
        fuzz(lambda: Reader(read, (), (b"a\0\0\0\0\0\0",)), executions=20_000)
    kept = Path(str(caught.value).rpartition("the input is in ")[2].split(": ")[0])
    assert kept.read_bytes()
    kept.unlink()
