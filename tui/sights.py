"""The views of Analyse: what each needs, what stands beside it, and the line for a shell that says the same."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.analysis import Analysis

VIEWS = (
    "confusion",
    "report",
    "mistakes",
    "calibration",
    "projection",
    "filters",
    "trace",
    "inside",
    "ranking",
    "columns",
)
NEEDS = {  # what each view shows besides the judgement
    "mistakes": "example",
    "inside": "example",
    "projection": "projected",
    "filters": "filters",
    "trace": "traced",
    "ranking": "ranked",
    "columns": "weighed",
}
BESIDE = {  # what stands beside a view where there is room: two, and a third below it
    "confusion": ("mistakes", "report", "projection"),
    "report": ("confusion", "mistakes", "calibration"),
    "mistakes": ("confusion", "trace"),
    "calibration": ("report", "mistakes", "projection"),
    "projection": ("filters", "mistakes"),
    "filters": ("projection", "mistakes"),
    "trace": ("mistakes", "filters"),
    "inside": ("mistakes", "filters"),
    "ranking": ("calibration", "report", "confusion"),
    "columns": ("mistakes", "report"),
}


def command(of: Analysis) -> str:
    """What to type; nothing while the run is not on disk."""
    run = quote(of.name or of.run)
    if not (of.name or of.run):
        return ""
    passing = of.judgement.epoch if of.passing and of.judgement is not None else None
    at = of.epoch if of.epoch is not None else passing
    epoch = f" --epoch {at}" if at is not None else ""
    split = f" --split {of.split}"
    match of.view:
        case "mistakes":
            return f"mlj evaluate {run}{split}{epoch} --worst {of.place + 1}"
        case "calibration" if not of.numbers:
            return f"mlj evaluate {run}{split}{epoch} --calibration"
        case "projection":
            return f"mlj plot {run} --what projection{split} --layer {of.depth}{epoch}"
        case "filters":
            return f"mlj plot {run} --what filters{epoch}"
        case "trace" | "inside":
            return f"mlj trace {run}{split} --row {of.row or 0} --backward{epoch}"
        case "ranking":
            what = "residuals" if of.numbers else "pr" if of.recall else "roc"
            return f"mlj plot {run} --what {what}{split}{epoch}"
        case "columns":
            column = of.column_name
            if column:
                return f"mlj plot {run} --what dependence --column {quote(column)}{split}{epoch}"
            return f"mlj plot {run} --what importance{split}{epoch}"
        case "confusion" if of.numbers:
            return f"mlj plot {run} --what fit{epoch}"
    return f"mlj evaluate {run}{split}{epoch}"
