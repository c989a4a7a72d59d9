"""News: what one client of a run has not seen yet."""

from __future__ import annotations

import time
import traceback

import msgspec

from mlcore.worker.board import Board
from mlcore.worker.peer import Peer
from mlcore.worker.protocol import Inside, Message, Picture

INSIDE = 0.25  # seconds between two looks inside the network
CALM = 1.0  # and where texts are among it, which somebody reads
RESTED = 9  # times as long as a picture took, before the next: large networks are looked at less often
SPARED = 60  # times, where the run uses every core: each look takes from it what it takes


def some(board: Board, peer: Peer) -> bool:
    """Whether there is anything."""
    return peer.changed != board.changed or _seen(board, peer) != peer.picture or _looked(board, peer) != peer.inside


def messages(board: Board, peer: Peer, *, sparing: bool = False) -> list[Message]:
    """The start, where the run is, new points of its curves, a picture, what is inside, the end."""
    rested = SPARED if sparing else RESTED
    if peer.number != board.number:
        peer.forget()
        peer.number, peer.scrub = board.number, None
    found: list[Message] = []
    with board.lock:
        if board.started and not peer.started:
            peer.started = True
            found.append(board.started)
        if peer.changed != board.changed:
            peer.changed = board.changed
            found.append(board.update())
            for name, curve in board.curves.items():
                new, peer.curves[name] = curve.since(name, board.number, peer.curves.get(name, (0, 0)))
                found += [new] if new else []
        said, peer.said = board.said[peer.said :], len(board.said)
    shown = _picture(board, peer, rested), _inside(board, peer, rested)
    return [*found, *filter(None, shown), *said]


def _seen(board: Board, peer: Peer) -> tuple[object, ...]:
    """What the picture of this client depends on."""
    if not peer.started or not peer.view.wanted:
        return peer.picture
    if peer.scrub is not None:
        return (board.number, peer.view, "film", peer.scrub)
    return (board.number, peer.view, board.moment)


def _looked(board: Board, peer: Peer) -> tuple[object, ...]:
    """What this client is told of the inside depends on."""
    if not peer.started or not peer.view.panes:
        return peer.inside
    view = peer.view
    return (board.number, view.panes, view.example, board.moment if peer.scrub is None else peer.scrub)


def _picture(board: Board, peer: Peer, rested: int) -> Picture | None:
    """A picture for this client, unless it has seen it."""
    key = _seen(board, peer)
    if key == peer.picture or board.stage is None or board.moment is None:
        return None
    peer.picture = key
    began = time.monotonic()
    moment, _ = board.seen(peer.scrub)
    picture = board.stage.picture(moment.model, moment.epoch, moment.step, peer.view, board.number)
    peer.rest = rested * (time.monotonic() - began)
    return msgspec.structs.replace(picture, metrics=moment.metrics)


def _inside(board: Board, peer: Peer, rested: int) -> Inside | None:
    """What the panes of this client show, unless it has seen that, or something like it a moment ago."""
    key, now = _looked(board, peer), time.monotonic()
    if key == peer.inside or board.stage is None or board.moment is None or now < peer.next_inside:
        return None
    peer.inside = key
    moment, rate = board.seen(peer.scrub)
    try:
        found = board.stage.insight.look(moment, rate, peer.view, board.number)
    except Exception:
        traceback.print_exc()  # into worker.log: a bug, but a pane without a picture is not the end of the run
        found = None
    least = CALM if "samples" in peer.view.panes else INSIDE
    peer.next_inside = now + max(least, rested * (time.monotonic() - now))
    return found
