"""`mlj completion`: what could come next, and that the shells take it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlcore import datasets, exporters
from mlcore.commands import completion
from mlcore.commands.parser import build
from mlcore.commands.verbs import VERBS

TRAIN = "train circles --backend reference -q --epochs 1 --set dataset.n_samples=50 --name"


PARSER = build()  # made once: it is the same for every word


@pytest.fixture
def offered(mlj, monkeypatch: pytest.MonkeyPatch):
    """f("train", "mo") -> the words that could stand in place of the last."""
    monkeypatch.setattr(completion, "build", lambda: PARSER)

    def ask(*words: str) -> list[str]:
        said = mlj("completion words", *words)
        assert said.code == 0 and said.err == ""
        return said.out.split("\n")[:-1]

    return ask


def test_every_verb_and_every_second_word_is_offered(offered) -> None:
    assert set(offered("")) == {verb.word for verb in VERBS} | {"--help", "--version"}
    for word, own in PARSER[1].items():
        assert set(getattr(own, "acts", {})) <= set(offered(word, "")), word


@pytest.mark.parametrize("verb", [verb.word for verb in VERBS])
def test_every_option_and_every_choice_is_offered(verb: str, offered) -> None:
    own = PARSER[1][verb]
    for before, parser in [([verb], own), *(([verb, act], each) for act, each in getattr(own, "acts", {}).items())]:
        for action in parser._actions:
            long = [name for name in action.option_strings if name.startswith("--")]
            assert set(long) <= set(offered(*before, "--"))
            if long and action.choices:
                assert offered(*before, long[0], "") == list(map(str, action.choices))


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("train", ""), {"moons", "mnist-mlp"}),
        (("train", "journey/mo"), {"journey/moons"}),
        (("explain", "m"), {"moons", "mnist-mlp"}),
        (("data", "show", ""), set(datasets.CATALOGUE.names()) | {"mnist-mlp"}),
        (("data", "head", "moons", "--set", "no"), {"noise="}),
        (("train", "moons", "--set", "optimizer."), {"optimizer.kind=", "optimizer.momentum=", "optimizer.beta1="}),
        (("train", "moons", "--set", "optimizer.kind=a"), {"optimizer.kind=adam"}),
        (("train", "--set", "loss=", "--set", "loss=m"), {"loss=mse", "loss=mae"}),
        (("train", "moons", "--set", "dataset.split.stratify="), {"dataset.split.stratify=yes"}),
        (("export", "last", "--to", ""), set(exporters.CATALOGUE.names())),
        (("plot", "last", "--what", ""), {"boundary", "confusion", "fit"}),
        (("ctl", "last", ""), {"pause", "checkpoint"}),
        (("ctl", "last", "set", "optimizer.le"), {"optimizer.learning_rate="}),
        (("help", ""), {"adam", "relu", "stopping", "optimizer", "export"}),
        (("completion", ""), {"bash", "zsh", "fish"}),
    ],
)
def test_what_can_be_looked_up_is_offered(words: tuple[str, ...], some: set[str], offered) -> None:
    found = offered(*words)
    assert some <= set(found) and len(found) == len(set(found))
    assert all(word.startswith(words[-1]) for word in found)


def test_what_cannot_be_followed_is_followed_by_nothing(offered) -> None:
    for line in ("trian", "train moons", "plot last", "train --seed", "ctl last stop"):
        assert offered(*line.split(), "") == [], line


def test_runs_are_offered_by_names_a_shell_takes_as_they_stand(mlj, offered, tmp_path: Path) -> None:
    assert offered("plot", "") == ["last"]
    assert mlj(f"{TRAIN} brave-otter").code == mlj(TRAIN, "$(touch x) \x1b;").code == 0
    assert mlj(f"{TRAIN} elsewhere --runs-dir {tmp_path / 'other'}").code == 0
    (tmp_path / "home" / "runs" / "broken").mkdir()
    (tmp_path / "home" / "runs" / "broken" / "run.json").write_text("[")
    assert offered("plot", "") == ["last", "brave-otter"]
    assert (
        offered("compare", "last", "bra") == offered("export", "bra") == offered("runs", "show", "b") == ["brave-otter"]
    )
    assert len(offered("plot", "20")) == 2, "an id that is begun is gone on with"
    assert offered("plot", "--runs-dir", str(tmp_path / "other"), "") == ["last", "elsewhere"]
    assert mlj("completion words").out == mlj("completion words", "").out != ""


def test_files_of_configurations_are_offered_beside_recipes(offered, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").touch(), (tmp_path / "more").mkdir(), (tmp_path / "mad.csv").touch()
    found = set(offered("train", "m"))
    assert {"mnist-mlp", "moons", "mine.toml", "more/"} <= found and "mad.csv" not in found
    assert offered("train", f"{tmp_path}/mi") == [f"{tmp_path}/mine.toml"]


def test_bash_completes_words_settings_and_runs(mlj, home: Path) -> None:
    assert mlj(f"{TRAIN} brave-otter").code == 0
    lines = ["mlj plot bra", "mlj train moons --set optimizer.kind=rm", "mlj export last --to s"]
    script = f'mlj() {{ "{sys.executable}" -m mlcore "$@"; }}\n{mlj("completion bash").out}\n'
    for line in lines:
        script += f'COMP_LINE="{line}" COMP_POINT={len(line)}; _mlj; echo "${{COMPREPLY[@]}}"\n'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.splitlines() == ["brave-otter", "rmsprop", "sklearn safetensors"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one(shell: str, mlj) -> None:
    script = mlj(f"completion {shell}").out
    assert "mlj completion words" in script
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([shell, "-n"], input=script, text=True).returncode == 0
