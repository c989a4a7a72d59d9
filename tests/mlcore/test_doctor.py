"""The doctor: planted faults are found, healthy experiments are left in peace, remedies help."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcore.doctor import CATALOGUE, diagnose, examine
from mlcore.doctor.case import SEVERITIES, Case, Finding
from mlcore.doctor.neighbours import interval
from mlcore.doctor.units import curved, squashes
from mlcore.errors import CheckpointError, RunError
from mlcore.layers.activations import ReLU, ReLU6, Sigmoid, Tanh
from mlcore.layers.dense import Dense
from mlcore.network import Network
from mlcore.runs import fit
from tests.mlcore.ailments import BLOBS, HEALTHY, MOONS, SICK, Patient, each


def seen(patient: Patient) -> Case:
    return examine(patient.config, patient.data)


def found(patient: Patient) -> tuple[Finding, ...]:
    return diagnose(seen(patient))


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in findings]


def test_planted_faults_are_found_and_what_is_said_of_them_can_be_done() -> None:
    missed = []
    for name, patient in SICK.items():
        findings = found(patient)
        if patient.rule not in rules(findings):
            missed.append((name, rules(findings)))
        for finding in findings:
            assert finding.severity in SEVERITIES and finding.remedy and finding.evidence
            assert finding.numbers or finding.rule == "wrong_loss", finding
            patient.config.with_settings(finding.settings)
    assert len(SICK) >= 20 and len(missed) <= 1, missed


def test_healthy_experiments_are_left_in_peace() -> None:
    alarms = {name: findings for name, each in HEALTHY.items() if (findings := found(Patient("", each)))}
    assert len(HEALTHY) >= 20 and len(alarms) <= 1, alarms


def test_every_rule_has_a_patient() -> None:
    elsewhere = {"not_finite", "equal_units"}
    assert {patient.rule for patient in SICK.values()} | elsewhere == set(CATALOGUE.names())


@pytest.mark.parametrize("name", ["a rate of 3", "a rate of one millionth", "seven layers of sigmoid"])
def test_a_remedy_that_is_a_setting_cures(name: str) -> None:
    patient = SICK[name]
    settings = next(finding.settings for finding in found(patient) if finding.rule == patient.rule)
    cured = seen(Patient("", patient.settings | dict(settings)))
    assert patient.rule not in rules(diagnose(cured)) and cured.learned > 0.8


def test_units_that_begin_alike_are_named_and_told_to_begin_at_random() -> None:
    first = found(Patient("equal_units", MOONS | {"init": "zeros", "epochs": 10}))[0]
    assert first.rule == "equal_units" and first.settings == {"init": "he_normal"}


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_value_that_is_no_number_is_named_and_nothing_else_is_guessed(bad: float) -> None:
    def spoilt(data):
        data.train.x[3, 1] = bad
        return data

    (finding,) = found(Patient("not_finite", MOONS | {"epochs": 2}, spoilt))
    assert finding.rule == "not_finite" and "row 3, x2" in finding.evidence


def test_an_activation_behind_the_output_layer_is_found_in_any_network() -> None:
    case = seen(Patient("", MOONS | {"epochs": 2}))
    network = Network([Dense(8), ReLU(), Dense(1), Sigmoid()], (2,))
    vector, x = network.init(0, "he_normal"), case.sample.x
    layers = [network.forward(vector, x)[0]] * 4
    look = case.start._replace(vector=vector, activations=tuple(layers), gradient=vector)
    findings = diagnose(replace(case, network=network, start=look, end=look, kept=vector, history={}))
    assert "activation_on_logits" in rules(findings)


def test_a_diagnosis_is_a_function_of_its_case() -> None:
    case = seen(SICK["inputs far below zero"])
    before = case.end.vector.copy()
    assert diagnose(case) == diagnose(case) and np.array_equal(case.end.vector, before)
    assert [f.severity for f in diagnose(case)] == sorted((f.severity for f in diagnose(case)), key=SEVERITIES.index)


@pytest.mark.parametrize(
    "settings",
    [
        MOONS | {"dataset.n_samples": 10},
        MOONS | {"dataset.split.validation": 0, "dataset.split.test": 0, "epochs": 1},
        MOONS | {"precision": "float64", "repeats": 2, "epochs": 3},
        BLOBS | {"layers": "", "batch_size": "full", "stopping.goal": "train_loss < 9"},
    ],
)
def test_experiments_at_the_edge_are_examined_too(settings: dict) -> None:
    assert set(rules(found(Patient("", settings)))) <= {"noisy_validation", "rate_too_low"}


def test_one_class_is_an_imbalance_and_nothing_else() -> None:
    same = Patient("imbalance", MOONS | {"epochs": 10}, lambda data: each(data, lambda rows: rows.take(rows.y == 0)))
    assert rules(found(same)) == ["imbalance"]


def test_a_run_is_judged_by_what_it_recorded(tmp_path: Path) -> None:
    run = fit(SICK["a large network on few rows"].config.with_settings({"epochs": 120}), tmp_path)
    case = examine(run)
    findings = {finding.rule: finding for finding in diagnose(case)}
    assert case.steps == run.status.step and list(case.history["epoch"]) == list(range(1, 121))
    assert not np.array_equal(case.kept, case.end.vector) and np.array_equal(case.kept, run.model().vector)
    assert 1 < findings["overfitting"].numbers["epoch"] < 60 and findings["overfitting"].severity == "mild"


def test_a_run_that_diverged_and_one_that_went_nowhere(tmp_path: Path) -> None:
    wild = fit(SICK["a rate at which a line diverges"].config, tmp_path)
    assert wild.status.reason == "diverged" and rules(diagnose(examine(wild)))[0] == "rate_too_high"
    slow = fit(SICK["a rate of one millionth"].config, tmp_path)
    assert rules(diagnose(examine(slow))) == ["rate_too_low"]


def test_a_run_whose_data_are_others_now_is_refused(tmp_path: Path) -> None:
    run = fit(Patient("", MOONS | {"epochs": 2}).config, tmp_path)
    manifest = run.folder / "data.json"
    manifest.write_text(manifest.read_text().replace('"moons"', '"blobs"'))
    with pytest.raises(CheckpointError, match="data"):
        examine(run)


def test_a_run_of_many_seeds_says_which_it_stands_for(tmp_path: Path) -> None:
    run = fit(Patient("", MOONS | {"epochs": 1, "repeats": 2}).config, tmp_path)
    with pytest.raises(RunError, match="2 networks"):
        examine(run)


def test_activations_are_told_from_what_they_do() -> None:
    assert [squashes(layer) for layer in (Sigmoid(), Tanh(), ReLU(), ReLU6())] == [True, True, False, False]
    assert curved(ReLU()) and not curved(Dense(3))


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert interval(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)  # Wilson 1927, n = 10
    assert interval(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
