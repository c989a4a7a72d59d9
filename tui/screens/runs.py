"""The list of runs: what was trained, how far it came, how good it got. enter opens one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

if TYPE_CHECKING:
    from mlcore import Run

COLUMNS = (("name", 15), ("data", 8), ("network", 17), ("epoch", 9), ("accuracy", 8), ("state", 9), ("began", 10))
ACCURACIES = ("test_accuracy", "validation_accuracy", "train_accuracy")


class RunsScreen(ModalScreen[str]):
    """A table of runs, newest first. Dismissed with the folder of the one chosen, or nothing.

    The folder, since a copied folder has its original's id.
    """

    CSS_PATH = "../styles/sheets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,o,q", "close")]

    def __init__(self, runs_dir: Path | None) -> None:
        super().__init__()
        self._runs_dir = runs_dir

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "runs"
            sheet.border_subtitle = "enter opens, esc goes back"
            table: DataTable[Text] = DataTable(cursor_type="row", zebra_stripes=False)
            for name, width in COLUMNS:
                table.add_column(name, width=width, key=name)
            yield table
            yield Static(Content("reading"), id="about")

    def on_mount(self) -> None:
        """Read the folder without making anybody wait."""
        self._read()

    @work(thread=True)
    def _read(self) -> None:
        from mlcore import MljError, list_runs

        try:
            found = [(str(run.folder.absolute()), _cells(run)) for run in list_runs(self._runs_dir)]
        except MljError as error:
            self.app.call_from_thread(self._say, str(error))
            return
        self.app.call_from_thread(self._fill, found)

    def _fill(self, found: list[tuple[str, list[Text]]]) -> None:
        table = self.query_one(DataTable)
        for folder, cells in found:
            table.add_row(*cells, key=folder)
        count = f"{len(found)} run" + ("" if len(found) == 1 else "s")
        self._say(count if found else "No run yet: a run is written down once it has lived half a second")

    def _say(self, text: str) -> None:
        if self.is_mounted:
            self.query_one("#about", Static).update(Content(text))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open it."""
        self.dismiss(str(event.row_key.value))

    def action_close(self) -> None:
        """Back to the Lab."""
        self.dismiss("")


def _cells(run: Run) -> list[Text]:
    """A run's row. What cannot be read of it is left out, so that one broken run hides no other."""
    from mlcore import MljError, sanitize

    began = f"{run.id[:4]}-{run.id[4:6]}-{run.id[6:8]}" if run.id[:8].isdigit() else run.id
    try:
        config, status = run.config.to_dict(), run.status
    except MljError:
        cells = (run.name, "", "", "", "", "broken", began)
    else:
        accuracy = next((status.metrics[name] for name in ACCURACIES if name in status.metrics), None)
        share = "" if accuracy is None else f"{100 * accuracy:.1f} %"
        epochs = f"{status.epoch}/{status.epochs}"
        cells = (run.name, config["dataset"]["kind"], config["layers"], epochs, share, status.state, began)
    return [Text(sanitize.sanitize(cell, width)) for cell, (_, width) in zip(cells, COLUMNS, strict=True)]
