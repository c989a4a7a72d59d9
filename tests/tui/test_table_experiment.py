"""A table on its way: by which experiment it is learned, what it is called, and that its steps are not lost."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlcore
from mlcore import shelf
from mlcore.commands.experiment import chosen
from mlcore.commands.parser import parse
from tests.tui.living import living
from tests.tui.looking import looking, sales_of, shown, typed
from tui.opening import resolve
from tui.screens.analyse import AnalyseScreen
from tui.screens.build import BuildScreen
from tui.screens.data import DataScreen
from tui.screens.deeds.opening import named, open_table
from tui.screens.runs import RunsScreen

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return sales_of(tmp_path)


async def test_a_table_is_learned_by_the_experiment_of_the_command_line_and_changes_stay_while_it_is_the_same(
    tmp_path: Path,
) -> None:
    table = tmp_path / "leaves.csv"
    table.write_text("size,shape,tree\n" + "".join(f"{n},{'abc'[n % 3]},{'xy'[n % 2]}\n" for n in range(60)))
    async with looking(tmp_path, table) as lab:

        def config() -> mlcore.Config:
            return lab.app.lab.draft.config  # type: ignore[union-attr]

        async def learn(target: str) -> None:
            await lab.until(lambda: isinstance(lab.app.screen, DataScreen) and shown(lab).head)
            lab.app.screen.aim(target)  # type: ignore[attr-defined]
            await lab.press("enter")
            await lab.until(
                lambda: isinstance(lab.app.screen, BuildScreen) and config().setting("dataset.target") == target
            )

        await learn("tree")
        assert config() == chosen(parse(["train", str(table), "--target", "tree"]))
        lab.app.lab.edit(lambda draft: draft.changed({"layers": "7 tanh", "dataset.task": "classes"}))
        await lab.press("O")
        await learn("tree")
        assert (config().setting("layers"), config().setting("dataset.task")) == ("7 tanh", "classes")
        await lab.press("O")
        await learn("shape")
        assert (config().setting("layers"), config().setting("dataset.task")) == ("7 tanh", "auto")


async def test_a_file_is_called_by_its_name_and_its_target_named_wherever_data_are(tmp_path: Path, sales: Path) -> None:
    opened = resolve(str(sales))
    assert opened.config is not None
    async with living(tmp_path, pace="full", size=(100, 30)) as lab:
        lab.app.open(opened._replace(config=opened.config.with_settings({"dataset.target": "Product", "epochs": 3000})))
        await lab.until(lambda: "[sales.csv]" in lab.screen and "Product: 3 classes" in lab.screen)
        await lab.learned(dataset="file")
        await lab.press("A")
        await lab.until(lambda: isinstance(lab.app.screen, AnalyseScreen) and "ANALYSE  sales.csv" in lab.over)
        await lab.press("escape", "o")
        await lab.until(lambda: isinstance(lab.app.screen, RunsScreen) and "  sales.csv" in lab.over)
    found = shelf.look(tmp_path / "runs")
    assert [len(shelf.picked(found, f"data:{name}")) for name in ("sales.csv", "file", "moons")] == [1, 1, 0]


async def test_steps_of_a_table_that_was_left_are_there_when_it_is_opened_again(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await typed(lab, "slash", "Sold > 20")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 1)
        await lab.press("t", "escape")
        await lab.until(lambda: not isinstance(lab.app.screen, DataScreen))
        await lab.press("O")
        await lab.until(lambda: "sales.csv" in lab.over)
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.screen, DataScreen) and shown(lab).head)
        assert len(shown(lab).steps) == 1 and shown(lab).target == "Date" and "rows, 4 columns are left" in lab.over
        await lab.press("u")
        await lab.until(lambda: not shown(lab).steps)


async def test_steps_that_no_longer_fit_the_file_are_left_out_and_that_is_said(tmp_path: Path, sales: Path) -> None:
    async with living(tmp_path, pace="show") as lab:
        open_table(lab.app, named(str(sales))._replace(steps=({"kind": "filter", "where": "Gone > 20"},)))
        await lab.until(lambda: isinstance(lab.app.screen, DataScreen) and "its steps are left out" in lab.over)
        assert shown(lab).head and not shown(lab).steps and "there are: Date, Product" in lab.over
        await lab.press("u")
        await lab.until(lambda: "No step has been taken yet" in lab.over)
