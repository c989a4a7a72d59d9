"""Hints: what errors and notices advise, in the words of the app: a row of Build where they name an option.

The engine speaks to whoever types commands: `--set 'dataset.keep=["id"]'`. Here that is `keep = id in Build`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from tui.told import safe

if TYPE_CHECKING:
    from mlcore import MljError
    from mlcore.worker.protocol import Failed

QUOTED = r"'[^']*'(?:\"'\"'[^']*')*"  # as shlex.quote writes it, with a quote inside between quotes of the other kind
PLAIN = r"[\w.]+=(?:,|[^\s;,()']+)"  # a comma behind it is of the sentence, but for that of the decimals
OPTIONS = re.compile(rf"--set (?:{QUOTED}|{PLAIN})(?: --set (?:{QUOTED}|{PLAIN}))*")
BESIDE = {", by --steps FILE.toml": ""}  # options that have no row, with the words around them
LONGEST = 400  # characters of a sentence


def in_the_app(text: str) -> str:
    """A hint or notice that names rows of Build instead of options of a command line."""
    for words, ours in BESIDE.items():
        text = text.replace(words, ours)
    return OPTIONS.sub(_rows, text)


def sentence(error: MljError | Failed, longest: int = LONGEST) -> str:
    """What is wrong and the way out, harmless for a terminal."""
    message = str(error) if isinstance(error, Exception) else error.message
    return safe(f"{message}. {in_the_app(error.hint)}".rstrip(". "), longest)


def _rows(found: re.Match[str]) -> str:
    import shlex

    options = (word for word in shlex.split(found[0]) if word != "--set")
    return f"{' and '.join(map(_row, options))} in Build"


def _row(option: str) -> str:
    """`dataset.keep=["id"]` as the row it is and what is typed there: `keep = id`."""
    import tomllib

    from mlcore import form

    name, _, value = option.partition("=")
    with suppress(tomllib.TOMLDecodeError):  # else it is a word as it stands
        value = form.words(tomllib.loads(f"value = {value}")["value"])
    return f"{name.rpartition('.')[2]} = {value}"
