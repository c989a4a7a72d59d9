"""What cannot be asked for where somebody only looks on: with --read-only, at somebody's own loop, at a log."""

from __future__ import annotations

from tui.commands import find
from tui.frame import Frame

STEERING = ("pause", "step", "epoch", "full", "pace", "rate", "branch", "keep", "set_weight", "live_setting")
OURS = ("epoch", "full", "pace", "branch", "keep", "analyse")  # what takes a run of mlj's own
HELD = "space holds it, L sets its rate, q leaves it going"
FOLLOWED = "a log that another program writes: it is followed as it grows"


def refusal(identity: str, frame: Frame, read_only: bool) -> str:
    """Why a command cannot be done here, in a sentence; nothing when it can."""
    group = find(identity).group
    if read_only and (group == "Experiment" or identity in STEERING):
        return "This run is only looked at: mlj-tui without --read-only steers it"
    ours = group == "Experiment" or identity in OURS
    if frame.loop == "log" and (ours or identity in STEERING):
        return "This is a log that another program writes: it can only be looked at"
    return "This is somebody's own loop: space, s and L reach it, mlj knows no more" if frame.loop and ours else ""


def caption(frame: Frame) -> str:
    """What stands in the caption line of somebody's own loop: what can be done to it."""
    if frame.loop == "log":
        return FOLLOWED
    return f"{frame.loop}: {HELD}" if frame.state in ("running", "paused") else ""
