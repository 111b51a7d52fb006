"""The estimates that need improved and other patients: ROC and predictive modelling."""

from collections.abc import Mapping

import numpy as np

from scoring.errors import CohortError
from scoring.mcid.bootstrap import Percentiles, Resampling, bootstrap
from scoring.mcid.cohort import Cohort, answers
from scoring.mcid.estimate import Estimate
from scoring.mcid.predictive import Predictive, fit, separated
from scoring.mcid.roc import Roc, roc
from scoring.mcid.tally import Tally, tally

_FEW = 10  # on the smaller side: below, the estimates hang on single patients

_SOURCES = {
    "roc": (
        "ROC: the observed change with the highest sensitivity + specificity − 1, read as change ≥ cut; percentile "
        "bootstrap interval.",
        "Youden. Cancer 1950;3:32-35; Deyo, Centor. J Chronic Dis 1986;39:897-906",
    ),
    "predictive": (
        "Predictive modelling: the change at which the odds of being improved equal those of the cohort; percentile "
        "bootstrap interval.",
        "Terluin, Eekhout, Terwee, de Vet. J Clin Epidemiol 2015;68:1388-1396",
    ),
    "adjusted_2017": (
        "Predictive modelling, adjusted for the proportion improved; percentile bootstrap interval.",
        "Terluin, Eekhout, Terwee. J Clin Epidemiol 2017;83:90-100",
    ),
    "adjusted_2022": (
        "Predictive modelling, adjusted for the proportion improved and the anchor's reliability; percentile bootstrap "
        "interval.",
        "Terluin, Eekhout, Terwee. J Clin Epidemiol 2022;148:48-53",
    ),
}


class Anchored:
    """The cohort divided by its anchor, its ROC and its logistic model; None where they do not exist."""

    def __init__(self, cohort: Cohort, resampling: Resampling, reliability: float | None) -> None:
        if reliability is not None and not 0 < reliability <= 1:
            raise CohortError(f"The anchor's reliability lies above 0 and is at most 1, not {reliability:g}.")
        self.n = int(cohort.complete.sum())
        self.n_improved = int(cohort.is_improved.sum())
        self._reliability = reliability
        self._one_class = _one_class(cohort, self.n, self.n_improved)
        self._no_model = ""
        self.roc: Roc | None = None
        self.model: Predictive | None = None
        self._intervals: Mapping[str, Percentiles] = {}
        if not self._one_class:
            self._estimate(cohort, resampling)

    def _estimate(self, cohort: Cohort, resampling: Resampling) -> None:
        counted = tally(cohort.change, cohort.is_improved)
        self.roc = roc(cohort.change, cohort.is_improved, counted)
        self.model = fit(counted)
        self._no_model = _no_model(counted, self.model)
        self._intervals = bootstrap(cohort, resampling, self._reliability)

    def estimates(self) -> list[Estimate]:
        """ROC, predictive modelling and its two adjustments."""
        return [self._roc(), self._modelled("predictive"), self._modelled("adjusted_2017"), self._adjusted_2022()]

    def _blank(self, code: str) -> Estimate:
        return Estimate(code, None, None, self.n, *_SOURCES[code])

    def _roc(self) -> Estimate:
        if self.roc is None:
            return self._blank("roc").refused(self._one_class)
        if self.roc.youden <= 0:
            return self._blank("roc").refused("no cut tells the improved from the others")
        midpoint = f"Half-way to the next lower change: {self.roc.midpoint:g}."
        return self._with_interval("roc", self.roc.cut).with_note(midpoint)

    def _adjusted_2022(self) -> Estimate:
        if self._reliability is None and not self._one_class:
            reason = "the reliability of the anchor is not given and has no default (--anchor-reliability)"
            return self._blank("adjusted_2022").refused(reason)
        return self._modelled("adjusted_2022")

    def _modelled(self, code: str) -> Estimate:
        if self.model is None or self._no_model:
            return self._blank(code).refused(self._one_class or self._no_model)
        values = {"predictive": self.model.mic, "adjusted_2017": self.model.adjusted_2017}
        if self._reliability is not None:
            values["adjusted_2022"] = self.model.adjusted_2022(self._reliability)
        return self._with_interval(code, float(values[code][0]))

    def _with_interval(self, code: str, value: float) -> Estimate:
        found = self._intervals[code]
        estimate = Estimate(code, value, found.interval, self.n, *_SOURCES[code], note=found.note)
        smaller = min(self.n_improved, self.n - self.n_improved)
        if smaller >= _FEW:
            return estimate
        return estimate.with_note(f"Only {smaller} on the smaller side of the anchor: hangs on single patients.")


def _one_class(cohort: Cohort, n: int, improved: int) -> str:
    """Why nothing can be divided; empty where it can."""
    if n == 0:
        return "nobody has both scores and the anchor"
    if improved == 0:
        return f"nobody gave an anchor answer that means improved ({answers(cohort.improved)})"
    if improved == n:
        return f"everybody gave an anchor answer that means improved ({answers(cohort.improved)})"
    return ""


def _no_model(counted: Tally, model: Predictive) -> str:
    if len(counted.change) == 1:
        return "everybody changed by the same amount"
    if separated(counted)[0]:
        return "one change divides the improved from the others without overlap, so the logistic model has no maximum"
    if np.isnan(model.slope[0]):
        return "the logistic model did not converge"
    return "" if model.slope[0] > 0 else "the improved did not change more than the others"
