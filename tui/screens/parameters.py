"""All parameters: every field of the experiment in one form; a change is learned when one of Build's own would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

from tui import plan
from tui.screens.alone import Alone
from tui.screens.dialogs import ValueDialog

if TYPE_CHECKING:
    from mlcore.form import Row
    from tui.draft import Draft
    from tui.screens.build import BuildScreen


class ParametersScreen(Alone, ModalScreen[None]):
    """A row for each parameter. left and right choose or step, enter types; what cannot be is said, and not done."""

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,p,q", "close"),
        Binding("right", "turn(1)", priority=True),
        Binding("left", "turn(-1)", priority=True),
        Binding("d", "default"),
    ]

    def __init__(self, build: BuildScreen) -> None:
        super().__init__()
        self._build = build
        self._rows: tuple[Row, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "all parameters"
            sheet.border_subtitle = "left right choose, enter types, d default, esc done"
            yield DataTable(cursor_type="row", show_header=False, zebra_stripes=False)
            yield Static(id="about")

    def on_mount(self) -> None:
        """Fill the table."""
        table = self._table
        table.add_column("name", width=24, key="name")
        table.add_column("value", width=18, key="value")
        table.add_column("about", key="about")
        self._fill()

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one(DataTable)

    @property
    def _row(self) -> Row:
        return self._rows[self._table.cursor_row]

    def _fill(self) -> None:
        from mlcore import form

        table, here = self._table, self._table.cursor_row
        name = self._rows[here].name if self._rows else ""
        self._rows = tuple(plan.rows_of(self._build.draft.config, self._build.advice.outline).values())
        table.clear()
        for row in self._rows:
            own = row.value != row.default
            table.add_row(
                Text(row.name, style="bold" if own else ""),
                Text(form.words(row.value), style="bold" if own else "dim"),
                Text(row.help or row.limits, style="dim"),
                key=row.name,
            )
        places = [place for place, row in enumerate(self._rows) if row.name == name]
        table.move_cursor(row=places[0] if places else 0)

    def on_data_table_row_highlighted(self) -> None:
        """Say what the row under the cursor is for."""
        if self.query(DataTable):  # it may have been closed meanwhile
            self._say("")

    def _say(self, problem: str) -> None:
        row = self._row
        choices = ", ".join(_word(choice) for choice in row.choices)
        text = problem or ". ".join(filter(None, (row.help, row.limits, choices)))
        self.query_one("#about", Static).update(
            Content.styled(text or row.name, "$warning" if problem else "$text-muted")
        )

    def action_turn(self, step: int) -> None:
        """The next choice of this row; a number is halved or doubled."""
        row = self._row
        value = plan.turned(row, step)
        if value is None:
            self.on_data_table_row_selected()
        else:
            self._change(row.name, value)

    def action_default(self) -> None:
        """Back to what it is when nobody says."""
        if self._row.default != "" or self._row.name.startswith("stopping"):
            self._change(self._row.name, self._row.default)

    def on_data_table_row_selected(self) -> None:
        """Type a value."""
        from mlcore import form

        row = self._row
        title = f"{row.name}  (now {form.words(row.value)})"
        help = ". ".join(filter(None, (row.help, row.limits, ", ".join(map(form.words, row.choices)))))

        def check(text: str) -> str:
            return self._change(row.name, None, text)

        self.app.push_screen(ValueDialog(title, help, form.words(row.value), check))

    def _change(self, name: str, value: Any, text: str | None = None) -> str:
        """Make the change, or say why not."""
        from mlcore import form

        def change(draft: Draft) -> Draft:
            row = next(row for row in self._rows if row.name == name)
            return draft.changed({name: value if text is None else form.read(row, text)})

        problem = self._build.edit(change)
        if not self.query(DataTable):
            return problem  # closed meanwhile
        self._say(problem) if problem else self._fill()
        return problem

    def action_close(self) -> None:
        """Back to the Lab."""
        self.dismiss()


def _word(value: Any) -> str:
    from mlcore import form

    return form.words(value)
