"""How the parameters of a plan lie in its arena, and the way from and to the flat vector.

Flat: as in the vector. In panels: a matrix w [I, O] as panels of sixteen columns, [ceil(O / 16), I, 16], the last one
filled up with zeros, so that kernels read and write whole cache lines and copy nothing; each parameter begins at a
cache line. Filters w [O, C, …] are always in panels, as the matrix [… C, O] whose rows lie as the numbers of a window
of an image do, channels last; so do the gains and biases of images [C, H, W]. What fills the gaps is zero and no
optimizer moves it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlcore.layers.layer import Array, Shape
from mlcore.network import Network, Slot

COLUMNS = 16  # of a panel: a cache line of float32


class Layout:
    """Where each parameter lies: `offsets` in floats, in the order of network.slots; `size` floats in all.

    panels: whether matrices are in panels. weights, learned: where all weights end, and all that is learned.
    """

    def __init__(self, network: Network, panels: bool) -> None:
        self.network, self.panels = network, panels
        self.offsets = [slot.offset for slot in network.slots]
        self.weights, self.learned, end = network.weights, network.learned, network.size
        self._flat = not panels and not any(_is_filters(slot) for slot in network.slots)
        if not self._flat:
            self.weights = self.learned = end = 0
            self.offsets = []
            for slot in network.slots:
                self.offsets.append(end)
                end = whole(end + int(np.prod(self.shape(slot))))
                self.weights = end if slot.param.role == "weight" else self.weights
                self.learned = end if slot.param.role != "statistic" else self.learned
        self.size = whole(end)

    def counted(self, start: int, end: int) -> int:
        """Parameters between two places."""
        slots = zip(self.network.slots, self.offsets, strict=True)
        return sum(slot.size for slot, offset in slots if start <= offset < end)

    def shape(self, slot: Slot) -> Shape:
        """The shape a parameter has in the arena."""
        shape = slot.param.shape
        if not self._in_panels(slot):
            return (*shape[1:], shape[0]) if len(shape) == 3 else shape
        columns, rows = (shape[0], int(np.prod(shape[1:]))) if _is_filters(slot) else (shape[1], shape[0])
        return -(-columns // COLUMNS), rows, COLUMNS

    def pack(self, vector: Array, room: Array) -> None:
        """Write the flat vector [P] to its places in room [size]."""
        for slot, place in self._views(room):
            given = _turned(slot, vector[slot.offset : slot.offset + slot.size].reshape(slot.param.shape))
            if not self._in_panels(slot):
                place[...] = given
                continue
            given = given.reshape(-1, given.shape[-1])
            full = given.shape[1] // COLUMNS
            place[:full] = given[:, : full * COLUMNS].reshape(len(given), full, COLUMNS).swapaxes(0, 1)
            if full < len(place):
                place[full, :, : given.shape[1] % COLUMNS] = given[:, full * COLUMNS :]

    def unpack(self, room: Array) -> Array:
        """The flat vector [P] of what lies in room [size], as a copy."""
        vector = np.empty(self.network.size, room.dtype)
        for slot, place in self._views(room):
            flat = vector[slot.offset : slot.offset + slot.size].reshape(slot.param.shape)
            target = _turned(slot, flat)
            if self._in_panels(slot):
                place = place.swapaxes(0, 1).reshape(place.shape[1], -1)[:, : target.shape[-1]]
            target[...] = place.reshape(target.shape)
        return vector

    def _in_panels(self, slot: Slot) -> bool:
        matrix = slot.param.role == "weight" and len(slot.param.shape) == 2
        return _is_filters(slot) or (self.panels and matrix)

    def _views(self, room: Array) -> Iterator[tuple[Slot, Array]]:
        for slot, offset in zip(self.network.slots, self.offsets, strict=True):
            shape = self.shape(slot)
            yield slot, room[offset : offset + int(np.prod(shape))].reshape(shape)


def _is_filters(slot: Slot) -> bool:
    """Whether a parameter is filters [O, C, …] that go over images or sequences."""
    return slot.param.role == "weight" and len(slot.param.shape) > 2


def _turned(slot: Slot, page: Array) -> Array:
    """A view of a parameter of the page with its axes as they lie in the arena; filters [O, C, …] as [… C, O]."""
    if _is_filters(slot):
        return page.transpose(*range(2, page.ndim), 1, 0)
    return page.transpose(1, 2, 0) if page.ndim == 3 else page


def whole(floats: int) -> int:
    """So many floats, filled up to whole cache lines."""
    return -(-floats // COLUMNS) * COLUMNS
