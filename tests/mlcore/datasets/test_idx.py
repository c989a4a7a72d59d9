"""The IDX reader: what is right is read, everything else is refused with a reason and without much memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlcore.datasets import idx
from mlcore.errors import DataError, MljError, StorageError


def packed(*shape, kind=8, body=None):
    values = bytes(i % 251 for i in range(int(np.prod(shape)))) if body is None else body
    return struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape) + values


@pytest.mark.parametrize("shape", [(5,), (3, 4), (7, 28, 28), (2, 3, 4, 5)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", ["digits-ubyte", "digits-ubyte.gz"])
def test_arrays_are_read_packed_or_not_whatever_the_name(tmp_path, shape, pack, name):
    path = tmp_path / name
    path.write_bytes(pack(packed(*shape)))
    found = idx.read(path)
    assert found.dtype == np.uint8 and found.shape == shape
    assert np.array_equal(found.ravel(), np.arange(np.prod(shape)) % 251)


HOSTILE = {
    "empty": (b"", "DATA_EMPTY"),
    "one byte": (b"\0", "DATA_FORMAT"),
    "two bytes of gzip": (b"\x1f\x8b", "DATA_TRUNCATED"),
    "a text": (b"<html>not found</html>", "DATA_FORMAT"),
    "wrong magic": (b"\1\0" + packed(3)[2:], "DATA_FORMAT"),
    "little-endian magic": (packed(3)[3::-1] + packed(3)[4:], "DATA_FORMAT"),
    "float values": (packed(2, kind=0x0D, body=bytes(8)), "DATA_DTYPE"),
    "no dimensions": (packed(body=b"\0"), "DATA_DTYPE"),
    "five dimensions": (packed(1, 1, 1, 1, 1), "DATA_DTYPE"),
    "255 dimensions": (b"\0\0\x08\xff" + bytes(20), "DATA_DTYPE"),
    "header cut": (packed(3, 4)[:9], "DATA_TRUNCATED"),
    "one value missing": (packed(10)[:-1], "DATA_TRUNCATED"),
    "no values at all": (packed(10, body=b""), "DATA_TRUNCATED"),
    "one value too many": (packed(10) + b"\0", "DATA_FORMAT"),
    "zero rows": (packed(0, 28, 28), "DATA_EMPTY"),
    "zero beside huge": (packed(0, 2**32 - 1, 2**32 - 1), "DATA_LIMIT"),
    "more than allowed": (packed(2**31, body=b""), "DATA_LIMIT"),
    "a product that overflows 64 bits": (packed(2**32 - 1, 2**32 - 1, 2**32 - 1, body=b""), "DATA_LIMIT"),
    "as many as allowed, but absent": (packed(2**30, body=b""), "DATA_TRUNCATED"),
    "gzip cut": (gzip.compress(packed(1000))[:-9], "DATA_TRUNCATED"),
    "gzip with a wrong sum": (gzip.compress(packed(1000))[:-8] + bytes(8), "DATA_FORMAT"),
    "gzip with a broken stream": (gzip.compress(packed(1000))[:12] + b"\xff" * 40, "DATA_FORMAT"),
    "gzip with text behind": (gzip.compress(packed(1000)) + b"more", "DATA_FORMAT"),
    "gzip of gzip": (gzip.compress(gzip.compress(packed(10))), "DATA_FORMAT"),
    "two gzip members": (gzip.compress(packed(10)) + gzip.compress(b"more"), "DATA_FORMAT"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_by_name_with_little_memory(tmp_path, case):
    content, code = HOSTILE[case]
    path = tmp_path / "hostile"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        idx.read(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == code
    assert str(path) in str(caught.value) and caught.value.where == str(path) and caught.value.hint
    assert most < 8 << 20


def test_a_gzip_bomb_is_read_no_further_than_its_header_promises(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(packed(1000) + bytes(300 << 20), 1))
    assert path.stat().st_size < 4 << 20
    tracemalloc.start()
    with pytest.raises(DataError, match="goes on after the 1,000 values"):
        idx.read(path)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_the_limit_can_be_set(tmp_path):
    path = tmp_path / "ten"
    path.write_bytes(packed(10))
    assert len(idx.read(path, largest=10)) == 10
    with pytest.raises(DataError, match="more than the 9 allowed"):
        idx.read(path, largest=9)


def test_another_content_than_the_published_is_refused_with_both_sums(tmp_path):
    path = tmp_path / "ten"
    path.write_bytes(gzip.compress(packed(10)))
    right = hashlib.sha256(packed(10)).hexdigest()
    assert len(idx.read(path, sha256=right)) == 10
    with pytest.raises(DataError, match=right) as caught:
        idx.read(path, sha256="0" * 64)
    assert caught.value.code == "DATA_CHECKSUM" and "0" * 64 in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=64).map(lambda tail: b"\0\0\x08" + tail) | st.binary(max_size=64))
@example(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
def test_random_bytes_give_an_array_or_our_own_error(content):
    try:
        found = idx.decode(io.BytesIO(content), "random")
    except MljError:
        return
    assert found.size == len(content) - 4 - 4 * content[3]


def test_every_single_byte_change_of_a_packed_file_is_noticed():
    good = gzip.compress(packed(6, 5), mtime=0)
    sum_of_good = hashlib.sha256(packed(6, 5)).hexdigest()
    for place in range(len(good)):
        bad = good[:place] + bytes([good[place] ^ 0x40]) + good[place + 1 :]
        try:
            found = idx.decode(io.BytesIO(bad), "bad", sha256=sum_of_good)
        except DataError:
            continue
        assert np.array_equal(found, idx.decode(io.BytesIO(good), "good"))  # gzip's time stamp and the like


@pytest.mark.timeout(10)
def test_what_is_no_file_is_refused_at_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DataError) as caught:
        idx.read(pipe)
    assert caught.value.code == "DATA_NOT_REGULAR"
    with pytest.raises(MljError):
        idx.read(tmp_path)
    with pytest.raises(StorageError, match="cannot read"):
        idx.read(tmp_path / "absent")
