"""Classes of course over time, found by a finite mixture: how many, how large, what course, and who is in which."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import numpy as np

from scoring.errors import ModelError
from scoring.mixture.answers import Answers, arrange
from scoring.mixture.cautions import Skipped, cautions
from scoring.mixture.em import Run
from scoring.mixture.result import Candidate, LatentClass, Mixture
from scoring.mixture.starts import best_of, check_regular, completed, one_class, polished
from scoring.mixture.uncertainty import share_errors, share_interval
from scoring.types import FloatArray, IntArray

_SINGULAR = "The answers at one timepoint follow from those at others. Leave out a timepoint that repeats another."


def fit_mixture(
    values: FloatArray,
    *,
    timepoints: Sequence[str],
    seed: int,
    classes: Sequence[int] = (1, 2, 3, 4, 5),
    starts: int = 10,
    level: float = 0.95,
    track: Callable[[Sequence[int]], Iterable[int]] = iter,
) -> Mixture:
    """Find classes of course in scores or changes of n patients at k timepoints.

    ``values``: shape (n, k), NaN where unanswered; who never answered is left out and counted, a missing answer counts
    as missing at random. ``classes``: numbers to try, the lowest BIC wins (Schwarz, Ann Stat 1978;6:461-464); numbers
    that need more parameters than half the patients are not tried, those in which patients of a class do not differ are
    left out, and a warning says so. The same ``seed`` gives the
    same classes. ``track`` passes the numbers on, for a command that shows progress. Raises ``ModelError`` where there
    are too few patients, a timepoint without answers or variation, or timepoints that repeat each other.
    """
    kept = _kept(values, timepoints)
    answers = arrange(values[kept])
    carried, too_many = _carried(classes, answers)
    runs = _runs(answers, track(carried), seed, max(starts, 1))
    skipped = Skipped(tuple(too_many), tuple(number for number in carried if number not in runs))
    tried = [_candidate(number, run, reached, answers) for number, (run, reached) in runs.items()]
    chosen = min(tried, key=lambda each: each.bic)
    best = polished(answers, runs[chosen.classes][0])
    final = _candidate(chosen.classes, best, chosen.reached, answers)
    tried[tried.index(chosen)] = final
    found, posterior = _describe(answers, best, level)
    everybody = np.full((len(values), chosen.classes), np.nan)
    everybody[kept[answers.rows]] = posterior
    return Mixture(
        timepoints=tuple(timepoints),
        n_patients=answers.n,
        left_out=len(values) - answers.n,
        classes=found,
        posterior=everybody,
        covariance=answers.covariance(best.at.covariance),
        candidates=tuple(tried),
        warnings=cautions(found, final, tried, skipped, answers.n),
        seed=seed,
        level=level,
    )


def _kept(values: FloatArray, timepoints: Sequence[str]) -> IntArray:
    k = len(timepoints)
    if values.ndim != 2 or values.shape[1] != k or k < 2:
        raise ModelError(f"Values of {values.shape} are not patients by {k} timepoints, two or more.")
    if np.isinf(values).any():
        raise ModelError("A value is infinite.")
    for name, column in zip(timepoints, values.T, strict=True):
        present = column[np.isfinite(column)]
        if len(np.unique(present)) < 2:
            raise ModelError(f"The answers at {name} do not vary, or there are none. Leave the timepoint out.")
    return np.flatnonzero(np.isfinite(values).any(axis=1))


def _parameters(classes: int, k: int) -> int:
    return classes - 1 + classes * k + k * (k + 1) // 2


def _carried(classes: Sequence[int], answers: Answers) -> tuple[list[int], list[int]]:
    """Numbers of classes that the patients carry, and those they do not."""
    asked = sorted(set(classes))
    if not asked or asked[0] < 1:
        raise ModelError("The number of classes is 1 or more.")
    carried = [each for each in asked if 2 * _parameters(each, answers.k) <= answers.n]
    if not carried:
        needed = 2 * _parameters(asked[0], answers.k)
        words = "1 class" if asked[0] == 1 else f"{asked[0]} classes"
        raise ModelError(f"Too few patients: {answers.n} answered, {words} over {answers.k} timepoints need {needed}.")
    return carried, asked[len(carried) :]


def _runs(answers: Answers, numbers: Iterable[int], seed: int, starts: int) -> dict[int, tuple[Run, int]]:
    """Search each number of classes; those whose patients do not differ within a class are left out."""
    try:
        single = one_class(answers)
        check_regular(single.at.covariance)
    except np.linalg.LinAlgError as error:
        raise ModelError(_SINGULAR) from error
    filled = completed(answers, single.at)
    runs = {}
    for number in numbers:
        rng = np.random.default_rng([seed, number])  # no number depends on which others were tried
        with suppress(np.linalg.LinAlgError):
            found = (single, 1) if number == 1 else best_of(answers, filled, single.at, number, starts, rng)
            check_regular(found[0].at.covariance)
            runs[number] = found
    if not runs:
        raise ModelError("Patients of a class do not differ, so the classes have no covariance. Ask for fewer classes.")
    return runs


def _candidate(number: int, run: Run, reached: int, answers: Answers) -> Candidate:
    parameters = _parameters(number, answers.k)
    log_likelihood = answers.in_units(run.found.log_likelihood)
    bic = parameters * float(np.log(answers.n)) - 2 * log_likelihood
    return Candidate(number, log_likelihood, parameters, bic, run.converged, reached)


def _describe(answers: Answers, run: Run, level: float) -> tuple[tuple[LatentClass, ...], FloatArray]:
    """Classes by falling share, and the posterior in their order."""
    order = np.argsort(-run.at.weights, kind="stable")
    posterior = run.found.posterior[:, order]
    likeliest = posterior.argmax(axis=1)
    errors = share_errors(answers, run.at, run.found)
    classes = []
    for place, number in enumerate(order.tolist()):
        share, error = float(run.at.weights[number]), None if errors is None else float(errors[number])
        own = posterior[likeliest == place, place]
        classes.append(
            LatentClass(
                share,
                error,
                None if error is None else share_interval(share, error, level),
                answers.means(run.at.means[number]),
                len(own),
                float(own.mean()) if len(own) else None,
            )
        )
    return tuple(classes), posterior
