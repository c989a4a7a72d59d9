"""How a table is written in a text file: what is found out by itself, and can be said instead."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal, NamedTuple, TypeAlias

from msgspec import Meta

from mlcore.errors import ConfigError
from mlcore.spec import Spec
from mlcore.tables.cells import MISSING

Header: TypeAlias = Literal["auto", "yes", "no"]
Delimiter: TypeAlias = Literal["auto", ",", ";", "tab", "|", "space"]
Quote: TypeAlias = Literal["auto", '"', "'", "none"]
Decimal: TypeAlias = Literal["auto", ".", ","]
Thousands: TypeAlias = Literal["none", ",", ".", "'", "space"]

DIRECTIVES = tuple("YymdbBjaAHIMSfpzZ")  # parts of a date, as strptime of C knows them
WRITTEN = {"tab": "\t", "space": " ", "none": ""}  # words for what cannot be seen in a configuration


BETWEEN = {sign: sign for sign in ",.'"} | {" ": " \u00a0\u202f"}  # thousands: French exports have no-break spaces


class Format(Spec, frozen=True):
    """How the text of a table is to be read; `auto` looks at its first lines.

    dates: auto, none, one way for every column of dates ("%d.%m.%Y"), or columns by name ("Date=%d.%m.%Y; Born=%Y").
    """

    delimiter: Annotated[Delimiter, Meta(description="what parts the fields; space: any number of blanks")] = "auto"
    quote: Annotated[Quote, Meta(description="what encloses fields that hold delimiters or line ends")] = "auto"
    encoding: Annotated[str, Meta(description="auto: UTF-8, or what a byte order mark says; latin-1, cp1252 …")] = (
        "auto"
    )
    decimal: Annotated[Decimal, Meta(description="what parts the whole from the fraction of a number")] = "auto"
    thousands: Annotated[Thousands, Meta(description="what parts thousands; space: a no-break one too")] = "none"
    missing: Annotated[
        tuple[str, ...], Meta(description="words for a missing value besides the empty field; none: NA, NaN, null, ? …")
    ] = ()
    dates: Annotated[str, Meta(description="auto, none, %d.%m.%Y, or by column: Date=%d.%m.%Y; Born=%Y")] = "auto"
    header: Annotated[Header, Meta(description="whether the first line names the columns")] = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoding != "auto":
            _check_encoding(self.encoding)
        if self.decimal != "auto" and self.decimal in (self.delimiter, self.thousands):
            message = f"format.decimal: {self.decimal!r} parts fields or thousands already"
            raise ConfigError(message, where="format.decimal", hint="say another one, or auto")
        if self.thousands != "none" and self.thousands == self.delimiter:
            message = f"format.thousands: {self.thousands!r} parts fields already"
            raise ConfigError(message, where="format.thousands", hint="none, or another delimiter")
        for name, form in self.by_column().items():
            if "%" not in form or not name:
                message = f"format.dates: expected auto, none or a form such as %d.%m.%Y, got {form!r:.80}"
                raise ConfigError(message, where="format.dates", hint="by column: Date=%d.%m.%Y; Born=%Y")
            _check_form(form)

    def by_column(self) -> dict[str, str]:
        """How dates are written, by column; the name `*` stands for every other one."""
        if self.dates in ("auto", "none"):
            return {}
        if "=" not in self.dates:
            return {"*": self.dates}
        pairs = (part.partition("=") for part in self.dates.split(";") if part.strip())
        return {name.strip(): form.strip() for name, _, form in pairs}

    def words(self) -> frozenset[str]:
        """The words that stand for a missing value."""
        return frozenset(("", *self.missing)) if self.missing else MISSING


AUTO = Format()


class Dialect(NamedTuple):
    """How a text is written, with nothing left to find out: single characters, an empty quote for none."""

    delimiter: str
    quote: str
    decimal: str
    thousands: str
    missing: frozenset[str]


def _check_form(form: str) -> None:
    signs = [found[1:] for found in re.findall(r"%.?", form) if found != "%%"]
    wrong = next((sign for sign in signs if sign not in DIRECTIVES or signs.count(sign) > 1), None)
    if wrong is not None:
        fault = "stands there twice" if wrong in DIRECTIVES else "is no part of a date"
        hint = "%Y 2025, %y 25, %m 03, %b Mar, %d 04, %H:%M:%S"
        raise ConfigError(f"format.dates: %{wrong} {fault}: {form!r:.80}", where="format.dates", hint=hint)


def _check_encoding(name: str) -> None:
    try:
        text = codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError, UnicodeError):
        text = False
    if not text:
        message = f"format.encoding: no encoding is called {name!r:.80}"
        raise ConfigError(message, where="format.encoding", hint="utf-8, latin-1, cp1252, utf-16, shift_jis …")
