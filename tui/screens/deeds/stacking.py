"""What keys do to the layers of the Build screen: add, remove and move them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui import plan

if TYPE_CHECKING:
    from mlcore.form import Row
    from tui.app import MljApp
    from tui.plan import Line
    from tui.screens.build import BuildScreen


class Stacking:
    """Layers, and where the cursor stands."""

    def __init__(self, app: MljApp, screen: BuildScreen) -> None:
        self.app, self.screen = app, screen

    @property
    def _line(self) -> Line | None:
        return self.screen.form.line

    @property
    def _row(self) -> Row | None:
        screen = self.screen
        return plan.row_of(screen.draft.config, self._line.name, screen.advice.outline) if self._line else None

    @property
    def _layer(self) -> int | None:
        """The place of the layer under the cursor."""
        line = self._line
        return int(line.name) if self.screen.form is self.screen.network and line and line.role == "layer" else None

    def _behind(self) -> int:
        """Where a new layer goes: behind the one under the cursor, else at the end."""
        draft = self.screen.draft
        return len(draft.words) if self._layer is None else draft.behind(self._layer)

    def insert_layer(self) -> None:
        self.screen.open(1)
        draft, place = self.screen.draft, self._behind()
        units = next((word for word in reversed(draft.words[:place]) if word.isdigit()), "8")
        new = (units, *filter(None, [draft.bend or ("" if draft.hidden else "relu")]))
        if not self.screen.edit(lambda draft: draft.with_inserted(place, *new)):
            self._stand(place)

    def insert_kind(self) -> None:
        from mlcore import form
        from tui.screens.picking import PickDialog

        self.screen.open(1)
        place = self._behind()
        kinds = [(choice.word, choice.line) for choice in form.choices() if choice.setting == "layers"]

        def picked(word: str | None) -> None:
            new = "8" if word == "dense" else word
            if new and not self.screen.edit(lambda draft: draft.with_inserted(place, new)):
                self._stand(place)

        self.app.push_screen(PickDialog("a layer behind this one", kinds, "dense"), picked)

    def remove_layer(self) -> None:
        place = self._layer
        if place is None:
            self.screen.say("put the cursor on the layer that is to go: 2 opens the network")
        else:
            self.screen.edit(lambda draft: draft.without_block(place))
            self._stand(max(0, min(place, len(self.screen.draft.words) - 1)))

    def layer_up(self) -> None:
        self._shift(-1)

    def layer_down(self) -> None:
        self._shift(1)

    def carry(self, place: int, to: int) -> None:
        """A layer to the place of another, neurons with their bend."""
        self.screen.open(1)
        if not self.screen.edit(lambda draft: draft.with_carried(place, to)):
            self._stand(to)

    def _shift(self, step: int) -> None:
        place = self._layer
        if place is None:
            self.screen.say("put the cursor on the layer that is to move: 2 opens the network")
        elif not self.screen.edit(lambda draft: draft.with_moved(place, step)):
            self._stand(max(0, min(place + step, len(self.screen.draft.words) - 1)))

    def _stand(self, place: int) -> None:
        self.screen.network.go(str(place))
        self.screen.moved()
