"""Pictures: what is right is read, whatever its filters; all else is refused with little memory."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.datasets import pictures
from mlcore.errors import DataError, MljError


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def paeth(left, up, corner):
    guess = left + up - corner
    away = [abs(guess - value) for value in (left, up, corner)]
    return (left, up, corner)[away.index(min(away))]


def filtered(kind, row, above, step):
    """A row as filter `kind` stores it, written from the standard's own formulas."""
    out = bytearray([kind])
    for i, value in enumerate(row):
        left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
        guess = (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]
        out.append((value - guess) % 256)
    return bytes(out)


def png(pixels, filters=(0,), header=None, body=None, extra=b""):
    """A picture [height, width] or [height, width, 3] as PNG, its rows through the filters in turn."""
    height, width, step = pixels.shape[0], pixels.shape[1], 1 if pixels.ndim == 2 else 3
    rows = [row.ravel().tolist() for row in pixels]
    above = [[0] * (width * step), *rows[:-1]]
    raw = b"".join(filtered(filters[n % len(filters)], row, above[n], step) for n, row in enumerate(rows))
    header = header or struct.pack(">IIBBBBB", width, height, 8, 0 if step == 1 else 2, 0, 0, 0)
    packed = zlib.compress(raw) if body is None else body
    middle = len(packed) // 2
    parts = chunk(b"IHDR", header) + chunk(b"tIME", b"1234567") + extra
    return (
        pictures.SIGNATURE
        + parts
        + chunk(b"IDAT", packed[:middle])
        + chunk(b"IDAT", packed[middle:])
        + chunk(b"IEND", b"")
    )


PIXELS = np.random.RandomState(1).randint(0, 256, (9, 7)).astype(np.uint8)
COLOURS = np.random.RandomState(2).randint(0, 256, (9, 7, 3)).astype(np.uint8)
GREY = np.rint(COLOURS @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def put(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("filters", [(0,), (1,), (2,), (3,), (4,), (4, 3, 2, 1, 0)])
def test_a_png_is_read_through_every_filter(tmp_path, filters):
    assert np.array_equal(pictures.read(put(tmp_path, png(PIXELS, filters))), PIXELS)
    assert np.array_equal(pictures.read(put(tmp_path, png(COLOURS, filters))), GREY)


def test_pgm_and_ppm_are_read_with_comments_and_a_brightest_value(tmp_path):
    assert np.array_equal(pictures.read(put(tmp_path, b"P5\n# made by hand\n7 9 255\n" + PIXELS.tobytes())), PIXELS)
    assert np.array_equal(pictures.read(put(tmp_path, b"P6 7 9\n255\n" + COLOURS.tobytes())), GREY)
    assert pictures.read(put(tmp_path, b"P5 2 1 15 \x00\x0f")).tolist() == [[0, 255]]


def described(width=7, height=9, bits=8, kind=0, laced=0):
    return struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, laced)


HOSTILE = {
    "empty": (b"", "DATA_EMPTY"),
    "a text": (b"hello", "DATA_FORMAT"),
    "a signature alone": (pictures.SIGNATURE, "DATA_TRUNCATED"),
    "cut": (png(PIXELS)[:-13], "DATA_TRUNCATED"),
    "a wrong checksum": (png(PIXELS).replace(b"tIME1", b"tIME2"), "DATA_FORMAT"),
    "no header": (pictures.SIGNATURE + chunk(b"IDAT", b"") + chunk(b"IEND", b""), "DATA_FORMAT"),
    "a chunk that promises 4 GB": (pictures.SIGNATURE + b"\xff\xff\xff\xffIHDR" + bytes(20), "DATA_TRUNCATED"),
    "16 bits": (png(PIXELS, header=described(bits=16)), "DATA_DTYPE"),
    "a palette": (png(PIXELS, header=described(kind=3)), "DATA_DTYPE"),
    "transparency": (png(PIXELS, header=described(kind=6)), "DATA_DTYPE"),
    "one transparent colour": (png(PIXELS, extra=chunk(b"tRNS", b"\0\0")), "DATA_DTYPE"),
    "interlaced": (png(PIXELS, header=described(laced=1)), "DATA_DTYPE"),
    "no pixels": (png(PIXELS, header=described(width=0)), "DATA_EMPTY"),
    "more than allowed": (png(PIXELS, header=described(2**31, 2**31)), "DATA_LIMIT"),
    "more than it holds": (png(PIXELS, header=described(height=10)), "DATA_TRUNCATED"),
    "fewer than it holds": (png(PIXELS, header=described(height=8)), "DATA_TRUNCATED"),
    "no zlib stream": (png(PIXELS, body=b"abcdef"), "DATA_FORMAT"),
    "an unknown filter": (png(PIXELS, body=zlib.compress((b"\x05" + bytes(7)) * 9)), "DATA_FORMAT"),
    "a bomb": (png(PIXELS, body=zlib.compress(bytes(100 << 20))), "DATA_TRUNCATED"),
    "a pgm of 16 bits": (b"P5 1 1 65535 ab", "DATA_DTYPE"),
    "a pgm cut": (b"P5 9 9 255 abc", "DATA_TRUNCATED"),
    "a pgm without numbers": (b"P5 a b c", "DATA_FORMAT"),
    "a pgm that promises all": (b"P5 999999999 999999999 255 a", "DATA_LIMIT"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_picture_is_refused_with_little_memory(tmp_path, case):
    content, code = HOSTILE[case]
    path = put(tmp_path, content)
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        pictures.read(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.code == code and str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert most < 8 << 20


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, len(png(PIXELS)) - 1), bit=st.integers(0, 7))
def test_a_changed_bit_gives_a_picture_or_our_own_error(tmp_path_factory, place, bit):
    content = bytearray(png(PIXELS))
    content[place] ^= 1 << bit
    path = tmp_path_factory.getbasetemp() / "changed.png"
    path.write_bytes(bytes(content))
    with contextlib.suppress(MljError):
        assert pictures.read(path).shape == PIXELS.shape


def test_a_folder_names_what_does_not_fit(tmp_path):
    with pytest.raises(DataError, match="holds no folders of pictures"):
        pictures.read_folder(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(png(PIXELS))
    assert pictures.read_folder(tmp_path).classes == ("a", "b")
    (tmp_path / "b" / "2.png").write_bytes(png(PIXELS[:5]))
    with pytest.raises(DataError, match="2.png has 7 x 5 pixels, 1.png has 7 x 9"):
        pictures.read_folder(tmp_path)
    (tmp_path / "b" / "2.png").rename(tmp_path / "b" / "2.jpg")
    with pytest.raises(DataError, match=r"2.jpg is a picture of a kind that is not read \(.jpg\)"):
        pictures.read_folder(tmp_path)
