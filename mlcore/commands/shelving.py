"""The acts of `mlj runs`, declared."""

from __future__ import annotations

from typing import Any

from mlcore.commands.options import a_run, acts, as_json, folder


def runs(p: Any) -> None:
    """`mlj runs` and its acts."""
    where = "mlcore.commands.shelf"
    _listing(p)
    acts(
        p,
        f"{where}:listing",
        ("list", "the runs there are, newest first", f"{where}:listing", _listing),
        ("show", "everything about a run", f"{where}:show", _show),
        ("rename", "call a run something else", f"{where}:rename", _rename),
        ("tag", "add tags to a run; -TAG takes one away", f"{where}:tag", _tag),
        ("note", "write a note to a run", f"{where}:note", _note),
        ("pin", "list runs first", f"{where}:pin", _pin),
        ("rm", "put runs into the bin", f"{where}:remove", _remove),
        ("restore", "take runs out of the bin", f"{where}:restore", _restore),
        ("prune", "delete for good what is in the bin", f"{where}:prune", _prune),
    )


def _listing(p: Any) -> None:
    example = "which: 'tag:lesson data:moons lr>=0.01 -act:none acc>0.9 state:finished'"
    p.add_argument("--filter", default="", metavar="TEXT", help=example)
    p.add_argument(
        "--sort", default="", metavar="NAME", help="by acc, loss, seconds, lr, began, name …; the best first"
    )
    p.add_argument("--reverse", action="store_true", help="the other way round")
    p.add_argument("--bin", action="store_true", help="the runs in the bin")
    folder(p)
    as_json(p)


def _show(p: Any) -> None:
    a_run(p)
    as_json(p)


def _rename(p: Any) -> None:
    p.add_argument("run", metavar="RUN", help="id, the beginning of one, display name, or last")
    p.add_argument("name", metavar="NAME", help="a name no other run has; loops that are repeats may share one")
    folder(p)


def _tag(p: Any) -> None:
    p.add_argument("run", metavar="RUN", help="id, the beginning of one, display name, or last")
    p.add_argument("tags", nargs="*", metavar="TAG", help="a word; -- first where one is taken away: tag last -- -old")
    folder(p)


def _note(p: Any) -> None:
    p.add_argument("run", metavar="RUN", help="id, the beginning of one, display name, or last")
    p.add_argument("text", nargs="?", metavar="TEXT", help="the note; '' takes it away; without, it is printed")
    folder(p)


def _pin(p: Any) -> None:
    _several(p)
    p.add_argument("--off", action="store_true", help="unpin")


def _remove(p: Any) -> None:
    _several(p)
    p.add_argument("--for-good", action="store_true", help="delete at once, past the bin")
    p.add_argument("--yes", action="store_true", help="do not ask")


def _restore(p: Any) -> None:
    _several(p)


def _prune(p: Any) -> None:
    p.add_argument("--days", type=float, default=0.0, metavar="N", help="only what has lain there so long (0)")
    p.add_argument("--yes", action="store_true", help="do not ask")
    folder(p)


def _several(p: Any) -> None:
    p.add_argument("runs", nargs="+", metavar="RUN", help="id, the beginning of one, or display name")
    folder(p)
