"""Keys as people write them, and the key line: which commands stand there, the most needed first."""

from __future__ import annotations

from tui.commands import Command, commands

SHOWN = {
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "full_stop": ".",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "question_mark": "?",
    "slash": "/",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
}
ARROWS = {"right": "→", "left": "←", "up": "↑", "down": "↓"}
PAIRED = {
    "raise_rate": "[ ]", "next_data": "←→", "more_units": "↑↓", "add_layer": "+ -", "back": ", .",
    "pane_1": "1-9", "line_down": "↑↓", "turn_on": "←→", "insert_layer": "+ -", "layer_down": "< >",
    "cell_right": "←→↑↓", "row_after": ", .", "place_class": "1-6", "table_describe": "1-9",
}  # fmt: skip
PLAIN = {"←→": "<->", "↑↓": "up/dn", "←→↑↓": "arrows"}
NEEDED = {  # in the key line of a mode, from never left out to first to go
    "lab": (
        "next_data", "more_units", "help", "quit", "full", "activation", "pause", "back", "build", "runs",
        "analyse", "pane_1", "explain", "add_layer", "branch", "zoom", "raise_rate", "preflight", "find_rate", "code",
    ),
    "build": (
        "turn_on", "open_line", "help", "close", "insert_layer", "preflight", "find_rate", "code", "undo", "line_down",
        "column_on", "layer_down", "type_body", "parameters", "insert_kind",
    ),
    "runs": (
        "runs_filter", "runs_choose", "runs_compare", "help", "close", "runs_sort", "runs_delete", "runs_tags",
        "runs_pin", "runs_restore", "runs_note",
    ),
    "data": (
        "table_filter", "table_sort", "table_train", "help", "close", "table_group", "table_describe", "table_undo",
        "table_code", "table_top", "table_target", "table_fill", "table_focus", "table_zoom", "table_leave",
        "table_save",
    ),
    "analyse": (
        "open_cell", "cell_right", "help", "close", "row_after", "other_split", "explain_view", "save_view", "present",
    ),
}  # fmt: skip


def shown(key: str, ascii_only: bool = False) -> str:
    """A key as people write it: `comma` is ","."""
    return SHOWN.get(key, key) if ascii_only else ARROWS.get(key, SHOWN.get(key, key))


def keys_of(command: Command, ascii_only: bool = False) -> str:
    """The first key of a command as people write it."""
    return shown(command.keys.split(",", 1)[0], ascii_only)


def key_line(mode: str, width: int, ascii_only: bool = False) -> tuple[tuple[str, str], ...]:
    """The key line: pairs of key and word, as many as fit `width` with two blanks between, the most needed first."""
    return tuple((key, word) for _, key, word in key_places(mode, width, ascii_only))


def key_places(mode: str, width: int, ascii_only: bool = False) -> tuple[tuple[str, str, str], ...]:
    """The same with the command each stands for: id, key, word."""
    there = {c.id: (_paired(c, ascii_only), c.short) for c in commands(mode) if c.short}
    kept: list[str] = []
    for identity in NEEDED.get(mode, tuple(there)):
        if identity in there and len("  ".join(map(" ".join, (there[i] for i in (*kept, identity))))) <= width:
            kept.append(identity)
    return tuple((identity, *pair) for identity, pair in there.items() if identity in kept)


def _paired(command: Command, ascii_only: bool) -> str:
    """The key of a command, with that of its opposite where they are shown as one."""
    keys = PAIRED.get(command.id, keys_of(command, ascii_only))
    return PLAIN.get(keys, keys) if ascii_only else keys
