"""Real terminals of every kind, signals, a closed window: the screen is right, and the terminal is left as it was."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tui.test_first_minute import ROOT, Diary, environment
from tools.virtual_terminal import SYNC_ANSWER, VirtualTerminal

pytestmark = pytest.mark.terminal
APP = [sys.executable, "-m", "tui"]
COLOURED = re.compile(rb"\x1b\[[0-9;]*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(?:;[0-9;]*)?m")


def opened(tmp_path: Path, *words: str, **more: str) -> VirtualTerminal:
    return VirtualTerminal([*APP, *words], environ=environment(tmp_path, **more), folder=ROOT)


def endless(tmp_path: Path, seconds: int = 120) -> Path:
    """An experiment that goes on longer than a test, but not for ever where a test fails and leaves it behind."""
    file = tmp_path / "long.toml"
    text = 'layers = "8 relu"\nepochs = 1000000\n[dataset]\nkind = "circles"\n'
    text += f"[stopping]\nmax_seconds = {seconds}\n"
    file.write_text(text, encoding="utf-8")
    return file


def leave(terminal: VirtualTerminal) -> None:
    terminal.press("ctrl+q")
    assert terminal.ended() == 0


def test_at_the_first_paint_nothing_heavy_has_been_loaded(tmp_path: Path) -> None:
    note = tmp_path / "modules"
    program = (
        "import sys, tui.app\n"
        "def painted(app):\n"
        "    screen = app.screen._compositor.render_strips()\n"
        "    assert 'what it believes' in ' '.join(strip.text for strip in screen)\n"
        f"    open({str(note)!r}, 'w').write(' '.join(sys.modules))\n"
        "    app.exit(0)\n"
        "tui.app.MljApp._prepare = painted\n"
        "from tui.__main__ import main\n"
        "sys.exit(main([]))"
    )
    with VirtualTerminal([sys.executable, "-c", program], environ=environment(tmp_path), folder=ROOT) as terminal:
        assert terminal.ended() == 0
    loaded = {name.partition(".")[0] for name in note.read_text().split()}
    assert "textual" in loaded
    assert loaded.isdisjoint({"numpy", "plotext", "torch", "pandas", "scipy", "sklearn", "msgspec", "pyarrow"})


def test_without_colours_nothing_is_coloured_and_classes_are_still_told_apart(tmp_path: Path) -> None:
    with opened(tmp_path, NO_COLOR="1") as terminal:
        assert terminal.see("epoch")
        assert terminal.see("loss")
        terminal.press("?")
        assert terminal.see("Experiment")
        terminal.press("escape")
        leave(terminal)
        assert not COLOURED.search(terminal.bytes)


def test_an_empty_no_color_counts_as_not_set(tmp_path: Path) -> None:
    with opened(tmp_path, NO_COLOR="") as terminal:
        assert terminal.see("epoch")
        leave(terminal)
        assert b"38;2;" in terminal.bytes


@pytest.mark.parametrize("term", ["xterm", "linux", "screen"])
def test_a_terminal_of_sixteen_colours_gets_only_those(tmp_path: Path, term: str) -> None:
    with opened(tmp_path, TERM=term, COLORTERM="") as terminal:
        assert terminal.see("epoch")
        assert terminal.wait(lambda t: "●" in t.text() or "*" in t.text())
        leave(terminal)
        assert b"38;2;" not in terminal.bytes
        assert b"38;5;" not in terminal.bytes
        assert b"48;5;" not in terminal.bytes


def test_a_terminal_of_256_colours_gets_no_others(tmp_path: Path) -> None:
    with opened(tmp_path, COLORTERM="") as terminal:
        assert terminal.see("epoch")
        leave(terminal)
        assert b"8;5;" in terminal.bytes
        assert b"8;2;" not in terminal.bytes


def test_a_posix_locale_gets_plain_ascii_and_no_escapes_written_out(tmp_path: Path) -> None:
    with opened(tmp_path, LC_ALL="POSIX") as terminal:
        assert terminal.see("epoch")
        assert terminal.see("loss")
        terminal.press("?")
        assert terminal.see("Experiment")
        text = terminal.text()
        assert text.isascii(), sorted({c for c in text if not c.isascii()})
        assert "\\u25" not in text
        terminal.press("escape")
        leave(terminal)


def test_a_dumb_terminal_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with opened(tmp_path, TERM="dumb") as terminal:
        assert terminal.ended() == 2
        assert terminal.see("mlj train")


def test_a_pipe_is_refused_with_the_way_out(tmp_path: Path) -> None:
    done = subprocess.run(APP, env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "mlj train" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_an_option_nobody_knows_is_refused_with_the_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        [*APP, "--fast"], env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--fast" in done.stderr
    assert "usage: mlj-tui" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=lambda n: n.name)
def test_a_signal_leaves_the_terminal_as_it_was_found(tmp_path: Path, number: signal.Signals) -> None:
    with opened(tmp_path) as terminal:
        assert terminal.see("epoch")
        assert terminal.modes() != terminal.modes_before
        terminal.process.send_signal(number)
        assert terminal.ended() == -number
        restored(terminal)


def test_leaving_restores_the_terminal(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        assert terminal.see("epoch")
        leave(terminal)
        restored(terminal)
        assert terminal.see("Come back with: mlj-tui last")


def test_a_mistake_of_ours_restores_the_terminal_and_says_where_to_look(tmp_path: Path) -> None:
    program = (
        "import sys, tui.app\ntui.app.MljApp.choose_data = lambda *words: 1 / 0\n"
        "tui.app.MljApp.action_command_palette = lambda app: app.choose_data('x')\n"
        "from tui.__main__ import main\nsys.exit(main([]))"
    )
    command = [sys.executable, "-c", program]
    with VirtualTerminal(command, environ=environment(tmp_path), folder=ROOT) as terminal:
        assert terminal.see("epoch")
        terminal.press("ctrl+p")
        assert terminal.ended() == 70
        restored(terminal)
        assert terminal.see("a mistake of its own")


def restored(terminal: VirtualTerminal) -> None:
    def over(on: bytes, off: bytes) -> bool:
        written = terminal.bytes
        return on not in written or written.rfind(off) > written.rfind(on)

    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1003h", b"\x1b[?1003l"), (b"\x1b[?25l", b"\x1b[?25h")):
        assert terminal.wait(lambda _, on=on, off=off: over(on, off)), on
    assert terminal.wait(lambda t: t.modes() == t.modes_before)


def test_a_closed_window_does_not_end_the_run_and_last_comes_back_in_control(tmp_path: Path) -> None:
    file = endless(tmp_path)
    diary = Diary(tmp_path / "diary.jsonl")
    with opened(tmp_path, str(file), "--trace", str(diary.path)) as terminal:
        assert terminal.see("running")
        terminal.press("f")
        assert terminal.wait(lambda _: diary.frames and diary.frames[-1]["run"] and diary.frames[-1]["epoch"] > 100)
        terminal.hang_up()
        assert terminal.ended() is not None
    seen = diary.frames[-1]
    again = Diary(tmp_path / "again.jsonl")
    with opened(tmp_path, "last", "--trace", str(again.path)) as terminal:
        assert terminal.see("running")
        assert terminal.wait(lambda _: again.frames and again.frames[-1]["epoch"] > seen["epoch"])
        assert again.frames[-1]["run"] == seen["run"]
        assert again.frames[-1]["curve"] > 100  # the past is there as well
        terminal.press("space")
        assert terminal.see("paused")
        terminal.press("q")
        assert terminal.see("keep training")
        terminal.press("s")
        assert terminal.ended() == 0


def test_a_window_whose_end_nobody_told_is_missed_when_it_is_drawn_on(tmp_path: Path) -> None:
    program = (
        "import sys, tui.app\nheard, signals = tui.app.MljApp._signalled, []\n"
        "def deaf(app, number):\n"
        "    signals.append(number)\n"
        "    if len(signals) > 1: heard(app, number)\n"
        "tui.app.MljApp._signalled = deaf\n"
        "from tui.__main__ import main\nsys.exit(main([sys.argv[1]]))"
    )
    command = [sys.executable, "-c", program, str(endless(tmp_path, 20))]  # which nobody stops
    with VirtualTerminal(command, environ=environment(tmp_path), folder=ROOT) as terminal:
        assert terminal.see("running")
        terminal.hang_up()
        assert terminal.ended(60.0) == -signal.SIGHUP


def test_the_window_may_be_dragged_to_any_size(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        assert terminal.see("epoch")
        for columns, rows in ((120, 40), (60, 18), (200, 60), (20, 6), (10, 3), (80, 24)):
            terminal.resize(columns, rows)
            time.sleep(0.15)
            if columns < 40 or rows < 12:
                assert terminal.wait(lambda t: "mlj needs" in " ".join(t.text().split()) or t.screen.columns < 20)
        assert terminal.wait(lambda t: "4 accuracy" in t.text() and "epoch" in t.text())
        assert terminal.wait(lambda t: "mlj needs" not in t.text())
        leave(terminal)


def test_nothing_of_the_worker_is_left_when_the_app_has_gone_and_the_run_is_over(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        assert terminal.see("epoch")
        terminal.press("f")
        assert terminal.see("finished")
        children = subprocess.run(
            ["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True, env=os.environ
        ).stdout
        mine = [line.split()[0] for line in children.splitlines() if "mlcore.worker" in line and _home(line, tmp_path)]
        terminal.press("q")
        assert terminal.ended() == 0
    end = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in mine) and time.monotonic() < end:
        time.sleep(0.2)
    assert mine
    assert not any(Path(f"/proc/{pid}").exists() for pid in mine)


def _home(line: str, home: Path) -> bool:
    """Whether a process has this home folder: only those of this test."""
    try:
        environ = Path(f"/proc/{line.split()[0]}/environ").read_bytes()
    except OSError:
        return False
    return f"HOME={home}\0".encode() in environ


def test_a_terminal_that_has_not_drawn_the_last_frame_is_sent_no_other(tmp_path: Path) -> None:
    program = (
        "import sys, tui.link\ntui.link.PATIENCE = 1e9\nfrom tui.__main__ import main\nsys.exit(main([sys.argv[1]]))"
    )
    command = [sys.executable, "-c", program, str(endless(tmp_path))]
    with VirtualTerminal(command, environ=environment(tmp_path), folder=ROOT) as terminal:
        assert terminal.see("running")
        assert terminal.wait(lambda t: t.bytes.count(b"\x1b[?2026$p") >= 3)  # Textual's question and two of ours
        terminal.answers = False
        for _ in range(20):
            before = len(terminal.bytes)
            time.sleep(1.0)  # fifteen frames, were they sent; at first the one under way
            if len(terminal.bytes) == before:
                break
        assert len(terminal.bytes) == before

        def goes_on(terminal: VirtualTerminal) -> bool:
            os.write(terminal.master, SYNC_ANSWER)
            return len(terminal.bytes) > before

        assert terminal.wait(goes_on)
        terminal.answers = True
        terminal.press("ctrl+c", "ctrl+c")  # stop the run and leave
        assert terminal.wait(lambda t: goes_on(t) and t.process.poll() is not None)


def test_what_c_code_prints_does_not_reach_the_screen(tmp_path: Path) -> None:
    program = (
        "import ctypes, sys\n"
        "from tui import __main__\n"
        "from tui.screens.lab import LabScreen\n"
        "mounted = LabScreen.on_mount\n"
        "def noisy(self):\n"
        "    mounted(self)\n"
        "    libc = ctypes.CDLL(None)\n"
        "    libc.puts(b'NOISE FROM C'); libc.fflush(None)\n"
        "    print('NOISE FROM PYTHON', file=sys.stderr)\n"
        "LabScreen.on_mount = noisy\n"
        "sys.argv = ['mlj-tui']\n"
        "sys.exit(__main__.main())\n"
    )
    with VirtualTerminal([sys.executable, "-c", program], environ=environment(tmp_path), folder=ROOT) as terminal:
        assert terminal.see("epoch")
        leave(terminal)
        assert b"NOISE" not in terminal.bytes
