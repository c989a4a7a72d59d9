"""One client, as the server sees it."""

from __future__ import annotations

import socket

from mlcore.worker import protocol
from mlcore.worker.protocol import View


class Peer:
    """One client: what it sent, what it has not taken yet, and what it has seen."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.inbox = protocol.Inbox(protocol.COMMANDS)
        self.outgoing = bytearray()
        self.view = View()
        self.scrub: int | None = None
        self.next_packet = self.next_inside = self.rest = 0.0
        self.forget()

    def forget(self) -> None:
        """Nothing of the present experiment was seen yet."""
        self.number = -1
        self.changed, self.said, self.started = -1, 0, False
        self.curves: dict[str, tuple[int, int]] = {}
        self.picture: tuple[object, ...] = ()
        self.inside: tuple[object, ...] = ()
        self.next_inside = 0.0

    def push(self) -> None:
        """Send as much as the socket takes. Raises OSError when the client is gone."""
        while self.outgoing:
            try:
                sent = self.socket.send(self.outgoing)
            except BlockingIOError:
                return
            del self.outgoing[:sent]
