"""`mlj predict RUN --data FILE` of a series: the values that come after the last row of a table."""

from __future__ import annotations

import argparse
import csv
import io

from mlcore import examining, report
from mlcore.commands import features
from mlcore.datasets.series import Series
from mlcore.model import Model
from mlcore.tables import reading


def foretell(args: argparse.Namespace, model: Model, dataset: Series, answer: examining.Forward) -> str:
    """A line for each value that comes, CSV or JSON: how many rows ahead, its date where there are dates, the value.

    The table has the columns of dates and of values the network learnt from, by name. Raises as `Model.foretell` does.
    """
    table = reading.read(args.data, features.written(dataset, args.encoding, args.set))
    values, dates = model.foretell(table, answer)
    found = [
        {"ahead": ahead, **({"date": dates[ahead - 1]} if dates else {}), "prediction": value}
        for ahead, value in enumerate(values.tolist(), start=1)
    ]
    if args.json:
        return "".join(report.json_line(row) + "\n" for row in found)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()
