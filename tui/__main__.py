"""mlj-tui: look at the terminal, own it, import Textual and paint; the worker starts once the screen stands."""

from __future__ import annotations

import codecs
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

USAGE = """usage: mlj-tui [RECIPE | CONFIG.toml | DATA | RUN | last | LOG]
       mlj-tui data FILE.csv | sales

Opens the Lab, where a network is already learning. ? shows every key.
Data are a .csv, .tsv, .npz or IDX file or a folder with a folder of pictures for each
class, learned at once; `data` shows a table first, to be filtered, grouped and drawn.
A run that goes on is attached to. A log is a .jsonl file, TensorBoard's, or a table with
a loss, a step or an epoch among its columns.

  --demo             plays the first minute by itself; any key takes over
  --read-only        looks at a run and can do nothing to it
  --plain            a sentence in place of each picture, every five seconds
  --serve            the same in a web browser; --host NAME, --port NUMBER
  --runs-dir FOLDER  where runs are kept
  --colors DEPTH     auto, full, 256, 16 or none
  --glyphs SET       auto, braille, blocks or ascii
  --version, --help
"""
VALUES = {
    "--host": (),
    "--port": (),
    "--runs-dir": (),
    "--trace": (),
    "--colors": ("auto", "full", "256", "16", "none"),
}
VALUES |= {"--glyphs": ("auto", "braille", "blocks", "ascii")}
FLAGS = {"--demo", "--read-only", "--plain", "--serve", "--help", "-h", "--version"}
FPS = "240"  # Textual's own default of 60 adds up to 17 ms to every key


def main(arguments: list[str] | None = None) -> int:
    """Run the app. Returns the exit code: 2 where there is no terminal or the command is not understood."""
    try:
        asked, target = _parse(sys.argv[1:] if arguments is None else arguments)
    except ValueError as error:
        print(f"mlj-tui: error[USAGE]: {error}\n\n{USAGE}", file=sys.stderr, end="")
        return 2
    if "--help" in asked or "-h" in asked:
        print(USAGE, end="")
        return 0
    if "--version" in asked:
        import mlcore

        print(f"mlj-tui {mlcore.__version__}")
        return 0
    try:
        return _serve(asked, target) if "--serve" in asked else _open(asked, target)
    except ImportError as error:
        from mlcore import lacking

        if not (library := lacking(error)):
            raise
        print(f"mlj-tui: error[{library.code}]: {library}\n  hint: {library.hint}", file=sys.__stderr__)
        return library.exit_code


def _parse(arguments: list[str]) -> tuple[dict[str, str], str]:
    """Options and their values, and what to open. Raises ValueError with the reason."""
    asked: dict[str, str] = {}
    targets: list[str] = []
    rest = iter(arguments)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in VALUES:
            asked[name] = value if equals else next(rest, "")
            if not asked[name] or (VALUES[name] and asked[name] not in VALUES[name]):
                raise ValueError(f"{name} needs {' or '.join(VALUES[name]) or 'a value'}")
        elif word in FLAGS:
            asked[word] = "yes"
        elif word.startswith("-"):
            raise ValueError(f"unknown option {word}")
        else:
            targets.append(word)
    if targets[:1] == ["data"]:
        if len(targets) != 2:
            few = "one table to look at" + (f", not {len(targets) - 1}" if len(targets) > 1 else " has to be named")
            raise ValueError(f"{few}: mlj-tui data FILE.csv, or mlj-tui data sales to practise")
        asked["data"], targets = targets[1], []
    if len(targets) > 1:
        raise ValueError(f"one thing to open, not {len(targets)}: {' '.join(targets)}")
    if "--read-only" in asked and not targets:
        raise ValueError("--read-only needs a run or a log to look at, e.g. last")
    return asked, targets[0] if targets else ""


def _serve(asked: dict[str, str], target: str) -> int:
    """The app in a browser; its own words go to each app that is opened there."""
    from tui import serving

    port = asked.get("--port", "")
    if port and not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        print(f"mlj-tui: error[USAGE]: --port needs a number from 0 to 65535, got {port!r:.40}", file=sys.stderr)
        return 2
    own = {name: value for name, value in asked.items() if name not in ("--serve", "--host", "--port", "data")}
    words = [word for name, value in own.items() for word in ((name,) if name in FLAGS else (name, value))]
    words += ["data", asked["data"]] if "data" in asked else [target] if target else []
    return serving.serve(words, asked.get("--host", serving.LOOPBACK), int(port) if port else None)


def _open(asked: dict[str, str], target: str) -> int:
    from tui import terminal

    reason = "" if terminal.in_browser() else terminal.refusal()
    if reason:
        print(f"mlj-tui: {reason}", file=sys.stderr)
        return 2
    from mlcore import worker

    runs_dir = Path(asked["--runs-dir"]).absolute() if "--runs-dir" in asked else None
    log = _log()
    browser = terminal.in_browser()  # which shows everything, whatever terminal the server was started in
    found = terminal.detect(
        colors=cast("terminal.Colors", asked.get("--colors", "full" if browser else "auto")),
        glyphs=cast("terminal.Glyphs", asked.get("--glyphs", "braille" if browser else "auto")),
    )
    os.environ |= found.environment() | {"TEXTUAL_FPS": os.environ.get("TEXTUAL_FPS", FPS)}
    give_back = terminal.own_the_terminal(log)
    try:
        with quick_imports():
            from tui.app import MljApp
            from tui.opening import Options

        _take_any_byte()
        trace = Path(asked["--trace"]) if "--trace" in asked else None
        launch = partial(worker.launch, runs_dir, log)
        table = asked.get("data", "")
        options = Options(target, runs_dir, "--demo" in asked, trace, "--read-only" in asked, table, launch)
        app = MljApp(found._replace(plain="--plain" in asked), options)
        code = app.run()
    finally:
        give_back()
    if app.signal:
        signal.signal(app.signal, signal.SIG_DFL)
        os.kill(os.getpid(), app.signal)
    if app.leaving.farewell:
        print(app.leaving.farewell, file=sys.__stderr__)
    if code is None and isinstance(app._exception, ImportError):
        raise app._exception
    if code is None:
        print(f"mlj-tui stopped on a mistake of its own; what is being trained goes on. See {log}", file=sys.__stderr__)
        return 70
    return code


def _take_any_byte() -> None:
    """A byte that is no UTF-8 is a sign nobody knows: Textual's reader of keys would end the app with it."""
    from textual.drivers import linux_driver

    linux_driver.getincrementaldecoder = lambda name: partial(  # type: ignore[attr-defined]
        codecs.getincrementaldecoder(name), "replace"
    )


@contextlib.contextmanager
def quick_imports() -> Iterator[None]:
    """Imports without what only costs time: a tenth of the way to the first paint.

    Nothing imported is garbage, so nobody need look for any, now or while training. asyncio would load OpenSSL for
    connections that nobody opens here; whoever imports ssl later gets it.
    """
    gc.disable()
    left_out = {"ssl": None} if "ssl" not in sys.modules else {}
    try:
        sys.modules.update(left_out)  # type: ignore[arg-type]
        import asyncio  # noqa: F401
    finally:
        for name in left_out:
            del sys.modules[name]
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _log() -> Path:
    """Where the worker and everything that would write over the screen write instead: a folder of ours, or nowhere."""
    import stat
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"mlj-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return Path(os.devnull)
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return folder / "mlj-tui.log" if ours else Path(os.devnull)


if __name__ == "__main__":
    sys.exit(main())
