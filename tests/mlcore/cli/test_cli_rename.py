"""`mlj runs rename`: found by the new name, refused where a run could not be found by it, safe at every moment."""

from __future__ import annotations

import os

import pytest

from mlcore import live
from mlcore.errors import StorageError
from mlcore.runs import open_run

TRAIN = "train circles --backend reference --no-progress --epochs 3"


@pytest.fixture
def trained(mlj):
    """Two runs on the shelf."""
    assert mlj(f"{TRAIN} --name otter").code == mlj(f"{TRAIN} --name wolf --seed 5").code == 0
    return mlj


def test_a_run_is_found_by_its_new_name_and_nothing_else_of_it_changes(trained) -> None:
    before = open_run("otter")
    others = {
        file: file.read_bytes() for file in before.folder.rglob("*") if file.is_file() and file.name != "run.json"
    }
    said = trained("runs rename otter", "  Bär, wide [bold]  ")
    assert said.code == 0 and said.err == f"otter is called Bär, wide [bold] now ({before.id})\n" and said.out == ""
    after = open_run("Bär, wide [bold]")
    assert after.facts == before.facts | {"name": "Bär, wide [bold]"}
    assert all(file.read_bytes() == content for file, content in others.items())
    assert trained("runs rename", before.id[-6:], "otter").code == 0 and open_run("otter").facts == before.facts
    assert trained("runs rename otter otter").code == 0
    assert trained("evaluate otter").code == 0 and trained("resume otter --epochs 4").code == 0
    assert trained("runs rename last newest").code == 0 and open_run("newest").id == open_run("last").id


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("", 2, "at least one character"),
        (" \t ", 2, "at least one character"),
        ("a\x1b[31mb", 2, "cannot be shown"),
        ("a\nb", 2, "cannot be shown"),
        ("\u202eotter", 2, "cannot be shown"),
        ("\udc80", 2, "cannot be shown"),
        ("x" * 201, 2, "at most 200"),
        ("../otter", 2, "a path"),
        ("last", 2, "the newest run"),
        ("wolf", 5, "already"),
    ],
)
def test_a_name_no_run_could_be_found_by_is_refused_in_a_sentence(trained, name: str, code: int, words: str) -> None:
    said = trained("runs rename otter", name)
    assert said.code == code and words in said.err and said.err.count("\n") == 2 and "\x1b" not in said.err
    assert open_run("otter").name == "otter"


def test_ids_of_others_are_no_names_and_what_is_missing_is_said(trained) -> None:
    wolf = open_run("wolf")
    for name in (wolf.id, wolf.id[-6:]):
        assert "already" in trained("runs rename otter", name).err
    assert trained("runs rename otter", open_run("otter").id[-6:]).code == 0, "its own id is nobody else's"
    assert trained("runs rename nobody x").code == 5 and trained("runs rename wolf").code == 2
    assert "option" in trained("runs rename wolf -- -x").err


def test_seeds_are_renamed_after_the_run_they_belong_to_unless_they_have_names_of_their_own(mlj) -> None:
    assert mlj(f"{TRAIN} --name many --set repeats=3").code == 0
    assert mlj("runs rename many-43 lucky").code == mlj("runs rename many herd").code == 0
    assert [open_run(name).name for name in ("herd-42", "lucky", "herd-44")] == ["herd-42", "lucky", "herd-44"]
    assert mlj("evaluate herd-44").code == 0


def test_a_run_that_is_being_trained_is_renamed_and_goes_on(mlj) -> None:
    with live("begun") as run:
        run.log(1, loss=1.0)
        assert mlj("runs rename begun going").code == 0
        assert mlj("ctl going set foo=1").code == 2
        run.log(2, loss=0.5)
    assert open_run("going").curves["train_loss"] == ([1, 2], [1.0, 0.5])
    with live("repeat"):
        pass
    assert mlj("runs rename repeat going").code == 0, "loops of one name are repeats"
    assert mlj(f"{TRAIN} --name ours").code == 0
    assert mlj("runs rename ours going").code == 5


def test_a_disk_that_refuses_leaves_the_old_name(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refuse)
        said = trained("runs rename otter beaver")
    assert said.code == StorageError("").exit_code and "run.json" in said.err
    assert open_run("otter").name == "otter" and not list(open_run("otter").folder.glob(".*.tmp"))
