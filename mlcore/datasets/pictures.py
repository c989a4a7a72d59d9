"""Pictures in files: PNG, PGM and PPM of 8 bits a value, read strictly, and folders of them, one a class.

PNG: a signature, then chunks of length, name, bytes and a checksum; the bytes of all IDAT chunks together are a zlib
stream of rows, each one after a byte that names its filter (W3C, "Portable Network Graphics", second edition). PGM and
PPM: P5 or P6, width, height, the brightest value, then the bytes (netpbm). Colours become grey as 0.299 R + 0.587 G +
0.114 B (ITU-R BT.601). Palettes, transparency, interlacing and 16 bits are refused.
"""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mlcore.datasets.dataset import Array
from mlcore.errors import DataError
from mlcore.regular import refused, whole

LARGEST_FILE = 64 << 20  # bytes of one picture's file
LARGEST_PICTURE = 1 << 24  # pixels of one picture
LARGEST = 1 << 30  # pixels of all together
MOST = 1_000_000  # pictures
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOUR = 0, 2  # what PNG calls them
CHANNELS = {GREY: 1, COLOUR: 3}
READ = (".png", ".pgm", ".ppm")
OTHERS = (".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
HINT = "PNG of 8 bits, grey or RGB, without transparency, and PGM and PPM are read; convert it"


class Album(NamedTuple):
    """Grey pictures x [n, height, width] uint8, class numbers y [n], and what the classes are called."""

    x: Array
    y: Array
    classes: tuple[str, ...]


def read_folder(folder: Path) -> Album:
    """The pictures in the folders of a folder: one folder a class, named like it; all of one size.

    Classes and pictures are taken in the order of their names; hidden files are left out. Raises DataError naming the
    first file that does not fit, StorageError where the disk refuses.
    """
    found = {
        place.name: [path for path in _listed(place) if _wanted(path)] for place in _listed(folder) if place.is_dir()
    }
    classes = [name for name, paths in found.items() if paths]
    names = [(k, path) for k, name in enumerate(classes) for path in found[name]]
    if not names:
        hint = "put the pictures of each class into a folder of its own in there"
        raise DataError(f"{folder} holds no folders of pictures", code="DATA_EMPTY", where=str(folder), hint=hint)
    if len(names) > MOST:
        raise _error(f"holds {len(names):,} pictures, more than the {MOST:,} allowed", "DATA_LIMIT", folder)
    first = read(names[0][1])
    if first.size * len(names) > LARGEST:
        message = f"holds {len(names):,} pictures of {first.size:,} pixels, more than {LARGEST:,} together"
        raise _error(message, "DATA_LIMIT", folder)
    x = np.empty((len(names), *first.shape), np.uint8)
    for place, (_, path) in enumerate(names):
        picture = read(path)
        if picture.shape != first.shape:
            (height, width), (high, wide) = picture.shape, first.shape
            message = f"has {width} x {height} pixels, {names[0][1].name} has {wide} x {high}"
            raise DataError(f"{path} {message}", code="DATA_SCHEMA", where=str(path), hint="bring all to one size")
        x[place] = picture
    return Album(x, np.array([k for k, _ in names], np.int32), tuple(classes))


def _listed(folder: Path) -> list[Path]:
    """What a folder holds, in the order of names, without what is hidden."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise refused(folder, error) from None


def _wanted(path: Path) -> bool:
    """Whether a file is a picture; raises DataError for a picture of a kind that is not read."""
    if path.suffix.lower() in OTHERS:
        raise _error(f"is a picture of a kind that is not read ({path.suffix})", "DATA_FORMAT", path)
    return path.suffix.lower() in READ


def read(path: Path) -> Array:
    """A picture in grey [height, width] uint8. Raises DataError when it is none, or one of another kind."""
    found = whole(path, LARGEST_FILE)
    if found.startswith(SIGNATURE):
        return _png(memoryview(found), str(path))
    if found[:2] in (b"P5", b"P6"):
        return _netpbm(found, str(path))
    raise _error("is not a picture that can be read", "DATA_FORMAT", path)


def _netpbm(found: bytes, where: str) -> Array:
    head = re.match(rb"P([56])\s+(?:#[^\n]*\n\s*)*(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s", found)
    if head is None:
        raise _error("has a damaged header", "DATA_FORMAT", where)
    channels, (width, height, brightest) = 1 if head[1] == b"5" else 3, map(int, head.group(2, 3, 4))
    if not 1 <= brightest <= 255:
        raise _error(f"has values up to {brightest:,}, expected up to 255", "DATA_DTYPE", where)
    size = _size(width, height, where) * channels
    if len(found) - head.end() != size:
        message = f"promises {size:,} bytes of pixels and holds {len(found) - head.end():,}"
        raise _error(message, "DATA_TRUNCATED", where)
    values = np.frombuffer(found, np.uint8, size, head.end()).reshape(height, width, channels)
    if brightest < 255:
        values = np.minimum(values.astype(np.uint16) * 255 // brightest, 255).astype(np.uint8)
    return _grey(values)


def _png(found: memoryview, where: str) -> Array:
    header, packed = b"", bytearray()
    for name, body in _chunks(found, where):
        if not header and name != b"IHDR":
            raise _error("does not begin with its header", "DATA_FORMAT", where)
        if name == b"IHDR":
            header = bytes(body)
        elif name == b"IDAT":
            packed += body
        elif name == b"tRNS":
            raise _error("has transparent pixels", "DATA_DTYPE", where)
    width, height, channels = _described(header, where)
    row = 1 + width * channels
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(packed, height * row + 1)  # one more than there may be: no bomb goes off
    except zlib.error as error:
        raise _error(f"is damaged: {error}", "DATA_FORMAT", where) from None
    if len(raw) != height * row or not unpacker.eof:
        raise _error(f"does not hold the {width} x {height} pixels it promises", "DATA_TRUNCATED", where)
    lines = np.frombuffer(raw, np.uint8).reshape(height, row)
    return _grey(_unfiltered(lines[:, 0], lines[:, 1:], channels, where).reshape(height, width, channels))


def _chunks(found: memoryview, where: str) -> list[tuple[bytes, memoryview]]:
    """Name and bytes of each chunk, its checksum right, up to the one that ends the picture."""
    chunks, place = [], len(SIGNATURE)
    while True:
        if len(found) - place < 12:
            raise _error("ends before its last chunk", "DATA_TRUNCATED", where)
        size, name = struct.unpack_from(">I4s", found, place)
        if size > len(found) - place - 12:
            raise _error("ends inside a chunk", "DATA_TRUNCATED", where)
        body = found[place + 8 : place + 8 + size]
        if zlib.crc32(found[place + 4 : place + 8 + size]) != struct.unpack_from(">I", found, place + 8 + size)[0]:
            raise _error(f"is damaged: the checksum of {name!r:.20} is wrong", "DATA_FORMAT", where)
        chunks.append((name, body))
        place += 12 + size
        if name == b"IEND":
            return chunks


def _described(header: bytes, where: str) -> tuple[int, int, int]:
    """Width, height and channels of a PNG's header."""
    if len(header) != 13:
        raise _error("has no whole header", "DATA_FORMAT", where)
    width, height, bits, kind, packing, filters, interlaced = struct.unpack(">IIBBBBB", header)
    if bits != 8 or kind not in CHANNELS or packing or filters or interlaced:
        kinds = {GREY: "grey", COLOUR: "RGB", 3: "palette", 4: "grey and transparency", 6: "RGB and transparency"}
        laced = ", interlaced" if interlaced else ""
        message = f"is a PNG of {bits} bits, {kinds.get(kind, 'unknown colours')}{laced}"
        raise _error(message, "DATA_DTYPE", where)
    _size(width, height, where)
    return width, height, CHANNELS[kind]


def _size(width: int, height: int, where: str) -> int:
    """Pixels of a picture, if it has any and not too many."""
    if not width or not height:
        raise _error(f"has {width} x {height} pixels", "DATA_EMPTY", where)
    if width * height > LARGEST_PICTURE:
        message = f"promises {width} x {height} pixels, more than the {LARGEST_PICTURE:,} allowed"
        raise _error(message, "DATA_LIMIT", where)
    return width * height


def _unfiltered(filters: Array, lines: Array, step: int, where: str) -> Array:
    """Rows [height, bytes] without their filters: each value was stored as its distance from one beside or above it."""
    done, above = np.empty_like(lines), np.zeros(lines.shape[1], np.uint8)
    for place, (kind, line) in enumerate(zip(filters.tolist(), lines, strict=True)):
        if kind == 0:
            done[place] = line
        elif kind == 1:  # from the pixel on the left: a running sum
            done[place] = np.add.accumulate(line.reshape(-1, step), axis=0, dtype=np.uint8).ravel()
        elif kind == 2:
            done[place] = line + above
        elif kind in (3, 4):
            done[place] = np.frombuffer(_recursive(kind, bytearray(line), above.tobytes(), step), np.uint8)
        else:
            raise _error(f"is damaged: row {place} has filter {kind}", "DATA_FORMAT", where)
        above = done[place]
    return done


def _recursive(kind: int, line: bytearray, above: bytes, step: int) -> bytearray:
    """A row stored as distances from the mean of left and above (3), or from the nearest guess (4, Paeth)."""
    for i in range(len(line)):
        left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
        up = above[i]
        if kind == 3:
            guess = (left + up) // 2
        else:
            across, down, both = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            guess = left if across <= down and across <= both else up if down <= both else corner
        line[i] = (line[i] + guess) & 255
    return line


def _grey(values: Array) -> Array:
    """Pixels [height, width, 1 or 3] as [height, width]."""
    if values.shape[2] == 1:
        return values[:, :, 0].copy()
    grey: Array = np.rint(values @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
    return grey


def _error(what: str, code: str, where: object) -> DataError:
    return DataError(f"{where} {what}", code=code, where=str(where), hint=HINT)
