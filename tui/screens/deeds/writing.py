"""Files of what a screen shows, in the present folder; none is ever written over."""

from __future__ import annotations

from pathlib import Path


def written(stem: str, suffix: str, content: str) -> str:
    """Write a new file named after `stem`; the sentence that says so, or why it could not be."""
    path = next(
        path
        for number in range(1, 10_000)
        if not (path := Path(f"{stem}{'' if number == 1 else f'-{number}'}.{suffix}")).exists()
    )
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        return f"{path} could not be written: {error.strerror}"
    return f"written: {path}"
