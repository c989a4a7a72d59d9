"""Bars: a share of one as blocks in a row of cells, finer than a cell where the terminal can."""

from __future__ import annotations

from tui.terminal import Terminal

EIGHTHS = " ▏▎▍▌▋▊▉█"
SEEN = 0.0005  # the smallest share that shows, however short the bar


def bar(share: float, cells: int, terminal: Terminal) -> str:
    """A bar of at most `cells` cells for a share of 0 … 1; what is said to be more than nothing shows."""
    share = min(max(share, 0.0), 1.0) if share == share else 0.0
    if terminal.glyphs != "braille":
        full = "#" if terminal.glyphs == "ascii" else "█"
        return (full * (round(share * cells) or int(share > SEEN))).ljust(cells)
    whole, rest = divmod(round(share * cells * 8) or int(share > SEEN), 8)
    return ("█" * whole + (EIGHTHS[rest] if rest else "")).ljust(cells)


def signed(value: float, half: int, terminal: Terminal) -> tuple[str, str]:
    """A value of -1 … 1 as what stands left and right of a middle line, `half` cells each."""
    length = round(min(abs(value), 1.0) * half) or int(value != 0)
    full = "#" if terminal.glyphs == "ascii" else "█"
    drawn = full * length
    return (drawn.rjust(half), " " * half) if value < 0 else (" " * half, drawn.ljust(half))
