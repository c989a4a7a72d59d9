"""How the parameters of a plan lie in its arena, and the way from and to the flat vector.

Flat: as in the vector. In panels: a matrix w [I, O] as panels of sixteen columns, [ceil(O / 16), I, 16], the last one
filled up with zeros, so that kernels read and write whole cache lines and copy nothing; everything else as it is, each
parameter beginning at a cache line. What fills the gaps is zero and no optimizer moves it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlcore.layers.layer import Array, Shape
from mlcore.network import Network, Slot

COLUMNS = 16  # of a panel: a cache line of float32


class Layout:
    """Where each parameter lies: `offsets` in floats, in the order of network.slots; `size` floats in all."""

    def __init__(self, network: Network, panels: bool) -> None:
        self.network, self.panels = network, panels
        self.offsets = [slot.offset for slot in network.slots]
        end = network.size
        if panels:
            end, self.offsets = 0, []
            for slot in network.slots:
                self.offsets.append(end)
                end = whole(end + int(np.prod(self.shape(slot))))
        self.size = whole(end)

    def shape(self, slot: Slot) -> Shape:
        """The shape a parameter has in the arena."""
        if not self.panels or slot.param.role != "weight" or len(slot.param.shape) != 2:
            return slot.param.shape
        rows, columns = slot.param.shape
        return -(-columns // COLUMNS), rows, COLUMNS

    def pack(self, vector: Array, room: Array) -> None:
        """Write the flat vector [P] to its places in room [size]."""
        if not self.panels:
            room[: self.network.size] = vector
            return
        for slot, place in self._views(room):
            given = vector[slot.offset : slot.offset + slot.size].reshape(slot.param.shape)
            if place.ndim != 3:
                place[...] = given
                continue
            full = given.shape[1] // COLUMNS
            place[:full] = given[:, : full * COLUMNS].reshape(len(given), full, COLUMNS).swapaxes(0, 1)
            if full < len(place):
                place[full, :, : given.shape[1] % COLUMNS] = given[:, full * COLUMNS :]

    def unpack(self, room: Array) -> Array:
        """The flat vector [P] of what lies in room [size], as a copy."""
        if not self.panels:
            return room[: self.network.size].copy()
        vector = np.empty(self.network.size, room.dtype)
        for slot, place in self._views(room):
            flat = vector[slot.offset : slot.offset + slot.size].reshape(slot.param.shape)
            flat[...] = place if place.ndim != 3 else place.swapaxes(0, 1).reshape(len(flat), -1)[:, : flat.shape[1]]
        return vector

    def _views(self, room: Array) -> Iterator[tuple[Slot, Array]]:
        for slot, offset in zip(self.network.slots, self.offsets, strict=True):
            shape = self.shape(slot)
            yield slot, room[offset : offset + int(np.prod(shape))].reshape(shape)


def whole(floats: int) -> int:
    """So many floats, filled up to whole cache lines."""
    return -(-floats // COLUMNS) * COLUMNS
