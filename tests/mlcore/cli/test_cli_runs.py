"""`mlj runs`: listed, picked, sorted, tagged, noted, pinned, put into the bin and brought back."""

from __future__ import annotations

import re

import pytest

TRAIN = "train circles --backend reference --no-progress --epochs 3"


@pytest.fixture
def trained(mlj):
    """A shelf with one run on it."""
    assert mlj(f"{TRAIN} --name otter").code == 0
    return mlj


def test_runs_are_listed_shown_and_removed(trained) -> None:
    assert re.search(r"otter +finished +circles +8 relu \| 8 relu +3/3", trained("runs").out)
    (line,) = trained("runs --json").lines
    assert line["name"] == "otter" and line["epoch"] == 3 and line["exit_code"] == 0
    shown = trained("runs show otter").out
    assert "test accuracy" in shown and 'kind = "circles"' in shown
    assert trained("runs show otter --json").lines[0]["config"]["dataset"]["kind"] == "circles"
    assert trained("runs rm otter --for-good").code == 2, "without a person to ask it needs --yes"
    assert "mlj runs restore" in trained("runs rm otter").err
    assert trained("runs --json").out == "" and "no runs in" in trained("runs").err
    assert trained("runs --bin --json").lines[0]["name"] == "otter"
    assert trained("runs restore otter").code == 0 and trained("evaluate otter").code == 0
    assert trained("runs rm otter").code == 0 and trained("runs prune").code == 2
    assert "removed 0 of 1" in trained("runs prune --yes --days 1").err
    assert "removed 1 of 1" in trained("runs prune --yes").err
    assert trained("runs restore otter").code == 5
    assert trained(f"{TRAIN} --name otter").code == trained("runs rm otter --for-good --yes").code == 0
    assert trained("runs --bin").out == ""


def test_runs_are_tagged_noted_pinned_picked_and_sorted(mlj) -> None:
    for name, words in {"first": "", "best": "--epochs 30", "straight": "--set layers=4"}.items():
        assert mlj(f"{TRAIN} --name {name} {words}").code == 0
    assert mlj("runs tag first lesson week-2").out == "lesson week-2\n"
    assert mlj("runs tag best lesson").code == mlj("runs tag first -- -week-2").code == 0
    assert mlj("runs note first", "why it fails: 3 epochs").code == mlj("runs pin first").code == 0
    assert mlj("runs note first").out == "why it fails: 3 epochs\n"

    def names(words: str, *more: str) -> list[str]:
        return [line["name"] for line in mlj(f"runs list --json {words}", *more).lines]

    assert names("") == ["first", "straight", "best"], "pinned ones first, then the newest"
    assert names("--filter", "tag:lesson -note:fails") == ["best"]
    assert names("--filter", "act:none data:circles state:finished lr<=0.1") == ["straight"]
    assert names("--filter", '-act:none note:"why it"') == names("--filter", "fails") == ["first"]
    assert names("--filter", "epochs>3") == names("--filter", "epochs!=3") == ["best"]
    assert mlj("runs pin --off first").code == 0
    assert names("--sort loss")[0] == names("--sort acc")[0] == "best" == names("--sort epochs --reverse")[0]
    assert names("--sort name --reverse") == ["straight", "first", "best"]
    assert "* " not in mlj("runs").out and "first #lesson" in mlj("runs").out
    assert "none of 3 runs" in mlj("runs --filter acc>100%").err
    for wrong, words in {
        "lerning:3": "no run has",
        "lr:fast": "is a number",
        "name>3": "is text",
        "lr>": "no condition",
    }.items():
        said = mlj("runs list --filter", wrong)
        assert said.code == 2 and words in said.err
    assert mlj("runs list --sort lerning").code == mlj("runs tag first", "two words").code == 2
