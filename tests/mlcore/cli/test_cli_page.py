"""The documentation of the command line is what the parser says."""

from __future__ import annotations

from pathlib import Path

from tools import cli_page

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def test_the_page_of_the_command_line_is_made_from_the_parser() -> None:
    made = cli_page.page()
    assert PAGE.read_text(encoding="utf-8") == made, "run: python -m tools.cli_page > docs/cli.md"


def test_every_exit_code_of_the_errors_is_on_the_page() -> None:
    from mlcore import errors

    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    assert codes <= {code for code, _ in cli_page.EXITS}
