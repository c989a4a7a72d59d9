"""The doctor: what is wrong with an experiment, with evidence and remedy. A new rule is a function and a line here.

`examine.of_config` and `examine.of_run` gather the evidence into a `Case`; every rule is a pure function of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlcore.catalogue import Catalogue, Entry

if TYPE_CHECKING:
    from mlcore.doctor.case import Case, Finding

# Causes stand before their symptoms: of findings equally severe, the first one here is treated first.
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


def diagnose(case: Case) -> tuple[Finding, ...]:
    """Everything that is wrong with a case, the most severe first, causes before symptoms.

    Among values that are no numbers nothing else can be judged.
    """
    from mlcore.doctor.case import SEVERITIES

    found = [finding for rule in CATALOGUE if (finding := rule.load()(case)) is not None]
    if found and found[0].rule == "not_finite":
        return (found[0],)
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
