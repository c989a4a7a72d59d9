"""Settings of the run that goes on: each with its present value; type a new one, and the run goes on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.hints import sentence
from tui.screens.alone import Alone
from tui.screens.dialogs import ValueDialog
from tui.widgets.ledger import Column, Ledger, Line

if TYPE_CHECKING:
    from mlcore.form import Row
    from tui.app import MljApp

SECTIONS = (
    "optimizer",
    "batch_size",
    "epochs",
    "schedule",
    "stopping",
    "recording",
)  # what may change, most wanted first
FIRST = ("optimizer.learning_rate", "batch_size", "epochs")
COLUMNS = (
    Column("setting", 24), Column("now", 15), Column("changed", 26, rank=1), Column("what it is for", 0, rank=2),
)  # fmt: skip
ROOM = (56, 12)  # columns and rows of the drawn network from which on the sheet lies on it alone


class Setting(NamedTuple):
    """Something that may change: its name, its value in words, what it is for, its row in the form (none: dropout)."""

    name: str
    value: str
    help: str
    row: Row | None = None


class LiveScreen(Alone, ModalScreen[None]):
    """A row a setting. enter types a value, left and right halve and double or choose; the run goes on with it.

    Where there is room it lies on the drawing of the network, and picture and curves show what a change does.
    """

    SEEN_THROUGH = True  # what is changed shows
    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,k,q", "close"),
        Binding("right", "turn(1)"),
        Binding("left", "turn(-1)"),
    ]

    def __init__(self, app: MljApp) -> None:
        super().__init__(id="live")
        self._mlj, self._settings = app, dict[str, Setting]()

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            over = self._mlj.feed.over
            sheet.border_title = "settings: a change trains it again" if over else "settings, live"
            sheet.border_subtitle = "enter types, left right step, esc done"
            yield Ledger(COLUMNS, id="settings")
            yield Static(id="about")

    def on_mount(self) -> None:
        """Fill the table."""
        self._fill()
        self.set_interval(0.5, self._fill)  # somebody else may steer as well

    def on_resize(self) -> None:
        """Find a place."""
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        network, sheet = self._mlj.laboratory.panes[0], self.query_one(".sheet")
        place = network.region
        beside = network.display and place.width >= ROOM[0] and place.height >= ROOM[1]
        self.set_class(beside, "-beside")
        sheet.styles.width, sheet.styles.height = (place.width, place.height) if beside else (None, None)
        sheet.styles.offset = place.offset if beside else (0, 0)

    @property
    def _ledger(self) -> Ledger:
        return self.query_one(Ledger)

    def _fill(self) -> None:
        if not self.is_attached:
            return
        self._settings = {each.name: each for each in self._found()}
        told = self._mlj.lab.told
        lines = [
            Line(
                each.name,
                (each.name, each.value, told.get(each.name, ""), each.help),
                "~" if each.name in told else " ",
            )
            for each in self._settings.values()
        ]
        self._ledger.columns = COLUMNS if told else COLUMNS[:-1]
        if [line.cells for line in lines] != [line.cells for line in self._ledger.lines]:
            self._ledger.put(lines)
        if not self.query_one("#about", Static).content:
            self._say("")

    def _found(self) -> list[Setting]:
        from mlcore import form

        draft = self._mlj.lab.draft
        if draft is None:
            return []
        rows = [row for row in form.rows(draft.config) if row.name.partition(".")[0] in SECTIONS]
        rows.sort(key=lambda row: FIRST.index(row.name) if row.name in FIRST else len(FIRST))
        found = [Setting(row.name, form.words(row.value), row.help or row.limits, row) for row in rows]
        help = "share of the numbers set to zero in training"
        drops = [Setting(f"dropout {i}", f"{rate:g}", help) for i, rate in enumerate(draft.dropouts, start=1)]
        return [*found[: len(FIRST)], *drops, *found[len(FIRST) :]]

    @property
    def _here(self) -> Setting | None:
        line = self._ledger.here
        return self._settings.get(line.key) if line else None

    def on_ledger_moved(self) -> None:
        """Say what the row under the cursor is for."""
        self._say("")

    def _say(self, problem: str) -> None:
        from mlcore import form

        here = self._here if self.is_attached else None  # a value may be typed after this has gone
        if here is None:
            return
        choices = ", ".join(map(form.words, here.row.choices)) if here.row else ""
        when = "from the next epoch on" if here.name == "batch_size" else "from the next step on"
        text = problem or ". ".join(filter(None, (here.help, here.row.limits if here.row else "0 to 1", choices, when)))
        self.query_one("#about", Static).update(Content.styled(text, "$warning" if problem else "$text-muted"))

    def action_turn(self, step: int) -> None:
        """The next choice; a number is halved or doubled."""
        here = self._here
        if here is None:
            return
        row = here.row
        if row is None:
            self._change(here, round(min(0.95, max(0.0, float(here.value) + 0.05 * step)), 2))
        elif row.choices and row.value in row.choices:
            self._change(here, row.choices[(row.choices.index(row.value) + step) % len(row.choices)])
        elif isinstance(row.value, (int, float)) and not isinstance(row.value, bool):
            doubled = row.value * 2.0**step
            self._change(here, float(f"{doubled:.3g}") if isinstance(row.value, float) else int(doubled) or 1)
        else:
            self.action_type()

    def on_ledger_opened(self) -> None:
        """Type a value."""
        self.action_type()

    def action_type(self) -> None:
        """Type a value for the row under the cursor."""
        from mlcore import MljError, form

        here = self._here
        if here is None:
            return

        def check(text: str) -> str:
            try:
                value = form.read(here.row, text) if here.row else float(text)
            except MljError as error:
                return sentence(error)
            except ValueError:
                return f"{text!r} is not a number"
            return self._change(here, value)

        title, help = f"{here.name}  (now {here.value})", here.help
        self.app.push_screen(ValueDialog(title, help, here.value, check))

    def _change(self, setting: Setting, value: Any) -> str:
        """Make the change, or say why not."""
        from mlcore import MljError

        try:
            if setting.row is not None:
                self._mlj.lab.steer({setting.name: value})
            else:
                self._mlj.lab.steer_dropout(int(setting.name.split()[-1]) - 1, float(value))
        except MljError as error:
            self._say(sentence(error))
            return sentence(error)
        self._fill()
        return ""

    def action_close(self) -> None:
        """Back to the Lab."""
        self.dismiss()
