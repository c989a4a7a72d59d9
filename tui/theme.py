"""Colours, authored for each depth: the full 24 bits, the 256 of a terminal over ssh, the 16 of a console, and none.

Automatic conversion turns a fine palette into fringes and blobs, so nothing is left to it: what stands here for 256
colours are members of that palette, for 16 they are names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style

if TYPE_CHECKING:
    from textual.theme import Theme

    from tui.terminal import Colors, Terminal

Ramp = tuple[str, ...]


class Palette(NamedTuple):
    """The colours panes draw with; an empty word is the terminal's own.

    points: a class's dots. beliefs: a class's part of the decision map, from unsure to sure. negative, positive: signed
    weights from weak to strong. greys: from black to white.
    """

    text: str
    muted: str
    faint: str
    accent: str
    train: str
    validation: str
    good: str
    bad: str
    points: Ramp
    beliefs: tuple[Ramp, ...]
    negative: Ramp
    positive: Ramp
    greys: Ramp
    selected: str = ""


def paint(color: str = "", background: str = "", bold: bool = False) -> Style:
    """A style by its colours; the same words always give the same object."""
    return _style(color, background, bold)


@lru_cache(4096)
def _style(color: str, background: str, bold: bool) -> Style:
    return Style(color=color or None, bgcolor=background or None, bold=bold or None)


def palette(terminal: Terminal) -> Palette:
    """The palette for what a terminal shows."""
    return PALETTES[terminal.colors]


def blend(low: str, high: str, share: float) -> str:
    """The colour `share` of the way from one #rrggbb to another."""
    ends = ([int(word[i : i + 2], 16) for i in (1, 3, 5)] for word in (low, high))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(*ends, strict=True))


NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
STANDARD = (*NAMES, *(f"bright_{name}" for name in NAMES))


def number(color: str) -> int | tuple[int, int, int] | None:
    """A colour as the plots of mlcore name it."""
    if color.startswith("#"):
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        return red, green, blue
    return STANDARD.index(color) if color in STANDARD else None


def _ramp(low: str, high: str, steps: int) -> Ramp:
    return tuple(blend(low, high, place / (steps - 1)) for place in range(steps))


GROUND = "#0d1117"
UNSURE = "#151a21"
SURE = ("#1d5a96", "#a8560f", "#1c774c", "#87458f", "#857711", "#9c3731", "#12757b", "#5a626c")

FULL = Palette(
    text="#d7dde5",
    muted="#8791a0",
    faint="#465160",
    accent="#b79cf5",
    train="#4fd6bd",
    validation="#f2c55c",
    good="#7ee787",
    bad="#ff7b72",
    points=("#8ccbff", "#ffbf80", "#86efac", "#f0b3f5", "#f7ea72", "#ff9a92", "#7ff0ee", "#e2e8f0"),
    beliefs=tuple(_ramp(UNSURE, sure, 16) for sure in SURE),
    negative=("#24405c", "#3672a8", "#58b0ff"),
    positive=("#5c3d1e", "#a8692a", "#ffa657"),
    greys=_ramp("#0b0e13", "#f2f5f9", 24),
    selected="#2a2340",
)

INDEXED = Palette(
    text="#dadada",
    muted="#949494",
    faint="#585858",
    accent="#af87ff",
    train="#5fd7af",
    validation="#ffd75f",
    good="#87d787",
    bad="#ff5f5f",
    points=("#87d7ff", "#ffd787", "#afffaf", "#ffafff", "#ffff87", "#ffafaf", "#87ffff", "#eeeeee"),
    beliefs=(
        ("#1c1c1c", "#262626", "#00005f", "#005f87", "#005f87", "#005faf"),
        ("#1c1c1c", "#262626", "#5f0000", "#875f00", "#875f00", "#af5f00"),
        ("#1c1c1c", "#262626", "#005f00", "#005f00", "#005f5f", "#00875f"),
        ("#1c1c1c", "#262626", "#5f005f", "#5f005f", "#5f005f", "#875f87"),
        ("#1c1c1c", "#262626", "#5f5f00", "#5f5f00", "#5f5f00", "#87875f"),
        ("#1c1c1c", "#262626", "#5f0000", "#5f0000", "#870000", "#870000"),
        ("#1c1c1c", "#262626", "#005f5f", "#005f5f", "#008787", "#008787"),
        ("#1c1c1c", "#262626", "#303030", "#444444", "#4e4e4e", "#626262"),
    ),
    negative=("#005f87", "#0087d7", "#5fafff"),
    positive=("#875f00", "#d78700", "#ffaf5f"),
    greys=("#080808", "#1c1c1c", "#303030", "#444444", "#585858", "#6c6c6c", "#808080", "#949494", "#a8a8a8",
           "#bcbcbc", "#d0d0d0", "#e4e4e4"),
    selected="#303030",
)  # fmt: skip

SIXTEEN = Palette(
    text="default",
    muted="white",
    faint="bright_black",
    accent="bright_magenta",
    train="bright_cyan",
    validation="bright_yellow",
    good="bright_green",
    bad="bright_red",
    points=("bright_cyan", "bright_yellow", "bright_white", "bright_white", "black", "black"),
    beliefs=(
        ("black", "blue", "blue"),
        ("black", "red", "red"),
        ("black", "green", "green"),
        ("black", "magenta", "magenta"),
        ("black", "yellow", "yellow"),
        ("black", "cyan", "cyan"),
    ),
    negative=("blue", "blue", "bright_blue"),
    positive=("red", "yellow", "bright_yellow"),
    greys=("black", "bright_black", "white", "bright_white"),
)

NONE = Palette(
    text="",
    muted="",
    faint="",
    accent="",
    train="",
    validation="",
    good="",
    bad="",
    points=("",),
    beliefs=(),
    negative=("", "", ""),
    positive=("", "", ""),
    greys=(),
)

PALETTES: dict[Colors, Palette] = {"full": FULL, "256": INDEXED, "16": SIXTEEN, "none": NONE}


def themes(terminal: Terminal) -> tuple[Theme, ...]:
    """The app's own themes, the one for this terminal first. Textual names the rest of its colours after them."""
    dark = _dark("mlj-dark", FULL, GROUND, "#161c25", "#2b3440")
    indexed = _dark("mlj-256", INDEXED, "#121212", "#1c1c1c", "#3a3a3a")
    first = {"full": dark, "256": indexed}.get(terminal.colors) or _plain()
    return first, *(theme for theme in (dark, indexed, _plain()) if theme.name != first.name)


def _dark(name: str, colors: Palette, ground: str, panel: str, box: str) -> Theme:
    from textual.theme import Theme

    return Theme(
        name,
        primary=colors.accent,
        secondary=colors.train,
        accent=colors.accent,
        warning=colors.validation,
        error=colors.bad,
        success=colors.good,
        foreground=colors.text,
        background=ground,
        surface=ground,
        panel=panel,
        variables={"border": colors.accent, "border-blurred": box},
    )


def _plain() -> Theme:
    """The terminal's own sixteen colours, on its own background."""
    from textual.theme import Theme

    cursors = ("block-cursor", "input-cursor")
    selections = ("input-selection", "screen-selection")
    return Theme(
        "mlj-16",
        ansi=True,
        primary="ansi_bright_magenta",
        secondary="ansi_cyan",
        accent="ansi_bright_magenta",
        warning="ansi_bright_yellow",
        error="ansi_bright_red",
        success="ansi_bright_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "border": "ansi_bright_magenta",
            "border-blurred": "ansi_bright_black",
            "input-cursor-text-style": "none",
            **{f"{name}-foreground": "ansi_black" for name in (*cursors, *selections)},
            **{f"{name}-background": "ansi_white" for name in cursors},
            **{f"{name}-background": "ansi_bright_blue" for name in selections},
        },
    )
