"""What ``mcid`` prints."""

from scoring.commands.frame import Report, Section
from scoring.commands.measure import Measure
from scoring.instrument import Threshold
from scoring.mcid.bootstrap import Resampling
from scoring.mcid.estimate import Estimate
from scoring.mcid.table import ASSUMED_ICC, McidResult

LABELS = {
    "predictive": "predictive modelling",
    "adjusted_2017": "adjusted (2017)",
    "adjusted_2022": "improved adjusted (2022)",
    "roc": "ROC, Youden",
    "mean_change": "mean change, slightly improved",
    "mean_difference": "minus that of the unchanged",
    "half_sd": "0.5 SD",
    "fifth_sd": "0.2 SD",
    "sem": "SEM",
    "mdc95": "MDC95",
    "srm": "SRM",
    "effect_size": "effect size",
}


def mcid_report(result: McidResult, measure: Measure, resampling: Resampling, icc: float | None) -> Report:
    """Estimates in their order of reading, then the published thresholds, in one table. ``icc``: None if not given."""
    noted = [_with_icc(each, icc) for each in result.estimates]
    thresholds = measure.scale.thresholds if measure.scale else ()
    document = {
        "estimates": {each.code: _estimate(each) for each in noted},
        "anchor": _anchor(result),
        "roc": _roc(result),
        "predictive_model": _model(result),
        "published": [_threshold(each) for each in thresholds],
        "settings": {"icc": ASSUMED_ICC if icc is None else icc, "bootstrap": resampling.size, "seed": resampling.seed},
    }
    rows = [*(_row(each) for each in noted), *(_published(each) for each in thresholds)]
    return Report(document, [Section("", rows, _sentences(result, noted, resampling), csv_only=("kind", "note"))])


def _with_icc(estimate: Estimate, icc: float | None) -> Estimate:
    if estimate.code not in ("sem", "mdc95") or estimate.value is None:
        return estimate
    assumed = f"An ICC of {ASSUMED_ICC:g} is assumed; give that of your scale with --icc."
    return estimate.with_note(assumed if icc is None else f"With ICC {icc:g}.")


def _estimate(each: Estimate) -> dict[str, object]:
    return {
        "estimate": each.value,
        "ci": each.interval,
        "n": each.n,
        "note": each.note,
        "kind": each.kind,
        "method": each.method,
        "citation": each.citation,
    }


def _anchor(result: McidResult) -> dict[str, object]:
    anchor = result.anchor
    return {
        "r": anchor.r,
        "usable": anchor.usable,
        "pearson": anchor.pearson,
        "r_baseline": anchor.r_baseline,
        "r_follow_up": anchor.r_follow_up,
        "n": anchor.n,
        "n_improved": result.n_improved,
        "note": anchor.note,
    }


def _roc(result: McidResult) -> dict[str, object] | None:
    found = result.roc
    if found is None:
        return None
    return {
        "cut_observed": found.cut,
        "cut_midpoint": found.midpoint,
        "sensitivity": found.sensitivity,
        "specificity": found.specificity,
        "youden": found.youden,
        "auc": found.auc,
        "auc_ci": found.auc_interval,
    }


def _model(result: McidResult) -> dict[str, object] | None:
    model = result.model
    if model is None or result.estimate("predictive").value is None:
        return None
    names = ("intercept", "slope", "log_odds", "r", "sd")
    figures: dict[str, object] = {name: float(getattr(model, name)[0]) for name in names}
    return figures | {"proportion_improved": result.n_improved / result.n}


def _threshold(each: Threshold) -> dict[str, object]:
    return {
        "value": each.value,
        "unit": each.unit,
        "role": each.role,
        "source": each.source,
        "population": each.population,
        "confidence": each.confidence,
    }


def _row(each: Estimate) -> dict[str, object]:
    return {
        "method": LABELS[each.code],
        "estimate": each.value,
        "ci": each.interval,
        "n": each.n,
        "kind": each.kind,
        "source": each.citation,
        "note": each.note,
    }


def _published(each: Threshold) -> dict[str, object]:
    percent = ", % of baseline" if each.unit == "percent_of_baseline" else ""
    label = f"published {'threshold' if each.role == 'responder' else each.role.upper()}{percent}"
    return {
        "method": label,
        "estimate": each.value,
        "ci": None,
        "n": None,
        "kind": "published",
        "source": each.source,
        "note": each.population,
    }


def _sentences(result: McidResult, noted: list[Estimate], resampling: Resampling) -> list[str]:
    correlations = [
        f"{name} {value:.2f}"
        for name, value in (("baseline", result.anchor.r_baseline), ("follow-up", result.anchor.r_follow_up))
        if value is not None
    ]
    return [
        "",
        result.anchor.note + (f" With {' and '.join(correlations)}." if correlations else ""),
        f"{result.n_improved} of {result.n} patients with both scores and the anchor improved. Percentile bootstrap: "
        f"{resampling.size:,} resamples, seed {resampling.seed}.",
        "0.5 SD and below measure error or spread, not importance. Read predictive modelling first, ROC second, "
        "spread as context (Terwee et al. 2021).",
        *(f"{LABELS[each.code]}: {each.note}" for each in noted if each.note),
    ]
