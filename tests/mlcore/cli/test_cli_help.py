"""mlj help: every word of a configuration explained."""

from __future__ import annotations

import re

from mlcore import form
from mlcore.config import Config
from mlcore.sections import CATALOGUES


def test_help_explains_words_of_the_configuration(mlj) -> None:
    assert "Kingma and Ba 2015" in mlj("help adam").out and "optimizer.beta1" in mlj("help adam").out
    assert "f(x) = max(x, 0)" in mlj("help relu").out
    assert "stopping.patience" in mlj("help stopping").out
    assert "usage: mlj train" in mlj("help train").out
    assert "spirals" in mlj("help dataset").out and "adam" in mlj("help").out


def test_every_setting_has_a_line_of_help() -> None:
    kinds = [(name, entry.name) for name, table in CATALOGUES.items() if name != "layers" for entry in table]
    forms = [form.rows(Config().with_settings({name: kind})) for name, kind in kinds]
    assert not {row.name for rows in forms for row in rows if not row.help}


def test_help_names_numbers_and_words_a_setting_takes(mlj) -> None:
    assert re.search(r"batch_size +32 +from 1 \| full  ", mlj("help config").out)
