"""The folder of sockets: private, swept of what the dead left, and never waited at."""

from __future__ import annotations

import contextlib
import socket
import stat
import time
from pathlib import Path

import pytest

from mlcore.errors import StorageError
from mlcore.worker import sockets


def test_a_folder_others_opened_is_closed_and_a_file_in_its_place_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mlj").mkdir(mode=0o777)
    (tmp_path / "mlj").chmod(0o777)
    assert stat.S_IMODE(sockets._private(tmp_path / "mlj").stat().st_mode) == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "mlj")
    with pytest.raises(OSError, match="somebody else"):
        sockets._private(tmp_path / "link")
    with pytest.raises(StorageError, match="longer than"):
        sockets.listen(tmp_path / ("s" * 120))


def test_what_dead_workers_left_is_swept_and_living_sockets_are_not(tmp_path: Path) -> None:
    living = sockets.listen(tmp_path / "living.sock")
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "dead.sock"))
    dead.close()
    sockets.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["living.sock"]
    living.close()


def test_a_worker_that_stands_still_is_left_alone_and_waited_for_by_nobody(tmp_path: Path) -> None:
    with contextlib.ExitStack() as opened:
        still = opened.enter_context(sockets.listen(tmp_path / "still.sock"))
        still.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:  # as many as it lets wait
                waiting = opened.enter_context(socket.socket(socket.AF_UNIX))
                waiting.setblocking(False)
                waiting.connect(str(tmp_path / "still.sock"))
        began = time.monotonic()
        sockets.sweep(tmp_path)
        assert time.monotonic() - began < 5 and (tmp_path / "still.sock").exists()
        with pytest.raises(StorageError, match="another process listens"):
            sockets.listen(tmp_path / "still.sock")
