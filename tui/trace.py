"""A diary of what was drawn, for tests and measurements: one JSON object a line, written only when asked for."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from time import time
from typing import Any

from tui.frame import Frame


class Trace:
    """Writes what each frame showed: state, epoch, a checksum of the picture, points of the curve, accuracies."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def note(self, event: str, **values: Any) -> None:
        """One line: when, what, and what belongs to it."""
        self._file.write(json.dumps({"time": time(), "event": event, **values}) + "\n")
        self._file.flush()

    def frame(self, part: str, frame: Frame) -> None:
        """What a part of the screen showed: "picture" or "lines"."""
        picture = frame.boundary.certainty if frame.boundary is not None else None
        if frame.pictures is not None:
            picture = frame.pictures.probability
        elif frame.fit is not None:
            picture = frame.fit.y
        self.note(
            part,
            state=frame.state,
            dataset=frame.dataset,
            run=frame.run,
            epoch=frame.epoch,
            shown_epoch=frame.shown_epoch,
            pace=frame.pace,
            widths=list(frame.net.widths),
            activations=list(frame.net.activations),
            picture=zlib.crc32(picture.tobytes()) if picture is not None else 0,
            curve=next((len(series.x) for series in frame.losses if series.name == "train"), 0),
            metrics=dict(frame.metrics),
        )
