"""Every export target with every layer and every loss: the file runs by itself and predicts what the model predicts."""

from __future__ import annotations

import importlib.util
import io
import math
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from mlcore import exporters
from mlcore.config import load_config
from mlcore.errors import CheckpointError, ConfigError
from mlcore.exporters import c_code, numpy_code, onnx_graph, sklearn_code, torch_layout
from mlcore.exporters.stages import shaped
from mlcore.layers.line import parse
from mlcore.model import Model
from mlcore.network import Network
from mlcore.spec import kind_of
from tests.contracts.models import HOSTILE, model_of, raw_rows, small
from tests.contracts.problems import LAYERS, LOSSES, networks_with, without_row

TARGETS = exporters.CATALOGUE.names()
TABLES = {"numpy": numpy_code, "pytorch": torch_layout, "sklearn": sklearn_code, "c": c_code, "onnx": onnx_graph}
TABLES |= {"safetensors": torch_layout}  # whose ROWS know the layers
RUN = tuple(name for name in TARGETS if name != "toml")
ATOL = 1e-6


def put(model: Model, target: str, folder: Path, stem: str = "net") -> Path:
    """Write the files of an export; the main one."""
    files = exporters.export(model, target, stem)
    for suffix, data in files.items():
        (folder / f"{stem}{suffix}").write_bytes(data)
    return folder / f"{stem}{next(iter(files))}"


def module(path: Path):
    """A generated Python file, imported."""
    spec = importlib.util.spec_from_file_location("exported", path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def as_python(path: Path, model: Model, x: np.ndarray):
    loaded = module(path)
    assert model.preparation.feature_names == loaded.FEATURES
    if model.preparation.task.kind == "regression":
        return np.asarray(loaded.predict(x)), None
    return np.asarray(loaded.predict_proba(x)), loaded.predict(x)


def as_c(path: Path, model: Model, x: np.ndarray):
    """Compiled with every warning an error, as a program that reads rows."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    program = path.with_suffix("")
    flags = "-std=c99 -O1 -Wall -Wextra -Wpedantic -Wconversion -Werror -DMODEL_MAIN".split()
    subprocess.run([compiler, *flags, str(path), "-o", str(program), "-lm"], check=True)
    text = "\n".join(",".join(f"{value:.9g}" for value in row) for row in x)
    done = subprocess.run([str(program)], input=text.encode(), capture_output=True, check=True)
    width = len(model.preparation.task.class_names) or model.network.output_shape[0]
    words = done.stdout.replace(b"{x}\n", b"{x}~").rstrip(b"\n").split(b"\n")
    found = [line.split(b" ", width) for line in words]
    names = [line[width].replace(b"{x}~", b"{x}\n").decode("utf-8") for line in found if len(line) > width]
    return np.array([[float(word) for word in line[:width]] for line in found]), names or None


def as_onnx(path: Path, model: Model, x: np.ndarray):
    onnx = pytest.importorskip("onnx", reason="onnx, which checks what is written, is not installed")
    from onnx.reference import ReferenceEvaluator

    onnx.checker.check_model(onnx.load(path), full_check=True)
    found = ReferenceEvaluator(str(path)).run(None, {"x": x})
    return found[0], list(found[1]) if len(found) > 1 else None


def as_safetensors(path: Path, model: Model, x: np.ndarray):
    """The arrays are those of the PyTorch export's network, strictly; and they come with their scaling."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from safetensors.torch import load_file

    tensors = load_file(path)
    scaled = (torch.tensor(x).double() - tensors.pop("prep/shift")) * tensors.pop("prep/factor")
    if "prep/bend" in tensors:
        scaled = scaled / (1 + (scaled * tensors.pop("prep/bend")) ** 2).sqrt()
    logarithm = tensors.pop("prep/logarithm", None)
    loaded = module(put(model, "pytorch", path.parent, "again"))
    for parameter in loaded.network.parameters():
        parameter.data.zero_()
    loaded.network.load_state_dict(tensors, strict=True)
    with torch.no_grad():
        z = loaded.network(scaled.float().reshape(-1, *(shaped(model) or scaled.shape[1:]))).numpy()
    if logarithm is None:
        return model.loss.probabilities(z), None
    shift, factor, offset = logarithm.tolist()
    return np.exp(z.astype(np.float64) / factor + shift) - offset, None


READERS = {"numpy": as_python, "pytorch": as_python, "sklearn": as_python, "c": as_c, "onnx": as_onnx}
READERS |= {"safetensors": as_safetensors}


def examine(model: Model, target: str, folder: Path) -> None:
    """The export predicts what the model predicts, and calls classes by their names."""
    if target == "pytorch":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    x = raw_rows(model)
    found, names = READERS[target](put(model, target, folder), model, x)
    expected = model.predict_proba(x)
    np.testing.assert_allclose(found, expected, rtol=0, atol=ATOL)
    if names is not None:
        theirs = [model.preparation.task.class_names[k] for k in model.predict(x)]
        assert names == [name if target in ("numpy", "pytorch", "sklearn") else plain(name) for name in theirs]


def plain(name: str) -> str:
    """A name as UTF-8 can hold it."""
    return name.encode("utf-8", "backslashreplace").decode()


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("target", RUN)
def test_a_generated_file_predicts_the_same_with_every_layer(target: str, name: str, tmp_path: Path) -> None:
    for _, network in networks_with(name, 3):
        model, rows = model_of(network, "softmax_cross_entropy"), TABLES[target].ROWS
        missing = [f"layer {kind_of(layer)}" for layer in network.layers if type(layer) not in rows]
        if target == "sklearn" and len(network.shapes[0]) > 1:
            continue  # its networks take rows
        if not missing:
            examine(model, target, tmp_path)
            continue
        with pytest.raises(ConfigError) as refused:
            exporters.export(model, target)
        assert refused.value.code == "EXPORT_UNSUPPORTED"
        if target != "sklearn":  # its networks know few layers, and can be taught no other
            without_row(target, missing)


BLOCK = "skip | ln | attention 2 causal | add | skip | ln | 12 gelu | 8 | add"
DEEP = {
    "ways around one another": ("9 | skip | 9 tanh | skip | skip | 9 relu | add | 9 | add | add", (6,)),
    "a way around convolutions": (
        "conv 4 k3 | skip | conv 4 k3 p1 bn relu | conv 4 k3 p1 | add relu | mean",
        (2, 7, 8),
    ),
    "a transformer": (f"positions | {BLOCK} | {BLOCK} | ln | mean", (7, 8)),
    "along the time": ("conv1d 7 k3 s2 p1 relu | pool1d 2 s1 | conv1d 5 k2 bn | avgpool1d 2 | 4 tanh | max", (15, 3)),
}


@pytest.mark.parametrize("body", DEEP)
@pytest.mark.parametrize("target", [name for name in RUN if name != "sklearn"])
def test_a_generated_file_goes_around_and_along_as_the_network_does(target: str, body: str, tmp_path: Path) -> None:
    line, shape = DEEP[body]
    examine(model_of(Network.build(parse(line), shape, 3), "softmax_cross_entropy"), target, tmp_path)


@pytest.mark.parametrize("shape", [(8, 9), (2, 8, 9)], ids=["gray", "two channels"])
@pytest.mark.parametrize("target", [name for name in RUN if name != "sklearn"])
def test_a_generated_file_sees_rows_as_the_images_they_are(target: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    body = parse("layer_norm | conv 5 k3 s2 p2 relu | pool 2 s1 | conv 4 k2 tanh | flatten | 6 relu")
    network = Network.build(body, (math.prod(shape),), 3, shape)
    examine(model_of(network, "softmax_cross_entropy"), target, tmp_path)


@pytest.mark.parametrize("loss", [*LOSSES, "two classes"])
@pytest.mark.parametrize("target", RUN)
def test_a_generated_file_means_by_its_outputs_what_the_loss_means(target: str, loss: str, tmp_path: Path) -> None:
    two = loss == "two classes"
    kind = "softmax_cross_entropy" if two else loss
    examine(small("5 tanh | 4 tanh", kind, outputs=2 if two else 3, two=two), target, tmp_path)


@pytest.mark.parametrize("target", RUN)
def test_ten_hostile_names_stay_in_their_quotes_and_no_hidden_layer_is_needed(target: str, tmp_path: Path) -> None:
    examine(small("", "softmax_cross_entropy", outputs=10), target, tmp_path)


@pytest.mark.parametrize("target", ["numpy", "pytorch", "sklearn"])
def test_many_weights_lie_beside_the_file_and_a_hostile_stem_finds_them(target: str, tmp_path: Path) -> None:
    model, stem = small("90 relu | 60 relu", "mse", outputs=2), "ne't\"{x}"
    pytest.importorskip("torch" if target == "pytorch" else "numpy")
    path = put(model, target, tmp_path, stem)
    assert sorted(each.suffix for each in tmp_path.iterdir()) != [".py"] and path.stat().st_size < 5000
    np.testing.assert_allclose(as_python(path, model, raw_rows(model))[0], model.predict(raw_rows(model)), atol=1e-5)


def test_a_python_file_is_a_program_that_reads_a_csv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    classes, numbers = small("3 relu", "softmax_cross_entropy", features=2), small("3 relu", "mse", 2, features=2)
    for place, model in enumerate((classes, numbers)):
        path = put(model, "numpy", tmp_path, f"net{place}")
        (tmp_path / "rows.csv").write_text("1,2\n3,-4\n")
        monkeypatch.setattr(sys, "argv", [str(path), str(tmp_path / "rows.csv")])
        runpy.run_path(str(path), run_name="__main__")
        printed = capsys.readouterr().out
        x = np.array([[1.0, 2.0], [3.0, -4.0]])
        if model is numbers:
            np.testing.assert_allclose(np.loadtxt(io.StringIO(printed), delimiter=","), model.predict(x), atol=1e-5)
        else:
            assert printed == "".join(f"{HOSTILE[k]}\n" for k in model.predict(x))


@pytest.mark.parametrize("target", ["numpy", "pytorch", "sklearn"])
def test_one_row_may_stand_alone_and_a_row_of_another_width_is_refused(target: str, tmp_path: Path) -> None:
    model = small("3 relu", "mse", features=2)
    loaded, x = module(put(model, target, tmp_path)), np.array([1.0, 2.0])
    np.testing.assert_allclose(np.asarray(loaded.predict(x)), model.predict(x[None]), atol=ATOL)
    with pytest.raises((ValueError, RuntimeError)):
        loaded.predict([[1.0, 2.0, 3.0, 4.0]])  # not two rows of two


def test_pixels_are_named_by_a_loop(tmp_path: Path) -> None:
    model = small("3 relu", "mse", features=6)
    names = tuple(f"pixel_{row}_{column}" for row in range(2) for column in range(3))
    pixels = msgspec.structs.replace(model.preparation, feature_names=names, image_shape=(2, 3))
    path = put(Model(model.config, model.network, model.loss, pixels, model.vector), "numpy", tmp_path)
    assert names == module(path).FEATURES and "pixel_0_1" not in path.read_text()


def test_features_of_a_csv_file_are_found_by_name(tmp_path: Path) -> None:
    loaded = module(put(small("3 relu", "mse", features=2), "numpy", tmp_path))
    first, second = loaded.FEATURES
    loaded.FEATURES = ("x1", "x2")
    assert loaded.read(["x2,more,x1\n", "2,9,1\n"]) == [[1.0, 2.0]] and loaded.read(["1,2\n"]) == [[1.0, 2.0]]
    assert (first, second) == (HOSTILE[0] + "0", HOSTILE[1] + "1")


def test_the_c_program_says_what_is_no_number(tmp_path: Path) -> None:
    model = small("3 relu", "mse")
    path = put(model, "c", tmp_path)
    as_c(path, model, raw_rows(model))
    done = subprocess.run([str(path.with_suffix(""))], input=b"1,2,x,4\n", capture_output=True)
    assert done.returncode == 1 and done.stderr == b"expected rows of 4 numbers\n"


def test_the_configuration_trains_it_again(tmp_path: Path) -> None:
    model = small("5 relu6", "softmax_cross_entropy")
    assert load_config(put(model, "toml", tmp_path)) == model.config


@pytest.mark.parametrize(
    ("body", "why"),
    [("4 relu | 4 tanh", "relu and tanh"), ("4 | 4 tanh", "identity and tanh"), ("relu | 4 relu", "layer 1, relu")],
)
def test_scikit_learn_refuses_what_its_one_activation_cannot_say(body: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        exporters.export(small(body, "mse"), "sklearn")


def test_scikit_learn_refuses_the_steps_of_a_sequence() -> None:
    network = Network.build(parse("4 relu | flatten"), (5, 3), 3)
    with pytest.raises(ConfigError, match="layer 1, dense: it takes rows, no sequences"):
        exporters.export(model_of(network, "softmax_cross_entropy"), "sklearn")


def test_weights_that_are_not_numbers_are_exported_nowhere() -> None:
    model = small("3 relu", "mse")
    model.vector[2] = np.inf
    for target in TARGETS:
        with pytest.raises(CheckpointError):
            exporters.export(model, target)


def test_the_same_model_gives_the_same_bytes_and_unknown_targets_the_nearest_name() -> None:
    model = small("90 relu | 60 relu", "mse")
    for target in set(TARGETS) - {"safetensors"}:  # whose library writes metadata in any order
        assert exporters.export(model, target) == exporters.export(model, target)
    with pytest.raises(ConfigError) as refused:
        exporters.export(model, "onyx")
    assert refused.value.hint == "did you mean 'onnx'?"
