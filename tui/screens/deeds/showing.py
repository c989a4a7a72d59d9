"""What keys do to the screen: which pane is looked at, and how."""

from __future__ import annotations

from collections.abc import Callable

from tui.screens.deeds.doer import Doer, plain
from tui.screens.deeds.writing import written
from tui.screens.layout import Plan
from tui.widgets.curve import SMOOTHINGS, CurvePane

ARROWS = {"next_data": 1, "previous_data": -1, "more_units": 10, "fewer_units": -10}  # columns of the crosshair


class Showing(Doer):
    """Panes, how curves are drawn, and pictures of them in files."""

    def pane_1(self) -> None:
        self._focus(1)

    def pane_2(self) -> None:
        if self.screen.focused is self.screen.picture and self.screen.other_picture():
            return
        self._focus(2)

    def pane_3(self) -> None:
        self._focus(3)

    def pane_4(self) -> None:
        pane = self.screen.panes[3]
        if self.screen.focused is pane:
            self.screen.next_metric()
        elif self.screen.board.plan.zoomed or pane.display:
            self._focus(4)
        else:
            self._plan(self.screen.board.plan._replace(slot=0))
            self._focus(4)

    def pane_5(self) -> None:
        self._toggle(5)

    def pane_6(self) -> None:
        self._toggle(6)

    def pane_7(self) -> None:
        self._toggle(7)

    def pane_8(self) -> None:
        self._toggle(8)

    def _focus(self, number: int) -> None:
        pane = self.screen.panes[number - 1]
        if self.screen.zoomed is not None:
            self.screen.zoom(pane)
        self.screen.set_focus(pane)

    def _toggle(self, number: int) -> None:
        """Show a pane, or put it away; in a zoom, zoom into it or out of it."""
        screen, plan = self.screen, self.screen.board.plan
        if number > len(screen.panes):
            return  # the first paint was a moment ago
        if plan.zoomed:
            screen.zoom(None if plan.zoomed == number else screen.panes[number - 1])
        else:
            self._plan(plan.toggled(number, screen.board.room, screen.board.suited))
        if number in screen.board.shown:
            screen.set_focus(screen.panes[number - 1])

    def _plan(self, plan: Plan) -> None:
        """Arrange the panes so, and remember it."""
        self.screen.board.plan = plan
        self.screen.lay_out()
        self.app.remember(slot=plan.slot, opened=plan.opened)

    def default_layout(self) -> None:
        self.screen.planar = False
        self._plan(Plan())

    def zoom(self) -> None:
        if self.screen.zoomed is not None:
            self.screen.zoom(None)
        else:
            self.screen.zoom(self.screen.looked_at)

    def explain(self) -> None:
        from tui.screens.explain import ExplainScreen

        pane = self.screen.looked_at
        self.screen.explaining = True
        self.screen.ask()
        self.app.push_screen(ExplainScreen(pane, self.app.frame, plain(pane.HELP)), self._explained)

    def _explained(self, _: object) -> None:
        self.screen.explaining = False
        self.screen.ask()

    def log_scale(self) -> None:
        pane = self.screen.curve or self.screen.curves[0]
        pane.log_scale = not pane.log_scale
        pane.again()

    def smooth(self) -> None:
        def turn(pane: CurvePane) -> str:
            pane.smoothing = (pane.smoothing + 1) % len(SMOOTHINGS)
            share = SMOOTHINGS[pane.smoothing]
            return f"running means: {share:g} of each point is what came before" if share else "every point as it is"

        self._draw_curve(turn)

    def recent(self) -> None:
        def turn(pane: CurvePane) -> str:
            pane.recent = not pane.recent
            return "the last fifth of the run" if pane.recent else "the whole run"

        self._draw_curve(turn)

    def envelope(self) -> None:
        def turn(pane: CurvePane) -> str:
            pane.envelope = not pane.envelope
            return "from the lowest to the highest of what is folded into a point" if pane.envelope else "means alone"

        self._draw_curve(turn)

    def crosshair(self) -> None:
        def aim(pane: CurvePane) -> str:
            if self._end_crosshair():
                return ""
            pane.move(self.app.frame(), 0)
            return "arrows move the crosshair, esc ends it"

        self._draw_curve(aim)

    def _move_crosshair(self, columns: int) -> bool:
        """Move the crosshair; False when there is none."""
        pane = self.screen.aimed
        if pane is None:
            return False
        pane.move(self.app.frame(), columns)
        pane.again()
        return True

    def _end_crosshair(self) -> bool:
        """Take the crosshair away; False when there is none."""
        pane = self.screen.aimed
        if pane is None:
            return False
        pane.cursor = None
        pane.again()
        return True

    def _draw_curve(self, change: Callable[[CurvePane], str]) -> None:
        pane = self.screen.curve
        if pane is None:
            self.screen.say("No curve is on the screen: 3 shows the loss, 4 the accuracy")
            return
        said = change(pane)
        pane.again()
        self.screen.say(f"{pane.NAME}: {said}" if said else "")

    def test_points(self) -> None:
        self.screen.toggle_test()

    def bandwidth(self) -> None:
        thrifty = self.app.link.turn()
        fewer = "Under 10 kB a second: numbers and curves each second, pictures row by row; B ends it"
        self.screen.say(fewer if thrifty else "Every picture whole again")

    def save_text(self) -> None:
        self._save("txt", self.screen.text())

    def save_picture(self) -> None:
        self._save("svg", self.app.export_screenshot())

    def _save(self, suffix: str, content: str) -> None:
        frame = self.app.feed.frame()
        stem = f"mlj-{frame.dataset or 'lab'}-epoch-{frame.shown_epoch}"
        self.screen.say(written(stem, suffix, content))
