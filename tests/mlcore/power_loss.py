"""Every state a disk may be in after the power went, from a trace of a program's system calls.

A file is what was flushed to it and a list of writes that were not; a folder is the names that were flushed and a list
of changes that were not. The power may go before any call: then any prefix of a folder's changes may have happened, and
of each file either nothing since its flush, everything, zeros, or a piece of one write. (After ALICE, OSDI 2014.)
"""

from __future__ import annotations

import itertools
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CALLS = "mkdir,openat,write,fsync,fdatasync,rename,unlink,ftruncate,lseek"
SAMPLED = 40  # combinations of file states tried at each moment and prefix


class State(NamedTuple):
    """How many acknowledgements had been made, the folders there are, and the files with their bytes."""

    acknowledged: int
    folders: list[str]
    files: dict[str, bytes]


def parse(trace: Path, root: str) -> list[tuple]:
    """The calls of a trace (strace -f -xx -y) that touch `root`, and writes to standard output as acknowledgements."""
    calls: list[tuple] = []
    for line in trace.read_text().splitlines():
        found = re.match(r"(\w+)\((.*)\)\s+=\s+(\d+)", re.sub(r"^\d+\s+", "", line))
        if found:
            calls += _call(found[1], found[2], int(found[3]), root)
    return calls


def _call(name: str, arguments: str, result: int, root: str) -> Iterator[tuple]:
    texts = [_bytes(text) for text in re.findall(r'"((?:\\x..)*)"', arguments)]
    paths = [text.decode("latin1") for text in texts[:2]]
    opened = [(int(number), _bytes(path).decode("latin1")) for number, path in re.findall(r"(\d+)<([^>]*)>", arguments)]
    ours = bool(opened) and opened[0][1].startswith(root)
    if name == "openat" and paths[0].startswith(root):
        yield "open", paths[0], result, arguments
    elif name in ("mkdir", "unlink") and paths[0].startswith(root):
        yield name, paths[0]
    elif name == "rename" and paths[0].startswith(root):
        yield name, paths[0], paths[1]
    elif name == "write" and ours:
        yield name, opened[0][0], texts[0][:result]
    elif name == "write" and opened and opened[0][0] == 1:
        yield ("acknowledge",)
    elif name in ("fsync", "fdatasync") and ours:
        yield "fsync", opened[0][0]
    elif name == "ftruncate" and ours:
        yield name, opened[0][0], int(arguments.split(",")[1])
    elif name == "lseek" and ours:
        yield name, opened[0][0], result


def _bytes(text: str) -> bytes:
    return bytes(int(pair, 16) for pair in re.findall(r"\\x([0-9a-f]{2})", text))


class Disk:
    """What is durable, and what waits to be. strict: flushing a folder makes only its own names durable."""

    def __init__(self, strict: bool, seed: int = 0) -> None:
        self.strict, self.random = strict, random.Random(seed)
        self.contents: dict[int, bytes] = {}
        self.waiting: dict[int, list[tuple]] = {}
        self.names: dict[str, int | None] = {}  # durable; None: a folder
        self.seen: dict[str, int | None] = {}  # as the running system sees them
        self.changes: list[tuple] = []
        self.descriptors: dict[int, tuple[str, int | str]] = {}
        self.offsets: dict[int, int] = {}

    def make(self, call: tuple) -> None:
        """Let a call happen."""
        getattr(self, f"_{call[0]}")(*call[1:])

    def _mkdir(self, path: str) -> None:
        self.seen[path] = None
        self.changes.append(("link", path, None))

    def _open(self, path: str, descriptor: int, arguments: str) -> None:
        if "O_DIRECTORY" in arguments:
            self.descriptors[descriptor] = ("folder", path)
            return
        if path not in self.seen and "O_CREAT" in arguments:
            number = len(self.contents)
            self.contents[number], self.waiting[number], self.seen[path] = b"", [], number
            self.changes.append(("link", path, number))
        number = self.seen.get(path)
        if number is not None:
            self.descriptors[descriptor] = ("file", number)
            self.offsets[descriptor] = 0
            if "O_TRUNC" in arguments:
                self.waiting[number].append(("cut", 0))

    def _write(self, descriptor: int, data: bytes) -> None:
        kind, number = self.descriptors[descriptor]
        assert kind == "file"
        self.waiting[number].append(("write", self.offsets[descriptor], data))
        self.offsets[descriptor] += len(data)

    def _ftruncate(self, descriptor: int, size: int) -> None:
        self.waiting[self.descriptors[descriptor][1]].append(("cut", size))

    def _lseek(self, descriptor: int, place: int) -> None:
        self.offsets[descriptor] = place

    def _rename(self, old: str, new: str) -> None:
        self.seen[new] = self.seen.pop(old)
        self.changes.append(("rename", old, new))

    def _unlink(self, path: str) -> None:
        self.seen.pop(path, None)
        self.changes.append(("unlink", path))

    def _fsync(self, descriptor: int) -> None:
        kind, what = self.descriptors[descriptor]
        if kind == "file":
            self.contents[what], self.waiting[what] = written(self.contents[what], self.waiting[what]), []
            return
        mine = [c for c in self.changes if not self.strict or os.path.dirname(c[1]) == what]
        self.names = renamed(self.names, mine)
        self.changes = [c for c in self.changes if c not in mine]

    def states(self) -> Iterator[tuple[list[str], dict[str, bytes]]]:
        """What may be found if the power goes now."""
        for done in range(len(self.changes) + 1):
            names = renamed(self.names, self.changes[:done])
            files = {path: number for path, number in names.items() if number is not None}
            choices = [list(dict.fromkeys(self._versions(number))) for number in files.values()]
            every = list(itertools.islice(itertools.product(*choices), 5000))
            for chosen in self.random.sample(every, SAMPLED) if len(every) > SAMPLED else every:
                folders = [path for path, number in names.items() if number is None]
                yield folders, dict(zip(files, chosen, strict=True))

    def _versions(self, number: int) -> Iterator[bytes]:
        durable, waiting = self.contents[number], self.waiting[number]
        yield durable
        if not waiting:
            return
        full = written(durable, waiting)
        yield full
        yield (durable + bytes(len(full)))[: max(len(full), len(durable))]
        for place, change in enumerate(waiting):
            if change[0] == "write" and len(change[2]) > 1:
                piece = change[2][: self.random.randrange(1, len(change[2]))]
                yield written(durable, [*waiting[:place], ("write", change[1], piece)])


def written(data: bytes, changes: list[tuple]) -> bytes:
    """A file after some changes."""
    for change in changes:
        data = data[: change[1]].ljust(change[1], b"\0") + (
            change[2] + data[change[1] + len(change[2]) :] if change[0] == "write" else b""
        )
    return data


def renamed(names: dict[str, int | None], changes: list[tuple]) -> dict[str, int | None]:
    """The names of a folder after some changes."""
    names = dict(names)
    for change in changes:
        if change[0] == "link":
            names[change[1]] = change[2]
        elif change[0] == "unlink":
            names.pop(change[1], None)
        elif change[1] in names:
            names[change[2]] = names.pop(change[1])
    return names


def states(calls: list[tuple], strict: bool) -> Iterator[State]:
    """Every distinct state a loss of power may leave, over the whole life of the program."""
    disk, acknowledged, seen = Disk(strict), 0, set()
    for call in calls:
        for folders, files in disk.states():
            key = acknowledged, tuple(sorted(folders)), tuple(sorted(files.items()))
            if key not in seen:
                seen.add(key)
                yield State(acknowledged, folders, files)
        if call[0] == "acknowledge":
            acknowledged += 1
        else:
            disk.make(call)
