"""Numbers and names as short text. Pure functions; nothing here knows Textual."""

from __future__ import annotations

import math

UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
UNKNOWN = "-"


def si(value: float) -> str:
    """A count in three digits and a unit: 940, 1.28k, 103k, 1.20M. At most five characters up to 999T."""
    if not math.isfinite(value):
        return _odd(value)
    size = abs(value)
    if size < 999.5:
        return f"{value:.3g}" if size < 100 else f"{value:.0f}"
    factor, unit = next((f, u) for f, u in UNITS if size >= 0.9995 * f)
    scaled = value / factor
    digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
    return f"{scaled:.{digits}f}{unit}"


def exact(number: int) -> str:
    """Every digit of a whole number: 100,000."""
    return f"{number:,}"


def count(number: int) -> str:
    """A number of things: 1,797, and from 100,000 on 103k."""
    return f"{number:,}" if abs(number) < 100_000 else si(number)


def eta(seconds: float | None) -> str:
    """A time left or gone: 0:07, 12:30, 3:05:00, 4d 02h; nothing for None."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return ""
    whole = round(seconds)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24}d {hours % 24:02}h"
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def about(seconds: float) -> str:
    """A time that is only guessed: about 0.07 s, about 12 s, about 3 min, about 5 h; longer than a day is no number."""
    if seconds < 3:
        return f"about {seconds:.1f} s" if seconds >= 0.095 else f"about {max(seconds, 0.01):.2f} s"
    for unit, size, most in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 24)):
        if seconds / size < most:
            return f"about {seconds / size:.0f} {unit}"
    return "more than a day"


def percent(share: float | None) -> str:
    """A share of one as people read it: 97.7 %, 98.0 %, 100 %; a dash when it is not known."""
    if share is None or not math.isfinite(share):
        return UNKNOWN
    return "100 %" if share == 1 else f"{100 * share:.1f} %"


def figure(value: float | None) -> str:
    """A loss or another small number in five characters: .0341, 0.512, 12.40, 3.1e6, nan."""
    if value is None:
        return UNKNOWN
    if not math.isfinite(value):
        return _odd(value)
    size = abs(value)
    if size == 0 or 0.0001 <= size < 0.1:
        return f"{value:.4f}".replace("0.", ".", 1)
    if 0.1 <= size < 10:
        return f"{value:.3f}"
    if 10 <= size < 1000:
        return f"{value:.2f}" if size < 100 else f"{value:.1f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def digits(value: float) -> str:
    """A number to be recomputed: nine digits behind the point, or in all where the point is far; as `mlj trace`."""
    return f"{value:.9f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.5e}"


def plural(number: int, word: str) -> str:
    """A number and its word: 1 class, 2 classes, 1,000 rows."""
    ending = "" if number == 1 else "es" if word.endswith(("s", "x", "ch")) else "s"
    return f"{count(number)} {word}{ending}"


def shortened(text: str, width: int) -> str:
    """Text of at most `width` characters: what is too long loses its middle, since the end often says why."""
    if len(text) <= width or width < 5:
        return text
    tail = (width - 4) // 2
    return f"{text[: width - 4 - tail]} .. {text[len(text) - tail :]}"


def _odd(value: float) -> str:
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
