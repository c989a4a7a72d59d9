"""The scan of a table's bytes: the same in C and in Python, and the first fault by its line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlcore import kernels
from mlcore.tables import scan as module
from mlcore.tables.content import Text
from mlcore.tables.format import Dialect
from mlcore.tables.scan import AFTER, ENCODING, LONG, NUL, OPEN, RAGGED, Scan, slowly
from tests.kernels.ground import TIERS

PIECES = st.sampled_from(
    [
        *(b"%c" % c for c in b',;\t|" \n\r'),
        *(b"\r\n", b"a", b"12", b"\xc3\xa9", b'""', b"'", b"a,b\n", b"1,2\r\n", b"," * 9, b"x" * 63, b"word," * 20),
        *(b" " * 70, b'"q,\n"', b"\xf0\x9f\x90\x8d", b"1,2,3\n" * 30, b"one;two\n" * 12),
    ]
)
CHUNKS = st.sampled_from([9, 64, 100, 1 << 19])
RARE = st.sampled_from([b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe0\x80\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"])
TEXTS = st.lists(PIECES, max_size=30).map(b"".join) | st.lists(PIECES | RARE, max_size=30).map(b"".join)


def scan(data: bytes, way: Dialect, longest: int = 1 << 17, chunk: int = 1 << 19) -> Scan:
    return module.scan(Text(io.BytesIO(data)), way, longest, chunk)


def dialect(delimiter: str = ",", quote: str = '"') -> Dialect:
    return Dialect(delimiter, quote, ".", "", frozenset(("",)))


@pytest.mark.parametrize("tier", TIERS)
@settings(max_examples=300, deadline=None)
@given(
    TEXTS, st.sampled_from(",;\t| "), st.sampled_from(['"', "'", ""]), st.sampled_from([1 << 17, 64, 65, 70]), CHUNKS
)
@example(b" \r\n, \n", ",", '"', 64, 9)
def test_c_and_python_find_the_same(tier, data: bytes, delimiter: str, quote: str, longest: int, chunk: int) -> None:
    with kernels.use(tier):
        fast = scan(data, dialect(delimiter, quote), longest, chunk)
    slow = slowly(data, dialect(delimiter, quote), longest)
    if fast.fault or slow.fault:  # how far they had come says nothing
        fast, slow = (each._replace(padded=False, returns=False) for each in (fast, slow))
    assert fast == slow


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map(b"".join), st.sampled_from([",", ";", "|"]))
def test_records_are_those_of_pythons_csv(data: bytes, delimiter: str) -> None:
    text = data.decode().replace("\t", " ")
    found = scan(text.encode(), dialect(delimiter))
    rows = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True):
            if cells and cells != [""]:
                rows.append(len(cells))
    except csv.Error:
        assert found.fault in (OPEN, AFTER, RAGGED)
        return
    if found.fault:
        assert found.fault == RAGGED and (len(set(rows)) > 1 or '""' in text)
    elif found.fields > 1:
        assert rows == [found.fields] * found.records
    else:
        assert len(rows) <= found.records and set(rows) <= {1}


@pytest.mark.parametrize("look", [scan, slowly])
@pytest.mark.parametrize("padding", [0, 200])
@pytest.mark.parametrize(
    ("data", "fault", "line", "found"),
    [
        (b"1,2\n3,4\n", 0, 3, 0),
        (b"1,2\n3\n", RAGGED, 2, 1),
        (b'1,2\n"a\nb",3\n4,5,6\n', RAGGED, 4, 3),
        (b'1,2\n1,"a\nb",9\n', RAGGED, 2, 3),
        (b'1,2\n3,"4\n5,6\n', OPEN, 2, 0),
        (b'1,2\n3,"4"x\n', AFTER, 2, 0),
        (b"1,2\n\n3,\0\n", NUL, 3, 0),
        (b"1,2\r3,\xff\n", ENCODING, 2, 0),
        (b"1,2\n3,\xe2\x82", ENCODING, 2, 0),
        (b"1," + b"2" * (1 << 17) + b"2\n", LONG, 1, 0),
    ],
)
def test_the_first_fault_is_named_by_its_line(look, padding, data, fault, line, found) -> None:
    lines = b"5,6\n" * padding
    seen = look(lines + data, dialect())
    assert (seen.fault, seen.line - padding, seen.found) == (fault, line, found)


def test_a_quote_never_closed_is_found_after_as_much_as_a_field_may_hold() -> None:
    data = b'1,2\n3,"' + b"5,6\n" * (25 << 20)
    seen = scan(data, dialect())
    assert (seen.fault, seen.line) == (LONG, 2)


def test_blanks_may_be_what_parts_the_fields() -> None:
    seen = scan(b"  a   b\tc \n1 2  3\n\n \t\n'4 5' 6 7", dialect(" ", "'"))
    assert (seen.records, seen.fields, seen.fault) == (3, 3, 0)
