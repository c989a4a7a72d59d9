"""A screen that closes itself alone, however fast keys come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.await_complete import AwaitComplete

if TYPE_CHECKING:
    from textual.screen import Screen as Closing
else:
    Closing = object  # Textual takes the style of a screen from its first base that is a widget


class Alone(Closing):  # type: ignore[type-arg]
    """What is pressed before a screen has opened another, or has gone, still reaches it.

    Textual closes the topmost screen then, whichever that is, and a second time raises.
    """

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close, unless something lies over it or it is closed already."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
