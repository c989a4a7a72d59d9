"""What the network believes: the panes that take turns at the second place, by what says most of the data."""

from __future__ import annotations

from tui.frame import Frame
from tui.widgets.boundary import BoundaryPane
from tui.widgets.digits import DigitsPane
from tui.widgets.forecast import ForecastPane
from tui.widgets.pane import Pane
from tui.widgets.samples import SamplesPane


class Beliefs:
    """A map or a line, pictures with what is read, texts it makes up, or a forecast; planar: the map of pictures."""

    def __init__(self) -> None:
        self.boundary, self.digits = BoundaryPane(), DigitsPane()
        self.samples, self.forecast = SamplesPane(), ForecastPane()
        self.kind, self.planar = "plane", False

    @property
    def panes(self) -> tuple[Pane, ...]:
        """All of them."""
        return self.boundary, self.digits, self.samples, self.forecast

    @property
    def pane(self) -> Pane:
        """The one that is shown."""
        if self.planar:
            return self.boundary
        places = {"samples": self.samples, "forecast": self.forecast, "pictures": self.digits}
        return places.get(self.kind, self.boundary)

    def follow(self, frame: Frame) -> bool:
        """Show what suits a frame; whether that is another pane than before."""
        before = self.kind
        self.kind = frame.shows or ("pictures" if frame.pictures is not None else "plane")
        self.planar = self.planar and self.kind == "pictures"
        return self.kind != before

    @property
    def wanted(self) -> set[str]:
        """What the worker is asked for besides, in its words."""
        return {self.kind} & {"samples", "forecast"} | ({"plane"} if self.planar else set())

    def turn(self) -> bool:
        """Pictures, or the plane they spread over most; False where there are no pictures."""
        if self.kind != "pictures":
            return False
        self.planar = not self.planar
        return True
