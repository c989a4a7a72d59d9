"""`mlj export`: what is written where, and what is refused."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlcore import exporters
from mlcore.commands.parser import build
from mlcore.config import load_config
from mlcore.runs import open_run

TRAIN = "train circles --backend reference -q --epochs 12 --set dataset.n_samples=100 --name brave-otter"


@pytest.fixture
def trained(mlj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A run in a folder of its own."""
    assert mlj(TRAIN).code == 0
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return mlj


def test_the_command_line_knows_the_targets_of_the_catalogue() -> None:
    _, verbs = build()
    (to,) = (action for action in verbs["export"]._actions if action.dest == "to")
    assert tuple(to.choices) == exporters.CATALOGUE.names()


@pytest.mark.parametrize("target", exporters.CATALOGUE.names())
def test_every_target_writes_a_file_named_after_the_run_and_says_where(target: str, trained) -> None:
    said = trained(f"export brave-otter --to {target}")
    assert said.code == 0, said.err
    files = said.out.splitlines()
    assert files == os.listdir() and files[0].startswith("brave_otter.")
    again = trained(f"export brave-otter --to {target}")
    assert again.code == 6 and "is there already" in again.err and "--force" in again.err
    assert trained(f"export brave-otter --to {target} --force --json").lines == [{"target": target, "files": files}]
    assert sorted(os.listdir()) == files


def test_an_epoch_and_a_file_of_a_model_are_exported_too(trained) -> None:
    run, x = open_run("brave-otter"), np.array([[0.1, 0.9], [0.5, -0.2]])
    assert trained("export brave-otter --to numpy --epoch 10 -o tenth.py").out == "tenth.py\n"
    np.testing.assert_allclose(
        runpy.run_path("tenth.py")["predict_proba"](x), run.model(epoch=10).predict_proba(x), atol=1e-6
    )
    assert trained(f"export {run.folder / 'model.safetensors'} --to numpy").out == "model.py\n"
    np.testing.assert_allclose(runpy.run_path("model.py")["predict_proba"](x), run.model().predict_proba(x), atol=1e-6)
    refused = trained("export brave-otter --to numpy --epoch 11")
    assert refused.code == 4 and "there are epochs: 10, 12" in refused.err
    assert trained(f"export {run.folder / 'model.safetensors'} --to numpy --epoch 3").code == 2


def test_many_weights_lie_beside_the_file_under_its_name_and_cannot_go_to_stdout(mlj, tmp_path: Path) -> None:
    assert mlj(f"{TRAIN} --set", "layers=90 relu | 60 relu").code == 0
    assert mlj("export last --to numpy --out", tmp_path / "a b.c.py").code == 0
    assert (tmp_path / "a_b_c.npz").exists() and "predict" in runpy.run_path(str(tmp_path / "a b.c.py"))
    refused = mlj("export last --to numpy --out", tmp_path / "net.npz")
    assert refused.code == 2 and "weights beside it" in refused.err
    assert mlj("export last --to numpy -o -").code == 2


TABLE = "--backend reference -q --epochs 2 --name cars --target price --task numbers"
WAYS = "layers=6 relu|dataset.target_scale=log|dataset.numbers={}|dataset.split.validation=0"


@pytest.fixture
def cars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of numbers, one of them often missing, and texts, and a price that is learnt as its logarithm."""
    random, lines = np.random.default_rng(1), ["weight,power,make,price"]
    for weight, power, make in random.integers(1, 300, (120, 3)).tolist():
        price, told = weight * 3 + power * 5 + make + 20, "" if power % 7 == 0 else power / 4
        lines.append(f"{weight},{told},{'abc'[make % 3]},{price}")
    (tmp_path / "cars.csv").write_text("\n".join(lines))
    rows = ["weight,power,make", "-50,30.25,a", "1e6,,c", "80,-3,b", "120,70.5,d", "33,,a", ",1000,a"]
    (tmp_path / "rows.csv").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("numbers", ["piecewise", "quantile"])
def test_every_target_answers_a_row_of_a_table_as_predict_does(mlj, cars: Path, numbers: str) -> None:
    said = mlj("train cars.csv", *TABLE.split(), *(f"--set={each}" for each in WAYS.format(numbers).split("|")))
    assert said.code == 0, said.err
    expected = np.array([line.split(",")[1] for line in mlj("predict cars --data rows.csv").out.split()[1:]], float)
    assert len(expected) == 6 and 10 < expected.min() < expected.max()
    for target in ("numpy", "pytorch", "sklearn", "c", "onnx"):
        assert mlj(f"export cars --to {target} -o net_{target}").code == 0
    for target in ("numpy", "pytorch", "sklearn"):
        done = subprocess.run([sys.executable, f"net_{target}", "rows.csv"], capture_output=True, check=True)
        np.testing.assert_allclose(np.array(done.stdout.split(), float), expected, rtol=1e-5)
    makes = {"a": "1,0,0", "b": "0,1,0", "c": "0,0,1", "d": "0,0,0"}
    rows = [line.rsplit(",", 1) for line in (cars / "rows.csv").read_text().split("\n")[1:]]
    text = "\n".join(f"{numbers_},{makes[make]}" for numbers_, make in rows)
    if shutil.which("cc"):
        os.rename("net_c", "net.c")
        subprocess.run(["cc", "-std=c99", "-DMODEL_MAIN", "net.c", "-o", "net", "-lm"], check=True)
        done = subprocess.run(["./net"], input=text.encode(), capture_output=True, check=True)
        np.testing.assert_allclose(np.array(done.stdout.split(), float), expected, rtol=1e-5)
    reference = pytest.importorskip("onnx.reference", reason="onnx, which runs what is written, is not installed")
    x = np.array([[cell or "nan" for cell in line.split(",")] for line in text.split("\n")], np.float32)
    (found,) = reference.ReferenceEvaluator("net_onnx").run(None, {"x": x})
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-5)


def test_a_dash_is_stdout_and_what_it_prints_trains_again(trained, tmp_path: Path) -> None:
    said = trained("export last --to toml -o -")
    (tmp_path / "again.toml").write_text(said.out)
    assert said.err == "" and load_config(tmp_path / "again.toml") == open_run("last").config
    assert os.listdir() == []


def test_many_seeds_are_one_experiment_and_no_single_network(mlj, tmp_path: Path) -> None:
    assert mlj("train circles -q --epochs 2 --set repeats=2 --set dataset.n_samples=100 --name trio").code == 0
    assert mlj("export trio --to toml -o", tmp_path).code == 0
    assert load_config(tmp_path / "trio.toml").repeats == 2
    refused = mlj("export trio --to c -o", tmp_path)
    assert refused.code == 5 and "--to toml takes all of them" in refused.err


def test_what_cannot_be_written_or_expressed_ends_with_its_code(trained, tmp_path: Path) -> None:
    assert trained("export last --to c -o nowhere/net.c").code == 6
    assert trained("export last --to keras").code == 2 and trained("export last").code == 2
    assert trained("export nobody --to c").code == 5
    (tmp_path / "foreign.safetensors").write_bytes(b"\x80\x04K\x01.")
    assert trained("export", tmp_path / "foreign.safetensors", "--to", "c").code == 4
    assert trained("export last --to safetensors -o", tmp_path / "net.safetensors").code == 0
    assert "was written by mlj export" in trained("export", tmp_path / "net.safetensors", "--to", "c").err
    assert trained(f"{TRAIN} --set", "layers=8 relu6").code == 0
    said = trained("export last --to sklearn --json")
    error = json.loads(said.out)
    assert said.code == 2 and error["code"] == "EXPORT_UNSUPPORTED" and "layer 2, relu6" in error["message"]
    assert os.listdir() == []


def test_a_hostile_name_of_a_run_stays_in_this_folder(mlj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mlj(TRAIN.replace("brave-otter", "../../\x1b[2J\"'")).code == 0
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    said = mlj("export last --to c")
    assert said.code == 0 and said.out == f"run_{open_run('last').id.replace('-', '_')}.c\n"
