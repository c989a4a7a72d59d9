"""The app in a web browser: a small server on this machine; every page that is opened gets an app of its own.

textual-serve brings the page and carries bytes between it and an app that runs here. What it leaves open is closed: a
page of somebody else's must not reach it (a browser says where a page is from), and nothing is fetched from elsewhere.
"""

from __future__ import annotations

import re
import shlex
import socket
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
PORTS = range(8000, 8020)  # tried in turn where nobody asked for one
QUICKLY: dict[str, Any] = {"shutdown_timeout": 1.0, "access_log": None}
MOST = 16  # apps at once
MISSING = "the browser needs one more package: pip install 'mlj-tui[web]'"
ELSEWHERE = re.compile(r"<link[^>]*https?://[^>]*>")  # a font from another server: those that are here will do
TYPING = """<script>
new MutationObserver((_, watch) => {  // keys go to the app without a click
  const keyboard = document.querySelector(".xterm-helper-textarea");
  if (keyboard) { keyboard.focus(); watch.disconnect(); }
}).observe(document.documentElement, { childList: true, subtree: true });
</script>"""
WARNING = """\
mlj: warning: {host} can be reached from other machines, and there is no password: whoever opens the page can train,
     read your runs, and write files as you. Behind ssh -L it can stay on this machine: leave out --host."""


def local(host: str) -> bool:
    """Whether a name or an address is this machine's own, which no other machine can reach."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def free_port(host: str, asked: int | None) -> int:
    """The port asked for, or the first that is free. Raises OSError when there is none, or that one is taken."""
    for port in PORTS if asked is None else (asked,):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host.strip("[]"), port))
            except OSError:
                if asked is not None or port == PORTS[-1]:
                    raise
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("no port was tried")


def welcome(host: str, origin: str | None, name: str) -> bool:
    """Whether a request may reach the app.

    host: what the browser calls this server, not ours behind a name that was bent to our address; origin: where the
    page is from that asks, nothing where no page does; name: the address that is served.
    """
    called = urlsplit(f"//{host}").hostname or ""
    if local(name) and not local(called):
        return False
    return origin is None or urlsplit(origin).netloc == host


def serve(words: Sequence[str], host: str = LOOPBACK, port: int | None = None) -> int:
    """Serve until ctrl+c. words: what each app is started with. Returns the exit code."""
    try:
        from textual_serve.server import Server  # noqa: F401 (whether it is there)
    except ImportError:
        print(f"mlj: error[USAGE_WEB]: {MISSING}", file=sys.stderr)
        return 2
    try:
        port = free_port(host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"mlj: error[USAGE_PORT]: {host}, port {port or PORTS[0]}: {reason}", file=sys.stderr)
        print("  hint: name another with --port, or leave it out", file=sys.stderr)
        return 2
    if not local(host):
        print(WARNING.format(host=host), file=sys.stderr)
    server_of(words, host, port).serve()
    return 0


def server_of(words: Sequence[str], host: str, port: int) -> Any:
    """The server. Its pages are told where it is by the request, since only the browser knows by what name it came."""
    import aiohttp_jinja2
    from aiohttp import web
    from textual_serve.server import Server

    class Own(Server):
        """Serves our app, to pages of its own only."""

        apps = 0

        async def handle_index(self, request: web.Request) -> web.Response:
            self._check(request)
            scheme = "wss" if request.secure else "ws"
            about = {
                "font_size": _number(request.query.get("fontsize", ""), 16),
                "app_websocket_url": f"{scheme}://{request.host}/ws",
                "config": {"static": {"url": "/static/"}},
                "application": {"name": self.title},
            }
            page = aiohttp_jinja2.render_string("app_index.html", request, about)
            page = ELSEWHERE.sub("", page).replace("<head>", f"<head><title>{self.title}</title>{TYPING}", 1)
            return web.Response(text=page, content_type="text/html")

        async def handle_websocket(self, request: web.Request) -> Any:
            self._check(request)
            if self.apps >= MOST:
                raise web.HTTPServiceUnavailable(text=f"{MOST} apps are open already; close one")
            self.apps += 1
            try:
                return await super().handle_websocket(request)
            finally:
                self.apps -= 1

        def _check(self, request: web.Request) -> None:
            if not welcome(request.host, request.headers.get("Origin"), self.host):
                raise web.HTTPForbidden(text="this page may not reach mlj")

        async def on_startup(self, app: web.Application) -> None:
            """Nobody can come yet: `_listening` says where it is."""

        def _listening(self, *words: object) -> None:
            shown = f"[{self.host}]" if ":" in self.host else self.host
            print(f"mlj is at http://{shown}:{self.port} (ctrl+c ends it; what trains then goes on)", flush=True)

        def serve(self, debug: bool = False) -> None:
            app = self._make_app()
            web.run_app(
                app,
                host=self.host.strip("[]"),
                port=self.port,
                print=self._listening,
                shutdown_timeout=1.0,
                access_log=None,
            )

    command = shlex.join([sys.executable, "-m", "tui", *words])
    return Own(command, host=host, port=port, title="mlj")


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else default
