"""Whatever a confused or a hostile user asks for: one sentence that says what, where and the way out, and its code."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

import mlcore
from mlcore.errors import ConfigError, DataError, MljError, UsageError
from mlcore.runs import open_run
from mlcore.schedules import Constant
from mlcore.state import State
from tests.mlcore.cli.conftest import home, mlj
from tests.mlcore.refusals import process, refused

__all__ = ["home", "mlj"]  # fixtures

QUICK = ("train circles --backend reference --epochs 2 --no-progress", "--set", "dataset.n_samples=100")
DEEP, LONG = "[" * 5000, "9" * 5000


# ---- settings and options ----


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("optimizer.learning_rate=nan", "expected a number above 0, got nan"),
        ("optimizer.learning_rate=1e999", "expected a finite number, got inf"),
        ("stopping=5", "stopping: expected a section of settings, got 5"),
        ("dataset.split=5", "dataset.split: expected a section of settings"),
        ("optimizer={}", "optimizer has no kind"),
        ("layers=²", "unknown layer '²'"),
        ("layers=+-5", "unknown layer '+-5'"),
        ("layers=[{kind='dense',units='x'}]", "layers[0].units: expected a whole number from 1 to 65,536, got 'x'"),
        ("layers=[{kind='dense',unit=3}]", "did you mean 'layers[0].units'?"),
        ("layers=[1]", "layers[0]: expected a list, each a section"),
        (f"epochs={DEEP}", "epochs: expected a whole number from 1 to 10,000,000"),
        (f"seed={LONG}", "seed: expected a whole number"),
        ("seed=\udcff", "is not text"),
        ("init=he", "there are: he_normal"),
        ("backend=foo", "expected one of auto, native, reference, torch"),
        ("stopping.monitor=validation_acuracy", "did you mean 'validation_accuracy'?"),
        ("batch_size=huge", "expected a whole number from 1, or full"),
        ("device=\x1b[2J", r"expected auto, cpu, cuda or cuda:1, got '\x1b[2J'"),
    ],
)
def test_a_setting_that_cannot_be_says_what_could_be(setting: str, words: str, mlj) -> None:
    refused(mlj(*QUICK, "--set", setting), 2, words)


def test_a_bare_number_of_layers_is_one_layer(mlj) -> None:
    assert mlj("train circles --no-record --epochs 1 --json --set layers=5").lines[0]["config"]["layers"] == "5"


@pytest.mark.parametrize(
    "words",
    [
        ["--epochs", LONG],
        ["--seed", "²"],
        ["--threads", LONG],
        ["--threads", "9999999", "--backend", "native"],
        ["--max-time", "9" * 400],
        ["--runs-dir", ""],
        ["--", "--no-record"],
    ],
)
def test_an_option_that_cannot_be_is_refused(words: list[str], mlj) -> None:
    refused(mlj(*QUICK, *words), 2)


@pytest.mark.parametrize("name", ["MLJ_SEED", "MLJ_BACKEND", "MLJ_DEVICE"])
def test_a_wrong_variable_of_the_environment_is_named(name: str, mlj, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "foo")
    refused(mlj("train circles"), 2, f"{name}: ")


@pytest.mark.parametrize("name", ["MLJ_ISA", "MLJ_NUM_THREADS"])
def test_kernels_that_cannot_be_had_are_said_when_the_run_starts(name: str, home: Path) -> None:
    said = process(home, "train circles --epochs 1 --no-progress --no-record", **{name: "foo"})
    assert said.code == 0 and "backend             reference on cpu" in said.out
    assert re.fullmatch(rf"mlj: the reference backend trains this, slowly: .*{name}=foo: .*\n", said.err)


# ---- configuration files ----


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\0" * 100, "is not TOML"),
        (b"\xff\xfes\0e\0", "is not TOML"),
        (f"seed = {DEEP}".encode(), "is not TOML"),
        (f"seed = {LONG}".encode(), "is not TOML"),
        (b"#" * (1 << 20) + b"##", "more than 1,048,576 bytes"),
        (b'"\\u001b[2J" = 1', r"mine.toml: unknown key '\x1b[2J'"),
        (
            b'optimizer = "sgd"',
            "mine.toml: optimizer: expected a section whose kind is one of sgd, rmsprop, adagrad, adam, adamw",
        ),
        (b"[optimizer]\nlearning_rate = 0.1", "mine.toml: optimizer has no kind"),
        (b'kind = "x"', "mine.toml: unknown key 'kind'"),
        (b'[dataset]\nkind = "moons"\n[dataset.split]\nkind = "x"', "mine.toml: unknown key 'dataset.split.kind'"),
        (b"layers = {a = 1}", "mine.toml: layers: expected a list"),
        (b"seed = 1979-05-27", "mine.toml: seed: expected a whole number"),
    ],
)
def test_a_configuration_file_that_cannot_be_is_named(text: bytes, words: str, mlj, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(text)
    refused(mlj("train", tmp_path / "mine.toml"), 2, words)


def test_what_is_no_file_is_refused_at_once(mlj, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    for name in ("fifo.toml", "zero.toml", "folder.toml", "loop.toml", "x" * 300, "folder.toml"):
        refused(mlj("train", tmp_path / name), 2)


def test_a_byte_order_mark_is_no_obstacle(mlj, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbfepochs = 1\n")
    assert mlj("train", tmp_path / "mine.toml", "--no-record", "-q").code == 0


def test_a_file_called_like_a_recipe_does_not_take_its_place(mlj, home: Path, monkeypatch) -> None:
    monkeypatch.chdir(home)
    (home / "moons").write_text("garbage")
    assert mlj("train moons --epochs 1 --no-record -q").code == 0
    refused(mlj("train ."), 3, "holds no folders of pictures")


# ---- what a network is to say something about ----


@pytest.fixture
def trained(mlj):
    """A run of two epochs."""
    assert mlj(*QUICK, "--name", "otter").code == 0
    return mlj


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("x1,x2\n1e300,1\n", "DATA_NONFINITE"),
        ("x1,x2\n3e38,1\n", "DATA_NONFINITE"),
        ("x1,x1,x2\n1,2,3\n", "DATA_SCHEMA"),
        ("x1,x2\n1_0,2\n", "DATA_VALUE"),
        ("\x1b[2J,x2\n1,2\n", "DATA_SCHEMA"),
        ("x1,x2\n" + "1" * 200_000 + ",2\n", "DATA_QUOTE"),
        ("x1,x2\n", "DATA_EMPTY"),
    ],
)
def test_a_table_of_wrong_numbers_is_refused(text: str, name: str, trained, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    refused(trained("predict otter --data", tmp_path / "a.csv"), 3, f"[{name}]")


def test_arrays_without_rows_or_with_a_lying_header_are_refused(trained, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((0, 2)))
    refused(trained("predict otter --data", path), 3, "[DATA_EMPTY]")
    np.save(path, np.zeros((2, 2)))
    path.write_bytes(path.read_bytes().replace(b"(2, 2)", b"(9**9,)"))
    refused(trained("predict otter --data", path), 3, "[DATA_FORMAT]")


def test_a_word_that_is_empty_is_not_a_word_left_out(trained) -> None:
    assert trained("predict otter --data", "").code == 3
    assert trained("predict otter --out", "").code == 6
    refused(trained(f"predict otter --rows {LONG}"), 2)
    refused(trained("plot otter --width 1000000000"), 2)


# ---- in Python ----


@pytest.mark.parametrize(
    "x",
    [[[np.nan, 1]], [[np.inf, 1]], [[1e300, 1]], [["a", "b"]], [[None, 1]], [[1j, 1]], [1, 2], [], None, [[1, 2, 3]]],
)
def test_a_model_refuses_what_is_no_row_of_numbers(x: object, trained) -> None:
    with pytest.raises(DataError, match="^inputs: "):
        open_run("otter").model().predict(x)


def test_values_of_numpy_and_plain_tables_make_an_experiment() -> None:
    config = mlcore.Config(dataset={"kind": "moons"}, layers=[mlcore.layers.CATALOGUE.find("relu").load()()])
    assert config == mlcore.Config().with_settings({"dataset": "moons", "layers": "relu"})
    assert hash(config) and config.dataset.noise == 0.2
    config = config.with_settings({"optimizer.learning_rate": np.float64(0.5), "epochs": np.int64(3)})
    assert (config.optimizer.learning_rate, config.epochs) == (0.5, 3)


def test_a_pace_nobody_knows_is_refused_from_the_start() -> None:
    for pace in ("fast", -1.0, float("nan")):
        with pytest.raises(UsageError, match="pace: expected full, show"):
            mlcore.Controls(pace=pace)  # type: ignore[arg-type]


def test_a_monitor_that_is_better_when_smaller_is_watched_downwards() -> None:
    weights = mlcore.train(mlcore.load_recipe("journey/line-relu6"))
    state: State = next(event.state for event in weights if event.kind == "epoch")._replace(best_value=np.inf)
    for name, better, worse in (("validation_mse", 0.1, 0.2), ("validation_r2", 0.9, 0.8), ("train_loss", 0.1, 0.2)):
        stopping = mlcore.Config().with_settings({"stopping.monitor": name}).stopping
        kept = state.remember({name: better}, stopping, Constant(), keep=False)
        assert kept.best_value != state.best_value
        assert kept.remember({name: worse}, stopping, Constant(), keep=False) == kept


@pytest.mark.parametrize("path", ["", ".", "/dev/null", "none.toml", "x" * 5000, "\0"])
def test_paths_that_lead_nowhere_are_refused_by_name(path: str, home: Path) -> None:
    for read in (mlcore.load_config, mlcore.load_recipe, open_run):
        with pytest.raises(MljError):
            read(path)
    with pytest.raises(ConfigError):
        mlcore.load_config(Path(path))
