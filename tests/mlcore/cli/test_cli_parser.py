"""The command line read: every verb has help, and what is not understood names the nearest word."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mlcore.commands.parser import build, parse
from mlcore.commands.verbs import VERBS
from mlcore.errors import UsageError

HEAVY = ("numpy", "torch", "sklearn", "pandas", "textual", "plotext", "msgspec", "scipy")


def test_no_words_greet_with_six_commands_that_parse(mlj) -> None:
    said = mlj("")
    commands = [line.split("   ")[0].split()[1:] for line in said.out.splitlines() if line.startswith("  mlj ")]
    assert said.code == 0 and len(commands) == 6
    for words in commands:
        assert parse(words).verb


@pytest.mark.parametrize("verb", [verb.word for verb in VERBS])
def test_every_verb_explains_itself(verb: str, mlj) -> None:
    said = mlj(f"{verb} --help")
    assert said.code == 0 and f"usage: mlj {verb}" in said.out


def test_every_verb_names_a_function_that_is_there() -> None:
    from importlib import import_module

    _, verbs = build()
    parsers = [own for verb in verbs.values() for own in [verb, *getattr(verb, "acts", {}).values()]]
    for own in parsers:
        where = own.get_default("verb")
        if where:
            module, _, name = where.partition(":")
            assert callable(getattr(import_module(module), name)), where


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("trian moons", "'train'"),
        ("train mons", "'moons'"),
        ("train journey/mnist-mpl", "'journey/mnist-mlp'"),
        ("train moons --sed 3", "'--seed'"),
        ("train moons --backend nativ", "'native'"),
        ("runs shwo last", "'show'"),
        ("runs list --jsn", "'--json'"),
        ("data hed moons", "'head'"),
        ("ctl last puase", "'pause'"),
        ("help adma", "'adam'"),
        ("train moons --set optimizer.learning_rat=1", "'optimizer.learning_rate'"),
        ("train moons --set optimizer=adm", "'adam'"),
    ],
)
def test_a_word_that_is_not_there_names_the_nearest_one_and_ends_with_2(words: str, nearest: str, mlj) -> None:
    said = mlj(words)
    assert said.code == 2 and said.out == ""
    assert said.err.startswith("mlj: error[") and f"\n  hint: did you mean {nearest}?\n" in said.err


@pytest.mark.parametrize(
    "words", ["train", "train moons extra", "train moons --seed x", "train moons --log-every 0", "ctl last", "data"]
)
def test_what_cannot_be_parsed_ends_with_2_and_points_to_help(words: str, mlj) -> None:
    said = mlj(words)
    assert said.code == 2 and "mlj: error[USAGE" in said.err and "--help" in said.err


def test_options_are_never_abbreviated() -> None:
    with pytest.raises(UsageError):
        parse(["train", "moons", "--epoch", "3"])


def test_the_app_gets_its_words_untouched() -> None:
    assert parse(["tui", "--demo", "last", "--debug"]).rest == ["--demo", "last", "--debug"]


def test_the_version_is_printed(mlj) -> None:
    said = mlj("--version")
    assert said.code == 0 and said.out.startswith("mlj ")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from mlcore.cli import main; main(['--help']); main(['train', '--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_an_option_before_the_verb_is_answered(mlj) -> None:
    said = mlj("--versoin")
    assert said.code == 2 and "unknown option '--versoin'" in said.err and "did you mean '--version'?" in said.err
