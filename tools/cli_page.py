"""docs/cli.md, made from the parser: `python -m tools.cli_page > docs/cli.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlcore.commands.parser import GREETING, build
from mlcore.commands.verbs import VERBS

EXITS = (
    (0, "everything asked for is done and on disk"),
    (1, "the goal was not reached, or a check of the experiment failed"),
    (2, "the command or the configuration was not understood"),
    (3, "data missing, malformed or unfit"),
    (4, "a checkpoint torn, foreign, or of another experiment"),
    (5, "a run that is not there, has ended, or that somebody else is writing"),
    (6, "the disk said no"),
    (7, "more memory than there is"),
    (8, "the loss stopped being a number"),
    (9, "a backend, a device or a library that is needed and not there"),
    (70, "a bug in mlj; a crash file is written and its path printed"),
    (130, "interrupted (Ctrl-C); 143, 129, 131: TERM, HUP, QUIT. A checkpoint was written"),
    (141, "the reader of the output has gone"),
)
RULES = """stdout is data, stderr is progress and errors. Into a pipe, with `NO_COLOR` or `TERM=dumb`, lines are plain
and no escape code is written. An option beats the environment, which beats the file. `--json` prints one object a
line: `started`, `epoch`, `changed`, `warned`, `checkpoint` and last `ended` while a run runs, or `error` (code,
message, where, hint). With `repeats` above 1 the lines of a network have its `seed`, its end is `seed_ended`, and
`ended` has the `spread`: `low`, `median` and `high` of each metric, and of how many `seeds`. With `--sweep` they have
its number as `member`, its end is `member_ended` with `seed` and `settings`, and `ended` has the `combinations`, the
best by the `monitor` first: `settings`, `members` and the median of each metric. A sweep ends with 8 where all of its
networks diverged, with 1 where none reached the goal. Numbers that are not finite are the strings `NaN`, `Infinity`,
`-Infinity`; an accuracy is between 0 and 1; what was not measured is left out.

An error is one sentence on stderr, `mlj: error[CODE]: …`, and the way out on a second line. `--debug` adds the
traceback. The first Ctrl-C finishes the step and writes a checkpoint; `mlj resume` then gives the same bits as a run
that never stopped. A second Ctrl-C ends at once."""


def page() -> str:
    """The whole page."""
    _, verbs = build()
    parts = ["# The command line", "Made by `python -m tools.cli_page`; edit `mlcore/commands/verbs.py` instead."]
    parts += [f"```\n{GREETING}\n```", RULES, "## Verbs", *_verbs(verbs), "## Exit codes"]
    parts.append("\n".join(_table(("code", "meaning"), EXITS)))
    return "\n\n".join(parts) + "\n"


def _verbs(verbs: dict[str, Any]) -> Iterator[str]:
    for verb in VERBS:
        own = verbs[verb.word]
        yield f"### mlj {verb.word}"
        yield f"{verb.line[0].upper()}{verb.line[1:]}."
        acts = getattr(own, "acts", {})
        if acts:
            forms = ((_form(verb.word, name, each), each.description) for name, each in acts.items())
            yield "\n".join(_table(("form", "what it does"), forms))
        rows = {row: None for parser in (own, *acts.values()) for row in _options(parser)}
        if rows:
            yield "\n".join(_table(("option", "meaning"), rows))


def _form(verb: str, name: str, parser: Any) -> str:
    """`mlj runs show RUN`."""
    words = [str(a.metavar) for a in parser._actions if not a.option_strings]
    return f"`{' '.join(['mlj', verb, name, *words])}`"


def _options(parser: Any) -> Iterator[tuple[str, str]]:
    """Every argument of a parser as words and their meaning; those all verbs have are left out."""
    for action in parser._actions:
        if action.dest in ("help", "debug", "act"):
            continue
        if not action.option_strings:
            yield f"`{action.metavar}`", str(action.help)
            continue
        value = "" if action.nargs == 0 else f" {action.metavar}"
        yield f"`{', '.join(action.option_strings)}{value}`", str(action.help)


def _table(header: tuple[str, str], rows: Any) -> Iterator[str]:
    yield f"| {header[0]} | {header[1]} |"
    yield "| --- | --- |"
    for left, right in rows:
        yield "| {} | {} |".format(*(str(cell).replace("|", r"\|") for cell in (left, right)))


if __name__ == "__main__":
    print(page(), end="")
