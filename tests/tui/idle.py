"""When a pretended app is idle: nothing in its queues, nothing to lay out or to draw.

Textual's tests take processor time for a sign: a process that uses under a twentieth of 20 ms is idle, or a second has
passed. An app whose curves move is never idle so, and on a loaded machine one that waits for the processor always is.
Each key cost 40 ms to two seconds. Here the app itself is asked. What a timer does later is waited for by name.
"""

from __future__ import annotations

import asyncio
from time import monotonic

import textual.app
import textual.pilot
from textual._context import active_app

LOOK = 0.01  # seconds between two looks: longer than the heartbeat's pause between two panes
LONGEST = 10.0  # seconds for an app that is never idle; one that waits for a processor needs more than Textual's second
STILL = 3  # looks in a row at which nothing waits: what was taken from a queue may put more into another


def busy(app: textual.app.App[object]) -> bool:
    """Whether something waits to be handled, laid out or drawn."""
    if not app.is_running or not app._screen_stack:
        return False
    screen = app.screen
    if app.message_queue_size or screen._scroll_required or screen._dirty_widgets:
        return True
    seen = screen._compositor.visible_widgets  # of one that is hidden a wish to be drawn is kept
    return any(
        widget.message_queue_size
        or ((widget is screen or widget in seen) and (widget._layout_required or widget._repaint_required))
        for widget in screen.walk_children(with_self=True)
    )


async def wait_for_idle(min_sleep: float = 0.02, max_sleep: float = 1) -> None:
    """In place of Textual's function of this name: after `min_sleep`, and after `LONGEST` at the latest."""
    app, began, still = active_app.get(), monotonic(), 0
    while still < STILL or monotonic() < began + min_sleep:
        await asyncio.sleep(LOOK)
        if monotonic() > began + max(max_sleep, LONGEST):
            return
        still = 0 if busy(app) else still + 1


def install() -> None:
    """Let pilots wait so."""
    textual.app.wait_for_idle = textual.pilot.wait_for_idle = wait_for_idle  # type: ignore[attr-defined]
