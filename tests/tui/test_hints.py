"""Hints in the words of the app: what can be followed there without a command line."""

from __future__ import annotations

import shlex

import pytest

import mlcore
from mlcore import form
from mlcore.worker.protocol import Failed
from tests.tui.bench import Bench
from tests.tui.scenes import HOSTILE
from tui.hints import in_the_app, sentence


@pytest.mark.parametrize(
    ("hint", "ours"),
    [
        ("""it is left out; --set 'dataset.keep=["id"]' keeps it""", "it is left out; keep = id in Build keeps it"),
        ("--set dataset.format.decimal=,; or correct it", "decimal = , in Build; or correct it"),
        (
            "--set dataset.format.thousands=. --set dataset.format.decimal=,; or",
            "thousands = . and decimal = , in Build; or",
        ),
        ("weigh them (--set loss.class_weight=balanced), or", "weigh them (class_weight = balanced in Build), or"),
        ("--set dataset.date=COLUMN, or two", "date = COLUMN in Build, or two"),
        ("""say --set 'dataset.kinds={"a b" = "number"}'""", "say kinds = a b = number in Build"),
        ("--set " + shlex.quote("""dataset.columns=["-it's"]""") + " does", "columns = -it's in Build does"),
        ("--set 'dataset.format.dates=%d %b' (%b Mar)", "dates = %d %b in Build (%b Mar)"),
        ("keep those you need: a step keep, by --steps FILE.toml", "keep those you need: a step keep"),
        ("mlj data FILE --set", "mlj data FILE --set"),
    ],
)
def test_an_option_of_the_command_line_is_a_row_of_build(hint: str, ours: str) -> None:
    assert in_the_app(hint) == ours


def test_an_error_is_one_harmless_sentence_whoever_raised_it() -> None:
    own = mlcore.MljError("no such column", hint="--set dataset.target=age")
    theirs = Failed(code="X", message="no such column", hint="--set dataset.target=age")
    assert sentence(own) == sentence(theirs) == "no such column. target = age in Build"
    assert sentence(mlcore.MljError("it broke")) == "it broke"
    assert "\x1b" not in sentence(mlcore.MljError(HOSTILE, hint=HOSTILE))


async def test_what_build_advises_can_be_typed_there() -> None:
    """The row that a notice names takes what the notice says."""
    app = Bench()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("enter", *"file", "enter", "escape")
        await pilot.pause()
        name, _, value = (
            in_the_app("""--set 'dataset.keep=["passenger id", "zip"]'""").removesuffix(" in Build").partition(" = ")
        )
        app.build.data.go(f"dataset.{name}")
        await pilot.press("enter", *value, "enter")
        await pilot.pause()
        assert app.lab.draft.config.setting("dataset.keep") == ("passenger id", "zip")
        assert form.words(app.lab.draft.config.setting("dataset.keep")) == value
