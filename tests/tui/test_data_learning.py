"""From the Data screen to an experiment: row by row, as a series, and back to the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcore.commands.experiment import chosen
from mlcore.commands.parser import parse
from tests.tui.looking import looking, sales_of, shown, typed
from tui.screens.build import BuildScreen
from tui.screens.data import DataScreen

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return sales_of(tmp_path)


async def test_train_on_this_goes_to_build_with_the_table_and_comes_back_to_it(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await lab.until(lambda: "none missing" in lab.over)
        await lab.press("enter")
        await lab.until(lambda: "What is to be learned?" in lab.over)
        await lab.press(*"Sold", "enter")
        await lab.until(lambda: isinstance(lab.app.screen, BuildScreen))
        dataset = lab.app.lab.draft.config.to_dict()["dataset"]
        assert (dataset["kind"], dataset["path"], dataset["target"]) == ("file", str(sales), "Sold")
        await lab.press("escape")
        await lab.until(lambda: lab.screen and not isinstance(lab.app.screen, BuildScreen))
        await lab.press("O")
        await lab.until(lambda: isinstance(lab.app.screen, DataScreen) and shown(lab).target == "Sold")


async def test_a_table_without_a_row_is_not_taken_to_build(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await lab.until(lambda: "none missing" in lab.over)
        await typed(lab, "slash", "Sold > 1000")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 1)
        await lab.press("enter")
        await lab.until(lambda: "There is no row to learn from: u takes the last step back" in lab.over)
        assert isinstance(lab.app.screen, DataScreen)


async def test_the_table_to_practise_on_opens_by_its_name_and_can_be_learned(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    async with looking(tmp_path, Path("sales")) as lab:
        await lab.until(lambda: "4,000 rows, 6 columns" in lab.over)
        assert shown(lab).path.endswith("sales.csv") and Path(shown(lab).path).is_file()
        await lab.press("enter")
        await lab.until(lambda: "What is to be learned?" in lab.over)
        await lab.press(*"Sales", "enter")
        await lab.until(lambda: isinstance(lab.app.screen, BuildScreen))
        dataset = lab.app.lab.draft.config.to_dict()["dataset"]
        assert (dataset["target"], Path(dataset["path"]).name) == ("Sales", "sales.csv")


@pytest.fixture
def flights(tmp_path: Path) -> Path:
    """Six years of months in two columns, as passengers of flights are kept; growing, high in July."""
    months = "January February March April May June July August September October November December".split()
    rows = [f"{1949 + n // 12},{months[n % 12]},{100 + 2 * n + 40 * (n % 12 == 6) + n * n % 7}" for n in range(72)]
    path = tmp_path / "flights.csv"
    path.write_text("\n".join(["year,month,passengers", *rows]) + "\n", encoding="utf-8")
    return path


async def test_a_value_for_each_month_is_learned_as_a_series_by_the_experiment_of_the_command_line(
    tmp_path: Path, flights: Path
) -> None:
    async with looking(tmp_path, flights) as lab:
        await lab.until(lambda: "72 rows, 3 columns" in lab.over)
        await lab.press("enter")
        await lab.until(lambda: "What is to be learned?" in lab.over)
        await lab.press(*"passengers", "enter")
        await lab.until(lambda: "the next 12 months, from the months before them" in lab.over)
        await lab.press("enter")
        await lab.until(lambda: "How many months ahead?" in lab.over)
        await lab.press(*"99", "enter")
        await lab.until(lambda: "a whole number from 1 to 17: 72 months are there" in lab.over)
        await lab.press("backspace", "backspace", *"6", "enter")
        await lab.until(lambda: isinstance(lab.app.screen, BuildScreen))
        meant = chosen(parse(["train", str(flights), "--target", "passengers", "--horizon", "6"]))
        assert lab.app.lab.draft.config == meant
        await lab.until(lambda: "31 train + 2 test rows" in lab.over)
        lab.app.lab.edit(lambda draft: draft.changed({"epochs": 77}))
        await lab.press("escape")
        await lab.until(lambda: lab.screen and not isinstance(lab.app.screen, BuildScreen))
        await lab.press("O")
        await lab.until(lambda: isinstance(lab.app.screen, DataScreen) and shown(lab).target == "passengers")
        await lab.until(lambda: shown(lab).head is not None)
        await lab.press("enter")
        await lab.until(lambda: "the next 12 months" in lab.over)
        await lab.press("enter", "enter")
        await lab.until(lambda: isinstance(lab.app.screen, BuildScreen))
        config = lab.app.lab.draft.config  # the same series: what was changed of its experiment stays
        assert (config.epochs, config.to_dict()["dataset"]["horizon"]) == (77, 12)


async def test_a_series_is_learned_behind_its_steps_and_as_it_was_said_to_be_written(
    tmp_path: Path, flights: Path
) -> None:
    async with looking(tmp_path, flights) as lab:
        await lab.until(lambda: "72 rows, 3 columns" in lab.over)
        await typed(lab, "slash", "year < 1954")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 1)
        assert lab.screen is not None
        lab.app.screen.exploration = shown(lab)._replace(format={"delimiter": ","})
        await lab.press("enter")
        await lab.until(lambda: "What is to be learned?" in lab.over)
        await lab.press(*"passengers", "enter")
        await lab.until(lambda: "the next 12 months" in lab.over)
        await lab.press("enter", "enter")
        await lab.until(lambda: isinstance(lab.app.screen, BuildScreen))
        config = lab.app.lab.draft.config
        dataset = config.to_dict()["dataset"]
        assert (dataset["kind"], dataset["horizon"], dataset["format"]["delimiter"]) == ("series", 12, ",")
        assert list(dataset["steps"]) == [{"kind": "filter", "where": "year < 1954"}]
        assert len(config.dataset.line().values) == 60


async def test_row_by_row_is_the_other_way_and_the_only_one_behind_gaps(tmp_path: Path, flights: Path) -> None:
    async with looking(tmp_path, flights) as lab:
        await lab.until(lambda: "72 rows, 3 columns" in lab.over)
        await lab.press("greater_than_sign", "t", "s", "enter")  # a series has an order of its own
        await lab.until(lambda: "row by row" in lab.over)
        await lab.press("escape")
        await typed(lab, "slash", "passengers > 120")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 2)
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.screen, BuildScreen))
        dataset = lab.app.lab.draft.config.to_dict()["dataset"]
        assert (dataset["kind"], dataset["target"], len(dataset["steps"])) == ("file", "passengers", 2)
        await lab.until(lambda: "Row by row, not as a series: after 1949-07-01 comes 1949-10-01" in lab.over)
        await lab.press("tab")  # whoever goes on has read it
        await lab.until(lambda: "Row by row" not in lab.over)


async def test_a_table_with_dates_that_is_no_series_says_why_in_build(tmp_path: Path, sales: Path) -> None:
    async with looking(tmp_path, sales) as lab:
        await lab.press("enter")
        await lab.until(lambda: "What is to be learned?" in lab.over)
        await lab.press(*"Sold", "enter")
        await lab.until(lambda: "not as a series: Date is 2021-01-03 in rows 0 and 1" in lab.over)
        assert isinstance(lab.app.screen, BuildScreen)


async def test_build_lists_the_steps_enter_on_one_opens_the_table_and_enter_there_comes_back(
    tmp_path: Path, sales: Path
) -> None:
    async with looking(tmp_path, sales) as lab:
        await lab.press("right", "t", "greater_than_sign", "s")  # Product, in the order of Sold
        await lab.until(lambda: len(shown(lab).steps) == 1)
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.screen, BuildScreen))
        build = lab.app.screen
        await lab.drawn()
        build.data.go("dataset.steps:1")
        build.moved()
        await lab.until(lambda: "1 sort by Sold" in lab.over and "step 1: sort by Sold" in lab.over)
        await lab.press("right")  # there is nothing to turn
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.screen, DataScreen) and shown(lab).head is not None)
        await typed(lab, "slash", "Sold > 20")
        await lab.press("enter")
        await lab.until(lambda: len(shown(lab).steps) == 2)
        await lab.press("enter")
        await lab.until(lambda: lab.app.screen is build)
        await lab.press("down")
        await lab.until(lambda: "2 filter Sold > 20" in lab.over)
        await lab.press("d")
        await lab.until(lambda: not lab.app.lab.draft.config.to_dict()["dataset"]["steps"])
        await lab.press("u")
        await lab.until(lambda: len(lab.app.lab.draft.config.to_dict()["dataset"]["steps"]) == 2)
        await lab.press("escape")
        await lab.until(lambda: not isinstance(lab.app.screen, BuildScreen | DataScreen))
