"""The kit for a GPU machine: complete, and at home where nothing is installed but NumPy, PyTorch and msgspec."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools import gpu_kit

BLOCKED = (
    "textual", "rich", "plotext", "cffi", "_cffi_backend", "pandas", "sklearn", "scipy", "safetensors", "platformdirs",
    "tomli_w", "threadpoolctl", "mlcore._native",
)  # fmt: skip
BARE = f"""
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {BLOCKED} or name.partition(".")[0] in {BLOCKED}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
SESSION = """
from pathlib import Path
import mlcore
assert Path(mlcore.__file__).is_relative_to(Path.cwd()), mlcore.__file__
from mlcore.backends.backend import Problem, Weights
from mlcore.backends.pytorch import Torch
from mlcore.config import from_dict
from mlcore.model import blueprint
import numpy as np
config = from_dict({"dataset": {"kind": "moons"}, "layers": "8 relu", "backend": "torch", "epochs": 2})
data = config.dataset.load()
network, loss = blueprint(config, data)
session = Torch("cpu").open(Problem.of(config, data, network, loss))
session.restore(Weights.first(network, config))
assert np.isfinite(session.train(0, 5, np.full(5, 0.01))).all()
*_, end = mlcore.train(config)
assert end.reason == "finished"
from benchmarks.gpu import accuracy, check, ensemble, full_batch, memory, sections, step, table, waits
import tests.contracts.problems
"""
MNIST = """
from mlcore.config import from_dict
assert len(from_dict({"dataset": {"kind": "mnist"}}).dataset.load().train) == 55_000
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    assert gpu_kit.main(["--offline", "--to", str(folder)]) == 0
    return folder


def bare(program: str, kit: Path) -> str:
    """What a program in the kit prints, everything blocked that is not there."""
    own = {"PYTHONPATH": str(kit), "MLJ_DATA_HOME": str(kit / "data")}
    command = [sys.executable, "-c", BARE + program]
    done = subprocess.run(command, cwd=kit, env=os.environ | own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_a_session_opens_and_trains_with_numpy_torch_and_msgspec_alone(kit: Path) -> None:
    bare(SESSION, kit)


def test_mnist_is_read_there_too(kit: Path) -> None:
    if not (kit / "data").exists():
        pytest.skip("MNIST is not in MLJ_DATA_HOME")
    bare(MNIST, kit)


def test_its_tests_are_those_marked_gpu_and_pytest_understands_its_settings(kit: Path) -> None:
    script = (kit / "run.sh").read_text(encoding="utf-8")
    assert subprocess.run(["sh", "-n", str(kit / "run.sh")], check=False).returncode == 0
    assert "tests/test_gpu_benchmarks.py" in script and "tests/contracts/test_same_bits.py" not in script
    (tests,) = re.findall('TESTS="(.*)"', script)
    words = ["-p", "no:asyncio", "-p", "no:cacheprovider", "-m", "gpu", "--co", *tests.split()]
    told = bare(f"import pytest\nsys.exit(pytest.main({words}))", kit)
    assert "test_what_is_marked_gpu_meets_one" in told


def test_who_has_no_home_and_no_platformdirs_is_told_what_to_set(kit: Path) -> None:
    bare("""
from mlcore.errors import StorageError
from mlcore.storage import data_folder
try:
    data_folder()
except StorageError as error:
    assert "MLJ_HOME" in error.hint
else:
    raise AssertionError
""", kit)  # fmt: skip
