"""The server: one thread that talks to every client of a run, and never makes the run wait for any of them."""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import socket
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from mlcore.errors import MljError, RunError, lacking
from mlcore.worker import modest, news, protocol, sockets
from mlcore.worker.appetite import Appetite
from mlcore.worker.board import Board
from mlcore.worker.errands import Errand, Errands
from mlcore.worker.peer import Peer
from mlcore.worker.protocol import AnyCommand, Failed, Message, Reply

FAREWELL = 0.5  # seconds for the last news
PERIOD = 1 / 15  # seconds between two packets of news to one client,
SPARING = 1 / 4  # and where a run uses every core, which pictures take away from it
BACKLOG = 1 << 20  # bytes of replies a client may leave unread before it is no longer listened to


class Server(threading.Thread):
    """Publishes a board on a Unix socket and hands commands to `handle`.

    A client gets a packet only when it has taken the one before, so a slow one gets fewer, newer ones. `board` may be
    replaced at any time.
    """

    def __init__(self, path: Path, handle: Callable[[Peer, AnyCommand], Reply], *, lab: bool) -> None:
        super().__init__(name="server", daemon=True)
        self.path, self.handle, self.lab = path, handle, lab
        self.board: Board | None = None
        self.alone: Callable[[float], None] = lambda seconds: None
        self._left = time.monotonic()
        self.peers: list[Peer] = []
        self._listener = sockets.listen(path)
        self._selector = selectors.DefaultSelector()
        self._awake, self._waker = socket.socketpair()
        self._idle = self._ending = self._urgent = False
        self._appetite = Appetite()
        self._errands = Errands(lambda: self.wake(True))
        for end in (self._awake, self._waker):
            end.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._awake, selectors.EVENT_READ)

    def show(self, board: Board) -> None:
        """Publish this experiment from now on."""
        board.wake, board.watched = self.wake, self._watched
        self.board = board
        self.wake(True)

    def _watched(self) -> bool:
        """Whether anybody wants pictures: within an epoch the weights are copied for them alone."""
        return any(peer.view.wanted for peer in self.peers)

    def wake(self, urgent: bool) -> None:
        """There is news; a server that already waits for the time to send needs no telling unless it is urgent."""
        if urgent or self._idle:
            self._idle = False
            with contextlib.suppress(OSError):  # full, or closed because the server has ended
                self._waker.send(b"!")

    def adopt(self, connection: socket.socket) -> None:
        """A new client. Only the server's own thread calls this once it runs."""
        connection.setblocking(False)
        peer = Peer(connection)
        self._send(peer, [protocol.Hello(version=protocol.VERSION, pid=os.getpid(), lab=self.lab)])
        self._selector.register(connection, selectors.EVENT_READ, peer)
        self.peers.append(peer)

    def end(self) -> None:
        """Tell every client the last news as far as it takes them without delay, and stop."""
        self._ending = True
        self.wake(True)
        if self.is_alive():
            self.join(2)
        self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Close every socket; also in a forked child, where this thread is not and they must end with the parent."""
        for each in (*(peer.socket for peer in self.peers), self._listener, self._awake, self._waker):
            each.close()
        self._selector.close()

    def run(self) -> None:
        try:
            self._loop()
        except Exception:
            traceback.print_exc()  # into worker.log: clients see the connection end, the run goes on without them
        self.abandon()

    def _loop(self) -> None:
        while True:
            if self._ending:
                self._farewell()
                break
            for key, _ in self._selector.select(self._patience(self._publish())):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._awake:
                    self._drain()
                else:
                    self._serve(key.data)

    def _farewell(self) -> None:
        """The last news, also for clients who wait to be let in; one that is slow to take it is waited for a little."""
        until = time.monotonic() + FAREWELL
        with contextlib.suppress(OSError):  # nobody else waits
            while True:
                self.adopt(self._listener.accept()[0])
        self._publish(urgent=True)
        while time.monotonic() < until and (slow := [peer for peer in self.peers if peer.outgoing]):
            select.select([], [peer.socket for peer in slow], [], PERIOD)
            for peer in slow:
                self._push(peer)
            self._publish(urgent=True)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it left again, or there are too many
            self.adopt(self._listener.accept()[0])

    def _patience(self, wait: float | None) -> float | None:
        """How long to sleep; without any client, awake now and then to say for how long nobody has been there."""
        if self.peers:
            self._left = time.monotonic()
            return wait
        self.alone(time.monotonic() - self._left)
        return 1.0

    def _drain(self) -> None:
        self._awake.recv(4096)
        self._urgent = True
        for peer, reply in self._errands.done():
            if peer in self.peers:
                self._send(peer, [reply])

    def _serve(self, peer: Peer) -> None:
        """Read what a client sent and answer; write what it has room for."""
        try:
            peer.push()
            data = peer.socket.recv(1 << 16)
        except BlockingIOError:
            self._listen(peer)
            return
        except OSError:
            data = b""
        try:
            for command in peer.inbox.feed(data):
                reply = self._answer(peer, command)
                self._send(peer, [reply] if reply else [])
        except RunError as error:
            self._send(peer, [failure(error)])
            data = b""
        if data:
            self._listen(peer)
        else:
            self._drop(peer)

    def _answer(self, peer: Peer, command: AnyCommand) -> Reply | None:
        """The reply to a command; None when it comes later."""
        match command:
            case protocol.View():
                peer.view = command
            case protocol.Scrub():
                return self._reply(command, lambda: self._scrub(peer, command.epoch))
            case _:
                try:
                    return self._reply(command, lambda: self.handle(peer, command))
                except Errand as errand:
                    work = errand.work
                self._errands.run(peer, lambda: self._reply(command, lambda: Reply(id=command.id, value=work())))
                return None
        peer.next_packet = peer.next_inside = 0.0
        return Reply(id=command.id)

    @staticmethod
    def _reply(command: AnyCommand, work: Callable[[], Reply | None]) -> Reply:
        """What was done, or why not."""
        try:
            return work() or Reply(id=command.id)
        except Errand:
            raise
        except MljError as error:
            return Reply(id=command.id, error=failure(error))
        except Exception as error:  # the fault of one command is not the end of the run
            return Reply(id=command.id, error=failure(lacking(error) or MljError(f"{type(error).__name__}: {error}")))

    def _scrub(self, peer: Peer, epoch: int | None) -> None:
        if self.board is None:
            raise RunError("there is no run yet", code="RUN_NOT_STARTED")
        if epoch is not None:
            with self.board.lock:
                self.board.film.at(epoch)
        peer.scrub, peer.next_packet, peer.next_inside = epoch, 0.0, 0.0

    def _drop(self, peer: Peer) -> None:
        self._selector.unregister(peer.socket)
        peer.socket.close()
        self.peers.remove(peer)

    def _listen(self, peer: Peer) -> None:
        """Wait for what this client can do next: always talk (unless it never reads), take more when it has room."""
        wanted = selectors.EVENT_READ if len(peer.outgoing) < BACKLOG else 0
        wanted |= selectors.EVENT_WRITE if peer.outgoing else 0
        self._selector.modify(peer.socket, wanted, peer)

    def _send(self, peer: Peer, messages: list[Message]) -> None:
        peer.outgoing += protocol.packet(messages)
        self._push(peer)
        if peer in self.peers:
            self._listen(peer)

    def _push(self, peer: Peer) -> None:
        try:
            peer.push()
        except OSError:
            peer.outgoing.clear()  # the next read finds that it is gone

    def _publish(self, urgent: bool = False) -> float | None:
        """Send each client what is new and due; the seconds until the next is due, or None when nothing is."""
        board = self.board
        if board is None:
            return None
        urgent, self._urgent = urgent or self._urgent, False
        self._idle = any(not peer.outgoing for peer in self.peers)  # from here on a change wakes the select
        now = time.monotonic()
        due = [wait for peer in list(self.peers) if (wait := self._serve_news(board, peer, now, urgent)) is not None]
        if due:
            self._idle = False
            return max(0.0, min(due))
        return None

    def _serve_news(self, board: Board, peer: Peer, now: float, urgent: bool) -> float | None:
        if peer.outgoing:
            return None  # it becomes writable first
        hurry = urgent and (peer.number != board.number or peer.said != len(board.said))
        wait = peer.next_packet - now
        if wait > 0 and not hurry:
            return wait if news.some(board, peer) else None
        sparing = self._appetite.whole
        with modest.one_thread():
            messages = news.messages(board, peer, sparing=sparing)
        if messages:
            period = SPARING if sparing else PERIOD
            peer.next_packet = now + max(period, peer.rest) if board.started else now
            self._send(peer, messages)
        return PERIOD if news.some(board, peer) else None


def failure(error: MljError) -> Failed:
    """An error as a message."""
    return Failed(code=error.code, message=str(error), where=error.where, hint=error.hint)
