"""What cannot be asked for where somebody only looks on: with --read-only, at somebody's own loop, at a log."""

from __future__ import annotations

from tui.commands import find
from tui.frame import Frame

REACHING = ("pause", "step", "rate")  # what reaches somebody's own loop while it goes on
OURS = {  # what takes a run of mlj's own, and why a loop is none
    **dict.fromkeys(("epoch", "full", "pace"), "mlj does not drive this loop: space holds it, s lets it go one log on"),
    **dict.fromkeys(
        ("back", "forward", "first", "last"), "There is no film of a loop: its network is in its own program"
    ),
    "branch": "A branch begins from weights, and this loop keeps them in its own program",
    "checkpoint": "A checkpoint is made of weights: this loop has to save them itself",
    "keep": "A loop of your own is always kept: o lists it",
    "analyse": "Analyse takes a network and its rows: this loop keeps both in its program",
    "settings": "L sets a loop's rate, mlj ctl RUN set NAME=VALUE whatever else it asks for",
    "weight": "This loop keeps its weights in its own program: they cannot be set from here",
    "build": "Build makes experiments of mlj, and somebody's own loop is none: g opens one",
}
STEERING = (*REACHING, "epoch", "full", "pace", "branch", "checkpoint", "keep", "settings", "weight")
EDITING = "This is somebody's own loop, no experiment of mlj to change: g opens one"
OVER = "This loop has ended: v compares its curves with others, o lists every run"
GOING = ("loading", "running", "paused")
HELD = "space holds it, L sets its rate, q leaves it going"
FOLLOWED = "a log that another program writes: it is followed as it grows"


def refusal(identity: str, frame: Frame, read_only: bool) -> str:
    """Why a command cannot be done here, in a sentence; nothing when it can."""
    editing = find(identity).group == "Experiment"
    if read_only and (editing or identity in STEERING):
        return "This run is only looked at: mlj-tui without --read-only steers it"
    if frame.loop == "log" and (editing or identity in OURS or identity in STEERING):
        return "This is a log that another program writes: it can only be looked at"
    if frame.loop and identity in REACHING and frame.state not in GOING:
        return OVER
    return OURS.get(identity, EDITING if editing else "") if frame.loop else ""


def caption(frame: Frame) -> str:
    """What stands in the caption line: of somebody's own loop what can be done to it, of PyTorch where it runs."""
    if frame.loop == "log":
        return FOLLOWED
    going = frame.state in ("running", "paused")
    return (f"{frame.loop}: {HELD}" if frame.loop else frame.machine) if going else ""
