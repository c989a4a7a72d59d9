"""Downloads, from a server on this machine: checked, whole or absent, and one sentence when nothing can be reached."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from mlcore.datasets import fetch as fetching
from mlcore.datasets import files
from mlcore.datasets.fetch import fetch
from mlcore.datasets.images import MNIST, OfficialSplit
from mlcore.errors import ConfigError, DataError, StorageError


class Server:
    """A mirror: {path: bytes or status}; what was asked for is remembered."""

    def __init__(self):
        self.files, self.asked = {}, []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append(self.path)
                found = mirror.files.get(self.path, 404)
                if isinstance(found, int):
                    self.send_error(found)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(found) + mirror.missing))
                self.end_headers()
                self.wfile.write(found)

            def log_message(self, *_):
                pass

        self.missing = 0  # bytes promised and not sent
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.http.server_port}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(small_mnist, monkeypatch):
    """A server with two mirrors, /one/ and /two/, both complete."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    for name, body in small_mnist.items():
        for mirror in ("one", "two"):
            server.files[f"/{mirror}/{name}.gz"] = gzip.compress(body, 1)
    mirrors = (f"{server.address}/one/", f"{server.address}/two/")
    monkeypatch.setattr(files, "COLLECTIONS", {"mnist": files.COLLECTIONS["mnist"]._replace(mirrors=mirrors)})
    yield server
    server.close()


def left_over(folder):
    """Files that are not one of the four."""
    return [p.name for p in folder.iterdir() if not p.name.endswith("-ubyte.gz")] if folder.exists() else []


def test_what_was_fetched_can_be_loaded(server, empty_home):
    found = list(fetch("mnist"))
    assert [f.path for f in found] == [empty_home / f"{file.name}.gz" for file in files.COLLECTIONS["mnist"].files]
    assert all(f.address.startswith(f"{server.address}/one/") and f.bytes == f.path.stat().st_size for f in found)
    assert len(MNIST(split=OfficialSplit(validation=60)).load().test) == 100
    assert not left_over(empty_home)


def test_files_come_one_at_a_time(server, empty_home):
    steps = fetch("mnist")
    assert not server.asked
    next(steps)
    assert len(server.asked) == 1 and len(list(empty_home.iterdir())) == 1


def test_what_is_here_and_right_is_not_fetched_again(server, empty_home):
    list(fetch("mnist"))
    (empty_home / "t10k-labels-idx1-ubyte.gz").write_bytes(b"spoilt")
    server.asked.clear()
    assert [bool(f.address) for f in fetch("mnist")] == [False, False, False, True]
    assert server.asked == ["/one/t10k-labels-idx1-ubyte.gz"]


BROKEN = {"gone": 404, "forbidden": 403, "failing": 500, "empty": b"", "a web page": b"<html>hello</html>"}


@pytest.mark.parametrize("broken", BROKEN)
def test_the_next_mirror_helps_where_one_fails(server, empty_home, broken):
    for path in list(server.files):
        if path.startswith("/one/"):
            server.files[path] = BROKEN[broken]
    assert all("/two/" in f.address for f in fetch("mnist"))


def test_another_content_is_refused_and_nothing_is_left(server, empty_home, small_mnist):
    wrong = gzip.compress(small_mnist["t10k-images-idx3-ubyte"], 1)
    for mirror in ("one", "two"):
        server.files[f"/{mirror}/train-images-idx3-ubyte.gz"] = wrong
    with pytest.raises(DataError, match="not the published file"):
        list(fetch("mnist"))
    assert not empty_home.exists()


def test_a_connection_that_breaks_off_leaves_nothing(server, empty_home):
    server.missing = 1000
    for path in list(server.files):
        server.files[path] = server.files[path][:-20]
    with pytest.raises(DataError) as caught:
        list(fetch("mnist"))
    assert caught.value.code == "DATA_FETCH" and not empty_home.exists()


def test_more_bytes_than_allowed_are_not_read(server, empty_home, monkeypatch):
    monkeypatch.setattr(fetching, "LARGEST", 1000)
    with pytest.raises(DataError, match="larger than 1,000 bytes"):
        list(fetch("mnist"))


def test_without_a_network_one_sentence_names_the_ways_out(server, empty_home):
    server.http.server_close()
    with pytest.raises(DataError) as caught:
        list(fetch("mnist"))
    error = caught.value
    assert error.code == "DATA_FETCH" and error.exit_code == 3
    assert "train-images-idx3-ubyte.gz could not be downloaded (127.0.0.1:" in str(error)
    assert "refused" in str(error).lower() and "\n" not in str(error)
    assert str(empty_home) in error.hint and "mlj train journey/digits" in error.hint


def test_a_server_that_says_nothing_is_given_up(server, empty_home, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.05)
    monkeypatch.setattr(server.http, "finish_request", lambda *_: threading.Event().wait(0.4))
    with pytest.raises(DataError, match="timed out"):
        list(fetch("mnist"))


def test_mlj_data_home_is_never_written(server, empty_home, tmp_path, monkeypatch):
    monkeypatch.setenv("MLJ_DATA_HOME", str(tmp_path / "mine"))
    list(fetch("mnist"))
    assert not (tmp_path / "mine").exists() and empty_home.exists()


def test_a_folder_that_cannot_be_made_is_the_disk_s_fault(server, empty_home):
    empty_home.parent.write_text("a file in the way")
    with pytest.raises(StorageError) as caught:
        list(fetch("mnist"))
    assert caught.value.exit_code == 6 and "MLJ_DATA_HOME" in caught.value.hint


def test_what_needs_no_download_says_so_and_a_wrong_name_gets_the_nearest():
    with pytest.raises(DataError, match="circles needs no download"):
        list(fetch("circles"))
    with pytest.raises(ConfigError) as caught:
        list(fetch("mnits"))
    assert "mnist" in caught.value.hint


def test_the_table_names_safe_addresses_and_whole_sums():
    for collection in files.COLLECTIONS.values():
        assert len(collection.mirrors) != 1
        for address in collection.mirrors:
            assert urlsplit(address).scheme == "https" and address.endswith("/")
        for file in collection.files:
            assert len(bytes.fromhex(file.sha256)) == 32 and "/" not in file.name
