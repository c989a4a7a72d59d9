"""What a broken installation does: the import of somebody else's library fails, and one sentence says which."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import pytest

from mlcore.errors import LibraryError, lacking
from mlcore.worker import protocol
from mlcore.worker.server import Server
from tests.mlcore.refusals import process, refused
from tui import __main__ as app

INSTALL = "pip install --force-reinstall"

GONE = """
import sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Gone())
"""


@pytest.mark.parametrize(
    ("library", "words", "package"),
    [
        ("pandas", "data head sales", "pandas"),
        ("pandas", "train t.csv --target b --epochs 1 --no-record -q", "pandas"),
        ("sklearn", "train digits --epochs 1 --no-record -q", "scikit-learn"),
        ("plotext", "lr-find moons", "plotext"),
        ("numpy", "train moons --epochs 1 --no-record -q", "numpy"),
        ("msgspec", "explain moons", "msgspec"),
        ("scipy", "data season sales", "scipy"),
    ],
)
def test_a_library_that_is_gone_is_named_with_the_way_to_get_it(home: Path, library, words, package) -> None:
    (home / "t.csv").write_text("a,b\n" + "".join(f"{n},{'xy'[n % 2]}\n" for n in range(40)))
    (home / "sitecustomize.py").write_text(GONE.format(library=library))
    said = process(home, words, PYTHONPATH=f"{home}:{Path(__file__).parents[3]}")
    refused(said, 9, f"error[LIBRARY_MISSING]: {library} cannot be imported", f"{INSTALL} {package}")


def test_data_that_come_with_a_library_say_no_other_sentence(mlj, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    said = mlj("train iris --epochs 1 --no-record -q")
    refused(said, 9, "error[LIBRARY_MISSING]: sklearn cannot be imported", f"{INSTALL} scikit-learn")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ImportError('libgfortran.so.5: cannot open shared object file')", "broken cannot be imported: libgf"),
        ("from json import nothing_of_the_kind", "json cannot be imported"),
    ],
)
def test_a_library_that_is_there_and_broken_is_named_too(tmp_path: Path, monkeypatch, source, said) -> None:
    (tmp_path / "broken.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError) as caught:
        import_module("broken")
    caught.value.__traceback__ = caught.value.__traceback__.tb_next  # as where one of our modules imports it
    found = lacking(caught.value)
    assert isinstance(found, LibraryError) and said in str(found) and found.exit_code == 9
    assert found.hint == ("it comes with Python: install Python again" if "json" in said else f"{INSTALL} broken")


def test_a_module_of_ours_that_is_not_there_stays_a_bug() -> None:
    with pytest.raises(ImportError) as caught:
        import_module("mlcore.nothing")
    assert lacking(caught.value) is None and lacking(ValueError("x")) is None


def test_the_worker_and_the_app_say_so_too(monkeypatch, capsys) -> None:
    def gone(*_: object) -> NoReturn:
        raise ModuleNotFoundError("No module named 'pandas'", name="pandas")

    reply = Server._reply(protocol.Stop(id=1), gone)
    assert reply.error is not None and reply.error.code == "LIBRARY_MISSING" and "pandas" in reply.error.hint
    monkeypatch.setattr(app, "_open", gone)
    monkeypatch.setattr("sys.__stderr__", sys.stderr)
    assert app.main([]) == 9
    assert "error[LIBRARY_MISSING]: pandas cannot be imported" in capsys.readouterr().err
