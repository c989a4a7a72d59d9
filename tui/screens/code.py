"""Show as code: the experiment in NumPy, PyTorch, scikit-learn, as TOML, and as the command that trains exactly it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from tui.hints import sentence
from tui.screens.sheet import Sheet

if TYPE_CHECKING:
    from mlcore import Config
    from mlcore.worker.protocol import Code, Reply
    from tui.runner import Runner

LONGEST = 200_000  # characters of a file that are shown


class Form(NamedTuple):
    """One way to write an experiment: its tab, its name as an export target (empty: made here), its suffix."""

    tab: str
    target: str
    suffix: str


FORMS = (
    Form("NumPy", "numpy", ".py"),
    Form("PyTorch", "pytorch", ".py"),
    Form("scikit-learn", "sklearn", ".py"),
    Form("TOML", "", ".toml"),
    Form("command", "", ".sh"),
)


class Written(NamedTuple):
    """The files of one form, the main one first, a word about them, and what they are called."""

    files: dict[str, bytes]
    word: str
    stem: str = ""


class CodeScreen(Sheet):
    """A tab for each form. s saves it in the present folder, c copies it to the terminal's clipboard."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(str(place + 1), f"open({place})") for place in range(len(FORMS))]

    def __init__(self, runner: Runner, config: Config) -> None:
        super().__init__("as code", tuple(form.tab for form in FORMS))
        self._runner, self._config = runner, config
        self._kind = str(config.to_dict()["dataset"]["kind"])
        self.made: dict[int, Written] = {}

    def opened(self, place: int) -> None:
        """Show a form; ask for it the first time."""
        if place not in self.made:
            self._make(place)
        self._show()

    def _make(self, place: int) -> None:
        form = FORMS[place]
        stem = self._stem(form)
        if not form.target:
            made = settings(self._config) if form.suffix == ".toml" else command(self._config)
            self.made[place] = made._replace(stem=stem)
            return

        def answered(reply: Reply) -> None:
            if self.is_running:
                self.made[place] = self._taken(reply, stem)
                self._show()

        asked = {"config": self._config.to_dict(), "target": form.target, "stem": stem}
        if not self._runner.ask(answered, "Write", **asked):
            self.made[place] = Written({}, "nobody is there to write it: the worker has ended")

    def _taken(self, reply: Reply, stem: str) -> Written:
        if reply.error is not None:
            return Written({}, sentence(reply.error))
        code: Code = reply.value  # type: ignore[assignment]
        twin = f"; mlj export RUN --to {code.target} writes it too"
        whose = (
            f"its weights of epoch {code.epoch:,}{twin}" if code.epoch else "its first weights: it has not learned yet"
        )
        beside = "".join(f"; {suffix} lies beside it" for suffix in list(code.files)[1:])
        return Written(code.files, whose + beside, stem)

    def _show(self) -> None:
        written = self.made.get(self.place)
        if written is None:
            self.show("", "writing")
        else:
            self.show(main_of(written)[:LONGEST], written.word)

    def _stem(self, form: Form) -> str:
        """A file name that is not taken, and that Python can import."""
        name = f"{self._kind}_{form.target}" if form.target else self._kind
        suffixes = (form.suffix, ".npz", ".safetensors")
        stems = (name, *(f"{name}_{number}" for number in range(2, 10_000)))
        return next(stem for stem in stems if not any(Path(stem + suffix).exists() for suffix in suffixes))

    def action_save(self) -> None:
        """Write the files into the present folder."""
        written = self.made.get(self.place)
        if written is None or not written.files:
            return
        paths = [Path(written.stem + suffix) for suffix in written.files]
        there = next((path for path in paths if path.exists()), None)
        if there is not None:
            self.say(f"{there} is there already")
            return
        try:
            for path, data in reversed(list(zip(paths, written.files.values(), strict=True))):
                path.write_bytes(data)
        except OSError as error:
            self.say(f"{paths[0]} could not be written: {error.strerror}")
        else:
            self.say(f"written: {', '.join(map(str, paths))}")

    def action_copy(self) -> None:
        """To the terminal's clipboard."""
        written = self.made.get(self.place)
        if written is not None and written.files:
            self.copied(main_of(written))


def settings(config: Config) -> Written:
    """The whole experiment as a file."""
    text = f"# A whole experiment, every default written out: mlj train takes it.\n\n{config.to_toml()}"
    return Written({".toml": text.encode()}, "every default written out; mlj train FILE.toml trains it")


def command(config: Config) -> Written:
    """The command that trains exactly this, a setting a line."""
    import mlcore

    words = [shlex.quote(word) for word in mlcore.command_of(config)]
    head, rest = words[:3], words[3:]
    lines = [" ".join(head), *(f"  {flag} {value}" for flag, value in zip(rest[::2], rest[1::2], strict=True))]
    return Written({".sh": (" \\\n".join(lines) + "\n").encode()}, "trains exactly this experiment, without the app")


def main_of(written: Written) -> str:
    """The main file as text; nothing where there is none."""
    return next(iter(written.files.values()), b"").decode("utf-8", "replace")
