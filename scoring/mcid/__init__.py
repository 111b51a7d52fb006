"""Estimates of the minimal important change (MIC, also MCID) from a cohort with an anchor question."""
