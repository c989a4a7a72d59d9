"""Files that are whole or absent: the write protocol of a run folder, and the lock that makes one writer of many.

A file is written under a temporary name, flushed to the disk, renamed, and the folder flushed too: after a crash or a
loss of power there is the old file or the new one, never a piece of either.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import math
import os
import shutil
import stat
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlcore.errors import RunError, StorageError

CODES = {
    errno.ENOSPC: ("STORAGE_FULL", "make room, or name another folder with --runs-dir"),
    errno.EDQUOT: ("STORAGE_FULL", "your quota is used up; name another folder with --runs-dir"),
    errno.EFBIG: ("STORAGE_FULL", "files may not grow so large here"),
    errno.EROFS: ("STORAGE_READ_ONLY", "name a folder that can be written to with --runs-dir"),
    errno.EACCES: ("STORAGE_PERMISSION", "name a folder of your own with --runs-dir"),
    errno.EPERM: ("STORAGE_PERMISSION", "name a folder of your own with --runs-dir"),
}

WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}  # numbers JSON does not have


def finite(value: Any) -> Any:
    """Plain values as JSON takes them: a number it does not have becomes its word."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value


def numbers(value: Any) -> Any:
    """What `finite` wrote, read again: its words are numbers."""
    if isinstance(value, dict):
        return {key: numbers(each) for key, each in value.items()}
    return WORDS.get(value, value) if isinstance(value, str) else value


def refused(error: OSError, doing: str, path: Path) -> StorageError:
    """A failed system call as a StorageError that names the file and the way out."""
    code, hint = CODES.get(error.errno or 0, ("STORAGE_IO", ""))
    return StorageError(f"{doing} {path}: {error.strerror or error}", code=code, where=str(path), hint=hint)


@contextlib.contextmanager
def storing(doing: str, path: Path) -> Iterator[None]:
    """What fails inside is a StorageError that says what was being done to which file."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise refused(error, doing, path) from error


def data_folder() -> Path:
    """Our folder in the platform's folder for data. Raises StorageError where nobody can say where that is."""
    instead = "MLJ_HOME for runs and MLJ_DATA_HOME for data sets"
    try:
        import platformdirs

        return platformdirs.user_data_path("mlj", appauthor=False)
    except ImportError:
        hint = f"install platformdirs; or set {instead}"
        raise StorageError("platformdirs is not installed", code="STORAGE_NO_HOME", hint=hint) from None
    except RuntimeError:
        hint = f"set HOME; or {instead}"
        raise StorageError("this user has no home folder", code="STORAGE_NO_HOME", hint=hint) from None


def runs_root(root: str | Path | None = None) -> Path:
    """The folder of runs: the one given, else `$MLJ_HOME/runs`, else in the platform's data folder."""
    if root is not None:
        return Path(root).absolute()
    home = os.environ.get("MLJ_HOME")
    if home:
        return Path(home).absolute() / "runs"
    return data_folder() / "runs"


def read_file(path: Path, largest: int = 1 << 30, first: int = 0) -> bytes:
    """A regular file from byte `first` on. It never waits for a FIFO nor reads without end. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        there = os.fstat(descriptor)
        if not stat.S_ISREG(there.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            file.seek(first)
            left = max(there.st_size - first, 0)
            found = file.read(min(left, largest) + 1)  # so much memory is taken, whatever is there
    finally:
        os.close(descriptor)
    if len(found) > largest:
        raise OSError(errno.EFBIG, f"more than {largest:,} bytes", str(path))
    return found


def write_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put `data` at `path`, in place of what was there, wholly or not at all.

    durable: it survives a loss of power once this returns. Raises StorageError; the old file is then still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storing("cannot write", path):
        try:
            _write_new(temporary, data, durable)
            os.rename(temporary, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        if durable:
            sync_folder(path.parent)


def _write_new(path: Path, data: bytes, durable: bool) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # of a process that had our number before
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, data)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, however few the system takes at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a new folder whose name survives a loss of power. Raises StorageError (FileExistsError stays its cause)."""
    with storing("cannot make", folder):
        missing = []
        parent = folder.parent
        while not parent.exists():
            missing.append(parent)
            parent = parent.parent
        for place in [*reversed(missing), folder]:
            place.mkdir(exist_ok=place != folder)
            sync_folder(place.parent)


def probe(folder: Path, size: int) -> None:
    """Find out before a run starts whether files of `size` bytes can be written: three times that must be free.

    Raises StorageError.
    """
    with storing("cannot write in", folder):
        _write_new(folder / f".probe.{os.getpid()}.tmp", b"?" * 64, False)
        os.unlink(folder / f".probe.{os.getpid()}.tmp")
        free = shutil.disk_usage(folder).free
    if free < 3 * size:
        raise StorageError(
            f"{folder}: {free >> 10:,} KiB free, {3 * size >> 10:,} KiB needed for checkpoints",
            code="STORAGE_FULL",
            where=str(folder),
            hint="make room, or name another folder with --runs-dir",
        )


def sweep(folder: Path) -> None:
    """Delete what a writer that was killed left unfinished. Only the holder of the lock does this."""
    with contextlib.suppress(OSError):
        discard(folder.glob(".*.tmp"))


def discard(paths: Iterable[Path]) -> None:
    """Delete files nobody needs any more. One that the disk does not let go stays until the next time."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


class Lock:
    """The right to write to a run, held by one process until it ends, however it ends.

    The kernel frees it; a forked child does not inherit it. Raises RunError (RUN_LOCKED) naming the holder.
    """

    def __init__(self, path: Path) -> None:
        with storing("cannot lock", path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            reason = self._held_by_another(path) if isinstance(error, BlockingIOError) else None
            self.release()
            raise reason or refused(error, "cannot lock", path) from None
        with contextlib.suppress(OSError):  # who holds it is told to people only
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        _held.add(self)

    def _held_by_another(self, path: Path) -> RunError:
        holder = os.pread(self._descriptor, 64, 0).decode("ascii", "replace").strip()
        who = f"process {holder}" if holder.isdigit() else "another process"
        hint = f"wait for it, watch it with mlj watch {path.parent.name}, or start another run"
        return RunError(f"{who} is writing to this run", code="RUN_LOCKED", where=str(path), hint=hint)

    def release(self) -> None:
        """Let others write."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with contextlib.suppress(OSError):  # it is closed all the same
                os.close(descriptor)


_held: weakref.WeakSet[Lock] = weakref.WeakSet()


def _let_go() -> None:
    """In a forked child: a lock belongs to the parent alone."""
    for lock in list(_held):
        lock.release()


os.register_at_fork(after_in_child=_let_go)


def numbered(folder: Path, begin: str) -> dict[int, Path]:
    """The weights in a folder whose files are called `begin` and a number, by that number, ascending."""
    with storing("cannot read", folder):
        found = sorted(folder.glob(f"{begin}*.safetensors"))
    names = {path: path.stem.removeprefix(begin) for path in found}
    return {int(name): path for path, name in names.items() if name.isdigit()}
