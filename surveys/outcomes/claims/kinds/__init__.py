"""Every kind of claim, one module each."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.outcomes.claims.found import Kind
from surveys.outcomes.claims.kinds import (
    battery_means,
    by_diagnosis,
    case_report,
    complications,
    covariate_effects,
    dose_response,
    functional_goal,
    opioid_change,
    perceived_effect,
    percent_improvement,
    responders_over_time,
    responders_two_arms,
    surgery_avoided,
    trajectories,
    treatment_series,
)

_MODULES = (
    responders_two_arms,
    responders_over_time,
    battery_means,
    opioid_change,
    covariate_effects,
    dose_response,
    surgery_avoided,
    percent_improvement,
    perceived_effect,
    case_report,
    treatment_series,
    trajectories,
    complications,
    functional_goal,
    by_diagnosis,
)
KINDS: Mapping[str, Kind] = {module.KIND.code: module.KIND for module in _MODULES}
