"""Where the sockets of workers are: a private folder, one socket a process."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path

from mlcore.errors import StorageError

LONGEST = 107  # bytes of a Unix socket's path that every system takes


def folder() -> Path:
    """The folder of sockets, made if need be: `$XDG_RUNTIME_DIR/mlj`, else one in the temporary folder.

    Raises StorageError when it belongs to somebody else or others may enter it.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    places = [Path(runtime) / "mlj"] if runtime.startswith("/") else []
    places += [Path(base) / f"mlj-{os.getuid()}" for base in (tempfile.gettempdir(), "/tmp")]
    reason = "paths too long"
    for place in places:
        if len(os.fsencode(place)) > LONGEST - 40:
            continue
        try:
            return _private(place)
        except OSError as error:
            reason = f"{place}: {error.strerror or error}"
    raise StorageError(f"no folder for a socket: {reason}", hint="set XDG_RUNTIME_DIR to a folder of your own")


def _private(place: Path) -> Path:
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(0, "it belongs to somebody else")
    if found.st_mode & 0o077:
        place.chmod(0o700)
    return place


def listen(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0600. It listens before it has that name, so that nobody sweeps it away."""
    if len(os.fsencode(path)) > LONGEST:
        raise StorageError(f"{path}: longer than the {LONGEST} bytes a socket's path may have")
    if not _dead(path):  # never take the place of a process that lives
        raise StorageError(f"{path}: another process listens there")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    young = path.with_suffix(".new")
    young.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        listener.bind(str(young))
    finally:
        os.umask(before)
    listener.listen(16)
    young.rename(path)
    listener.setblocking(False)
    return listener


def own_log(path: Path) -> None:
    """Send what this process prints to a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)


def sweep(place: Path) -> None:
    """Delete the sockets of workers that were killed: those nobody answers at."""
    for path in place.glob("*.sock"):
        _dead(path)


def _dead(path: Path) -> bool:
    """Whether nobody answers at a socket, or nothing is there; a socket nobody answers at is deleted.

    Who is too busy to answer lives: a process that stands still must not hold up those that start beside it.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # with as many waiting as it takes, a listener would let the next one wait for ever
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return True
        except OSError:
            return not path.exists()
    return False
