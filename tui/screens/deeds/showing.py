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
        self._look(1)

    def pane_2(self) -> None:
        self._look(2)

    def pane_3(self) -> None:
        self._look(3)

    def pane_4(self) -> None:
        self._look(4)

    def pane_5(self) -> None:
        self._look(5)

    def pane_6(self) -> None:
        self._look(6)

    def pane_7(self) -> None:
        self._look(7)

    def pane_8(self) -> None:
        self._look(8)

    def pane_9(self) -> None:
        self._look(9)

    def next_example(self) -> None:
        self._example(1)

    def previous_example(self) -> None:
        self._example(-1)

    def _example(self, step: int) -> None:
        """Follow another row through the network; the worker begins again after the last."""
        seen, pane = self.app.feed.frame().seen, self.screen.panes[6]
        if not pane.display:
            self.screen.say("7 shows an example on its way through a network of images or sequences")
        elif seen is None:
            self.screen.say("Only networks of images and sequences are followed example by example")
        else:
            self.screen.example = (seen.row + step) % seen.rows
            self.screen.ask()

    def _look(self, number: int) -> None:
        """Look at a pane, shown when it was not; the one looked at goes away. In a zoom, zoom into it or out of it."""
        screen, plan = self.screen, self.screen.board.plan
        if number > len(screen.panes):
            return  # the first paint was a moment ago
        pane = screen.panes[number - 1]
        if plan.zoomed:
            screen.zoom(None if plan.zoomed == number else pane)
        elif not pane.display or screen.focused is pane:
            self._plan(plan.toggled(number, screen.board.room, screen.board.suited))
        if not pane.display:
            screen.say(f"{number} brings back {pane.NAME}, 0 all panes as at first")
        elif screen.focused is pane and screen.board.shown == (number,) and not screen.zoomed:
            screen.say("This is the last pane there is: 0 brings all back")
        else:
            screen.set_focus(pane)

    def _plan(self, plan: Plan) -> None:
        """Arrange the panes so, and remember it."""
        self.screen.board.plan = plan
        self.screen.lay_out()
        self.app.remember(slot=plan.slot, opened=plan.opened, hidden=plan.hidden)

    def next_metric(self) -> None:
        said = "" if self.screen.panes[3].display else "4 shows the pane of accuracy and other metrics"
        self.screen.say(said) if said else self.screen.next_metric()

    def plane(self) -> None:
        if not self.screen.panes[1].display:
            self.screen.say("2 shows the picture of what the network believes")
        elif not self.screen.other_picture():
            self.screen.say("Only pictures have a plane besides: digits, mnist, and pictures of your own")

    def default_layout(self) -> None:
        self.screen.beliefs.planar = False
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
