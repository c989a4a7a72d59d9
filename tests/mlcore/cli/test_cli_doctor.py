"""mlj doctor: findings for people and for programs, and exit codes that say whether there were any."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcore.doctor import CATALOGUE

QUICK = ("--set", "dataset.n_samples=300", "--set", "epochs=20")
WILD = (*QUICK, "--set", "optimizer.learning_rate=3")


def test_a_healthy_experiment_ends_with_0_and_says_what_was_looked_for(mlj) -> None:
    said = mlj("doctor moons", *QUICK)
    assert said.code == 0 and said.out.startswith("moons: healthy\n") and said.err == ""
    assert all(name in said.out for name in CATALOGUE.names())
    assert mlj("doctor moons --json", *QUICK) == (0, "", "")


def test_a_sick_one_ends_with_1_its_evidence_and_a_remedy_to_type(mlj) -> None:
    said = mlj("doctor moons", *WILD)
    assert said.code == 1 and "severe    rate_too_high\n" in said.out and "at a rate of 3 the loss is" in said.out
    assert "try: --set optimizer.learning_rate=0." in said.out
    first = mlj("doctor moons --json", *WILD).lines[0]
    assert list(first) == ["rule", "severity", "evidence", "remedy", "numbers", "settings"]
    assert first["rule"] == "rate_too_high" and first["settings"]["optimizer.learning_rate"] < 3


def test_a_loss_that_does_not_fit_is_a_finding_not_an_error(mlj, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('epochs = 20\n[dataset]\nkind = "moons"\n[loss]\nkind = "mse"\n')
    said = mlj("doctor", path)
    assert said.code == 1 and "wrong_loss" in said.out and "try: --set loss.kind=auto" in said.out


def test_layers_in_a_remedy_are_quoted_for_the_shell(mlj) -> None:
    said = mlj("doctor moons", *QUICK, "--set", "layers=16 tanh | 16 tanh | 1 sigmoid")
    assert said.code == 1 and "try: --set 'layers=16 tanh | 16 tanh'" in said.out


def test_a_run_is_found_by_name_or_folder_and_is_what_it_was(mlj, home: Path) -> None:
    mlj("train moons --no-progress --name otter", *QUICK)
    assert mlj("doctor otter").out.startswith("otter: healthy")
    (folder,) = (home / "home" / "runs").iterdir()
    assert mlj("doctor", folder).code == 0
    said = mlj("doctor last --set epochs=3")
    assert said.code == 2 and "error[USAGE]" in said.err and "mlj doctor FILE.toml --set epochs=3" in said.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("doctor mons", 2, "'mons' is neither a run nor a recipe"),
        ("doctor moons --set dataset.noisy=1", 2, "unknown setting 'dataset.noisy'"),
        ("doctor none.toml", 2, "no such file"),
    ],
)
def test_what_cannot_be_examined_is_said_in_a_sentence(words: str, code: int, said: str, mlj) -> None:
    answer = mlj(words)
    assert (answer.code, answer.out) == (code, "") and said in answer.err and answer.err.count("\n") == 2


def test_help_lists_the_rules_and_explains_each(mlj) -> None:
    assert all(f"  {rule.name} " in mlj("help doctor").out for rule in CATALOGUE)
    assert "Hochreiter 1991" in mlj("help vanishing").out
    assert "did you mean 'overfitting'?" in mlj("help overfiting").err
