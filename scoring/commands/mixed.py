"""``mixed``: change over time by arm, from every answer there is."""

import argparse

import numpy as np

from scoring.commands.frame import FILE, Commands, Report, Section, add_command, add_format, emit
from scoring.commands.measure import find_measure
from scoring.commands.visits import add_visit_columns, read_visits
from scoring.errors import ScoringError
from scoring.mixed import Difference, Effect, MixedModel, fit_mixed

EXAMPLE = "mixed visits.csv --score odi --arm arm --treated bmc"


def add(commands: Commands) -> None:
    """Register the command."""
    parser = add_command(commands, "mixed", run, help="model change over time by arm and baseline", example=EXAMPLE)
    parser.add_argument("file", help=f"{FILE}; one line per patient and timepoint")
    parser.add_argument("--score", required=True, metavar="COLUMN", help="score at each timepoint, for instance odi")
    parser.add_argument("--arm", default="arm", metavar="COLUMN", help="default: arm")
    add_visit_columns(parser)
    parser.add_argument("--treated", metavar="ARM", help="with two arms: differences are this arm minus the other")
    parser.add_argument("--reference", metavar="ARM", help="differences are each other arm minus this one")
    parser.add_argument(
        "--covariance",
        choices=("unstructured", "compound_symmetry"),
        default="unstructured",
        help="of a patient's answers; default: unstructured",
    )
    parser.add_argument("--scale", metavar="CODE", help="for instance odi; read from the name of --score")
    parser.add_argument(
        "--direction", choices=("higher_is_worse", "higher_is_better"), help="where the scale is none of ours"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> str:
    """Fit change ~ arm × timepoint + baseline, and print differences and means."""
    measure = find_measure(options.scale, options.score, options.direction)
    visits = read_visits(options, options.score, options.arm, measure)
    change = measure.sign * (visits.later - visits.baseline[:, None])
    model = fit_mixed(
        change,
        visits.arm,
        timepoints=visits.timepoints,
        baseline=visits.baseline,
        reference=_reference(options, sorted(set(visits.arm))),
        covariance=options.covariance,
    )
    return emit(Report(_document(model), _sections(model)), options)


def _reference(options: argparse.Namespace, arms: list[str]) -> str | None:
    if options.treated is None:
        if options.reference is None and len(arms) > 1:
            raise ScoringError(f"Say --treated ARM or --reference ARM. The arms are: {', '.join(arms)}.")
        return str(options.reference) if options.reference is not None else None
    others = [arm for arm in arms if arm != options.treated]
    if len(others) == len(arms):
        raise ScoringError(f"There is no arm {options.treated!r}. The arms are: {', '.join(arms)}.")
    if len(others) > 1 and options.reference is None:
        raise ScoringError(f"There are {len(arms)} arms: say --reference ARM instead of --treated.")
    return str(options.reference) if options.reference is not None else (others or arms)[0]


def _figures(effect: Effect) -> dict[str, object]:
    note = {"note": effect.note} if effect.note else {}
    return {
        "estimate": effect.estimate,
        "se": effect.se,
        "df": effect.df,
        "ci": effect.interval,
        "p": effect.p,
        **note,
    }


def _by_timepoint(differences: tuple[Difference, ...]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for each in differences:
        found.setdefault(f"{each.arm}_minus_{each.reference}", {})[each.timepoint] = _figures(each.effect)
    return found


def _document(model: MixedModel) -> dict[str, object]:
    means: dict[str, dict[str, object]] = {}
    for each in model.means:
        means.setdefault(each.arm, {})[each.timepoint] = {"n": each.n, **_figures(each.effect)}
    return {
        "model": "change ~ arm * timepoint + baseline, positive improves",
        "method": "REML",
        "covariance": model.covariance,
        "df_method": model.df_method,
        "level": model.level,
        "n_patients": model.n_patients,
        "n_observations": model.n_observations,
        "left_out": model.left_out,
        "reml_loglik": model.reml_loglik,
        "baseline_slope": None if model.baseline_slope is None else _figures(model.baseline_slope),
        **_by_timepoint(model.differences),
        "means": means,
        "residual_variances": dict(zip(model.timepoints, np.diag(model.residual).tolist(), strict=True)),
        "residual_covariance": model.residual,
    }


def _sections(model: MixedModel) -> list[Section]:
    """Differences first, then what they are differences of."""
    out = model.left_out
    notes = (
        f"{model.n_observations} answers of {model.n_patients} patients; left out: {out['no_baseline']} without a "
        f"baseline, {out['no_follow_up']} without a follow-up.",
        f"REML, {model.covariance} covariance, degrees of freedom after {model.df_method}, intervals "
        f"{100 * model.level:g} %; REML log-likelihood {model.reml_loglik:.4f}.",
        "Change is positive where the patient is better. Answers are taken to be missing at random.",
    )
    differences = [
        {"difference": f"{each.arm} minus {each.reference}", "timepoint": each.timepoint, **_figures(each.effect)}
        for each in model.differences
    ]
    means = [
        {"arm": each.arm, "timepoint": each.timepoint, "n": each.n, **_figures(each.effect)} for each in model.means
    ]
    slope = [] if model.baseline_slope is None else [{"per": "point of baseline", **_figures(model.baseline_slope)}]
    residual = [
        {"timepoint": name, "residual variance": value}
        for name, value in zip(model.timepoints, np.diag(model.residual).tolist(), strict=True)
    ]
    return [
        Section("Difference of mean change between arms", differences, notes),
        Section("Mean change at the average baseline", means),
        Section("Slope of the baseline", slope),
        Section("Residual variances", residual),
    ]
