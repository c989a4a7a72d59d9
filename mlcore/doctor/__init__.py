"""The doctor: what is wrong with an experiment, with evidence and remedy. A new rule is a function and a line here.

    findings = diagnose(examine(config))

`examine` takes the time, up to some seconds; every rule is a pure function of the `Case` it returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcore.catalogue import Catalogue, Entry

if TYPE_CHECKING:
    from mlcore.config import Config
    from mlcore.datasets.dataset import Data
    from mlcore.doctor.case import Case, Finding
    from mlcore.runs import Run

# Values that are no numbers come first, for nothing else can be judged then. Causes stand before their symptoms: of
# findings equally severe, the first one here is treated first.
CATALOGUE = Catalogue(
    "rule",
    Entry("not_finite", "inputs or targets that are no numbers", "mlcore.doctor.rows:not_finite"),
    Entry("wrong_loss", "a loss, or a task, that does not fit the targets", "mlcore.doctor.labels:wrong_loss"),
    Entry("leak", "test rows trained on, or a feature that gives the target away", "mlcore.doctor.rows:leak"),
    Entry("shuffled_labels", "targets that do not belong to their rows", "mlcore.doctor.labels:shuffled_labels"),
    Entry("unscaled_input", "inputs far from a size of 1", "mlcore.doctor.rows:unscaled_input"),
    Entry("activation_on_logits", "an activation on the outputs", "mlcore.doctor.start:activation_on_logits"),
    Entry("equal_units", "units that begin alike and stay alike", "mlcore.doctor.start:equal_units"),
    Entry("exploding", "numbers that grow from layer to layer", "mlcore.doctor.start:exploding"),
    Entry("vanishing", "a gradient that fades on its way back", "mlcore.doctor.start:vanishing"),
    Entry("rate_too_high", "a rate that jumps over the valley", "mlcore.doctor.curves:rate_too_high"),
    Entry("rate_too_low", "a rate that gets nowhere", "mlcore.doctor.curves:rate_too_low"),
    Entry("bad_initial_loss", "an untrained network that is sure of itself", "mlcore.doctor.start:bad_initial_loss"),
    Entry("dead_units", "units that answer zero to every row", "mlcore.doctor.units:dead_units"),
    Entry("saturated_units", "units at their flat ends", "mlcore.doctor.units:saturated_units"),
    Entry("plateau", "a loss that stays at what knowing nothing costs", "mlcore.doctor.curves:plateau"),
    Entry("imbalance", "a class too rare to be learned", "mlcore.doctor.rows:imbalance"),
    Entry("duplicates", "training rows that repeat others", "mlcore.doctor.rows:duplicates"),
    Entry("overfitting", "validation gets worse while training gets better", "mlcore.doctor.curves:overfitting"),
    Entry("noisy_validation", "too few validation rows to tell", "mlcore.doctor.curves:noisy_validation"),
)


def examine(experiment: Config | Run, data: Data | None = None) -> Case:
    """The evidence: of a configuration, trained here for a while (on its data or those given), or of a run's records.

    Raises what loading the data, building the network or reading the run raises.
    """
    from mlcore.doctor import evidence
    from mlcore.runs import Run

    return evidence.of_run(experiment) if isinstance(experiment, Run) else evidence.of_config(experiment, data)


def diagnose(case: Case) -> tuple[Finding, ...]:
    """Everything that is wrong with a case, the most severe first, causes before symptoms."""
    from mlcore.doctor.case import SEVERITIES

    broken = CATALOGUE[0].load()(case)
    if broken is not None:
        return (broken,)
    found = [finding for rule in CATALOGUE[1:] if (finding := rule.load()(case)) is not None]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
