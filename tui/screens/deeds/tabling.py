"""What keys do on the Data screen: choose a view, take a step, take it back."""

from __future__ import annotations

from tui.exploration import Step, quoted
from tui.screens.deeds.carrying import Carrying
from tui.screens.deeds.doer import plain

WAYS = {  # what may stand for a missing value, by what a column holds
    "median": ("the middle of its values", ("number",)),
    "mean": ("their mean", ("number",)),
    "most_frequent": ("the value that is there most often", ("number", "text", "date", "truth")),
    "value": ("type one", ("number", "text")),
    "drop the rows": ("rows without a value are left out", ("number", "text", "date", "truth")),
    "leave the column out": ("all other columns stay", ("number", "text", "date", "truth")),
}


class Tabling(Carrying):
    """The commands of the Data screen; a public method is the command of its name."""

    # views ----------------------------------------------------------------------------------------------------------

    def table_column(self) -> None:
        self._view("column")

    def table_describe(self) -> None:
        self._view("describe")

    def table_missing(self) -> None:
        self._view("missing")

    def table_balance(self) -> None:
        self._view("balance")

    def table_bars(self) -> None:
        self._view("bars")

    def table_corr(self) -> None:
        self._view("corr")

    def table_season(self) -> None:
        self._view("season")

    def table_pca(self) -> None:
        self._view("pca")

    def table_told(self) -> None:
        self._view("told")

    def _view(self, view: str) -> None:
        self.screen.show(self._now.seen(view))

    def table_zoom(self) -> None:
        self.screen.zoomed = not self.screen.zoomed
        self.screen.show(self._now)
        self.screen.set_focus(self.screen.panel if self.screen.zoomed else self.screen.grid)

    def table_focus(self) -> None:
        """Arrows lead to the panel, or back to the table."""
        grid = self.screen.grid
        self.screen.set_focus(self.screen.panel if grid.has_focus else grid)
        if self.screen.zoomed:
            self.table_zoom()

    # steps ----------------------------------------------------------------------------------------------------------

    def table_filter(self) -> None:
        name, kind = self._now.column, self._now.kinds.get(self._now.column, "")
        begun = f"{quoted(name)} " if kind in ("number", "text", "date") and name.isprintable() else ""
        self.screen.prompt.open("filter", begun, self._names)

    def table_group(self) -> None:
        """Begin with the column under the cursor, or the first of texts; and the first of numbers."""
        texts, numbers = self._of("text", "date", "truth"), self._of("number")
        by = self._now.column if self._now.column in texts else texts[0] if texts else self._now.column
        value = self._value(numbers, by)
        self.screen.prompt.open(
            "group", f"{quoted(by)}: " + (f"sum {quoted(value)}" if value else "count"), self._names
        )

    def table_top(self) -> None:
        texts, numbers = self._of("text", "date", "truth"), self._of("number")
        by = self._now.column if self._now.column in texts else texts[0] if texts else self._now.column
        value = self._value(numbers, by)
        self.screen.prompt.open("top", f"5 {quoted(by)} by {quoted(value)}" if value else "5 ", self._names)

    def _value(self, numbers: list[str], but: str) -> str:
        """The column of numbers that is most likely meant: under the cursor, to be learned, the last one."""
        likely = [name for name in (self._now.column, self._now.target, *reversed(numbers)) if name in numbers]
        return next((name for name in likely if name != but), "")

    def table_sort(self) -> None:
        if self._now.column:
            self.screen.change(self._now.with_sort())

    def table_fill(self) -> None:
        """What stands for the missing values of the column under the cursor."""
        from tui.screens.picking import PickDialog

        name, kind = self._now.column, self._now.kinds.get(self._now.column, "")
        facts = self._now.facts
        if facts is not None and facts.name == name and not facts.missing:
            self.screen.say(f"Nothing is missing in {name}: 3 lists where something is")
            return
        choices = [(way, line) for way, (line, kinds) in WAYS.items() if kind in kinds]

        def chosen(way: str | None) -> None:
            if way == "value":
                self._fill_value(name, kind)
            elif way == "drop the rows":
                self.screen.take({"kind": "drop_missing", "columns": (name,)})
            elif way == "leave the column out":
                self.table_leave()
            elif way:
                self.screen.take({"kind": "fill", "column": name, "how": way})

        self.app.push_screen(PickDialog(f"Missing values of {name[:40]!r}", choices, choices[0][0]), chosen)

    def _fill_value(self, name: str, kind: str) -> None:
        from tui.screens.dialogs import ValueDialog

        def step(text: str) -> Step:
            value: str | float = float(text) if kind == "number" else text
            return {"kind": "fill", "column": name, "how": "value", "value": value}

        def check(text: str) -> str:
            try:
                return "" if text and step(text)["value"] == step(text)["value"] else "a value is needed"
            except ValueError:
                return f"{name[:40]!r} holds numbers: type one"

        def typed(text: str | None) -> None:
            if text:
                self.screen.take(step(text))

        self.app.push_screen(
            ValueDialog("Stands for what is missing", f"in every row of {name[:40]!r}", "", check), typed
        )

    def table_drop(self) -> None:
        """Rows without a value under the cursor go."""
        self.screen.take({"kind": "drop_missing", "columns": (self._now.column,)})

    def table_leave(self) -> None:
        """The column under the cursor goes."""
        rest = tuple(name for name in self._names if name != self._now.column)
        if not rest:
            self.screen.say("This is the only column that is left")
        else:
            at = min(self.screen.grid.column, len(rest) - 1)
            self.screen.show(self._now.on(rest[at]))
            self.screen.take({"kind": "keep", "columns": rest})

    def table_undo(self) -> None:
        """The table before the last step."""
        if not self.screen.past:
            self.screen.say("No step has been taken yet")
            return
        before = self.screen.past[-1]

        def done(problem: str) -> None:
            if not problem and self.screen.past and self.screen.past[-1] is before:
                self.screen.past.pop()

        self.screen.attempt(before._replace(target=self._now.target or before.target), done)

    def table_target(self) -> None:
        """The column under the cursor is to be learned, or no longer."""
        name = self._now.column
        self.screen.aim("" if name == self._now.target else name)
        self.screen.say(
            f"{name} is what is to be learned: enter trains" if self._now.target else "nothing is to be learned yet"
        )

    # leaving ----------------------------------------------------------------------------------------------------------

    def help(self) -> None:
        from tui.screens.keys import KeysScreen

        reading = f"{plain(self.screen.grid.HELP)}\n\n{plain(self.screen.panel.HELP)}"
        self.app.push_screen(KeysScreen(reading, self.app.ascii_only, "data"))

    def close(self) -> None:
        """Out of what is typed, of a point, of the zoom, back to the column; then to where one came from."""
        if self.screen.prompt.display:
            self.screen.prompt.close()
            self.screen.set_focus(self.screen.grid)
        elif self._now.point is not None:
            self.screen.show(self._now.pointed(None))
        elif self.screen.zoomed:
            self.table_zoom()
        elif self.screen.panel.has_focus:
            self.table_focus()
        elif self._now.view != "column":
            self.screen.show(self._now.seen("column"))
        else:
            self.screen.leave()
