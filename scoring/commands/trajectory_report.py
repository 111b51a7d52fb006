"""Courses over time as a report."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from scoring.commands.report import Section
from scoring.mixture import Mixture
from scoring.trajectories import Share, Trajectories, TrajectoryRules, not_evaluable, shares

Document = dict[str, object]


def by_rule(rules: TrajectoryRules, found: Trajectories, arm: Sequence[str]) -> tuple[Document, list[Section]]:
    """Give the shares of each class by arm, with the sentence that defines it."""
    groups = {name: _of(found, np.asarray(arm) == name) for name in dict.fromkeys(arm)}
    sentences = {each.code: each.text for each in rules.classes}
    document: Document = {
        "rule": rules.improvement.text,
        "worse": rules.worsening.text,
        "classes": sentences,
        "arms": {name: _arm(group) for name, group in groups.items()},
    }
    rows = [
        {"arm": name, "class": each.code, "k": each.k, "n": each.n, "rate": each.rate, "wilson": each.interval}
        for name, group in groups.items()
        for each in shares(group)
    ]
    reasons = [
        {"arm": name, "reason": reason, "patients": count}
        for name, group in groups.items()
        for reason, count in not_evaluable(group).items()
    ]
    notes = [f"{code}: {text}" for code, text in sentences.items()]
    notes.append("Of several that fit, the first holds. n: patients with a class; intervals Wilson 95 %.")
    without = [Section("Not evaluable", reasons)] if reasons else []
    return document, [Section("Course by rule", rows, notes), *without]


def _of(found: Trajectories, chosen: np.typing.NDArray[np.bool_]) -> Trajectories:
    return Trajectories(found.classes[chosen], found.reason[chosen])


def _share(each: Share) -> Document:
    return {"k": each.k, "n": each.n, "rate": each.rate, "wilson": each.interval}


def _arm(group: Trajectories) -> Document:
    counted = {each.code: _share(each) for each in shares(group)}
    return {"patients": len(group.classes), "classes": counted, "not_evaluable": not_evaluable(group)}


def of_mixture(mixture: Mixture) -> tuple[Document, list[Section]]:
    """Give the classes the data fall into, the numbers of classes tried, and the warnings."""
    classes = [
        {
            "class": place + 1,
            "share": one.share,
            "se": one.se,
            "ci": one.interval,
            "assigned": one.assigned,
            "mean_posterior": one.certainty,
            **{f"mean {name}": mean for name, mean in zip(mixture.timepoints, one.means.tolist(), strict=True)},
        }
        for place, one in enumerate(mixture.classes)
    ]
    tried = [asdict(each) for each in mixture.candidates]
    warnings = [each.text for each in mixture.warnings]
    document: Document = {
        "k": len(mixture.classes),
        "n_patients": mixture.n_patients,
        "left_out": mixture.left_out,
        "seed": mixture.seed,
        "classes": classes,
        "candidates": tried,
        "warnings": [asdict(each) for each in mixture.warnings],
        "covariance": mixture.covariance,
    }
    notes = [
        f"{mixture.n_patients} patients, {mixture.left_out} without any answer left out; the lowest BIC decides; "
        f"seed {mixture.seed}. Classes describe the courses, they do not prove kinds of patients.",
        *(f"Warning: {text}" for text in warnings),
    ]
    return document, [Section("Course by finite mixture", classes, notes), Section("Numbers of classes", tried)]


def of_patients(
    patients: Sequence[str], found: Trajectories, mixture: Mixture | None
) -> tuple[list[Document], Section]:
    """Give each patient's class by rule, or the reason for none, and the probability of each class found."""
    rows: list[Document] = []
    for place, patient in enumerate(patients):
        row: Document = {
            "patient": patient,
            "class": str(found.classes[place]) or None,
            "reason": str(found.reason[place]) or None,
        }
        if mixture:
            row |= _posterior(mixture, place)
        rows.append(row)
    return rows, Section("Patients", rows)


def _posterior(mixture: Mixture, place: int) -> Document:
    known = mixture.assigned[place] >= 0
    chances = mixture.posterior[place].tolist()
    return {
        "mixture_class": int(mixture.assigned[place]) + 1 if known else None,
        **{f"posterior_{number + 1}": chance if known else None for number, chance in enumerate(chances)},
    }
