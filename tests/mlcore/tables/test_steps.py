"""Every step against plain Python on random tables, and against the line of pandas that it says."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.commands.experiment import assignment
from mlcore.config import Config, load_config
from mlcore.errors import ConfigError, DataError
from mlcore.invocation import command_of
from mlcore.sections import typed
from mlcore.tables.chain import Chain, reading, saving
from mlcore.tables.steps import DropMissing, Fill, Filter, Group, Keep, Sort, Top
from tests.mlcore.tables.random_frames import FRAMES, NAMES, frame_of, ran

ORDERS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(*(st.sampled_from([name, f"-{name}"]) for name in names))
)


@given(FRAMES, ORDERS)
def test_sorting_is_stable_and_puts_what_is_missing_last(table, by) -> None:
    rows, frame = table
    order = list(range(len(rows)))
    for name in reversed(by):
        place, down = NAMES.index(name.removeprefix("-")), name.startswith("-")
        there = [number for number in order if rows[number][place] is not None]
        there.sort(key=lambda number: rows[number][place], reverse=down)  # Python's reverse is stable too
        order = there + [number for number in order if rows[number][place] is None]
    assert Sort(by).apply(frame).index.tolist() == order
    pd.testing.assert_frame_equal(ran(Sort(by).code(), frame), Sort(by).apply(frame))


FIGURES = {
    "sum": sum,
    "mean": lambda v: sum(v) / len(v) if v else math.nan,
    "count": len,
    "min": lambda v: min(v, default=math.nan),
    "max": lambda v: max(v, default=math.nan),
    "std": lambda v: statistics.stdev(v) if len(v) > 1 else math.nan,
    "median": lambda v: statistics.median(v) if v else math.nan,
}


@settings(max_examples=40)
@given(FRAMES, st.sampled_from([("Kind",), ("Kind", "Unit price"), ("Däte",)]))
def test_groups_have_the_figures_of_their_rows_and_missing_keys_are_a_group(table, by) -> None:
    rows, frame = table
    places = [NAMES.index(name) for name in by]
    keys = {tuple(row[place] for place in places) for row in rows}
    ordered = sorted(keys, key=lambda key: [(part is None, "" if part is None else part) for part in key])
    found = Group(by, (*(f"{how}:Sales" for how in FIGURES), "count")).apply(frame)
    assert list(found.columns) == [*by, *(f"Sales_{how}" for how in FIGURES), "count"]
    assert len(found) == len(ordered)
    for place, key in enumerate(ordered):
        mine = [row for row in rows if tuple(row[at] for at in places) == key]
        values = [row[1] for row in mine if row[1] is not None]
        wanted = [figure(values) for figure in FIGURES.values()] + [len(mine)]
        assert found.iloc[place, len(by) :].tolist() == pytest.approx(wanted, nan_ok=True, abs=1e-12)
        shown = [None if pd.isna(each) else each for each in found.iloc[place, : len(by)]]
        assert [getattr(each, "date", lambda each=each: each)() for each in shown] == list(key)


@settings(max_examples=40)
@given(FRAMES)
def test_the_line_of_a_group_does_the_same(table) -> None:
    _, frame = table
    step = Group(("Kind", "Däte"), ("sum:Sales", "max:Unit price", "min:Däte", "count:Kind", "count"))
    pd.testing.assert_frame_equal(ran(step.code(), frame), step.apply(frame))


@given(FRAMES, st.integers(1, 4))
def test_the_top_are_the_largest_sums_and_of_equal_ones_the_first_name(table, n) -> None:
    rows, frame = table
    sums: dict[str, float] = {}
    for kind, sales, *_ in rows:
        if kind is not None:
            sums[kind] = sums.get(kind, 0.0) + (sales or 0.0)
    wanted = sorted(sorted(sums.items()), key=lambda pair: -pair[1])[:n]
    found = Top("Kind", "Sales", n).apply(frame)
    assert list(zip(found["Kind"], found["Sales"], strict=True)) == wanted
    pd.testing.assert_frame_equal(ran(Top("Kind", "Sales", n).code(), frame), found)


@given(FRAMES)
def test_filling_puts_what_was_learnt_where_something_is_missing_and_nowhere_else(table) -> None:
    rows, frame = table
    before = frame.copy()
    there = [row[1] for row in rows if row[1] is not None]
    for how, stands in (("mean", statistics.fmean), ("median", statistics.median), ("value", lambda _: 7)):
        step = Fill("Sales", how, 7)
        if how != "value" and not there:
            with pytest.raises(DataError, match="no value to learn from"):
                step.apply(frame)
            continue
        found = step.apply(frame)
        wanted = [stands(there) if row[1] is None else row[1] for row in rows] if rows else []
        assert found["Sales"].tolist() == pytest.approx(wanted)
        pd.testing.assert_frame_equal(ran(step.code(), frame), found)
    kinds = [row[0] for row in rows if row[0] is not None]
    if kinds:
        often = min(kinds, key=lambda kind: (-kinds.count(kind), kind))
        found = Fill("Kind", "most_frequent").apply(frame)
        assert found["Kind"].tolist() == [often if row[0] is None else row[0] for row in rows]
    pd.testing.assert_frame_equal(frame, before)


@given(FRAMES, st.sampled_from([(), ("Sales",), ("Kind", "Däte")]))
def test_dropping_leaves_the_whole_rows(table, names) -> None:
    rows, frame = table
    places = [NAMES.index(name) for name in names] or range(4)
    wanted = [number for number, row in enumerate(rows) if all(row[place] is not None for place in places)]
    assert DropMissing(names).apply(frame).index.tolist() == wanted
    pd.testing.assert_frame_equal(ran(DropMissing(names).code(), frame), DropMissing(names).apply(frame))


STEPS = (
    Filter("Sales > -5 or missing(Kind)"), Sort(("-Sales", "Kind")), Fill("Sales", "mean"), Fill("Kind", "value", "ü'"),
    DropMissing(("Kind",)), Keep(("Kind", "Sales", "Unit price")), Group(("Kind",), ("sum:Sales", "count")),
    Top("Kind", "Unit price", 2),
)  # fmt: skip


@given(FRAMES, st.lists(st.sampled_from(STEPS), max_size=5))
def test_a_chain_is_its_steps_one_after_the_other_and_so_is_its_program(table, steps) -> None:
    _, frame = table
    chain = Chain(tuple(steps))
    assert Chain.from_toml(chain.to_toml()) == chain
    try:
        wanted = chain.apply(frame)
    except DataError:  # a column that an earlier step left out, or with nothing to learn from
        return
    pd.testing.assert_frame_equal(ran(chain.code(), frame), wanted)


def test_the_script_of_a_chain_runs_by_itself_and_writes_the_same(tmp_path: Path) -> None:
    frame = frame_of([("a", 1.5, 1, None), ("ü", None, 2, None), (None, 3.0, 3, None), ("a", 4.0, 2, None)])
    frame = frame[["Kind", "Sales", "Unit price"]]
    frame.to_csv(tmp_path / "in.csv", index=False)
    chain = Chain(
        (Fill("Sales", "median"), Filter("`Unit price` >= 1"), Group(("Kind",), ("sum:Sales", "mean:Unit price")))
    )
    script = chain.script(reading("in.csv"), saving("out.csv"))
    (tmp_path / "steps.py").write_text(script, encoding="utf-8")
    subprocess.run([sys.executable, "steps.py"], cwd=tmp_path, check=True, timeout=60)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.csv"), chain.apply(frame), check_dtype=False)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Sort(()), "expected columns, got none"),
        (lambda: Sort(("a", "a")), "one twice"),
        (lambda: Group(("a",), ("summ:b",)), "got 'summ:b'"),
        (lambda: Group(("a",), ("sum",)), "got 'sum'"),
        (lambda: Group(("a",), ("sum:",)), "got 'sum:'"),
        (lambda: Group(("count",), ("count",)), "two columns would be called 'count'"),
        (lambda: Top("a", "a"), "both"),
        (lambda: Top("a", "b", 0), "from 1"),
        (lambda: Fill("a", "mode"), "one of mean, median"),
        (lambda: Filter("a ="), "character 3"),
    ],
)
def test_steps_that_cannot_be_are_refused_when_they_are_made(made, words) -> None:
    with pytest.raises(ConfigError) as caught:
        made()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Sort(("Sale",)), "no column 'Sale'"),
        (Group(("Kind",), ("mean:Kind",)), "holds texts, expected numbers"),
        (Top("Kind", "Däte"), "holds dates, expected numbers"),
        (Fill("Kind", "mean"), "holds texts, expected numbers"),
        (Fill("Sales", "value", "x"), "holds numbers, and the value is 'x'"),
        (Fill("Däte", "value", "x"), "holds dates"),
        (Keep(("Kind", "nothing")), "no column 'nothing'"),
        (DropMissing(("x\x1b[2J",)), "no column 'x\\\\x1b[2J'"),
    ],
)
def test_steps_that_a_table_is_unfit_for_say_so(step, words) -> None:
    with pytest.raises(DataError) as caught:
        step.apply(frame_of([("a", 1.0, 1, None), ("b", 2.0, 2, None)]))
    assert words in str(caught.value) and caught.value.hint and str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no list of steps"),
        ("x = ", "no TOML"),
        ("[dataset]\nsteps = 3", "has no list of steps"),
        ("[[dataset.steps]]", "step 1 has no kind"),
        ("[[dataset.steps]]\nkind = 'filtr'", "unknown step 'filtr'"),
        ("[[steps]]\nkind = 'filter'", "filter has no 'where'"),
        ("[[steps]]\nkind = 'filter'\nwhere = 3", "where: expected text, got 3"),
        ("[[steps]]\nkind = 'sort'\nb = ['x']", "unknown key of sort 'b'"),
        (
            "[[steps]]\nkind = 'sort'\nby = ['x']\n[[steps]]\nkind = 'filter'\nwhere = 'x ='",
            "step 2: filter, character 3",
        ),
    ],
)
def test_a_file_of_steps_that_is_wrong_says_where(text, words) -> None:
    with pytest.raises(ConfigError) as caught:
        Chain.from_toml(text, "mine.toml")
    assert words in str(caught.value) and str(caught.value).startswith("mine.toml")


def test_a_step_of_a_chain_that_cannot_be_done_says_which_it_is() -> None:
    chain = Chain((Keep(("Kind",)), Sort(("Sales",))))
    with pytest.raises(DataError, match=r"step 2 \(sort\): there is no column 'Sales'"):
        chain.apply(frame_of([("a", 1.0, 1, None)]))


def test_an_experiment_on_a_table_takes_its_steps_first_and_survives_every_way_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,k,y\n" + "".join(f"{n},{'ab'[n % 2]},{n % 2}\n" for n in range(60)))
    chain = Chain((Filter("x >= 20 and k != 'it\\'s \"x\"'"), Sort(("-x",)), Keep(("x", "y"))))
    (tmp_path / "e.toml").write_text(chain.to_toml({"kind": "file", "path": "a.csv"}))
    config = load_config(tmp_path / "e.toml")
    data = config.dataset.load()
    assert sum(len(rows) for rows in (data.train, data.validation, data.test)) == 40 and data.feature_names == ("x",)
    (tmp_path / "again.toml").write_text(config.to_toml())
    assert load_config(tmp_path / "again.toml") == config
    (said,) = [word for word in command_of(config) if word.startswith("dataset.steps=")]
    for text in (said, f"dataset.steps={typed(config.dataset.steps)}"):
        assert Config().with_settings({"dataset": "file", **dict([assignment(text)])}).dataset.steps == chain.steps
    with pytest.raises(ConfigError, match="step 1: filter, character 1"):
        config.with_settings({"dataset.steps": [{"kind": "filter", "where": "x >"}]})
