"""The app and PyTorch: where a run goes, and what is said of settings that do not run here."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlcore
from mlcore.worker import protocol
from tests.tui.bench import Bench
from tests.tui.living import SLOW, living
from tests.tui.test_build import settled
from tests.tui.test_feed import fed, started, update
from tui.onlooking import caption

pytest.importorskip("torch", reason="PyTorch is not installed")
pytestmark = pytest.mark.usefixtures("own_home")

CPU = {"backend": "torch", "device": "cpu"}
H100 = {"backend": "torch", "device": "cuda:0", "isa": "", "device_name": "NVIDIA H100 80GB HBM3", "engine": "graph"}


def test_what_pytorch_runs_on_is_told_in_a_row_of_eighty_columns():
    first = started(**H100, precision="float32")
    assert fed(started()).frame().machine == ""
    assert fed(first).frame().machine == "torch on H100 80GB HBM3: graph, float32"
    full = protocol.Gauges(79 << 30, 80 << 30, utilisation=100)
    words = fed(first, update(gauges=full)).frame().machine
    assert words == "torch on H100 80GB HBM3: graph, float32, 79.0 of 80 GiB, 100 % busy"
    assert caption(fed(first, update(gauges=full)).frame()) == words and len(words) <= 78
    silent = fed(first, update(gauges=protocol.Gauges(3 << 29, 80 << 30))).frame().machine
    assert silent.endswith("float32, 1.5 of 80 GiB")
    assert caption(fed(first, update(state="finished")).frame()) == ""


def test_a_gpu_with_a_long_or_hostile_name_does_no_harm():
    long = fed(started(**H100 | {"device_name": "NVIDIA RTX PRO 6000 Blackwell Server Edition"})).frame().machine
    assert long == "torch on RTX PRO 6000 .. ver Edition: graph, float32"
    assert fed(started(**H100 | {"device_name": "\x1b[2J[bold]X"})).frame().machine.isprintable()


def written(tmp_path: Path, **settings: object) -> str:
    """The file of an experiment on circles."""
    path = tmp_path / "mine.toml"
    path.write_text(mlcore.load_recipe("circles").with_settings(settings).to_toml(), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("width", [80, 120])
async def test_a_run_on_pytorch_says_on_what_and_how_for_as_long_as_it_goes_on(width: int, tmp_path: Path) -> None:
    target = written(tmp_path, **CPU, precision="bf16")
    async with living(tmp_path, target, size=(width, 24 if width == 80 else 40), pace=SLOW) as lab:
        await lab.says("torch on cpu: eager, bf16")
        await lab.press("space")
        await lab.until(lambda: lab.frame.state == "paused")
        assert "torch on cpu: eager, bf16" in lab.screen


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"backend": "native", "precision": "bf16"}, "precision bf16 was asked for, which only PyTorch has"),
        ({**CPU, "precision": "tf32"}, "tf32 was asked for, which only GPUs have"),
        ({**CPU, "engine": "graph"}, "engine graph was asked for, and CUDA graphs need a GPU"),
    ],
    ids=["bf16 of the kernels", "tf32 on a CPU", "a graph on a CPU"],
)
async def test_what_does_not_run_here_is_a_sentence_and_the_app_goes_on(
    settings: dict, words: str, tmp_path: Path
) -> None:
    target = written(tmp_path, **settings)
    async with living(tmp_path, target, pace="show", ready=lambda lab: lab.frame.state == "failed") as lab:
        await lab.says(words[:40])
        here = {"backend": "auto", "precision": "float32", "engine": "auto"}
        lab.app.lab.change(lambda draft: draft.changed(here), "build")
        await lab.until(lambda: lab.frame.state in ("running", "finished"))
        await lab.until(lambda: words[:40] not in lab.screen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("column", ["2", "3"])
async def test_build_says_in_a_sentence_what_does_not_run_here_whatever_is_open(size: tuple, column: str) -> None:
    app = Bench()
    async with app.run_test(size=size) as pilot:
        await settled(pilot, column)
        app.build.edit(lambda draft: draft.changed({**CPU, "engine": "graph"}))
        await settled(pilot)
        text = " ".join(app.text.replace("│", " ").split())
        assert "it cannot be trained like this" in text and "engine graph was" in text


async def test_build_offers_the_precisions_and_engines_that_run_here() -> None:
    def offered(name: str) -> tuple[str, ...]:
        found = next((line for line in app.build.training.lines if line.name == name), None)
        return () if found is None or not found.live else tuple(found.help.rpartition(". ")[2].split(", "))

    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "3")
        assert (offered("precision"), offered("engine")) == (("float32", "float64"), ())
        app.build.edit(lambda draft: draft.changed(CPU))
        await settled(pilot)
        assert offered("precision") == ("bf16", "float32", "float64")
        assert offered("engine") == ("auto", "compile", "eager")
        app.build.edit(lambda draft: draft.changed({"precision": "bf16"}))
        app.build.edit(lambda draft: draft.changed({"backend": "native"}))
        await settled(pilot)
        assert "which only PyTorch has" in " ".join(app.text.split())
