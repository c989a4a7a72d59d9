"""The filter language: equal to plain Python on random tables, the same as the pandas it says, and nothing else."""

from __future__ import annotations

import operator

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.errors import ConfigError, DataError
from mlcore.tables.expression import DEEPEST, LONGEST, parse
from mlcore.tables.steps import Filter
from tests.mlcore.tables.random_frames import FRAMES, frame_of, ran

SIGNS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def compared(sign: str, left: object, right: object) -> bool:
    """What pandas says of two values: of a missing one that it is unequal, and nothing else."""
    if left is None or right is None:
        return sign == "!="
    return bool(SIGNS[sign](left, right))


@st.composite
def leaves(draw):
    """A comparison as text, and as a function of a row (Kind, Sales, Unit price, Däte)."""
    sign, number = draw(st.sampled_from(list(SIGNS))), draw(st.integers(-12, 12)) / 4
    word = draw(st.sampled_from(["a", "Straße", "日本", "a b", "'"]))
    day = draw(st.dates(pd.Timestamp("2023-11-01").date(), pd.Timestamp("2024-03-01").date()))
    return draw(
        st.sampled_from(
            [
                (f"Sales {sign} {number}", lambda r: compared(sign, r[1], number)),
                (f"{number} {sign} Sales", lambda r: compared(sign, number, r[1])),
                (f"-1 < `Unit price` {sign} {number}", lambda r: r[2] > -1 and compared(sign, r[2], number)),
                (f"Kind {sign} {word!r}", lambda r: compared(sign, r[0], word)),
                (f"Däte {sign} '{day}'", lambda r: compared(sign, r[3], day)),
                (f"Däte {sign} '{day:%Y-%m}'", lambda r: compared(sign, r[3], day.replace(day=1))),
                (f"Däte {sign} '{day:%Y}'", lambda r: compared(sign, r[3], day.replace(month=1, day=1))),
                (f"Kind in ['a', {word!r}]", lambda r: r[0] in ("a", word)),
                (f"Sales not in ({number}, 1)", lambda r: r[1] not in (number, 1)),
                (f"Däte in ['{day}', '2023-12-24']", lambda r: str(r[3]) in (str(day), "2023-12-24")),
                (f"{word[0]!r} in Kind", lambda r: r[0] is not None and word[0] in r[0]),
                ("missing(Sales)", lambda r: r[1] is None),
                ("missing(Kind)", lambda r: r[0] is None),
                (f"Sales * 2 - `Unit price` {sign} {number}",
                 lambda r: compared(sign, None if r[1] is None else r[1] * 2 - r[2], number)),
                (f"`Unit price` % 2 {sign} 1", lambda r: compared(sign, r[2] % 2, 1)),
            ]
        )
    )  # fmt: skip


FILTERS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        inner.map(lambda f: (f"not ({f[0]})", lambda r: not f[1](r))),
        st.tuples(inner, inner).map(lambda fs: (f"({fs[0][0]}) and {fs[1][0]}", lambda r: fs[0][1](r) and fs[1][1](r))),
        st.tuples(inner, inner).map(
            lambda fs: (f"(({fs[0][0]}) or ({fs[1][0]}))", lambda r: fs[0][1](r) or fs[1][1](r))
        ),
    ),
    max_leaves=5,
)


@given(FRAMES, FILTERS)
def test_a_filter_keeps_the_rows_that_plain_python_keeps(table, asked) -> None:
    (rows, frame), (text, holds) = table, asked
    wanted = [place for place, row in enumerate(rows) if holds(row)]
    assert Filter(text).apply(frame).index.tolist() == wanted


@given(FRAMES, FILTERS)
def test_the_line_of_pandas_does_the_same(table, asked) -> None:
    _, frame = table
    step = Filter(asked[0])
    pd.testing.assert_frame_equal(ran(step.code(), frame), step.apply(frame))


def assert_read_or_refused(text: str) -> None:
    refused = None
    try:
        Filter(text).apply(frame_of([("a", 1.0, 2, None)]))
    except (ConfigError, DataError) as error:
        refused = error
    assert refused is None or (str(refused).isprintable() and refused.hint)


@given(st.text(max_size=80))
def test_whatever_is_written_it_is_read_or_refused_in_words(text) -> None:
    assert_read_or_refused(text)


@given(st.text("()'\"`,.-+*/%<>=!&|[]{}:@ \\\n1eaSales", max_size=60))
def test_whatever_signs_stand_together_they_are_read_or_refused_in_words(text) -> None:
    assert_read_or_refused(text)


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("", "nothing is asked for", "Sales > 100"),
        ("Sales", "expected true and false", ""),
        ("Sale > 3", "no column 'Sale'", "did you mean 'Sales'"),
        ("sales > 3", "no column 'sales'", "did you mean 'Sales'"),
        ("Sales = 3", "character 7", "write == to compare"),
        ("Unit price > 3", "character 6", "backticks"),
        ("Sales > 1 && Sales < 3", "cannot be read", "write and, or, not"),
        ("Sales > 1 and class > 3", "cannot be read", "stands in backticks: `class`"),
        ("(Sales > 1) & (Sales < 3)", "& and |", "write 'and'"),
        ("Sales > 'a'", "Sales is a number, and 'a' is a text", "numbers with numbers"),
        ("Kind > 3", "Kind is a text, and 3 is a number", "texts in quotes"),
        ("Däte > 'soon'", "Däte is a date", "'2024-12-24'"),
        ("Däte > '2024-13'", "Däte is a date", "'2024-12-24'"),
        ("Kind + 1 > 2", "Kind is a text, expected a number", ""),
        ("Sales is None", "'is' is not read", "missing(COLUMN)"),
        ("1 < 2", "no column is compared", ""),
        ("`Sales > 1", "never closed", ""),
        ("`` > 1", "empty", ""),
        ("Sales > 1e999", "too large", ""),
        ("Sales > 1" + "0" * 400, "too large", ""),
        ("__import__('os').system('true')", "only missing(COLUMN)", ""),
        ("().__class__", "not part of the filter language", ""),
        ("[c for c in Sales]", "not part of the filter language", ""),
        ("(lambda: 1)() > Sales", "only missing(COLUMN)", ""),
        ("Sales.sum() > 1", "only missing(COLUMN)", ""),
        ("Sales[0] > 1", "not part of the filter language", ""),
        ("Sales ** 9 > 1", "not part of the filter language", ""),
        ("(x := 3) > Sales", "not part of the filter language", ""),
        ("f'{Sales}' == Kind", "not part of the filter language", ""),
        ("Kind == b'a'", "not part of the filter language", ""),
        ("not " * (DEEPEST + 5) + "missing(Sales)", "within each other", "two filters"),
        ("(" * 500, "cannot be read", ""),
        ("-" * 1900 + "Sales > 1", "", ""),
        ("Kind == '\x00'", "cannot be read", ""),
        ("Kind == '\udcff' and", "cannot be read", ""),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_its_place_and_a_way_out(text: str, words: str, hint: str) -> None:
    with pytest.raises((ConfigError, DataError)) as caught:
        Filter(text).apply(frame_of([("a", 1.0, 2, None)]))
    assert words in str(caught.value) and hint in caught.value.hint
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


def test_a_filter_has_a_length() -> None:
    with pytest.raises(ConfigError, match="2,000"):
        parse("Sales > 1" + " " * LONGEST)


def test_names_in_backticks_may_hold_anything_but_backticks() -> None:
    frame = pd.DataFrame({"class": [1, 2], 'it\'s "x"': [3, 4], "#": [5, 6], "a\nb": [7, 8]})
    asked = '`class` > 1 and `it\'s "x"` == 4 and `#` in [6] and `a\nb` == 8'
    assert Filter(asked).apply(frame).index.tolist() == [1]
    assert ran(Filter(asked).code(), frame).index.tolist() == [1]


def test_columns_of_truths_are_conditions_by_themselves() -> None:
    frame = pd.DataFrame({"new": [True, False, True], "n": [1, 2, 3]})
    assert Filter("new and n > 1").apply(frame).index.tolist() == [2]
    assert Filter("not new").apply(frame).index.tolist() == [1] == Filter("new == False").apply(frame).index.tolist()


def test_integers_stay_exact() -> None:
    frame = pd.DataFrame({"id": [2**53, 2**53 + 1]})
    assert Filter(f"id == {2**53 + 1}").apply(frame).index.tolist() == [1]
