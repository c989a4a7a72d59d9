"""THE LIST: every command once. Bindings, key line, palette, help screen and docs are all made from it.

How keys are written, and which of them stand in the key line, is in `keys.py`.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Something a person can ask for.

    id: also the name of the action. keys: Textual's key names, comma separated, the first is shown. mode: "lab",
    another screen or several, "*" for everywhere. short: its words in the key line, empty when it is not there.
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
    Command("build", "p", "Build", "data, network and training in three columns", "Experiment", short="build"),
    Command(
        "preflight", "F", "Pre-flight", "what can be known before it is trained", "Experiment", "lab build", "checks"
    ),
    Command("find_rate", "l", "Find the rate", "a learning rate by trying them all", "Experiment", "lab build", "rate"),
    Command(
        "code", "E", "Show as code", "NumPy, PyTorch, scikit-learn, TOML, command", "Experiment", "lab build", "code"
    ),
    Command("restart", "r", "Restart", "same seed, so the same curve again", "Experiment"),
    Command("reseed", "R", "New seed", "other first weights, another order of the rows", "Experiment"),
    Command("pause", "space", "Pause", "hold, or go on", "Run", short="pause"),
    Command("step", "s", "One batch", "one step of gradient descent, then pause", "Run"),
    Command("epoch", "n", "One epoch", "every row once, then pause", "Run"),
    Command("full", "f", "Full speed", "full speed, or spread over eight seconds", "Run", short="full"),
    Command("pace", "P", "Pace", "full speed, 60, 16, 4 or 1 epochs a second", "Run"),
    Command("rate", "L", "Rate, live", "type a rate, the run goes on with it", "Run"),
    Command("settings", "k", "Settings, live", "batch size, dropout, epochs and more", "Run", short="set"),
    Command("weight", "W", "Set a weight", "by its numbers, or click a line of the net", "Run"),
    Command("back", "comma", "Back in the film", "the network as it was a moment before", "Run", short="film"),
    Command("forward", "full_stop", "On in the film", "the network a moment after", "Run"),
    Command("first", "less_than_sign", "First picture", "before it has learned anything", "Run"),
    Command("last", "greater_than_sign", "Last picture", "back to the present", "Run"),
    Command("place", "D", "Your points", "place points that are learned at once", "Experiment"),
    Command("scribble", "G", "Draw a digit", "write one, and see what the network reads", "Experiment"),
    Command("branch", "b", "Branch here", "a new run goes on from the picture shown", "Run", short="branch"),
    Command("checkpoint", "K", "Checkpoint now", "this moment to the disk, to go on from", "Run"),
    Command("keep", "c", "Keep this run", "the next change leaves its folder alone", "Run"),
    Command("pane_1", "1", "Network", "look at the network; again: away, and back", "Show", short="panes"),
    Command("pane_2", "2", "Picture", "what the network believes; again: away", "Show"),
    Command("pane_3", "3", "Loss", "look at the loss; again: away", "Show"),
    Command("pane_4", "4", "Accuracy", "look at the accuracy; again: away", "Show"),
    Command("pane_5", "5", "Layers", "each layer in numbers; again: away", "Show"),
    Command("pane_6", "6", "Confusion", "which class is taken for which", "Show"),
    Command("pane_7", "7", "Neurons", "what every hidden neuron answers", "Show"),
    Command("pane_8", "8", "Events", "what became of the run, and who did it", "Show"),
    Command("pane_9", "9", "Filters", "the first weights, what each unit looks for", "Show"),
    Command("next_example", "right_parenthesis", "Next example", "another row on its way through the network", "Show"),
    Command("previous_example", "left_parenthesis", "Example before", "the row before on its way through it", "Show"),
    Command("zoom", "z", "Zoom", "one pane alone; again: all of them", "Show", short="zoom"),
    Command("default_layout", "0", "Default layout", "the panes as at first", "Show"),
    Command("next_metric", "M", "Next metric", "F1, R2, errors, the rate, where accuracy stands", "Show"),
    Command("plane", "d", "Pictures or plane", "what is read, or the plane of all pictures", "Show"),
    Command("explain", "x", "Explain", "the pane in focus and the run, in words", "Show", short="explain"),
    Command("log_scale", "y", "Log scale", "a curve by powers of ten", "Show"),
    Command("smooth", "m", "Smoothing", "curves as running means, three strengths", "Show"),
    Command("recent", "w", "Newest part", "the last fifth of the curves, or all of them", "Show"),
    Command("envelope", "V", "Envelope", "the range of what is folded into each point", "Show"),
    Command("crosshair", "i", "Crosshair", "reads a curve out; arrows move it, esc ends it", "Show"),
    Command("test_points", "t", "Test rows", "show rows never trained on", "Show"),
    Command("bandwidth", "B", "Low bandwidth", "few bytes: figures each second, pictures slowly", "Show"),
    Command("save_text", "T", "Save text", "this screen as text, in the present folder", "Show"),
    Command("save_picture", "S", "Save picture", "this screen as SVG, in the present folder", "Show"),
    Command("line_up", "up", "Line before", "the line above", "Move", "build"),
    Command("line_down", "down", "Next line", "the line below", "Move", "build", "line"),
    Command(
        "turn_on", "right", "Next choice", "the next word, twice the number, more units", "Change", "build", "change"
    ),
    Command("turn_back", "left", "Choice before", "the word before, half the number, fewer", "Change", "build"),
    Command("open_line", "enter", "Choose or type", "a list, or a value", "Change", "build", "choose"),
    Command("usual", "d", "Default", "what it is when nobody says", "Change", "build"),
    Command("undo", "u", "Undo", "as it was before the last change", "Change", "build", "undo"),
    Command("column_1", "1", "Data", "the first column", "Move", "build"),
    Command("column_2", "2", "Network", "the second column", "Move", "build"),
    Command("column_3", "3", "Training", "the third column", "Move", "build"),
    Command("column_on", "tab", "Next column", "data, network, training", "Move", "build", "column"),
    Command("column_back", "shift+tab", "Column before", "training, network, data", "Move", "build"),
    Command(
        "insert_layer", "plus,equals_sign", "Add neurons", "a layer like the one before", "Layers", "build", "layer"
    ),
    Command("insert_kind", "a", "Add any layer", "dropout, a norm, another bend", "Layers", "build", "any layer"),
    Command("remove_layer", "minus,delete", "Remove", "the layer under the cursor", "Layers", "build"),
    Command(
        "layer_up", "less_than_sign,shift+up", "Move up", "the layer one place towards the inputs", "Layers", "build"
    ),
    Command(
        "layer_down",
        "greater_than_sign,shift+down",
        "Move down",
        "one place towards the output",
        "Layers",
        "build",
        "move",
    ),
    Command("type_body", "t", "Type the network", "10 relu | drop .2 | 10 relu", "Layers", "build", "type network"),
    Command(
        "parameters", "p", "All parameters", "everything that can be chosen, in one list", "Change", "build", "all"
    ),
    Command("view_confusion", "1", "Confusion matrix", "what is taken for what", "Views", "analyse"),
    Command(
        "view_report", "2", "Per-class report", "precision, recall, F1, rows; errors of numbers", "Views", "analyse"
    ),
    Command(
        "view_mistakes", "3", "Worst mistakes", "one by one, with what spoke for them", "Views", "analyse", "worst"
    ),
    Command("view_calibration", "4", "Calibration", "how sure, and how often right", "Views", "analyse"),
    Command("view_projection", "5", "Projection (PCA)", "of the inputs and of each hidden layer", "Views", "analyse"),
    Command("view_filters", "6", "Filters", "the first layer's weights, as pictures", "Views", "analyse"),
    Command("view_trace", "7", "One row", "every number: forward, the loss, and back", "Views", "analyse"),
    Command("view_inside", "8", "Inside", "a row on its way, what moves the answer", "Views", "analyse"),
    Command("view_ranking", "9", "ROC and PR curves", "one class against the rest; residuals", "Views", "analyse"),
    Command("view_columns", "0", "Columns", "how important each is, how answers go with it", "Views", "analyse"),
    Command("cell_up", "up", "Up", "a class, a row, a line before; the point above", "Move", "analyse"),
    Command("cell_down", "down", "Down", "the next class, row or line; the point below", "Move", "analyse"),
    Command("cell_left", "left", "Left", "a class or step before; the point at the left", "Move", "analyse"),
    Command("cell_right", "right", "Right", "the next class or step; the next point", "Move", "analyse", "move"),
    Command("lines_up", "pageup", "Page up", "ten lines up", "Move", "analyse"),
    Command("lines_down", "pagedown", "Page down", "ten lines down", "Move", "analyse"),
    Command(
        "columns_left", "left_square_bracket", "Columns left", "a matrix's; PCA: a layer before", "Move", "analyse"
    ),
    Command(
        "columns_right", "right_square_bracket", "Columns right", "a matrix's; PCA: the next layer", "Move", "analyse"
    ),
    Command("open_cell", "enter", "Open", "rows of a cell or class; a row's every number", "Rows", "analyse", "open"),
    Command("row_before", "comma", "Row before", "the one with a greater loss", "Rows", "analyse"),
    Command("row_after", "full_stop", "Next row", "the one with the next smaller loss", "Rows", "analyse", "row"),
    Command("row_first", "less_than_sign", "Worst row", "the one with the greatest loss", "Rows", "analyse"),
    Command("row_last", "greater_than_sign", "Last row", "the one with the smallest loss", "Rows", "analyse"),
    Command("other_split", "t", "Next split", "test, train, validation", "Rows", "analyse", "split"),
    Command("every_mistake", "m", "All mistakes", "out of the cell that is open", "Rows", "analyse"),
    Command(
        "present", "u", "Look again", "at the present network, while it trains on", "Rows", "analyse", "look again"
    ),
    Command(
        "explain_view", "x", "Explain", "the view in one sentence, and how to read it", "Show", "analyse", "explain"
    ),
    Command("zoom_view", "z", "One view alone", "or others beside it, where there is room", "Show", "analyse"),
    Command("save_view", "T", "Save text", "the whole view as text, in the present folder", "Show", "analyse", "save"),
    Command("save_view_picture", "S", "Save picture", "this screen as SVG, in the present folder", "Show", "analyse"),
    Command("table_column", "1", "Column", "the one here: missing, spread, most frequent", "Views", "data"),
    Command("table_describe", "2", "Describe", "every column in numbers", "Views", "data", "views"),
    Command("table_missing", "3", "Missing values", "of each column; i fills, m drops", "Views", "data"),
    Command("table_balance", "4", "Class balance", "rows of each value of what is learned", "Views", "data"),
    Command("table_bars", "5", "Bars", "the numbers of the table as they stand", "Views", "data"),
    Command("table_corr", "6", "Correlation", "of each pair of numbers; again: by ranks", "Views", "data"),
    Command("table_season", "7", "Season", "by month; again: by weekday; or none", "Views", "data"),
    Command("table_pca", "8", "PCA", "rows as points; again: variances, loadings", "Views", "data"),
    Command("table_told", "9", "Mutual information", "what each column tells of what is learned", "Views", "data"),
    Command("table_filter", "slash", "Filter", "rows of which something is true", "Steps", "data", "filter"),
    Command("table_sort", "s", "Sort", "by the column: up, down, not", "Steps", "data", "sort"),
    Command("table_group", "g", "Group", "a row for each value: sums, means, counts", "Steps", "data", "group"),
    Command("table_top", "n", "Top n", "the values with the largest sums", "Steps", "data", "top"),
    Command("table_fill", "i", "Fill missing", "what stands for missing values of the column", "Steps", "data", "fill"),
    Command("table_drop", "m", "Drop missing", "rows without a value in the column go", "Steps", "data"),
    Command("table_leave", "d", "Leave out", "the column under the cursor", "Steps", "data", "leave out"),
    Command("table_undo", "u,backspace", "Undo", "the last step is taken back", "Steps", "data", "undo"),
    Command("table_target", "t", "To be learned", "the column under the cursor, or not", "Learn", "data", "target"),
    Command("table_train", "enter", "Train on this", "to Build, with these rows and steps", "Learn", "data", "train"),
    Command("table_code", "E", "Show as code", "the steps as pandas, and for a recipe", "Learn", "data", "code"),
    Command("table_save", "w", "Save the steps", "a recipe's part and a script, here", "Learn", "data", "save"),
    Command("table_focus", "tab", "Table or panel", "where the arrows lead", "Move", "data", "panel"),
    Command("table_zoom", "z", "View alone", "without the table; again: with it", "Move", "data", "zoom"),
    Command("table_other", "o", "Another table", "choose a file", "App", "data"),
    Command("table_again", "r", "Read again", "the file as it is now", "App", "data"),
    Command("table", "O", "Data: open table", "look at a CSV, filter, group, learn it", "App", "lab build", "table"),
    Command("analyse", "A", "Analyse", "mistakes, calibration, PCA, filters, each number", "App", short="analyse"),
    Command("runs", "o", "Runs", "every run there is; enter opens one", "App", short="runs"),
    Command("compare", "v", "Compare", "with other runs: curves, differences, verdict", "App"),
    Command("resume", "C", "Go on, last run", "the newest on the disk, where it was left", "App"),
    Command("go", "g", "Go to", "recipes, files and runs, by a few letters", "App"),
    Command(
        "runs_filter", "slash", "Filter", "only some runs: tag:lesson lr>=0.01 -act:none", "Runs", "runs", "filter"
    ),
    Command("runs_sort", "s", "Sort", "by the next column; of a measure the best first", "Runs", "runs", "sort"),
    Command("runs_reverse", "S", "Turn round", "the same order from its other end", "Runs", "runs"),
    Command("runs_choose", "space", "Choose", "for compare and delete; again: not", "Runs", "runs", "choose"),
    Command(
        "runs_compare",
        "v",
        "Compare",
        "the chosen ones, or this with the Lab's",
        "Runs",
        "runs",
        "compare",
    ),
    Command("runs_tags", "t", "Tags", "words to find runs by", "Runs", "runs", "tags"),
    Command("runs_note", "n", "Note", "a sentence about the run", "Runs", "runs", "note"),
    Command("runs_pin", "p", "Pin", "pinned runs stand first", "Runs", "runs", "pin"),
    Command("runs_delete", "d", "Delete", "into the bin; u brings it back", "Runs", "runs", "delete"),
    Command("runs_restore", "u", "Undo", "the last deletion or renaming is undone", "Runs", "runs", "undo"),
    Command("runs_rename", "r", "Rename", "another name for the run", "Runs", "runs", "rename"),
    Command("compare_metric", "m", "Metric", "the next curve and the next verdict", "Compare", "compare", "metric"),
    Command("compare_axis", "x", "Axis", "by epoch, step or second", "Compare", "compare", "axis"),
    Command("compare_log", "y", "Log scale", "the curves by powers of ten", "Compare", "compare", "log"),
    Command("compare_next", "right", "Next run", "the one others are compared with", "Compare", "compare", "first"),
    Command("compare_drop", "d", "Leave out", "the run that is first", "Compare", "compare", "leave out"),
    Command("compare_add", "a,o", "Other runs", "choose them in the table", "Compare", "compare", "runs"),
    Command("place_dot", "space,enter", "Place", "a point at the cursor; a click does", "Points", "place", "place"),
    Command("place_class", "1,2,3,4,5,6", "Class", "of the points to come", "Points", "place", "class"),
    Command("place_back", "u,backspace", "Undo", "the last point goes", "Points", "place", "undo"),
    Command("place_erase", "x,delete", "Erase", "the nearest point; the right button does", "Points", "place", "erase"),
    Command("place_clear", "C", "Clear", "no points", "Points", "place", "clear"),
    Command("pen", "space,enter", "Pen", "down or up; the mouse draws too", "Digit", "scribble", "pen"),
    Command("paper", "C,backspace", "Clear", "new paper; the right button rubs out", "Digit", "scribble", "clear"),
    Command("help", "question_mark", "Help", "every key; how to read the pane in focus", "App", "*", short="help"),
    Command("palette", "ctrl+p", "Palette", "commands, data sets, recipes by name", "App", "*"),
    Command("close", "escape", "Up", "one level up; in the Lab: no more hints", "App", "*", short="back"),
    Command("quit", "q", "Quit", "asks what becomes of the run", "App", "lab build", "quit"),
    Command("interrupt", "ctrl+c", "Quit", "as q; twice: stop the run and leave", "App", "*"),
    Command("leave", "ctrl+q", "Quit now", "at once; the run goes on without you", "App", "*"),
)


def commands(mode: str) -> tuple[Command, ...]:
    """What can be asked for in a mode, with what can be asked for everywhere."""
    return tuple(command for command in COMMANDS if command.mode == "*" or mode in command.mode.split())


def find(identity: str) -> Command:
    """The command called `identity`."""
    return next(command for command in COMMANDS if command.id == identity)
