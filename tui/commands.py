"""THE LIST: every command once. Bindings, key line, palette, help screen and docs are all made from it."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Something a person can ask for.

    id: also the name of the action. keys: Textual's key names, comma separated, the first is shown. mode: "lab" or
    another screen, "*" for everywhere. short: its words in the key line, empty when it is not there.
    """

    id: str
    keys: str
    title: str
    help: str
    group: str
    mode: str = "lab"
    short: str = ""


COMMANDS = (
    Command("next_data", "right", "Next data set", "the next data set, learned at once", "Experiment", short="data"),
    Command("previous_data", "left", "Previous data set", "the data set before, learned at once", "Experiment"),
    Command("more_units", "up", "More neurons", "in the selected layer", "Experiment", short="neurons"),
    Command("fewer_units", "down", "Fewer neurons", "in the selected layer", "Experiment"),
    Command("next_layer", "u", "Select layer", "which hidden layer up and down change", "Experiment"),
    Command("add_layer", "plus,equals_sign", "Add a layer", "one more hidden layer", "Experiment", short="layers"),
    Command("drop_layer", "minus", "Remove a layer", "the last hidden layer goes", "Experiment"),
    Command("activation", "a", "Next bend", "relu, tanh, sigmoid, relu6, none", "Experiment", short="bend"),
    Command("lower_rate", "left_square_bracket", "Halve the rate", "half the learning rate", "Experiment"),
    Command(
        "raise_rate", "right_square_bracket", "Double the rate", "twice the learning rate", "Experiment", short="rate"
    ),
    Command("epochs", "e", "Epochs", "how often every row is seen", "Experiment"),
    Command(
        "parameters", "p", "All parameters", "everything that can be chosen, in one form", "Experiment", short="all"
    ),
    Command("restart", "r", "Restart", "same seed, so the same curve again", "Experiment"),
    Command("reseed", "R", "New seed", "other first weights, another order of the rows", "Experiment"),
    Command("pause", "space", "Pause", "hold, or go on", "Run", short="pause"),
    Command("step", "s", "One batch", "one step of gradient descent, then pause", "Run"),
    Command("epoch", "n", "One epoch", "every row once, then pause", "Run"),
    Command("full", "f", "Full speed", "full speed, or spread over eight seconds", "Run", short="full"),
    Command("pace", "P", "Epochs a second", "60, 10 or 1 epochs a second", "Run"),
    Command("rate", "L", "Rate, live", "type a rate, the run goes on with it", "Run"),
    Command("back", "comma", "Back in the film", "the network as it was a moment before", "Run", short="film"),
    Command("forward", "full_stop", "On in the film", "the network a moment after", "Run"),
    Command("first", "less_than_sign", "First picture", "before it has learned anything", "Run"),
    Command("last", "greater_than_sign", "Last picture", "back to the present", "Run"),
    Command("branch", "b", "Branch here", "a new run goes on from the picture shown", "Run", short="branch"),
    Command("keep", "c", "Keep this run", "the next change leaves its folder alone", "Run"),
    Command("pane_1", "1", "Network", "look at the network", "Show"),
    Command("pane_2", "2", "Picture", "look at what the network believes", "Show"),
    Command("pane_3", "3", "Loss", "look at the loss", "Show"),
    Command("pane_4", "4", "Accuracy", "look at the accuracy", "Show"),
    Command("pane_5", "5", "Layers", "each layer in numbers; again: away", "Show", short="inside"),
    Command("pane_6", "6", "Confusion", "which class is taken for which", "Show"),
    Command("pane_7", "7", "Neurons", "what every hidden neuron answers", "Show"),
    Command("pane_8", "8", "Events", "what became of the run, and who did it", "Show"),
    Command("zoom", "z", "Zoom", "one pane alone; again: all of them", "Show", short="zoom"),
    Command("default_layout", "0", "Default layout", "the panes as at first", "Show"),
    Command("explain", "x", "Explain", "the pane in focus and the run, in words", "Show", short="explain"),
    Command("log_scale", "y", "Log scale", "the loss by powers of ten", "Show"),
    Command("smooth", "m", "Smoothing", "curves as running means, three strengths", "Show"),
    Command("recent", "w", "Newest part", "the last fifth of the curves, or all of them", "Show"),
    Command("envelope", "V", "Envelope", "the range of what is folded into each point", "Show"),
    Command("crosshair", "i", "Crosshair", "reads a curve out; arrows move it, esc ends it", "Show"),
    Command("test_points", "t", "Test rows", "show rows never trained on", "Show"),
    Command("save_text", "T", "Save text", "this screen as text, in the present folder", "Show"),
    Command("save_picture", "S", "Save picture", "this screen as SVG, in the present folder", "Show"),
    Command("runs", "o", "Runs", "every run there is; enter opens one", "App", short="runs"),
    Command("help", "question_mark", "Help", "every key; how to read the pane in focus", "App", "*", short="help"),
    Command("palette", "ctrl+p", "Palette", "commands, data sets, recipes by name", "App", "*"),
    Command("close", "escape", "Up", "one level up; in the Lab: no more hints", "App", "*"),
    Command("quit", "q", "Quit", "asks what becomes of the run", "App", short="quit"),
    Command("interrupt", "ctrl+c", "Quit", "as q; twice: stop the run and leave", "App", "*"),
    Command("leave", "ctrl+q", "Quit now", "at once; the run goes on without you", "App", "*"),
)

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
    "escape": "esc",
}
ARROWS = {"right": "→", "left": "←", "up": "↑", "down": "↓"}
PAIRED = {
    "raise_rate": "[ ]",
    "next_data": "←→",
    "more_units": "↑↓",
    "add_layer": "+ -",
    "back": ", .",
    "pane_5": "5-8",
}
ASCII_PAIRED = {
    "raise_rate": "[ ]",
    "next_data": "<->",
    "more_units": "up/dn",
    "add_layer": "+ -",
    "back": ", .",
    "pane_5": "5-8",
}
NEEDED = (  # in the key line, from never left out to first to go
    "next_data", "more_units", "help", "quit", "full", "activation", "pause", "back", "parameters", "runs",
    "pane_5", "explain", "add_layer", "branch", "zoom", "raise_rate",
)  # fmt: skip


def commands(mode: str) -> tuple[Command, ...]:
    """What can be asked for in a mode, with what can be asked for everywhere."""
    return tuple(command for command in COMMANDS if command.mode in (mode, "*"))


def find(identity: str) -> Command:
    """The command called `identity`."""
    return next(command for command in COMMANDS if command.id == identity)


def shown(key: str, ascii_only: bool = False) -> str:
    """A key as people write it: `comma` is ","."""
    return SHOWN.get(key, key) if ascii_only else ARROWS.get(key, SHOWN.get(key, key))


def keys_of(command: Command, ascii_only: bool = False) -> str:
    """The first key of a command as people write it."""
    return shown(command.keys.split(",", 1)[0], ascii_only)


def key_line(mode: str, width: int, ascii_only: bool = False) -> tuple[tuple[str, str], ...]:
    """The key line: pairs of key and word, as many as fit `width` with two blanks between, the most needed first."""
    paired = ASCII_PAIRED if ascii_only else PAIRED
    there = {c.id: (paired.get(c.id, keys_of(c, ascii_only)), c.short) for c in commands(mode) if c.short}
    kept: list[str] = []
    for identity in NEEDED:
        if identity in there and len("  ".join(map(" ".join, (there[i] for i in (*kept, identity))))) <= width:
            kept.append(identity)
    return tuple(pair for identity, pair in there.items() if identity in kept)
