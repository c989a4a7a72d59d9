"""What a client may ask of a worker. Everything a person may do to a run is a command here."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

Pace: TypeAlias = Literal["full", "show"] | Annotated[float, Meta(gt=0)]
Side: TypeAlias = Annotated[int, Meta(ge=1, le=1024)]
Extra: TypeAlias = Literal["layers", "confusion", "neurons", "plane", "filters", "samples", "forecast"]


class Command(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True, kw_only=True):
    """Something a client asks of a worker. `id` comes back in the reply; the client sets it."""

    id: int = 0


class Pause(Command, frozen=True, tag="pause"):
    """Hold before the next slice."""


class Resume(Command, frozen=True, tag="resume"):
    """Go on."""


class Step(Command, frozen=True, tag="step"):
    """Pause, but make one more step first."""


class Epoch(Command, frozen=True, tag="epoch"):
    """Pause, but go on to the end of this epoch first."""


class Stop(Command, frozen=True, tag="stop"):
    """Finish the step, write a checkpoint, end the run."""


class Checkpoint(Command, frozen=True, tag="checkpoint"):
    """Write a checkpoint now."""


class Keep(Command, frozen=True, tag="keep"):
    """Keep this run on disk when the next one replaces it."""


class Quit(Command, frozen=True, tag="quit"):
    """End the run as `stop` does, then the worker itself."""


class Set(Command, frozen=True, tag="set"):
    """Change a setting of the running experiment by its dotted name."""

    name: str
    value: Any


class SetPace(Command, frozen=True, tag="pace"):
    """How fast epochs may follow each other: full, show, or epochs a second."""

    pace: Pace


class View(Command, frozen=True, tag="view"):
    """What pictures this client wants: a decision map of width x height points, `count` digits; wanted=False: none.

    panes: what it shows besides, which costs a pass over some rows each time; plane: the decision map of pictures, too.
    example: of the rows shown the one whose way through the network is; after the last comes the first.
    """

    width: Side = 60
    height: Side = 40
    count: Annotated[int, Meta(ge=0, le=256)] = 12
    wanted: bool = True
    panes: tuple[Extra, ...] = ()
    example: Annotated[int, Meta(ge=0)] = 0


class Scrub(Command, frozen=True, tag="scrub"):
    """Send this client pictures of an earlier epoch of the film; None goes back to the present."""

    epoch: int | None = None


class Start(Command, frozen=True, tag="start"):
    """Train an experiment, at once, in place of the present one.

    lab: recorded only when it lives half a second, and discarded when replaced unless somebody asked to keep it.
    """

    config: dict[str, Any]
    pace: Pace = "full"
    paused: bool = False
    lab: bool = True
    name: str = ""


class Open(Command, frozen=True, tag="open"):
    """Show a run that was recorded, in place of the present experiment; with settings (even none) go on with it."""

    run: str
    settings: dict[str, Any] | None = None
    pace: Pace = "full"
    paused: bool = False


class Branch(Command, frozen=True, tag="branch"):
    """Train on from an earlier epoch of the film, with some settings changed, as a run of its own.

    Among the settings may be weights set by hand. lab: as in `start`; else parent and branch are kept.
    """

    epoch: int
    settings: dict[str, Any] = {}
    lab: bool = False
    pace: Pace = "full"
    paused: bool = False


class Preview(Command, frozen=True, tag="preview"):
    """Load a data set without training and answer with its `Scene`."""

    dataset: dict[str, Any]


class Head(Command, frozen=True, tag="head"):
    """Answer with the `Columns` of a data set that is a file."""

    dataset: dict[str, Any]


class Compare(Command, frozen=True, tag="compare"):
    """Answer with runs beside each other, by their folders. what: the metric; judged: verdicts too, which take time."""

    runs: tuple[str, ...]
    what: str | None = None
    judged: bool = True


class Sketch(Command, frozen=True, tag="sketch"):
    """Answer with the `Outline`: its layers, their shapes, what is odd. Its error says what is wrong."""

    config: dict[str, Any]


class Preflight(Command, frozen=True, tag="preflight"):
    """Make one of the checks before training, by its place among them, and answer with what was `Checked`."""

    config: dict[str, Any]
    check: Annotated[int, Meta(ge=0)] = 0


class Sweep(Command, frozen=True, tag="sweep"):
    """Look for a learning rate and answer with what was `Swept`."""

    config: dict[str, Any]


class Measure(Command, frozen=True, tag="measure"):
    """Answer with the `Yardsticks` of a data set: what is reached without a network to speak of."""

    dataset: dict[str, Any]


class Write(Command, frozen=True, tag="write"):
    """Answer with `Code`: the network of an experiment, with its weights of now if it is the one being trained."""

    config: dict[str, Any]
    target: str
    stem: str = "model"


class Inspect(Command, frozen=True, tag="inspect"):
    """Answer with what the network makes of one row of a split: every activation and the probabilities."""

    row: Annotated[int, Meta(ge=0)]
    split: Literal["train", "validation", "test"] = "test"


class Read(Command, frozen=True, tag="read"):
    """Answer with what the network makes of a picture drawn by hand: greys row by row, 0 paper, 255 ink."""

    pixels: Annotated[bytes, Meta(max_length=256 * 256)]
    width: Annotated[int, Meta(ge=1, le=256)]


class Examine(Command, frozen=True, tag="examine"):
    """Answer with what an examination of the network finds: see `findings.py`.

    epoch: of the film; None: the present network. held: instead, the moment an earlier answer was about. row: of the
    split, for example and traced; place: for projected, how deep in the network, for depends which column.
    """

    what: Literal["judgement", "example", "projected", "filters", "traced", "ranked", "weighed", "depends"]
    split: Literal["train", "validation", "test"] = "test"
    epoch: int | None = None
    held: int = 0
    row: Annotated[int, Meta(ge=0)] = 0
    place: Annotated[int, Meta(ge=0)] = 0


class Tabled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which table: a file, how it is written where that is not what it looks like, and the steps behind it.

    format, steps: as in a configuration, `dataset.format` and `dataset.steps`.
    """

    path: str
    format: dict[str, Any] = {}
    steps: tuple[dict[str, Any], ...] = ()


class OpenTable(Command, frozen=True, tag="open_table"):
    """Answer with the `TableHead`. The table stays loaded until another is opened. again: read the file anew."""

    of: Tabled
    again: bool = False


class ReadRows(Command, frozen=True, tag="read_rows"):
    """Answer with some `TableRows`: `rows` from `first` on, `columns` from `left` on."""

    of: Tabled
    first: Annotated[int, Meta(ge=0)] = 0
    rows: Annotated[int, Meta(ge=0, le=1024)] = 64
    left: Annotated[int, Meta(ge=0)] = 0
    columns: Annotated[int, Meta(ge=0, le=256)] = 16


class DescribeColumn(Command, frozen=True, tag="describe_column"):
    """Answer with the `ColumnFacts` of a column."""

    of: Tabled
    column: str


class DrawView(Command, frozen=True, tag="draw_view"):
    """Answer with a `TableView` by its name. column: under the cursor; target: what is to be learned, if that is known.

    turn: which of its kinds, for a view that has several: another measure, another period.
    """

    of: Tabled
    view: str
    column: str = ""
    target: str = ""
    turn: Annotated[int, Meta(ge=0)] = 0


class WriteSteps(Command, frozen=True, tag="write_steps"):
    """Answer with the `TableText`: the steps to be kept."""

    of: Tabled
    target: str = ""


class FindSeries(Command, frozen=True, tag="find_series"):
    """Answer with the `TableSeries`: whether a column can be foretold as a series, and how far."""

    of: Tabled
    target: str


TableQuestion: TypeAlias = OpenTable | ReadRows | DescribeColumn | DrawView | WriteSteps | FindSeries

AnyCommand: TypeAlias = (
    Pause | Resume | Step | Epoch | Stop | Checkpoint | Keep | Quit | Set | SetPace | View | Scrub
    | Start | Open | Branch | Preview | Inspect | Compare | Read | Examine | Sketch | Preflight | Sweep | Measure
    | Write | Head | OpenTable | ReadRows | DescribeColumn | DrawView | WriteSteps | FindSeries
)  # fmt: skip
